package engine_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/mapping"
	"syncd/internal/quo"
	"syncd/internal/quo/quosim"
	"syncd/internal/state"
)

// writesOf matches the creates and updates whose body holds a text.
func writesOf(text string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		if r.Method == http.MethodGet {
			return false
		}
		body, err := io.ReadAll(r.Body)
		return err == nil && bytes.Contains(body, []byte(text))
	}
}

// refuse makes Quo refuse what it is sent about the person of a row, with 400.
func (s *scene) refuse(key string) {
	s.quo.Inject(quosim.Fault{Match: writesOf(`"` + key + `"`), Kind: quosim.Refuse, Status: http.StatusBadRequest, Times: -1})
}

func TestContactThatQuoRefusesIsAProblemAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(10)
	s.refuse(key(4))
	report := s.done()
	wantEqual(t, "created", report.Created, 9)
	wantProblem(t, report, key(4), "400 Bad Request", "code 0800400", "trace ")
	wantEqual(t, "row of the problem", report.Problems[0].Row, 5)
}

func TestRefusedContactIsTriedAgainAtGrowingIntervals(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(3)
	s.refuse(key(1))
	s.done()
	for _, wait := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour} {
		s.later(wait - 10*time.Second)
		wantProblem(t, s.done(), key(1), "400")
		wantEqual(t, "writes before the interval is over", s.seen().writes(), 0)
		s.later(10 * time.Second)
		wantProblem(t, s.done(), key(1), "400")
		wantEqual(t, "writes after it", s.seen().writes(), 1)
	}
	s.quo.ClearFaults()
	s.later(24 * time.Hour)
	report := s.done()
	wantEqual(t, "created", report.Created, 1)
	wantEqual(t, "problems once it works", reasons(report), map[string]string{})
	problems, err := s.store.Problems(context.Background(), "customers")
	if err != nil || len(problems) > 0 {
		t.Errorf("problems that are left: %v, %v", problems, err)
	}
}

func TestRefusedContactIsTriedAgainAtOnceWhenSomethingAboutItChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*scene)
	}{
		{"the row", func(s *scene) { s.edit(key(1), sceneFirst, "Kim") }},
		{"the contact", func(s *scene) { s.inQuo(key(1), func(c *quosim.Contact) { c.Role = new("CTO") }) }},
		{"the mapping", func(s *scene) {
			s.sync.Mapping.Fields = append(s.sync.Mapping.Fields,
				mapping.Field{Name: contact.Role, Column: "Notes", Direction: contact.ToQuo, Conflicts: contact.Ask})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.people(3)
			s.done()
			s.refuse(key(1))
			s.edit(key(1), sceneFirst, "Zoë")
			s.done()
			s.later(20 * time.Minute)
			s.done() // the second try: the next wait is longer than the first
			s.done()
			wantEqual(t, "writes while nothing changes", s.seen().writes(), 0)
			c.change(s)
			wantProblem(t, s.done(), key(1), "400")
			if s.seen().writes() == 0 {
				t.Error("it was not tried again")
			}
			s.later(15 * time.Minute) // what changed was tried once, so its first interval is over
			s.done()
			if s.seen().writes() == 0 {
				t.Error("it was not tried again after the first interval")
			}
		})
	}
}

func TestRefusedUpdateIsNotForgottenWhenTheOtherSideIsWritten(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.twoWay()
	s.people(30)
	s.done()
	s.refuse(key(1))
	s.edit(key(1), sceneFirst, "Zoë")
	for i := range 25 { // so many that the brake holds what goes to the file
		s.inQuo(key(i+1), func(c *quosim.Contact) { c.Company = new("Umbrella") })
	}
	wantProblem(t, s.ends(state.RunHeld), key(1), "400")
	s.done(engine.Request{AllowUpdates: true})
	wantEqual(t, "company in the file", s.readRow(key(1))[sceneCompany], "Umbrella")
	s.quo.ClearFaults()
	s.later(24 * time.Hour)
	s.done()
	wantEqual(t, "name in Quo", text(s.contact(key(1)).FirstName), "Zoë")
	s.wantQuiet()
}

