package engine_test

import (
	"bytes"
	"os"
	"strings"

	"syncd/internal/sources"
	"syncd/internal/sources/csvfile"
)

// csvTable is a file that people hold in an editor.
type csvTable struct{ *world }

// save writes the file in one go, as an editor does.
func (w csvTable) save() {
	var b bytes.Buffer
	if w.shape.bom {
		b.WriteString("\ufeff")
	}
	w.head = w.encode(header)
	b.WriteString(w.joined(w.head))
	for _, r := range w.rows {
		r.raw = w.encode(r.cells)
		b.WriteString(w.joined(r.raw))
	}
	tmp := w.path("rows.new")
	if err := os.WriteFile(tmp, b.Bytes(), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(tmp, w.path("rows.csv")); err != nil {
		w.t.Fatal(err)
	}
}

func (w csvTable) encode(cells []string) []string {
	raw := make([]string, len(cells))
	for i, s := range cells {
		raw[i] = s
		if w.shape.quoted || strings.ContainsAny(s, "\"\r\n,;\t") {
			raw[i] = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
	}
	return raw
}

func (w csvTable) joined(raw []string) string {
	end := "\n"
	if w.shape.crlf {
		end = "\r\n"
	}
	return strings.Join(raw, string(w.shape.comma)) + end
}

func (w csvTable) ordered() bool { return true }

func (w csvTable) source(p *process) sources.Source {
	files := csvfile.Options{Path: w.path("rows.csv"), Key: p.engine.Sync.Mapping.Key}
	if files.Delimiter = string(w.shape.comma); w.shape.comma == '\t' {
		files.Delimiter = "tab"
	}
	return mortalSource{csvfile.New(files), p.death}
}

func (w csvTable) text() string {
	data, err := os.ReadFile(w.path("rows.csv"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// lines are the rows that the file holds. What a run wrote must be in the file's own manner.
func (w csvTable) lines() []*line {
	s := w.text()
	if w.shape.bom != strings.HasPrefix(s, "\ufeff") {
		w.t.Errorf("the byte order mark of the file came or went")
	}
	s = strings.TrimPrefix(s, "\ufeff")
	var all []*line
	var now line
	start, quoted := 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted || rune(c) != w.shape.comma && c != '\n':
		default:
			raw := s[start:i]
			if c == '\n' && w.shape.crlf {
				if !strings.HasSuffix(raw, "\r") {
					w.t.Errorf("a line of the file ends in another way")
				}
				raw = strings.TrimSuffix(raw, "\r")
			}
			now.raw, start = append(now.raw, raw), i+1
			now.cells = append(now.cells, decode(raw))
			if c == '\n' {
				all, now = append(all, &line{now.cells, now.raw}), line{}
			}
		}
	}
	if start != len(s) {
		w.t.Errorf("the file ends in the middle of a line: %q", s[start:])
	}
	return all
}

func decode(raw string) string {
	if len(raw) < 2 || raw[0] != '"' {
		return raw
	}
	return strings.ReplaceAll(raw[1:len(raw)-1], `""`, `"`)
}
