package engine_test

import (
	"context"
	"net/http"
	"testing"

	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
)

func TestContactDeletedInQuoIsUnlinkedOnceAndStaysAway(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(5)
	s.done()
	s.deleteInQuo(key(2))
	wantEqual(t, "unlinked", s.done().Unlinked, 1)
	wantEqual(t, "unlinked by the next run", s.done().Unlinked, 0)
	s.edit(key(2), sceneFirst, "Zoë")
	s.done()
	wantEqual(t, "writes after an edit of the row", s.seen().writes(), 0)

	if err := s.store.Relink(context.Background(), "customers", key(2)); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "created", s.done().Created, 1)
	wantEqual(t, "name", text(s.contact(key(2)).FirstName), "Zoë")
	s.wantQuiet()
}

func TestContactDeletedInQuoComesBackWithAnEditOfItsRow(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(5)
	s.done()
	s.deleteInQuo(key(2))
	s.edit(key(2), sceneFirst, "Zoë")
	wantEqual(t, "created", s.done().Created, 1)
	s.wantQuiet()
}

func TestContactDeletedInQuoIsRecreatedWherePolicySaysSo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.ContactGone = reconcile.ContactGoneRecreate
	s.people(5)
	s.done()
	s.deleteInQuo(key(2))
	wantEqual(t, "created", s.done().Created, 1)
	wantEqual(t, "phone", item(s.contact(key(2)).PhoneNumbers, "mobile"), s.row(key(2))[scenePhone])
	s.wantQuiet()
}

func TestRowOfAContactDeletedInQuoIsDeletedWherePolicySaysSo(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.twoWay()
	s.sync.Policy.ContactGone = reconcile.ContactGoneDelete
	s.people(5)
	s.done()
	s.deleteInQuo(key(2), key(3))
	s.edit(key(3), sceneFirst, "Zoë") // which is no longer the row that was synced
	report := s.done()
	wantEqual(t, "rows deleted, contacts created", []int{report.SourceDeleted, report.Created}, []int{1, 1})
	s.readRow(key(3))
	wantEqual(t, "rows", len(s.rows), 1+4)
	s.wantQuiet()
}

func TestRefusedRecreateIsAProblem(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(5)
	s.done()
	s.deleteInQuo(key(2))
	s.edit(key(2), sceneFirst, "Zoë")
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteCreate), Kind: quosim.Refuse, Status: http.StatusConflict})
	wantProblem(t, s.done(), key(2), "409")
	s.later(day)
	wantEqual(t, "created", s.done().Created, 1)
}

// TestContactThatComesBackIsLinkedAgain, whether under its old id or, made by somebody else, under a new one.
func TestContactThatComesBackIsLinkedAgain(t *testing.T) {
	t.Parallel()
	for name, sameID := range map[string]bool{"the same contact": true, "another contact with the key": false} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.people(5)
			s.done()
			c := s.contact(key(2))
			s.deleteInQuo(key(2))
			s.done()
			if !sameID {
				c.ID = ""
			}
			c = s.add(c)
			s.edit(key(2), sceneFirst, "Zoë")
			s.done()
			link := s.link(key(2))
			wantEqual(t, "link", []string{link.ContactID, link.Unlinked}, []string{c.ID, ""})
			s.done()
			wantEqual(t, "name", text(s.contact(key(2)).FirstName), "Zoë")
			wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
			s.wantQuiet()
		})
	}
}

// TestContactThatOnlyAGetFindsIsNotGone: it lost both marks by which lists find it.
func TestContactThatOnlyAGetFindsIsNotGone(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(5)
	s.done()
	id := s.contact(key(2)).ID
	s.inQuo(key(2), func(c *quosim.Contact) { c.ExternalID, c.Source = nil, nil })
	s.edit(key(2), sceneFirst, "Zoë")
	report := s.done()
	wantEqual(t, "created, unlinked", []int{report.Created, report.Unlinked}, []int{0, 0})
	s.done()
	c := s.contact(key(2))
	wantEqual(t, "contact", []string{c.ID, text(c.FirstName)}, []string{id, "Zoë"})
	s.wantQuiet()
}

func TestRecordOfWhichNeitherSideIsLeftIsForgotten(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(5)
	s.done()
	s.deleteInQuo(key(2), key(3))
	s.remove(key(2))
	s.done()
	s.remove(key(3)) // whose link was taken apart by then
	s.done()
	for _, k := range []string{key(2), key(3)} {
		if link := s.link(k); link.Key != "" {
			t.Errorf("the link of %s is still there: %+v", k, link)
		}
	}
	s.wantQuiet()
}

