package statetest

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"syncd/internal/state"
)

var scheduleCases = []testCase{
	{"due once", func(w *world) {
		w.plan("customers", time.Minute)
		w.claims(10, "customers")
		due := w.clock.pass(time.Minute)
		claims := w.claims(10, "customers", "customers")
		w.same("Claim", claims, []state.Claim{{Lease: state.Lease{Sync: "customers", Holder: "host-a 1", Token: 1}, DueAt: due, Now: due}})
		w.claims(10, "customers")

		w.must(w.Reschedule(w.ctx, claims[0].Lease, "@hourly", due.Add(time.Hour), 2))
		w.claims(10, "customers")
		w.same("Schedules", must[[]state.Schedule](w)(w.Schedules(w.ctx)),
			[]state.Schedule{{Sync: "customers", Spec: "@hourly", DueAt: due.Add(time.Hour), Missed: 2}})
		w.clock.pass(time.Hour)
		again := w.claims(10, "customers", "customers")
		w.must(w.Reschedule(w.ctx, again[0].Lease, "@hourly", due.Add(2*time.Hour), 3))
		w.same("missed", must[[]state.Schedule](w)(w.Schedules(w.ctx))[0].Missed, int64(5))
	}},
	{"the same schedule keeps its time, another one takes a new one", func(w *world) {
		w.plan("customers", time.Minute)
		w.plan("customers", time.Second)
		w.clock.pass(time.Second)
		w.claims(10, "customers")
		w.must(w.Plan(w.ctx, "customers", "@daily", w.clock.Now()))
		w.claims(10, "customers", "customers")
	}},
	{"only those that are asked for", func(w *world) {
		w.plan("customers", 0)
		w.plan("leads", 0)
		w.claims(10, "")
		w.claims(10, "leads", "leads")
		w.same("claims of none", len(must[[]state.Claim](w)(w.Claim(w.ctx, nil, "host-a 1", ttl, 10))), 0)
	}},
	{"those that nobody planned are never due", func(w *world) {
		w.must(w.Release(w.ctx, w.acquire("customers")))
		w.clock.pass(24 * time.Hour)
		w.claims(10, "customers")
	}},
	{"the one first that is due the longest", func(w *world) {
		for i, sync := range []string{"d", "b", "c", "a", "e"} {
			w.plan(sync, time.Duration(i)*time.Second)
		}
		w.clock.pass(3 * time.Second)
		w.claims(1, "a b c d e", "d")
		w.claims(2, "a b c d e", "b", "c")
		w.claims(2, "a b c d e", "a")
	}},
	{"one that runs is not claimed, and stays due", func(w *world) {
		w.plan("customers", 0)
		lease := w.acquire("customers")
		w.claims(10, "customers")
		w.must(w.Release(w.ctx, lease))
		w.claims(10, "customers", "customers")
	}},
	{"one whose lease ran out is taken over with a higher fence", func(w *world) {
		w.plan("customers", 0)
		dead := w.claims(1, "customers", "customers")[0]
		w.clock.pass(ttl - time.Microsecond)
		w.claims(1, "customers")
		w.clock.pass(time.Microsecond)
		claim := w.claims(1, "customers", "customers")[0]
		if claim.Lease.Token <= dead.Lease.Token {
			w.Fatalf("token %d after %d, want a greater one", claim.Lease.Token, dead.Lease.Token)
		}
		w.same("due", claim.DueAt, dead.DueAt)
		w.lost("Reschedule", w.Reschedule(w.ctx, dead.Lease, "@hourly", w.clock.Now().Add(time.Hour), 0))
		w.lost("Renew", w.Renew(w.ctx, dead.Lease, ttl))
		w.start(claim.Lease)
	}},
	{"one that was given back unfinished is due", func(w *world) {
		w.plan("customers", 0)
		claim := w.claims(1, "customers", "customers")[0]
		w.must(w.Release(w.ctx, claim.Lease))
		w.claims(1, "customers", "customers")
	}},
	{"success is a run over all records that did not fail", func(w *world) {
		lease := w.acquire("customers")
		succeeded := func() time.Time { return must[[]state.Schedule](w)(w.Schedules(w.ctx))[0].SucceededAt }
		ends := func(status state.RunStatus, findings *state.Findings) {
			w.clock.pass(time.Minute)
			run := w.start(lease)
			run.Status = status
			w.must(w.FinishRun(w.ctx, lease, run, findings))
		}
		ends(state.RunFailed, nil)
		ends(state.RunFailed, &state.Findings{Scope: []string{"C-1"}})
		ends(state.RunDone, &state.Findings{Scope: []string{"C-1"}})
		w.same("SucceededAt", succeeded(), time.Time{})
		ends(state.RunDone, &state.Findings{})
		w.same("SucceededAt", succeeded(), w.clock.Now())
		ends(state.RunHeld, &state.Findings{})
		held := w.clock.Now()
		ends(state.RunFailed, nil)
		w.same("SucceededAt", succeeded(), held)
	}},
	{"many claim at once", func(w *world) {
		const syncs = 30
		names := ""
		for i := range syncs {
			names += fmt.Sprintf(" sync-%02d", i)
			w.plan(fmt.Sprintf("sync-%02d", i), 0)
		}
		var mu sync.Mutex
		taken := map[string]int{}
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				for {
					claims, err := w.Claim(w.ctx, strings.Fields(names), "host-a 1", ttl, 4)
					if err != nil {
						w.Errorf("Claim: %v", err)
						return
					}
					mu.Lock()
					for _, c := range claims {
						taken[c.Lease.Sync]++
					}
					done := len(taken) == syncs
					mu.Unlock()
					if len(claims) > 4 {
						w.Errorf("%d claims, want 4 at most", len(claims))
					}
					if done {
						return
					}
				}
			})
		}
		group.Wait()
		for sync, n := range taken {
			w.same("claims of "+sync, n, 1)
		}
	}},
}

// plan makes a sync due after a while.
func (w *world) plan(sync string, after time.Duration) {
	w.Helper()
	w.must(w.Plan(w.ctx, sync, "@hourly", w.clock.Now().Add(after)))
}

// claims claims syncs among names, and compares which ones came.
func (w *world) claims(limit int, names string, want ...string) []state.Claim {
	w.Helper()
	claims := must[[]state.Claim](w)(w.Claim(w.ctx, strings.Fields(names), "host-a 1", ttl, limit))
	var got []string
	for _, c := range claims {
		got = append(got, c.Lease.Sync)
	}
	w.same("claimed", got, want)
	return claims
}
