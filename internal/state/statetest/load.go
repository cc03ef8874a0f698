package statetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
)

var bulkCases = []testCase{
	{"links", func(w *world) {
		lease := w.acquire("customers")
		links := make([]state.Link, bulkLinks)
		keys := make([]string, bulkLinks)
		for i := range links {
			keys[i] = fmt.Sprintf("C-%06d", i)
			links[i] = link(keys[i])
			links[i].QuoHash = hashOf(i)
		}
		w.commit(lease, state.Batch{Links: links})
		for i := range links {
			links[i].Base, links[i].Pending = nil, i%2 == 0
		}
		w.commit(lease, state.Batch{Links: links})

		i := 0
		for l, err := range w.Links(w.ctx, "customers") {
			w.must(err)
			if l.Key != links[i].Key || l.Pending != links[i].Pending || l.QuoHash != links[i].QuoHash {
				w.Fatalf("link %d: got %+v, want %+v", i, l, links[i])
			}
			i++
		}
		w.same("links", i, bulkLinks)
		stored := must[bases](w)(w.Bases(w.ctx, "customers", keys))
		w.same("bases", len(stored), bulkLinks)
		w.same("the last base", stored[keys[bulkLinks-1]], base(keys[bulkLinks-1]))
		w.commit(lease, state.Batch{Drop: keys})
		w.same("links", len(w.links("customers")), 0)
	}},
	{"findings", func(w *world) {
		lease := w.acquire("customers")
		findings := state.Findings{}
		for i := range 5_000 {
			key := fmt.Sprintf("C-%06d", i)
			findings.Problems = append(findings.Problems,
				problem(key, "Phone", "no number"), problem("", "id", "the key is empty"))
			findings.Conflicts = append(findings.Conflicts, conflict(key, contact.Role, "VP"))
			findings.Held = append(findings.Held, held(key))
		}
		found := w.clock.Now()
		w.ran(lease, findings)
		w.clock.pass(time.Hour)
		run := w.ran(lease, findings)
		problems := must[[]state.Problem](w)(w.Problems(w.ctx, "customers"))
		w.same("problems", len(problems), len(findings.Problems))
		w.same("FirstAt", problems[0].FirstAt, found)
		w.same("conflicts", len(must[[]state.Conflict](w)(w.Conflicts(w.ctx, "customers"))), len(findings.Conflicts))
		w.same("Approve", must[int](w)(w.Approve(w.ctx, run.ID, nil)), len(findings.Held))
	}},
}

var concurrencyCases = []testCase{
	{"many syncs at once", func(w *world) {
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				if err := w.busy(fmt.Sprint("sync ", i)); err != nil {
					w.Error(err)
				}
			})
		}
		group.Wait()
		w.same("syncs", len(must[[]state.Sync](w)(w.Syncs(w.ctx))), 8)
		w.same("runs", len(must[[]state.Run](w)(w.Runs(w.ctx, "", 0))), 8)
	}},
}

// busy runs a sync as the engine does, and checks what it left.
func (w *world) busy(sync string) error {
	const steps = 20
	lease, err := w.Acquire(w.ctx, sync, "host-a 1", ttl)
	if err != nil {
		return err
	}
	run, err := w.StartRun(w.ctx, lease)
	if err != nil {
		return err
	}
	for i := range steps {
		l := link(fmt.Sprint("C-", i))
		errs := []error{
			w.Commit(w.ctx, lease, state.Batch{Entries: []state.Entry{entry(run, i, state.Sent)}}),
			w.Renew(w.ctx, lease, ttl),
			w.Commit(w.ctx, lease, state.Batch{Links: []state.Link{l}, Marks: []state.Mark{done(run, i)}}),
		}
		if _, err := w.Reserve(w.ctx, "key", 1, time.Millisecond); err != nil {
			return err
		}
		got, err := w.Link(w.ctx, sync, l.Key)
		if err := errors.Join(append(errs, err)...); err != nil {
			return err
		}
		if got.ContactID != l.ContactID {
			return fmt.Errorf("%s: got %+v, want %+v", sync, got, l)
		}
	}
	counts, err := w.Counts(w.ctx, sync, time.Time{})
	if err == nil && (len(counts) != 1 || counts[0].N != steps) {
		err = fmt.Errorf("%s: counted %+v, want %d", sync, counts, steps)
	}
	run.Status = state.RunDone
	return errors.Join(err, w.FinishRun(w.ctx, lease, run, &state.Findings{}), w.Release(w.ctx, lease))
}

var cancellationCases = []testCase{
	{"before a write", func(w *world) {
		lease, run := w.settled()
		before := w.snapshot("customers")
		good := w.ctx
		ctx, cancel := context.WithCancel(good)
		cancel()
		for _, f := range fencedWrites {
			w.ctx = ctx
			err := f.write(w, lease, run)
			w.ctx = good
			w.cancelled(f.name, err)
		}
		w.same("the state", w.snapshot("customers"), before)
	}},
	{"before a read", func(w *world) {
		ctx, cancel := context.WithCancel(w.ctx)
		cancel()
		_, err := w.Sync(ctx, "customers")
		w.cancelled("Sync", err)
		_, err = w.Runs(ctx, "customers", 0)
		w.cancelled("Runs", err)
		for _, err := range w.Links(ctx, "customers") {
			w.cancelled("Links", err)
		}
	}},
	{"while links are read", func(w *world) {
		w.commit(w.acquire("customers"), state.Batch{Links: []state.Link{link("C-1"), link("C-2"), link("C-3")}})
		ctx, cancel := context.WithCancel(w.ctx)
		defer cancel()
		var last error
		for _, err := range w.Links(ctx, "customers") {
			cancel()
			last = err
		}
		w.cancelled("Links", last)
	}},
	{"while a batch is written", func(w *world) {
		lease := w.acquire("customers")
		links := make([]state.Link, bulkLinks)
		for i := range links {
			links[i] = link(fmt.Sprint("C-", i))
		}
		ctx, cancel := context.WithTimeout(w.ctx, 20*time.Millisecond)
		defer cancel()
		err := w.Commit(ctx, lease, state.Batch{Links: links})
		if !errors.Is(err, context.DeadlineExceeded) {
			w.Fatalf("Commit: got %v, want the context's error", err)
		}
		w.same("links", len(w.links("customers")), 0)
		w.commit(lease, state.Batch{Links: links[:1]}) // the store still works
	}},
}

func (w *world) cancelled(what string, err error) {
	w.Helper()
	if !errors.Is(err, context.Canceled) {
		w.Fatalf("%s: got %v, want context.Canceled", what, err)
	}
}
