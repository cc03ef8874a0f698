package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/state"
)

var (
	schedules = flag.Uint64("schedules", 60, "how many random schedules the simulation runs at least")
	lasting   = flag.Duration("lasting", 0, "go on with further schedules for that long")
	seedFlag  = flag.Uint64("seed", 0, "run the simulation's schedule of this seed only")
	verbose   = flag.Bool("story", false, "print what happens in each schedule")
)

// TestInvariants shows the invariants over random schedules of edits on both sides, crashes, faults, lost and restored
// state. A failed schedule prints its seed: run it again with -seed.
func TestInvariants(t *testing.T) {
	if *seedFlag != 0 {
		schedule(t, *seedFlag)
		return
	}
	first, start := rand.Uint64N(1<<40), time.Now()
	next := first
	for next-first < *schedules || time.Since(start) < *lasting {
		t.Run("", func(t *testing.T) {
			for range together {
				seed := next
				next++
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					t.Parallel()
					schedule(t, seed)
				})
			}
		})
	}
	t.Logf("%d schedules, seeds from %d", next-first, first)
}

// together is how many schedules run at a time, as far as there are processors.
const together = 20

func schedule(t *testing.T, seed uint64) {
	w := newWorld(t, seed)
	defer func() {
		if t.Failed() || *verbose {
			t.Logf("seed %d:\n%s", seed, w.describe())
		}
	}()
	w.quo.OnRequest(w.watch)
	for range 2 + w.rng.IntN(12) {
		w.addRow()
	}
	for range []int{0, 3, 70}[w.rng.IntN(3)] { // some workspaces have several pages
		w.addBystander()
	}
	w.happen(w.runs())
	for range 4 + w.rng.IntN(8) {
		for range 1 + w.rng.IntN(4) {
			w.happen(w.people())
		}
		w.happen(w.runs())
		w.checkAlways()
		if t.Failed() {
			return
		}
	}
	w.settle()
	w.checkSettled()
}

// settle ends the faults and the edits, and runs until nothing changes.
func (w *world) settle() {
	w.mend()
	w.unbraked = true
	w.note("--- edits stop")
	for i := 0; ; i++ {
		w.clock.advance(25 * time.Hour) // past every grace, retry and day of the brake
		w.quo.ResetRequests()
		before, _ := os.ReadFile(w.path("rows.csv"))
		report := w.run(runOptions{request: engine.Request{AllowDeletes: true, AllowUpdates: true, AllowCreates: true, AllowEmptied: true}})
		if report.Err() != nil {
			w.t.Errorf("run after the faults: %v", report.Err())
			return
		}
		after, _ := os.ReadFile(w.path("rows.csv"))
		if w.writes() == 0 && len(report.Waiting) == 0 && bytes.Equal(before, after) {
			return
		}
		if i == 6 {
			w.t.Errorf("7 runs after the edits stopped, there is still something to do: %+v", report)
			return
		}
	}
}

// writes is how many requests of the last run changed something.
func (w *world) writes() int {
	n := 0
	for _, r := range w.quo.Requests() {
		if r.Method != "GET" {
			n++
		}
	}
	return n
}

// mend takes away the problems that a person would: broken, doubled and moved rows.
func (w *world) mend() {
	seen := map[string]bool{}
	w.rows = slices.DeleteFunc(w.rows, func(r []string) bool {
		doubled := seen[r[colID]]
		seen[r[colID]] = true
		return doubled || r[colID] == ""
	})
	for _, r := range w.rows[1:] {
		if r[colPhone] == "555-12" {
			r[colPhone] = w.phone()
		}
		if r[colScore] == "many" {
			r[colScore] = ""
		}
		if r[colFirst]+r[colLast]+r[colCompany] == "" {
			r[colFirst] = "Mended"
			w.wroteFirst(r)
		}
	}
	w.saveRows()
}

// watch checks every request at the moment when it arrives.
func (w *world) watch(_ int, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch r.Method {
	case http.MethodPost:
		w.watchCreate(r)
	case http.MethodDelete:
		w.watchDelete(r)
	}
}

