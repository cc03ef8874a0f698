package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"syncd/internal/contact"
	"syncd/internal/mapping"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
	"syncd/internal/state"
)

// placed is an update of the source of which no run knows on which row it landed.
type placed struct {
	state.Entry
	before, after contact.Record
	values        contact.Values  // after
	fields        []mapping.Field // that it changed
	id            bool            // it wrote the contact's id
}

// mendMisplaced finds rows that hold what was meant for another one, because rows moved between the last look of a run
// that died and its write, and gives them back what they held. Until that is done they are nobody's edit: it would carry
// one person's number to another's contact. What is mended is decided by the next run.
func (r *run) mendMisplaced(ctx context.Context, snap *snapshot) error {
	if p, ok := r.Source.(sources.Positional); !ok || !p.Positional() {
		return nil
	}
	for _, sent := range r.unplaced {
		w, err := r.placed(sent)
		if err != nil {
			return err
		}
		if !w.telling() || r.arrived(snap, w) {
			continue
		}
		if err := r.recover(ctx, snap, w); err != nil {
			return err
		}
	}
	return nil
}

// recover looks for the row that a write hit which did not arrive in its own, and settles the write once that row has back
// what it held. A run that is scoped to some keys does not see all rows: it leaves the rest to one that does.
func (r *run) recover(ctx context.Context, snap *snapshot, w placed) error {
	hit := r.hitBy(snap, w)
	settles, mended := slices.ContainsFunc(r.onSource, w.is) && r.inScope(w.Key), true
	for _, key := range hit {
		ok, err := r.mend(ctx, snap, w, key, settles)
		if err != nil {
			return err
		}
		mended = mended && ok
	}
	switch {
	case len(hit) == 0 && r.scoped():
		r.busy[w.Key] = fmt.Sprintf("run %d does not know whether it wrote this row: a run over all rows finds out", w.Run)
	case len(hit) == 0:
		return nil
	case !mended:
		r.busy[w.Key] = r.busy[hit[0]]
	}
	r.onSource = slices.DeleteFunc(r.onSource, w.is)
	if len(hit) == 0 || !mended { // it stays open, so that the next run knows of it
		return nil
	}
	s := settlement{run: r}
	s.mark(w.Entry, state.Failed, "it hit another row, which was put back")
	return r.Store.Commit(ctx, r.keeper.lease, s.batch)
}

// placed reads from the journal what an update was to change.
func (r *run) placed(sent state.Entry) (placed, error) {
	w := placed{Entry: sent}
	var err error
	if w.before, err = r.journalled(sent.Before); err == nil {
		w.after, err = r.journalled(sent.After)
	}
	if err != nil {
		return w, fmt.Errorf("run %d: %w", sent.Run, &contact.RecordError{Key: sent.Key, What: "journal entry of key %s", Err: err})
	}
	before, _ := r.mapping.Values(w.before)
	w.values, _ = r.mapping.Values(w.after)
	for _, f := range r.mapping.Fields() {
		if !before[f.Name].Same(w.values[f.Name]) {
			w.fields = append(w.fields, f)
		}
	}
	w.id = r.mapping.ContactID(w.before) != r.mapping.ContactID(w.after)
	return w, nil
}

// journalled is a row as the journal kept it.
func (r *run) journalled(row json.RawMessage) (contact.Record, error) {
	var cells map[string]cell
	err := json.Unmarshal(row, &cells)
	record := contact.Record{}
	for _, column := range r.mapping.Columns() {
		record.Cells = append(record.Cells, contact.Cell(cells[column]))
	}
	return record, err
}

// arrived reports whether the write's own row holds what it was to change.
func (r *run) arrived(snap *snapshot, w placed) bool {
	own := snap.entries[w.Key]
	return own != nil && r.landed(w, own.row) && (r.mapping.Keyed() || r.sameRest(w, own.row))
}

// hitBy returns the keys of the rows that a write may have hit instead of its own: those that hold a number, an address or
// an id that was another's.
func (r *run) hitBy(snap *snapshot, w placed) []string {
	var hit []string
	for key, e := range snap.entries {
		foreign := key != w.Key || !r.mapping.Keyed() // without key columns, the row that names the contact may be another's
		if foreign && r.landed(w, e.row) {
			hit = append(hit, key)
		}
	}
	slices.Sort(hit)
	return hit
}

// telling reports whether the write holds what next to nobody else has. That somebody wrote the same company or emptied
// the same cell of another row meanwhile is likelier than that a write went astray and its process died.
func (w placed) telling() bool {
	return w.id || slices.ContainsFunc(w.fields, func(f mapping.Field) bool {
		group, _ := f.Name.Split()
		return (group == contact.PhoneNumbers || group == contact.Emails) && !w.values[f.Name].Empty()
	})
}

// landed reports whether a row holds what the write was to change.
func (r *run) landed(w placed, row *reconcile.Row) bool {
	return row != nil && row.Values != nil &&
		!slices.ContainsFunc(w.fields, func(f mapping.Field) bool { return !row.Values[f.Name].Same(w.values[f.Name]) }) &&
		(!w.id || row.ContactID == r.mapping.ContactID(w.after))
}

// sameRest reports whether a row says what the write's own row said, but for what it changed.
func (r *run) sameRest(w placed, row *reconcile.Row) bool {
	return !slices.ContainsFunc(r.mapping.Fields(), func(f mapping.Field) bool { return !row.Values[f.Name].Same(w.values[f.Name]) })
}

