// Package statetest is the suite that every implementation of [state.Store] passes. Start with [Run].
package statetest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"syncd/internal/contact"
	"syncd/internal/state"
)

// Run tests the stores that open opens: each one empty, with now as its clock, closed by the test's cleanup.
func Run(t *testing.T, open func(t *testing.T, now func() time.Time) state.Store) {
	for _, group := range []struct {
		name  string
		cases []testCase
	}{
		{"leases", leaseCases}, {"fencing", fencingCases}, {"syncs", syncCases}, {"links", linkCases},
		{"commit", commitCases}, {"journal", journalCases}, {"runs", runCases}, {"findings", findingCases},
		{"held", heldCases}, {"decisions", decisionCases}, {"rekey", rekeyCases}, {"prune", pruneCases},
		{"schedules", scheduleCases}, {"notices", noticeCases}, {"slots", slotCases}, {"texts", textCases}, {"bulk", bulkCases}, {"concurrency", concurrencyCases},
		{"cancellation", cancellationCases},
	} {
		for _, c := range group.cases {
			t.Run(group.name+"/"+c.name, func(t *testing.T) {
				clock := &clock{now: time.Date(2026, 11, 23, 9, 0, 0, 123456000, time.UTC)}
				c.test(&world{TB: t, ctx: t.Context(), clock: clock, Store: open(t, clock.Now)})
			})
		}
	}
}

type testCase struct {
	name string
	test func(w *world)
}

// world is what a test case works with: a store, its clock and the test itself.
type world struct {
	testing.TB
	state.Store
	ctx   context.Context
	clock *clock
}

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// pass moves the clock and returns the new time.
func (c *clock) pass(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

// ttl is how long the leases of the suite last.
const ttl = 30 * time.Second

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("unexpected error: %v", err)
	}
}

func must[T any](w *world) func(value T, err error) T {
	return func(value T, err error) T {
		w.Helper()
		w.must(err)
		return value
	}
}

// same fails the test when got is not want. JSON is compared by what it means, times by the instant.
func (w *world) same(what string, got, want any) {
	w.Helper()
	parse := cmp.FilterValues(
		func(a, b json.RawMessage) bool { return len(a)+len(b) > 0 }, // EquateEmpty has the others
		cmp.Transformer("json", func(m json.RawMessage) (v any) {
			_ = json.Unmarshal(m, &v) // what is no JSON is nil, and unlike what was written
			return v
		}))
	if diff := cmp.Diff(want, got, parse, cmpopts.EquateEmpty()); diff != "" {
		w.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func (w *world) acquire(sync string) state.Lease {
	w.Helper()
	return must[state.Lease](w)(w.Acquire(w.ctx, sync, "host-a 1", ttl))
}

func (w *world) start(lease state.Lease) state.Run {
	w.Helper()
	return must[state.Run](w)(w.StartRun(w.ctx, lease))
}

func (w *world) finish(lease state.Lease, run state.Run, findings *state.Findings) {
	w.Helper()
	if run.Status == state.RunRunning {
		run.Status = state.RunDone
	}
	w.must(w.FinishRun(w.ctx, lease, run, findings))
}

// ran is a run from start to end.
func (w *world) ran(lease state.Lease, findings state.Findings) state.Run {
	w.Helper()
	run := w.start(lease)
	w.finish(lease, run, &findings)
	return run
}

func (w *world) commit(lease state.Lease, batch state.Batch) {
	w.Helper()
	w.must(w.Commit(w.ctx, lease, batch))
}

func (w *world) links(sync string) []state.Link {
	w.Helper()
	var links []state.Link
	for link, err := range w.Links(w.ctx, sync) {
		w.must(err)
		links = append(links, link)
	}
	return links
}

// snapshot is everything that a store holds about a sync.
type snapshot struct {
	Sync      state.Sync
	Links     []state.Link
	Bases     bases
	Open      []state.Entry
	Runs      []state.Run
	Entries   map[int64][]state.Entry
	Problems  []state.Problem
	Conflicts []state.Conflict
	Held      []state.Held
	Schedules []state.Schedule
}

func (w *world) snapshot(sync string) snapshot {
	w.Helper()
	s := snapshot{
		Sync:      must[state.Sync](w)(w.Sync(w.ctx, sync)),
		Links:     w.links(sync),
		Open:      must[[]state.Entry](w)(w.Open(w.ctx, sync)),
		Runs:      must[[]state.Run](w)(w.Runs(w.ctx, sync, 0)),
		Problems:  must[[]state.Problem](w)(w.Problems(w.ctx, sync)),
		Conflicts: must[[]state.Conflict](w)(w.Conflicts(w.ctx, sync)),
		Held:      must[[]state.Held](w)(w.Held(w.ctx, sync)),
		Schedules: must[[]state.Schedule](w)(w.Schedules(w.ctx)),
		Entries:   map[int64][]state.Entry{},
	}
	var keys []string
	for _, link := range s.Links {
		keys = append(keys, link.Key)
	}
	s.Bases = must[bases](w)(w.Bases(w.ctx, sync, keys))
	for _, run := range s.Runs {
		s.Entries[run.ID] = must[[]state.Entry](w)(w.Entries(w.ctx, run.ID))
	}
	return s
}

// bases are what Store.Bases returns.
type bases = map[string]contact.Base

// base returns a base of one field that both sides agree on.
func base(value string) contact.Base {
	return contact.Base{contact.FirstName: {Source: value, Quo: value}}
}

func hashOf(n int) contact.Hash { return contact.HashOf(fmt.Append(nil, n)) }

// link returns a standing link with a contact of its own.
func link(key string) state.Link {
	return state.Link{Key: key, ContactID: "contact of " + key, Base: base(key)}
}
