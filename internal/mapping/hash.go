package mapping

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"

	"syncd/internal/contact"
)

// version changes with the normal forms: rows that are unchanged are then looked at again.
const version = 1

// Fingerprint identifies the mapping: it changes whenever the same cells could give other values or be decided in
// another way.
func (m *Mapping) Fingerprint() contact.Hash { return m.fingerprint }

func (m *Mapping) identify() contact.Hash {
	options := m.options
	options.Fields, options.Location = m.fields, nil
	zone := ""
	if m.options.Location != nil {
		zone = m.options.Location.String()
	}
	parts := make([]part, len(m.fields))
	for i := range m.fields {
		parts[i] = m.fields[i].part
	}
	data, err := json.Marshal([]any{version, options, zone, parts})
	if err != nil {
		panic(err) // texts, lists and booleans always marshal
	}
	return contact.HashOf(data)
}

// reading identifies from where and how a field takes its value: not the way it flows, but the column and all that
// decides what a cell means.
func (m *Mapping) reading(f *Field) string {
	zone := ""
	if m.options.Location != nil && f.Kind == contact.Date {
		zone = m.options.Location.String()
	}
	data, err := json.Marshal([]any{version, f.Name, f.Column, f.Kind, f.part, f.Default, f.Separator, f.Formats, zone, m.options.Region})
	if err != nil {
		panic(err) // texts and lists always marshal
	}
	sum := contact.HashOf(data)
	return hex.EncodeToString(sum[:4])
}

// hashedColumns are those that decide what a row means: all that are asked for, but for those that say when a row
// was changed and what syncd itself wrote about it.
func (m *Mapping) hashedColumns() []int {
	columns := slices.Clone(m.key)
	if m.contactID >= 0 {
		columns = append(columns, m.contactID)
	}
	for i := range m.fields {
		columns = append(columns, m.fields[i].column)
	}
	for _, f := range m.filters {
		columns = append(columns, f.column)
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// RowHash identifies what a row says under this mapping: types and texts of the key, the mapped cells, the contact
// id and the cells of the filter. Every unchanged row of a source costs one call.
func (m *Mapping) RowHash(r contact.Record) contact.Hash {
	data := make([]byte, 0, 1024) // large enough for most rows to need no memory from the heap
	data = append(data, m.fingerprint[:]...)
	for _, i := range m.hashed {
		cell := at(r, i)
		data = append(data, byte(cell.Type))
		data = binary.AppendUvarint(data, uint64(len(cell.Text)))
		data = append(data, cell.Text...)
	}
	return contact.HashOf(data)
}
