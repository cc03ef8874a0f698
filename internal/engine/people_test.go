package engine_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
)

// someTime is how long nothing happens before a run.
func (w *world) someTime() time.Duration {
	return []time.Duration{time.Second, 40 * time.Second, 6 * time.Minute, 15 * time.Minute, 3 * time.Hour}[w.rng.IntN(5)]
}

// choice is something that may happen, and how often.
type choice struct {
	weight int
	do     func()
}

// people are what people and fate do between two runs, runs the ways in which a run goes.
func (w *world) people() []choice {
	return []choice{
		{6, w.addRow}, {8, w.editRow}, {2, w.deleteRow}, {2, w.deleteSomeRows}, {1, w.deleteManyRows}, {2, w.sortRows}, {1, w.doubleRow}, {2, w.breakRow},
		{1, w.changeKey}, {6, w.editContact}, {4, w.editUnmapped}, {2, w.deleteContact}, {2, w.addBystander},
		{2, w.loseLabel}, {1, w.loseState}, {1, w.restoreState}, {2, w.backupState}, {2, w.approve}, {1, w.renameLabel}, {1, w.emptyFile},
	}
}

func (w *world) runs() []choice {
	return []choice{{4, w.cleanRun}, {4, w.faultyRun}, {8, w.crashedRun}, {2, w.editedRun}}
}

// happen lets one of the choices happen.
func (w *world) happen(choices []choice) {
	total := 0
	for _, c := range choices {
		total += c.weight
	}
	n := w.rng.IntN(total)
	for _, c := range choices {
		if n -= c.weight; n < 0 {
			c.do()
			return
		}
	}
}

func (w *world) someRow() []string {
	if len(w.rows) < 2 {
		return nil
	}
	return w.rows[1+w.rng.IntN(len(w.rows)-1)]
}

func (w *world) addRow() {
	for range 1 + w.rng.IntN(3) {
		r := w.newRow()
		at := 1 + w.rng.IntN(len(w.rows))
		w.rows = slices.Insert(w.rows, at, r)
		w.note("row %s added", r[colID])
	}
	w.saveRows()
}

func (w *world) editRow() {
	r := w.someRow()
	if r == nil {
		return
	}
	fresh := w.newRow()
	col := 1 + w.rng.IntN(len(header)-1)
	r[col] = fresh[col]
	w.note("row %s: %s = %q", r[colID], header[col], r[col])
	if col == colFirst {
		w.wroteFirst(r)
	}
	w.saveRows()
}

// wroteFirst notes that a person wrote the first name of a row.
func (w *world) wroteFirst(r []string) {
	w.edits = append(w.edits, edit{key: r[colID], row: r, side: contact.Source, field: "firstName", value: strings.TrimSpace(r[colFirst])})
}

func (w *world) deleteRow() {
	if len(w.rows) < 3 {
		return
	}
	at := 1 + w.rng.IntN(len(w.rows)-1)
	w.removeRow(at)
	w.saveRows()
}

func (w *world) removeRow(at int) {
	key := w.rows[at][colID]
	w.note("row %s deleted", key)
	w.rows = slices.Delete(w.rows, at, at+1)
	w.gone(key)
}

// gone notes that the row of a key went, and what its contact held then.
func (w *world) gone(key string) {
	w.goneAt[key] = w.clock.Now()
	if c, ok := w.contactOf(key); ok {
		w.heldThen[key] = content(c)
	}
}

// content is what a contact holds, without what Quo assigns.
func content(c quosim.Contact) string {
	c.UpdatedAt = time.Time{}
	for _, items := range []*[]quosim.Item{&c.PhoneNumbers, &c.Emails} {
		*items = slices.Clone(*items)
		for i := range *items {
			(*items)[i].ID = ""
		}
	}
	return dump(c)
}

func (w *world) deleteSomeRows() {
	for range 3 {
		w.deleteRow()
	}
}

// deleteManyRows is the mistake that the brake is for.
func (w *world) deleteManyRows() {
	for range len(w.rows) / 2 {
		if len(w.rows) > 2 {
			w.removeRow(1 + w.rng.IntN(len(w.rows)-1))
		}
	}
	w.saveRows()
}

// approve lets some of the held operations through, or all.
func (w *world) approve() {
	store := w.store()
	defer store.Close()
	ctx := context.Background()
	held, err := store.Held(ctx, "customers")
	if err != nil {
		w.t.Fatal(err)
	}
	if len(held) == 0 {
		return
	}
	var keys []string
	for _, h := range held {
		if w.rng.IntN(2) == 0 {
			keys = append(keys, h.Key)
			w.approved[h.Key] = true
		}
	}
	if len(keys) == 0 {
		return
	}
	w.note("approved %v of run %d", keys, held[0].Run)
	if _, err := store.Approve(ctx, held[0].Run, keys); err != nil {
		w.t.Errorf("approve: %v", err)
	}
}

