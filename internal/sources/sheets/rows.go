package sheets

import (
	"maps"
	"slices"

	"syncd/internal/contact"
)

// wasRow returns which row of an earlier survey a row is: by its key or, where no key tells, by all that was not written;
// at last by all but its key, over which somebody may have pasted another. The row is -1 when it is one that held nothing.
func (s *survey) wasRow(earlier *survey, row int, written map[int]value) (int, bool) {
	keyWritten := slices.ContainsFunc(s.key, func(c int) bool { return written[c] != nil })
	if key := s.keyOf(row); key != "" && !keyWritten && len(earlier.rows[key]) == 1 {
		return earlier.rows[key][0], true
	}
	if was, ok := s.alike(earlier, row, written); ok || len(s.key) == 0 {
		return was, ok
	}
	butKey := maps.Clone(written)
	for _, column := range s.key {
		butKey[column] = nil
	}
	was, ok := s.alike(earlier, row, butKey)
	return was, ok && was >= 0
}

// alike returns the only row of an earlier survey that held the same but for what was written; -1 when it held nothing. Without
// key columns, when there is none, it is the only one that differs in one cell, which somebody edited meanwhile.
func (s *survey) alike(earlier *survey, row int, written map[int]value) (int, bool) {
	var same, near []int
	for was := 1; was < len(earlier.entered); was++ {
		switch edited, kept := s.compare(earlier, row, was, written); {
		case isBlank(earlier.entered[was]):
		case edited == 0:
			same = append(same, was)
		case edited == 1 && kept > 0 && len(s.key) == 0:
			near = append(near, was)
		}
	}
	edited, _ := s.compare(earlier, row, -1, written)
	switch {
	case edited == 0:
		return -1, len(same) == 0 // else it may have held something in the cells that were written
	case len(same) == 1:
		return same[0], true
	case len(same) == 0 && len(near) == 1:
		return near[0], true
	}
	return 0, false
}

// compare counts in how many cells two rows of two surveys differ, and how many that are filled are the same. What was written
// is left out, and so are formulas, for they change when they move.
func (s *survey) compare(earlier *survey, row, was int, written map[int]value) (edited, kept int) {
	width := len(s.header)
	if row < len(s.entered) {
		width = max(width, len(s.entered[row]))
	}
	if was >= 0 {
		width = max(width, len(earlier.entered[was]))
	}
	moved := !slices.Equal(s.header, earlier.header)
	for column := range width {
		if _, skip := written[column]; skip {
			continue
		}
		origin, isNew := column, false
		if moved {
			var ok bool
			if origin, isNew, ok = s.originOf(earlier, column); !ok {
				continue
			}
		}
		var then value
		if !isNew {
			then = at(earlier.entered, was, origin)
		}
		have := at(s.entered, row, column)
		switch {
		case looksCalculated(then) || looksCalculated(have):
		case textOf(then) != textOf(have):
			edited++
		case textOf(have) != "":
			kept++
		}
	}
	return edited, kept
}

// keyOf is a row's key, "" when it has none or there are no key columns.
func (s *survey) keyOf(row int) string { return s.keyWith(row, nil) }

// keyWith is the key that a row has with some cells changed.
func (s *survey) keyWith(row int, changed map[int]value) string {
	if len(s.key) == 0 {
		return ""
	}
	cells := s.cells(row, s.key)
	for i, column := range s.key {
		if v, ok := changed[column]; ok {
			cells[i] = cellOf(v)
		}
	}
	key, err := contact.NormalizeKey(cells...)
	if err != nil {
		return ""
	}
	return key
}

// holdsAll reports whether a row holds all values.
func (s *survey) holdsAll(row int, cells map[int]value) bool {
	for column, v := range cells {
		if !holds(at(s.entered, row, column), v) {
			return false
		}
	}
	return len(cells) > 0
}

// holdsAny reports whether a row holds one of the values.
func (s *survey) holdsAny(row int, cells map[int]value) bool {
	return slices.ContainsFunc(columnsOf(cells), func(c int) bool { return holds(at(s.entered, row, c), cells[c]) })
}

// holdsSome reports whether a row holds one of the values that are not empty; all of them, when all are.
func (s *survey) holdsSome(row int, cells map[int]value) bool {
	filled := false
	for column, v := range cells {
		if textOf(v) == "" {
			continue
		}
		if filled = true; holds(at(s.entered, row, column), v) {
			return true
		}
	}
	return !filled && s.holdsAll(row, cells)
}
