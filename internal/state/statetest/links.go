package statetest

import (
	"errors"
	"slices"
	"strings"

	"syncd/internal/contact"
	"syncd/internal/state"
)

var syncCases = []testCase{
	{"one that never ran", func(w *world) {
		w.same("Sync", must[state.Sync](w)(w.Sync(w.ctx, "customers")), state.Sync{Name: "customers"})
		w.same("Syncs", must[[]state.Sync](w)(w.Syncs(w.ctx)), []state.Sync{})
	}},
	{"written and written again", func(w *world) {
		lease := w.acquire("customers")
		for _, sync := range []state.Sync{
			{Name: "customers", Label: "syncd-customers", FirstRunDone: true, Source: []byte(`{"sheet": 17}`)},
			{Name: "customers", Label: "syncd-clients"},
		} {
			w.commit(lease, state.Batch{Sync: &sync})
			w.same("Sync", must[state.Sync](w)(w.Sync(w.ctx, "customers")), sync)
		}
	}},
	{"all that ever ran, by name", func(w *world) {
		w.start(w.acquire("leads"))
		w.start(w.acquire("Customers"))
		w.same("Syncs", must[[]state.Sync](w)(w.Syncs(w.ctx)), []state.Sync{{Name: "Customers"}, {Name: "leads"}})
	}},
	{"a run leaves it as it is", func(w *world) {
		lease := w.acquire("customers")
		sync := state.Sync{Name: "customers", Label: "syncd-customers", FirstRunDone: true}
		w.commit(lease, state.Batch{Sync: &sync})
		w.start(lease)
		w.same("Sync", must[state.Sync](w)(w.Sync(w.ctx, "customers")), sync)
	}},
	{"not under the lease of another one", func(w *world) {
		other := state.Sync{Name: "customers", Label: "syncd-leads"}
		if err := w.Commit(w.ctx, w.acquire("leads"), state.Batch{Sync: &other}); err == nil {
			w.Fatal("Commit wrote the sync of another lease")
		}
		w.same("Syncs", must[[]state.Sync](w)(w.Syncs(w.ctx)), []state.Sync{})
	}},
}

