package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// massDelete is a scene in which 10 of 40 rows went, one came and one changed, and the grace is over.
func massDelete(t testing.TB) *scene {
	s := newScene(t)
	s.sync.Policy.Grace = 0
	s.people(40)
	s.done()
	s.remove(keys(1, 10)...)
	s.rows = append(s.rows, person(100))
	s.edit(key(20), sceneFirst, "Zoë")
	return s
}

func keys(from, to int) (all []string) {
	for i := from; i <= to; i++ {
		all = append(all, key(i))
	}
	return all
}

func TestMassDeleteIsHeldWithItsCreatesWhileUpdatesGoOn(t *testing.T) {
	t.Parallel()
	s := massDelete(t)
	plan, planned := s.engine().Plan(context.Background(), engine.Request{})
	want := engine.HeldCounts{Creates: 1, Deletes: 10}
	wantEqual(t, "held in the plan", planned.Held, want)
	wantEqual(t, "operations of the plan", len(plan.Operations), 12)

	report := s.ends(state.RunHeld)
	wantEqual(t, "held", report.Held, want)
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: 1, Updates: 1})
	wantEqual(t, "name", text(s.contact(key(20)).FirstName), "Zoë")
	held, err := s.store.Held(context.Background(), "customers")
	wantEqual(t, "held in the state", len(held), 11)
	wantEqual(t, "error", err, nil)
}

func TestApprovedDeletesAndNoOthersAreCarriedOut(t *testing.T) {
	t.Parallel()
	s := massDelete(t)
	held := s.ends(state.RunHeld)
	if n, err := s.store.Approve(context.Background(), held.RunID, []string{key(3), key(7)}); n != 2 || err != nil {
		t.Fatalf("approve: %d, %v", n, err)
	}
	report := s.ends(state.RunHeld)
	wantEqual(t, "deleted", report.Deleted, 2)
	wantEqual(t, "held", report.Held, engine.HeldCounts{Creates: 1, Deletes: 8})
	for _, i := range []int{3, 7} {
		if _, ok := s.findContact(key(i)); ok {
			t.Errorf("contact %s is still there", key(i))
		}
	}
	wantEqual(t, "contacts", len(s.quo.Contacts()), 38)
	report = s.ends(state.RunHeld) // what was approved is done, and lets nothing else through
	wantEqual(t, "deleted by the run after it", report.Deleted, 0)
}

func TestNewerHeldRunVoidsTheOlderList(t *testing.T) {
	t.Parallel()
	s := massDelete(t)
	older := s.ends(state.RunHeld)
	newer := s.ends(state.RunHeld)
	if _, err := s.store.Approve(context.Background(), older.RunID, nil); !errors.Is(err, state.ErrVoid) {
		t.Errorf("approving the older list: %v, want that it is void", err)
	}
	if n, err := s.store.Approve(context.Background(), newer.RunID, nil); n != 11 || err != nil {
		t.Errorf("approving the newer list: %d, %v", n, err)
	}
	report := s.done()
	wantEqual(t, "deleted, created", []int{report.Deleted, report.Created}, []int{10, 1})
	s.wantQuiet()
}

func TestApprovalHoldsForNoOtherOperation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*scene)
	}{
		{"the contact changed", func(s *scene) { s.inQuo(key(3), func(c *quosim.Contact) { c.Role = new("CTO") }) }},
		{"the row came back", func(s *scene) { s.rows = append(s.rows, person(3)); s.save() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := massDelete(t)
			held := s.ends(state.RunHeld)
			if _, err := s.store.Approve(context.Background(), held.RunID, []string{key(3)}); err != nil {
				t.Fatal(err)
			}
			c.change(s)
			wantEqual(t, "deleted", s.ends(state.RunHeld).Deleted, 0)
			s.contact(key(3))
		})
	}
}

func TestAllowedDeletesPassTheBrakeForOneRun(t *testing.T) {
	t.Parallel()
	s := massDelete(t)
	report := s.done(engine.Request{AllowDeletes: true})
	wantEqual(t, "deleted, created", []int{report.Deleted, report.Created}, []int{10, 1})
	s.remove(keys(11, 20)...)
	s.ends(state.RunHeld)
	wantEqual(t, "writes of the next run", s.seen().writes(), 0)
}

func TestBrakeCountsTheDeletesOfADayTogether(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		lose func(s *scene, from, to int)
	}{
		{"contacts deleted", func(s *scene, from, to int) { s.remove(keys(from, to)...) }},
		{"links taken apart", func(s *scene, from, to int) { s.deleteInQuo(keys(from, to)...) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.sync.Policy.Grace = 0
			s.people(30)
			s.done()
			c.lose(s, 1, 4)
			s.done()
			s.later(time.Hour)
			c.lose(s, 5, 8)
			wantEqual(t, "held", s.ends(state.RunHeld).Held, engine.HeldCounts{Deletes: 4})
			s.later(24 * time.Hour)
			s.done()
		})
	}
}

func TestBrakeOfNoneHoldsEveryUpdate(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(3)
	s.done()
	s.sync.Updates = reconcile.Limit{}
	s.edit(key(1), sceneFirst, "Zoë")
	wantEqual(t, "held", s.ends(state.RunHeld).Held, engine.HeldCounts{Updates: 1})
	wantEqual(t, "writes", s.seen().writes(), 0)
	s.done(engine.Request{AllowUpdates: true})
	wantEqual(t, "name", text(s.contact(key(1)).FirstName), "Zoë")
}

func TestScopedRunIsBrakedAgainstAllLinks(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(100)
	s.done()
	for i := range 40 {
		s.row(key(i + 1))[sceneFirst] = "Zoë"
	}
	s.save()
	s.done()
	s.edit(key(50), sceneFirst, "Kim")
	s.done(engine.Request{Only: []string{key(50)}})
	wantEqual(t, "name", text(s.contact(key(50)).FirstName), "Kim")
}

// TestApprovalIsSpentByARunThatFailsLater: the same edit, made again, asks again.
func TestApprovalIsSpentByARunThatFailsLater(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.workers = 1
	s.people(5)
	s.done()
	s.sync.Updates = reconcile.Limit{}
	s.edit(key(1), sceneFirst, "Zoë")
	held := s.ends(state.RunHeld)
	if _, err := s.store.Approve(context.Background(), held.RunID, nil); err != nil {
		t.Fatal(err)
	}
	fail := func(request ...engine.Request) {
		s.rows = append(s.rows, person(100+3*len(s.rows)), person(101+3*len(s.rows)), person(102+3*len(s.rows)))
		s.save()
		s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.Refuse, Status: 403, Times: -1})
		s.ends(state.RunFailed, request...)
		s.quo.ClearFaults()
	}
	fail()
	wantEqual(t, "name", text(s.contact(key(1)).FirstName), "Zoë")
	s.edit(key(1), sceneFirst, "Ann 0001")
	fail(engine.Request{AllowUpdates: true})
	wantEqual(t, "name", text(s.contact(key(1)).FirstName), "Ann 0001")
	s.edit(key(1), sceneFirst, "Zoë")
	wantEqual(t, "held", s.ends(state.RunHeld).Held.Updates, 1)
}

func TestWhatALiftedBrakeLetThroughIsNotCounted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(600) // more creates than always pass: the first run lifts the brake for them
	s.done()
	s.rows = append(s.rows, person(700))
	s.save()
	wantEqual(t, "created the same day", s.done().Created, 1)
}