// watchCreate checks that no contact is sent twice: one that was sent before is looked up first, so that Quo never has
// to refuse it.
func (w *world) watchCreate(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the process died
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var sent struct{ ExternalID, Source string }
	if err := json.Unmarshal(body, &sent); err != nil || sent.ExternalID == "" || sent.Source != label {
		w.t.Errorf("a contact is created without our label or a key: %s", body)
	}
	if _, ok := w.contactOf(sent.ExternalID); ok && !w.fewerPages() {
		w.t.Errorf("contact %s is created, but it is there: it was not looked up", sent.ExternalID)
	}
}

// fewerPages reports whether pages may shift, so that a listing may miss a contact that nobody knows of.
func (w *world) fewerPages() bool { return len(w.bystanders) > 25 }

// watchDelete checks that the rule of a delete holds, and that the brake does.
func (w *world) watchDelete(r *http.Request) {
	id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	if _, ok := w.bystanders[id]; ok {
		w.t.Errorf("a contact that is not ours is deleted: %s", id)
	}
	c, ok := w.quo.Get(id)
	key := text(c.ExternalID)
	if !ok || key == "" {
		return
	}
	if row := w.moved[key]; row != nil && w.holds(row) && !w.stateLost && !w.peopleDeleted[w.idOf(row[colID])] && row[colPhone] == w.phoneAtMove[key] {
		if _, ok := w.contactOf(row[colID]); !ok {
			w.t.Errorf("contact %s is deleted, but its row only has another key", key)
		}
	}
	gone, isGone := w.goneAt[key]
	switch now := w.clock.Now(); {
	case !isGone:
		w.t.Errorf("contact %s is deleted, but its row is there", key)
	case now.Sub(gone) < grace:
		w.t.Errorf("contact %s is deleted %v after its row went, before its grace was over", key, now.Sub(gone))
	case w.editedAt[id].After(gone) && id != w.unread && content(c) != w.heldThen[key]:
		w.t.Errorf("contact %s is deleted, but a person edited it after its row went", key)
	}
	w.brake(key)
}

// checkDoubled checks that a run that went well reports every doubled key.
func (w *world) checkDoubled(report engine.Report) {
	count := map[string]int{}
	for _, r := range w.rows[1:] {
		count[r[colID]]++
	}
	for key, n := range count {
		if n > 1 && key != "" && report.Err() == nil && !slices.ContainsFunc(report.Problems, func(p engine.Problem) bool { return p.Key == key }) {
			w.t.Errorf("%d rows have the key %s, and the run has no problem with it", n, key)
		}
	}
}

// idOf is the id of the contact that a key's link is or was with.
func (w *world) idOf(key string) string {
	store := w.store()
	defer store.Close()
	link, err := store.Link(context.Background(), "customers", key)
	if err != nil {
		return ""
	}
	return link.ContactID
}

// holds reports whether this very row is still in the file.
func (w *world) holds(row []string) bool {
	return slices.ContainsFunc(w.rows, func(r []string) bool { return &r[0] == &row[0] })
}

// brake checks that no more than 5 contacts, the number that always passes, are deleted in 24 hours without a person's
// word: a tenth of the links is less here.
func (w *world) brake(key string) {
	if w.unbraked || w.approved[key] || w.stateLost {
		return
	}
	if w.deleted[key] { // the same one, tried again
		return
	}
	w.deleted[key] = true
	w.deletes = append(w.deletes, w.clock.Now())
	recent := 0
	for _, at := range w.deletes {
		if w.clock.Now().Sub(at) < 24*time.Hour {
			recent++
		}
	}
	if recent > 5 {
		w.t.Errorf("%d contacts were deleted within 24 hours without a person's word", recent)
	}
}

