package statetest

import (
	"errors"
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
)

var decisionCases = []testCase{
	{"approve all, or some", func(w *world) {
		update := held("C-1")
		update.Side, update.Action = contact.Source, contact.Update
		run := w.ran(w.acquire("customers"), state.Findings{Held: []state.Held{held("C-1"), update, held("C-2")}})
		first := w.clock.pass(time.Second)
		w.same("Approve C-1", must[int](w)(w.Approve(w.ctx, run.ID, []string{"C-1"})), 2)
		w.same("approved", w.approvals(), map[string]time.Time{"C-1": first, "C-2": {}})
		then := w.clock.pass(time.Second)
		w.same("Approve all", must[int](w)(w.Approve(w.ctx, run.ID, nil)), 3)
		w.same("approved", w.approvals(), map[string]time.Time{"C-1": first, "C-2": then})
	}},
	{"approve what is not held", func(w *world) {
		lease := w.acquire("customers")
		empty := w.ran(lease, state.Findings{})
		run := w.ran(lease, state.Findings{Held: []state.Held{held("C-1")}})
		_, err := w.Approve(w.ctx, 99, nil)
		w.notFound("Approve of no run", err, "run 99")
		_, err = w.Approve(w.ctx, empty.ID, nil)
		w.notFound("Approve of a run that held nothing", err, "held operations")
		n, err := w.Approve(w.ctx, run.ID, []string{"C-1", "C-8", "C-9"})
		w.notFound("Approve of other keys", err, "C-8")
		w.same("approved", n, 0)
		w.same("approved", w.approvals(), map[string]time.Time{"C-1": {}})
	}},
	{"resolve one field, or all", func(w *world) {
		w.ran(w.acquire("customers"), state.Findings{Conflicts: []state.Conflict{
			conflict("C-1", contact.Role, "VP"), conflict("C-1", contact.Company, "x"),
			conflict("C-2", contact.Role, "VP"),
		}})
		w.same("Resolve role", must[int](w)(w.Resolve(w.ctx, "customers", "C-1", contact.Role, contact.Source)), 1)
		w.same("taken", w.taken(), sides{"C-1 role": contact.Source, "C-1 company": "", "C-2 role": ""})
		w.same("Resolve all", must[int](w)(w.Resolve(w.ctx, "customers", "C-1", "", contact.Quo)), 2)
		w.same("taken", w.taken(), sides{"C-1 role": contact.Quo, "C-1 company": contact.Quo, "C-2 role": ""})
	}},
	{"totals count what waits for a person", func(w *world) {
		lease := w.acquire("customers")
		unlinked := link("C-3")
		unlinked.Unlinked = "the row is gone"
		w.commit(lease, state.Batch{Links: []state.Link{link("C-1"), link("C-2"), unlinked}})
		run := w.ran(lease, state.Findings{
			Problems:  []state.Problem{problem("C-1", "Phone", "no number")},
			Conflicts: []state.Conflict{conflict("C-1", contact.Role, "VP"), conflict("C-2", contact.Role, "VP")},
			Held:      []state.Held{held("C-1"), held("C-2"), held("C-4")},
		})
		must[int](w)(w.Approve(w.ctx, run.ID, []string{"C-2"}))
		must[int](w)(w.Resolve(w.ctx, "customers", "C-2", "", contact.Quo))
		w.same("Totals", must[state.Totals](w)(w.Totals(w.ctx, "customers")), state.Totals{Links: 2, Problems: 1, Conflicts: 1, Held: 2})
		w.same("Totals of another sync", must[state.Totals](w)(w.Totals(w.ctx, "leads")), state.Totals{})
		w.ran(lease, state.Findings{})
		w.same("Totals", must[state.Totals](w)(w.Totals(w.ctx, "customers")), state.Totals{Links: 2})
	}},
	{"resolve what is no conflict", func(w *world) {
		w.ran(w.acquire("customers"), state.Findings{Conflicts: []state.Conflict{conflict("C-1", contact.Role, "VP")}})
		_, err := w.Resolve(w.ctx, "customers", "C-1", contact.Company, contact.Quo)
		w.notFound("Resolve of another field", err, "C-1")
		_, err = w.Resolve(w.ctx, "customers", "C-2", "", contact.Quo)
		w.notFound("Resolve of another key", err, "C-2")
		_, err = w.Resolve(w.ctx, "leads", "C-1", "", contact.Quo)
		w.notFound("Resolve of another sync", err, "leads")
		if _, err = w.Resolve(w.ctx, "customers", "C-1", "", "both"); err == nil {
			w.Error("Resolve took a side that there is not")
		}
		w.same("taken", w.taken(), sides{"C-1 role": ""})
	}},
	{"relink", func(w *world) {
		unlinked, lease := link("C-1"), w.acquire("customers")
		unlinked.Unlinked = "deleted in Quo"
		w.commit(lease, state.Batch{Links: []state.Link{unlinked, link("C-2")}})
		w.must(w.Relink(w.ctx, "customers", "C-1"))
		unlinked.Relink = true
		w.same("Link", must[state.Link](w)(w.Link(w.ctx, "customers", "C-1")), unlinked)
		asked := unlinked
		asked.Relink = false // as a run under way knows it
		w.commit(lease, state.Batch{Links: []state.Link{asked}})
		w.same("Link after a run that was under way", must[state.Link](w)(w.Link(w.ctx, "customers", "C-1")), unlinked)
		w.commit(lease, state.Batch{Links: []state.Link{link("C-1")}})
		w.same("Link made again", must[state.Link](w)(w.Link(w.ctx, "customers", "C-1")), link("C-1"))
		w.notFound("Relink of a standing link", w.Relink(w.ctx, "customers", "C-2"), "C-2")
		w.notFound("Relink of no link", w.Relink(w.ctx, "customers", "C-3"), "C-3")
		w.notFound("Relink in another sync", w.Relink(w.ctx, "leads", "C-1"), "leads")
	}},
	{"match", func(w *world) {
		lease := w.acquire("customers")
		w.must(w.Match(w.ctx, "customers", "C-1", "contact of C-9"))
		w.must(w.Match(w.ctx, "customers", "C-2", "another"))
		w.must(w.Match(w.ctx, "customers", "C-2", ""))
		w.must(w.Match(w.ctx, "leads", "C-3", "x"))
		w.same("Matches", w.matches(), map[string]string{"C-1": "contact of C-9", "C-2": ""})
		pending, unlinked := link("C-1"), link("C-2")
		pending.ContactID, unlinked.Unlinked = "", "deleted in Quo"
		w.commit(lease, state.Batch{Links: []state.Link{pending, unlinked}})
		w.same("Matches of records without a contact", w.matches(), map[string]string{"C-1": "contact of C-9", "C-2": ""})
		w.commit(lease, state.Batch{Links: []state.Link{link("C-1")}})
		w.same("Matches", w.matches(), map[string]string{"C-2": ""})
		err := w.Match(w.ctx, "customers", "C-1", "")
		if e, ok := errors.AsType[*state.ExistsError](err); !ok || e.Key != "C-1" {
			w.Fatalf("Match of a record with a contact: got %v, want an ExistsError for C-1", err)
		}
	}},
}