// renameLabel is a person who calls a number by another name.
func (w *world) renameLabel() {
	c, ok := w.ours()
	if !ok || len(c.PhoneNumbers) == 0 {
		return
	}
	w.edit(c.ID, func(c *quosim.Contact) { c.PhoneNumbers[0].Name = w.pick("Handy", "Mobile", "cell") })
	w.note("contact %s: another label", text(c.ExternalID))
}

func (w *world) sortRows() {
	w.rng.Shuffle(len(w.rows)-1, func(i, j int) { w.rows[i+1], w.rows[j+1] = w.rows[j+1], w.rows[i+1] })
	w.saveRows()
}

func (w *world) doubleRow() {
	if r := w.someRow(); r != nil {
		w.rows = append(w.rows, slices.Clone(r))
		w.note("row %s copied", r[colID])
		w.saveRows()
	}
}

func (w *world) breakRow() {
	if r := w.someRow(); r != nil {
		switch w.rng.IntN(3) {
		case 0:
			r[colPhone] = "555-12"
		case 1:
			r[colScore] = "many"
		case 2:
			r[colFirst], r[colLast], r[colCompany] = "", "", ""
			w.wroteFirst(r)
		}
		w.note("row %s broken", r[colID])
		w.saveRows()
	}
}

func (w *world) changeKey() {
	if r := w.someRow(); r != nil {
		w.nextID++
		old := r[colID]
		r[colID] = w.pick("", old+"-x")
		w.gone(old)
		if c, ok := w.contactOf(old); ok && len(c.PhoneNumbers) == 1 && c.PhoneNumbers[0].Value == e164(r[colPhone]) {
			w.moved[old], w.phoneAtMove[old] = r, r[colPhone] // what tells that it is the same person
		}
		w.note("row %s got key %q", old, r[colID])
		w.saveRows()
	}
}

