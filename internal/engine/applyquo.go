package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"syncd/internal/contact"
	"syncd/internal/quo"
	"syncd/internal/state"
)

// applyQuo makes the operations on Quo's side, several at once. It stops at the first error that is not one
// operation's own; what is in flight then finishes.
func (a *applier) applyQuo(ctx context.Context, steps []step) error {
	group, ctx := errgroup.WithContext(ctx)
	queue := make(chan step)
	group.Go(func() error {
		defer close(queue)
		return a.feed(ctx, steps, queue)
	})
	for range max(a.Workers, 1) {
		group.Go(func() error {
			for s := range queue {
				if err := a.quoStep(ctx, s); err != nil {
					return err
				}
				a.advanced(1)
			}
			return nil
		})
	}
	return group.Wait()
}

// refreshSize is how many contacts one look-up re-reads: Quo takes no more external ids at once.
const refreshSize = 20

// feed hands the operations out, in order. Contacts whose listing is old by then are re-read, twenty at a time, and so
// are the rest of the twenty when that is old by the time it is their turn; an operation whose contact changed since is
// stale: the next run decides it.
func (a *applier) feed(ctx context.Context, steps []step, queue chan<- step) error {
	for start := 0; start < len(steps); start += refreshSize {
		chunk := steps[start:min(start+refreshSize, len(steps))]
		var fresh map[string]contact.Contact
		readAt := a.listed
		for i, s := range chunk {
			if a.old(readAt) && (i == 0 || a.Sync.RefreshAfter > 0) { // 0 asks for one re-read of each, not for one per write
				readAt = time.Now()
				var err error
				if fresh, err = a.refresh(ctx, chunk[i:]); err != nil {
					return err
				}
			}
			if a.stale(s, fresh) {
				if err := a.dropStale(ctx, s); err != nil {
					return err
				}
				continue
			}
			select {
			case queue <- s:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

// old reports whether contacts that were read then are to be re-read before they are written.
func (a *applier) old(readAt time.Time) bool { return time.Since(readAt) >= a.Sync.RefreshAfter }

// refresh re-reads the contacts of the operations and returns them by id.
func (a *applier) refresh(ctx context.Context, chunk []step) (map[string]contact.Contact, error) {
	var ids []string
	fresh := map[string]contact.Contact{}
	for _, s := range chunk {
		switch {
		case s.Action != contact.Update:
		case s.Contact.ExternalID != "":
			ids = append(ids, s.Contact.ExternalID)
		default: // a contact that is about to be adopted has no external id to look it up by
			c, _, err := a.get(ctx, s.Key, s.Contact.ID)
			if err != nil {
				return nil, err
			}
			if c != nil {
				fresh[c.ID] = *c
			}
		}
	}
	if len(ids) == 0 {
		return fresh, nil
	}
	contacts, err := a.Quo.Lookup(ctx, ids)
	for _, c := range contacts {
		fresh[c.ID] = c
	}
	return fresh, err
}

// stale reports whether the contact of an update is not what the plan saw; fresh is nil while the listing is young.
func (a *applier) stale(s step, fresh map[string]contact.Contact) bool {
	if fresh == nil || s.Action != contact.Update {
		return false
	}
	c, ok := fresh[s.Contact.ID]
	return !ok || c.ContentHash() != s.Contact.ContentHash()
}

// quoStep makes one operation on Quo's side. The error is one that stops the run.
func (a *applier) quoStep(ctx context.Context, s step) error {
	var c contact.Contact
	var err error
	gate := &quo.Gate{Record: func(ctx context.Context) error { return a.sending(ctx, s) }, Allow: a.keeper.check}
	switch s.Action {
	case contact.Create:
		c, err = a.Quo.Create(ctx, s.After, gate)
	case contact.Update:
		c, err = a.Quo.Update(ctx, s.After, gate)
	case contact.Delete:
		if err = a.unchanged(ctx, s); errors.Is(err, errChanged) {
			return a.dropStale(ctx, s)
		}
		if err == nil {
			err = a.Quo.Delete(ctx, s.Contact.ID, gate)
		}
	case contact.Unlink:
		return a.unlinked(ctx, s)
	}
	if err != nil {
		return a.failed(ctx, s, err)
	}
	return a.succeeded(ctx, s, c)
}

// errChanged means that a contact is not what the plan saw.
var errChanged = errors.New("the contact changed")

// unchanged reads a contact that is about to be deleted once more, however young the listing is: a delete cannot be
// taken back, and somebody may have edited the contact just now.
func (a *applier) unchanged(ctx context.Context, s step) error {
	c, err := a.Quo.Get(ctx, s.Contact.ID)
	if errors.Is(err, quo.ErrNotFound) {
		return nil // a delete of it counts as done
	}
	if err == nil && c.ContentHash() != s.Contact.ContentHash() {
		return errChanged
	}
	return err
}

// sending is called before each attempt of a write: the lease must still be trusted, and the journal must know.
func (a *applier) sending(ctx context.Context, s step) error {
	if err := a.keeper.check(); err != nil {
		return err
	}
	if err := a.journal.commit(ctx, state.Batch{Marks: []state.Mark{a.mark(s, state.Sent, "")}}); err != nil {
		return fmt.Errorf("%w: %w", errState, err)
	}
	return nil
}

// succeeded records that an operation is done, with the link as it is now.
func (a *applier) succeeded(ctx context.Context, s step, c contact.Contact) error {
	mark := a.mark(s, state.Done, "")
	batch := state.Batch{Marks: []state.Mark{mark}}
	switch {
	case s.Action == contact.Delete && !s.Link.Linked():
		batch.Links = []contact.Link{s.Link}
	case s.Action == contact.Delete:
		batch.Drop = []string{s.Key}
	default:
		batch.Marks[0].ContactID = c.ID
		gained, dropped := a.heard(s, c)
		if len(dropped) > 0 {
			a.notKept(s, c, dropped)
		}
		batch.Links = []contact.Link{a.advance(s, gained, func(link *contact.Link) {
			link.ContactID, link.QuoHash = c.ID, c.ContentHash()
			if s.GivesUp {
				link.ContactID = ""
			}
			for _, f := range dropped { // the two sides agree on nothing there
				delete(link.Base, f)
			}
		})}
	}
	a.count(s)
	a.answered()
	a.accepted()
	return a.journal.commit(ctx, batch)
}

// heard returns what the base gains by what Quo made of the values that were sent, for it may spell them in its own way,
// and the fields whose value it did not keep.
func (a *applier) heard(s step, c contact.Contact) (gained contact.Base, dropped []contact.Field) {
	near := func(f contact.Field) contact.Value {
		return contact.Value{Norm: s.Settles[f].Quo, Text: s.Settles[f].Quo}
	}
	values := a.mapping.ContactValues(c, near)
	gained = contact.Base{}
	for f, settled := range s.Settles {
		if values[f].Empty() && settled.Quo != "" {
			dropped = append(dropped, f)
			continue
		}
		settled.Quo = values[f].Norm
		gained[f] = settled
	}
	slices.Sort(dropped)
	return gained, dropped
}

// advance settles in an operation's link what its base gained. The link is looked at again while the record has another
// operation or anything else open.
func (a *applier) advance(s step, gained contact.Base, change func(*contact.Link)) contact.Link {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.links[s.Key]
	p.left--
	p.link = settled(p.link, gained)
	change(&p.link)
	p.link.Pending = p.left > 0 || a.open[s.Key]
	return p.link
}

// unlinked records that a link was taken apart.
func (a *applier) unlinked(ctx context.Context, s step) error {
	a.count(s)
	link := s.Link
	return a.journal.commit(ctx, state.Batch{Marks: []state.Mark{a.mark(s, state.Done, "")}, Links: []contact.Link{link}})
}

// dropStale gives an operation up whose target changed between read and write; the next run decides it afresh.
func (a *applier) dropStale(ctx context.Context, s step) error {
	var batch state.Batch
	a.staleStep(&batch, s)
	return a.journal.commit(ctx, batch)
}

func (a *applier) staleStep(batch *state.Batch, s step) {
	if !s.marks {
		a.mu.Lock()
		a.report.Stale++
		a.mu.Unlock()
	}
	batch.Marks = append(batch.Marks, a.mark(s, state.Failed, "stale: the target changed between read and write"))
}