func TestLogHoldsNeitherKeyNorPersonalData(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.client.APIKey = "sandbox"
	s.twoWay()
	s.people(8)
	s.done()
	s.refuse(key(2))
	s.edit(key(2), sceneFirst, "Zoë")
	s.edit(key(3), scenePhone, "555-12")
	s.edit(key(4), sceneFirst, "Kim")
	s.inQuo(key(4), func(c *quosim.Contact) { c.FirstName = new("Renée") })
	s.inQuo(key(5), func(c *quosim.Contact) { c.FirstName = new("Eve") })
	s.deleteInQuo(key(6))
	s.remove(key(7))
	s.done()
	s.quo.Inject(quosim.Fault{Kind: quosim.Refuse, Status: http.StatusUnauthorized})
	s.ends(state.RunFailed)
	for _, secret := range []string{"sandbox", "Ann", "Zoë", "Kim", "Renée", "Eve", "5551", "555-12", "Acme"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, s.log.String())
		}
	}
}

// droppingTransport is a Quo that takes a value and does not keep it.
type droppingTransport struct {
	http.RoundTripper
	value string
}

func (d droppingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost || r.Method == http.MethodPatch {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = bytes.ReplaceAll(body, []byte(`"`+d.value+`"`), []byte("null"))
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return d.RoundTripper.RoundTrip(r)
}

func TestValueThatQuoDoesNotKeepIsAProblemUntilItDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, dropped string
		twoWay        bool
		prepare       func(*scene)
	}{
		{"of a new contact", "+14155551002", false, func(*scene) {}},
		{"of an edited row", "+14155550199", false, func(s *scene) { s.done(); s.edit(key(2), scenePhone, "+14155550199") }},
		{"of an edited row, both ways", "+14155550199", true, func(s *scene) { s.done(); s.edit(key(2), scenePhone, "+14155550199") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			if c.twoWay {
				s.twoWay()
			}
			s.people(3)
			c.prepare(s)
			dropping := func() engine.Report {
				e := s.engine()
				client := s.client
				client.HTTP = &http.Client{Transport: droppingTransport{http.DefaultTransport, c.dropped}}
				e.Quo = quo.New(client)
				s.clock.advance(time.Second)
				s.quo.ResetRequests()
				return e.Run(context.Background(), engine.Request{})
			}
			wantProblem(t, dropping(), key(2), "did not keep phoneNumbers.mobile")
			wantProblem(t, dropping(), key(2), "did not keep phoneNumbers.mobile")
			wantEqual(t, "writes while it waits", s.seen().writes(), 0)
			s.later(15 * time.Minute)
			wantProblem(t, dropping(), key(2), "did not keep phoneNumbers.mobile")
			wantEqual(t, "writes after the interval", s.seen().writes(), 1)
			s.later(day)
			wantEqual(t, "problems once Quo keeps it", reasons(s.done()), map[string]string{})
			wantEqual(t, "phone", item(s.contact(key(2)).PhoneNumbers, "mobile"), c.dropped)
			wantEqual(t, "cell", s.readRow(key(2))[scenePhone], c.dropped)
			s.wantQuiet()
		})
	}
}

// Quo keeps pairs of source and external id unique: what the linked contact lost cannot be put back.
func TestLinkedContactWhoseKeyAnotherHasIsAProblem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		lost  func(*quosim.Contact)
		whole bool // the workspace is listed, not only our contacts
	}{
		{"label and key", func(c *quosim.Contact) { c.ExternalID, c.Source = nil, nil }, false},
		{"label and key, whole workspace", func(c *quosim.Contact) { c.ExternalID, c.Source = nil, nil }, true},
		{"label", func(c *quosim.Contact) { c.Source = nil }, false},
		{"key", func(c *quosim.Contact) { c.ExternalID = nil }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.people(3)
			s.done()
			own := s.contact(key(2)).ID
			s.inQuo(key(2), c.lost)
			other := s.add(quosim.Contact{ExternalID: new(key(2)), Source: new(label), FirstName: new("Zoë")}).ID
			if c.whole {
				s.rows = append(s.rows, person(4))
				s.save()
			}
			report := s.done()
			wantProblem(t, report, key(2), "two contacts in Quo claim this record", own+" is linked", other+" has its external id", "delete one")
			wantEqual(t, "updates", s.seen().Updates, 0)

			if err := s.quo.Delete(other); err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "updated once there is one", s.done().Updated, 1)
			wantEqual(t, "contact", s.contact(key(2)).ID, own)
			s.wantQuiet()
		})
	}
}

func TestLogOfAnOperationNamesItsContact(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(1)
	s.done()
	s.edit(key(1), sceneFirst, "Kim")
	s.clock.advance(time.Second)
	e := s.engine()
	e.Log = slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	wantEqual(t, "updated", e.Run(t.Context(), engine.Request{}).Updated, 1)
	if want := "op=update contact=" + s.contact(key(1)).ID + "\n"; !strings.Contains(s.log.String(), want) {
		t.Errorf("the log lacks %q:\n%s", want, s.log.String())
	}
}
