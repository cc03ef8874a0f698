package sheets

import (
	"maps"
	"slices"
)

// whereabouts are the columns that a write may have hit, by where they stand now. The answer to the write tells which columns
// there were; without one, they may have moved before the write or after it.
func (w *writer) whereabouts(t *target, now *survey) []map[int]value {
	switch {
	case t.written != nil:
		return []map[int]value{t.by(t.written, now.header)}
	case slices.Equal(t.from.header, now.header):
		return []map[int]value{t.cells}
	}
	return []map[int]value{t.cells, t.by(t.from.header, now.header)}
}

// by are the cells that were written when the columns were those of one header, by where these stand in another. A column
// that cannot be told is left out; one without a name is told by how many of those come before it.
func (t *target) by(then, now header) map[int]value {
	if now.startsWith(then) {
		return t.cells
	}
	cells := map[int]value{}
	for column, v := range t.cells {
		if column >= len(then) {
			continue
		}
		place, n := now.place(then[column])
		_, before := then.place(then[column])
		if then[column] == "" {
			place, before, n = now.unnamed(then[:column].count("")), 1, 1
		}
		if before == 1 && n == 1 && place >= 0 {
			cells[place] = v
		}
	}
	return cells
}

// placeOf returns where a column of another survey stands: one of the changes' or of the key's by its name, any other by its
// number as long as no column moved.
func (s *survey) placeOf(other *survey, column int) (int, bool) {
	if slices.Equal(s.header, other.header) {
		return column, true
	}
	if column >= len(other.header) {
		return 0, false
	}
	i, n := s.header.place(other.header[column])
	_, before := other.header.place(other.header[column])
	return i, n == 1 && before == 1
}

// originOf returns where a column of s stood in an earlier survey, and whether there was none, or one of those without a name
// and without anything in it; ok is false when it cannot be told.
func (s *survey) originOf(earlier *survey, column int) (origin int, isNew, ok bool) {
	if origin, ok := earlier.placeOf(s, column); ok {
		return origin, false, true
	}
	isNew = column < len(s.header) && !slices.Contains(earlier.header, s.header[column])
	if !isNew && column < len(s.header) && s.header[column] == "" {
		isNew = !slices.ContainsFunc(upTo(len(earlier.header)), func(c int) bool {
			return earlier.header[c] == "" && earlier.any(c, func(v value) bool { return textOf(v) != "" })
		})
	}
	return 0, isNew, isNew
}

// columnsOf are the columns of some cells, in order.
func columnsOf(cells map[int]value) []int { return slices.Sorted(maps.Keys(cells)) }
