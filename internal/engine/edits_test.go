package engine_test

import (
	"maps"
	"slices"
	"time"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
	"syncd/internal/state"
)

// write is a person who writes a cell.
func (w *world) write(r *line, col int, value string) {
	was := r.cells[col]
	r.cells[col] = value
	w.stamp(r)
	for i := range facets {
		if f := &facets[i]; f.column == col && f.norm(w, was) != f.norm(w, value) {
			w.wrote(place{r, "", i}, f.norm(w, value))
		}
		if facets[i].column == col {
			w.touched[place{r, "", i}] = true
		}
	}
}

// wroteRow notes that a person wrote a whole row.
func (w *world) wroteRow(r *line) {
	w.stamp(r)
	for i, f := range facets {
		w.wrote(place{r, "", i}, f.norm(w, r.cells[f.column]))
		w.touched[place{r, "", i}] = w.touched[place{r, "", i}] || r.cells[f.column] != ""
	}
}

// wrote notes that a person wrote a value. One on which both sides agreed last is no edit any more.
func (w *world) wrote(p place, value string) {
	w.forgetUndone(p)
	delete(w.edits, p)
	if !w.agreed[p][value] {
		w.edits[p] = edit{value}
	}
}

// agree notes a value on which both sides may have agreed.
func (w *world) agree(p place, value string) {
	if w.agreed[p] == nil {
		w.agreed[p] = map[string]bool{}
	}
	w.agreed[p][value] = true
}

// checkEdits looks at the values that people wrote and that were not on both sides when it was last asked: each stands
// where it was written, or a rule replaced it and it is in the journal.
func (w *world) checkEdits() {
	for p, e := range w.edits {
		f := &facets[p.facet]
		r, c := p.row, w.known[p.id]
		var paired bool
		if r != nil {
			c, paired = w.contactOf(r)
		} else {
			r = w.rowOf(c)
			paired = r != nil
		}
		cell, there := "", f.value(w, &c)
		if r != nil {
			cell = f.norm(w, r.cells[f.column])
		}
		stands := p.row != nil && cell == e.value || p.row == nil && (there == e.value || e.value != "" && (f.column == colPhone || f.column == colEmail) && slices.Contains(identities(c), e.value))
		switch {
		case stands && (!paired || cell != there):
			continue
		case stands: // on both sides
		default:
			w.replaced(p, e, r, c)
		}
		delete(w.edits, p)
	}
}

// replaced checks that a rule allows a run to put the other side's value in the place of one that a person wrote.
func (w *world) replaced(p place, e edit, r *line, c quosim.Contact) {
	f, flow := &facets[p.facet], w.shape.flows[p.facet]
	side, other, policy, back := contact.Source, contact.Quo, contact.TakeQuo, contact.FromQuo
	if p.row == nil {
		side, other, policy, back = contact.Quo, contact.Source, contact.TakeSource, contact.ToQuo
	}
	key := w.byID[c.ID].Key
	rule := false
	switch {
	case w.now.undo != nil && w.now.undo.changes(w, side, key, c.ID, f, e.value):
		rule = true
	case flow.direction == back:
		rule = true
	case flow.direction != contact.TwoWay:
	case e.value == "" && (!w.settled[c.ID] || flow.keepEmpty && side == contact.Source): // nothing was written that could be lost
		rule = true
	case flow.conflicts == policy, w.resolved[resolution{key, f.field, other}], w.resolved[resolution{key, "", other}]:
		rule = true
	case flow.conflicts == contact.TakeNewest && w.now.edited:
		rule = true
	case flow.conflicts == contact.TakeNewest && r != nil:
		row, err := time.Parse(time.RFC3339, r.cells[colUpdated])
		there := w.now.updatedAt[c.ID]
		rule = err == nil && (side == contact.Source && there.After(row) || side == contact.Quo && row.After(there))
	}
	if !rule {
		w.t.Errorf("record %s %s: the value %q of %s that a person wrote in %s was replaced, and no rule says so", key, c.ID, e.value, f.name, side)
	}
	if !slices.ContainsFunc(w.now.entries, func(entry state.Entry) bool {
		return entry.Side == side && (entry.Key == key || entry.ContactID == c.ID || key == "") &&
			slices.ContainsFunc(entry.Fields, func(change contact.FieldChange) bool {
				return change.Field == f.field && f.norm(w, change.Before) == e.value
			})
	}) {
		w.t.Errorf("record %s %s: the value %q of %s that a person wrote in %s was replaced, and the journal does not say so", key, c.ID, e.value, f.name, side)
	}
}

// standing keeps, of the edits, those that are where they were written: of the others the journal is gone.
func (w *world) standing() {
	w.rememberFormer()
	w.touched = map[place]bool{}
	w.agreed, w.filled, w.settled = map[place]map[string]bool{}, map[place]bool{}, map[string]bool{}
	maps.DeleteFunc(w.edits, func(_ place, e edit) bool { return e.value == "" })
}

// rememberFormer keeps what people wrote and what both sides agreed on, for a state that comes back from a backup: it
// may know of it, or not.
func (w *world) rememberFormer() {
	for p := range w.touched {
		w.formerly.touched[p] = true
	}
	for p, values := range w.agreed {
		if w.formerly.agreed[p] == nil {
			w.formerly.agreed[p] = map[string]bool{}
		}
		maps.Copy(w.formerly.agreed[p], values)
	}
}
