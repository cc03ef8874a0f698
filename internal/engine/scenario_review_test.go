package engine_test

import (
	"context"
	"slices"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/sources/csvfile"
)

// TestContactOfAFormerRecord: a row took the contact of a record that was taken apart, and then that record's row is put
// back. It is one row's problem at most.
func TestContactOfAFormerRecord(t *testing.T) {
	t.Parallel()
	s := newMarkedScene(t, 3)
	s.sync.Policy.RowGone = reconcile.RowGoneKeep
	s.rows = append(s.rows, []string{"Z-1", "Zed", "+14155559999", "", ""})
	s.save()
	s.done()
	id := s.contact("Z-1").ID
	s.reread()
	gone := s.remove("Z-1")[0]
	s.done()
	s.reread()
	s.rows = append(s.rows, []string{"A-1", "Zed", "+14155559999", id, ""})
	s.save()
	s.done()
	wantEqual(t, "contact", s.contact("A-1").ID, id)
	s.wantQuiet()
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: 1})
	s.reread()
	s.rows = append(s.rows, gone)
	s.save()
	s.done()
	wantEqual(t, "contact", s.contact("A-1").ID, id)
	wantEqual(t, "contacts", len(s.quo.Contacts()), 4)
	s.wantQuiet()
}

// TestNewRowSaysWhatAnotherPersonsSaidOnce: without keys, it gets a contact of its own, and the other person's is kept.
func TestNewRowSaysWhatAnotherPersonsSaidOnce(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t, guideRow(1), guideRow(2))
	s.sync.Policy.RowGone = reconcile.RowGoneKeep
	s.done()
	id := s.reread()[0][guideID]
	s.rows[1][guideFirst], s.rows[1][guidePhone] = "Eve", "+14155559999"
	s.save()
	s.done()
	s.reread()
	s.rows[1] = guideRow(1) // her row is taken out, and his is entered
	s.save()
	report := s.done()
	wantEqual(t, "created, updated, conflicts", []int{report.Created, report.Updated, len(report.Conflicts)}, []int{1, 0, 0})
	hers, _ := s.quo.Get(id)
	wantEqual(t, "her name", text(hers.FirstName), "Eve")
	s.wantQuiet()
}

// TestRelinkForgetsTheFormerContact: the row still has the id that syncd wrote, and that Quo knows no more.
func TestRelinkForgetsTheFormerContact(t *testing.T) {
	t.Parallel()
	s := newMarkedScene(t, 3)
	s.done()
	s.deleteInQuo(key(2))
	s.done()
	if err := s.store.Relink(t.Context(), s.sync.Name, key(2)); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "created", s.done().Created, 1)
	wantEqual(t, "marks", s.readRow(key(2))[markContact:], []string{s.contact(key(2)).ID, "synced"})
	s.wantQuiet()
}

// TestWhatTheSourceRefusesIsNotTriedByEveryRun: neither a row that it cannot hold, with the adoption that waits for it,
// nor a status.
func TestWhatTheSourceRefusesIsNotTriedByEveryRun(t *testing.T) {
	t.Parallel()
	latin := func(s *scene) engine.Report {
		s.clock.advance(1e9)
		e := s.engine()
		e.Source = csvfile.New(csvfile.Options{Path: s.path("rows.csv"), Key: s.sync.Mapping.Key, Encoding: "windows-1252"})
		return e.Run(context.Background(), engine.Request{})
	}
	entries := func(s *scene, key string) int {
		history, err := s.store.History(t.Context(), s.sync.Name, key)
		if err != nil {
			t.Fatal(err)
		}
		return len(history)
	}
	t.Run("a row", func(t *testing.T) {
		s := newRowsScene(t, reconcile.CreateAll, 3)
		latin(s)
		zoya := s.add(quosim.Contact{FirstName: new("Зоя")})
		wantProblem(t, latin(s), zoya.ID, `column "First"`)
		first := entries(s, zoya.ID)
		wantProblem(t, latin(s), zoya.ID, `column "First"`)
		wantEqual(t, "entries", entries(s, zoya.ID), first)
	})
	t.Run("a status", func(t *testing.T) {
		s := newMarkedScene(t, 3)
		latin(s)
		s.reread()
		s.rows = append(s.rows, []string{key(9), "Zed", "+14155559999", "", ""})
		s.save()
		s.add(quosim.Contact{FirstName: new("Зоя"), PhoneNumbers: []quosim.Item{{Name: "mobile", Value: "+14155559999"}}})
		wantProblem(t, latin(s), key(9), "syncd match")
		first := entries(s, key(9))
		latin(s)
		wantProblem(t, latin(s), key(9), "syncd match")
		wantEqual(t, "entries", entries(s, key(9)), first)
	})
}