// TestContactIDOfARowIsNeverGuessed: what a row says about its contact is done or told, but no duplicate is made.
func TestContactIDOfARowIsNeverGuessed(t *testing.T) {
	t.Parallel()
	newNamedScene := func(t *testing.T) *scene {
		s := newScene(t)
		s.sync.Mapping.ContactID = "Notes"
		s.people(3)
		for _, r := range s.rows[1:] {
			r[sceneNotes] = ""
		}
		s.save()
		s.done()
		return s
	}
	addRow := func(s *scene, i int, id string) {
		r := person(i)
		r[sceneNotes] = id
		s.rows = append(s.rows, r)
		s.save()
	}
	t.Run("a contact of the workspace is adopted", func(t *testing.T) {
		s := newNamedScene(t)
		c := s.add(quosim.Contact{FirstName: new("Eve")})
		addRow(s, 50, c.ID)
		report := s.done()
		wantEqual(t, "created, updated", []int{report.Created, report.Updated}, []int{0, 1})
		wantEqual(t, "contact", s.contact(key(50)).ID, c.ID)
		wantEqual(t, "the link is adopted", s.link(key(50)).Adopted, true)
	})
	t.Run("an id that Quo does not know", func(t *testing.T) {
		s := newNamedScene(t)
		addRow(s, 50, "66d0d87d534de8fd1c433cff")
		wantProblem(t, s.done(), key(50), "Quo has no contact with this id")
		wantEqual(t, "writes", s.seen().writes(), 0)
	})
	t.Run("a contact with the key of another program", func(t *testing.T) {
		s := newNamedScene(t)
		c := s.add(quosim.Contact{FirstName: new("Eve"), ExternalID: new("77"), Source: new("hubspot")})
		addRow(s, 50, c.ID)
		wantProblem(t, s.done(), key(50), c.ID+" in Quo has the external id 77", "cannot become this row's")
		wantEqual(t, "writes", s.seen().writes(), 0)
	})
	t.Run("two rows with one id", func(t *testing.T) {
		s := newNamedScene(t)
		c := s.add(quosim.Contact{FirstName: new("Eve")})
		addRow(s, 50, c.ID)
		addRow(s, 51, c.ID)
		report := s.done()
		wantProblem(t, report, key(50), "row 6", "same contact")
		wantProblem(t, report, key(51), "row 5", "same contact")
		wantEqual(t, "writes", s.seen().writes(), 0)
	})
	t.Run("the contact of another record", func(t *testing.T) {
		s := newNamedScene(t)
		addRow(s, 50, s.contact(key(1)).ID)
		wantProblem(t, s.done(), key(50), "record "+key(1))
		wantEqual(t, "writes", s.seen().writes(), 0)
	})
	t.Run("the contact of another record, after the state was lost", func(t *testing.T) {
		s := newNamedScene(t)
		addRow(s, 50, s.contact(key(1)).ID)
		s.withState(removeState)
		wantProblem(t, s.done(), key(50), "belongs to record "+key(1))
		wantEqual(t, "writes", s.seen().writes(), 0)
	})
	t.Run("a record whose row has another key and other values now", func(t *testing.T) {
		s := newNamedScene(t)
		s.sync.Policy.Grace = 0
		id := s.contact(key(1)).ID
		s.remove(key(1))
		addRow(s, 50, id)
		wantProblem(t, s.done(), key(50), "this looks like record "+key(1))
		s.later(day)
		s.done()
		wantEqual(t, "contacts", len(s.quo.Contacts()), 3)
	})
	t.Run("the contact of a record that was taken apart", func(t *testing.T) {
		s := newNamedScene(t)
		s.sync.Policy.RowGone = reconcile.RowGoneKeep
		id := s.contact(key(1)).ID
		s.remove(key(1))
		s.done()
		addRow(s, 50, id)
		s.done()
		wantEqual(t, "contact", s.contact(key(50)).ID, id)
		s.wantQuiet()
	})
}

