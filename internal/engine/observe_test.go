package engine_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// This file looks at what runs did to both sides: every row and every contact that is not as people left it must be so
// by a rule. It knows the shape, what people did, and the links that the state holds, which say who belongs to whom.

// begin notes what a run finds.
func (w *world) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quo.ResetRequests()
	w.now = moment{order: slices.Clone(w.rows), strangers: map[string][]string{}, updatedAt: map[string]time.Time{}, rows: map[*line]bool{}, ids: map[string]bool{},
		unread: map[string]bool{}, blind: map[string]bool{}, looked: map[string]bool{}, got: map[string]bool{}, flying: map[string]int{}}
	if sync, err := w.state.Sync(context.Background(), "customers"); err != nil {
		w.t.Fatal(err)
	} else {
		w.now.braked = sync.FirstRunDone
	}
	for id, c := range w.known {
		w.now.updatedAt[id] = c.UpdatedAt
		w.now.all++
		link, linked := w.byID[id]
		if text(c.Source) == label {
			w.now.counted++
		}
		if linked && (text(c.Source) != label || text(c.ExternalID) != link.Key) { // a scoped run looks for the key
			w.now.unlisted++
		}
		if text(c.Source) != label && !linked {
			for _, who := range identities(c) {
				w.now.strangers[who] = append(w.now.strangers[who], id)
			}
		}
		if r := w.rowOf(c); r != nil {
			if w.filtered(r) {
				w.mayStay[w.byID[id].Key] = true
			}
			w.witness(id, content(c))
			w.witnessRow(r)
		} else if w.missedAt[id].IsZero() {
			w.missedAt[id] = w.clock.Now()
		}
	}
	for id, link := range w.byID {
		if _, ok := w.known[id]; !ok {
			w.now.unlisted++
		}
		if link.Linked() {
			w.now.linked++
		}
	}
	for _, r := range w.rows {
		if link := w.linkOf(r); link.Key == "" || link.Relink {
			w.now.fresh = true
		}
	}
}

// identities are what tells a person apart: all phone numbers and e-mails of a contact.
func identities(c quosim.Contact) []string {
	var all []string
	for _, i := range c.PhoneNumbers {
		all = append(all, e164(i.Value))
	}
	for _, i := range c.Emails {
		all = append(all, strings.ToLower(i.Value))
	}
	return all
}

// shares reports whether a row has the phone number, or the e-mail, of a contact.
func (w *world) shares(r *line, c quosim.Contact) (phone, email bool) {
	all := identities(c)
	tel, mail := e164(r.cells[colPhone]), strings.ToLower(r.cells[colEmail])
	return tel != "" && slices.Contains(all, tel), mail != "" && slices.Contains(all, mail)
}

// witness notes that a run may have seen a contact or a row like this while its other side was there.
func (w *world) witness(id, content string) {
	if w.witnessed[id] == nil {
		w.witnessed[id] = map[string]bool{}
	}
	w.witnessed[id][content] = true
}

// witnessRow notes the same of a row, which may lose the id that it is known by.
func (w *world) witnessRow(r *line) {
	w.witness("row "+w.identity(r), w.sent(r))
	w.witness(fmt.Sprintf("row %p", r), w.sent(r))
}

