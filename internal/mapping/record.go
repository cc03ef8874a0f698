package mapping

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"syncd/internal/contact"
)

// at returns the cell in a column of Columns; the zero Cell where a row has none.
func at(r contact.Record, column int) contact.Cell {
	if column < 0 || column >= len(r.Cells) {
		return contact.Cell{}
	}
	return r.Cells[column]
}

// Key returns the record's key, or why there is none, for a person. In a source without key columns it is "".
func (m *Mapping) Key(r contact.Record) (string, error) {
	if len(m.key) == 0 {
		return "", nil
	}
	cells := make([]contact.Cell, len(m.key))
	for i, column := range m.key {
		cells[i] = at(r, column)
	}
	return contact.NormalizeKey(cells...)
}

// Keyed reports whether the source has key columns. Without any, a row is that of the contact whose id it holds.
func (m *Mapping) Keyed() bool { return len(m.key) > 0 }

// ChosenKey is the key of a row without key columns that names no contact yet. It follows from the values alone, so that
// a create whose outcome nobody remembers is found again by its external id.
func (m *Mapping) ChosenKey(values contact.Values) string {
	var said []string
	for name, v := range values {
		if v.Norm != "" {
			said = append(said, fmt.Sprintf("%q=%q", name, v.Norm))
		}
	}
	slices.Sort(said)
	sum := contact.HashOf([]byte(strings.Join(said, " ")))
	return "row-" + hex.EncodeToString(sum[:8])
}

// ContactID returns what stands in the column for the contact's id; "" when there is no such column.
func (m *Mapping) ContactID(r contact.Record) string {
	return contact.NormalizeText(at(r, m.contactID).Text)
}

// Status returns what stands in the status column; "" when there is no such column.
func (m *Mapping) Status(r contact.Record) string { return at(r, m.status).Text }

// UpdatedAt returns when the row was changed; the zero time when its source or the row itself does not say.
func (m *Mapping) UpdatedAt(r contact.Record) (time.Time, error) {
	cell := at(r, m.updatedAt)
	if cell.Empty() {
		return time.Time{}, nil
	}
	return contact.ParseTime(cell, m.options.Location)
}

// filter is one column of Options.Only.
type filter struct {
	column int
	first  string // of the values, as configured
	values map[string]bool
}

func newFilters(only map[string][]string, place func(column string) int) []filter {
	var filters []filter
	for _, column := range slices.Sorted(maps.Keys(only)) {
		f := filter{column: place(column), values: map[string]bool{}}
		for i, value := range only[column] {
			if i == 0 {
				f.first = value
			}
			f.values[contact.Fold(value)] = true
		}
		filters = append(filters, f)
	}
	return filters
}

// Included reports whether the filter of the sync lets the row in. Values are compared without case.
func (m *Mapping) Included(r contact.Record) bool {
	return !slices.ContainsFunc(m.filters, func(f filter) bool { return !f.values[contact.Fold(at(r, f.column).Text)] })
}

// Values returns what the record says, and all that is wrong with it, each problem with column and value. Fields
// whose cell is empty or wrong are left out.
func (m *Mapping) Values(r contact.Record) (contact.Values, []contact.Problem) {
	values := make(contact.Values, len(m.fields))
	var problems []contact.Problem
	named := !m.needsName
	for i := range m.fields {
		f := &m.fields[i]
		v, err := m.parse(f, at(r, f.column))
		switch {
		case err == nil && !v.Blank():
			values[f.Name] = v
		case err != nil && f.part != last: // once for a name
			problems = append(problems, contact.Problem{Column: f.Column, Value: at(r, f.column).Text, Reason: err.Error()})
		}
		named = named || names(f.Name) && (err != nil || !v.Empty())
	}
	if !named {
		problems = append(problems, contact.Problem{Reason: "the row has no first name, no last name and no company"})
	}
	key, _ := m.Key(r)
	for i := range problems {
		problems[i].Key, problems[i].Row = key, r.Row
	}
	return values, problems
}

// names reports whether a field tells people whose contact it is.
func names(f contact.Field) bool {
	return f == contact.FirstName || f == contact.LastName || f == contact.Company
}

// parse reads the cell of a field.
func (m *Mapping) parse(f *Field, cell contact.Cell) (contact.Value, error) {
	if cell.Empty() {
		cell = contact.Cell{Text: f.Default}
	}
	switch f.Kind {
	case contact.Phone:
		return contact.ParsePhone(cell, m.options.Region)
	case contact.Email:
		return contact.ParseEmail(cell)
	case contact.Number:
		return contact.ParseNumber(cell)
	case contact.Boolean:
		return contact.ParseBoolean(cell)
	case contact.Date:
		return contact.ParseDate(cell, f.Formats, m.options.Location)
	case contact.List:
		return contact.ParseList(cell, f.Separator)
	case contact.URL:
		return contact.ParseURL(cell)
	}
	v, err := contact.ParseText(cell)
	return f.part.of(v), err
}

// of takes a part of a person's name.
func (p part) of(v contact.Value) contact.Value {
	if p == whole {
		return v
	}
	space := strings.LastIndexFunc(v.Norm, unicode.IsSpace)
	s := v.Norm
	switch {
	case p == first && space >= 0:
		s = s[:space]
	case p == last && space >= 0:
		s = s[space:]
	case p == last:
		s = ""
	}
	s = contact.NormalizeText(s)
	return contact.Value{Norm: s, Text: s}
}
