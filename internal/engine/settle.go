package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"syncd/internal/contact"
	"syncd/internal/quo"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// sameLabel stops a run whose label changed before it looks for anything under the new one.
func (r *run) sameLabel(ctx context.Context) error {
	before, err := r.Store.Sync(ctx, r.Sync.Name)
	if err != nil {
		return err
	}
	return reconcile.Check(reconcile.Facts{Label: r.Sync.Policy.Label, OldLabel: before.Label})
}

// settle finds out what became of the operations that an earlier run sent without hearing the outcome. None is
// settled sooner than one lease after it was sent, for a request may take its time on the way; until then its record
// is left alone. What was written to the source is settled by settleSource, once the rows are read.
func (r *run) settle(ctx context.Context) error {
	open, err := r.openEntries(ctx)
	if err != nil {
		return err
	}
	s := settlement{run: r}
	for _, entry := range open {
		switch {
		case entry.State == state.Intended:
			s.mark(entry, state.Failed, "never sent")
		case r.busy[entry.Key] != "":
		case entry.Side == contact.Source:
			r.onSource = append(r.onSource, entry)
			err = s.lookAgain(ctx, entry)
		case entry.Action == contact.Create:
			s.creates = append(s.creates, entry)
		default:
			err = s.readBack(ctx, entry)
		}
		if err != nil {
			return err
		}
	}
	if err := s.lookUpCreates(ctx); err != nil {
		return err
	}
	if len(open) == 0 {
		return nil
	}
	return r.Store.Commit(ctx, r.keeper.lease, s.batch)
}

// unsettled marks the records of open operations as busy, for a plan, which settles nothing.
func (r *run) unsettled(ctx context.Context) error {
	open, err := r.openEntries(ctx)
	for _, entry := range open {
		if entry.State != state.Intended {
			r.busy[entry.Key] = fmt.Sprintf("run %d sent a %s and got no answer: the next run finds out", entry.Run, entry.Action)
		}
	}
	return err
}

func (r *run) openEntries(ctx context.Context) ([]state.Entry, error) {
	r.busy, r.notDone = map[string]string{}, map[string]string{}
	var err error
	if r.now, err = r.Store.Now(ctx); err != nil {
		return nil, err
	}
	open, err := r.Store.Open(ctx, r.Sync.Name)
	if err != nil {
		return nil, err
	}
	for _, entry := range open {
		if entry.Side == contact.Source && entry.Action == contact.Update && entry.State != state.Intended && len(entry.Before) > 0 {
			r.unplaced = append(r.unplaced, entry)
		}
		if from := entry.SentAt.Add(r.Lease + quo.RecordedAhead); entry.State != state.Intended && r.now.Before(from) {
			r.busy[entry.Key] = fmt.Sprintf("run %d sent a %s and got no answer: a run after %s settles it",
				entry.Run, entry.Action, from.UTC().Format("15:04:05"))
		}
	}
	return open, nil
}

// settlement gathers what the settling of open operations writes.
type settlement struct {
	*run
	batch   state.Batch
	creates []state.Entry
}

func (s *settlement) mark(entry state.Entry, to state.EntryState, why string) {
	if to == state.Failed && entry.State != state.Intended {
		s.notDone[entry.Key] = why
	}
	s.batch.Marks = append(s.batch.Marks, state.Mark{Run: entry.Run, Seq: entry.Seq, State: to, Error: why, ContactID: entry.ContactID})
}

// lookAgain makes this run look at the record although neither side may have changed since.
func (s *settlement) lookAgain(ctx context.Context, entry state.Entry) error {
	link, err := s.link(ctx, entry.Key)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err == nil && !link.Pending {
		link.Pending = true
		s.batch.Links = append(s.batch.Links, link)
	}
	return err
}

// link returns a link as the settlement leaves it so far, or state.ErrNotFound.
func (s *settlement) link(ctx context.Context, key string) (contact.Link, error) {
	for _, link := range slices.Backward(s.batch.Links) {
		if link.Key == key {
			return link, nil
		}
	}
	return s.Store.Link(ctx, s.Sync.Name, key)
}

