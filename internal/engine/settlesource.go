package engine

import (
	"context"

	"syncd/internal/contact"
	"syncd/internal/state"
)

// settleSource finds out by the rows what became of the writes to the source whose outcome an earlier run did not
// record, before the rows are taken for anybody's edit. A write whose row is outside of the run's scope or cannot tell
// stays open.
func (r *run) settleSource(ctx context.Context, snap *snapshot) error {
	s := settlement{run: r}
	for _, sent := range r.onSource {
		e := snap.entries[sent.Key]
		if e == nil {
			e = &entry{}
		}
		if !r.inScope(sent.Key) || !e.telling() {
			continue
		}
		if err := s.compare(ctx, snap, sent, e); err != nil {
			return err
		}
	}
	if len(s.batch.Marks) == 0 {
		return nil
	}
	return r.Store.Commit(ctx, r.keeper.lease, s.batch)
}

// telling reports whether it is known what the record's row holds: its key is not doubled, and it can be read.
func (e *entry) telling() bool {
	return len(e.oddities().doubles) == 0 && (e.row == nil || e.row.Values != nil || e.row.Filtered)
}

// compare settles a write by what the row holds now. The link of one that was made becomes what the write would have
// left, and is looked at again.
func (s *settlement) compare(ctx context.Context, snap *snapshot, sent state.Entry, e *entry) error {
	deletes := sent.Action == contact.Delete
	if made := deletes && e.row == nil || !deletes && e.holds(sent.Base); !made {
		s.mark(sent, state.Failed, "not recorded, and the row does not hold what was written")
		return nil
	}
	s.mark(sent, state.Done, "")
	if deletes { // the link is dropped like that of any record of which neither side is left
		return nil
	}
	link, err := s.writtenLink(ctx, snap, sent, e)
	if err != nil || link == nil {
		return err
	}
	*link = settled(*link, sent.Base)
	link.SourceHash, link.Pending = e.row.Hash, true
	e.link = link
	snap.join(e)
	s.batch.Links = append(s.batch.Links, *link)
	return nil
}

// holds reports whether the row holds the values that a write would have left there.
func (e *entry) holds(written contact.Base) bool {
	if e.row == nil {
		return false
	}
	for f, v := range written {
		if e.row.Values[f].Norm != v.Source {
			return false
		}
	}
	return true
}

// writtenLink returns the link of a row that was written, nil when there is none to be advanced any more.
func (s *settlement) writtenLink(ctx context.Context, snap *snapshot, sent state.Entry, e *entry) (*contact.Link, error) {
	owner := snap.byContact[sent.ContactID]
	switch {
	case sent.Action == contact.Update && e.link.Linked():
		link, err := s.link(ctx, sent.Key)
		return &link, err
	case sent.Action == contact.Create && (owner == nil || owner == e || !owner.link.Linked()):
		return &contact.Link{Key: sent.Key, ContactID: sent.ContactID, Adopted: e.link == nil || e.link.Adopted, Unlinked: stillUnlinked(e.link)}, nil
	}
	return nil, nil
}
