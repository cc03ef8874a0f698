package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"syncd/internal/quo/quosim"
	"syncd/internal/state"
)

// someTime is how long nothing happens before a run.
func (w *world) someTime() time.Duration {
	return pick(w.rng, time.Second, 40*time.Second, 6*time.Minute, 15*time.Minute, 3*time.Hour)
}

// choice is something that may happen, and how often.
type choice struct {
	weight int
	do     func()
}

// people are what people and fate do between two runs.
func (w *world) people() []choice {
	calm := []choice{
		{6, w.addRow}, {9, w.editRow}, {2, w.deleteRow}, {1, w.deleteSomeRows}, {2, w.sortRows}, {8, w.editContact},
		{4, w.editBoth}, {3, w.editUnmapped}, {2, w.deleteContact}, {1, w.renameLabel}, {2, w.editTimeOfDay}, {2, w.resolve}, {1, w.moveFilter}, {1, w.approve},
		{1, w.addBystander},
	}
	if w.shape.calm {
		return calm
	}
	return append(calm, []choice{
		{2, w.addRow}, {2, w.editContact}, {1, w.deleteManyRows}, {1, w.doubleRow}, {2, w.breakRow}, {1, w.changeKey}, {1, w.moveKeys}, {1, w.copyRow},
		{1, w.addEqualRow}, {2, w.clearID}, {2, w.pasteID}, {2, w.addNamedRow}, {4, w.undoDeleteRow}, {2, w.undoDeleteContact}, {2, w.addBystander}, {3, w.addTwin},
		{2, w.loseLabel}, {1, w.loseState}, {1, w.restoreState}, {2, w.backupState}, {1, w.emptyFile},
		{2, w.resolve}, {1, w.relink}, {1, w.rekey}, {2, w.match}, {2, w.approve}, {1, w.editManyRows},
	}...)
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

func (w *world) someRow() *line {
	if len(w.rows) == 0 {
		return nil
	}
	return w.rows[w.rng.IntN(len(w.rows))]
}

func (w *world) addRow() {
	for range 1 + w.rng.IntN(3) {
		w.insert(w.newRow())
	}
	w.saveRows()
}

// insert puts a row anywhere.
func (w *world) insert(r *line) {
	w.rows = slices.Insert(w.rows, w.rng.IntN(len(w.rows)+1), r)
	w.wroteRow(r)
	w.note("row %s added: %q", w.identity(r), r.cells)
}

func (w *world) editRow() {
	if r := w.someRow(); r != nil {
		w.editCell(r, w.rng.IntN(len(facets)+1))
		w.saveRows()
	}
}

// editCell is a person who writes a cell of a facet, or one that is not mapped.
func (w *world) editCell(r *line, i int) {
	col, value := colNotes, w.pick("", "a note")
	if i < len(facets) {
		col, value = facets[i].column, facets[i].cell(w)
		if w.rng.IntN(5) == 0 && i > 0 {
			value = ""
		}
	}
	if col != colNotes && (w.broken(r) || w.filtered(r)) {
		col, value = colNotes, "not yet"
	}
	w.write(r, col, value)
	if w.broken(r) { // without any name
		w.write(r, colFirst, "Ann")
	}
	w.note("row %s: %s = %q", w.identity(r), header[col], value)
}

func (w *world) editManyRows() {
	for _, r := range w.rows {
		if !w.broken(r) && !w.filtered(r) {
			w.editCell(r, 2)
		}
	}
	w.saveRows()
}

func (w *world) deleteRow() {
	if len(w.rows) > 1 {
		at := w.rng.IntN(len(w.rows))
		if i := slices.Index(w.rows, w.back); i >= 0 && w.rng.IntN(3) == 0 { // once more
			at = i
		}
		w.removeRow(at)
		w.saveRows()
	}
}

func (w *world) removeRow(at int) {
	r := w.rows[at]
	w.note("row %s deleted", w.identity(r))
	w.rows = slices.Delete(w.rows, at, at+1)
	w.removed = append(w.removed, r)
	w.forget(r, "")
}

func (w *world) deleteSomeRows() {
	for range 3 {
		w.deleteRow()
	}
}

// deleteManyRows is the mistake that the brake is for.
func (w *world) deleteManyRows() {
	for range (len(w.rows) + 1) / 2 {
		if len(w.rows) > 1 {
			w.removeRow(w.rng.IntN(len(w.rows)))
		}
	}
	w.saveRows()
}

// undoDeleteRow puts a row back as it was.
func (w *world) undoDeleteRow() {
	if len(w.removed) == 0 {
		return
	}
	at := len(w.removed) - 1
	if w.rng.IntN(2) == 0 {
		at = w.rng.IntN(len(w.removed))
	}
	r := w.removed[at]
	w.removed = slices.Delete(w.removed, at, at+1)
	if w.row(w.identity(r)) != nil {
		return
	}
	if w.shape.status {
		r.cells[colStatus] = ""
	}
	w.back = r
	w.insert(r)
	w.saveRows()
}

func (w *world) sortRows() {
	w.rng.Shuffle(len(w.rows), func(i, j int) { w.rows[i], w.rows[j] = w.rows[j], w.rows[i] })
	w.saveRows()
}

// copied is a copy of a row, in which people write that it is one.
func copied(r *line) *line {
	c := &line{cells: slices.Clone(r.cells)}
	c.cells[colNo], c.cells[colNotes] = "", "copy"
	return c
}

// insertCopy puts a copy of a row anywhere. Where both are known by the same, one of the two goes again, whichever.
func (w *world) insertCopy(r, c *line) {
	for i := range facets {
		if w.identity(r) == w.identity(c) {
			w.agreed[place{c, "", i}] = maps.Clone(w.agreed[place{r, "", i}])
		}
	}
	w.insert(c)
}

func (w *world) doubleRow() {
	if r := w.someRow(); r != nil {
		w.insertCopy(r, copied(r))
		w.saveRows()
	}
}

// copyRow is a person who copies a row and gives the copy a key of its own, and maybe no contact.
func (w *world) copyRow() {
	if r := w.someRow(); r != nil {
		c := copied(r)
		w.nextID++
		if w.shape.keyed {
			c.cells[colID] = w.pick(r.cells[colID]+"-copy", strings.ToLower(r.cells[colID]))
		}
		if w.rng.IntN(2) == 0 {
			c.cells[colContact] = ""
		}
		w.insertCopy(r, c)
		w.saveRows()
	}
}

// addEqualRow is a new row that says the same as another one.
func (w *world) addEqualRow() {
	if r := w.someRow(); r != nil {
		fresh := w.newRow()
		for _, f := range facets {
			fresh.cells[f.column] = r.cells[f.column]
		}
		w.insert(fresh)
		w.saveRows()
	}
}

func (w *world) breakRow() {
	r := w.someRow()
	if r == nil {
		return
	}
	switch w.rng.IntN(3) {
	case 0:
		w.write(r, colPhone, "555-12")
	case 1:
		w.write(r, colScore, "many")
	case 2:
		for _, col := range []int{colFirst, colLast, colCompany} {
			w.write(r, col, "")
		}
	}
	w.note("row %s broken", w.identity(r))
	w.saveRows()
}

// changeKey is a person who writes another key, or none, into a row.
func (w *world) changeKey() {
	r := w.someRow()
	if r == nil || !w.shape.keyed {
		return
	}
	old := w.identity(r)
	fresh := w.pick("", old+"-x", strings.ToLower(old))
	w.identify(r, colID, fresh)
	w.note("row %s got key %q", old, fresh)
	w.saveRows()
}

// identify changes what a row is known by.
func (w *world) identify(r *line, col int, value string) {
	old := w.identity(r)
	if c, ok := w.contactOf(r); ok && mobile(&c) != "" && mobile(&c) == e164(r.cells[colPhone]) && w.settled[c.ID] {
		w.moved[old], w.movedTel[old] = r, mobile(&c) // what tells that it is the same person
	}
	r.cells[col] = value
	if w.identity(r) != old {
		w.wroteRow(r)
	}
}

// moveKeys swaps what two rows are known by.
func (w *world) moveKeys() {
	a, b := w.someRow(), w.someRow()
	if a == nil || a == b {
		return
	}
	w.note("rows %s and %s swap keys", w.identity(a), w.identity(b))
	for _, col := range []int{colID, colContact} {
		a.cells[col], b.cells[col] = b.cells[col], a.cells[col]
	}
	for i := range facets { // what the records agreed on stays with the keys
		x, y := place{a, "", i}, place{b, "", i}
		w.agreed[x], w.agreed[y] = w.agreed[y], w.agreed[x]
	}
	w.wroteRow(a)
	w.wroteRow(b)
	w.saveRows()
}

// clearID empties the id of a row's contact.
func (w *world) clearID() {
	if r := w.someRow(); r != nil && w.shape.contactID {
		w.note("row %s (%s) lost its contact's id", w.identity(r), r.cells[colNo])
		w.identify(r, colContact, "")
		w.saveRows()
	}
}

// pasteID writes the id of another contact, or nonsense, into a row.
func (w *world) pasteID() {
	r, other := w.someRow(), w.someRow()
	if r == nil || !w.shape.contactID {
		return
	}
	id := w.pick(other.cells[colContact], "nonsense", "../v1", "0123456789abcdef01234567")
	if c, ok := w.someContact(func(c quosim.Contact) bool { return !w.ours[c.ID] }); ok && w.rng.IntN(2) == 0 {
		id = c.ID
	}
	w.note("row %s (%s) got the contact id %q", w.identity(r), r.cells[colNo], id)
	for i := range facets { // without a key the row becomes the record's, which knows these values
		for value := range w.agreed[place{nil, id, i}] {
			if !w.shape.keyed {
				w.agree(place{r, "", i}, value)
			}
		}
	}
	w.identify(r, colContact, id)
	w.saveRows()
}

// addNamedRow is a new row that names a contact: one that people made, that is gone or that never was.
func (w *world) addNamedRow() {
	if !w.shape.contactID {
		return
	}
	r, id := w.newRow(), w.pick("nonsense", "0123456789abcdef01234567")
	if c, ok := w.someContact(func(c quosim.Contact) bool { return !w.ours[c.ID] }); ok && w.rng.IntN(2) == 0 {
		id = c.ID
	} else if len(w.erased) > 0 && w.rng.IntN(2) == 0 {
		id = w.erased[w.rng.IntN(len(w.erased))].ID
	}
	r.cells[colContact] = id
	w.insert(r)
	w.saveRows()
}

// moveFilter moves a row out of the filter, or back.
func (w *world) moveFilter() {
	if r := w.someRow(); r != nil {
		r.cells[colKind] = w.pick("customer", "other")
		w.note("row %s is a %s", w.identity(r), r.cells[colKind])
		w.stamp(r)
		w.saveRows()
	}
}

// emptyFile is a file that lost its rows: a run must stop at it.
func (w *world) emptyFile() {
	rows := w.rows
	w.rows = nil
	w.note("the file lost its rows")
	w.saveRows()
	w.clock.advance(time.Hour)
	linked := slices.ContainsFunc(slices.Collect(maps.Values(w.links)), func(l linkState) bool { return l.Linked() })
	if report := w.run(runOptions{}); linked && (report.Err() == nil || report.Deleted+report.Unlinked+len(report.Waiting) > 0) {
		w.t.Errorf("a run goes on with an emptied file: %+v", report)
	}
	w.rows = append(rows, w.rows...)
	w.saveRows()
}

// someContact returns one of the contacts that are as asked for.
func (w *world) someContact(is func(quosim.Contact) bool) (quosim.Contact, bool) {
	var all []quosim.Contact
	for _, c := range w.quo.Contacts() {
		if is(c) {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return quosim.Contact{}, false
	}
	return all[w.rng.IntN(len(all))], true
}

func isOurs(c quosim.Contact) bool { return text(c.Source) == label }

// edit is a person who changes a contact.
func (w *world) edit(id string, change func(*quosim.Contact)) {
	if w.now.flying[id] > 0 {
		w.now.blind[id] = true
	}
	if err := w.quo.Edit(id, change); err != nil {
		w.t.Fatal(err)
	}
	c, _ := w.quo.Get(id)
	w.known[id], w.view[id] = c, c
}

// editContact is a person who changes a field that the mapping names.
func (w *world) editContact() {
	if c, ok := w.someContact(isOurs); ok {
		w.editFacet(c.ID, w.rng.IntN(len(facets)))
	}
}

func (w *world) editFacet(id string, i int) {
	f := &facets[i]
	value := f.again(w)
	if w.rng.IntN(5) == 0 && i > 0 {
		value = ""
	}
	w.edit(id, func(c *quosim.Contact) { f.set(w, c, value) })
	c := w.known[id]
	w.note("contact %s (%s): %s = %q", text(c.ExternalID), id, f.name, f.raw(&c))
	w.wrote(place{nil, id, i}, f.value(w, &c))
	w.touched[place{nil, id, i}] = true
}

// editBoth is two people who write one field on both sides.
func (w *world) editBoth() {
	r := w.someRow()
	if r == nil {
		return
	}
	c, ok := w.contactOf(r)
	if !ok || !isOurs(c) || w.broken(r) || w.filtered(r) {
		return
	}
	i := w.rng.IntN(len(facets))
	w.editCell(r, i)
	w.saveRows()
	if w.rng.IntN(2) == 0 {
		w.clock.advance(time.Minute)
	}
	w.editFacet(c.ID, i)
	if w.rng.IntN(3) == 0 {
		w.clock.advance(time.Minute)
		w.editCell(r, i)
		w.saveRows()
	}
}

// editTimeOfDay is somebody who writes another time of the same day.
func (w *world) editTimeOfDay() {
	i := slices.IndexFunc(facets, func(f facet) bool { return f.column == colBorn })
	f := &facets[i]
	if c, ok := w.someContact(func(c quosim.Contact) bool { return isOurs(c) && f.raw(&c) != "" }); ok {
		day := f.value(w, &c)
		w.edit(c.ID, func(c *quosim.Contact) { f.set(w, c, day) })
		w.note("contact %s: another time of day", text(c.ExternalID))
	}
}

// editUnmapped is a person who changes what the mapping does not name.
func (w *world) editUnmapped() {
	if c, ok := w.someContact(isOurs); ok {
		w.editRest(c.ID)
	}
}

func (w *world) editRest(id string) {
	w.edit(id, func(c *quosim.Contact) {
		c.Role = new(w.pick("CTO", "Owner"))
		c.SourceURL = new(w.pick("https://example.com/1", "https://example.com/2"))
		c.Emails = putItem(c.Emails, "home", w.pick("h1@example.net", "h2@example.net", ""))
		c.PhoneNumbers = putItem(c.PhoneNumbers, "fax", w.pick("+14085550001", "+14085550002", ""))
		putCustom(c, "66d0d87d534de8fd1c433c06", "x", w.pick("https://a.example", "https://b.example"))
		c.Extra = map[string]json.RawMessage{"location": json.RawMessage(w.pick(`"Oslo"`, `{"city":"Rome"}`))}
	})
	w.note("contact %s (%s): unmapped content", text(w.known[id].ExternalID), id)
}

// renameLabel is a person who calls a number by another name. Who changes the number too before a run comes by has
// another number, to everybody's eyes; and so has one whose number a run changed without hearing the answer.
func (w *world) renameLabel() {
	unheard, err := w.state.Open(context.Background(), "customers")
	if err != nil {
		w.t.Fatal(err)
	}
	i := slices.IndexFunc(facets, func(f facet) bool { return f.column == colPhone })
	known := func(c quosim.Contact) bool {
		_, edited := w.edits[place{nil, c.ID, i}]
		sent := slices.ContainsFunc(unheard, func(e state.Entry) bool { return e.ContactID == c.ID })
		return isOurs(c) && mobile(&c) != "" && !edited && !sent && w.settled[c.ID]
	}
	if c, ok := w.someContact(known); ok {
		w.edit(c.ID, func(c *quosim.Contact) { c.PhoneNumbers[mobileSlot.index(c)].Name = w.pick("Handy", "Mobile", "cell") })
		w.touched[place{nil, c.ID, i}] = true // it may have the name now that the mapping knows
		w.note("contact %s (%s): another label", text(c.ExternalID), c.ID)
	}
}

func (w *world) deleteContact() {
	c, ok := w.someContact(isOurs)
	if !ok {
		return
	}
	if r := w.rowOf(c); r != nil && w.settled[c.ID] && !w.isOpen(r, c.ID) && w.calls && w.calmly(r, c.ID) {
		w.kept[w.byID[c.ID].Key] = w.values(r)
	}
	w.removeContact(c)
}

func (w *world) removeContact(c quosim.Contact) {
	if err := w.quo.Delete(c.ID); err != nil {
		w.t.Fatal(err)
	}
	w.peopleDeleted[c.ID] = true
	w.erased = append(w.erased, c)
	w.forget(nil, c.ID)
	delete(w.known, c.ID)
	delete(w.view, c.ID)
	w.note("contact %s (%s) deleted in Quo", text(c.ExternalID), c.ID)
}

// calmly reports whether nobody wrote in a row or its contact what is not on both sides.
func (w *world) calmly(r *line, id string) bool {
	for i := range facets {
		_, here := w.edits[place{r, "", i}]
		_, there := w.edits[place{nil, id, i}]
		if here || there {
			return false
		}
	}
	return true
}

// undoDeleteContact makes a contact again that was deleted, as it was but for its id.
func (w *world) undoDeleteContact() {
	if len(w.erased) == 0 {
		return
	}
	c := w.erased[w.rng.IntN(len(w.erased))]
	id := c.ID
	c.ID = ""
	if added, err := w.quo.Add(c); err == nil { // else the pair is taken
		w.known[added.ID], w.view[added.ID] = added, added
		w.ours[added.ID], w.witnessed[added.ID] = isOurs(added), maps.Clone(w.witnessed[id])
		w.missedAt[added.ID] = w.missedAt[id] // the grace is the row's
		w.note("contact %s made again as %s", text(added.ExternalID), added.ID)
	}
}

// addBystander is a contact that is not ours.
func (w *world) addBystander() {
	c := quosim.Contact{FirstName: new(w.pick("Eve", "Mallory")), PhoneNumbers: []quosim.Item{{Name: "mobile", Value: e164(w.phone())}}}
	c.Source = pointer(w.pick("", "csv-v2", "public-api", "openphone-attio", "zapier"))
	if r := w.someRow(); r != nil && w.identity(r) != "" && w.rng.IntN(3) == 0 { // somebody else's contact with one of our keys
		c.ExternalID, c.Source = new(w.identity(r)), new("other-system")
	}
	w.add(c)
}

// addTwin is a contact that a person makes by hand for somebody who has a row, or gets one.
func (w *world) addTwin() {
	r := w.someRow()
	if r == nil {
		return
	}
	if w.rng.IntN(2) == 0 {
		r = w.newRow()
		defer func() { w.insert(r); w.saveRows() }()
	}
	c := quosim.Contact{FirstName: pointer(w.pick("Twin", facets[0].norm(w, r.cells[colFirst]))), Source: pointer(w.pick("", "", "csv-v2", "device"))}
	if w.rng.IntN(5) == 0 {
		c.ExternalID, c.Source = new(fmt.Sprintf("X-%d", w.rng.IntN(1000))), new("other-system")
	}
	if tel := e164(r.cells[colPhone]); len(tel) == len("+14155550000") {
		c.PhoneNumbers = []quosim.Item{{Name: w.pick("mobile", "Handy"), Value: tel}}
	}
	if mail := r.cells[colEmail]; mail != "" && (w.rng.IntN(2) == 0 || len(c.PhoneNumbers) == 0) {
		c.Emails = []quosim.Item{{Name: w.pick("work", "private"), Value: mail}}
	}
	w.add(c)
}

func (w *world) add(c quosim.Contact) {
	if added, err := w.quo.Add(c); err == nil { // else the pair is taken
		w.known[added.ID], w.view[added.ID] = added, added
		w.note("bystander %s: %s", added.ID, dump(added))
	}
}

// loseLabel is somebody who changes what makes a contact ours.
func (w *world) loseLabel() {
	c, ok := w.someContact(isOurs)
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
	if w.byID[c.ID].Key == "" { // a create that went unheard: nobody knows it for one of ours any more
		delete(w.made, c.ID)
	}
	w.note("contact %s (%s) lost its label or key", text(c.ExternalID), c.ID)
}
