package statetest

import (
	"time"

	"syncd/internal/state"
)

var pruneCases = []testCase{
	{"old runs and their journal, in portions", func(w *world) {
		lease := w.acquire("customers")
		old := w.ranWith(lease, 3, state.Done)
		before := w.clock.pass(time.Hour)
		kept, newest := w.ranWith(lease, 2, state.Done), w.ranWith(lease, 1, state.Done)

		w.same("removed", must[int](w)(w.Prune(w.ctx, before, 2)), 2)
		w.same("entries", len(must[[]state.Entry](w)(w.Entries(w.ctx, old.ID))), 1)
		w.same("removed", must[int](w)(w.Prune(w.ctx, before, 2)), 2)
		w.same("removed", must[int](w)(w.Prune(w.ctx, before, 2)), 0)
		w.runIDs(newest, kept)
		w.same("entries", len(must[[]state.Entry](w)(w.Entries(w.ctx, kept.ID))), 2)
		w.same("history", len(must[[]state.Entry](w)(w.History(w.ctx, "customers", "C-1"))), 3)
	}},
	{"all at once", func(w *world) {
		lease := w.acquire("customers")
		for range 3 {
			w.ranWith(lease, 1500, state.Failed)
		}
		newest := w.ranWith(lease, 1, state.Done)
		w.same("removed", must[int](w)(w.Prune(w.ctx, w.clock.pass(time.Hour), 0)), 3*1500+3)
		w.runIDs(newest)
	}},
	{"not the newest of a sync, nor one that runs", func(w *world) {
		lease := w.acquire("customers")
		running := w.start(lease)
		w.same("removed", must[int](w)(w.Prune(w.ctx, w.clock.pass(time.Hour), 0)), 0)
		w.finish(lease, running, nil)
		w.ranWith(w.acquire("leads"), 1, state.Done)
		w.same("removed", must[int](w)(w.Prune(w.ctx, w.clock.pass(time.Hour), 0)), 0)
		w.runIDs(running)
	}},
	{"not what is open", func(w *world) {
		lease := w.acquire("customers")
		open := w.ranWith(lease, 2, state.Done)
		w.commit(lease, state.Batch{Entries: []state.Entry{entry(open, 3, state.Unknown)}})
		newest := w.ranWith(lease, 1, state.Done)
		before := w.clock.pass(time.Hour)
		w.same("removed", must[int](w)(w.Prune(w.ctx, before, 0)), 0)
		w.commit(lease, state.Batch{Marks: []state.Mark{{Run: open.ID, Seq: 3, State: state.Done}}})
		w.same("removed", must[int](w)(w.Prune(w.ctx, before, 0)), 4)
		w.runIDs(newest)
	}},
	{"not what is held", func(w *world) {
		lease := w.acquire("customers")
		waits := w.ran(lease, state.Findings{Held: []state.Held{held("C-1")}})
		newer := w.ran(lease, state.Findings{Scope: []string{}})
		before := w.clock.pass(time.Hour)
		w.same("removed", must[int](w)(w.Prune(w.ctx, before, 0)), 0)
		w.runIDs(newer, waits)
		newest := w.ran(lease, state.Findings{}) // voids the list
		w.same("removed", must[int](w)(w.Prune(w.ctx, before, 0)), 2)
		w.runIDs(newest)
	}},
}

// ranWith is a run with entries in one state.
func (w *world) ranWith(lease state.Lease, entries int, s state.EntryState) state.Run {
	w.Helper()
	run := w.start(lease)
	batch := state.Batch{}
	for seq := range entries {
		batch.Entries = append(batch.Entries, entry(run, seq+1, s))
	}
	w.commit(lease, batch)
	w.finish(lease, run, nil)
	return run
}

// runIDs checks which runs of the sync "customers" there are, newest first.
func (w *world) runIDs(want ...state.Run) {
	w.Helper()
	var gotIDs, wantIDs []int64
	for _, run := range must[[]state.Run](w)(w.Runs(w.ctx, "customers", 0)) {
		gotIDs = append(gotIDs, run.ID)
	}
	for _, run := range want {
		wantIDs = append(wantIDs, run.ID)
	}
	w.same("runs", gotIDs, wantIDs)
}
