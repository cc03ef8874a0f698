package statetest

import (
	"slices"
	"sync"
	"time"
)

const every = 100 * time.Millisecond

var slotCases = []testCase{
	{"one after the other", func(w *world) {
		w.reserve("key", 1, 0)
		w.reserve("key", 3, every)
		w.reserve("key", 1, 4*every)
		w.clock.pass(every)
		w.reserve("key", 1, 4*every)
	}},
	{"never in the past", func(w *world) {
		w.reserve("key", 2, 0)
		w.clock.pass(time.Hour)
		w.reserve("key", 1, 0)
		w.reserve("key", 1, every)
	}},
	{"limits have slots of their own", func(w *world) {
		w.reserve("key", 5, 0)
		w.reserve("another", 1, 0)
	}},
	{"never closer than asked for", func(w *world) {
		third := time.Second / 3 // no whole number of microseconds
		for i := range 300 {
			wait := must[time.Duration](w)(w.Reserve(w.ctx, "key", 1, third))
			if wait < time.Duration(i)*third {
				w.Fatalf("slot %d is after %s, want %s at least", i, wait, time.Duration(i)*third)
			}
		}
	}},
	{"no slots, or time that runs backward", func(w *world) {
		for _, c := range []struct {
			n     int
			every time.Duration
		}{{0, every}, {-1, every}, {1, -every}} {
			if _, err := w.Reserve(w.ctx, "key", c.n, c.every); err == nil {
				w.Errorf("Reserve(%d, %s) went through", c.n, c.every)
			}
		}
		w.reserve("key", 1, 0)
	}},
	{"many at once never overlap", func(w *world) {
		var mu sync.Mutex
		var slots []time.Duration
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				for range 20 {
					n := i%3 + 1
					wait, err := w.Reserve(w.ctx, "key", n, every)
					if err != nil {
						w.Errorf("Reserve: %v", err)
					}
					mu.Lock()
					for k := range n {
						slots = append(slots, wait+time.Duration(k)*every)
					}
					mu.Unlock()
				}
			})
		}
		group.Wait()
		slices.Sort(slots)
		for i, slot := range slots { // the clock stands still
			w.same("slot", slot, time.Duration(i)*every)
		}
	}},
}

func (w *world) reserve(limit string, n int, want time.Duration) {
	w.Helper()
	w.same("Reserve", must[time.Duration](w)(w.Reserve(w.ctx, limit, n, every)), want)
}
