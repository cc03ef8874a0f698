package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

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
	if report.Status != state.RunFailed || !strings.Contains(report.Err().Error(), "the key or the plan is wrong") {
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