// checkAlways checks what holds at any time, between any two actions.
func (w *world) checkAlways() {
	keys := map[string]string{}
	for _, c := range w.quo.Contacts() {
		if was, ok := w.bystanders[c.ID]; ok {
			if !sameContact(was, c) {
				w.t.Errorf("a contact that is not ours was changed:\n was %s\n is  %s", dump(was), dump(c))
			}
			continue
		}
		if was, ok := w.extras[c.ID]; ok && !sameUnmapped(was, c) {
			w.t.Errorf("what the mapping does not name was changed:\n was %s\n is  %s", dump(was), dump(c))
		}
		if text(c.Source) != label || text(c.ExternalID) == "" {
			continue // somebody took the label away
		}
		if other, ok := keys[text(c.ExternalID)]; ok {
			w.t.Errorf("contacts %s and %s have one key", other, c.ID)
		}
		keys[text(c.ExternalID)] = c.ID
	}
	for id := range w.bystanders {
		if _, ok := w.quo.Get(id); !ok {
			w.t.Errorf("a contact that is not ours is gone: %s", id)
		}
	}
}

func sameContact(a, b quosim.Contact) bool {
	return dump(a) == dump(b)
}

func dump(c quosim.Contact) string {
	data, _ := json.Marshal(c)
	return string(data)
}

// sameUnmapped compares the role, the e-mails under other labels and the members that nobody knows.
func sameUnmapped(a, b quosim.Contact) bool {
	other := func(c quosim.Contact) []string {
		var values []string
		for _, i := range c.Emails {
			if i.Name != "work" {
				values = append(values, i.Name+" "+i.Value)
			}
		}
		slices.Sort(values)
		return values
	}
	return text(a.Role) == text(b.Role) && slices.Equal(other(a), other(b)) && reflect.DeepEqual(a.Extra, b.Extra)
}

// checkSettled checks that both sides agree, once a run has nothing to do.
func (w *world) checkSettled() {
	w.checkAlways()
	store := w.store()
	defer store.Close()
	ctx := context.Background()
	open := w.openKeys(store)
	for _, c := range w.quo.Contacts() {
		if text(c.Source) == label && text(c.ExternalID) != "" {
			if w.row(text(c.ExternalID)) == nil && !open[text(c.ExternalID)] && !w.mayStay(store, text(c.ExternalID)) {
				w.t.Errorf("contact %s has no row, and nothing says why", text(c.ExternalID))
			}
		}
	}
	for _, r := range w.rows[1:] {
		if open[r[colID]] {
			continue
		}
		c, ok := w.contactOf(r[colID])
		link, err := store.Link(ctx, "customers", r[colID])
		switch {
		case err != nil:
			w.t.Errorf("row %s has no link: %v", r[colID], err)
		case link.Adopted && !w.stateLost && !w.peopleDeleted[link.ContactID]:
			w.t.Errorf("row %s: its contact is adopted, but syncd made it", r[colID])
		case !link.Linked() && !w.stateLost && !w.peopleDeleted[link.ContactID]:
			w.t.Errorf("row %s is unlinked (%s), but nobody deleted its contact", r[colID], link.Unlinked)
		case !ok && link.Linked():
			w.t.Errorf("row %s is linked, but has no contact", r[colID])
		case ok:
			w.compare(r, c)
		}
	}
	w.checkEdits(store, open)
}

// mayStay reports whether a contact without a row may be in Quo: it is unlinked, adopted, or was never linked since the
// state was lost.
func (w *world) mayStay(store state.Store, key string) bool {
	link, err := store.Link(context.Background(), "customers", key)
	return err != nil && w.stateLost || err == nil && (!link.Linked() || link.Adopted)
}

// openKeys are the records that wait for a person.
func (w *world) openKeys(store state.Store) map[string]bool {
	open := map[string]bool{}
	problems, err := store.Problems(context.Background(), "customers")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range problems {
		open[p.Key] = true
		if i := strings.Index(p.Reason, "this looks like record "); i >= 0 {
			rest, _, _ := strings.Cut(p.Reason[i+len("this looks like record "):], " under another key")
			for _, key := range strings.Split(rest, " or ") {
				open[key] = true
			}
		}
	}
	conflicts, err := store.Conflicts(context.Background(), "customers")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range conflicts {
		open[c.Key] = true
	}
	return open
}

