package engine_test

import (
	"testing"

	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
)

// addTwin makes a contact that is not ours with the phone number of a row.
func (s *scene) addTwin(key string) quosim.Contact {
	s.t.Helper()
	return s.add(quosim.Contact{FirstName: new("Eve"),
		PhoneNumbers: []quosim.Item{{Name: "mobile", Value: s.row(key)[scenePhone]}}})
}

// TestContactIsNotMadeAgainBesideItsTwin: of two contacts with one number a person deleted ours.
func TestContactIsNotMadeAgainBesideItsTwin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		match    reconcile.Match
		requests seen
		check    func(*testing.T, *scene, quosim.Contact)
	}{
		{"ask", reconcile.Match{Ask: true}, seen{Fields: 1, Pages: 2, LookUps: 1, Gets: 1},
			func(t *testing.T, s *scene, twin quosim.Contact) {
				wantProblem(t, s.done(), key(2), twin.ID, "already has this phone")
			}},
		{"adopt", reconcile.Match{Phone: true}, seen{Fields: 1, Pages: 2, LookUps: 1, Gets: 1, Updates: 1},
			func(t *testing.T, s *scene, twin quosim.Contact) {
				link := s.link(key(2))
				wantEqual(t, "contact", link.ContactID, twin.ID)
				wantEqual(t, "adopted", link.Adopted, true)
				s.wantQuiet()
			}},
		{"none", reconcile.Match{}, seen{Fields: 1, Pages: 1, LookUps: 1, Gets: 1, Creates: 1},
			func(t *testing.T, s *scene, _ quosim.Contact) { s.wantQuiet() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.sync.Policy.Match = c.match
			s.people(5)
			s.done()
			twin := s.addTwin(key(2))
			s.deleteInQuo(key(2))
			s.edit(key(2), sceneCompany, "Umbrella")
			s.done()
			wantEqual(t, "requests", s.seen(), c.requests)
			c.check(t, s, twin)
		})
	}
}

// TestTwinTakesThePlaceOfAContactThatIsSurelyGone: the listing for a new record holds the twin already, and misses the
// record's own contact, which lost our marks and cannot be listed.
func TestTwinTakesThePlaceOfAContactThatIsSurelyGone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Match = reconcile.Match{Phone: true}
	s.people(5)
	s.done()
	twin := s.addTwin(key(2))
	s.deleteInQuo(key(2))
	s.row(key(2))[sceneCompany] = "Umbrella"
	s.rows = append(s.rows, person(60))
	s.row(key(60))[scenePhone] = s.row(key(2))[scenePhone]
	s.save()
	report := s.done()
	wantProblem(t, report, key(2), "several rows")
	wantProblem(t, report, key(60), "several rows")
	wantEqual(t, "writes", s.seen().writes(), 0)
	s.remove(key(60))
	s.done()
	wantEqual(t, "contact", s.link(key(2)).ContactID, twin.ID)
	s.wantQuiet()
}

// TestScopedRunAdoptsNoTwinThatAnotherRowMayHave, although that row is outside of its scope.
func TestScopedRunAdoptsNoTwinThatAnotherRowMayHave(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Match = reconcile.Match{Phone: true}
	s.people(3)
	s.done()
	for i := range 2 {
		s.rows = append(s.rows, person(60+i))
		s.row(key(60 + i))[scenePhone] = "+14155550900"
	}
	s.save()
	s.addTwin(key(60))
	wantProblem(t, s.done(only(key(60))), key(60), "several rows")
	wantEqual(t, "writes", s.seen().writes(), 0)
}

// TestLinkMovesToNoOtherContactWhileItsOwnIsThere: a copy got the marks that the record's own contact lost.
func TestLinkMovesToNoOtherContactWhileItsOwnIsThere(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(5)
	s.done()
	own := s.contact(key(2))
	s.inQuo(key(2), func(c *quosim.Contact) { c.ExternalID, c.Source = nil, nil })
	other := s.add(quosim.Contact{Source: new(label), ExternalID: new(key(2)), FirstName: new("Copy")})
	for range 2 {
		wantProblem(t, s.done(), key(2), "two contacts", own.ID, other.ID)
		wantEqual(t, "writes", s.seen().writes(), 0)
		wantEqual(t, "contact", s.link(key(2)).ContactID, own.ID)
	}
	if err := s.quo.Delete(own.ID); err != nil {
		t.Fatal(err)
	}
	s.done()
	link := s.link(key(2))
	wantEqual(t, "contact", link.ContactID, other.ID)
	wantEqual(t, "adopted", link.Adopted, true)
	s.wantQuiet()
}
