package engine

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"syncd/internal/contact"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

func (r *run) readRows(ctx context.Context, snap *snapshot) error {
	var nameless []contact.Record
	for record, err := range r.Source.Read(ctx, r.mapping.Columns()) {
		if err != nil {
			return err
		}
		snap.facts.Rows++
		if snap.facts.Rows%1000 == 0 {
			r.progress("reading rows", snap.facts.Rows, 0)
		}
		snap.style.Learn(record)
		if !r.mapping.Keyed() && r.mapping.ContactID(record) == "" {
			nameless = append(nameless, record)
			continue
		}
		r.readRow(snap, record)
	}
	r.readNameless(snap, nameless) // last, for their keys depend on those that are taken
	snap.caseless = caseless{}     // no more rows come
	r.report.SourceRecords = snap.facts.Rows
	return nil
}

func (r *run) readRow(snap *snapshot, record contact.Record) {
	key, err := r.keyOf(snap, record)
	switch {
	case record.Problem != "":
		r.unreadableRow(snap, record, key, err)
		return
	case err != nil:
		row := r.mapRow(record, "")
		row.Problems = append([]contact.Problem{{Row: record.Row, Column: r.keyColumn(), Reason: err.Error()}}, row.Problems...)
		r.keyless(snap, row)
		return
	}
	r.readKeyed(snap, record, key)
}

// keyOf returns the key of a row. Without key columns it is that of the link with the contact that the row names; the
// id itself when there is no such link.
func (r *run) keyOf(snap *snapshot, record contact.Record) (string, error) {
	if r.mapping.Keyed() {
		return r.mapping.Key(record)
	}
	id := r.mapping.ContactID(record)
	if e := snap.byContact[id]; e != nil {
		return e.link.Key, nil
	}
	return id, nil
}

// readNameless reads the rows without key columns that name no contact yet: new ones, whose keys follow from what they
// say, and those whose contact was made by a run that ended before it could write the id. They say what they said then.
func (r *run) readNameless(snap *snapshot, records []contact.Record) {
	if len(records) == 0 {
		return
	}
	waiting := map[contact.Hash]string{} // keys of links whose row is not there, by the hash of the row as last settled
	for key, e := range snap.entries {
		if e.link.Linked() && !e.there {
			waiting[e.link.SourceHash] = key
		}
	}
	for _, record := range records {
		row := r.mapRow(record, "")
		switch {
		case record.Problem != "":
			snap.unreadable++
			row.Problems = []contact.Problem{{Row: record.Row, Reason: record.Problem}}
			r.keyless(snap, row)
		case row.Filtered || len(row.Problems) > 0:
			r.keyless(snap, row)
		default:
			key, ok := waiting[row.Hash]
			if chosen := r.mapping.ChosenKey(row.Values); !ok && !r.lostItsID(snap.entries[chosen], record) {
				key = snap.freeKey(chosen)
			} else if !ok {
				key = chosen
			}
			r.readKeyed(snap, record, key)
		}
	}
}

// lostItsID reports whether a row is that of a record but for the contact's id, which somebody took out of it.
func (r *run) lostItsID(e *entry, record contact.Record) bool {
	if e == nil || !e.link.Linked() || e.there && !e.nameless {
		return false
	}
	record.Cells = r.mapping.Marked(record.Cells, e.link.ContactID, "")
	return r.mapping.RowHash(record) == e.link.SourceHash
}

// freeKey returns the key that was chosen for a new row, or the next one when a record has it, whose row once said the
// same.
func (s *snapshot) freeKey(chosen string) string {
	key := chosen
	for i := 2; ; i++ {
		if e := s.entries[key]; e == nil || e.link == nil && (!e.there || e.nameless) {
			return key
		}
		key = fmt.Sprintf("%s-%d", chosen, i)
	}
}

func (r *run) readKeyed(snap *snapshot, record contact.Record, key string) {
	if first, doubled := snap.sameKey(key); doubled {
		r.doubledKey(snap, first, key, record.Row)
		row := r.mapRow(record, key)
		row.Problems = nil // those of a doubled key stand with the key
		snap.keyless = append(snap.keyless, row)
		return
	}
	e := snap.entry(key)
	e.there, e.number, e.outside = true, record.Row, !r.inScope(key)
	e.nameless = !r.mapping.Keyed() && r.mapping.ContactID(record) == ""
	if e.outside && e.link != nil {
		return
	}
	hash := r.mapping.RowHash(record)
	if r.undoes == 0 && e.link.Linked() && !e.link.Pending && e.link.GoneAt.IsZero() && hash == e.link.SourceHash &&
		r.mapping.IsMarked(record, e.link.ContactID, statusSynced) {
		e.same = true
		return
	}
	row := r.mapRow(record, key)
	e.row = &row
}

