package statetest

import "syncd/internal/state"

// fencedWrites are the methods that take a lease and write; run is a run of the sync, which has the link C-1.
var fencedWrites = []struct {
	name  string
	write func(w *world, lease state.Lease, run state.Run) error
}{
	{"Commit", func(w *world, lease state.Lease, run state.Run) error {
		return w.Commit(w.ctx, lease, state.Batch{
			Sync:  &state.Sync{Name: "customers", Label: "syncd-other"},
			Links: []state.Link{link("C-2")}, Drop: []string{"C-1"},
			Entries: []state.Entry{entry(run, 2, state.Sent)},
			Marks:   []state.Mark{{Run: run.ID, Seq: 1, State: state.Done}},
		})
	}},
	{"an empty Commit", func(w *world, lease state.Lease, _ state.Run) error {
		return w.Commit(w.ctx, lease, state.Batch{})
	}},
	{"StartRun", func(w *world, lease state.Lease, _ state.Run) error {
		_, err := w.StartRun(w.ctx, lease)
		return err
	}},
	{"FinishRun", func(w *world, lease state.Lease, run state.Run) error {
		run.Status = state.RunDone
		return w.FinishRun(w.ctx, lease, run, &state.Findings{})
	}},
	{"Reschedule", func(w *world, lease state.Lease, _ state.Run) error {
		return w.Reschedule(w.ctx, lease, "@hourly", w.clock.Now(), 1)
	}},
	{"Rekey", func(w *world, lease state.Lease, _ state.Run) error {
		return w.Rekey(w.ctx, lease, "C-1", "C-9")
	}},
}

var fencingCases = []testCase{
	{"a lease that was taken over writes nothing", func(w *world) {
		w.refusesWrites(func(lease state.Lease) state.Lease {
			w.clock.pass(ttl)
			w.acquire("customers")
			return lease
		})
	}},
	{"a lease that was taken over and given back writes nothing", func(w *world) {
		w.refusesWrites(func(lease state.Lease) state.Lease {
			w.clock.pass(ttl)
			w.must(w.Release(w.ctx, w.acquire("customers")))
			return lease
		})
	}},
	{"a lease that was given back writes nothing", func(w *world) {
		w.refusesWrites(func(lease state.Lease) state.Lease {
			w.must(w.Release(w.ctx, lease))
			return lease
		})
	}},
	{"the token of another holder writes nothing", func(w *world) { // a restored state gives tokens a second time
		w.refusesWrites(func(lease state.Lease) state.Lease {
			lease.Holder = "host-b 2"
			return lease
		})
	}},
	{"no lease writes nothing", func(w *world) {
		w.refusesWrites(func(state.Lease) state.Lease { return state.Lease{Sync: "customers"} })
	}},
	{"a lease that ran out writes as long as nobody took it", func(w *world) {
		for _, f := range fencedWrites {
			lease, run := w.settled()
			w.clock.pass(ttl)
			if err := f.write(w, lease, run); err != nil {
				w.Errorf("%s: %v", f.name, err)
			}
			w.must(w.Release(w.ctx, lease))
			lease = w.acquire("customers")
			w.must(w.Commit(w.ctx, lease, state.Batch{Drop: []string{"C-1", "C-2", "C-9"}}))
			w.must(w.Release(w.ctx, lease))
		}
	}},
}

// settled leaves a sync with a link, findings, a run and an open entry behind.
func (w *world) settled() (state.Lease, state.Run) {
	w.Helper()
	lease := w.acquire("customers")
	run := w.start(lease)
	w.commit(lease, state.Batch{
		Sync:    &state.Sync{Name: "customers", Label: "syncd-customers"},
		Links:   []state.Link{link("C-1")},
		Entries: []state.Entry{entry(run, 1, state.Sent)},
	})
	w.finish(lease, run, &state.Findings{Problems: []state.Problem{problem("C-1", "Phone", "no number")}})
	return lease, run
}

// refusesWrites checks that no write goes through with the lease that lose makes of a good one.
func (w *world) refusesWrites(lose func(state.Lease) state.Lease) {
	w.Helper()
	lease, run := w.settled()
	lease = lose(lease)
	before := w.snapshot("customers")
	for _, f := range fencedWrites {
		w.lost(f.name, f.write(w, lease, run))
		w.same("the state after "+f.name, w.snapshot("customers"), before)
	}
}
