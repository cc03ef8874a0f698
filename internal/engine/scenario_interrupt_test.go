package engine_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"syncd/internal/engine"
	"syncd/internal/quo"
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

// TestInterruptBetweenRecordAndSlotLeavesNothingSent: what surely never left needs no settling.
func TestInterruptBetweenRecordAndSlotLeavesNothingSent(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.workers = 1
	s.people(20)
	s.client.Limiter = quo.NewLimiter(10, nil, "")
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	e := s.engine()
	e.Store = recordingStore{s.store, func(m state.Mark) {
		if m.State == state.Sent && m.Seq == 4 {
			interrupt()
		}
	}}
	e.Run(ctx, engine.Request{})
	entries, err := s.store.Entries(context.Background(), 1)
	if err != nil {
		t.Fatal(err)
	}
	states := map[state.EntryState]int{}
	for _, entry := range entries {
		states[entry.State]++
	}
	wantEqual(t, "contacts", len(s.quo.Contacts()), 3)
	wantEqual(t, "entries by state", states, map[state.EntryState]int{state.Done: 3, state.Failed: 1, state.Intended: 16})
	s.client.Limiter = nil
	wantEqual(t, "created by the next run, at once", s.done().Created, 17)
}

// recordingStore tells of the marks that are written, once they are.
type recordingStore struct {
	state.Store
	marked func(state.Mark)
}

func (r recordingStore) Commit(ctx context.Context, lease state.Lease, batch state.Batch) error {
	err := r.Store.Commit(ctx, lease, batch)
	for _, m := range batch.Marks {
		r.marked(m)
	}
	return err
}
