package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
	"syncd/internal/state"
)

func TestRefusedKeyFailsTheRunAtOnceAndKeepsTheFindings(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			s := newScene(t)
			s.people(5)
			s.edit(key(1), scenePhone, "555-12")
			s.done()
			s.edit(key(2), sceneFirst, "Zoë")
			s.quo.Inject(quosim.Fault{Kind: quosim.Refuse, Status: status, Times: -1})
			s.wantStop(s.run(), fmt.Sprint(status))
			wantEqual(t, "requests", len(s.quo.Requests()), 1)
			problems, err := s.store.Problems(context.Background(), "customers")
			if err != nil || len(problems) != 1 || problems[0].Key != key(1) {
				t.Errorf("problems after the failed run: %v, %v; want that of the run before", problems, err)
			}
			s.quo.ClearFaults()
			s.done()
			wantEqual(t, "name", text(s.contact(key(2)).FirstName), "Zoë")
		})
	}
}

func TestOneForbiddenContactIsAProblemAndSeveralStopTheRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.workers = 1
	s.people(20)
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.Refuse, Status: http.StatusForbidden})
	report := s.done()
	wantProblem(t, report, key(1), "403")
	wantEqual(t, "created", report.Created, 19)

	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteUpdate), Kind: quosim.Refuse, Status: http.StatusForbidden, Times: -1})
	for _, r := range s.rows[1:] {
		r[sceneFirst] = "Zoë"
	}
	s.save()
	report = s.run()
	if report.Status != state.RunFailed || !strings.Contains(report.Err().Error(), "the API key or the subscription is wrong") {
		t.Errorf("the run ended %s: %v", report.Status, report.Err())
	}
	if n := s.seen().Updates; n > 5 {
		t.Errorf("the run sent %d updates before it stopped", n)
	}
}

func TestScatteredForbiddenContactsDoNotStopTheRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.workers = 1
	s.people(20)
	for _, i := range []int{2, 6, 10, 14, 18} {
		s.quo.Inject(quosim.Fault{Match: writesOf(key(i)), Kind: quosim.Refuse, Status: http.StatusForbidden, Times: -1})
	}
	report := s.done()
	wantEqual(t, "created, problems", []int{report.Created, len(report.Problems)}, []int{15, 5})
}

func TestUnreachableQuoStopsTheRunAndALaterOneCompletes(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(100)
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.CutBefore, Times: -1})
	report := s.run()
	if report.Status != state.RunFailed || !strings.Contains(report.Err().Error(), "no answer to") {
		t.Errorf("the run ended %s: %v", report.Status, report.Err())
	}
	if n := s.seen().Creates; n > 20 {
		t.Errorf("the run sent %d creates before it stopped", n)
	}
	s.quo.ClearFaults()
	s.later(settleAfter)
	s.done()
	s.later(time.Hour)
	s.done()
	wantEqual(t, "contacts", len(s.quo.Contacts()), 100)
	s.wantQuiet()
}

func TestQuoThatCannotBeReachedAtAllFailsTheRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(3)
	s.server.CloseClientConnections()
	s.server.Close()
	report := s.run()
	wantEqual(t, "status", report.Status, state.RunFailed)
	if strings.Contains(report.Err().Error(), "sandbox") {
		t.Errorf("the error holds the key: %v", report.Err())
	}
}

// TestContactsThatStopARunDoNotStopEveryRun: they come last, and not before their interval is over.
func TestContactsThatStopARunDoNotStopEveryRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		status  int
		bad     int
		prepare func(*scene)
		heard   func(*scene) bool // of the last row
	}{
		{"creates with 500", http.StatusInternalServerError, 10, func(s *scene) {}, func(s *scene) bool { _, ok := s.findContact(key(12)); return ok }},
		{"updates with 403", http.StatusForbidden, 3, func(s *scene) {
			s.done()
			for _, r := range s.rows[1:] {
				r[sceneFirst] = "Zoë"
			}
			s.save()
		}, func(s *scene) bool { return text(s.contact(key(12)).FirstName) == "Zoë" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.workers = 1
			s.people(12)
			c.prepare(s)
			for i := range c.bad {
				s.quo.Inject(quosim.Fault{Match: writesOf(`"` + key(i+1) + `"`), Kind: quosim.Refuse, Status: c.status, Times: -1})
			}
			s.ends(state.RunFailed)
			problems, err := s.store.Problems(context.Background(), "customers")
			if err != nil || len(problems) != c.bad || problems[0].RetryAt.IsZero() {
				t.Fatalf("problems after the run that stopped: %+v, %v; want %d that are tried again later", problems, err, c.bad)
			}
			s.later(settleAfter)
			wantEqual(t, "problems of the next run", len(s.done().Problems), c.bad)
			wantEqual(t, "the last row is in Quo", c.heard(s), true)
			s.edit(key(12), sceneCompany, "Umbrella")
			s.later(day) // their intervals are over
			s.ends(state.RunFailed)
			wantEqual(t, "company of the last row", text(s.contact(key(12)).Company), "Umbrella")
		})
	}
}

// TestRunThatStopsKeepsTheFindingsAboutWhatItDidNotTry, and what a person said about what it did.
func TestRunThatStopsKeepsTheFindingsAboutWhatItDidNotTry(t *testing.T) {
	t.Parallel()
	s := inConflict(t)
	s.workers = 1
	s.edit(key(1), scenePhone, "555-12")
	s.done()
	s.resolve(key(2), contact.FirstName, contact.Source)
	for i := range 2 {
		s.row(key(i + 3))[sceneFirst] = "Eve"
	}
	s.save()
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteUpdate), Kind: quosim.Refuse, Status: http.StatusForbidden, Times: -1})
	s.ends(state.RunFailed)
	problems, err := s.store.Problems(context.Background(), "customers")
	wantEqual(t, "problems", []any{len(problems), err}, []any{4, nil})
	s.quo.ClearFaults()
	s.later(day)
	wantEqual(t, "conflicts", len(s.done().Conflicts), 0)
	wantEqual(t, "name in Quo", text(s.contact(key(2)).FirstName), "Kim")
}