// TestRowIsNotMadeBesideOneThatDiffersInCase: both would be doubled, and the good one synced no more.
func TestRowIsNotMadeBesideOneThatDiffersInCase(t *testing.T) {
	t.Parallel()
	s := newRowsScene(t, reconcile.CreateOurs, 3)
	s.done()
	s.add(quosim.Contact{FirstName: new("Ida"), Source: new(label), ExternalID: new("c-0002")})
	report := s.done()
	wantEqual(t, "source created, unmanaged, problems", []int{report.SourceCreated, report.Unmanaged, len(report.Problems)}, []int{0, 1, 0})
	s.wantQuiet()
}

// TestPlanCountsMarks as a run makes them.
func TestPlanCountsMarks(t *testing.T) {
	t.Parallel()
	s := newMarkedScene(t, 5)
	s.edit(key(2), markPhone, "555-12")
	both := func() [2]int {
		_, planned := s.engine().Plan(t.Context(), engine.Request{})
		return [2]int{planned.Marked, s.done().Marked}
	}
	wantEqual(t, "planned and marked at first", both(), [2]int{5, 5})
	wantEqual(t, "planned and marked", both(), [2]int{0, 0})
	s.reread()
	s.edit(key(1), markStatus, "")
	s.deleteInQuo(key(3))
	wantEqual(t, "planned and marked later", both(), [2]int{2, 2})
}

// TestRowEditedWhileOthersAreMade: in a sheet without keys, the rows whose contacts were made have their ids by then.
func TestRowEditedWhileOthersAreMade(t *testing.T) {
	t.Parallel()
	rows := make([][]string, 450)
	for i := range rows {
		rows[i] = guideRow(i)
	}
	s := newGuideScene(t, rows...)
	s.workers = 1
	e := s.engine()
	edited := false
	e.Progress = func(p engine.Progress) {
		if p.Phase == "writing" && p.Done > 420 && !edited {
			edited = true
			made := slices.IndexFunc(s.reread(), func(r []string) bool { return r[guideID] != "" })
			s.rows[1+made][guideFirst], s.rows[1+made][guidePhone] = "Anna", "+14155590777"
			s.save()
		}
	}
	if report := e.Run(context.Background(), engine.Request{}); report.Err() != nil || !edited {
		t.Fatal(report.Err(), edited)
	}
	report := s.done()
	wantEqual(t, "created, updated, problems", []int{report.Created, report.Updated, len(report.Problems)}, []int{0, 1, 0})
	wantEqual(t, "contacts", len(s.quo.Contacts()), 450)
	s.wantQuiet()
}

// TestRowEditedWhileItsContactIsUnheard: without keys, nothing is made for it before that is settled.
func TestRowEditedWhileItsContactIsUnheard(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t, guideRow(1))
	s.fields(contact.TwoWay, contact.FirstName, "firstName", contact.LastName, "lastName", "phoneNumbers.mobile", "phone", "emails.work", "email")
	s.client.MaxAttempts = 1
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.CutAfter})
	s.run()
	s.quo.ClearFaults()
	s.rows[1][guideFirst] = "Anna"
	s.save()
	wantEqual(t, "created", s.done().Created, 0)
	s.later(settleAfter)
	report := s.done()
	wantEqual(t, "created, problems", []int{report.Created, len(report.Problems)}, []int{0, 1})
	wantEqual(t, "contacts", len(s.quo.Contacts()), 1)
}
