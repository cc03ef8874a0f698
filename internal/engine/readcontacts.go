package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"syncd/internal/contact"
	"syncd/internal/reconcile"
)

// wholeWorkspace reports whether contacts that are not ours matter to the run.
func (r *run) wholeWorkspace(snap *snapshot) bool {
	if r.Sync.Policy.Direction == contact.FromQuo || r.Sync.Policy.CreateInSource == reconcile.CreateAll {
		return true
	}
	for _, e := range snap.entries {
		if e.isNew() {
			return true
		}
	}
	return false
}

func (r *run) readContacts(ctx context.Context, snap *snapshot) error {
	snap.readAt = time.Now()
	whole := r.wholeWorkspace(snap)
	if r.scoped() && !whole {
		return r.readScope(ctx, snap)
	}
	label := r.Sync.Policy.Label
	if whole {
		label = ""
	}
	for c, err := range r.Quo.List(ctx, label) {
		if err != nil {
			return err
		}
		r.report.QuoContacts++
		if r.report.QuoContacts%1000 == 0 {
			r.progress("reading contacts", r.report.QuoContacts, 0)
		}
		r.readContact(snap, c)
	}
	return nil
}

// readScope reads only the contacts of the keys that the run is scoped to.
func (r *run) readScope(ctx context.Context, snap *snapshot) error {
	contacts, err := r.Quo.Lookup(ctx, r.request.Only)
	for _, c := range contacts {
		r.report.QuoContacts++
		r.readContact(snap, c)
	}
	return err
}

// readContact joins a contact with its record.
func (r *run) readContact(snap *snapshot, c contact.Contact) {
	ours := r.ours(c)
	e := snap.byContact[c.ID]
	if e == nil || !e.link.Linked() {
		if named := r.named(snap, c); named != nil {
			e = named
		}
	}
	switch {
	case e == nil && ours && r.inScope(c.ExternalID):
		snap.facts.Ours++
		e = snap.entry(c.ExternalID)
		if e.link != nil && e.link.ContactID != "" {
			e.note().other = &c
			return
		}
		if !e.there {
			r.keepTwin(snap, c)
		}
	case e == nil && ours, e != nil && e.outside:
		return
	case e == nil:
		r.stranger(snap, c)
		return
	default:
		snap.facts.Ours++
	}
	if e.seen { // pages shifted: the contact stands on two of them
		return
	}
	e.seen = true
	if e.link.Linked() && e.same && c.ContentHash() == e.link.QuoHash {
		return
	}
	e.contact = &c
}

// named returns the new record that names a contact, nil when there is none. Without key columns, one of ours has its
// external id for a key, as before the state was lost.
func (r *run) named(snap *snapshot, c contact.Contact) *entry {
	key, ok := snap.byID[c.ID]
	e := snap.entries[key]
	switch {
	case ok && !r.mapping.Keyed() && key == c.ID && r.ours(c) && snap.vacate(c.ExternalID):
		delete(snap.entries, key)
		snap.entries[c.ExternalID], snap.byID[c.ID] = e, c.ExternalID
	case ok && r.ours(c) && key != c.ExternalID && snap.there(c.ExternalID):
		r.misnamed(e, key, "the contact with this id belongs to record "+c.ExternalID)
		return nil
	case !ok && r.Sync.Policy.CreateInSource == reconcile.CreateAll: // the key of a row that was made for it
		e = snap.entries[c.ID]
		ok = e != nil && e.isNew()
	}
	if !ok {
		return nil
	}
	return e
}

// there reports whether the row of a key is there.
func (s *snapshot) there(key string) bool {
	e := s.entries[key]
	return e != nil && e.there
}

// vacate makes a key free, and reports whether it is. A row that names no contact has it when it says what the row of the
// key's contact said once, such as a copy: it gets the next one.
func (s *snapshot) vacate(key string) bool {
	e := s.entries[key]
	switch {
	case e == nil:
		return true
	case !e.nameless || e.link != nil:
		return false
	}
	delete(s.entries, key)
	for i := 2; ; i++ {
		next := fmt.Sprintf("%s-%d", key, i)
		switch other := s.entries[next]; {
		case other == nil:
			s.entries[next] = e
		case other.there || other.link != nil || other.contact == nil:
			continue
		default: // the contact that was made for the row, and whose id is not written yet
			e.contact, e.seen = other.contact, true
			s.entries[next] = e
		}
		return true
	}
}

func (r *run) ours(c contact.Contact) bool {
	return c.Source == r.Sync.Policy.Label && c.ExternalID != ""
}

// stranger keeps a contact that is not ours when it may be a record's twin, and counts those that stand under the
// label of a sync that was renamed.
func (r *run) stranger(snap *snapshot, c contact.Contact) {
	if strings.HasPrefix(c.Source, contact.LabelPrefix) && !slices.Contains(r.Sync.Labels, c.Source) {
		if e := snap.entries[c.ExternalID]; e != nil && e.there {
			if snap.facts.Elsewhere == nil {
				snap.facts.Elsewhere = map[string]int{}
			}
			snap.facts.Elsewhere[c.Source]++
		}
	}
	r.keepTwin(snap, c)
	if r.wantsRow(c) && snap.entries[c.ID] == nil {
		e := snap.entry(c.ID)
		e.contact, e.seen = &c, true
	}
}

