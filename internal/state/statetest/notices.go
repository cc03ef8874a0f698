package statetest

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"syncd/internal/state"
)

var noticeCases = []testCase{
	{"wanted, then told", func(w *world) {
		w.same("Notices", must[[]state.Notice](w)(w.Notices(w.ctx)), []state.Notice{})
		w.must(w.Want(w.ctx, "customers", json.RawMessage(`{"failed":[1]}`)))
		want := state.Notice{Sync: "customers", Wanted: json.RawMessage(`{"failed":[1]}`)}
		w.same("Notices", must[[]state.Notice](w)(w.Notices(w.ctx)), []state.Notice{want})
		want.Attempts = 1
		w.same("claimed", w.claimNotice("customers"), &want)
		w.must(w.Want(w.ctx, "customers", json.RawMessage(`{}`)))
		w.must(w.Told(w.ctx, "customers", want.Wanted))
		want.Attempts, want.Told, want.Wanted = 0, want.Wanted, json.RawMessage(`{}`)
		w.same("Notices", must[[]state.Notice](w)(w.Notices(w.ctx)), []state.Notice{want})
	}},
	{"one at a time tells", func(w *world) {
		w.must(w.Want(w.ctx, "customers", nil))
		if w.claimNotice("customers") == nil || w.claimNotice("leads") == nil {
			w.Fatal("nobody may tell")
		}
		w.clock.pass(ttl - time.Microsecond)
		if w.claimNotice("customers") != nil {
			w.Fatal("two may tell at once")
		}
		w.clock.pass(time.Microsecond)
		if n := w.claimNotice("customers"); n == nil || n.Attempts != 2 {
			w.Fatalf("the one who claimed it died, and got %v", n)
		}
		w.must(w.Told(w.ctx, "customers", nil))
		if n := w.claimNotice("customers"); n == nil || n.Attempts != 1 {
			w.Fatalf("people were told, and got %v", n)
		}
	}},
	{"later", func(w *world) {
		w.claimNotice("customers")
		w.must(w.Later(w.ctx, "customers", time.Hour))
		w.clock.pass(time.Hour - time.Microsecond)
		if w.claimNotice("customers") != nil {
			w.Fatal("claimed too soon")
		}
		w.clock.pass(time.Microsecond)
		if n := w.claimNotice("customers"); n == nil || n.Attempts != 2 {
			w.Fatalf("got %v, want the second attempt", n)
		}
	}},
	{"many want to tell at once", func(w *world) {
		var group sync.WaitGroup
		var won atomic.Int32
		for range 10 {
			group.Go(func() {
				_, ok, err := w.ClaimNotice(w.ctx, "customers", ttl)
				if err != nil {
					w.Errorf("ClaimNotice: %v", err)
				}
				if ok {
					won.Add(1)
				}
			})
		}
		group.Wait()
		w.same("claims", won.Load(), int32(1))
	}},
}

func (w *world) claimNotice(sync string) *state.Notice {
	w.Helper()
	n, ok, err := w.ClaimNotice(w.ctx, sync, ttl)
	w.must(err)
	if !ok {
		return nil
	}
	return &n
}