var linkCases = []testCase{
	{"every field comes back", func(w *world) {
		full := state.Link{
			Key: "C-1", ContactID: "65f0c1", Adopted: true, Unlinked: "deleted in Quo", Relink: true, Pending: true,
			SourceHash: hashOf(1), QuoHash: hashOf(2), GoneAt: w.clock.Now(),
			Base: contact.Base{
				contact.FirstName: {Source: "Ann", Quo: "Ann"},
				contact.FieldOf(contact.PhoneNumbers, "mobile"): {Source: "+14155550100", Quo: ""},
			},
		}
		bare := state.Link{Key: "C-2"}
		w.commit(w.acquire("customers"), state.Batch{Links: []state.Link{full, bare}})
		for _, want := range []state.Link{full, bare} {
			w.same("Link", must[state.Link](w)(w.Link(w.ctx, "customers", want.Key)), want)
		}
		full.Base = nil
		w.same("Links", w.links("customers"), []state.Link{full, bare})
	}},
	{"written again, but for a nil base", func(w *world) {
		lease := w.acquire("customers")
		w.commit(lease, state.Batch{Links: []state.Link{link("C-1")}})
		changed := state.Link{Key: "C-1", ContactID: "another", Pending: true, SourceHash: hashOf(1)}
		w.commit(lease, state.Batch{Links: []state.Link{changed}})
		changed.Base = base("C-1")
		w.same("Link", must[state.Link](w)(w.Link(w.ctx, "customers", "C-1")), changed)
		changed.Base = contact.Base{}
		w.commit(lease, state.Batch{Links: []state.Link{changed}})
		w.same("Link with an empty base", must[state.Link](w)(w.Link(w.ctx, "customers", "C-1")), changed)
	}},
	{"by key, bytewise", func(w *world) {
		keys := []string{"10", "9", "C-1", "C-10", "C-2", "Z", "a", "c-1", "é", "本"}
		var links []state.Link
		for _, key := range slices.Backward(keys) {
			links = append(links, link(key))
		}
		w.commit(w.acquire("customers"), state.Batch{Links: links})
		var got []string
		for _, l := range w.links("customers") {
			got = append(got, l.Key)
		}
		w.same("keys", got, keys)
	}},
	{"each sync has its own", func(w *world) {
		w.commit(w.acquire("customers"), state.Batch{Links: []state.Link{link("C-1")}})
		w.commit(w.acquire("leads"), state.Batch{Links: []state.Link{link("C-1"), link("L-1")}, Drop: []string{"C-1"}})
		w.same("links of customers", len(w.links("customers")), 1)
		w.same("links of leads", len(w.links("leads")), 2) // dropped first, then written
		w.same("links of nobody", len(w.links("nobody")), 0)
	}},
	{"dropped", func(w *world) {
		lease := w.acquire("customers")
		w.commit(lease, state.Batch{Links: []state.Link{link("C-1"), link("C-2")}})
		w.commit(lease, state.Batch{Drop: []string{"C-1", "never linked"}})
		_, err := w.Link(w.ctx, "customers", "C-1")
		w.notFound("Link", err, "C-1")
		w.same("links", len(w.links("customers")), 1)
	}},
	{"bases of some keys", func(w *world) {
		bare := link("C-3")
		bare.Base = nil
		w.commit(w.acquire("customers"), state.Batch{Links: []state.Link{link("C-1"), link("C-2"), bare}})
		got := must[bases](w)(w.Bases(w.ctx, "customers", []string{"C-1", "C-3", "C-4", "c-1", "C-1"}))
		w.same("Bases", got, bases{"C-1": base("C-1"), "C-3": nil})
		w.same("Bases of nothing", must[bases](w)(w.Bases(w.ctx, "customers", nil)), bases{})
	}},
	{"one contact, two keys", func(w *world) {
		lease := w.acquire("customers")
		w.commit(lease, state.Batch{Links: []state.Link{link("C-1")}})
		double := state.Link{Key: "C-3", ContactID: link("C-1").ContactID}
		err := w.Commit(w.ctx, lease, state.Batch{Links: []state.Link{link("C-2"), double}})
		e, ok := errors.AsType[*state.DoubleLinkError](err)
		if !ok {
			w.Fatalf("Commit: got %v, want a DoubleLinkError", err)
		}
		w.same("DoubleLinkError", *e, state.DoubleLinkError{ContactID: double.ContactID, Key: "C-3", Other: "C-1"})
		w.same("links", len(w.links("customers")), 1)
		w.commit(w.acquire("leads"), state.Batch{Links: []state.Link{double}}) // another sync may have it too
	}},
	{"one contact moves to another key", func(w *world) {
		lease := w.acquire("customers")
		taken := state.Link{Key: "C-0", ContactID: link("C-1").ContactID}
		unlinked := link("C-1")
		unlinked.Unlinked = "its row went"
		for _, move := range []state.Batch{
			{Links: []state.Link{taken}, Drop: []string{"C-1"}},
			{Links: []state.Link{taken, unlinked}},
			{Links: []state.Link{unlinked, taken}},
		} {
			w.commit(lease, state.Batch{Links: []state.Link{link("C-1")}, Drop: []string{"C-0"}})
			w.commit(lease, move)
			w.same("Link", must[state.Link](w)(w.Link(w.ctx, "customers", "C-0")), taken)
		}
	}},
	{"many without a contact", func(w *world) {
		w.commit(w.acquire("customers"), state.Batch{Links: []state.Link{{Key: "C-1"}, {Key: "C-2"}}})
		w.same("links", len(w.links("customers")), 2)
	}},
	{"the store works while links are read", func(w *world) {
		lease := w.acquire("customers")
		w.commit(lease, state.Batch{Links: []state.Link{link("C-1"), link("C-2"), link("C-3")}})
		read := 0
		for l, err := range w.Links(w.ctx, "customers") {
			w.must(err)
			must[bases](w)(w.Bases(w.ctx, "customers", []string{l.Key}))
			w.commit(lease, state.Batch{Links: []state.Link{{Key: l.Key, ContactID: l.ContactID, Pending: true}}})
			if read++; read == 2 {
				break
			}
		}
		w.same("links read", read, 2)
	}},
}

// notFound fails the test when err is not state.ErrNotFound or does not name what was not found.
func (w *world) notFound(what string, err error, name string) {
	w.Helper()
	if !errors.Is(err, state.ErrNotFound) || !strings.Contains(err.Error(), name) {
		w.Fatalf("%s: got %v, want ErrNotFound that names %s", what, err, name)
	}
}
