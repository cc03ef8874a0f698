package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"syncd/internal/contact"
	"syncd/internal/mapping"
	"syncd/internal/quo"
	"syncd/internal/reconcile"
)

// snapshot is what one run read of both sides. Rows and contacts that are as they were when last settled are only
// counted: their content is not kept.
type snapshot struct {
	entries    map[string]*entry // by key
	byContact  map[string]*entry // by the id of the link's contact
	keyless    []reconcile.Row
	strangers  map[string]contact.Contact // not ours, and somebody's twin; by id
	wanted     map[string]bool            // identities of new records, which a stranger may share
	byID       map[string]*entry          // new records whose row names a contact, by the contact's id
	folded     map[string]string          // key without case -> the key that came with it
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
	other   *contact.Contact // ours under this key, while the link is with another contact
	doubles []place          // further rows with the same key
	outside bool             // the run is scoped to other keys: it only helps to tell whose key was changed
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
		wanted: map[string]bool{}, byID: map[string]*entry{}, folded: map[string]string{}, style: r.mapping.NewStyle()}
	if r.sync, err = r.Store.Sync(ctx, r.Sync.Name); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context, *snapshot) error{
		r.readLinks, r.readRows, r.checkRows, r.readContacts, r.getNamed, r.stop, r.lookUpMissing, r.rereadRows, r.readBases,
	} {
		if err := step(ctx, snap); err != nil {
			return nil, err
		}
	}
	return snap, nil
}

func (r *run) readLinks(ctx context.Context, snap *snapshot) error {
	for link, err := range r.Store.Links(ctx, r.Sync.Name) {
		if err != nil {
			return err
		}
		e := snap.entry(link.Key)
		e.link, e.outside = &link, !r.inScope(link.Key)
		if link.Linked() {
			snap.facts.Links++
		}
		if link.ContactID != "" {
			snap.byContact[link.ContactID] = e
		}
	}
	return nil
}

func (r *run) readRows(ctx context.Context, snap *snapshot) error {
	for record, err := range r.Source.Read(ctx, r.mapping.Columns()) {
		if err != nil {
			return err
		}
		snap.facts.Rows++
		if snap.facts.Rows%1000 == 0 {
			r.progress("reading rows", snap.facts.Rows, 0)
		}
		r.readRow(snap, record)
	}
	r.report.SourceRecords = snap.facts.Rows
	return nil
}

func (r *run) readRow(snap *snapshot, record contact.Record) {
	snap.style.Learn(record)
	key, err := r.mapping.Key(record)
	switch {
	case record.Problem != "":
		r.unreadableRow(snap, record, key, err)
		return
	case err != nil:
		row := r.mapRow(record)
		row.Problems = append([]contact.Problem{{Row: record.Row, Column: r.keyColumn(), Reason: err.Error()}}, row.Problems...)
		r.keyless(snap, row)
		return
	}
	if first, doubled := snap.sameKey(key); doubled {
		r.doubledKey(snap, first, key, record.Row)
		snap.keyless = append(snap.keyless, reconcile.Row{Record: record, Values: r.mapRow(record).Values})
		return
	}
	e := snap.entry(key)
	e.there, e.number, e.outside = true, record.Row, !r.inScope(key)
	if e.outside && e.link != nil {
		return
	}
	hash := r.mapping.RowHash(record)
	if e.link.Linked() && !e.link.Pending && e.link.GoneAt.IsZero() && hash == e.link.SourceHash {
		e.same = true
		return
	}
	row := r.mapRow(record)
	e.row = &row
}

// sameKey returns the key that came before and is the same but for case, if there was one.
func (s *snapshot) sameKey(key string) (first string, doubled bool) {
	lower := strings.ToLower(key)
	if first, ok := s.folded[lower]; ok && first != key {
		return first, true
	}
	if e := s.entries[key]; e != nil && e.there {
		return key, true
	}
	if lower != strings.ToUpper(key) { // it has letters, so it has a case
		s.folded[lower] = key
	}
	return "", false
}

// doubledKey notes a further row of a key; checkRows makes problems of all of them.
func (r *run) doubledKey(snap *snapshot, first, key string, row int) {
	e := snap.entry(first)
	e.doubles = append(e.doubles, place{key, row})
	if key != first {
		other := snap.entry(key)
		other.there, other.row, other.outside = true, &reconcile.Row{Problems: []contact.Problem{}}, !r.inScope(key)
	}
}

