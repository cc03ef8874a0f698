package engine_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

func twoWayScene(t testing.TB) *scene {
	s := newScene(t)
	s.twoWay()
	s.people(5)
	s.done()
	return s
}

func TestEditInQuoReachesItsCellAndNoOther(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.row(key(2))[scenePhone] = "(415) 555-1002" // a person's spelling of the same number
	s.save()
	want := s.file()
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new(`Zoë "Z", Lee`) })
	report := s.done()
	wantEqual(t, "cells written", report.SourceUpdated, 1)
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: 1})
	got := s.readRow(key(2))
	wantEqual(t, "the row", got, []string{key(2), `Zoë "Z", Lee`, "(415) 555-1002", "Acme", "private"})
	got[sceneFirst] = "Ann 0002"
	s.save()
	wantEqual(t, "the rest of the file", s.file(), want)
	got[sceneFirst] = `Zoë "Z", Lee`
	s.save()
	s.wantQuiet()
}

func TestEditsOfDifferentFieldsOnBothSidesMeet(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.edit(key(2), sceneCompany, "Umbrella")
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
	s.done()
	wantEqual(t, "company in Quo", text(s.contact(key(2)).Company), "Umbrella")
	wantEqual(t, "name in the file", s.readRow(key(2))[sceneFirst], "Zoë")
	s.wantQuiet()
}

// inConflict is a scene with one field that both sides changed.
func inConflict(t testing.TB) *scene {
	s := twoWayScene(t)
	s.edit(key(2), sceneFirst, "Kim")
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
	before := s.file()
	report := s.done()
	wantEqual(t, "conflicts", report.Conflicts, []contact.Conflict{
		{Key: key(2), Field: contact.FirstName, Base: "Ann 0002", Source: "Kim", Quo: "Zoë", Reason: contact.BothChanged}})
	wantEqual(t, "writes to Quo", s.seen().writes(), 0)
	wantEqual(t, "the file", s.file(), before)
	return s
}

func TestConflictStaysOpenUntilAPersonSettlesIt(t *testing.T) {
	t.Parallel()
	for take, want := range map[contact.Side]string{contact.Source: "Kim", contact.Quo: "Zoë"} {
		t.Run(string(take), func(t *testing.T) {
			s := inConflict(t)
			wantEqual(t, "conflicts of the next run", len(s.done().Conflicts), 1)
			s.resolve(key(2), contact.FirstName, take)
			wantEqual(t, "conflicts once it is settled", len(s.done().Conflicts), 0)
			wantEqual(t, "name in Quo", text(s.contact(key(2)).FirstName), want)
			wantEqual(t, "name in the file", s.readRow(key(2))[sceneFirst], want)
			s.wantQuiet()
		})
	}
}

func TestConflictEndsWhenBothSidesComeToAgree(t *testing.T) {
	t.Parallel()
	s := inConflict(t)
	s.edit(key(2), sceneFirst, "Zoë")
	wantEqual(t, "conflicts", len(s.done().Conflicts), 0)
	wantEqual(t, "writes", s.seen().writes(), 0)
	s.wantQuiet()
}

func TestWordOnAConflictHoldsForTheValuesThatThePersonSaw(t *testing.T) {
	t.Parallel()
	s := inConflict(t)
	s.resolve(key(2), contact.FirstName, contact.Source)
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Renée") })
	wantEqual(t, "conflicts", len(s.done().Conflicts), 1)
	wantEqual(t, "name in Quo", text(s.contact(key(2)).FirstName), "Renée")
}

// TestWordOnAConflictIsKeptUntilItIsCarriedOut: a person is not asked again because the brake or Quo was in the way.
func TestWordOnAConflictIsKeptUntilItIsCarriedOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		hinder func(*scene)
		status state.RunStatus
	}{
		{"held by the brake", func(s *scene) { s.sync.Updates = reconcile.Limit{} }, state.RunHeld},
		{"refused by Quo", func(s *scene) { s.refuse(key(2)) }, state.RunDone},
		{"not heard", func(s *scene) { s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteUpdate), Times: 2}) }, state.RunDone},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := inConflict(t)
			s.resolve(key(2), contact.FirstName, contact.Source)
			c.hinder(s)
			for range 2 {
				wantEqual(t, "open conflicts", len(s.ends(c.status).Conflicts), 0)
			}
			s.quo.ClearFaults()
			s.later(24 * time.Hour)
			wantEqual(t, "conflicts", len(s.done(engine.Request{AllowUpdates: true}).Conflicts), 0)
			wantEqual(t, "name in Quo", text(s.contact(key(2)).FirstName), "Kim")
			s.sync.Updates = reconcile.Limit{Count: 5}
			s.wantQuiet()
		})
	}
}

func TestContactUnderOurLabelGetsARow(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.sync.Policy.CreateInSource = reconcile.CreateOurs
	s.add(quosim.Contact{Source: new(label), ExternalID: new("C-0100"), FirstName: new("Eve"),
		PhoneNumbers: []quosim.Item{{Name: "mobile", Value: "+14155550100"}}})
	s.add(quosim.Contact{FirstName: new("Mallory")}) // not ours
	wantEqual(t, "rows made", s.done().SourceCreated, 1)
	wantEqual(t, "the row", s.readRow("C-0100"), []string{"C-0100", "Eve", "+14155550100", "", ""})
	wantEqual(t, "rows", len(s.rows), 1+6)
	s.wantQuiet()
	s.edit("C-0100", sceneFirst, "Kim")
	s.done()
	wantEqual(t, "name in Quo", text(s.contact("C-0100").FirstName), "Kim")
}

