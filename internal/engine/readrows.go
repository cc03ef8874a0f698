package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"syncd/internal/contact"
	"syncd/internal/reconcile"
)

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
	row.Values, row.Problems = r.mapping.Values(record)
	if !r.mapping.Included(record) { // it is nobody's problem, but may have the values of a record whose key was changed
		row.Filtered, row.Problems = true, nil
		return row
	}
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