// doubledRows makes problems of all rows of a doubled key: none is synced, and none causes a delete.
func (r *run) doubledRows(snap *snapshot, key string, e *entry) {
	places := append([]place{{key, e.number}}, e.doubles...)
	for i, p := range places {
		other := places[0].row
		if i == 0 {
			other = places[1].row
		}
		at := snap.entries[p.key]
		if i == 0 && at.row != nil {
			snap.keyless = append(snap.keyless, reconcile.Row{Record: at.row.Record, Values: at.row.Values})
		}
		if i == 0 || at.row == nil || at.row.Values != nil {
			at.same, at.row = false, &reconcile.Row{}
		}
		at.row.Problems = append(at.row.Problems, contact.Problem{Key: p.key, Row: p.row, Column: r.keyColumn(), Value: p.key,
			Reason: fmt.Sprintf("row %d has the same key: give one of the two another", other)})
	}
}

// unreadableRow notes a row that cannot be read. When not even its key is known, it may be any record's.
func (r *run) unreadableRow(snap *snapshot, record contact.Record, key string, keyErr error) {
	problem := contact.Problem{Key: key, Row: record.Row, Reason: record.Problem}
	row := reconcile.Row{Record: record, Problems: []contact.Problem{problem}}
	if e := snap.entries[key]; keyErr == nil && e != nil && e.link != nil && !e.there {
		e.there, e.number, e.row = true, record.Row, &row
		return
	}
	snap.unreadable++
	row.Problems[0].Key = ""
	r.keyless(snap, row)
}

// keyless notes a row whose key is empty or unusable. It is no problem of a scoped run, but may be the row of a record
// whose key was changed.
func (r *run) keyless(snap *snapshot, row reconcile.Row) {
	if r.scoped() {
		row.Problems = nil
	}
	snap.keyless = append(snap.keyless, row)
}

func (r *run) mapRow(record contact.Record) reconcile.Row {
	row := reconcile.Row{Record: record, Hash: r.mapping.RowHash(record), ContactID: r.mapping.ContactID(record)}
	if !r.mapping.Included(record) {
		row.Filtered = true
		return row
	}
	row.Values, row.Problems = r.mapping.Values(record)
	var err error
	if row.UpdatedAt, err = r.mapping.UpdatedAt(record); err != nil {
		row.Problems = append(row.Problems, contact.Problem{Row: record.Row, Column: r.Sync.Mapping.UpdatedAt, Reason: err.Error()})
	}
	return row
}

func (r *run) keyColumn() string { return strings.Join(r.Sync.Mapping.Key, ", ") }

// checkRows gathers what the contacts must be compared with, and the facts that may stop the run.
func (r *run) checkRows(_ context.Context, snap *snapshot) error {
	for key, e := range snap.entries {
		if len(e.doubles) > 0 {
			r.doubledRows(snap, key, e)
		}
	}
	for _, e := range snap.entries {
		if e.there {
			snap.facts.Keys++
		}
		if e.link.Linked() && !e.there {
			snap.facts.Gone++
		}
		if e.link == nil && e.usable() {
			snap.facts.New++
		}
		if !e.isNew() {
			continue
		}
		for _, id := range r.mapping.Identities(e.row.Values) {
			snap.wanted[id] = true
		}
	}
	r.nameContacts(snap)
	return nil
}

// nameContacts notes which new row names which contact by its id. One that several rows name, or that is another
// record's, is a problem of these rows, for it is not to be guessed whose it is.
func (r *run) nameContacts(snap *snapshot) {
	claims := map[string][]string{}
	for key, e := range snap.entries {
		if e.isNew() && e.row.ContactID != "" {
			claims[e.row.ContactID] = append(claims[e.row.ContactID], key)
		}
	}
	for id, keys := range claims {
		slices.Sort(keys)
		snap.byID[id] = snap.entries[keys[0]]
		owner := snap.byContact[id]
		for i, key := range keys {
			switch other := snap.entries[keys[(i+1)%len(keys)]]; {
			case owner != nil && owner.link.Linked():
				r.misnamed(snap.entries[key], key, fmt.Sprintf("the contact with this id is that of record %s", owner.link.Key))
			case len(keys) > 1:
				r.misnamed(snap.entries[key], key, fmt.Sprintf("row %d names the same contact: empty one of the two cells", other.number))
			}
		}
	}
}

