package statetest

import (
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
)

func problem(key, column, reason string) state.Problem {
	return state.Problem{Problem: contact.Problem{Key: key, Column: column, Reason: reason}}
}

func conflict(key string, field contact.Field, source string) state.Conflict {
	return state.Conflict{Conflict: contact.Conflict{Key: key, Field: field, Base: "CTO", Source: source, Quo: "CEO", Reason: contact.UndoneIn(3)}}
}

var findingCases = []testCase{
	{"every field comes back, by key", func(w *world) {
		now := w.clock.Now()
		p := problem("C-2", "Phone", "no number")
		p.Row, p.Value, p.Cause, p.Attempts, p.RetryAt = 7, "n/a", hashOf(1), 3, now.Add(time.Hour)
		c := conflict("C-2", contact.Role, "VP")
		c.Take = contact.Quo
		w.ran(w.acquire("customers"), state.Findings{
			Problems:  []state.Problem{p, problem("C-1", "", "doubled key"), problem("C-1", "", "doubled key")},
			Conflicts: []state.Conflict{c, conflict("C-1", contact.WholeRecord, "")},
		})
		p.FirstAt, c.FirstAt = now, now
		double, first := problem("C-1", "", "doubled key"), conflict("C-1", contact.WholeRecord, "")
		double.FirstAt, first.FirstAt = now, now
		w.same("Problems", must[[]state.Problem](w)(w.Problems(w.ctx, "customers")), []state.Problem{double, double, p})
		w.same("Conflicts", must[[]state.Conflict](w)(w.Conflicts(w.ctx, "customers")), []state.Conflict{first, c})
	}},
	{"replaced by those of the next run", func(w *world) {
		lease, others := w.acquire("customers"), w.acquire("leads")
		old := state.Findings{
			Problems:  []state.Problem{problem("C-1", "", "old")},
			Conflicts: []state.Conflict{conflict("C-1", contact.Role, "old")},
		}
		w.ran(lease, old)
		w.ran(others, old)
		w.ran(lease, state.Findings{Problems: []state.Problem{problem("C-2", "", "new")}})
		w.keysFound("customers", []string{"C-2"}, nil)
		w.keysFound("leads", []string{"C-1"}, []string{"C-1"})
	}},
	{"kept by a run that found out nothing", func(w *world) {
		lease := w.acquire("customers")
		w.ran(lease, state.Findings{
			Problems:  []state.Problem{problem("C-1", "", "old")},
			Conflicts: []state.Conflict{conflict("C-1", contact.Role, "old")},
			Held:      []state.Held{held("C-1")},
		})
		w.finish(lease, w.start(lease), nil)
		w.keysFound("customers", []string{"C-1"}, []string{"C-1"})
		w.same("held", w.heldKeys(), []string{"C-1"})
	}},
	{"a scoped run replaces those of its keys", func(w *world) {
		lease := w.acquire("customers")
		w.ran(lease, state.Findings{
			Problems:  []state.Problem{problem("C-1", "", "a"), problem("C-2", "", "a"), problem("c-1", "", "a")},
			Conflicts: []state.Conflict{conflict("C-1", contact.Role, "a"), conflict("C-2", contact.Role, "a")},
		})
		w.ran(lease, state.Findings{Scope: []string{"C-1", "C-3"}, Problems: []state.Problem{problem("C-3", "", "b")}})
		w.keysFound("customers", []string{"C-2", "C-3", "c-1"}, []string{"C-2"})
		w.ran(lease, state.Findings{Scope: []string{}})
		w.keysFound("customers", []string{"C-2", "C-3", "c-1"}, []string{"C-2"})
		w.ran(lease, state.Findings{})
		w.keysFound("customers", nil, nil)
	}},
	{"a problem keeps the time when it was first found", func(w *world) {
		lease := w.acquire("customers")
		found := w.clock.Now()
		w.ran(lease, state.Findings{Problems: []state.Problem{problem("C-1", "Phone", "no number")}})
		later := w.clock.pass(time.Hour)
		moved := problem("C-1", "Phone", "no number")
		moved.Row, moved.Value = 9, "n/a"
		w.ran(lease, state.Findings{Scope: []string{"C-1"}, Problems: []state.Problem{
			moved, problem("C-1", "Email", "no number"), problem("C-1", "Phone", "two numbers"),
		}})
		got := map[string]time.Time{}
		for _, p := range must[[]state.Problem](w)(w.Problems(w.ctx, "customers")) {
			got[p.Column+" "+p.Reason] = p.FirstAt
		}
		w.same("FirstAt", got, map[string]time.Time{
			"Phone no number": found, "Email no number": later, "Phone two numbers": later,
		})
	}},
	{"a conflict keeps the time when it was first found", func(w *world) {
		lease := w.acquire("customers")
		found := w.clock.Now()
		w.ran(lease, state.Findings{Conflicts: []state.Conflict{conflict("C-1", contact.Role, "VP")}})
		later := w.clock.pass(time.Hour)
		w.ran(lease, state.Findings{Conflicts: []state.Conflict{
			conflict("C-1", contact.Role, "COO"), conflict("C-1", contact.Company, "x"),
		}})
		got := map[contact.Field]time.Time{}
		for _, c := range must[[]state.Conflict](w)(w.Conflicts(w.ctx, "customers")) {
			got[c.Field] = c.FirstAt
		}
		w.same("FirstAt", got, map[contact.Field]time.Time{contact.Role: found, contact.Company: later})
	}},
	{"what a person chose stays while the values are the same", func(w *world) {
		lease := w.acquire("customers")
		roles := func(source string, take contact.Side) state.Findings {
			c := conflict("C-1", contact.Role, source)
			c.Take = take
			return state.Findings{Conflicts: []state.Conflict{c}}
		}
		w.ran(lease, roles("VP", ""))
		w.choose(contact.Quo)
		w.ran(lease, roles("VP", ""))
		w.chosen(contact.Quo)
		w.choose(contact.Source)
		w.ran(lease, roles("VP", contact.Quo)) // it began before the person chose again
		w.chosen(contact.Source)
		w.ran(lease, roles("COO", ""))
		w.chosen("")
		w.ran(lease, roles("COO", contact.Source))
		w.chosen(contact.Source)
	}},
}

func (w *world) choose(side contact.Side) {
	w.Helper()
	w.same("Resolve", must[int](w)(w.Resolve(w.ctx, "customers", "C-1", contact.Role, side)), 1)
}

func (w *world) chosen(want contact.Side) {
	w.Helper()
	w.same("Take", must[[]state.Conflict](w)(w.Conflicts(w.ctx, "customers"))[0].Take, want)
}

// keysFound checks which keys have problems and conflicts.
func (w *world) keysFound(sync string, problems, conflicts []string) {
	w.Helper()
	var gotProblems, gotConflicts []string
	for _, p := range must[[]state.Problem](w)(w.Problems(w.ctx, sync)) {
		gotProblems = append(gotProblems, p.Key)
	}
	for _, c := range must[[]state.Conflict](w)(w.Conflicts(w.ctx, sync)) {
		gotConflicts = append(gotConflicts, c.Key)
	}
	w.same("keys with problems", gotProblems, problems)
	w.same("keys with conflicts", gotConflicts, conflicts)
}
