package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"syncd/internal/contact"
)

// Cells returns the cells of a row with some fields changed as a person would have written them, in the order of
// Columns. A row without the key, such as a new one, gets it, and a new one what the sync's filter asks for. A cell that means the value already keeps its
// spelling, and a name in one column is never written. What could not be read back is an error, without the value.
func (m *Mapping) Cells(before contact.Record, key string, changes contact.Values, style *Style) ([]contact.Cell, error) {
	cells := make([]contact.Cell, len(m.columns))
	copy(cells, before.Cells)
	if err := m.putKey(cells, key); err != nil {
		return nil, err
	}
	for i := range m.fields {
		f := &m.fields[i]
		v, ok := changes[f.Name]
		if !ok || f.part != whole {
			continue
		}
		cell, err := m.write(f, v, cells[f.column], style)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be written to column %q: %w", f.Title, f.Column, err)
		}
		cells[f.column] = cell
	}
	if before.Cells == nil {
		m.fillFilters(cells)
	}
	return cells, nil
}

// fillFilters lets the filter let a new row in, as far as no field says what stands in its columns.
func (m *Mapping) fillFilters(cells []contact.Cell) {
	for _, f := range m.filters {
		mapped := slices.ContainsFunc(m.fields, func(field Field) bool { return field.column == f.column })
		if cells[f.column].Empty() && !mapped && !f.values[""] {
			cells[f.column] = contact.Cell{Text: f.first}
		}
	}
}

// SameKind reports whether two rows hold the same in the columns that the filter looks at.
func (m *Mapping) SameKind(a, b contact.Record) bool {
	return !slices.ContainsFunc(m.filters, func(f filter) bool { return at(a, f.column).Text != at(b, f.column).Text })
}

// Admits reports whether a new row with these values would be synced: it says whose it is, and the filter lets it in.
// What cannot be written at all is not its question.
func (m *Mapping) Admits(key string, values contact.Values) bool {
	named := !m.needsName
	for name, v := range values {
		named = named || names(name) && !v.Empty()
	}
	cells, err := m.Cells(contact.Record{}, key, values, nil)
	return named && (err != nil || m.Included(contact.Record{Cells: cells}))
}

// Marked returns the cells of a row with what syncd itself writes there: the contact's id and the status, as far as the
// source has columns for them. An empty id leaves what stands there.
func (m *Mapping) Marked(cells []contact.Cell, contactID, status string) []contact.Cell {
	cells = slices.Clone(cells)
	if m.contactID >= 0 && contactID != "" {
		cells[m.contactID] = contact.Cell{Text: contactID}
	}
	if m.status >= 0 {
		cells[m.status] = contact.Cell{Text: status}
	}
	return cells
}

// Named returns the cells of a row with the id of a link's contact; without one when there is none.
func (m *Mapping) Named(cells []contact.Cell, link *contact.Link) []contact.Cell {
	cells = slices.Clone(cells)
	cells[m.contactID] = contact.Cell{}
	if link.Linked() {
		cells[m.contactID].Text = link.ContactID
	}
	return cells
}

// Marks reports whether the source has a column for the contact's id or the status.
func (m *Mapping) Marks() bool { return m.contactID >= 0 || m.status >= 0 }

// IsMarked reports whether a row says already what Marked would write.
func (m *Mapping) IsMarked(r contact.Record, contactID, status string) bool {
	return (m.contactID < 0 || contactID == "" || m.ContactID(r) == contactID) &&
		(m.status < 0 || at(r, m.status).Text == status)
}

func (m *Mapping) putKey(cells []contact.Cell, key string) error {
	if have, err := m.Key(contact.Record{Cells: cells}); err == nil && have == key || len(m.key) == 0 {
		return nil
	}
	parts, ok := contact.SplitKey(key, len(m.key))
	if !ok {
		return fmt.Errorf("the key does not have one part for each of the columns %s", strings.Join(m.options.Key, ", "))
	}
	for i, column := range m.key {
		cells[column] = contact.Cell{Text: parts[i]}
	}
	return nil
}

// write returns the cell that holds a value instead of the one that is there.
func (m *Mapping) write(f *Field, v contact.Value, before contact.Cell, style *Style) (contact.Cell, error) {
	example := style.example(f)
	if have, err := m.parse(f, before); err == nil {
		if have.Same(v) {
			return before, nil
		}
		if !before.Empty() || before.Type != contact.CellText && example.Empty() { // an empty cell may have a type
			example = before
		}
	}
	cell := m.like(f, v, example)
	switch read, err := m.parse(f, cell); {
	case err != nil:
		return contact.Cell{}, err
	case read.Same(v):
		return cell, nil
	case v.Empty():
		return contact.Cell{}, errors.New("an empty cell would mean the default")
	case f.Kind == contact.List:
		return contact.Cell{}, errors.New("an item contains the separator: set another separator:")
	}
	return contact.Cell{}, errors.New("it would not be read back the same")
}

// like writes a value in the manner of an example: a cell of the same column, empty when there is none.
func (m *Mapping) like(f *Field, v contact.Value, example contact.Cell) contact.Cell {
	text := contact.Cell{Text: cmp.Or(v.Text, v.Norm)}
	switch {
	case v.Blank():
		return contact.Cell{}
	case f.Kind == contact.Boolean:
		return booleanLike(v, example)
	case f.Kind == contact.Date:
		return m.dateLike(f, v, example)
	case f.Kind == contact.List && example.Type == contact.CellList:
		return contact.Cell{Type: contact.CellList, Text: text.Text}
	case f.Kind == contact.List:
		return contact.Cell{Text: strings.Join(v.Items(), cmp.Or(f.Separator, contact.DefaultSeparator))}
	case f.Kind == contact.Number && (example.Empty() || example.Type == contact.CellNumber):
		return contact.Cell{Type: contact.CellNumber, Text: v.Norm}
	}
	return text
}

func booleanLike(v contact.Value, example contact.Cell) contact.Cell {
	yes, no := "true", "false"
	switch {
	case example.Empty():
		example.Type = contact.CellBoolean
	case example.Type == contact.CellNumber:
		yes, no = "1", "0"
	case example.Type == contact.CellText:
		yes, no, _ = contact.BooleanWords(example.Text)
	}
	if v.Norm == "" {
		yes = no
	}
	return contact.Cell{Type: example.Type, Text: yes}
}

// dateLike writes a date in the first layout in which it reads back the same: that of the example, the normal form, a
// configured one. A format such as 2006-02-01 reads the normal form as another day.
func (m *Mapping) dateLike(f *Field, v contact.Value, example contact.Cell) contact.Cell {
	day, err := time.Parse(time.DateOnly, v.Norm)
	if err != nil {
		return contact.Cell{Text: v.Norm}
	}
	t := midnight(day, m.options.Location)
	switch example.Type {
	case contact.CellDate:
		return contact.Cell{Type: contact.CellDate, Text: v.Norm}
	case contact.CellTime:
		return contact.Cell{Type: contact.CellTime, Text: t.Format(time.RFC3339)}
	}
	layouts := slices.Concat([]string{time.DateOnly}, f.Formats)
	if layout, ok := contact.DateLayout(example.Text, f.Formats); ok {
		layouts = slices.Insert(layouts, 0, layout)
	}
	for _, layout := range layouts {
		cell := contact.Cell{Text: t.Format(layout)}
		if read, err := m.parse(f, cell); err == nil && read.Same(v) {
			return cell
		}
	}
	return contact.Cell{Text: v.Norm}
}