// sameKey returns the key that came before and is the same but for case, if there was one.
func (s *snapshot) sameKey(key string) (first string, doubled bool) {
	if first := s.caseless.first(key, s.rows()); first != key {
		return first, true
	}
	return key, s.there(key)
}

// rows yields the keys whose row is there.
func (s *snapshot) rows() iter.Seq[string] {
	return func(yield func(string) bool) {
		for key, e := range s.entries {
			if e.there && !yield(key) {
				return
			}
		}
	}
}

// doubledKey notes a further row of a key; checkRows makes problems of all of them.
func (r *run) doubledKey(snap *snapshot, first, key string, row int) {
	e := snap.entry(first)
	odd := e.note()
	odd.doubles = append(odd.doubles, place{key, row})
	if key != first {
		other := snap.entry(key)
		other.there, other.row, other.outside = true, &reconcile.Row{Problems: []contact.Problem{}}, !r.inScope(key)
	}
}

// doubledRows makes problems of all rows of a doubled key: none is synced, and none causes a delete.
func (r *run) doubledRows(snap *snapshot, key string, e *entry) {
	places := append([]place{{key, e.number}}, e.oddities().doubles...)
	for i, p := range places {
		other := places[0].row
		if i == 0 {
			other = places[1].row
		}
		at := snap.entries[p.key]
		if i == 0 && at.row != nil {
			snap.keyless = append(snap.keyless, reconcile.Row{Record: at.row.Record, Values: at.row.Values, ContactID: at.row.ContactID})
		}
		if i == 0 || at.row == nil || at.row.Values != nil {
			at.same, at.row = false, &reconcile.Row{}
		}
		at.row.Problems = append(at.row.Problems, contact.Problem{Key: p.key, Row: p.row, Column: r.keyColumn(), Value: p.key,
			Reason: fmt.Sprintf(r.doubledReason(at), rowName(other))})
	}
}

// doubledReason says in which way two rows are one, and how to mend it.
func (r *run) doubledReason(e *entry) string {
	switch {
	case r.mapping.Keyed():
		return "%s has the same key: give one of them another"
	case e.nameless:
		return "%s says the same: nothing tells the two apart"
	}
	return "%s has the same contact id: empty the one of the row that is new"
}