// lookUpCreates looks the contacts of unheard creates up by their external ids. Quo keeps the pair of source and
// external id unique, so one that is there and ours is the one that was sent, unless it is another record's contact to
// which a person gave the key.
func (s *settlement) lookUpCreates(ctx context.Context) error {
	if len(s.creates) == 0 {
		return nil
	}
	keys := make([]string, len(s.creates))
	for i, entry := range s.creates {
		keys[i] = entry.Key
	}
	contacts, err := s.Quo.Lookup(ctx, keys)
	if err != nil {
		return err
	}
	found, keyOf := map[string]contact.Contact{}, map[string]string{}
	for _, c := range contacts {
		if c.Source == s.Sync.Policy.Label {
			found[c.ExternalID], keyOf[c.ID] = c, c.ExternalID
		}
	}
	for link, err := range s.Store.Links(ctx, s.Sync.Name) {
		if err != nil {
			return err
		}
		if key, ok := keyOf[link.ContactID]; ok && link.Linked() && link.Key != key {
			delete(found, key)
		}
	}
	for _, entry := range s.creates {
		c, ok := found[entry.Key]
		if !ok {
			s.mark(entry, state.Failed, "no answer, and not in Quo")
			continue
		}
		entry.ContactID = c.ID
		s.mark(entry, state.Done, "")
		link := contact.Link{Key: entry.Key, ContactID: c.ID, SourceHash: entry.SourceHash, Base: entry.Base, Pending: true}
		stored, err := s.link(ctx, entry.Key)
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return err
		}
		link.Unlinked = stillUnlinked(&stored)
		if sameContent(entry.After, c) {
			link.QuoHash = c.ContentHash()
		}
		s.batch.Links = append(s.batch.Links, link)
	}
	return nil
}

// readBack reads the contact of an unheard update or delete.
func (s *settlement) readBack(ctx context.Context, entry state.Entry) error {
	c, known, err := s.get(ctx, entry.Key, entry.ContactID)
	switch {
	case err != nil || !known:
		return err
	case entry.Action == contact.Delete && c == nil:
		s.mark(entry, state.Done, "")
		link, err := s.link(ctx, entry.Key)
		if err == nil && link.Linked() {
			s.batch.Drop = append(s.batch.Drop, entry.Key)
		}
		if errors.Is(err, state.ErrNotFound) {
			err = nil
		}
		return err
	case entry.Action == contact.Delete, c == nil, !sameContent(entry.After, *c):
		s.mark(entry, state.Failed, "no answer, and Quo does not hold what was sent")
		return s.lookAgain(ctx, entry)
	default:
		s.mark(entry, state.Done, "")
		return s.advance(ctx, entry, *c)
	}
}

// advance moves the link to what an update that turned out to be done left.
func (s *settlement) advance(ctx context.Context, entry state.Entry, c contact.Contact) error {
	link, err := s.link(ctx, entry.Key)
	if errors.Is(err, state.ErrNotFound) {
		link, err = contact.Link{Key: entry.Key, ContactID: c.ID, Adopted: true}, nil
	}
	if err != nil {
		return err
	}
	link = settled(link, entry.Base)
	link.SourceHash, link.QuoHash, link.Pending = entry.SourceHash, c.ContentHash(), true
	s.batch.Links = append(s.batch.Links, link)
	return nil
}

// sameContent reports whether the contact holds what the journal says was sent.
func sameContent(sent json.RawMessage, c contact.Contact) bool {
	var want contact.Contact
	return json.Unmarshal(sent, &want) == nil && want.ContentHash() == c.ContentHash()
}

// settled returns the link with the fields of gained settled in its base.
func settled(link contact.Link, gained contact.Base) contact.Link {
	base := contact.Base{}
	for f, v := range link.Base {
		base[f] = v
	}
	for f, v := range gained {
		base[f] = v
	}
	link.Base = base
	return link
}
