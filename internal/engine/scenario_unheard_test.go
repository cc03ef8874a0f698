package engine_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"syncd/internal/quo/quosim"
	"syncd/internal/state"
)

// unheard are the ways in which Quo acts and the answer does not come.
var unheard = []struct {
	name  string
	fault quosim.Fault
}{
	{"500 after the act", quosim.Fault{Kind: quosim.FailAfter}},
	{"504 after the act", quosim.Fault{Kind: quosim.FailAfter, Status: http.StatusGatewayTimeout}},
	{"connection cut after the act", quosim.Fault{Kind: quosim.CutAfter}},
	{"500 before the act", quosim.Fault{Kind: quosim.Refuse}},
	{"connection cut before the act", quosim.Fault{Kind: quosim.CutBefore}},
}

func TestUnheardCreateNeverMakesASecondContact(t *testing.T) {
	t.Parallel()
	for _, c := range unheard {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.people(5)
			c.fault.Match = quosim.On(quosim.RouteCreate)
			s.quo.Inject(c.fault)
			report := s.done()
			wantEqual(t, "created", report.Created, 4)
			wantEqual(t, "creates sent", s.seen().Creates, 5)
			wantEqual(t, "problems", len(report.Problems), 1)
			unsettled := report.Problems[0].Key
			wantProblem(t, report, unsettled, "a later run finds out")

			report = s.done()
			wantProblem(t, report, unsettled, "got no answer")
			wantEqual(t, "writes within the lease", s.seen().writes(), 0)

			s.later(time.Hour) // past the wait before it is sent again
			report = s.done()
			wantEqual(t, "problems once it is settled", reasons(report), map[string]string{})
			wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
			s.wantQuiet()
		})
	}
}

func TestUnheardUpdateIsSettledByReadingBack(t *testing.T) {
	t.Parallel()
	for _, c := range unheard {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.client.MaxAttempts = 1
			s.people(5)
			s.done()
			s.edit(key(2), sceneFirst, "Zoë")
			c.fault.Match = quosim.On(quosim.RouteUpdate)
			s.quo.Inject(c.fault)
			wantProblem(t, s.done(), key(2), "a later run finds out")

			s.edit(key(2), sceneCompany, "Umbrella") // and the row goes on changing
			wantProblem(t, s.done(), key(2), "got no answer")
			wantEqual(t, "writes within the lease", s.seen().writes(), 0)

			s.later(settleAfter)
			wantEqual(t, "problems once it is settled", reasons(s.done()), map[string]string{})
			got := s.contact(key(2))
			wantEqual(t, "contact", []string{text(got.FirstName), text(got.Company)}, []string{"Zoë", "Umbrella"})
			s.wantQuiet()
		})
	}
}

func TestUnheardDeleteIsSettledByReadingBack(t *testing.T) {
	t.Parallel()
	for _, c := range unheard {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.client.MaxAttempts = 1
			s.sync.Policy.Grace = 0
			s.people(5)
			s.done()
			s.remove(key(2))
			c.fault.Match = quosim.On(quosim.RouteDelete)
			s.quo.Inject(c.fault)
			wantProblem(t, s.done(), key(2), "a later run finds out")
			s.later(time.Hour)
			wantEqual(t, "problems once it is settled", reasons(s.done()), map[string]string{})
			wantEqual(t, "contacts", len(s.quo.Contacts()), 4)
			wantEqual(t, "link", s.link(key(2)), state.Link{})
			s.wantQuiet()
		})
	}
}

func TestContactThatSomebodyElseMadeUnderOurPairIsLinked(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(2)
	s.workers = 1
	s.quo.OnRequest(func(_ int, r *http.Request) {
		if _, made := s.findContact(key(1)); r.Method == http.MethodPost && !made {
			s.add(quosim.Contact{Source: new(label), ExternalID: new(key(1)), FirstName: new("Ann 0001")})
		}
	})
	report := s.done()
	s.quo.OnRequest(nil)
	wantEqual(t, "created, stale, problems", []int{report.Created, report.Stale, len(report.Problems)}, []int{1, 1, 0})
	s.done()
	wantEqual(t, "phone", item(s.contact(key(1)).PhoneNumbers, "mobile"), "+14155551001")
	wantEqual(t, "contacts", len(s.quo.Contacts()), 2)
	wantEqual(t, "the link is adopted", s.link(key(1)).Adopted, true)
	s.wantQuiet()
}

func TestPairThatIsTakenByAnInvisibleContactIsAProblemUntilItShows(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(o *quosim.Options) { o.VisibilityLag = 12 })
	s.people(1)
	s.done()
	s.withState(removeState) // which alone knows the id of the contact that no list shows yet
	wantProblem(t, s.done(), key(1), "409", "Conflict")
	wantEqual(t, "contacts", len(s.quo.Contacts()), 1)
	s.later(time.Hour)
	for range 4 { // the lists show it once enough requests were made
		s.run()
	}
	wantEqual(t, "contacts", len(s.quo.Contacts()), 1)
	wantEqual(t, "the contact's link", s.link(key(1)).ContactID, s.contact(key(1)).ID)
	problems, err := s.store.Problems(context.Background(), "customers")
	if err != nil || len(problems) > 0 {
		t.Errorf("problems that are left: %v, %v", problems, err)
	}
}

// TestUnheardOperationThatWasNotDoneWaitsBeforeItIsSentAgain at growing intervals, whatever runs come in between.
func TestUnheardOperationThatWasNotDoneWaitsBeforeItIsSentAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(3)
	s.quo.Inject(quosim.Fault{Match: writesOf(`"` + key(1) + `"`), Kind: quosim.Refuse, Status: http.StatusInternalServerError, Times: -1})
	wantProblem(t, s.done(), key(1), "a later run finds out")
	for _, wait := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour} {
		wantProblem(t, s.done(), key(1), "got no answer")
		s.later(settleAfter)
		wantProblem(t, s.done(), key(1), "was not done", "not in Quo")
		s.later(wait - settleAfter - 5*time.Second)
		wantProblem(t, s.done(), key(1), "was not done", "not in Quo")
		wantEqual(t, "writes before the interval is over", s.seen().writes(), 0)
		s.later(5 * time.Second)
		wantProblem(t, s.done(), key(1), "a later run finds out")
		wantEqual(t, "writes after it", s.seen().writes(), 1)
	}
	s.quo.ClearFaults()
	s.later(day)
	wantEqual(t, "created", s.done().Created, 1)
	s.wantQuiet()
}
