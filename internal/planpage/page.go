// Package planpage writes a plan as one HTML file that can be mailed: nothing is loaded from elsewhere, and what it shows
// can be searched and filtered.
package planpage

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed page.tmpl.html
var text string

var page = template.Must(template.New("page").Parse(text))

// Page is the plan of one or more syncs.
type Page struct {
	Made  string // when, for people
	Syncs []Sync
}

// Sync is the plan of one sync.
type Sync struct {
	Name    string
	Summary string
	Error   string // why there is no plan, "" when there is one
	Groups  []Group
	Notes   []string // what a run would leave besides
}

// Group is what happens to records in one way.
type Group struct {
	Kind    string // by which it can be filtered: "create", "update", "delete", "unlink", "conflict" or "problem"
	Title   string // "contacts to create in Quo"
	Hint    string // the command that settles it, "" when there is nothing to settle
	Records []Record
}

// Record is one contact or row and what happens to it.
type Record struct {
	Key, Name, Why string
	Fields         []Field
}

// Field is one value of a record.
type Field struct {
	Name   string
	Values []Value // such as what it was and what it becomes
}

// Value is a value and what it is called: "now", "after"; in a conflict "source", "Quo", "before".
type Value struct{ Title, Text string }

// Write writes the page.
func Write(w io.Writer, p Page) error { return page.Execute(w, p) }

// Count is how many records a kind has, over all syncs.
func (p Page) Count(kind string) (n int) {
	for _, s := range p.Syncs {
		for _, g := range s.Groups {
			if g.Kind == kind {
				n += len(g.Records)
			}
		}
	}
	return n
}

// Kinds are those that the page has, in the order in which it shows them.
func (p Page) Kinds() (kinds []string) {
	for _, kind := range []string{"create", "update", "delete", "unlink", "conflict", "problem"} {
		if p.Count(kind) > 0 {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}