// end looks at what a run did, or two at once.
func (w *world) end(o runOptions, reports ...engine.Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range reports {
		w.note("run %d: %s created %d updated %d deleted %d, rows %d %d %d, marked %d unlinked %d stale %d held %v problems %d conflicts %d waiting %d err %v crash %d",
			r.RunID, r.Status, r.Created, r.Updated, r.Deleted, r.SourceCreated, r.SourceUpdated, r.SourceDeleted,
			r.Marked, r.Unlinked, r.Stale, r.Held, len(r.Problems), len(r.Conflicts), len(r.Waiting), r.Err(), o.crashAt)
		for _, p := range r.Problems {
			w.note("  problem of %q, row %d: %s %s", p.Key, p.Row, p.Column, p.Reason)
		}
		for _, c := range r.Conflicts {
			w.note("  conflict of %q in %s: %q and %q, was %q", c.Key, c.Field, c.Source, c.Quo, c.Base)
		}
	}
	w.look(w.state)
	w.loadEntries(w.state)
	clean := len(reports) == 1 && reports[0].Err() == nil && o.crashAt == 0
	if clean {
		w.loadOpen(w.state, reports[0])
	}
	w.checkEdits()
	if o.undo != nil {
		w.release(o.undo)
	}
	w.checkUndone(clean && len(o.request.Only) == 0 && o.undo == nil)
	if o.undo != nil {
		w.tookBack(o.undo, reports[0], clean && o.faults == 0 && !w.now.edited && !o.undo.edited)
	}
	w.settle(clean && len(o.request.Only) == 0 && o.undo == nil)
	if clean && o.faults == 0 && w.calls {
		w.checkCalls(reports[0], len(o.request.Only) > 0)
	}
	if !clean || len(o.request.Only) == 0 && o.undo == nil { // a scoped run leaves the others as they were
		w.calls, w.problems = clean && o.faults == 0, 0
	}
	if clean {
		w.problems += len(reports[0].Problems)
	}
}

// look takes over what runs did so far, and checks it.
func (w *world) look(store state.Store) {
	before := w.byID
	w.loadLinks(store)
	w.view = map[string]quosim.Contact{}
	for _, c := range w.quo.Contacts() {
		w.view[c.ID] = c
	}
	for id, c := range w.view {
		if _, ok := w.known[id]; !ok {
			w.contactAdded(c)
			w.known[id] = c
		}
	}
	w.lookAtFile(before)
	w.lookAtQuo(before)
}

