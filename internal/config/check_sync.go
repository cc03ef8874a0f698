package config

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"syncd/internal/contact"
)

// maxLabel is how many characters of a label Quo takes, with room to spare.
//
// https://www.quo.com/docs/mdx/api-reference/contacts/create-a-contact
const maxLabel = 72

var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$`)

func (l *loader) checkSync(s *Sync) {
	l.checkName(s)
	l.checkLabel(s)
	l.checkQuo(&s.Quo)
	l.checkKey(s)
	l.checkRegion(&s.Region)
	s.Location = l.checkTimezone(&s.Timezone)
	if _, err := ParseSchedule(s.Schedule); err != nil {
		n := l.at(&s.Schedule)
		l.problem(n, `sync %s: schedule %s is wrong%s: write "@every 15m", "@hourly" or five cron fields such as "0 7 * * 1-5"`,
			s.Name, show(n), because(n, err))
	}
	l.checkNotify(&s.Notify)
	l.atLeast(&s.StaleAfter, "stale_after", time.Second)
	l.checkSource(s)
	l.checkFields(s)
	l.checkOnly(s)
	l.checkPolicy(s)
}

func (l *loader) checkName(s *Sync) {
	switch n := l.at(&s.Name, s); {
	case s.Name == "":
		l.problem(n, "name is missing: give the sync a short name that never changes, such as customers")
	case !validName.MatchString(s.Name):
		l.problem(n, "name %s: use up to 60 letters, digits, - _ or ., the first one a letter or digit", show(n))
	}
}

func (l *loader) checkLabel(s *Sync) {
	n := l.nodes[&s.Label]
	switch label := s.Label; {
	case n == nil: // made from the name
	case utf8.RuneCountInString(label) > maxLabel:
		l.problem(n, "label is longer than %d characters", maxLabel)
	case label != strings.TrimSpace(label) || strings.ContainsFunc(label, unicode.IsControl):
		l.problem(n, "label %s: use no control characters, and no space at either end", show(n))
	case contact.ReservedSource(label) || strings.EqualFold(label, "public-api"):
		l.problem(n, "label %s is used by Quo or others: choose your own, such as %q",
			show(n), contact.LabelPrefix+"customers")
	}
}

// checkUnique compares names and labels without case.
func (l *loader) checkUnique() {
	names, labels := map[string]int{}, map[string]int{}
	for i := range l.cfg.Syncs {
		s := &l.cfg.Syncs[i]
		name, label := strings.ToLower(s.Name), strings.ToLower(norm.NFC.String(s.Label))
		n := l.at(&s.Name, s)
		if line := names[name]; line > 0 && name != "" {
			l.problem(n, "name %s is taken by the sync in line %d", show(n), line)
		} else if line := labels[label]; line > 0 && name != "" {
			n = l.at(&s.Label, &s.Name, s)
			l.problem(n, "this label is taken by the sync in line %d: every sync needs its own", line)
		}
		names[name], labels[label] = n.Line, n.Line
	}
}

func (l *loader) checkOnly(s *Sync) {
	for column, values := range s.Only {
		if strings.TrimSpace(column) == "" || len(values) == 0 {
			l.problem(l.at(&s.Only), "only needs a column and its values, such as {Status: [customer]}")
		}
	}
}

// checkPolicy checks what direction, source and the policies say together.
func (l *loader) checkPolicy(s *Sync) {
	gone := l.at(&s.Deletes.ContactGone)
	switch deletesRows := s.Deletes.ContactGone == "delete"; {
	case deletesRows && s.Direction == contact.ToQuo:
		l.problem(gone, "contact_gone: delete does not go with direction: to-quo, which never writes the source: write keep or recreate")
	case deletesRows && s.Source.GoogleSheet != nil:
		l.problem(gone, "contact_gone: delete does not go with a Google Sheet, where no row can be deleted by its key: write keep, "+
			"and name a status column to see the rows there")
	}
	if s.Deletes.ContactGone == "recreate" && s.Direction == contact.FromQuo {
		l.problem(gone, "contact_gone: recreate does not go with direction: from-quo, which writes nothing to Quo: write keep or delete")
	}
	if s.Direction == contact.ToQuo && s.CreateInSource != "off" {
		l.problem(l.at(&s.CreateInSource), "create_in_source does not go with direction: to-quo, which never writes the source: write off")
	}
	if s.Direction == contact.FromQuo && s.Source.Kind() != "" && s.Source.Columns().ContactID == "" {
		l.problem(l.at(&s.Direction), "direction: from-quo finds rows by the id of their contact: name the source's contact_id column")
	}
}
