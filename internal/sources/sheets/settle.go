package sheets

import (
	"slices"

	"syncd/internal/contact"
	"syncd/internal/sources"
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
		if t.silence != nil {
			w.leaveOpen(t)
			continue
		}
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
		rows = now.rows[contact.Fingerprint(w.changes[t.change].After)]
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
		if t.heard && t.hit == "" || carriedOut || t.isNew() {
			rows = upTo(len(now.entered))[1:]
		}
		if w.stray(t, now, claimed, rows) != nothing || !t.heard || !w.stillThere(t, now) {
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
	if t.heard {
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

// isWritten reports whether a row is that of a change that was made: what it holds is its own.
func (w *writer) isWritten(now *survey, row int) bool {
	id, ok := now.identity(row)
	if !ok {
		return false
	}
	for i, have := range w.identities {
		if have == id && w.outcomes[i].Status == sources.Written {
			return true
		}
	}
	return false
}
