package statetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"syncd/internal/state"
)

var leaseCases = []testCase{
	{"one holder at a time", func(w *world) {
		w.acquire("customers")
		until := w.clock.Now().Add(ttl)
		w.clock.pass(ttl - time.Microsecond)
		for _, holder := range []string{"host-b 2", "host-a 1"} { // a container's name and process id may come again
			_, err := w.Acquire(w.ctx, "customers", holder, ttl)
			leased, ok := errors.AsType[*state.LeasedError](err)
			if !ok {
				w.Fatalf("Acquire by %s: got %v, want a LeasedError", holder, err)
			}
			w.same("LeasedError", *leased, state.LeasedError{Sync: "customers", Holder: "host-a 1", Until: until})
		}
	}},
	{"syncs have leases of their own", func(w *world) {
		w.acquire("customers")
		w.acquire("leads")
	}},
	{"one that ran out can be taken", func(w *world) {
		old := w.acquire("customers")
		w.clock.pass(ttl)
		lease := must[state.Lease](w)(w.Acquire(w.ctx, "customers", "host-b 2", ttl))
		w.same("holder", lease.Holder, "host-b 2")
		if lease.Token <= old.Token {
			w.Fatalf("token %d after %d, want a greater one", lease.Token, old.Token)
		}
	}},
	{"renewed, it lasts from then", func(w *world) {
		lease := w.acquire("customers")
		w.clock.pass(ttl / 2)
		w.must(w.Renew(w.ctx, lease, ttl))
		w.clock.pass(ttl - time.Microsecond)
		w.leased("customers")
		w.clock.pass(time.Microsecond)
		w.acquire("customers")
	}},
	{"one that ran out is renewed when nobody took it", func(w *world) {
		lease := w.acquire("customers")
		w.clock.pass(10 * ttl)
		w.must(w.Renew(w.ctx, lease, ttl))
		w.leased("customers")
	}},
	{"one that was taken is not renewed", func(w *world) {
		lease := w.acquire("customers")
		w.clock.pass(ttl)
		w.acquire("customers")
		w.lost("Renew", w.Renew(w.ctx, lease, ttl))
	}},
	{"one that was given back", func(w *world) {
		old := w.acquire("customers")
		w.must(w.Release(w.ctx, old))
		w.lost("Renew", w.Renew(w.ctx, old, ttl))
		w.must(w.Release(w.ctx, old))
		if lease := w.acquire("customers"); lease.Token <= old.Token {
			w.Fatalf("token %d after %d, want a greater one", lease.Token, old.Token)
		}
	}},
	{"one that was lost is left to its holder", func(w *world) {
		old := w.acquire("customers")
		w.clock.pass(ttl)
		w.acquire("customers")
		w.must(w.Release(w.ctx, old))
		w.leased("customers")
	}},
	{"one with the token of another holder is left to that one", func(w *world) {
		lease := w.acquire("customers")
		lease.Holder = "host-b 2"
		w.lost("Renew", w.Renew(w.ctx, lease, ttl))
		w.must(w.Release(w.ctx, lease))
		w.leased("customers")
	}},
	{"many want it at once", func(w *world) {
		var group sync.WaitGroup
		var won atomic.Int32
		for i := range 20 {
			group.Go(func() {
				_, err := w.Acquire(w.ctx, "customers", fmt.Sprintf("host %d", i), ttl)
				if _, leased := errors.AsType[*state.LeasedError](err); err != nil && !leased {
					w.Errorf("Acquire: %v", err)
				}
				if err == nil {
					won.Add(1)
				}
			})
		}
		group.Wait()
		w.same("holders", won.Load(), int32(1))
	}},
}

// leased fails the test when the lease of a sync can be taken.
func (w *world) leased(sync string) {
	w.Helper()
	_, err := w.Acquire(w.ctx, sync, "another", ttl)
	if _, ok := errors.AsType[*state.LeasedError](err); !ok {
		w.Fatalf("Acquire: got %v, want a LeasedError", err)
	}
}

func (w *world) lost(what string, err error) {
	w.Helper()
	if !errors.Is(err, state.ErrLeaseLost) {
		w.Fatalf("%s: got %v, want ErrLeaseLost", what, err)
	}
}
