package engine_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
)

// watch checks every request at the moment when it arrives.
func (w *world) watch(_ int, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	if r.Method == http.MethodGet {
		w.reads(id, r.URL.Query()["externalIds"])
		return
	}
	process := r.Header.Get("Authorization")
	if w.shape.direction == contact.FromQuo {
		w.t.Errorf("%s %s, but the sync is from-quo", r.Method, r.URL.Path)
	}
	if len(w.now.writers) == 0 || w.now.writers[len(w.now.writers)-1] != process {
		w.now.writers = append(w.now.writers, process)
	}
	if w.now.unread[id] {
		w.now.blind[id] = true
	}
	w.now.flying[id]++
	switch r.Method {
	case http.MethodPost:
		w.watchCreate(r)
	case http.MethodPatch:
		if w.rereads[process] && !w.now.looked[id] {
			w.t.Errorf("contact %s is written, but was not read again", id)
		}
	case http.MethodDelete:
		w.watchDelete(id)
	}
}

// reads notes that a run read what people did to contacts while it went on.
func (w *world) reads(id string, keys []string) {
	delete(w.now.unread, id)
	w.now.looked[id], w.now.got[id] = true, true
	for _, c := range w.quo.Contacts() {
		if slices.Contains(keys, text(c.ExternalID)) {
			delete(w.now.unread, c.ID)
			w.now.looked[c.ID] = true
		}
	}
}

// watchAnswer notes what became of a write.
func (w *world) watchAnswer(_ int, r *http.Request, status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]; r.Method != http.MethodGet {
		w.now.flying[id]--
	}
	if r.Method != http.MethodPost {
		return
	}
	if sent, ok := body(r); ok {
		s := w.posted[text(sent.ExternalID)]
		s.heard = status >= 200 && status < 500
		w.posted[text(sent.ExternalID)] = s
	}
}

// body reads what is sent.
func body(r *http.Request) (c quosim.Contact, ok bool) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return c, false // the process died
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	sent := struct {
		ExternalID, Source *string
		DefaultFields      *quosim.Contact
	}{DefaultFields: &c}
	err = json.Unmarshal(data, &sent)
	c.ExternalID, c.Source = sent.ExternalID, sent.Source
	return c, err == nil
}

// watchCreate checks that a contact is made for a row that has none, nowhere, and never twice.
func (w *world) watchCreate(r *http.Request) {
	c, ok := body(r)
	key := text(c.ExternalID)
	if !ok || key == "" || text(c.Source) != label {
		w.t.Errorf("a contact is created without our label or a key: %s", dump(c))
		return
	}
	for _, other := range w.quo.Contacts() {
		if text(other.Source) == label && text(other.ExternalID) == key && !w.now.edited {
			w.t.Errorf("contact %s is created, but it is there: it was not looked up", key)
		}
	}
	if before, ok := w.posted[key]; ok && !before.heard && w.clock.Now().Sub(before.at) < leaseTTL {
		w.t.Errorf("contact %s is created again %v after a create that went unheard: it was not settled", key, w.clock.Now().Sub(before.at))
	}
	w.posted[key] = sending{at: w.clock.Now(), process: w.processes}
	if w.now.undo != nil {
		if w.now.undo.operation(contact.Quo, contact.Create, ofKey(key)) == nil {
			w.t.Errorf("contact %s is created by an undo of which nobody saw that", key)
		}
		return
	}
	row := w.row(key)
	if !w.shape.keyed {
		row = w.asking(c)
	}
	switch {
	case w.parted[key] && !w.relinked[key]:
		w.t.Errorf("contact %s is created again after an undo", key)
	case row == nil && !w.now.edited:
		w.t.Errorf("contact %s is created, but no row asks for it", key)
		return
	case row == nil:
		return
	case w.filtered(row):
		w.t.Errorf("contact %s is created, but the filter leaves its row out", key)
	case w.shape.keyed && w.shape.contactID && row.cells[colContact] != "" && w.links[key].Key == "" && !w.alone[key] && !w.now.edited:
		w.t.Errorf("contact %s is created, but its row names %s", key, row.cells[colContact])
	}
	if w.shape.noCreates && w.now.braked && !w.unbraked && !w.approved[key] {
		w.t.Errorf("contact %s is created past the brake", key)
	}
	if was := w.links[key]; was.Linked() && was.ContactID != "" && !w.now.got[was.ContactID] && !w.now.edited {
		w.t.Errorf("contact %s is made again, but Quo was not asked for %s", key, was.ContactID)
	}
	if values, ok := w.kept[key]; ok && values == w.values(row) && w.shape.contactGone == reconcile.ContactGoneKeep && !w.relinked[key] && !w.now.edited {
		w.t.Errorf("contact %s is created again, but people deleted it and its row is as it was", key)
	}
	if w.shape.match != (reconcile.Match{}) && !w.alone[key] {
		for _, who := range identities(c) {
			for _, id := range w.now.strangers[who] {
				named := slices.ContainsFunc(w.rows, func(r *line) bool {
					return w.shape.contactID && r.cells[colContact] == id || w.matched[w.identity(r)] == id
				})
				if twin, ok := w.quo.Get(id); ok && !named && !w.now.ids[id] && slices.Contains(identities(twin), who) && text(twin.Source) != label {
					w.t.Errorf("contact %s is created, but %s has %s already", key, id, who)
				}
			}
		}
	}
}

