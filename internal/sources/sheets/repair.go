package sheets

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"syncd/internal/contact"
)

// damage is a row that a write hit instead of its own.
type damage struct {
	change int     // which was being made
	from   *survey // where the row was found, damaged
	row    int
	was    int           // where it stood before the write
	blank  bool          // nobody's: it held nothing
	key    string        // "" when it has none that tells it
	wrong  map[int]value // what was written into it, by column
	right  map[int]value // what it held
	tries  int

	seen   *survey // the last survey in which it was found
	seenAt int     // in which row
}

// damageAt returns what a write destroyed in a row, nil when nothing. It is not known when it is not clear which row it was,
// or what its cells held.
func (w *writer) damageAt(t *target, now *survey, row int, written map[int]value) (d *damage, known bool) {
	was, ok := now.wasRow(t.from, row, written)
	if t.isNew() { // a new row hits none
		was, ok = -1, true
	}
	if !ok {
		return nil, false
	}
	d = &damage{change: t.change, from: now, row: row, blank: was < 0, wrong: map[int]value{}, right: map[int]value{}}
	keyHit := slices.ContainsFunc(now.key, func(c int) bool { _, hit := written[c]; return hit })
	if key := now.keyOf(row); !keyHit && len(now.rows[key]) == 1 {
		d.key = key
	}
	for column, v := range written {
		if !holds(at(now.entered, row, column), v) {
			continue // somebody edited it since
		}
		origin, isNew, ok := now.originOf(t.from, column)
		if !ok {
			return nil, false
		}
		right := value("")
		if !isNew && was >= 0 {
			right = restorable(t.from, was, origin, row)
		}
		if right == nil {
			return nil, false
		}
		if !holds(right, v) {
			d.wrong[column], d.right[column] = v, right
		}
	}
	if len(d.wrong) == 0 {
		return nil, true
	}
	d.was = was
	return d, true
}

// inherit takes over from an earlier damage of the same row, which is still to be put back, what the row held before that.
func (w *writer) inherit(d *damage, before *survey) {
	w.damages = slices.DeleteFunc(w.damages, func(earlier *damage) bool {
		if earlier.seen != before || earlier.seenAt != d.was {
			return false
		}
		wrong := earlier.placed(d.from, earlier.wrong)
		for column, right := range earlier.placed(d.from, earlier.right) {
			if _, again := d.wrong[column]; !again {
				d.wrong[column] = wrong[column]
			}
			if d.right[column] = right; holds(right, d.wrong[column]) {
				delete(d.wrong, column)
				delete(d.right, column)
			}
		}
		return true
	})
}

// claim makes sure that no two writes take one row for the one that they hit.
func (d *damage) claim(row int, claimed map[place]bool) bool {
	for column := range d.wrong {
		if claimed[place{row, column}] {
			return false
		}
	}
	for column := range d.wrong {
		claimed[place{row, column}] = true
	}
	return true
}

// find returns where the damaged row stands; ok is false when it is gone, or cannot be told from another.
func (d *damage) find(now *survey) (row int, ok bool) {
	if d.key != "" {
		rows := now.rows[d.key]
		if len(rows) != 1 {
			return 0, false
		}
		return rows[0], true
	}
	wrong, right := d.placed(now, d.wrong), d.placed(now, d.right)
	var damaged, edited, restored []int
	for row := 1; row < len(now.entered); row++ {
		differ, kept := now.compare(d.from, row, d.row, wrong)
		held := now.holdsAny(row, wrong)
		switch {
		case differ == 0 && held:
			damaged = append(damaged, row)
		case differ == 1 && kept > 1 && held:
			edited = append(edited, row)
		case (differ == 0 || differ == 1 && kept > 1) && now.holdsAll(row, right):
			restored = append(restored, row)
		}
	}
	for _, rows := range [][]int{damaged, edited, restored} {
		if len(rows) > 0 {
			return rows[0], len(rows) == 1
		}
	}
	return 0, false
}

