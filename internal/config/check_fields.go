package config

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"syncd/internal/contact"
)

// identifying are the fields of which a contact needs one.
var identifying = []contact.Field{contact.FirstName, contact.LastName, contact.Company, FullName}

func (l *loader) checkFields(s *Sync) {
	if !slices.ContainsFunc(s.Fields, func(f Field) bool { return slices.Contains(identifying, f.Name) }) {
		l.problem(l.at(&s.Fields, s), "fields: map at least one of firstName, lastName, name and company: a contact needs one")
	}
	for i := range s.Fields {
		f := &s.Fields[i]
		l.checkField(s, f)
		l.checkTwice(s.Fields[:i], f)
		l.checkColumnOf(s, f)
	}
	l.checkFullName(s)
}

func (l *loader) checkField(s *Sync, f *Field) {
	if strings.TrimSpace(f.Column) == "" {
		l.problem(l.at(&f.Column, f), "%s needs the name of a column of the source", f.Name)
	}
	if s.Direction != contact.TwoWay && f.Direction != s.Direction {
		never := "never writes the source"
		if s.Direction == contact.FromQuo {
			never = "writes nothing to Quo"
		}
		l.problem(l.at(&f.Direction, f), "%s cannot be %s: the sync is %s and %s", f.Name, f.Direction, s.Direction, never)
	}
	if f.Conflicts == contact.TakeNewest && f.Direction == contact.TwoWay && s.Source.Columns().UpdatedAt == "" {
		l.problem(l.at(&f.Conflicts, &s.Conflicts, f),
			"conflicts: newest compares the time of the last change: name the source's updated_at column")
	}
	if f.Separator == "" {
		l.problem(l.at(&f.Separator, f), `separator is at least one character, such as ";"`)
	}
	for j, format := range f.Formats {
		if !datesWhole(format) {
			n := l.at(&f.Formats[j], f)
			l.problem(n, "formats: %s does not say day, month and year: write it as 2 January 2006 would be, such as 02/01/2006", show(n))
		}
	}
}

// datesWhole reports whether what a layout writes tells the day, the month and the year.
func datesWhole(layout string) bool {
	date := time.Date(2019, time.November, 23, 0, 0, 0, 0, time.UTC)
	back, err := time.Parse(layout, date.Format(layout))
	return err == nil && back.Format(time.DateOnly) == date.Format(time.DateOnly)
}

// checkTwice compares f with the fields before it: none has its name, and none shares a column into which both
// could write.
func (l *loader) checkTwice(before []Field, f *Field) {
	for i := range before {
		b := &before[i]
		if foldField(b.Name) == foldField(f.Name) {
			l.problems = append(l.problems, Problem{f.Line, f.Col, string(f.Name) + " is mapped twice"})
		} else if writable(b) && writable(f) && f.Column != "" && columnOf(b.Column) == columnOf(f.Column) {
			n := l.at(&f.Column, f)
			l.problem(n, "%s and %s would both write column %s: make one of them direction: to-quo", b.Name, f.Name, show(n))
		}
	}
}

// foldField is the name of a field as Quo's labels and custom fields compare: without case.
func foldField(name contact.Field) string { return strings.ToLower(norm.NFC.String(string(name))) }

// writable reports whether the field's column may be written.
func writable(f *Field) bool { return f.Direction != contact.ToQuo }

// checkColumnOf notes a field in a column that has another purpose.
func (l *loader) checkColumnOf(s *Sync, f *Field) {
	for _, r := range s.Source.Columns().roles() {
		if r.column == "" || r.column != columnOf(f.Column) {
			continue
		}
		switch n := l.at(&f.Column, f); r.name {
		case "contact_id", "status":
			l.problem(n, "%s: syncd writes column %s itself, as %s: map another", f.Name, show(n), r.name)
		default:
			if writable(f) {
				l.problem(n, "%s: column %s is the source's %s, which syncd never writes: add direction: to-quo", f.Name, show(n), r.name)
			}
		}
	}
}

// checkFullName checks the field name, which stands for two fields and cannot be put together again.
func (l *loader) checkFullName(s *Sync) {
	i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == FullName })
	if i < 0 {
		return
	}
	name := &s.Fields[i]
	if name.Direction != contact.ToQuo {
		l.problem(l.at(name), "name is split into two fields, so it goes to Quo only: write name: {column: …, direction: to-quo}")
	}
	for j := range s.Fields {
		if f := &s.Fields[j]; f.Name == contact.FirstName || f.Name == contact.LastName {
			l.problem(l.at(f), "%s and name exclude each other: name is first and last name in one column", f.Name)
		}
	}
}
