package config

import "strings"

// finish makes paths absolute and gives values the form that others expect.
func (l *loader) finish() {
	c := l.cfg
	if path, ok := strings.CutPrefix(string(c.State), "sqlite:"); ok {
		c.State = Secret("sqlite:" + l.abs(path))
	}
	l.finishQuo(&c.Quo)
	for i := range c.Syncs {
		s := &c.Syncs[i]
		l.finishQuo(&s.Quo)
		if csv := s.Source.CSV; csv != nil {
			csv.Path = l.abs(csv.Path)
		}
		if sheet := s.Source.GoogleSheet; sheet != nil && sheet.CredentialsFile != "" {
			sheet.CredentialsFile = l.abs(sheet.CredentialsFile)
		}
	}
}

func (l *loader) finishQuo(q *Quo) {
	file, sandboxed := q.Sandbox()
	switch {
	case !sandboxed:
		q.BaseURL = strings.TrimRight(q.BaseURL, "/")
	case file != "":
		q.BaseURL = sandbox + ":" + l.abs(file)
	}
}