func TestOneWayFieldPutsItsValueBack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(3)
	s.done()
	before := s.file()
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
	s.done()
	wantEqual(t, "name", text(s.contact(key(2)).FirstName), "Ann 0002")
	wantEqual(t, "the file", s.file(), before)
	s.wantQuiet()
}

// meanwhile lets people do something in the middle of the next run: between the read and the first write.
func (s *scene) meanwhile(do func()) {
	once := sync.OnceFunc(do)
	s.quo.OnRequest(func(_ int, r *http.Request) {
		if r.Method != http.MethodGet {
			once()
		}
	})
}

func TestWriteLandsOnTheRowOfItsKeyWhateverIsSortedMeanwhile(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
	s.edit(key(5), sceneFirst, "Kim") // whose update is when it happens
	s.meanwhile(func() {
		slices.Reverse(s.rows[1:])
		s.rows = slices.Insert(s.rows, 2, person(50))
		s.save()
	})
	s.done()
	s.readRow(key(2))[sceneFirst] = "Ann 0002"
	want := append([][]string{s.rows[0]}, person(5), person(50), person(4), person(3), person(2), person(1))
	want[1][sceneFirst] = "Kim"
	wantEqual(t, "the file, but for the name that was written", s.rows, want)
}

func TestCellThatIsEditedMeanwhileIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
	s.edit(key(5), sceneFirst, "Kim")
	s.meanwhile(func() { s.edit(key(2), sceneFirst, "Renée") })
	report := s.done()
	wantEqual(t, "stale", report.Stale, 1)
	wantEqual(t, "cell", s.readRow(key(2))[sceneFirst], "Renée")
	s.quo.OnRequest(nil)
	wantEqual(t, "conflicts of the next run", len(s.done().Conflicts), 1)
}

func TestCellBesideOneThatIsEditedMeanwhileIsWritten(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
	s.edit(key(5), sceneFirst, "Kim")
	s.meanwhile(func() { s.edit(key(2), sceneCompany, "Umbrella") })
	s.done()
	s.quo.OnRequest(nil)
	wantEqual(t, "row", s.readRow(key(2)), []string{key(2), "Zoë", "+14155551002", "Umbrella", "private"})
	s.done()
	wantEqual(t, "company in Quo", text(s.contact(key(2)).Company), "Umbrella")
	s.wantQuiet()
}

func TestSyncFromQuoWritesNothingToQuo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.fields(contact.FromQuo, contact.FirstName, "First", "phoneNumbers.mobile", "Phone", contact.Company, "Company")
	s.sync.Mapping.ContactID = "Notes"
	c := s.add(quosim.Contact{FirstName: new("Eve"), PhoneNumbers: []quosim.Item{{Name: "mobile", Value: "+14155550100"}}})
	s.rows = append(s.rows, []string{key(1), "", "", "", c.ID}, []string{key(2), "Kim", "", "", ""})
	s.save()
	wantProblem(t, s.done(), key(2), "writes nothing to Quo")
	wantEqual(t, "the row", s.readRow(key(1)), []string{key(1), "Eve", "+14155550100", "", c.ID})
	s.edit(key(1), sceneFirst, "Zoë")
	s.done()
	wantEqual(t, "the row, put back", s.readRow(key(1))[sceneFirst], "Eve")
	s.remove(key(1))
	s.later(day)
	s.done()
	s.later(day)
	s.done()
	got, there := s.quo.Get(c.ID)
	wantEqual(t, "the contact is there, as it was", []any{there, contentOf(t, got)}, []any{true, contentOf(t, c)})
}

// TestConflictOutlivesAProblemOfItsRow, with what a person said about it.
func TestConflictOutlivesAProblemOfItsRow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		spoil     func(*scene)
		mend      func(*scene)
		problemOf string
	}{
		{"a cell that cannot be read",
			func(s *scene) { s.edit(key(2), scenePhone, "555-12") },
			func(s *scene) { s.edit(key(2), scenePhone, person(2)[scenePhone]) }, key(2)},
		{"another key",
			func(s *scene) { s.edit(key(2), sceneID, "C-9999") },
			func(s *scene) { s.edit("C-9999", sceneID, key(2)) }, "C-9999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := inConflict(t)
			s.resolve(key(2), contact.FirstName, contact.Source)
			c.spoil(s)
			for range 2 {
				wantProblem(t, s.done(), c.problemOf)
			}
			c.mend(s)
			wantEqual(t, "conflicts", len(s.done().Conflicts), 0)
			wantEqual(t, "name in Quo", text(s.contact(key(2)).FirstName), "Kim")
			s.wantQuiet()
		})
	}
}

// TestEmptyKeepCellIsFilledWhenQuoChanges, in a field that flows from Quo.
func TestEmptyKeepCellIsFilledWhenQuoChanges(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.twoWay()
	s.sync.Mapping.Fields[2].Direction, s.sync.Mapping.Fields[2].KeepEmpty = contact.FromQuo, true
	s.people(3)
	for _, r := range s.rows[1:] {
		r[sceneCompany] = ""
	}
	s.save()
	s.done()
	s.inQuo(key(2), func(c *quosim.Contact) { c.Company = new("Umbrella") })
	s.done()
	wantEqual(t, "cell", s.readRow(key(2))[sceneCompany], "Umbrella")
	s.edit(key(2), sceneCompany, "")
	s.wantQuiet()
	wantEqual(t, "the cell that a person emptied", s.readRow(key(2))[sceneCompany], "")
	s.inQuo(key(2), func(c *quosim.Contact) { c.Company = new("Acme") })
	s.done()
	wantEqual(t, "cell", s.readRow(key(2))[sceneCompany], "Acme")
	s.wantQuiet()
}