// compare compares a row with its contact by rules of its own, which share nothing with the mapping's.
func (w *world) compare(r []string, c quosim.Contact) {
	check := func(field, want, got string) {
		if want == "" && w.stateLost {
			return // at a pair's first sight, an empty cell wipes nothing
		}
		if want != got {
			w.t.Errorf("record %s: %s is %q in the file and %q in Quo", r[colID], field, want, got)
		}
	}
	if w.stateLost && len(c.PhoneNumbers) > 1 { // under a label that a person chose and that no state knows: it is theirs
		c.PhoneNumbers = slices.DeleteFunc(slices.Clone(c.PhoneNumbers), func(i quosim.Item) bool { return i.Name != "mobile" })
	}
	if r[colPhone] == "" && len(c.PhoneNumbers) == 0 {
		return
	}
	if len(c.PhoneNumbers) != 1 {
		w.t.Errorf("record %s: %d phone numbers in Quo, 1 in the file", r[colID], len(c.PhoneNumbers))
		return
	}
	check("firstName", strings.TrimSpace(r[colFirst]), text(c.FirstName))
	check("lastName", strings.TrimSpace(r[colLast]), text(c.LastName))
	check("company", strings.TrimSpace(r[colCompany]), text(c.Company))
	check("phone", e164(r[colPhone]), c.PhoneNumbers[0].Value) // under any label: people rename it
	check("email", strings.ToLower(r[colEmail]), strings.ToLower(item(c.Emails, "work")))
	custom := map[string]any{}
	for _, f := range c.CustomFields {
		custom[f.Key] = f.Value
	}
	vip, _ := custom["66d0d87d534de8fd1c433c02"].(bool)
	check("VIP", map[string]string{"yes": "yes"}[r[colVIP]], map[bool]string{true: "yes"}[vip])
	score := ""
	if n, ok := custom["1695829375142"].(float64); ok {
		score = fmt.Sprint(n)
	}
	check("Score", map[string]string{"": "", "5": "5", "5.0": "5", "12.25": "12.25"}[r[colScore]], score)
	var tags []string
	if list, ok := custom["66d0d87d534de8fd1c433c04"].([]string); ok {
		tags = slices.Clone(list)
	}
	slices.Sort(tags)
	check("Segment", map[string]string{"": "", "a, b": "a b", "b,a": "a b", "c": "c"}[r[colTags]], strings.Join(tags, " "))
}

// e164 is a US phone number without what people put between its digits.
func e164(s string) string {
	digits := ""
	for _, d := range s {
		if d >= '0' && d <= '9' {
			digits += string(d)
		}
	}
	return "+1" + strings.TrimPrefix(digits, "1")
}

func item(items []quosim.Item, name string) string {
	for _, i := range items {
		if strings.EqualFold(i.Name, name) {
			return i.Value
		}
	}
	return ""
}

// checkEdits checks that every value that a person wrote is still there, or was replaced by a rule and is in the
// journal, or waits for a person.
func (w *world) checkEdits(store state.Store, open map[string]bool) {
	for i, e := range w.edits {
		if e.key == "" || e.value == "" || open[e.key] {
			continue
		}
		if w.stands(e) {
			continue
		}
		if w.overwritten(i) {
			continue
		}
		entries, err := store.History(context.Background(), "customers", e.key)
		if err != nil {
			w.t.Fatal(err)
		}
		if !slices.ContainsFunc(entries, func(entry state.Entry) bool {
			return slices.ContainsFunc(entry.Fields, func(f contact.FieldChange) bool { return f.Field == e.field && f.Before == e.value })
		}) {
			w.t.Errorf("record %s: the value %q that a person wrote in %s is neither there nor in the journal", e.key, e.value, e.side)
		}
	}
}

// overwritten reports whether a person wrote another value over it, or deleted the contact.
func (w *world) overwritten(i int) bool {
	e := w.edits[i]
	again := func(later edit) bool {
		return later.side == e.side && later.id == e.id && (e.side == contact.Quo || later.key == e.key)
	}
	return slices.ContainsFunc(w.edits[i+1:], again) ||
		e.side == contact.Quo && w.peopleDeleted[e.id] || e.side == contact.Source && !w.holds(e.row)
}

// stands reports whether the value is still where the person wrote it.
func (w *world) stands(e edit) bool {
	if e.side == contact.Source {
		return strings.TrimSpace(e.row[colFirst]) == e.value
	}
	c, ok := w.quo.Get(e.id)
	return ok && text(c.FirstName) == e.value
}