// ours returns one of our contacts.
func (w *world) ours() (quosim.Contact, bool) {
	var all []quosim.Contact
	for _, c := range w.quo.Contacts() {
		if text(c.Source) == label {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return quosim.Contact{}, false
	}
	return all[w.rng.IntN(len(all))], true
}

// orphan returns one of our contacts whose row is gone, or else any.
func (w *world) orphan() (quosim.Contact, bool) {
	for _, c := range w.quo.Contacts() {
		if text(c.Source) == label && w.row(text(c.ExternalID)) == nil {
			return c, true
		}
	}
	return w.ours()
}

func (w *world) edit(id string, change func(*quosim.Contact)) {
	before, _ := w.quo.Get(id)
	if err := w.quo.Edit(id, change); err != nil {
		w.t.Fatal(err)
	}
	after, _ := w.quo.Get(id)
	if content(after) != content(before) {
		w.editedAt[id] = w.clock.Now()
	}
}

// editContact is a person who changes a field that the mapping names.
func (w *world) editContact() {
	c, ok := w.ours()
	if !ok {
		return
	}
	value := w.pick("Zoë", "Kim", "Renée")
	w.edit(c.ID, func(c *quosim.Contact) {
		if w.rng.IntN(3) == 0 {
			c.PhoneNumbers = nil
			value = ""
			return
		}
		c.FirstName = &value
	})
	w.note("contact %s (%s): firstName %q", text(c.ExternalID), c.ID, value)
	w.edits = append(w.edits, edit{key: text(c.ExternalID), id: c.ID, side: contact.Quo, field: "firstName", value: value})
}

// editUnmapped is a person who changes what the mapping does not name.
func (w *world) editUnmapped() {
	c, ok := w.ours()
	if !ok {
		return
	}
	w.edit(c.ID, func(c *quosim.Contact) {
		role := w.pick("CTO", "Owner")
		c.Role = &role
		c.Emails = append(slices.DeleteFunc(c.Emails, func(i quosim.Item) bool { return i.Name == "home" }),
			quosim.Item{Name: "home", Value: w.pick("h1@example.net", "h2@example.net")})
		c.Extra = map[string]json.RawMessage{"location": json.RawMessage(w.pick(`"Oslo"`, `{"city":"Rome"}`))}
	})
	w.note("contact %s: unmapped content", text(c.ExternalID))
	w.remember(c.ID)
}

// remember notes what the mapping does not name in a contact.
func (w *world) remember(id string) {
	if c, ok := w.quo.Get(id); ok {
		w.extras[id] = c
	}
}

func (w *world) deleteContact() {
	c, ok := w.ours()
	if !ok {
		return
	}
	if err := w.quo.Delete(c.ID); err != nil {
		w.t.Fatal(err)
	}
	w.peopleDeleted[c.ID] = true
	delete(w.extras, c.ID)
	w.note("contact %s (%s) deleted in Quo", text(c.ExternalID), c.ID)
}

func (w *world) addBystander() {
	name, phone := w.pick("Eve", "Mallory"), w.phone()
	c := quosim.Contact{FirstName: &name, PhoneNumbers: []quosim.Item{{Name: "mobile", Value: phone}}}
	if source := w.pick("", "csv-v2", "public-api", "openphone-attio", "zapier"); source != "" {
		c.Source = &source
	}
	if r := w.someRow(); r != nil && w.rng.IntN(3) == 0 { // somebody else's contact with one of our keys
		c.ExternalID, c.Source = &r[colID], new("other-system")
		if r[colID] == "" {
			c.ExternalID = nil
		}
	}
	added, err := w.quo.Add(c)
	if err != nil {
		return // the pair is taken
	}
	w.bystanders[added.ID] = added
	w.note("bystander %s", added.ID)
}

// loseLabel is somebody who changes what makes a contact ours.
func (w *world) loseLabel() {
	c, ok := w.ours()
	if !ok {
		return
	}
	w.edit(c.ID, func(c *quosim.Contact) {
		what := w.rng.IntN(3)
		if what != 0 {
			c.ExternalID = nil
		}
		if what != 1 {
			c.Source = nil
		}
	})
	w.note("contact %s (%s) lost its label or key", text(c.ExternalID), c.ID)
}

func (w *world) cleanRun() {
	w.clock.advance(w.someTime())
	w.checkDoubled(w.run(runOptions{}))
}

func (w *world) faultyRun() {
	w.clock.advance(w.someTime())
	w.run(runOptions{faults: 0.02 + w.rng.Float64()*0.3})
}

func (w *world) crashedRun() {
	w.clock.advance(w.someTime())
	o := runOptions{crashAt: 1 + w.rng.IntN([]int{8, 20, 60}[w.rng.IntN(3)])}
	if w.rng.IntN(3) == 0 {
		o.faults = 0.1
	}
	w.run(o)
}

// editedRun is a run while somebody edits both sides between any two requests. An edit between the last read of a
// contact and the answer to its write may be lost; one that was read before the write may not.
func (w *world) editedRun() {
	w.clock.advance(w.someTime())
	countdown := 1 + w.rng.IntN(12)
	var touched quosim.Contact
	lost := false
	w.quo.OnRequest(func(n int, r *http.Request) {
		w.watch(n, r)
		w.mu.Lock()
		defer w.mu.Unlock()
		if countdown--; countdown == 0 {
			w.addBystander()
			w.editRow()
			if c, ok := w.orphan(); ok {
				touched, w.unread = c, c.ID
				w.edit(c.ID, func(c *quosim.Contact) { c.Role = new(w.pick("Midway", "Halfway")) })
				w.remember(c.ID)
			}
		}
		aboutIt := touched.ID != "" && strings.HasSuffix(r.URL.Path, "/"+touched.ID)
		switch {
		case r.Method == http.MethodGet:
			if aboutIt || slices.Contains(r.URL.Query()["externalIds"], text(touched.ExternalID)) {
				w.unread = ""
			}
		case aboutIt && w.unread != "":
			lost = true
		}
	})
	w.run(runOptions{})
	w.quo.OnRequest(w.watch)
	w.unread = ""
	if lost {
		w.remember(touched.ID)
	}
}

// emptyFile is a file that lost its rows: a run must stop at it.
func (w *world) emptyFile() {
	rows := w.rows
	w.rows = rows[:1]
	w.note("the file lost its rows")
	w.saveRows()
	w.clock.advance(time.Hour)
	if report := w.run(runOptions{}); report.Deleted+len(report.Waiting) > 0 {
		w.t.Errorf("an emptied file led to deletes: %+v", report)
	}
	w.rows = rows
	w.saveRows()
}

func (w *world) backupState() {
	if data, err := os.ReadFile(w.path("state.db")); err == nil {
		os.WriteFile(w.path("backup.db"), data, 0o600)
	}
}

func (w *world) restoreState() {
	data, err := os.ReadFile(w.path("backup.db"))
	if err != nil {
		return
	}
	w.loseState()
	os.WriteFile(w.path("state.db"), data, 0o600)
	w.note("state restored from the backup")
}

func (w *world) loseState() {
	for _, name := range []string{"state.db", "state.db-wal", "state.db-shm"} {
		os.Remove(w.path(name))
	}
	w.stateLost = true
	w.edits = nil
	w.note("state lost")
}
