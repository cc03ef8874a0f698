package engine

import (
	"context"

	"syncd/internal/contact"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
	"syncd/internal/state"
)

// sourceBatch is how many rows one write changes.
const sourceBatch = 300

// applySource makes the operations on the source's side, in batches.
func (a *applier) applySource(ctx context.Context, steps []step) error {
	for start := 0; start < len(steps); start += sourceBatch {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		chunk := steps[start:min(start+sourceBatch, len(steps))]
		if err := a.sourceBatch(ctx, chunk); err != nil {
			return err
		}
		a.advanced(len(chunk))
	}
	return nil
}

func (a *applier) sourceBatch(ctx context.Context, chunk []step) error {
	var ready []step
	var changes []contact.Change
	var marks []state.Mark
	for _, s := range chunk {
		if s.unwritable != nil {
			if err := a.refused(ctx, s, s.unwritable); err != nil {
				return err
			}
			continue
		}
		ready, changes = append(ready, s), append(changes, s.change)
		marks = append(marks, a.mark(s, state.Sent, ""))
	}
	if len(ready) == 0 {
		return nil
	}
	if err := a.keeper.check(); err != nil {
		return err
	}
	if err := a.journal.commit(ctx, state.Batch{Marks: marks}); err != nil {
		return err
	}
	if err := a.keeper.check(); err != nil {
		return err
	}
	outcomes, writeErr := a.Source.Write(context.WithoutCancel(ctx), a.mapping.Columns(), changes)
	for i, s := range ready {
		outcome := sources.Outcome{}
		if i < len(outcomes) {
			outcome = outcomes[i]
		}
		if writeErr != nil && outcome.Status == sources.Refused { // for what is not the row's own: the run says it
			err := a.journal.commit(ctx, state.Batch{Marks: []state.Mark{a.mark(s, state.Failed, outcome.Reason)}})
			if err != nil {
				return err
			}
			continue
		}
		if err := a.sourceOutcome(ctx, s, outcome); err != nil {
			return err
		}
	}
	return writeErr
}

// writesSource reports whether the step is carried out in the source.
func (s step) writesSource() bool { return s.Side == contact.Source && s.Action != contact.Unlink }

// change is what an operation asks of the source.
func (a *applier) change(o *reconcile.Operation) (contact.Change, error) {
	change := contact.Change{Action: o.Action, Key: o.Key}
	var before contact.Record
	if o.Row != nil {
		before = o.Row.Record
		change.Row, change.Before = before.Row, before.Cells
	}
	if o.Action == contact.Delete {
		return change, nil
	}
	var err error
	change.After, err = a.mapping.Cells(before, o.Key, o.Set, a.style)
	return change, err
}

func (a *applier) sourceOutcome(ctx context.Context, s step, outcome sources.Outcome) error {
	switch outcome.Status {
	case sources.Written:
		a.count(s)
		batch := state.Batch{Marks: []state.Mark{a.mark(s, state.Done, "")}}
		if s.Action == contact.Delete {
			batch.Drop = []string{s.Key}
		} else {
			written := contact.Record{Row: outcome.Row, Cells: s.change.After}
			batch.Links = []contact.Link{a.advance(s, s.Settles, func(link *contact.Link) { link.SourceHash = a.mapping.RowHash(written) })}
		}
		return a.journal.commit(ctx, batch)
	case sources.Stale:
		return a.dropStale(ctx, s)
	case sources.Refused:
		return a.refused(ctx, s, refusal(outcome.Reason))
	default:
		return a.journal.commit(ctx, state.Batch{Marks: []state.Mark{a.mark(s, state.Unknown, "the source did not say whether it was written")}})
	}
}

// refusal is why a source does not take a change.
type refusal string

func (r refusal) Error() string { return string(r) }
