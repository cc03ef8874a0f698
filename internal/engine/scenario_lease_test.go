package engine_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/state"
	"syncd/internal/state/sqlite"
)

// realTime makes the state's clock the real one, so that leases run out by themselves.
func (s *scene) realTime() {
	s.t.Helper()
	s.store.Close()
	var err error
	if s.store, err = sqlite.Open(context.Background(), s.path("state.db"), sqlite.Options{}); err != nil {
		s.t.Fatal(err)
	}
}

// stallingStore is the state of a process that can stand still: it renews no lease while it does.
type stallingStore struct {
	state.Store
	stalled atomic.Bool
}

func (s *stallingStore) Renew(ctx context.Context, lease state.Lease, ttl time.Duration) error {
	if s.stalled.Load() {
		return errors.New("this process stands still")
	}
	return s.Store.Renew(ctx, lease, ttl)
}

func TestOnlyOneOfTwoProcessesRunsASync(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(3)
	var second engine.Report
	s.quo.OnRequest(func(n int, _ *http.Request) {
		if n == 1 {
			second = s.engine().Run(context.Background(), engine.Request{})
		}
	})
	s.done()
	wantEqual(t, "status of the second process", second.Status, state.RunSkipped)
	leased, ok := errors.AsType[*state.LeasedError](second.Err())
	if !ok || leased.Holder != "here, process 1" {
		t.Errorf("the second process got %v, want who runs the sync", second.Err())
	}
	wantEqual(t, "requests of both", s.seen(), seen{Fields: 1, Pages: 1, Creates: 3})
}

func TestProcessThatStoodStillWritesNothingAfterAnotherTookOver(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(o *quosim.Options) { o.Keys = []string{"first", "second"} })
	s.realTime()
	s.people(6)
	const lease = time.Second
	s.client.APIKey, s.workers = "first", 1
	store := &stallingStore{Store: s.store}
	first := s.engine()
	first.Store, first.Lease = store, lease
	s.client.APIKey = "second"
	second := s.engine()
	second.Lease = lease
	var secondRun engine.Report
	posts := 0
	s.quo.OnRequest(func(_ int, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("Authorization") != "first" {
			return
		}
		if posts++; posts == 2 {
			store.stalled.Store(true)
			time.Sleep(lease + 100*time.Millisecond)
			secondRun = second.Run(context.Background(), engine.Request{})
			store.stalled.Store(false)
		}
	})
	firstRun := first.Run(context.Background(), engine.Request{})
	if !errors.Is(firstRun.Err(), state.ErrLeaseLost) {
		t.Errorf("the first process ended with %v, want that its lease was lost", firstRun.Err())
	}
	wantEqual(t, "status of the second process", secondRun.Status, state.RunDone)
	wantEqual(t, "creates that the first process sent", posts, 2)
	wantEqual(t, "contacts", len(s.quo.Contacts()), 6)
}

func TestNoWriteStartsAfterTheLeaseRanOutThoughNobodyTookIt(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.realTime()
	s.people(60)
	s.workers = 1
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.SlowAfter, Delay: 20 * time.Millisecond, Times: -1})
	const lease = 600 * time.Millisecond
	store := &stallingStore{Store: s.store}
	store.stalled.Store(true) // the state cannot be reached to renew the lease
	e := s.engine()
	e.Store, e.Lease = store, lease
	start := time.Now()
	report := e.Run(context.Background(), engine.Request{})
	if !errors.Is(report.Err(), state.ErrLeaseLost) {
		t.Errorf("the run ended %s (%v), want that its lease was lost", report.Status, report.Err())
	}
	requests := s.quo.Requests()
	if last := requests[len(requests)-1].At.Sub(start); last >= lease {
		t.Errorf("the last write was sent %v after a lease of %v began", last, lease)
	}
	if report.Created == 60 {
		t.Error("all contacts were created")
	}
}

func TestOperationIsNotSettledWithinOneLeaseAfterItWasSent(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(3)
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.CutAfter})
	s.workers = 1
	s.done()
	for elapsed := time.Second; elapsed < settleAfter; elapsed += 14 * time.Second {
		report := s.done()
		wantProblem(t, report, key(1), "run 1 sent a create")
		wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: 1})
		s.later(13 * time.Second)
	}
	report := s.done()
	wantEqual(t, "problems", reasons(report), map[string]string{})
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: 1, LookUps: 1})
	wantEqual(t, "the contact's link is our own", s.link(key(1)).Adopted, false)
}
