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
	var restored, open []*target
	landed := map[*target]int{}
	for _, t := range sent {
		row, ok := w.landed(t, now)
		switch {
		case ok && t.repair != nil:
			landed[t], restored = row, append(restored, t)
		case ok:
			landed[t] = row
			w.done(t, now, row)
		default:
			open = append(open, t)
		}
	}
	for _, t := range w.strays(open, now, len(landed) > 0) {
		_ = w.again(t, nil) // whose only error is the cause that it is given
	}
	for _, t := range restored { // last, for a stray write may be what makes a row look restored
		if slices.Contains(w.damages, t.repair) {
			w.done(t, now, landed[t])
		}
	}
}

// landed returns the target's own row if it holds what was written.
func (w *writer) landed(t *target, now *survey) (row int, ok bool) {
	if t.missed && (t.repair == nil || len(now.key) > 0) { // without a key, somebody may have edited the row just then
		return 0, false
	}
	var rows []int
	switch {
	case t.repair != nil && t.repair.blank:
		return t.row, !t.repair.isSomewhere(now)
	case t.repair != nil:
		if row, ok := t.repair.find(now); ok {
			rows = []int{row}
		}
	case len(now.key) > 0:
		rows = now.rows[w.identities[t.change]]
	case t.isNew():
		rows = upTo(len(now.entered))[1:]
	default:
		rows = now.rows[fingerprint(w.changes[t.change].After)]
	}
	i := slices.IndexFunc(rows, func(row int) bool { return t.isIn(row, now) })
	if i < 0 {
		return 0, false
	}
	return rows[i], true
}

// isIn reports whether a row holds what was written. Somebody may have edited some of it already, where a key tells whose row
// it is, or most of it is there in a new one; but when it stands in other columns of the row, those moved.
func (t *target) isIn(row int, now *survey) bool {
	held, edited := 0, 0
	for column, v := range t.cells {
		place, ok := now.placeOf(t.from, column)
		switch {
		case ok && holds(at(now.entered, row, place), v):
			held++
		case t.isNew() && row < len(now.entered) && slices.ContainsFunc(now.entered[row], func(have any) bool { return holds(have, v) }):
			return false
		case !t.isNew() && (t.repair != nil || len(now.key) == 0 || !slices.Equal(now.header, t.from.header)):
			return false
		default:
			edited++
		}
	}
	switch {
	case edited == 0:
		return true
	case t.isNew():
		return held > len(now.key) && held > edited
	}
	return held > 0
}

// isEdited reports whether a target without a key is where it was and holds some of what was written, while somebody edited
// the rest or another of its cells.
func (t *target) isEdited(now *survey) bool {
	if t.repair != nil || len(t.from.key) > 0 || !slices.Equal(t.from.header, now.header) || !now.holdsAny(t.row, t.cells) {
		return false
	}
	was, ok := now.wasRow(t.from, t.row, t.cells)
	return ok && was == t.row
}

// strays looks for the rows that were hit instead of the targets' own, notes what is to be put back there, and returns the
// targets that can be tried again. A write that was not heard of may never have been carried out: only when others of the same
// request were is it looked for beyond the row that it named. All others are looked for where they are likely first.
func (w *writer) strays(targets []*target, now *survey, carriedOut bool) (again []*target) {
	claimed := map[place]bool{}
	var open []*target
	for _, t := range targets {
		switch {
		case t.isEdited(now):
			w.done(t, now, t.row)
		case w.stray(t, now, claimed, t.likely(now)) == nothing:
			open = append(open, t)
		default:
			again = append(again, t)
		}
	}
	for _, t := range open {
		var rows []int
		if t.written != nil && t.hit == "" || carriedOut || t.isNew() {
			rows = upTo(len(now.entered))[1:]
		}
		if w.stray(t, now, claimed, rows) != nothing || t.written == nil || !w.stillThere(t, now) {
			again = append(again, t)
			continue
		}
		w.unsure(t)
	}
	return slices.DeleteFunc(again, func(t *target) bool { return t.lost })
}

// found is what a look for a stray write came to.
type found int

const (
	nothing  found = iota
	harmless       // it was found, or it is known that it did no harm
)

// stray looks for a write in some rows and notes what is to be put back.
func (w *writer) stray(t *target, now *survey, claimed map[place]bool, rows []int) found {
	if t.repair != nil && t.repair.blank && !t.missed { // an empty row was hit
		return harmless
	}
	for _, columns := range w.whereabouts(t, now) {
		for _, row := range rows {
			if !t.mayHaveHit(now, row, columns) || t.hit == "" && row != t.row && w.isWritten(now, row) {
				continue
			}
			d, known := w.damageAt(t, now, row, columns)
			switch {
			case known && d == nil && t.missed && (row == t.row || t.hit != ""):
				return harmless // it held the same before
			case known && d != nil && d.claim(row, claimed):
				w.inherit(d, t.from)
				w.damages = append(w.damages, d)
				return harmless
			case !known && (t.hit != "" || row == t.row && (t.missed || t.repair == nil && len(t.from.key) > 0)):
				t.lost = true
				w.unsure(t)
				return harmless
			}
		}
	}
	return nothing
}

// likely is the row that a write most likely hit: the one with the key that the answer showed, or the one that it named.
func (t *target) likely(now *survey) []int {
	if rows := now.rows[t.hit]; t.hit != "" && len(rows) == 1 {
		return rows
	}
	return []int{t.row}
}

// mayHaveHit reports whether a row holds what was written; some of it, when it is known that another row was hit and people
// may have edited that since.
func (t *target) mayHaveHit(now *survey, row int, columns map[int]value) bool {
	if t.written != nil {
		return now.holdsSome(row, columns)
	}
	return now.holdsAll(row, columns)
}

// stillThere reports whether some row still holds what was written and should not.
func (w *writer) stillThere(t *target, now *survey) bool {
	for _, columns := range w.whereabouts(t, now) {
		for row := range now.entered {
			if now.holdsSome(row, columns) && !w.isWritten(now, row) {
				return true
			}
		}
	}
	return false
}

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
	for column := range width {
		origin, isNew, ok := s.originOf(earlier, column)
		if _, skip := written[column]; skip || !ok {
			continue
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

// columnsOf are the columns of some cells, in order.
func columnsOf(cells map[int]value) []int { return slices.Sorted(maps.Keys(cells)) }

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
