package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

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
		return cmp.Or(a.neverSent(ctx, s), context.Cause(ctx))
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
	if deniesUs(err) {
		return a.denied(err)
	}
	return nil
}

// deniesUs reports whether Quo refused the key, the plan or the right, and not what was asked.
func deniesUs(err error) bool {
	return errors.Is(err, quo.ErrUnauthorized) || errors.Is(err, quo.ErrPayment) || errors.Is(err, quo.ErrForbidden)
}

// get reads the contact on which a record depends; nil when Quo says that there is none. One that cannot be read makes
// its record busy, and is not known; the others go on. The error is one that stops the run.
func (r *run) get(ctx context.Context, key, id string) (c *contact.Contact, known bool, err error) {
	got, err := r.Quo.Get(ctx, id)
	switch {
	case err == nil:
		r.unread = 0
		return &got, true, nil
	case errors.Is(err, quo.ErrNotFound):
		r.unread = 0
		return nil, true, nil
	case deniesUs(err), ctx.Err() != nil:
		return nil, false, err
	case errors.Is(err, quo.ErrInvalid): // the id's own fault
		r.busy[key] = "its contact cannot be read: " + err.Error()
		return nil, false, nil
	}
	r.busy[key] = "its contact cannot be read: " + err.Error()
	if r.unread++; r.unread >= maxSilences {
		return nil, false, fmt.Errorf("%d contacts in a row cannot be read: %w", r.unread, err)
	}
	return nil, false, nil
}

// neverSent records that an operation which was about to be sent was not, for the run is interrupted.
func (a *applier) neverSent(ctx context.Context, s step) error {
	return a.journal.commit(ctx, state.Batch{Marks: []state.Mark{a.mark(s, state.Failed, "never sent: the run was interrupted")}})
}

// denied stops the run once Quo has refused several contacts, and taken none between them, for what is then not the
// contacts' own.
func (a *applier) denied(err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refusals++; a.refusals >= maxRefusals {
		return fmt.Errorf("Quo refused %d contacts in a row, so the API key or the subscription is wrong: %w", a.refusals, err)
	}
	return nil
}

// unheard records an operation whose answer did not come: a later run settles it, and waits before it tries one again
// that was not done.
func (a *applier) unheard(ctx context.Context, s step, err error) error {
	a.problem(s, "Quo did not say whether it was done; a later run finds out: "+err.Error())
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
	a.problem(s, err.Error())
	return a.journal.commit(ctx, state.Batch{Marks: []state.Mark{a.mark(s, state.Failed, err.Error())}})
}

// problem notes an operation that was tried in vain, and when it is tried again.
func (a *applier) problem(s step, reason string) {
	a.log.Debug("operation not done", "key", s.Key, "side", s.Side, "op", s.Action, "contact", s.ContactID, "reason", reason)
	p := state.Problem{Problem: problemOf(s.Key, s.Row, reason), Cause: a.causeOf(s.Operation)}
	p.Attempts = a.run.refused[p.Cause].Attempts + 1
	p.RetryAt = a.now.Add(retryAfter(p.Attempts))
	a.mu.Lock()
	a.found(p)
	a.tried[s.Key] = true
	a.mu.Unlock()
}

// notKept notes that Quo took a write without some of its values. The record stays open: the update that would send
// them again waits like one that was refused.
func (a *applier) notKept(s step, c contact.Contact, fields []contact.Field) {
	titles := make([]string, len(fields))
	for i, f := range fields {
		titles[i] = a.mapping.Title(f)
	}
	again := *s.Operation
	again.Action, again.Contact = contact.Update, &c
	a.problem(step{Operation: &again}, "Quo did not keep "+strings.Join(titles, ", ")+": check what the row holds there")
	a.mu.Lock()
	a.open[s.Key] = true
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
		link := contact.Link{Key: s.Key, ContactID: c.ID, Adopted: true, Pending: true, Base: contact.Base{}, Unlinked: stillUnlinked(&s.Link)}
		if s.Row != nil {
			link.SourceHash = s.Row.Hash
		}
		mark := a.mark(s, state.Failed, "Quo had the contact already: linked")
		mark.ContactID = c.ID
		a.mu.Lock()
		a.report.Stale++
		a.mu.Unlock()
		return a.journal.commit(ctx, state.Batch{Marks: []state.Mark{mark}, Links: []contact.Link{link}})
	}
	return a.refused(ctx, s, conflict)
}