// wantsRow reports whether a contact that is not ours is to get a row. Its id becomes the key, so that no run has to
// remember what an earlier one chose.
func (r *run) wantsRow(c contact.Contact) bool {
	free := c.ExternalID == "" && !c.ReadOnly()
	return r.Sync.Policy.CreateInSource == reconcile.CreateAll && !r.scoped() &&
		(free || r.Sync.Policy.Direction == contact.FromQuo)
}

func (r *run) keepTwin(snap *snapshot, c contact.Contact) {
	if slices.ContainsFunc(r.mapping.ContactIdentities(c), func(id string) bool { return snap.wanted[id] }) {
		snap.strangers[c.ID] = c
	}
}

// seekTwins lists the whole workspace for the twins of contacts that the plan makes again: that they are gone was not
// known when the contacts were listed. It reports whether there are any.
func (r *run) seekTwins(ctx context.Context, snap *snapshot, plan reconcile.Plan) (found bool, err error) {
	if r.Sync.Policy.Match.None() {
		return false, nil
	}
	searched, known := len(snap.wanted), len(snap.strangers)
	for _, o := range plan.Operations {
		if o.Side == contact.Quo && o.Action == contact.Create && !o.Held {
			for _, id := range r.mapping.Identities(o.Row.Values) {
				snap.wanted[id] = true
			}
		}
	}
	if len(snap.wanted) == searched {
		return false, nil
	}
	for c, err := range r.Quo.List(ctx, "") {
		if err != nil {
			return false, err
		}
		if _, named := snap.byID[c.ID]; !named && snap.byContact[c.ID] == nil && !r.hasRecord(snap, c) {
			r.keepTwin(snap, c)
		}
	}
	return len(snap.strangers) > known, nil
}

// hasRecord reports whether a contact is that of a record, by our label and its external id.
func (r *run) hasRecord(snap *snapshot, c contact.Contact) bool {
	e := snap.entries[c.ExternalID]
	return r.ours(c) && e != nil && (e.there || e.link != nil)
}

// lookUpMissing looks up the linked contacts that the listing missed, for pages shift while people edit. Those that
// the look-up misses too are unsure: only a GET that says 404 makes them absent.
func (r *run) lookUpMissing(ctx context.Context, snap *snapshot) error {
	missing := map[string]*entry{}
	var keys []string
	for key, e := range snap.entries {
		if e.outside || e.link == nil || e.link.ContactID == "" {
			continue
		}
		if e.seen {
			r.rivals(key, e)
			continue
		}
		e.unsure = true
		switch {
		case e.link.Linked():
			missing[e.link.ContactID] = e
			keys = append(keys, key)
		case e.oddities().other != nil: // somebody made the contact of a record again that was taken apart
			e.contact, e.seen, e.unsure = e.oddities().other, true, false
		}
	}
	slices.Sort(keys)
	if len(keys) == 0 {
		return nil
	}
	contacts, err := r.Quo.Lookup(ctx, keys)
	if err != nil {
		return err
	}
	for _, c := range contacts {
		if e := missing[c.ID]; e != nil {
			e.contact, e.seen, e.unsure = &c, true, false
		}
	}
	for _, e := range missing {
		if e.oddities().other == nil {
			continue
		}
		if err := r.moveLink(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// moveLink gives a record the contact that was made again under its key, once Quo says that the record's own is gone.
func (r *run) moveLink(ctx context.Context, e *entry) error {
	if e.seen {
		r.rivals(e.link.Key, e)
		return nil
	}
	own, known, err := r.get(ctx, e.link.Key, e.link.ContactID)
	switch {
	case own != nil:
		e.contact = own
		r.rivals(e.link.Key, e)
	case known:
		e.link.ContactID, e.link.Adopted, e.link.Base = e.oddities().other.ID, true, contact.Base{}
		e.contact, e.seen, e.unsure = e.oddities().other, true, false
	}
	return err
}

// rivals leaves a record alone that two contacts claim: its own lost the external id, which Quo does not take back while
// another one has it.
func (r *run) rivals(key string, e *entry) {
	own, other := e.contact, e.oddities().other
	if own == nil || other == nil || r.Sync.Policy.Direction == contact.FromQuo {
		return
	}
	r.busy[key] = fmt.Sprintf("two contacts in Quo claim this record: %s is linked with it, %s has its external id: "+
		"delete one of them there, or empty that external id", own.ID, other.ID)
}

// getNamed reads the contacts that new rows name by id and that no listing held.
func (r *run) getNamed(ctx context.Context, snap *snapshot) error {
	for id, key := range maps.Clone(snap.byID) {
		e := snap.entries[key]
		if e.seen || len(e.row.Problems) > 0 {
			continue
		}
		c, known, err := r.get(ctx, key, id)
		switch {
		case err != nil:
			return err
		case c != nil:
			r.readContact(snap, *c)
		case known:
			reason := "Quo has no contact with this id"
			if !e.matched {
				reason += ": empty the cell to make a new one"
			}
			r.misnamed(e, key, reason)
		}
	}
	return nil
}
