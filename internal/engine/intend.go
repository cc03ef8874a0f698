package engine

import (
	"context"
	"encoding/json"
	"slices"

	"syncd/internal/contact"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
	"syncd/internal/state"
)

// intendedAtOnce is how many links or operations one transaction writes before any operation is made: the renewal of the
// lease waits for it, and it is held in memory as a whole.
const intendedAtOnce = 1000

// intend writes what the plan settles without an operation, and every operation that is about to be made.
func (a *applier) intend(ctx context.Context, plan reconcile.Plan) ([]step, error) {
	batch := state.Batch{Sync: &state.Sync{Name: a.Sync.Name, Label: a.Sync.Policy.Label, FirstRunDone: a.sync.FirstRunDone,
		Source: a.memory()}, Drop: plan.Drop}
	for links := range slices.Chunk(givenUpFirst(plan.Settled), intendedAtOnce) {
		batch.Links = links
		if err := a.journal.commit(ctx, batch); err != nil {
			return nil, err
		}
		batch = state.Batch{}
	}
	var steps []step
	for i := range plan.Operations {
		o := &plan.Operations[i]
		if o.Held {
			continue
		}
		s := step{Operation: o, seq: a.nextSeq()}
		if s.writesSource() {
			s.change, s.unwritable = a.change(o)
		}
		entry, err := a.entry(s)
		if err != nil {
			return nil, err
		}
		if batch.Entries = append(batch.Entries, entry); len(batch.Entries) == intendedAtOnce {
			if err := a.journal.commit(ctx, batch); err != nil {
				return nil, err
			}
			batch = state.Batch{}
		}
		steps = append(steps, s)
		if p := a.links[o.Key]; p != nil {
			p.left++
		} else {
			a.links[o.Key] = &pair{link: o.Link, left: 1}
		}
	}
	return steps, a.journal.commit(ctx, batch)
}

// memory is what the source knows from run to run.
func (r *run) memory() json.RawMessage {
	if source, ok := r.Source.(sources.Rememberer); ok {
		return source.Memory()
	}
	return r.sync.Source
}

// givenUpFirst are links in an order in which each finds its contact free.
func givenUpFirst(links []contact.Link) []contact.Link {
	has := func(l contact.Link) int {
		if l.Linked() && l.ContactID != "" {
			return 1
		}
		return 0
	}
	return slices.SortedStableFunc(slices.Values(links), func(a, b contact.Link) int { return has(a) - has(b) })
}

// entry is the journal's record of an operation.
func (a *applier) entry(s step) (state.Entry, error) {
	entry := state.Entry{Run: a.row.ID, Seq: s.seq, Sync: a.Sync.Name, Key: s.Key, Side: s.Side, Action: s.Action,
		ContactID: s.ContactID(), State: state.Intended, Approved: s.Approved || s.Lifted, FirstSight: s.FirstSight,
		Reason: s.Reason, Fields: s.Fields, Base: s.Settles}
	if s.Row != nil {
		entry.SourceHash = s.Row.Hash
	}
	var err error
	if s.Side == contact.Source {
		entry.Before, entry.After, err = a.rows(s)
	} else {
		entry.Before, entry.After, err = contacts(s)
	}
	if err != nil {
		err = &contact.RecordError{Key: s.Key, What: "journal entry of key %s", Err: err}
	}
	return entry, err
}

// contacts returns the contact before and after an operation on Quo's side, as the journal keeps them.
func contacts(s step) (before, after json.RawMessage, err error) {
	if s.Contact != nil {
		if before, err = json.Marshal(s.Contact); err != nil {
			return nil, nil, err
		}
	}
	if s.Action == contact.Create || s.Action == contact.Update {
		after, err = json.Marshal(s.After)
	}
	return before, after, err
}

// rows returns the row before and after an operation on the source's side, as the journal keeps them.
func (a *applier) rows(s step) (before, after json.RawMessage, err error) {
	if s.change.Before != nil {
		if before, err = rowJSON(a.mapping.Columns(), s.change.Before); err != nil {
			return nil, nil, err
		}
	}
	if s.change.After != nil {
		after, err = rowJSON(a.mapping.Columns(), s.change.After)
	}
	return before, after, err
}
