package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"syncd/internal/contact"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
	"syncd/internal/state"
)

// sourceBatch is how many rows one write changes: a file is written anew by each.
const sourceBatch = 2000

// applySource makes the operations on the source's side, in batches.
func (a *applier) applySource(ctx context.Context, steps []step) error {
	for chunk := range slices.Chunk(steps, sourceBatch) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := a.sourceBatch(ctx, chunk); err != nil {
			return err
		}
		a.advanced(len(chunk))
	}
	return nil
}

// sourceBatch makes changes with one write: journalled before, and what became of them after it.
func (a *applier) sourceBatch(ctx context.Context, chunk []step) error {
	var ready []step
	var changes []contact.Change
	var sent, settled state.Batch
	for _, s := range chunk {
		if s.unwritable != nil {
			a.refusedRow(&settled, s, s.unwritable)
			continue
		}
		ready, changes = append(ready, s), append(changes, s.change)
		sent.Marks = append(sent.Marks, a.mark(s, state.Sent, ""))
	}
	var writeErr error
	if len(ready) > 0 {
		if err := a.keeper.check(); err != nil {
			return err
		}
		if err := a.journal.commit(ctx, sent); err != nil {
			return err
		}
		if err := a.keeper.check(); err != nil {
			return err
		}
		var outcomes []sources.Outcome
		outcomes, writeErr = a.writeRows(changes)
		outcomes = append(outcomes, make([]sources.Outcome, max(0, len(ready)-len(outcomes)))...)
		for i, s := range ready {
			a.rowOutcome(&settled, s, outcomes[i], writeErr)
			if err := a.repairedRows(&settled, s, outcomes[i].Repaired); err != nil {
				return err
			}
		}
	}
	if err := a.journal.commit(ctx, settled); err != nil {
		return err
	}
	return writeErr
}

// writesSource reports whether the step is carried out in the source.
func (s step) writesSource() bool { return s.Side == contact.Source && s.Action != contact.Unlink }

// change is what an operation asks of the source.
func (a *applier) change(o *reconcile.Operation) (contact.Change, error) {
	change := contact.Change{Action: o.Action, Key: a.rowKey(o.Key)}
	var before contact.Record
	if o.Row != nil {
		before = o.Row.Record
		change.Row, change.Before = before.Row, before.Cells
	}
	switch {
	case o.Action == contact.Delete:
		return change, nil
	case o.Cells != nil:
		change.After = o.Cells
		return change, nil
	}
	var err error
	change.After, err = a.mapping.Cells(before, o.Key, o.Set, a.style)
	if o.Action == contact.Create && err == nil {
		change.After = a.mapping.Marked(change.After, o.Link.ContactID, statusSynced)
	}
	return change, err
}

// rowKey is the key by which the source finds a row, "" where it has no key columns.
func (a *applier) rowKey(key string) string {
	if !a.mapping.Keyed() {
		return ""
	}
	return key
}

// notSaid is why the outcome of a write to the source is not known.
const notSaid = "the source did not say whether it was written"

// rowOutcome adds what became of one change to a batch.
func (a *applier) rowOutcome(batch *state.Batch, s step, outcome sources.Outcome, writeErr error) {
	a.wrote[s.Key] = nil
	switch {
	case outcome.Status == sources.Written:
		a.writtenRow(batch, s, outcome)
	case outcome.Status == sources.Stale:
		a.staleStep(batch, s)
	case outcome.Status == sources.Refused && writeErr != nil: // for what is not the row's own: the run says it
		batch.Marks = append(batch.Marks, a.mark(s, state.Failed, outcome.Reason))
	case outcome.Status == sources.Refused:
		a.refusedRow(batch, s, refusal(outcome.Reason))
	default:
		batch.Marks = append(batch.Marks, a.mark(s, state.Unknown, cmp.Or(outcome.Reason, notSaid)))
	}
}

// repairedRows adds what the source put right itself: rows that a write hit instead of its own.
func (a *applier) repairedRows(batch *state.Batch, s step, repaired []contact.Change) error {
	for _, change := range repaired {
		repair := step{seq: a.nextSeq(), change: change, Operation: &reconcile.Operation{Key: change.Key, Side: contact.Source, Action: change.Action,
			FirstSight: true, Reason: fmt.Sprintf("rows moved: the write of %s had hit this one, which is put back", s.Key)}}
		entry, err := a.entry(repair)
		if err != nil {
			return err
		}
		batch.Entries = append(batch.Entries, entry)
		batch.Marks = append(batch.Marks, a.mark(repair, state.Done, ""))
	}
	return nil
}

func (a *applier) writtenRow(batch *state.Batch, s step, outcome sources.Outcome) {
	a.count(s)
	batch.Marks = append(batch.Marks, a.mark(s, state.Done, ""))
	switch {
	case s.Action == contact.Delete && !s.Link.Linked():
		batch.Links = append(batch.Links, s.Link)
		return
	case s.Action == contact.Delete:
		batch.Drop = append(batch.Drop, s.Key)
		return
	}
	written := &contact.Record{Row: outcome.Row, Cells: s.change.After}
	a.wrote[s.Key] = written
	if outcome.Cells != nil {
		written.Cells = outcome.Cells
		if !a.sameValues(outcome.Cells, s.change.After) { // the next run looks at what became of it
			a.mu.Lock()
			a.open[s.Key] = true
			a.mu.Unlock()
		}
	}
	switch {
	case !s.marks:
		batch.Links = append(batch.Links, a.advance(s, s.Settles, func(link *contact.Link) { link.SourceHash = a.mapping.RowHash(*written) }))
	case s.link != nil:
		link := *s.link
		link.SourceHash, link.Pending = a.mapping.RowHash(*written), link.Pending || a.open[s.Key]
		batch.Links = append(batch.Links, link)
	}
}

// sameValues reports whether two rows say the same.
func (a *applier) sameValues(one, two []contact.Cell) bool {
	values, _ := a.mapping.Values(contact.Record{Cells: one})
	others, _ := a.mapping.Values(contact.Record{Cells: two})
	for i := range a.mapping.Fields() {
		if name := a.mapping.Fields()[i].Name; !values[name].Same(others[name]) {
			return false
		}
	}
	return true
}

// refusedRow adds a change that the source does not take: a problem of its record.
func (a *applier) refusedRow(batch *state.Batch, s step, err error) {
	a.problem(s, err.Error())
	batch.Marks = append(batch.Marks, a.mark(s, state.Failed, err.Error()))
}

// refusal is why a source does not take a change.
type refusal string

func (r refusal) Error() string { return string(r) }
