package sheets

import (
	"maps"
	"slices"

	"syncd/internal/contact"
)

// settle finds out where the writes landed whose answer did not come, or showed another row than was meant: in their own
// row, in another, whose cells are to be put back, or nowhere.
func (w *writer) settle(now *survey) {
	sent := w.sent
	w.sent = nil
	landed := 0
	var open []*target
	for _, t := range sent {
		if row, ok := w.landed(t, now); ok {
			landed++
			w.done(t, now, row)
			continue
		}
		open = append(open, t)
	}
	claimed := map[place]bool{}
	for _, t := range open {
		if t.isEdited(now) {
			w.done(t, now, t.row)
			continue
		}
		d, sure := w.stray(t, now, claimed, landed > 0)
		switch {
		case d != nil:
			w.damages = append(w.damages, d)
		case !sure:
			w.unsure(t)
			continue
		}
		_ = w.again(t, nil) // whose only error is the cause that it is given
	}
}

// landed returns the target's own row if it holds what was written.
func (w *writer) landed(t *target, now *survey) (row int, ok bool) {
	if t.missed {
		return 0, false
	}
	var rows []int
	switch {
	case t.repair != nil:
		if row, ok := t.repair.find(now); ok {
			rows = []int{row}
		}
	case len(now.key) > 0:
		rows = now.rows[w.identities[t.change]]
	default:
		rows = now.rows[fingerprint(w.changes[t.change].After)]
	}
	i := slices.IndexFunc(rows, func(row int) bool {
		for column, v := range t.cells {
			place, ok := now.placeOf(t.from, column)
			if !ok || !holds(at(now.entered, row, place), v) {
				return false
			}
		}
		return true
	})
	if i < 0 {
		return 0, false
	}
	return rows[i], true
}

// isEdited reports whether the target is where it was, holds what was written, and differs in one other cell, which somebody
// edited at the same time. A row with a key is told by that.
func (t *target) isEdited(now *survey) bool {
	if t.repair != nil || len(t.from.key) > 0 || !slices.Equal(t.from.header, now.header) || !now.holdsAll(t.row, t.cells) {
		return false
	}
	return t.from.edits(now, t.row, t) == 1 && !slices.ContainsFunc(slices.Collect(maps.Values(t.from.rows)), func(rows []int) bool {
		return slices.ContainsFunc(rows, func(row int) bool { return row != t.row && t.from.edits(now, row, t) <= 1 })
	})
}

// edits is how many of the cells by which a target is told are another in its row now than they were in a row of the survey; 2
// or more when none of them that is filled is the same.
func (s *survey) edits(now *survey, row int, t *target) int {
	edited, same := 0, 0
	for column := range t.expect {
		then, have := textOf(at(s.entered, row, column)), textOf(at(now.entered, t.row, column))
		switch {
		case then != have:
			edited++
		case have != "":
			same++
		}
	}
	if same == 0 {
		return max(edited, 2)
	}
	return edited
}

// stray looks for a row that was hit instead of the target's own and returns what is to be put back there; nil when nothing
// was destroyed. It is not sure when a row was hit and it is not known whose, or what it held.
//
// A write that was not heard of may never have been carried out. Only when others of the same request were, or when the row
// that it named holds what was written, is it looked for.
func (w *writer) stray(t *target, now *survey, claimed map[place]bool, carriedOut bool) (d *damage, sure bool) {
	rows := []int{t.row}
	if t.missed || carriedOut {
		for row := 1; row < len(now.entered); row++ {
			rows = append(rows, row)
		}
	}
	for _, columns := range w.whereabouts(t, now) {
		for _, row := range rows {
			if !now.holdsAll(row, columns) || w.isWritten(now, row) && row != t.row {
				continue
			}
			d, known := w.damageAt(t, now, row, columns)
			switch {
			case known && d == nil && t.missed && row == t.row:
				return nil, true // it held the same before
			case known && d != nil && d.claim(row, claimed):
				return d, true
			case !known && row == t.row && (t.missed || t.repair == nil && len(t.from.key) > 0):
				return nil, false
			}
		}
	}
	return nil, !t.missed || !w.stillThere(t, now)
}

// stillThere reports whether the row that was hit still holds what was written.
func (w *writer) stillThere(t *target, now *survey) bool {
	for row := range now.entered {
		if now.holdsAll(row, t.cells) {
			return true
		}
	}
	return false
}

// whereabouts are the columns that a write may have hit: those with the numbers that it named and, if columns moved
// afterwards, those that these became.
func (w *writer) whereabouts(t *target, now *survey) []map[int]value {
	if slices.Equal(t.from.header, now.header) {
		return []map[int]value{t.cells}
	}
	moved := map[int]value{}
	for column, v := range t.cells {
		if place, ok := now.placeOf(t.from, column); ok {
			moved[place] = v
		}
	}
	if t.written != nil && t.written.startsWith(t.from.header) { // they moved after the write
		return []map[int]value{moved}
	}
	return []map[int]value{t.cells, moved}
}

// isWritten reports whether a row is that of a change that was made: what it holds is its own.
func (w *writer) isWritten(now *survey, row int) bool {
	id, ok := now.identity(row)
	if !ok {
		return false
	}
	for i, have := range w.identities {
		if have == id && w.outcomes[i].Status == "written" {
			return true
		}
	}
	return false
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

// originOf returns where a column of s stood in an earlier survey, and whether there was none; ok is false when it cannot be
// told.
func (s *survey) originOf(earlier *survey, column int) (origin int, isNew, ok bool) {
	if origin, ok := earlier.placeOf(s, column); ok {
		return origin, false, true
	}
	unnamed := slices.Contains(earlier.header, "")
	isNew = column < len(s.header) && !unnamed && !slices.Contains(earlier.header, s.header[column])
	return 0, isNew, isNew
}

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

// alike returns the only row of an earlier survey that held the same but for what was written; -1 when it held nothing.
func (s *survey) alike(earlier *survey, row int, written map[int]value) (int, bool) {
	var found []int
	for was := 1; was < len(earlier.entered); was++ {
		if s.sameRow(earlier, row, was, written) && !isBlank(earlier.entered[was]) {
			found = append(found, was)
		}
	}
	switch {
	case s.sameRow(earlier, row, -1, written):
		return -1, len(found) == 0 // else it may have held something in the cells that were written
	case len(found) == 1:
		return found[0], true
	}
	return 0, false
}

// sameRow reports whether two rows of two surveys hold the same but for what was written. Formulas are left out, for they
// change when they move.
func (s *survey) sameRow(earlier *survey, row, was int, written map[int]value) bool {
	width := len(s.header)
	if row < len(s.entered) {
		width = max(width, len(s.entered[row]))
	}
	if was >= 0 {
		width = max(width, len(earlier.entered[was]))
	}
	for column := range width {
		if _, skip := written[column]; skip {
			continue
		}
		origin, isNew, ok := s.originOf(earlier, column)
		if !ok {
			continue
		}
		var then value
		if !isNew {
			then = at(earlier.entered, was, origin)
		}
		have := at(s.entered, row, column)
		if !looksCalculated(then) && !looksCalculated(have) && textOf(then) != textOf(have) {
			return false
		}
	}
	return true
}

// columnsOf are the columns of some cells, in order.
func columnsOf(cells map[int]value) []int { return slices.Sorted(maps.Keys(cells)) }

// keyOf is a row's key, "" when it has none or there are no key columns.
func (s *survey) keyOf(row int) string {
	if len(s.key) == 0 {
		return ""
	}
	key, err := contact.NormalizeKey(s.cells(row, s.key)...)
	if err != nil {
		return ""
	}
	return key
}
