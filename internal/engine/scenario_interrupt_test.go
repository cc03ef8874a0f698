package engine_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/state"
)

func TestInterruptedRunFinishesWhatIsUnderWayAndTheNextCompletes(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(200)
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.SlowAfter, Delay: 5 * time.Millisecond, Times: -1})
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	creates := 0
	s.workers = 1
	s.quo.OnRequest(func(_ int, r *http.Request) {
		if r.Method == http.MethodPost {
			if creates++; creates == 50 {
				interrupt()
			}
		}
	})
	report := s.engine().Run(ctx, engine.Request{})
	s.quo.OnRequest(nil)
	s.quo.ClearFaults()
	if report.Status != state.RunFailed || !errors.Is(report.Err(), context.Canceled) {
		t.Errorf("the run ended %s: %v", report.Status, report.Err())
	}
	wantEqual(t, "creates that were sent, heard and there", []int{creates, report.Created, len(s.quo.Contacts())}, []int{50, 50, 50})
	open, err := s.store.Open(context.Background(), "customers")
	for _, entry := range open {
		if err != nil || entry.State != state.Intended {
			t.Fatalf("what was not sent is in the journal as %s (%v)", entry.State, err)
		}
	}
	wantEqual(t, "created by the next run, at once", s.done().Created, 150) // the lease was given back
	wantEqual(t, "contacts", len(s.quo.Contacts()), 200)
	s.wantQuiet()
}

func TestInterruptWithSeveralRequestsUnderWayLosesNone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.workers = 8
	s.people(200)
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	s.quo.OnRequest(func(n int, _ *http.Request) {
		if n == 60 {
			interrupt()
		}
	})
	report := s.engine().Run(ctx, engine.Request{})
	s.quo.OnRequest(nil)
	wantEqual(t, "creates that were heard and are there", report.Created, len(s.quo.Contacts()))
	wantEqual(t, "created by the next run", s.done().Created, 200-report.Created)
	s.wantQuiet()
}

func TestRunInterruptedWhileItReadsChangesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(120)
	s.done()
	s.edit(key(1), sceneFirst, "Zoë")
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	s.quo.ResetRequests()
	s.quo.OnRequest(func(n int, _ *http.Request) {
		if n == 2 {
			interrupt()
		}
	})
	report := s.engine().Run(ctx, engine.Request{})
	s.quo.OnRequest(nil)
	wantEqual(t, "status, writes", []any{report.Status, s.seen().writes()}, []any{state.RunFailed, 0})
	wantEqual(t, "updated by the next run", s.done().Updated, 1)
}