func (w *world) matches() map[string]string {
	w.Helper()
	return must[map[string]string](w)(w.Matches(w.ctx, "customers"))
}

var rekeyCases = []testCase{
	{"base, history and conflicts go along", func(w *world) {
		lease, others := w.acquire("customers"), w.acquire("leads")
		run := w.ran(lease, state.Findings{Conflicts: []state.Conflict{
			conflict("C-1", contact.Role, "VP"), conflict("C-9", contact.Role, "of no link"),
		}})
		want := link("C-1")
		want.Pending, want.SourceHash = true, hashOf(1)
		w.commit(lease, state.Batch{Links: []state.Link{want}, Entries: []state.Entry{entry(run, 1, state.Done)}})
		w.commit(others, state.Batch{Links: []state.Link{link("C-1")}})

		w.must(w.Rekey(w.ctx, lease, "C-1", "C-9"))
		want.Key = "C-9"
		w.same("Link", must[state.Link](w)(w.Link(w.ctx, "customers", "C-9")), want)
		_, err := w.Link(w.ctx, "customers", "C-1")
		w.notFound("Link", err, "C-1")
		w.places("History", must[[]state.Entry](w)(w.History(w.ctx, "customers", "C-9")), [][2]int64{{run.ID, 1}})
		w.places("old History", must[[]state.Entry](w)(w.History(w.ctx, "customers", "C-1")), nil)
		got := must[[]state.Conflict](w)(w.Conflicts(w.ctx, "customers"))
		moved := conflict("C-9", contact.Role, "VP")
		moved.FirstAt = w.clock.Now()
		w.same("Conflicts", got, []state.Conflict{moved})
		w.same("links of the other sync", w.links("leads")[0].Key, "C-1")
	}},
	{"not onto a key that has a link, not from one that has none", func(w *world) {
		lease := w.acquire("customers")
		w.commit(lease, state.Batch{Links: []state.Link{link("C-1"), link("C-2")}})
		before := w.snapshot("customers")
		err := w.Rekey(w.ctx, lease, "C-1", "C-2")
		if e, ok := errors.AsType[*state.ExistsError](err); !ok || e.Key != "C-2" {
			w.Fatalf("Rekey: got %v, want an ExistsError for C-2", err)
		}
		w.notFound("Rekey", w.Rekey(w.ctx, lease, "C-3", "C-4"), "C-3")
		w.same("the state", w.snapshot("customers"), before)
	}},
}

// sides are what a person chose, by key and field.
type sides map[string]contact.Side

func (w *world) taken() sides {
	w.Helper()
	take := sides{}
	for _, c := range must[[]state.Conflict](w)(w.Conflicts(w.ctx, "customers")) {
		take[c.Key+" "+string(c.Field)] = c.Take
	}
	return take
}