// asking is a row that names no contact and holds what is sent, as far as it is sent.
func (w *world) asking(c quosim.Contact) *line {
	for _, r := range w.rows {
		if id := r.cells[colContact]; id != "" && !w.peopleDeleted[id] && w.gone[id].ID == "" {
			continue
		}
		if w.isSent(r, c) && !w.filtered(r) {
			return r
		}
	}
	return nil
}

// watchDelete checks that the rule of a delete holds, and that the brake does.
func (w *world) watchDelete(id string) {
	c, ok := w.quo.Get(id)
	if !ok {
		return // it is gone already
	}
	if w.now.undo != nil {
		w.deletedByUndo(c)
		return
	}
	identity := w.identityOf(c)
	if identity == "" {
		identity = text(c.ExternalID)
	}
	missed, now := w.missedAt[id], w.clock.Now()
	fail := func(format string, args ...any) {
		w.t.Helper()
		w.t.Errorf("contact %s of %s is deleted, but "+format, append([]any{id, identity}, args...)...)
	}
	switch row := w.moved[identity]; {
	case !w.ours[id] && w.byID[id].Key == "":
		fail("it is not ours")
	case w.parted[w.byID[id].Key]:
		fail("an undo made it, or its row")
	case w.shape.rowGone != reconcile.RowGoneDelete:
		fail("row_gone is keep")
	case !w.made[id] && !w.maybeMade[id] && !w.shape.deleteAdopted:
		fail("syncd did not make it")
	case w.row(identity) != nil:
		fail("its row is there")
	case !w.shape.keyed && slices.ContainsFunc(w.rows, func(r *line) bool {
		phone, _ := w.shares(r, c)
		return phone && r.cells[colContact] == ""
	}):
		fail("its row only lost the id")
	case missed.IsZero() || now.Sub(missed) < grace:
		fail("its row was missed at %v", missed)
	case !w.now.got[id]:
		fail("it was not read right before")
	case !w.now.unread[id] && !w.now.blind[id] && !w.witnessed[id][content(c)]:
		fail("a person edited it, and no run saw that while its row was there: %s", dump(c))
	case row != nil && slices.Contains(w.rows, row) && e164(row.cells[colPhone]) == w.movedTel[identity] && mobile(&c) == w.movedTel[identity] && w.linkOf(row).Key == "":
		fail("its row only has another key")
	}
	w.braked("contact "+id, identity)
}

// braked checks that no more deletes happen in 24 hours without a person's word than the brake lets pass.
func (w *world) braked(what, identity string) {
	side := what[:strings.Index(what, " ")]
	if w.unbraked || w.approved[identity] || w.approved[w.byID[identity].Key] || w.stateLost || w.deleted[what] {
		return
	}
	w.deleted[what] = true // the same one may be tried again
	w.deletes[side] = append(w.deletes[side], w.clock.Now())
	recent := 0
	for _, at := range w.deletes[side] {
		if w.clock.Now().Sub(at) < 24*time.Hour {
			recent++
		}
	}
	if limit := max(5, w.now.linked/10); recent > limit {
		w.t.Errorf("%d deletes of a %s within 24 hours without a person's word, and the brake lets %d pass", recent, side, limit)
	}
}
