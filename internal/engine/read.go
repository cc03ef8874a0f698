package engine

import (
	"context"
	"time"

	"syncd/internal/contact"
	"syncd/internal/mapping"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
)

// snapshot is what one run read of both sides. Rows and contacts that are as they were when last settled are only
// counted: their content is not kept.
type snapshot struct {
	entries    map[string]*entry // by key
	byContact  map[string]*entry // by the id of the link's contact
	keyless    []reconcile.Row
	strangers  map[string]contact.Contact // not ours, and somebody's twin; by id
	wanted     map[string]bool            // identities of records that are to get a contact, for which strangers were searched
	byID       map[string]string          // keys of new records whose row, or a person, names a contact; by the contact's id
	caseless   caseless
	style      *mapping.Style
	unreadable int
	facts      reconcile.Facts
	takes      map[string]map[contact.Field]reconcile.Choice // what people chose for open conflicts, by key
	readAt     time.Time                                     // when the oldest contact of the listing was read
}

// entry is one key and what is known of it.
type entry struct {
	link    *contact.Link
	row     *reconcile.Row   // nil when absent, or there and unchanged
	contact *contact.Contact // likewise
	number  int              // of the row
	there   bool             // the row is there
	same    bool             // and is as when last settled
	seen    bool             // the contact is there
	unsure  bool             // the contact was missed by the listing and by the look-up
	odd     *oddity          // nil but for what needs a person
	// nameless says that the row has no key column and names no contact; matched that its contact is one that a person
	// named, alone that a person wants another than its twin.
	nameless, matched, alone bool
	outside                  bool // the run is scoped to other keys: it only helps to tell whose key was changed
}

// oddity is what next to no entry has.
type oddity struct {
	other   *contact.Contact // ours under this key, while the link is with another contact
	doubles []place          // further rows with the same key
}

// oddities are for reading; what is noted goes to note.
func (e *entry) oddities() oddity {
	if e.odd == nil {
		return oddity{}
	}
	return *e.odd
}

func (e *entry) note() *oddity {
	if e.odd == nil {
		e.odd = &oddity{}
	}
	return e.odd
}

// place is where a key stands.
type place struct {
	key string
	row int
}

func (s *snapshot) entry(key string) *entry {
	e := s.entries[key]
	if e == nil {
		e = &entry{}
		s.entries[key] = e
	}
	return e
}

// open reports whether the record must be decided: anything but a link of which neither side changed.
func (e *entry) open() bool {
	return !e.outside && (e.link == nil || e.link.Pending || !e.same || !e.seen || e.contact != nil)
}

// moved reports whether a record outside of the run's scope may be one whose key was changed, or one whose row has it
// now.
func (e *entry) moved() bool {
	return e.outside && (e.link.Linked() && !e.there || e.link == nil && e.row != nil)
}

// read reads the definitions, the base, the source and the contacts, in this order, so that rows can be mapped as they
// come and only those contacts be kept that are needed.
func (r *run) read(ctx context.Context) (*snapshot, error) {
	definitions, err := r.Quo.CustomFields(ctx)
	if err != nil {
		return nil, err
	}
	if r.mapping, err = mapping.New(r.Sync.Mapping, definitions); err != nil {
		return nil, err
	}
	snap := &snapshot{entries: map[string]*entry{}, byContact: map[string]*entry{}, strangers: map[string]contact.Contact{},
		wanted: map[string]bool{}, byID: map[string]string{}, caseless: newCaseless(), style: r.mapping.NewStyle()}
	if r.sync, err = r.Store.Sync(ctx, r.Sync.Name); err != nil {
		return nil, err
	}
	if source, ok := r.Source.(sources.Rememberer); ok {
		source.Recall(r.sync.Source)
	}
	for _, step := range []func(context.Context, *snapshot) error{
		r.readLinks, r.readRows, r.mayWrite, r.mendMisplaced, r.settleSource, r.matchRows, r.checkRows, r.readContacts, r.getNamed, r.stop, r.lookUpMissing, r.rereadRows, r.readBases,
	} {
		if err := step(ctx, snap); err != nil {
			return nil, err
		}
	}
	return snap, nil
}

// linked is an entry with its link.
type linked struct {
	entry entry
	link  contact.Link
}

// join notes whose contact a link's is: that of the standing link, though another record had it once.
func (s *snapshot) join(e *entry) {
	if e.link.ContactID == "" {
		return
	}
	if former := s.byContact[e.link.ContactID]; former == nil || e.link.Linked() {
		s.byContact[e.link.ContactID] = e
	}
}

// former reports whether nothing is left of a record that was taken apart: its row is gone, and its contact is another
// record's now.
func (s *snapshot) former(e *entry) bool {
	if e.link == nil || e.link.Linked() || e.there {
		return false
	}
	owner := s.byContact[e.link.ContactID]
	return owner != nil && owner != e && owner.link.Linked()
}

func (r *run) readLinks(ctx context.Context, snap *snapshot) error {
	var room []linked // for many at once, which costs the collector less than a million of their own
	for link, err := range r.Store.Links(ctx, r.Sync.Name) {
		if err != nil {
			return err
		}
		if len(room) == 0 {
			room = make([]linked, 256)
		}
		room[0].link = link
		e := &room[0].entry
		e.link, e.outside = &room[0].link, !r.inScope(link.Key)
		room, snap.entries[link.Key] = room[1:], e
		if link.Linked() {
			snap.facts.Links++
		}
		snap.join(e)
	}
	return nil
}