// misnamed makes a problem of a row that names a contact which cannot become its own.
func (r *run) misnamed(e *entry, key, reason string) {
	e.row.Problems = append(e.row.Problems, contact.Problem{Key: key, Row: e.number, Column: r.Sync.Mapping.ContactID,
		Value: e.row.ContactID, Reason: reason})
}

// isNew reports whether the row would become a contact, or be paired with one.
func (e *entry) isNew() bool {
	return !e.outside && e.usable() && (e.link == nil || e.link.Relink)
}

// usable reports whether there is a row that was looked at and can be synced.
func (e *entry) usable() bool {
	return e.row != nil && !e.row.Filtered && len(e.row.Problems) == 0
}

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
	ours := c.Source == r.Sync.Policy.Label && c.ExternalID != ""
	e := snap.byContact[c.ID]
	if named := snap.byID[c.ID]; named != nil && (e == nil || !e.link.Linked()) {
		e = named
	}
	switch {
	case e == nil && ours && r.inScope(c.ExternalID):
		snap.facts.Ours++
		e = snap.entry(c.ExternalID)
		if e.link != nil && e.link.ContactID != "" {
			e.other = &c
			return
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

// stranger keeps a contact that is not ours when it is a new record's twin, and counts those that stand under the
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
	for _, id := range r.mapping.ContactIdentities(c) {
		if snap.wanted[id] {
			snap.strangers[c.ID] = c
			return
		}
	}
}

// lookUpMissing looks up the linked contacts that the listing missed, for pages shift while people edit. Those that
// the look-up misses too are unsure: only a GET that says 404 makes them absent.
func (r *run) lookUpMissing(ctx context.Context, snap *snapshot) error {
	missing := map[string]*entry{}
	var keys []string
	for key, e := range snap.entries {
		if e.outside || e.link == nil || e.seen || e.link.ContactID == "" {
			continue
		}
		e.unsure = true
		switch {
		case e.link.Linked():
			missing[e.link.ContactID] = e
			keys = append(keys, key)
		case e.other != nil: // somebody made the contact of a record again that was taken apart
			e.contact, e.seen, e.unsure = e.other, true, false
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
		if !e.seen && e.other != nil { // the record's contact was made again under another id
			e.link.ContactID, e.link.Adopted, e.link.Base = e.other.ID, true, contact.Base{}
			e.contact, e.seen, e.unsure = e.other, true, false
		}
	}
	return nil
}

// getNamed reads the contacts that new rows name by id and that no listing held.
func (r *run) getNamed(ctx context.Context, snap *snapshot) error {
	for id, e := range snap.byID {
		if e.seen || len(e.row.Problems) > 0 {
			continue
		}
		c, err := r.Quo.Get(ctx, id)
		switch {
		case errors.Is(err, quo.ErrNotFound):
			key, _ := r.mapping.Key(e.row.Record)
			r.misnamed(e, key, "Quo has no contact with this id: empty the cell to make a new one")
		case err != nil:
			return err
		default:
			r.readContact(snap, c)
		}
	}
	return nil
}

// rereadRows fetches the rows that did not change but whose contact did: the first pass did not keep them.
func (r *run) rereadRows(ctx context.Context, snap *snapshot) error {
	needed := 0
	for _, e := range snap.entries {
		if e.there && e.row == nil && e.open() {
			needed++
		}
	}
	if needed == 0 {
		return nil
	}
	for record, err := range r.Source.Read(ctx, r.mapping.Columns()) {
		if err != nil {
			return err
		}
		key, keyErr := r.mapping.Key(record)
		if keyErr != nil || record.Problem != "" {
			continue
		}
		if e := snap.entries[key]; e != nil && e.there && e.row == nil && e.open() {
			row := r.mapRow(record)
			e.row = &row
		}
	}
	for key, e := range snap.entries {
		if e.there && e.row == nil && e.open() {
			return fmt.Errorf("the row of key %s went while the source was read: run again", key)
		}
	}
	return nil
}