// loadEntries reads the journal of the newest runs.
func (w *world) loadEntries(store state.Store) {
	ctx := context.Background()
	runs, err := store.Runs(ctx, "customers", 2)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, run := range runs {
		entries, err := store.Entries(ctx, run.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		w.now.entries = append(w.now.entries, entries...)
	}
}

// loadLinks takes over who belongs to whom.
func (w *world) loadLinks(store state.Store) {
	w.links, w.byID = map[string]state.Link{}, map[string]state.Link{}
	for link, err := range store.Links(context.Background(), "customers") {
		if err != nil {
			w.t.Fatal(err)
		}
		w.links[link.Key] = link
		if link.ContactID == "" {
			continue
		}
		if other, ok := w.byID[link.ContactID]; ok && other.Linked() && link.Linked() {
			w.t.Errorf("the keys %s and %s are linked with one contact", other.Key, link.Key)
		}
		if other, ok := w.byID[link.ContactID]; !ok || !other.Linked() {
			w.byID[link.ContactID] = link
		}
		if !link.Linked() {
			delete(w.settled, link.ContactID)
			w.empty(link.ContactID)
		}
	}
	maps.DeleteFunc(w.parted, func(key string, _ bool) bool { // both sides are there again, or none
		link, ok := w.links[key]
		return !ok || link.Linked()
	})
}

// empty forgets that the fields of a pair were filled: an empty value of a pair's first sight wipes nothing.
func (w *world) empty(id string) {
	for i := range facets {
		delete(w.filled, place{nil, id, i})
	}
}

// loadOpen takes over what the last run left for people.
func (w *world) loadOpen(store state.Store, report engine.Report) {
	w.open, w.openRow = map[string]bool{}, map[*line]bool{}
	note := func(key string) {
		if key != "" {
			w.open[key] = true
			w.open[w.links[key].ContactID] = true
		}
	}
	for _, p := range report.Problems {
		note(p.Key)
		if p.Row >= 2 && p.Row-2 < len(w.now.order) {
			w.openRow[w.now.order[p.Row-2]] = true
		}
		// The record whose key seems to have been changed waits too.
		for _, words := range []string{"this looks like record ", "this looks like the row of contact "} {
			if _, rest, ok := strings.Cut(p.Reason, words); ok {
				rest, _, _ = strings.Cut(rest, " under another key")
				rest, _, _ = strings.Cut(rest, " without its id")
				for _, key := range strings.Split(rest, " or ") {
					note(key)
					note(w.byID[key].Key)
				}
			}
		}
	}
	for _, c := range report.Conflicts {
		note(c.Key)
	}
	for _, d := range report.Waiting {
		note(d.Key)
	}
	held, err := store.Held(context.Background(), "customers")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range held {
		note(h.Key)
	}
	delete(w.open, "")
}

// lookAtQuo takes over what runs did to the contacts since people last held them, and checks each change.
func (w *world) lookAtQuo(before map[string]state.Link) {
	for _, id := range slices.Sorted(maps.Keys(w.known)) {
		if c, ok := w.view[id]; ok {
			w.contactWritten(w.known[id], c, before)
			w.known[id] = c
			continue
		}
		if !w.ours[id] && before[id].Key == "" {
			w.t.Errorf("a contact that is not ours is gone: %s", id)
		}
		if w.gone[id] = w.known[id]; w.now.blind[id] { // edited after the last read: nobody knows what it held
			w.gone[id] = quosim.Contact{ID: id}
		}
		w.forget(nil, id)
		delete(w.known, id)
		delete(w.made, id)
	}
	keys := map[string]string{}
	for id, c := range w.known {
		if text(c.Source) != label || text(c.ExternalID) == "" {
			continue
		}
		if other, ok := keys[text(c.ExternalID)]; ok {
			w.t.Errorf("contacts %s and %s have one key", other, id)
		}
		keys[text(c.ExternalID)] = id
	}
}

// contactAdded checks a contact that a run made.
func (w *world) contactAdded(c quosim.Contact) {
	w.ours[c.ID], w.made[c.ID], w.born[c.ID] = true, true, c
	w.witness(c.ID, content(c))
	if w.now.undo != nil {
		w.madeByUndo(c)
		return
	}
	if rest := unmapped(quosim.Contact{ID: c.ID, CreatedAt: c.CreatedAt, CreatedByUserID: c.CreatedByUserID}); unmapped(c) != rest {
		w.t.Errorf("contact %s was made with what nobody wrote: %s", c.ID, dump(c))
	}
	r := w.rowOf(c)
	if w.shape.keyed && r == nil {
		r = w.row(text(c.ExternalID))
	}
	if r == nil && !w.shape.keyed {
		return // its id is not in the row yet
	}
	if r == nil {
		w.t.Errorf("contact %s was made for key %s, which no row has", c.ID, text(c.ExternalID))
		return
	}
	w.compareWritten(r, c, func(int) bool { return true })
}

// compareWritten checks that a contact holds what its row holds in the facets that a run changed, and nothing in those that
// flow from Quo only.
func (w *world) compareWritten(r *line, c quosim.Contact, changed func(int) bool) {
	for i := range facets {
		f := &facets[i]
		have, want := f.value(w, &c), f.norm(w, r.cells[f.column])
		if !w.shape.writes(i, contact.Quo) {
			want = ""
		}
		if changed(i) && have != want && !w.now.rows[r] && !w.now.ids[c.ID] {
			w.t.Errorf("contact %s of row %s: a run wrote %q as %s, want %q", c.ID, w.identity(r), have, f.name, want)
		}
	}
}

// contactWritten checks what a run changed in a contact.
func (w *world) contactWritten(was, is quosim.Contact, before map[string]state.Link) {
	if content(was) == content(is) {
		return
	}
	if w.now.blind[is.ID] { // edited after the last read, before the answer to the write: the window of invariant 2
		w.forget(nil, is.ID)
		w.witness(is.ID, content(is))
		w.adopted(is)
		return
	}
	if w.shape.direction == contact.FromQuo {
		w.t.Errorf("contact %s was written, but the sync is from-quo:\n was %s\n is  %s", is.ID, dump(was), dump(is))
	}
	if unmapped(was) != unmapped(is) {
		w.t.Errorf("what the mapping does not name was changed:\n was %s\n is  %s", dump(was), dump(is))
	}
	for _, i := range was.PhoneNumbers {
		j := slices.IndexFunc(is.PhoneNumbers, func(j quosim.Item) bool { return j.Value == i.Value })
		if j >= 0 && !slices.ContainsFunc(is.PhoneNumbers, func(j quosim.Item) bool { return j.Value == i.Value && j.Name == i.Name }) {
			w.t.Errorf("contact %s: number %s was called %q by people, and now is called %q", is.ID, i.Value, i.Name, is.PhoneNumbers[j].Name)
		}
	}
	if w.now.undo != nil {
		w.writtenByUndo(was, is)
		w.adopted(is)
		w.witness(is.ID, content(is))
		return
	}
	r := w.rowOf(is)
	_, linked := before[is.ID]
	switch {
	case text(was.Source) == label || linked || w.ours[is.ID]:
	case r == nil && w.shape.keyed:
		w.t.Errorf("a contact that is not ours was changed:\n was %s\n is  %s", dump(was), dump(is))
	default:
		w.checkAdopted(was, is, r)
	}
	w.adopted(is)
	w.witness(is.ID, content(is))
	if r == nil {
		return
	}
	w.compareWritten(r, is, func(i int) bool {
		f := &facets[i]
		differs := f.value(w, &was) != f.value(w, &is)
		if !differs && f.raw(&was) != f.raw(&is) {
			w.t.Errorf("contact %s: %s was rewritten from %q to %q, which means the same", is.ID, f.name, f.raw(&was), f.raw(&is))
		}
		if there, cell := (place{nil, is.ID, i}), (place{r, "", i}); differs && f.value(w, &is) == "" && r.cells[f.column] == "" && (w.shape.flows[i].keepEmpty || w.neverFilled(cell, there)) {
			w.t.Errorf("contact %s: %s was emptied, which held %q, though its row was not emptied or keeps it", is.ID, f.name, f.raw(&was))
		}
		if differs && !w.shape.writes(i, contact.Quo) {
			w.t.Errorf("contact %s: %s was changed from %q to %q, but flows from Quo only", is.ID, f.name, f.raw(&was), f.raw(&is))
		}
		return differs
	})
}

// neverFilled reports whether an empty value is one that nobody wrote and that both sides never agreed on, like that of a
// pair's first sight.
func (w *world) neverFilled(from, to place) bool {
	return len(w.agreed[from])+len(w.agreed[to]) == 0 && !w.touched[from]
}

// adopted notes a contact that is ours from now on.
func (w *world) adopted(c quosim.Contact) { w.ours[c.ID] = w.ours[c.ID] || text(c.Source) == label }

// checkAdopted checks that a contact became a record's by a rule.
func (w *world) checkAdopted(was, is quosim.Contact, r *line) {
	source := strings.ToLower(text(was.Source))
	if text(was.ExternalID) != "" || source == "device" || source == "google-people" || strings.HasPrefix(source, "openphone") {
		w.t.Errorf("contact %s belongs to %q %q and became a record's", is.ID, text(was.Source), text(was.ExternalID))
	}
	rule := w.matched[text(is.ExternalID)] == is.ID || w.shape.create == reconcile.CreateAll && (text(is.ExternalID) == is.ID || !w.shape.keyed)
	if r == nil { // its id is not in the row yet
		at := slices.IndexFunc(w.rows, func(r *line) bool { phone, email := w.shares(r, was); return phone || email })
		if at >= 0 {
			r = w.rows[at]
		}
	}
	if r != nil {
		phone, email := w.shares(r, was)
		rule = rule || phone && w.shape.match.Phone || email && w.shape.match.Email || w.shape.contactID && r.cells[colContact] == is.ID
	}
	if !rule && !w.now.edited {
		w.t.Errorf("contact %s became that of %s, and no rule says so:\n was %s", is.ID, text(is.ExternalID), dump(was))
	}
}

// rowWritten checks what a run changed in a row, and takes it over.
func (w *world) rowWritten(r, now *line, before map[string]state.Link) {
	if slices.Equal(r.raw, now.raw) {
		return
	}
	if len(now.raw) != len(r.raw) {
		w.t.Errorf("row %s has %d cells, people left %d", w.identity(r), len(now.raw), len(r.raw))
		return
	}
	if t, ok := w.table.(sheetTable); ok {
		now = t.withoutStray(r, now)
	}
	if w.now.undo != nil {
		w.rowWrittenByUndo(r, now, before)
		copy(r.cells, now.cells)
		copy(r.raw, now.raw)
		return
	}
	c, paired := w.contactOf(r)
	if w.shape.contactID && (!w.shape.keyed || !paired) {
		c, paired = w.view[now.cells[colContact]]
	}
	wrong := func(col int, why string) {
		w.t.Errorf("row %s (%s): a run changed %s from %q to %q: %s", w.identity(r), r.cells[colNo], header[col], r.raw[col], now.raw[col], why)
	}
	for col := range r.raw {
		if r.raw[col] == now.raw[col] {
			continue
		}
		i := slices.IndexFunc(facets, func(f facet) bool { return f.column == col })
		switch {
		case col == colStatus && w.shape.status:
		case col == colContact && w.shape.contactID:
			if (!paired || c.ID != now.cells[col]) && w.linkOf(r).ContactID != now.cells[col] {
				wrong(col, "this is not the id of its contact")
			}
		case i < 0:
			wrong(col, "nobody maps that column")
		case w.broken(r) || w.filtered(r):
			wrong(col, "the row is not synced")
		case !w.shape.writes(i, contact.Source):
			wrong(col, "the field flows to Quo only")
		case facets[i].norm(w, r.cells[col]) == facets[i].norm(w, now.cells[col]):
			wrong(col, "it means the same")
		case !paired && !w.shape.keyed: // the id of its contact is yet to be written, and edits hide which one it is
		case !paired:
			wrong(col, "the row has no contact")
		case now.cells[col] == "" && w.byID[c.ID].Adopted && (mobileSlot.hides(&facets[i], c) || workSlot.hides(&facets[i], c)): // nobody knows it
		case now.cells[col] == "" && w.neverFilled(place{nil, c.ID, i}, place{r, "", i}):
			wrong(col, "an empty value that both sides never agreed on wipes nothing")
		case r.cells[col] == "" && w.shape.flows[i].keepEmpty && !w.touched[place{nil, c.ID, i}]:
			wrong(col, "an empty cell that is kept is filled only when Quo's value changes")
		case facets[i].norm(w, now.cells[col]) != facets[i].value(w, &c) && !w.now.ids[c.ID]:
			wrong(col, fmt.Sprintf("its contact %s holds %q", c.ID, facets[i].raw(&c)))
		}
	}
	copy(r.cells, now.cells)
	copy(r.raw, now.raw)
	if paired {
		w.witnessRow(r)
	}
}

// rowRemoved checks a row that a run deleted.
func (w *world) rowRemoved(r *line) {
	if w.now.undo != nil {
		w.rowRemovedByUndo(r)
		w.forget(r, "")
		return
	}
	c, there := w.contactOf(r)
	switch {
	case w.parted[w.linkOf(r).Key]:
		w.t.Errorf("row %s was deleted again after an undo", w.identity(r))
	case w.shape.contactGone != reconcile.ContactGoneDelete:
		w.t.Errorf("row %s was deleted, but contact_gone is %s", w.identity(r), w.shape.contactGone)
	case there && !w.now.edited && (isOurs(c) || w.shape.direction == contact.FromQuo): // not one whose id somebody pasted
		w.t.Errorf("row %s was deleted, but its contact %s is there", w.identity(r), c.ID)
	case w.shape.direction != contact.FromQuo && !w.witnessed["row "+w.identity(r)][w.sent(r)] &&
		(w.identity(r) != "" || !w.witnessed[fmt.Sprintf("row %p", r)][w.sent(r)]):
		w.t.Errorf("row %s was deleted, but it was changed after its contact went", w.identity(r))
	}
	w.braked("row "+r.cells[colNo], w.identity(r))
	w.forget(r, "")
}

// rowAdded checks a row that a run made.
func (w *world) rowAdded(r *line, before map[string]state.Link) {
	if w.bornRow[r] = slices.Clone(r.cells); w.now.undo != nil {
		w.rowAddedByUndo(r)
		return
	}
	identity := w.identity(r)
	c, ok := w.contactOf(r)
	old, linked := before[c.ID]
	asked := false
	for _, key := range []string{old.Key, text(c.ExternalID), r.cells[colID]} {
		asked = asked || key != "" && (w.relinked[key] || w.resolved[resolution{key, contact.WholeRecord, contact.Quo}] || w.resolved[resolution{key, "", contact.Quo}])
	}
	switch other := w.row(identity); {
	case w.parted[old.Key] && !asked && !w.now.edited:
		w.t.Errorf("row %s was made again after an undo", identity)
	case identity == "" || !ok:
		w.t.Errorf("the row %q was made for no contact", r.cells)
		return
	case w.shape.direction == contact.ToQuo:
		w.t.Errorf("row %s was made, but the sync is to-quo", identity)
	case other != nil:
		w.t.Errorf("row %s was made, but contact %s has a row", identity, c.ID)
	case w.shape.create == reconcile.CreateOff && !asked:
		w.t.Errorf("row %s was made, but create_in_source is off", identity)
	case w.shape.create == reconcile.CreateOurs && text(w.known[c.ID].Source) != label && !linked:
		w.t.Errorf("row %s was made for contact %s, which is not ours", identity, c.ID)
	case linked && !asked && !w.now.edited && w.known[c.ID].ID != "":
		w.t.Errorf("row %s was put back, and nobody asked for it", identity)
	case w.filtered(r):
		w.t.Errorf("row %s was made, but the filter leaves it out", identity)
	case w.shape.noCreates && w.now.braked && !w.unbraked && !w.approved[identity] && !w.approved[text(c.ExternalID)] && !w.approved[old.Key]:
		w.t.Errorf("row %s was made past the brake", identity)
	}
	for i := range facets {
		f := &facets[i]
		want := f.value(w, &c)
		if !w.shape.writes(i, contact.Source) {
			want = ""
		}
		if mobileSlot.hides(f, c) || workSlot.hides(f, c) {
			continue // nothing says that this is the one that the mapping names
		}
		if have := f.norm(w, r.cells[f.column]); have != want && !w.now.ids[c.ID] {
			w.t.Errorf("row %s was made with %q as %s, want %q", identity, r.cells[f.column], f.name, want)
		}
	}
	w.empty(c.ID) // a row that is put back is a first sight: its empty one-way fields were never those of a pair
	delete(w.missedAt, c.ID)
	w.witness(c.ID, content(c))
	w.witnessRow(r)
}

// settle notes which pairs a run settled, and the values on which both sides agree.
func (w *world) settle(clean bool) {
	for _, r := range w.rows {
		c, ok := w.contactOf(r)
		if !ok || w.filtered(r) || w.broken(r) {
			continue
		}
		link := w.byID[c.ID]
		w.witness(c.ID, content(c))
		w.witnessRow(r)
		done := clean && link.Linked() && !w.isOpen(r, c.ID) && !w.now.rows[r] && !w.now.ids[c.ID]
		if done {
			w.settled[c.ID] = true
			delete(w.missedAt, c.ID)
		}
		for i := range facets {
			f := &facets[i]
			cell, there := place{r, "", i}, place{nil, c.ID, i}
			v := f.value(w, &c)
			if v != f.norm(w, r.cells[f.column]) {
				continue
			}
			if done {
				w.filled[there] = v != ""
			}
			for _, p := range []place{cell, there} {
				if done {
					delete(w.agreed, p)
				}
				w.agree(p, v)
			}
		}
	}
}