// rowName is what a person is told about another row; some sources have no numbers for them.
func rowName(number int) string {
	if number == 0 {
		return "another row"
	}
	return fmt.Sprintf("row %d", number)
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

func (r *run) mapRow(record contact.Record, key string) reconcile.Row {
	row := reconcile.Row{Record: record, Hash: r.mapping.RowHash(record), ContactID: r.mapping.ContactID(record)}
	row.Values, row.Problems = r.mapping.Values(record)
	for i := range row.Problems {
		row.Problems[i].Key = key
	}
	if !r.mapping.Included(record) { // it is nobody's problem, but may have the values of a record whose key was changed
		row.Filtered, row.Problems = true, nil
		return row
	}
	var err error
	if row.UpdatedAt, err = r.mapping.UpdatedAt(record); err != nil {
		row.Problems = append(row.Problems, contact.Problem{Key: key, Row: record.Row, Column: r.Sync.Mapping.UpdatedAt, Reason: err.Error()})
	}
	return row
}

// keyColumn names the columns that say which row is which.
func (r *run) keyColumn() string {
	if !r.mapping.Keyed() {
		return r.Sync.Mapping.ContactID
	}
	return strings.Join(r.Sync.Mapping.Key, ", ")
}

// checkRows gathers what the contacts must be compared with, and the facts that may stop the run.
func (r *run) checkRows(ctx context.Context, snap *snapshot) error {
	if err := r.formerContacts(ctx, snap); err != nil {
		return err
	}
	r.awaitContacts(snap)
	for key, e := range snap.entries {
		if len(e.oddities().doubles) > 0 {
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

// awaitContacts leaves new rows without key columns alone while it is open what became of a contact whose row is not
// there: it may be made for one of them, which a person edited meanwhile.
func (r *run) awaitContacts(snap *snapshot) {
	if r.mapping.Keyed() {
		return
	}
	open := false
	for key := range r.busy {
		open = open || !snap.there(key)
	}
	for key, e := range snap.entries {
		if open && e.nameless && e.link == nil && r.busy[key] == "" {
			r.busy[key] = "an earlier run may have made its contact: the next run looks it up first"
		}
	}
}

// formerContacts finds the rows, of a source without key columns, that still name the contact which their record had before
// it was made again: the run that made it ended before it could write the new id. The journal knows both.
func (r *run) formerContacts(ctx context.Context, snap *snapshot) error {
	if r.mapping.Keyed() {
		return nil
	}
	unknown := map[string]*entry{} // rows by the id that they name, and no link has
	var gone []string
	for key, e := range snap.entries {
		switch {
		case e.link == nil && e.row != nil && !e.nameless && len(e.oddities().doubles) == 0:
			unknown[key] = e
		case (e.link.Linked() || e.link.ByUndo()) && !e.there && !e.outside:
			gone = append(gone, key)
		}
	}
	slices.Sort(gone)
	for _, key := range gone {
		if len(unknown) == 0 {
			return nil
		}
		history, err := r.Store.History(ctx, r.Sync.Name, key)
		if err != nil {
			return err
		}
		if snap.entries[key].link.ByUndo() && !lastMade(history) { // the record has no contact
			continue
		}
		for _, past := range history {
			if e := unknown[past.ContactID]; e != nil {
				e.link = snap.entries[key].link
				snap.entries[key], snap.byContact[e.link.ContactID] = e, e
				delete(snap.entries, past.ContactID)
				delete(unknown, past.ContactID)
				for i := range e.row.Problems {
					e.row.Problems[i].Key = key
				}
				break
			}
		}
	}
	return nil
}

// lastMade reports whether the last thing that was done to a record in Quo, by its journal, newest first, was to make its
// contact.
func lastMade(history []state.Entry) bool {
	i := slices.IndexFunc(history, func(e state.Entry) bool { return e.Side == contact.Quo && e.State == state.Done })
	return i >= 0 && history[i].Action == contact.Create
}

// nameContacts notes which new row names which contact by its id. One that several rows name, or that is another
// record's, is a problem of these rows, for it is not to be guessed whose it is.
func (r *run) nameContacts(snap *snapshot) {
	claims := map[string][]string{}
	for key, e := range snap.entries {
		if e.isNew() && e.link != nil && e.row.ContactID == e.link.ContactID {
			e.row.ContactID = "" // it had this contact, and is to get another
		}
		if e.isNew() && e.row.ContactID != "" {
			claims[e.row.ContactID] = append(claims[e.row.ContactID], key)
		}
	}
	for id, keys := range claims {
		slices.Sort(keys)
		snap.byID[id] = keys[0]
		owner := snap.byContact[id]
		for i, key := range keys {
			switch other := snap.entries[keys[(i+1)%len(keys)]]; {
			case owner != nil && owner.link.Linked():
				r.misnamed(snap.entries[key], key, fmt.Sprintf("the contact with this id belongs to record %s", owner.link.Key))
			case len(keys) > 1:
				r.misnamed(snap.entries[key], key, rowName(other.number)+" names the same contact: empty one of the two cells")
			}
		}
	}
}

// misnamed makes a problem of a row that names a contact which cannot become its own.
func (r *run) misnamed(e *entry, key, reason string) {
	p := contact.Problem{Key: key, Row: e.number, Column: r.Sync.Mapping.ContactID, Value: e.row.ContactID, Reason: reason}
	if e.matched {
		p.Column, p.Reason = "", "`syncd match` named contact "+e.row.ContactID+": "+reason
	}
	e.row.Problems = append(e.row.Problems, p)
}

// matchRows gives new rows the contacts that people named for them: their word counts more than what the row says.
func (r *run) matchRows(ctx context.Context, snap *snapshot) error {
	matches, err := r.Store.Matches(ctx, r.Sync.Name)
	for key, id := range matches {
		switch e := snap.entries[key]; {
		case e == nil || !e.isNew():
		case id == "":
			e.alone, e.row.ContactID = true, ""
		default:
			e.matched, e.row.ContactID = true, id
		}
	}
	return err
}

// isNew reports whether the row would become a contact, or be paired with one.
func (e *entry) isNew() bool {
	return !e.outside && e.usable() && (e.link == nil || e.link.Relink)
}

// usable reports whether there is a row that was looked at and can be synced.
func (e *entry) usable() bool {
	return e.row != nil && !e.row.Filtered && len(e.row.Problems) == 0
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
		key, keyErr := r.keyOf(snap, record)
		if keyErr != nil || record.Problem != "" {
			continue
		}
		if e := snap.entries[key]; e != nil && e.there && e.row == nil && e.open() {
			row := r.mapRow(record, key)
			e.row = &row
		}
	}
	for key, e := range snap.entries {
		if e.there && e.row == nil && e.open() {
			return &contact.RecordError{Key: key, What: "the row of key %s went while the source was read: run again"}
		}
	}
	return nil
}
