package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"syncd/internal/contact"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
	"syncd/internal/state"
)

// PlanUndo plans the reverse of a run and writes nothing anywhere, like Plan.
func (e *Engine) PlanUndo(ctx context.Context, id int64) (reconcile.Undoing, Report) {
	r := e.begin(Request{})
	r.dry, r.undoes, r.report.Undoes = true, id, id
	undoing, err := r.dryUndo(ctx)
	r.report.fromPlan(undoing.Plan, r.allProblems())
	r.report.end(err, e.Quo.Calls().Sub(r.calls))
	return undoing, r.report
}

func (r *run) dryUndo(ctx context.Context) (reconcile.Undoing, error) {
	if err := r.unsettled(ctx); err != nil {
		return reconcile.Undoing{}, err
	}
	undoing, _, err := r.planUndo(ctx)
	return undoing, err
}

// Undo puts back what a run did, as far as a person saw it in the plan of PlanUndo: seen are the fingerprints of its
// operations. It is a run like any other, with a lease, a journal and a report, and can itself be undone.
func (e *Engine) Undo(ctx context.Context, id int64, seen map[contact.Hash]bool) Report {
	r := e.begin(Request{})
	r.undoes, r.report.Undoes = id, id
	return r.lease(ctx, func(ctx context.Context) error { return r.undo(ctx, seen) })
}

// undo are the steps of an undo between taking the lease and the report.
func (r *run) undo(ctx context.Context, seen map[contact.Hash]bool) error {
	if err := r.sameLabel(ctx); err != nil {
		return err
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	undoing, snap, err := r.planUndo(ctx)
	if err != nil {
		return err
	}
	r.plan = undoing.Plan.Only(seen)
	err = r.apply(ctx, snap, r.plan)
	for i := range r.plan.Operations {
		if o := &r.plan.Operations[i]; r.finished[target{o.Key, o.Side}] {
			r.plan.Conflicts = append(r.plan.Conflicts, o.Opens...)
			r.conflicts = slices.DeleteFunc(r.conflicts, func(c state.Conflict) bool { return endedBy(c, o) })
		}
	}
	return err
}

// endedBy reports whether an operation of an undo ended a conflict: the two sides agree again, or are not kept the same.
func endedBy(c state.Conflict, o *reconcile.Operation) bool {
	_, settled := o.Settles[c.Field]
	return c.Key == o.Key && (settled || !o.Link.Linked())
}

// planUndo reads both sides of the records that a run changed, and plans its reverse.
func (r *run) planUndo(ctx context.Context) (reconcile.Undoing, *snapshot, error) {
	entries, err := r.Store.Entries(ctx, r.undoes)
	if err != nil {
		return reconcile.Undoing{}, nil, err
	}
	in := reconcile.UndoInput{Policy: r.Sync.Policy, Run: r.undoes, In: r.row.ID, Subjects: map[string]reconcile.Subject{}, Contacts: map[string]*contact.Contact{}}
	for _, entry := range entries {
		if entry.State == state.Done && !putRight(entry) {
			past, err := pastOf(entry)
			if err != nil {
				return reconcile.Undoing{}, nil, err
			}
			in.Past = append(in.Past, past)
		}
	}
	r.request = Request{Only: keysOf(in.Past), AllowEmptied: true} // an emptied source may be what is undone
	if !r.scoped() {
		return reconcile.Undoing{}, nil, fmt.Errorf("run %d changed nothing that could be undone", r.undoes)
	}
	snap, err := r.read(ctx)
	if err != nil {
		return reconcile.Undoing{}, nil, err
	}
	in.Mapping = r.mapping
	if k, ok := r.Source.(sources.Keeper); ok {
		in.KeepsRows = k.KeepsRows()
	}
	if err := r.keepRefused(ctx); err != nil {
		return reconcile.Undoing{}, nil, err
	}
	if err := r.undone(ctx, snap, &in); err != nil {
		return reconcile.Undoing{}, nil, err
	}
	if !in.KeepsRows {
		if in.Beside, err = r.beside(ctx, snap, in.Past); err != nil {
			return reconcile.Undoing{}, nil, err
		}
	}
	return reconcile.Undo(in), snap, nil
}

// putRight reports whether an entry is that of a row which got back what it held, because a write had hit it instead of its
// own: it changed nothing, and in a source without key columns nobody knows whose row it was.
func putRight(e state.Entry) bool {
	return e.Side == contact.Source && e.Action == contact.Update && len(e.Fields) == 0
}

// undone gathers the two sides as they are now. Records whose operations are not settled are left out.
func (r *run) undone(ctx context.Context, snap *snapshot, in *reconcile.UndoInput) error {
	for _, past := range in.Past {
		e := snap.entries[past.Key]
		if e == nil {
			e = &entry{}
		}
		if e.contact != nil {
			in.Contacts[e.contact.ID] = e.contact
		}
		id := past.ContactID
		if id == "" && e.link != nil {
			id = e.link.ContactID
		}
		if _, known := in.Contacts[id]; known || id == "" || past.Side == contact.Quo && past.Action == contact.Delete {
			continue
		}
		c, _, err := r.get(ctx, past.Key, id)
		if err != nil {
			return err
		}
		if c != nil {
			in.Contacts[id] = c
			if e.link != nil && e.link.ContactID == id {
				e.contact, e.seen = c, true
			}
		}
	}
	for _, past := range in.Past {
		if reason := r.busy[past.Key]; reason != "" {
			r.found(state.Problem{Problem: contact.Problem{Key: past.Key, Reason: reason}})
			continue
		}
		s := reconcile.Subject{Key: past.Key}
		if e := snap.entries[past.Key]; e != nil {
			s = e.subject(past.Key, nil)
		}
		in.Subjects[past.Key] = s
	}
	in.Past = slices.DeleteFunc(in.Past, func(p reconcile.Past) bool { return r.busy[p.Key] != "" })
	return nil
}

// keepRefused keeps the problems of the records that Quo or the source refused, for an undo tries none of them again.
func (r *run) keepRefused(ctx context.Context) error {
	problems, err := r.Store.Problems(ctx, r.Sync.Name)
	for _, p := range problems {
		if !p.RetryAt.IsZero() && r.inScope(p.Key) {
			r.found(p)
		}
	}
	return err
}

func keysOf(past []reconcile.Past) []string {
	keys := make([]string, len(past))
	for i, p := range past {
		keys[i] = p.Key
	}
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(key string) bool { return key == "" })
}