// mend gives the row of a key back what a write took from it, unless it is too soon to settle that, and has this run decide
// nothing about it. It reports whether the row holds what it did.
func (r *run) mend(ctx context.Context, snap *snapshot, w placed, key string, settles bool) (bool, error) {
	e := snap.entries[key]
	r.busy[key] = fmt.Sprintf("run %d may have written into row %d what was meant for %s: the next run looks again", w.Run, e.number, w.Key)
	link := e.link
	if !r.mapping.Keyed() && w.id {
		link = r.namedBefore(snap, e)
		r.leaveAlone(snap, link, r.busy[key])
	}
	if !settles {
		return false, nil
	}
	after, known, err := r.heldBefore(ctx, snap, w, e.row, link)
	if err != nil {
		return false, err
	}
	if !known {
		r.busy[key] = fmt.Sprintf("run %d may have written here what was meant for %s (%s), and what the cells held is not known: "+
			"enter the row's own values", w.Run, w.Key, w.columns())
		return false, nil
	}
	outcome, err := r.putBack(ctx, w, key, e.row, after)
	if outcome.Status == sources.Written {
		r.busy[key] = fmt.Sprintf("row %d got what was meant for %s and was put back: the next run looks at it again", e.number, w.Key)
	} else {
		r.busy[key] = fmt.Sprintf("row %d holds what was meant for %s and could not be put back (%s): the next run tries again",
			e.number, w.Key, outcome.Reason)
	}
	return outcome.Status == sources.Written, err
}

// leaveAlone has this run decide nothing about the record whose row is named like another's, nor about rows that name
// nobody: one of them is the row that the write was meant for.
func (r *run) leaveAlone(snap *snapshot, link *contact.Link, why string) {
	if link != nil {
		r.busy[link.Key] = why
	}
	for key, e := range snap.entries {
		if e.nameless && r.busy[key] == "" {
			r.busy[key] = why
		}
	}
}

func (w placed) columns() string {
	var columns []string
	for _, f := range w.fields {
		columns = append(columns, f.Column)
	}
	return strings.Join(columns, ", ")
}

func (w placed) is(entry state.Entry) bool { return entry.Run == w.Run && entry.Seq == w.Seq }

// heldBefore returns the cells of a row as they were before a write hit it: what both sides last agreed on. It is not known
// of a row that was new.
func (r *run) heldBefore(ctx context.Context, snap *snapshot, w placed, row *reconcile.Row, link *contact.Link) (cells []contact.Cell, known bool, err error) {
	cells = row.Record.Cells
	if w.id {
		cells = r.mapping.Named(cells, link)
	}
	if len(w.fields) == 0 {
		return cells, true, nil
	}
	if !link.Linked() {
		return nil, false, nil
	}
	bases, err := r.Store.Bases(ctx, r.Sync.Name, []string{link.Key})
	if err != nil {
		return nil, false, err
	}
	values := contact.Values{}
	for _, f := range w.fields {
		base, settled := bases[link.Key][f.Name]
		if !settled || base.Reading != f.Reading {
			return nil, false, nil
		}
		values[f.Name] = contact.Value{Norm: base.Source}
	}
	cells, err = r.mapping.Cells(contact.Record{Cells: cells}, link.Key, values, snap.style)
	return cells, err == nil, nil
}

// namedBefore returns the link of a row that names another's contact now: the one whose row is not there and said the same
// but for the id; nil when the row named none.
func (r *run) namedBefore(snap *snapshot, e *entry) *contact.Link {
	for _, key := range slices.Sorted(maps.Keys(snap.entries)) {
		other := snap.entries[key]
		if !other.link.Linked() || other.there {
			continue
		}
		record := e.row.Record
		record.Cells = r.mapping.Named(record.Cells, other.link)
		if r.mapping.RowHash(record) == other.link.SourceHash {
			return other.link
		}
	}
	return nil
}

// putBack writes the cells that a row held before, journalled as any write.
func (r *run) putBack(ctx context.Context, w placed, key string, row *reconcile.Row, after []contact.Cell) (sources.Outcome, error) {
	a := &applier{run: r, journal: &journal{store: r.Store, lease: r.keeper.lease}}
	s := step{seq: r.nextSeq(), Operation: &reconcile.Operation{Key: key, Side: contact.Source, Action: contact.Update, Row: row, FirstSight: true,
		Reason: fmt.Sprintf("run %d had written here what was meant for %s", w.Run, w.Key)},
		change: contact.Change{Action: contact.Update, Key: a.rowKey(key), Row: row.Record.Row, Before: row.Record.Cells, After: after}}
	unsaid := sources.Outcome{Reason: notSaid}
	entry, err := a.entry(s)
	if err != nil {
		return unsaid, err
	}
	if err := r.keeper.check(); err != nil {
		return unsaid, err
	}
	if err := a.journal.commit(ctx, state.Batch{Entries: []state.Entry{entry}, Marks: []state.Mark{a.mark(s, state.Sent, "")}}); err != nil {
		return unsaid, err
	}
	outcomes, err := r.Source.Write(r.keeper.writing, r.mapping.Columns(), []contact.Change{s.change})
	outcome := append(outcomes, unsaid)[0]
	mark := a.mark(s, state.Failed, outcome.Reason)
	switch outcome.Status {
	case sources.Written:
		mark.State = state.Done
	case sources.Unknown:
		mark.State = state.Unknown
	}
	return outcome, errors.Join(err, a.journal.commit(ctx, state.Batch{Marks: []state.Mark{mark}}))
}