// placed are the damaged cells by where their columns stand now.
func (d *damage) placed(now *survey, cells map[int]value) map[int]value {
	placed := map[int]value{}
	for column, v := range cells {
		if place, ok := now.placeOf(d.from, column); ok {
			placed[place] = v
		}
	}
	return placed
}

// repairs returns the targets that put back what was destroyed. Damage that is gone needs none: somebody restored the cell,
// wrote something else into it, or deleted the row.
func (w *writer) repairs(now *survey) []*target {
	var targets []*target
	damages := w.damages
	w.damages, w.damaged = nil, map[int]bool{}
	for _, d := range damages {
		t := &target{change: d.change, repair: d, from: now, cells: d.placed(now, d.right), was: map[int]string{}}
		row, ok := d.find(now)
		if !ok || len(t.cells) != len(d.right) {
			if d.isSomewhere(now) {
				w.damages = append(w.damages, d)
				w.lose(d)
			}
			continue
		}
		t.row = row
		for column, wrong := range d.placed(now, d.wrong) {
			switch {
			case holds(at(now.entered, row, column), wrong):
				t.was[column] = textOf(wrong)
			default:
				delete(t.cells, column)
			}
		}
		if len(t.cells) == 0 {
			if now.holdsAll(row, d.placed(now, d.right)) {
				w.restored(t, now, row)
			}
			continue
		}
		t.expectRest()
		d.seen, d.seenAt, w.damaged[row] = now, row, true
		w.damages = append(w.damages, d)
		targets = append(targets, t)
	}
	return targets
}

// isSomewhere reports whether a row that cannot be told still holds the damage.
func (d *damage) isSomewhere(now *survey) bool {
	wrong := d.placed(now, d.wrong)
	filled := slices.ContainsFunc(slices.Collect(maps.Values(wrong)), func(v value) bool { return textOf(v) != "" })
	rows := now.rows[d.key]
	if d.key == "" {
		rows = nil
		for row := 1; row < len(now.entered) && filled; row++ {
			rows = append(rows, row)
		}
	}
	return slices.ContainsFunc(rows, func(row int) bool { return now.holdsSome(row, wrong) })
}

// restored notes that a damaged row holds again what it did.
func (w *writer) restored(t *target, now *survey, row int) {
	d := t.repair
	w.damages = slices.DeleteFunc(w.damages, func(other *damage) bool { return other == d })
	if d.blank || len(d.wrong) == 0 {
		return
	}
	change := contact.Change{
		Action: contact.Update, Row: row + 1,
		Before: now.cells(row, now.columns), After: now.cells(row, now.columns),
	}
	wrong, right := d.placed(now, d.wrong), d.placed(now, d.right)
	for i, column := range now.columns {
		if v, ok := wrong[column]; ok {
			change.Before[i], change.After[i] = cellOf(v), cellOf(right[column])
		}
	}
	change.Key = now.keyWith(row, right)
	w.repaired[d.change] = append(w.repaired[d.change], change)
}

// lose gives up a damaged row.
func (w *writer) lose(d *damage) {
	w.damages = slices.DeleteFunc(w.damages, func(other *damage) bool { return other == d })
	var names []string
	for _, column := range columnsOf(d.wrong) {
		if column < len(d.from.header) {
			names = append(names, strconv.Quote(d.from.header[column]))
		}
	}
	w.giveUp(d.change, fmt.Sprintf("row %d was hit instead, since rows moved meanwhile, and could not be put back: "+
		"look at its column %s", d.row+1, strings.Join(names, ", ")))
}

// unsure gives up a write that hit nobody knows what.
func (w *writer) unsure(t *target) {
	w.giveUp(t.change, fmt.Sprintf("row %d may have been hit instead, since rows moved meanwhile, "+
		"and it is not known what it held: look at it", t.row+1))
}

// giveUp leaves a change as it is, whatever that is.
func (w *writer) giveUp(i int, reason string) {
	w.todo = slices.DeleteFunc(w.todo, func(j int) bool { return j == i })
	w.givenUp[i] = reason
	w.lost = errors.Join(w.lost, errors.New(reason))
}
