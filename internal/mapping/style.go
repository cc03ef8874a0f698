package mapping

import (
	"slices"

	"syncd/internal/contact"
)

// maxExamples is how many rows a Style looks at; a column that is empty for so long has no style.
const maxExamples = 10_000

// Style is how the columns of a source are written: yes or TRUE, 2006-01-02 or Jan 2, 2006. The first cell of a
// column that can be read says it.
type Style struct {
	mapping  *Mapping
	examples map[contact.Field]contact.Cell
	unknown  []*Field // columns without an example yet
	rows     int
}

// NewStyle returns a Style that has learnt nothing. It is not safe for concurrent use until it is learnt.
func (m *Mapping) NewStyle() *Style {
	s := &Style{mapping: m, examples: map[contact.Field]contact.Cell{}}
	for i := range m.fields {
		switch m.fields[i].Kind {
		case contact.Boolean, contact.Date, contact.Number, contact.List:
			s.unknown = append(s.unknown, &m.fields[i])
		}
	}
	return s
}

// Learn looks at one row.
func (s *Style) Learn(r contact.Record) {
	if len(s.unknown) == 0 || s.rows == maxExamples {
		return
	}
	s.rows++
	s.unknown = slices.DeleteFunc(s.unknown, func(f *Field) bool {
		cell := at(r, f.column)
		if cell.Empty() {
			if cell.Type != contact.CellText { // which says at least how the column is typed
				s.examples[f.Name] = cell
			}
			return false
		}
		if _, err := s.mapping.parse(f, cell); err != nil {
			return false
		}
		s.examples[f.Name] = cell
		return true
	})
}

// example returns a cell of the field's column, the zero Cell when none is known.
func (s *Style) example(f *Field) contact.Cell {
	if s == nil {
		return contact.Cell{}
	}
	return s.examples[f.Name]
}
