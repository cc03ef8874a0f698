package engine

import (
	"context"
	"errors"
	"fmt"

	"syncd/internal/contact"
	"syncd/internal/quo"
	"syncd/internal/state"
)

// What stops a run: the key or the plan is wrong, or Quo is not there, and many repeats will not mend it.
const (
	maxRefusals = 3  // contacts in a row refused with 401, 402 or 403
	maxSilences = 10 // operations in a row without an answer
)

// errState is the mark of an error of our own state store: without its journal nothing more may be sent.
var errState = errors.New("state")

// failed records what an error of one operation means: another run decides it again, the record has a problem, or
// the run stops, which is when an error comes back.
func (a *applier) failed(ctx context.Context, s step, err error) error {
	var answer *quo.Error
	answered := errors.As(err, &answer) && answer.Status != 0
	switch {
	case errors.Is(err, state.ErrLeaseLost), errors.Is(err, errState):
		return err // the journal is the next run's
	case errors.Is(err, quo.ErrUnheard):
		return a.unheard(ctx, s, err)
	case !answered && ctx.Err() != nil:
		return context.Cause(ctx) // never sent: the journal says so
	case errors.Is(err, quo.ErrConflict) && s.Action == contact.Create:
		return a.taken(ctx, s, err)
	case errors.Is(err, quo.ErrNotFound) && s.Action == contact.Update:
		return a.dropStale(ctx, s)
	}
	if err := a.refused(ctx, s, err); err != nil {
		return err
	}
	if !answered {
		return a.silent(err)
	}
	a.answered()
	if errors.Is(err, quo.ErrUnauthorized) || errors.Is(err, quo.ErrPayment) || errors.Is(err, quo.ErrForbidden) {
		return a.denied(err)
	}
	return nil
}

// denied stops the run once Quo has refused several contacts, and taken none between them, for what is then not the
// contacts' own.
func (a *applier) denied(err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refusals++; a.refusals >= maxRefusals {
		return fmt.Errorf("Quo refused %d contacts in a row, so the key or the plan is wrong: %w", a.refusals, err)
	}
	return nil
}

// unheard records an operation whose answer did not come: a later run settles it.
func (a *applier) unheard(ctx context.Context, s step, err error) error {
	a.problem(s, "Quo did not say whether it was done; a later run finds out: "+err.Error(), false)
	if err := a.journal.commit(ctx, state.Batch{Marks: []state.Mark{a.mark(s, state.Unknown, err.Error())}}); err != nil {
		return err
	}
	return a.silent(err)
}

// silent stops the run after many operations in a row without an answer.
func (a *applier) silent(err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.silences++; a.silences >= maxSilences {
		return fmt.Errorf("no answer to %d operations in a row: %w", a.silences, err)
	}
	return nil
}

func (a *applier) answered() {
	a.mu.Lock()
	a.silences = 0
	a.mu.Unlock()
}

// accepted notes that Quo takes what this key and plan may do.
func (a *applier) accepted() {
	a.mu.Lock()
	a.refusals = 0
	a.mu.Unlock()
}

// refused records an operation that did not happen, as the record's problem, to be tried again at growing intervals.
func (a *applier) refused(ctx context.Context, s step, err error) error {
	a.problem(s, err.Error(), true)
	return a.journal.commit(ctx, state.Batch{Marks: []state.Mark{a.mark(s, state.Failed, err.Error())}})
}

func (a *applier) problem(s step, reason string, retry bool) {
	p := state.Problem{Problem: problemOf(s.Key, s.Row, reason)}
	if retry {
		p.Cause = a.causeOf(s.Operation)
		p.Attempts = a.run.refused[p.Cause].Attempts + 1
		p.RetryAt = a.now.Add(retryAfter(p.Attempts))
	}
	a.mu.Lock()
	a.found(p)
	a.mu.Unlock()
}

// taken handles a create that Quo refused because the pair of source and external id exists: that contact is the
// record's, most likely from an earlier create. The next run merges the two.
func (a *applier) taken(ctx context.Context, s step, conflict error) error {
	contacts, err := a.Quo.Lookup(ctx, []string{s.Key})
	if err != nil {
		return a.refused(ctx, s, errors.Join(conflict, err))
	}
	for _, c := range contacts {
		owner := a.owners[c.ID]
		if c.Source != a.Sync.Policy.Label || owner != nil && owner.link.Linked() && owner.link.Key != s.Key {
			continue // not ours, or another record's, to which a person gave this key
		}
		link := contact.Link{Key: s.Key, ContactID: c.ID, Adopted: true, Pending: true, Base: contact.Base{}}
		mark := a.mark(s, state.Failed, "Quo had the contact already: linked")
		mark.ContactID = c.ID
		a.mu.Lock()
		a.report.Stale++
		a.mu.Unlock()
		return a.journal.commit(ctx, state.Batch{Marks: []state.Mark{mark}, Links: []contact.Link{link}})
	}
	return a.refused(ctx, s, conflict)
}
