package statetest

import (
	"errors"
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
)

func held(key string) state.Held {
	return state.Held{Key: key, Side: contact.Quo, Action: contact.Delete, Fingerprint: contact.HashOf([]byte(key))}
}

var heldCases = []testCase{
	{"every field comes back, by key", func(w *world) {
		full := held("C-2")
		full.Fields = []contact.FieldChange{{Field: contact.Role, Before: "CTO", After: "VP", Reason: "changed in Quo"}}
		bare := state.Held{Key: "C-1", Side: contact.Source, Action: contact.Create}
		run := w.ran(w.acquire("customers"), state.Findings{Held: []state.Held{full, bare}})
		full.Run, bare.Run = run.ID, run.ID
		w.same("Held", must[[]state.Held](w)(w.Held(w.ctx, "customers")), []state.Held{bare, full})
		w.same("Held of another sync", must[[]state.Held](w)(w.Held(w.ctx, "leads")), []state.Held{})
	}},
	{"a newer list voids the older one", func(w *world) {
		lease := w.acquire("customers")
		old := w.ran(lease, state.Findings{Held: []state.Held{held("C-1"), held("C-2")}})
		w.ran(w.acquire("leads"), state.Findings{Held: []state.Held{held("L-1")}})
		w.same("held", w.heldKeys(), []string{"C-1", "C-2"})
		w.ran(lease, state.Findings{Scope: []string{"C-3"}, Held: []state.Held{held("C-3")}})
		w.same("held", w.heldKeys(), []string{"C-3"})
		w.void(old)
	}},
	{"a whole run that holds nothing voids the list", func(w *world) {
		lease := w.acquire("customers")
		old := w.ran(lease, state.Findings{Held: []state.Held{held("C-1")}})
		w.ran(lease, state.Findings{})
		w.same("held", w.heldKeys(), []string(nil))
		w.void(old)
	}},
	{"a scoped run that holds nothing voids its keys", func(w *world) {
		lease := w.acquire("customers")
		run := w.ran(lease, state.Findings{Held: []state.Held{held("C-1"), held("C-2")}})
		w.ran(lease, state.Findings{Scope: []string{"C-1", "C-9"}})
		w.same("held", w.heldKeys(), []string{"C-2"})
		_, err := w.Approve(w.ctx, run.ID, []string{"C-1"})
		w.notFound("Approve", err, "C-1")
	}},
	{"what is done is held no more, nor approved", func(w *world) {
		lease := w.acquire("customers")
		row := held("C-1")
		row.Side = contact.Source
		old := w.ran(lease, state.Findings{Held: []state.Held{held("C-1"), row, held("C-2")}})
		w.ran(w.acquire("leads"), state.Findings{Held: []state.Held{held("C-1")}})
		must[int](w)(w.Approve(w.ctx, old.ID, nil))
		run := w.start(lease)
		remove := entry(run, 1, state.Intended)
		remove.Action = contact.Delete
		w.commit(lease, state.Batch{Entries: []state.Entry{remove}})
		for _, mark := range []state.Mark{{State: state.Sent}, {State: state.Failed}} {
			mark.Run, mark.Seq = run.ID, 1
			w.commit(lease, state.Batch{Marks: []state.Mark{mark}})
		}
		w.same("held while nothing is done", w.heldKeys(), []string{"C-1", "C-1", "C-2"})
		w.commit(lease, state.Batch{Marks: []state.Mark{done(run, 1)}})
		got := must[[]state.Held](w)(w.Held(w.ctx, "customers"))
		w.same("held", w.heldKeys(), []string{"C-1", "C-2"})
		w.same("side of what is left of the record", got[0].Side, contact.Source)
		w.same("held of another sync", len(must[[]state.Held](w)(w.Held(w.ctx, "leads"))), 1)
	}},
	{"an approval given meanwhile stays with the same operation", func(w *world) {
		lease := w.acquire("customers")
		old := w.ran(lease, state.Findings{Held: []state.Held{held("C-1"), held("C-2"), held("C-3")}})
		run := w.start(lease)
		approvedAt := w.clock.pass(time.Second)
		must[int](w)(w.Approve(w.ctx, old.ID, []string{"C-1", "C-2"}))
		w.clock.pass(time.Second)
		changed := held("C-2")
		changed.Fingerprint = hashOf(2)
		w.finish(lease, run, &state.Findings{Held: []state.Held{held("C-1"), changed, held("C-3")}})
		w.same("approved", w.approvals(), map[string]time.Time{"C-1": approvedAt, "C-2": {}, "C-3": {}})
	}},
}

func (w *world) heldKeys() []string {
	w.Helper()
	var keys []string
	for _, h := range must[[]state.Held](w)(w.Held(w.ctx, "customers")) {
		keys = append(keys, h.Key)
	}
	return keys
}

func (w *world) approvals() map[string]time.Time {
	w.Helper()
	at := map[string]time.Time{}
	for _, h := range must[[]state.Held](w)(w.Held(w.ctx, "customers")) {
		at[h.Key] = h.ApprovedAt
	}
	return at
}

// void checks that nothing of a run can be approved any more.
func (w *world) void(run state.Run) {
	w.Helper()
	for _, keys := range [][]string{nil, {"C-1"}} {
		if n, err := w.Approve(w.ctx, run.ID, keys); n != 0 || !errors.Is(err, state.ErrVoid) {
			w.Fatalf("Approve %q: got %d, %v, want ErrVoid", keys, n, err)
		}
	}
}