// pastOf reads an operation back from the journal.
func pastOf(e state.Entry) (reconcile.Past, error) {
	p := reconcile.Past{Key: e.Key, Side: e.Side, Action: e.Action, ContactID: e.ContactID, Fields: e.Fields}
	for _, side := range []struct {
		json    json.RawMessage
		contact **contact.Contact
		row     *map[string]contact.Cell
	}{{e.Before, &p.Before, &p.RowBefore}, {e.After, &p.After, &p.RowAfter}} {
		var err error
		switch {
		case len(side.json) == 0 || string(side.json) == "null":
		case e.Side == contact.Quo:
			err = json.Unmarshal(side.json, side.contact)
		default:
			*side.row, err = cellsOf(side.json)
		}
		if err != nil {
			return p, &contact.RecordError{Key: e.Key, What: "journal entry of key %s", Err: err}
		}
	}
	return p, nil
}

// cellsOf reads a row back from the journal.
func cellsOf(data json.RawMessage) (map[string]contact.Cell, error) {
	var row map[string]cell
	err := json.Unmarshal(data, &row)
	cells := make(map[string]contact.Cell, len(row))
	for column, c := range row {
		cells[column] = contact.Cell(c)
	}
	return cells, err
}

// stillUnlinked returns why a record is only remembered although an operation made its missing side: an undo did that, and
// nobody asked for the two to be kept the same.
func stillUnlinked(link *contact.Link) string {
	if link == nil || link.Relink {
		return ""
	}
	return link.Unlinked
}
