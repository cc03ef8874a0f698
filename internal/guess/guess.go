// Package guess guesses how the columns of a source map to the fields of contacts: by their names, in English, French,
// Spanish and German, and by what stands in them. It is pure: a sample in, a [Guess] out, for a person to look at.
//
// Start with [Make].
package guess

import (
	"cmp"
	"fmt"
	"slices"

	"syncd/internal/contact"
)

// Sample is what was read of a source and of the workspace.
type Sample struct {
	// Columns are those of Usable, and Rows hold one cell for each of them.
	Columns []string
	Rows    []contact.Record
	// Definitions are the custom fields of the workspace, nil when it was not asked.
	Definitions []contact.Definition
	// Region and Timezone are those of the machine, "" when they are not known.
	Region, Timezone string
}

// Guess is what a sample looks like.
type Guess struct {
	Key       string // the column that identifies a row, "" when there is none
	NearKey   string // without Key, the column that would be it but for KeyFlaw; "" when none comes near
	KeyFlaw   string // such as "is empty in row 4"
	ContactID string // the column that holds the contact's id in Quo, "" when there is none
	Fields    []Field
	// Region is that of phone numbers without a country code, "" when there are none.
	Region   string
	Timezone string
	Unmapped []string // columns
	// Headless says that the names of the columns look like a row: the source has no header.
	Headless bool
	// Warnings are what a person ought to look at, in whole sentences.
	Warnings []string
}

// Field is a field and its column.
type Field struct {
	Name    contact.Field // of custom fields with the name in Quo
	Column  string
	Formats []string // of dates
}

// FullName stands for first and last name in one column. It flows to Quo only.
const FullName contact.Field = "name"

// Usable returns the columns that a configuration can name, and those that it cannot: without a name, or there twice.
func Usable(columns []string) (usable, others []string) {
	times := map[string]int{}
	for _, c := range columns {
		times[contact.NormalizeText(c)]++
	}
	for _, c := range columns {
		switch name := contact.NormalizeText(c); {
		case name == "":
		case times[name] == 1:
			usable = append(usable, name)
		case !slices.Contains(others, name):
			others = append(others, name)
		}
	}
	return usable, others
}

// Make guesses.
func Make(s Sample) Guess {
	g := guesser{sample: s, columns: profiles(s), taken: map[string]bool{}}
	g.guess.Region = g.region()
	g.guess.Timezone = g.timezone()
	g.header()
	g.contactID()
	g.key()
	g.items(contact.Emails, emailLabels)
	g.items(contact.PhoneNumbers, phoneLabels)
	g.names()
	g.single(contact.Company, companyWords)
	g.single(contact.Role, roleWords)
	g.fullNameByContents()
	g.customFields()
	for _, c := range g.columns {
		if !g.taken[c.name] {
			g.guess.Unmapped = append(g.guess.Unmapped, c.name)
		}
	}
	g.guess.Sort(s.Columns)
	return g.guess
}

// header looks whether the names of the columns are names.
func (g *guesser) header() {
	g.guess.Headless = slices.ContainsFunc(g.sample.Columns, func(name string) bool {
		return isEmail(name) || phoneLike(name) && writtenAsPhone(name) || dateChars.MatchString(name)
	})
	if g.guess.Headless {
		g.warn("The first line looks like a row and is taken for the names of the columns: put a line with their names above it.")
	}
}

// guesser is one guess under way. A column serves one purpose.
type guesser struct {
	sample  Sample
	columns []*column
	taken   map[string]bool
	guess   Guess
}

func (g *guesser) take(name contact.Field, c *column) *Field {
	g.taken[c.name] = true
	g.guess.Fields = append(g.guess.Fields, Field{Name: name, Column: c.name})
	return &g.guess.Fields[len(g.guess.Fields)-1]
}

func (g *guesser) warn(format string, args ...any) {
	g.guess.Warnings = append(g.guess.Warnings, fmt.Sprintf(format, args...))
}

// has reports whether a field has a column.
func (g *guesser) has(name contact.Field) bool {
	return slices.ContainsFunc(g.guess.Fields, func(f Field) bool { return f.Name == name })
}

// free yields the columns that serve no purpose yet.
func (g *guesser) free(yield func(*column) bool) {
	for _, c := range g.columns {
		if !g.taken[c.name] && !yield(c) {
			return
		}
	}
}

// Sort brings the fields into the order in which people think of them, those of one group into that of the columns.
func (g *Guess) Sort(columns []string) {
	groups := []string{string(FullName), string(contact.FirstName), string(contact.LastName), string(contact.Company),
		string(contact.Role), contact.PhoneNumbers, contact.Emails, contact.CustomFields}
	slices.SortFunc(g.Fields, func(a, b Field) int {
		first, _ := a.Name.Split()
		second, _ := b.Name.Split()
		return cmp.Or(slices.Index(groups, first)-slices.Index(groups, second),
			slices.Index(columns, a.Column)-slices.Index(columns, b.Column))
	})
}

// Named reports whether the fields say whose contact a row is, without which no contact can be made.
func (g *Guess) Named() bool {
	return slices.ContainsFunc(g.Fields, func(f Field) bool {
		return slices.Contains([]contact.Field{FullName, contact.FirstName, contact.LastName, contact.Company}, f.Name)
	})
}
