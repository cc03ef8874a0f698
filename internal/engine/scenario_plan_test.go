package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/state/sqlite"
)

// files returns what stands in the scene's directory.
func (s *scene) files() map[string]string {
	s.t.Helper()
	all := map[string]string{}
	paths, err := filepath.Glob(s.path("*"))
	for _, path := range paths {
		data, readErr := os.ReadFile(path)
		if err != nil || readErr != nil {
			s.t.Fatal(err, readErr)
		}
		all[filepath.Base(path)] = string(data)
	}
	return all
}

// plan makes a plan as the command does, with the state open for reading only.
func (s *scene) plan(request engine.Request) (reconcile.Plan, engine.Report) {
	s.t.Helper()
	s.quo.ResetRequests()
	store, err := sqlite.OpenReadOnly(context.Background(), s.path("state.db"), sqlite.Options{Now: s.clock.Now})
	if err != nil {
		s.t.Fatal(err)
	}
	defer store.Close()
	e := s.engine()
	e.Store = store
	return e.Plan(context.Background(), request)
}

func TestPlanWritesNothingAnywhere(t *testing.T) {
	t.Parallel()
	s := massDelete(t)
	s.twoWay()
	s.client.MaxAttempts = 1
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteUpdate), Kind: quosim.CutAfter})
	s.ends("held")
	s.edit(key(30), sceneFirst, "Kim")
	s.inQuo(key(31), func(c *quosim.Contact) { c.FirstName = new("Renée") })
	s.edit(key(32), scenePhone, "555-12")
	s.deleteInQuo(key(33))
	s.withState(func(string) { // closed, so that all of it is in one file
		before := s.files()
		plan, report := s.plan(engine.Request{})
		wantEqual(t, "error", report.Err(), nil)
		wantEqual(t, "files", s.files(), before)
		wantEqual(t, "writes", s.seen().writes(), 0)
		wantEqual(t, "held", report.Held, engine.HeldCounts{Creates: 1, Deletes: 10})
		wantProblem(t, report, key(20), "got no answer")
		wantProblem(t, report, key(32), "phone")
		var got []string
		for _, o := range plan.Operations {
			if !o.Held {
				got = append(got, string(o.Action)+" "+string(o.Side)+" "+o.Key)
			}
		}
		wantEqual(t, "operations that are not held", got, []string{"update quo " + key(30), "update source " + key(31), "unlink source " + key(33)})
	})
}

func TestPlanOfASyncThatNeverRanNeedsNoState(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(3)
	s.withState(func(path string) {
		removeState(path)
		before := s.files()
		plan, report := s.plan(engine.Request{})
		wantEqual(t, "error", report.Err(), nil)
		wantEqual(t, "operations", len(plan.Operations), 3)
		wantEqual(t, "files", s.files(), before)
	})
}

func TestPlanSaysWhatTheRunThenDoes(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.twoWay()
	s.sync.Policy.Grace = 0
	s.people(30)
	s.done()
	s.edit(key(1), sceneFirst, "Zoë")
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Renée") })
	s.remove(key(3))
	s.deleteInQuo(key(4))
	s.rows = append(s.rows, person(50))
	s.save()
	plan, _ := s.plan(engine.Request{})
	var planned, done []string
	for _, o := range plan.Operations {
		planned = append(planned, string(o.Action)+" "+string(o.Side)+" "+o.Key)
	}
	report := s.done()
	entries, err := s.store.Entries(context.Background(), report.RunID)
	for _, entry := range entries {
		if err == nil && entry.State == "done" {
			done = append(done, string(entry.Action)+" "+string(entry.Side)+" "+entry.Key)
		}
	}
	wantEqual(t, "done", done, planned)
}