// TestUnheardOperationDoesNotHideAChangedKey: while its outcome is not known, the record still is the one whose row got
// another key.
func TestUnheardOperationDoesNotHideAChangedKey(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.client.MaxAttempts = 1
	s.people(5)
	s.done()
	s.edit(key(2), sceneFirst, "Zoë")
	s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteUpdate), Kind: quosim.CutAfter})
	s.done()
	s.edit(key(2), sceneID, "C-9999")
	wantProblem(t, s.done(), "C-9999", "this looks like record "+key(2))
	wantEqual(t, "writes", s.seen().writes(), 0)
	s.later(day)
	wantProblem(t, s.done(), "C-9999", "this looks like record "+key(2))
	wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
}

// TestExternalIDGivenToAnotherContactFailsNoRun: a person gave the key of a new row to another record's contact.
func TestExternalIDGivenToAnotherContactFailsNoRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.workers = 1
	s.people(5)
	s.done()
	s.inQuo(key(3), func(c *quosim.Contact) { c.ExternalID = new(key(1) + "a") })
	r := person(60)
	r[sceneID] = key(1) + "a"
	s.rows = append(s.rows, r)
	s.save()
	s.refuse(key(3)) // so that the contact does not get its own key back
	wantProblem(t, s.done(), key(1)+"a", "409")
	s.quo.ClearFaults()
	for range 2 {
		s.later(day)
		s.done()
	}
	wantEqual(t, "contacts", len(s.quo.Contacts()), 6)
	s.contact(key(3))
	s.contact(key(1) + "a")
	s.wantQuiet()
}

func TestRowThatLeavesTheFilterIsUnlinkedAndLinkedAgainWhenItReturns(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Grace = 0
	s.sync.Mapping.Only = map[string][]string{"Company": {"acme"}}
	s.people(5)
	s.done()
	s.edit(key(2), sceneCompany, "Umbrella")
	report := s.done()
	wantEqual(t, "unlinked, deleted", []int{report.Unlinked, report.Deleted}, []int{1, 0})
	s.wantQuiet()
	s.row(key(2))[sceneFirst] = "Zoë"
	s.edit(key(2), sceneCompany, "Acme")
	s.done()
	wantEqual(t, "name", text(s.contact(key(2)).FirstName), "Zoë")
	wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
	s.wantQuiet()
}

// TestRecordThatReturnsToItsOwnContactIsNotAdopted: its contact is deleted with its row, as before.
func TestRecordThatReturnsToItsOwnContactIsNotAdopted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Grace = 0
	s.sync.Mapping.Only = map[string][]string{"Company": {"acme"}}
	s.people(5)
	s.done()
	s.edit(key(2), sceneCompany, "Umbrella")
	s.done()
	s.edit(key(2), sceneCompany, "Acme")
	s.done()
	s.remove(key(2))
	wantEqual(t, "deleted", s.done().Deleted, 1)
}

// TestKeyThatChangesAsTheRowLeavesTheFilterIsSeen: both in one edit.
func TestKeyThatChangesAsTheRowLeavesTheFilterIsSeen(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Grace = 0
	s.sync.Mapping.Only = map[string][]string{"Company": {"acme"}}
	s.people(5)
	s.rows = append(s.rows, []string{"C-0900", "", "555-12", "Umbrella", ""}) // nobody's problem: it is filtered
	s.save()
	wantEqual(t, "problems", reasons(s.done()), map[string]string{})
	s.row(key(2))[sceneCompany] = "Umbrella"
	s.edit(key(2), sceneID, "C-9999")
	wantProblem(t, s.done(), "C-9999", "this looks like record "+key(2))
	wantEqual(t, "writes", s.seen().writes(), 0)
}

// TestNewRowOfAPersonOfWhomNothingIsLeftIsCreated: neither side of the old record is there, so its key did not change.
func TestNewRowOfAPersonOfWhomNothingIsLeftIsCreated(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"the contact is gone": false, "only a GET finds the contact": true} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.sync.Policy.Match = reconcile.Match{}
			s.people(5)
			s.done()
			if lost {
				s.inQuo(key(2), func(c *quosim.Contact) { c.ExternalID, c.Source = nil, nil })
			} else {
				s.deleteInQuo(key(2))
			}
			s.rows = append(s.rows, person(60))
			s.row(key(60))[scenePhone] = s.row(key(2))[scenePhone]
			s.remove(key(2))
			report := s.done()
			if lost {
				wantProblem(t, report, key(60), "this looks like record "+key(2))
				wantEqual(t, "writes", s.seen().writes(), 0)
				return
			}
			wantEqual(t, "created", report.Created, 1)
			wantEqual(t, "the old link", s.link(key(2)).Key, "")
			s.wantQuiet()
		})
	}
}
