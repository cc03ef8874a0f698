package engine_test

import (
	"context"
	"slices"
	"strings"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// This file is about people who take runs back. What an undo does to both sides must stand in the plan that a person saw,
// and the plan must hold, or list, all that the run did; and no later run may do again what was undone.

// takingBack is the undo of a run as a person saw it.
type takingBack struct {
	run     int64
	undoing reconcile.Undoing
	entries []state.Entry // what the run did
	edited  bool          // people edited since
}

// operation returns what the person saw of a record on a side, nil when nothing.
func (u *takingBack) operation(side contact.Side, action contact.Action, is func(*reconcile.Operation) bool) *reconcile.Operation {
	for i := range u.undoing.Plan.Operations {
		if o := &u.undoing.Plan.Operations[i]; o.Side == side && o.Action == action && is(o) {
			return o
		}
	}
	return nil
}

func ofKey(key string) func(*reconcile.Operation) bool {
	return func(o *reconcile.Operation) bool { return o.Key == key }
}

func ofContact(id string) func(*reconcile.Operation) bool {
	return func(o *reconcile.Operation) bool { return o.ContactID() == id }
}

// change returns what an operation does to a facet, nil when nothing.
func change(o *reconcile.Operation, f *facet) *contact.FieldChange {
	if o == nil {
		return nil
	}
	if i := slices.IndexFunc(o.Fields, func(c contact.FieldChange) bool { return c.Field == f.field }); i >= 0 {
		return &o.Fields[i]
	}
	return nil
}

// undoRun is a person who takes an earlier run back: looks at the plan, and says yes, maybe a while later.
func (w *world) undoRun() {
	u := w.someRunToUndo()
	if u == nil {
		w.cleanRun()
		return
	}
	w.clock.advance(w.someTime())
	if !w.planUndo(u) {
		return
	}
	for range pick(w.rng, 0, 0, 1, 3) {
		u.edited = true
		w.happen([]choice{{1, w.addRow}, {3, w.editRow}, {3, w.editContact}, {1, w.editUnmapped}, {1, w.deleteRow}, {1, w.deleteContact}, {1, w.sortRows}})
	}
	w.calls = false
	o := runOptions{undo: u}
	switch w.rng.IntN(6) {
	case 0:
		o.faults = 0.02 + w.rng.Float64()*0.3
	case 1, 2:
		o.crashAt = 1 + w.rng.IntN(pick(w.rng, 8, 20, 60))
	case 3:
		w.runEdited(o)
		w.calls = false
		return
	}
	w.run(o)
	w.calls = false
}

// someRunToUndo returns one of the last runs that did anything, nil when there is none.
func (w *world) someRunToUndo() *takingBack {
	ctx := context.Background()
	runs, err := w.state.Runs(ctx, "customers", 8)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []*takingBack
	for _, run := range runs {
		entries, err := w.state.Entries(ctx, run.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		entries = slices.DeleteFunc(entries, func(e state.Entry) bool { return e.State != state.Done || isMark(e) })
		if len(entries) > 0 {
			all = append(all, &takingBack{run: run.ID, entries: entries})
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[w.rng.IntN(1+w.rng.IntN(len(all)))] // rather one of the newest
}

// isMark reports whether an operation only wrote what syncd notes in a row, or put a row right.
func isMark(e state.Entry) bool {
	return e.Side == contact.Source && e.Action == contact.Update && !slices.ContainsFunc(e.Fields, func(c contact.FieldChange) bool {
		return c.Field != "contactId" && c.Field != "status"
	})
}

// planUndo shows a person what an undo would do, and checks it. It reports whether there is anything to do.
func (w *world) planUndo(u *takingBack) bool {
	w.begin()
	before := w.table.text()
	var report engine.Report
	u.undoing, report = w.process(runOptions{}, "first").planUndo(u.run)
	w.note("undo of run %d: %d operations, %d left, error %v", u.run, len(u.undoing.Plan.Operations), len(u.undoing.Left), report.Err())
	for i := range u.undoing.Plan.Operations {
		o := &u.undoing.Plan.Operations[i]
		w.note("  to %s %q (%s) in %s: %+v", o.Action, o.Key, o.ContactID(), o.Side, o.Fields)
	}
	for _, l := range u.undoing.Left {
		w.note("  left %q %s %s: %s", l.Key, l.Side, l.Field, l.Why)
	}
	if n := count(w.quo.Requests()).writes(); n > 0 || before != w.table.text() {
		w.t.Errorf("the plan of an undo wrote something: %d requests", n)
	}
	if report.Err() != nil {
		w.t.Errorf("run %d cannot be undone: %v", u.run, report.Err())
		return false
	}
	w.checkWhole(u, report)
	w.checkOnlyItsOwn(u)
	return len(u.undoing.Plan.Operations) > 0
}

func (p *process) planUndo(id int64) (undoing reconcile.Undoing, report engine.Report) {
	p.connected(func() { undoing, report = p.engine.PlanUndo(context.Background(), id) })
	return undoing, report
}

// checkWhole checks that the plan has, or lists, all that the run did and that is not as it was before.
func (w *world) checkWhole(u *takingBack, report engine.Report) {
	for _, e := range u.entries {
		if slices.ContainsFunc(report.Problems, func(p engine.Problem) bool { return p.Key == e.Key }) {
			continue
		}
		left := func(field contact.Field) bool {
			return slices.ContainsFunc(u.undoing.Left, func(l reconcile.Left) bool {
				return l.Key == e.Key && l.Side == e.Side && (l.Field == "" || l.Field == field)
			})
		}
		reverse := map[contact.Action]contact.Action{contact.Create: contact.Delete, contact.Delete: contact.Create, contact.Update: contact.Update}[e.Action]
		o := u.operation(e.Side, reverse, ofKey(e.Key))
		if e.Action != contact.Update {
			if o == nil && !left("") {
				w.t.Errorf("run %d: the %s of %s in %s is neither undone nor listed", u.run, e.Action, e.Key, e.Side)
			}
			continue
		}
		for i := range facets {
			f := &facets[i]
			at := slices.IndexFunc(e.Fields, func(c contact.FieldChange) bool { return c.Field == f.field })
			if at < 0 || change(o, f) != nil || left(f.field) {
				continue
			}
			if now, known := w.holds(e, f); !known || now != f.norm(w, e.Fields[at].Before) {
				w.t.Errorf("run %d: %s of %s in %s became %q, and is neither undone nor listed; it is %q", u.run, f.name, e.Key, e.Side, e.Fields[at].After, now)
			}
		}
	}
}

// holds is what the target of an operation holds of a facet.
func (w *world) holds(e state.Entry, f *facet) (value string, known bool) {
	if e.Side == contact.Quo {
		c, ok := w.known[e.ContactID]
		return f.value(w, &c), ok
	}
	for _, r := range w.rows {
		if w.linkOf(r).Key == e.Key {
			return f.norm(w, r.cells[f.column]), true
		}
	}
	return "", false
}

// checkOnlyItsOwn checks that the plan changes nothing but what the run wrote.
func (w *world) checkOnlyItsOwn(u *takingBack) {
	for i := range u.undoing.Plan.Operations {
		o := &u.undoing.Plan.Operations[i]
		for j := range facets {
			f := &facets[j]
			c := change(o, f)
			if c == nil || o.Action != contact.Update {
				continue
			}
			if !slices.ContainsFunc(u.entries, func(e state.Entry) bool {
				return e.Key == o.Key && e.Side == o.Side && slices.ContainsFunc(e.Fields, func(past contact.FieldChange) bool {
					return past.Field == c.Field && f.norm(w, past.After) == f.norm(w, c.Before) && f.norm(w, past.Before) == f.norm(w, c.After)
				})
			}) {
				w.t.Errorf("undo of run %d: %s of %s in %s is to become %q and is %q, which the run did not make of it", u.run, f.name, o.Key, o.Side, c.After, c.Before)
			}
		}
	}
}

// deletedByUndo checks a contact that an undo is about to delete.
func (w *world) deletedByUndo(c quosim.Contact) {
	born, made := w.born[c.ID]
	switch {
	case w.now.undo.operation(contact.Quo, contact.Delete, ofContact(c.ID)) == nil:
		w.t.Errorf("contact %s is deleted by an undo of which nobody saw that", c.ID)
	case !made:
		w.t.Errorf("contact %s is deleted by an undo, but no run made it", c.ID)
	case !w.now.got[c.ID]:
		w.t.Errorf("contact %s is deleted by an undo, but was not read right before", c.ID)
	case !w.now.unread[c.ID] && !w.now.blind[c.ID] && !w.sayTheSame(born, c):
		w.t.Errorf("contact %s is deleted by an undo, but was changed since it was made:\n was %s\n is  %s", c.ID, dump(born), dump(c))
	}
}

// sayTheSame reports whether two contacts hold the same, but for the spelling of what is mapped.
func (w *world) sayTheSame(a, b quosim.Contact) bool {
	a.ID, a.CreatedAt, a.CreatedByUserID = b.ID, b.CreatedAt, b.CreatedByUserID
	for i := range facets {
		if f := &facets[i]; f.value(w, &a) != f.value(w, &b) {
			return false
		}
	}
	return unmapped(a) == unmapped(b)
}

// madeByUndo checks a contact that an undo made: it has all that the one had that the run deleted.
func (w *world) madeByUndo(c quosim.Contact) {
	key := text(c.ExternalID)
	if w.now.undo.operation(contact.Quo, contact.Create, ofKey(key)) == nil {
		w.t.Errorf("contact %s is made for %s by an undo of which nobody saw that", c.ID, key)
		return
	}
	at := slices.IndexFunc(w.now.undo.entries, func(e state.Entry) bool { return e.Key == key && e.Side == contact.Quo && e.Action == contact.Delete })
	if gone, ok := w.gone[w.now.undo.entries[at].ContactID]; ok && !gone.CreatedAt.IsZero() && !w.sayTheSame(gone, c) {
		w.t.Errorf("contact %s is made again by an undo, but not as it was:\n was %s\n is  %s", c.ID, dump(gone), dump(c))
	}
}

// writtenByUndo checks what an undo changed in a contact.
func (w *world) writtenByUndo(was, is quosim.Contact) {
	o := w.now.undo.operation(contact.Quo, contact.Update, ofContact(is.ID))
	if o == nil {
		w.t.Errorf("contact %s was written by an undo of which nobody saw that:\n was %s\n is  %s", is.ID, dump(was), dump(is))
		return
	}
	for i := range facets {
		f := &facets[i]
		if mobileSlot.hides(f, is) || workSlot.hides(f, is) {
			continue // nothing says that this is the one that the mapping names
		}
		w.checkPutBack("contact "+is.ID, f, change(o, f), f.value(w, &was), f.value(w, &is))
	}
	if text(is.ExternalID) != text(was.ExternalID) && text(is.ExternalID) != o.After.ExternalID || text(is.Source) != text(was.Source) && text(is.Source) != o.After.Source {
		w.t.Errorf("contact %s has the key %q and the label %q, and the undo says %q and %q", is.ID, text(is.ExternalID), text(is.Source), o.After.ExternalID, o.After.Source)
	}
}

// checkPutBack checks that a value changed as the plan of the undo says, or not at all.
func (w *world) checkPutBack(where string, f *facet, c *contact.FieldChange, was, is string) {
	switch {
	case was == is:
	case c == nil:
		w.t.Errorf("%s: an undo changed %s from %q to %q, of which nobody saw anything", where, f.name, was, is)
	case f.norm(w, c.Before) != was || f.norm(w, c.After) != is:
		w.t.Errorf("%s: an undo changed %s from %q to %q, and said from %q to %q", where, f.name, was, is, c.Before, c.After)
	}
}

// rowWrittenByUndo checks what an undo changed in a row.
func (w *world) rowWrittenByUndo(r, now *line, before map[string]state.Link) {
	key := w.linkOf(r).Key
	if !w.shape.keyed && key == "" {
		key = before[w.identity(r)].Key
	}
	o := w.now.undo.operation(contact.Source, contact.Update, ofKey(key))
	for col := range r.raw {
		if r.raw[col] == now.raw[col] {
			continue
		}
		i := slices.IndexFunc(facets, func(f facet) bool { return f.column == col })
		switch {
		case col == colStatus && w.shape.status:
		case col == colContact && w.shape.contactID:
			if _, there := w.view[now.cells[col]]; !there {
				w.t.Errorf("row %s (%s): an undo wrote the contact id %q, and there is no such contact", w.identity(r), r.cells[colNo], now.cells[col])
			}
		case i < 0:
			w.t.Errorf("row %s (%s): an undo changed %s, which nobody maps", w.identity(r), r.cells[colNo], header[col])
		default:
			w.checkPutBack("row "+w.identity(r), &facets[i], change(o, &facets[i]), facets[i].norm(w, r.cells[col]), facets[i].norm(w, now.cells[col]))
		}
	}
}

// rowRemovedByUndo checks a row that an undo deleted: it is as the run made it, and nobody wrote beside it.
func (w *world) rowRemovedByUndo(r *line) {
	key := w.linkOf(r).Key
	born, made := w.bornRow[r]
	switch {
	case w.now.undo.operation(contact.Source, contact.Delete, ofKey(key)) == nil:
		w.t.Errorf("row %s (%s) was deleted by an undo of which nobody saw that", w.identity(r), r.cells[colNo])
		return
	case !made:
		w.t.Errorf("row %s (%s) was deleted by an undo, but no run made it", w.identity(r), r.cells[colNo])
		return
	case w.now.rows[r]:
		return
	}
	for col := range r.cells {
		i := slices.IndexFunc(facets, func(f facet) bool { return f.column == col })
		same := r.cells[col] == born[col]
		if i >= 0 {
			same = facets[i].norm(w, r.cells[col]) == facets[i].norm(w, born[col])
		}
		if !same && col != colNo && col != colStatus && col != colContact && col != colUpdated {
			w.t.Errorf("row %s (%s) was deleted by an undo, but %s was %q when it was made and is %q", w.identity(r), r.cells[colNo], header[col], born[col], r.cells[col])
		}
	}
}

// rowAddedByUndo checks a row that an undo put back.
func (w *world) rowAddedByUndo(r *line) {
	key := r.cells[colID]
	if !w.shape.keyed {
		at := slices.IndexFunc(w.now.undo.entries, func(e state.Entry) bool {
			return e.Side == contact.Source && e.Action == contact.Delete && e.ContactID == r.cells[colContact]
		})
		if at < 0 {
			w.t.Errorf("the row %q was made by an undo, but the run deleted none of this contact", r.cells)
			return
		}
		key = w.now.undo.entries[at].Key
	}
	o := w.now.undo.operation(contact.Source, contact.Create, ofKey(key))
	if o == nil {
		w.t.Errorf("row %s was made by an undo of which nobody saw that", key)
		return
	}
	for i := range facets {
		f, want := &facets[i], ""
		if c := change(o, f); c != nil {
			want = f.norm(w, c.After)
		}
		if have := f.norm(w, r.cells[f.column]); have != want {
			w.t.Errorf("row %s was put back by an undo with %q as %s, want %q", key, r.cells[f.column], f.name, want)
		}
	}
}

// undoneField is a field that an undo left different on the two sides.
type undoneField struct {
	row   *line
	id    string // of the contact
	facet int
}

type sides struct{ cell, quo string }

// forgetUndone drops what must not change, for somebody changed it.
func (w *world) forgetUndone(p place) {
	for f := range w.undone {
		if f.facet == p.facet && (p.row != nil && f.row == p.row || p.id != "" && f.id == p.id) {
			delete(w.undone, f)
		}
	}
}

// release lets an undo change what earlier ones left different.
func (w *world) release(u *takingBack) {
	for field := range w.undone {
		for i := range u.undoing.Plan.Operations {
			if o := &u.undoing.Plan.Operations[i]; o.Key == w.byID[field.id].Key && change(o, &facets[field.facet]) != nil {
				delete(w.undone, field)
			}
		}
	}
}

// checkUndone checks that a run did not do again what was undone, and that each such field is an open conflict.
func (w *world) checkUndone(clean bool) {
	var conflicts []state.Conflict
	if clean {
		var err error
		if conflicts, err = w.state.Conflicts(context.Background(), "customers"); err != nil {
			w.t.Fatal(err)
		}
	}
	for u, want := range w.undone {
		c, there := w.known[u.id]
		link, f := w.byID[u.id], &facets[u.facet]
		if !there || !link.Linked() || !slices.Contains(w.rows, u.row) || w.filtered(u.row) || w.linkOf(u.row).Key != link.Key || w.now.blind[u.id] {
			delete(w.undone, u)
			continue
		}
		if got := (sides{f.norm(w, u.row.cells[f.column]), f.value(w, &c)}); got != want {
			w.t.Errorf("record %s: %s was %q and %q after an undo, and a run made it %q and %q", link.Key, f.name, want.cell, want.quo, got.cell, got.quo)
		}
		listed := slices.ContainsFunc(conflicts, func(c state.Conflict) bool {
			return c.Key == link.Key && c.Field == f.field && strings.HasPrefix(c.Reason, "undone in ")
		})
		if clean && !listed && !w.isOpen(u.row, u.id) {
			w.t.Errorf("record %s: %s was undone and is in no conflict", link.Key, f.name)
		}
	}
}

// tookBack notes what an undo did and no later run may do again.
func (w *world) tookBack(u *takingBack, report engine.Report, calm bool) {
	for i := range u.undoing.Plan.Operations {
		o := &u.undoing.Plan.Operations[i]
		link := w.links[o.Key]
		w.mayStay[o.Key] = w.mayStay[o.Key] || o.Action == contact.Create && o.Side == contact.Quo || o.Action == contact.Delete && o.Side == contact.Source
		if link.ByUndo() {
			w.parted[o.Key] = true
			delete(w.relinked, o.Key)
			delete(w.kept, o.Key)
		}
		if calm && !w.carriedOut(o) && report.Stale == 0 && !slices.ContainsFunc(report.Problems, func(p engine.Problem) bool { return p.Key == o.Key }) {
			w.t.Errorf("the undo of run %d was to %s %s in %s, and did not: %+v", u.run, o.Action, o.Key, o.Side, o.Fields)
		}
		if o.Action == contact.Update && link.Linked() && w.mayHaveDone(u, o, report.RunID) {
			w.guard(o, link)
		}
	}
}

// mayHaveDone reports whether an undo did an operation, or sent it without hearing the answer.
func (w *world) mayHaveDone(u *takingBack, o *reconcile.Operation, run int64) bool {
	return slices.ContainsFunc(w.now.entries, func(e state.Entry) bool {
		sent := e.State == state.Sent || e.State == state.Unknown
		return e.Run == run && e.Key == o.Key && e.Side == o.Side && e.Action == o.Action && !isMark(e) && (e.State == state.Done || sent && !u.edited)
	})
}

// carriedOut reports whether both sides are as an operation leaves them.
func (w *world) carriedOut(o *reconcile.Operation) bool {
	row := slices.ContainsFunc(w.rows, func(r *line) bool { return w.linkOf(r).Key == o.Key })
	c, there := w.known[o.ContactID()]
	switch {
	case o.Action == contact.Create && o.Side == contact.Quo:
		_, there = w.byKey(o.Key)
		return there
	case o.Action == contact.Delete && o.Side == contact.Quo:
		return !there
	case o.Action == contact.Create:
		return row
	case o.Action == contact.Delete:
		return !row
	}
	for i := range facets {
		f := &facets[i]
		if change := change(o, f); change != nil {
			is := f.value(w, &c)
			if o.Side == contact.Source {
				is, there = w.holds(state.Entry{Key: o.Key, Side: contact.Source}, f)
			}
			if !there || is != f.norm(w, change.After) {
				return false
			}
		}
	}
	return true
}

// guard notes which fields of a record an undo left different, as far as nobody edited them meanwhile.
func (w *world) guard(o *reconcile.Operation, link state.Link) {
	c, there := w.known[link.ContactID]
	r := w.rowOf(c)
	if !there || r == nil || w.now.rows[r] || w.now.ids[c.ID] || w.now.blind[c.ID] || w.filtered(r) {
		return
	}
	for i := range facets {
		f := &facets[i]
		change := change(o, f)
		if change == nil {
			continue
		}
		now := sides{f.norm(w, r.cells[f.column]), f.value(w, &c)}
		done := now.quo
		if o.Side == contact.Source {
			done = now.cell
		}
		if now.cell != now.quo && done == f.norm(w, change.After) {
			w.undone[undoneField{r, c.ID, i}] = now
		}
	}
}

// resolveUndone notes that a person settled what was undone: of one field, of all when field is "". A field that cannot flow
// as the person said stays different.
func (w *world) resolveUndone(key string, field contact.Field, conflicts []state.Conflict) {
	c := w.known[w.links[key].ContactID]
	r := w.rowOf(c)
	for _, k := range conflicts {
		i := slices.IndexFunc(facets, func(f facet) bool { return f.field == k.Field })
		if k.Key != key || field != "" && k.Field != field || i < 0 || r == nil || !strings.HasPrefix(k.Reason, "undone in ") {
			continue
		}
		u, f := undoneField{r, c.ID, i}, &facets[i]
		delete(w.undone, u)
		if w.shape.flows[i].direction != contact.TwoWay {
			w.apart[u] = sides{f.norm(w, r.cells[f.column]), f.value(w, &c)}
		}
	}
}

// changes reports whether the plan of an undo says that it puts another value in the place of this one.
func (u *takingBack) changes(w *world, side contact.Side, key, id string, f *facet, value string) bool {
	o := u.operation(side, contact.Update, func(o *reconcile.Operation) bool {
		return key != "" && o.Key == key || id != "" && o.ContactID() == id
	})
	c := change(o, f)
	return c != nil && f.norm(w, c.Before) == value
}
