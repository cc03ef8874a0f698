package engine_test

import (
	"testing"

	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
)

func (s *scene) match(key, contactID string) {
	s.t.Helper()
	if err := s.store.Match(s.t.Context(), s.sync.Name, key, contactID); err != nil {
		s.t.Fatal(err)
	}
}

// newTwinScene makes a scene in which the row of key 6 has a twin, which has something to keep.
func newTwinScene(t *testing.T) (*scene, quosim.Contact) {
	t.Helper()
	s := newScene(t)
	s.people(5)
	s.done()
	s.rows = append(s.rows, person(6))
	s.save()
	twin := s.addTwin(key(6))
	if err := s.quo.Edit(twin.ID, func(c *quosim.Contact) { c.Role = new("kept") }); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, s.done(), key(6), "syncd match customers "+key(6)+" "+twin.ID)
	return s, twin
}

func TestPersonSettlesATwin(t *testing.T) {
	t.Parallel()
	t.Run("it is this row's", func(t *testing.T) {
		s, twin := newTwinScene(t)
		s.match(key(6), twin.ID)
		report := s.done()
		wantEqual(t, "created, updated", []int{report.Created, report.Updated}, []int{0, 1})
		wantEqual(t, "contact", s.contact(key(6)).ID, twin.ID)
		wantEqual(t, "role", text(s.contact(key(6)).Role), "kept")
		wantEqual(t, "adopted", s.link(key(6)).Adopted, true)
		s.wantQuiet()
	})
	t.Run("it is not", func(t *testing.T) {
		s, twin := newTwinScene(t)
		s.match(key(6), "")
		report := s.done()
		wantEqual(t, "created, updated", []int{report.Created, report.Updated}, []int{1, 0})
		after, _ := s.quo.Get(twin.ID)
		wantEqual(t, "source of the twin", text(after.Source), "")
		s.wantQuiet()
	})
	t.Run("there is no such contact", func(t *testing.T) {
		s, _ := newTwinScene(t)
		s.match(key(6), "66d0d87d534de8fd1c433cff")
		wantProblem(t, s.done(), key(6), "`syncd match` named contact 66d0d87d534de8fd1c433cff: Quo has no contact with this id")
		s.match(key(6), "")
		wantEqual(t, "created", s.done().Created, 1)
	})
	t.Run("it belongs to another system", func(t *testing.T) {
		s, _ := newTwinScene(t)
		c := s.add(quosim.Contact{FirstName: new("Bob"), Source: new("crm"), ExternalID: new("7")})
		s.match(key(6), c.ID)
		wantProblem(t, s.done(), key(6), `the external id 7 of "crm"`)
		wantEqual(t, "writes", s.seen().writes(), 0)
	})
	t.Run("nobody may change it", func(t *testing.T) {
		s, _ := newTwinScene(t)
		s.twoWay()
		c := s.add(quosim.Contact{FirstName: new("Bob"), Source: new("openphone-clio")})
		s.match(key(6), c.ID)
		report := s.done()
		wantProblem(t, report, key(6), "is read-only")
		wantEqual(t, "writes, source updated", []int{s.seen().writes(), report.SourceUpdated}, []int{0, 0})
	})
	t.Run("it is another row's", func(t *testing.T) {
		s, _ := newTwinScene(t)
		s.match(key(6), s.contact(key(1)).ID)
		wantProblem(t, s.done(), key(6), "belongs to record "+key(1))
		wantEqual(t, "writes", s.seen().writes(), 0)
	})
	t.Run("one of several", func(t *testing.T) {
		s, _ := newTwinScene(t)
		second := s.addTwin(key(6))
		wantProblem(t, s.done(), key(6), "2 contacts in Quo have this phone")
		s.match(key(6), second.ID)
		s.done()
		wantEqual(t, "contact", s.contact(key(6)).ID, second.ID)
		s.wantQuiet()
	})
}

// TestOurContactWithoutARowIsATwin: the state was lost, and the row came back under another key.
func TestOurContactWithoutARowIsATwin(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Match = reconcile.Match{Phone: true}
	s.people(5)
	s.done()
	id := s.contact(key(5)).ID
	s.row(key(5))[sceneID] = "D-5"
	s.save()
	s.withState(removeState)
	wantProblem(t, s.done(), "D-5", "of this sync has this phone and no row: its key is "+key(5))
	wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
	s.match("D-5", id)
	s.done()
	wantEqual(t, "contact", s.contact("D-5").ID, id)
	wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
	s.wantQuiet()
}

// TestRowOfAnUnlinkedContactUnderAnotherKey: a customer whose row was taken out comes back with a new number.
func TestRowOfAnUnlinkedContactUnderAnotherKey(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.RowGone = reconcile.RowGoneKeep
	s.people(5)
	s.done()
	id := s.contact(key(5)).ID
	row := s.remove(key(5))[0]
	s.done()
	row[sceneID] = "D-5"
	s.rows = append(s.rows, row)
	s.save()
	wantProblem(t, s.done(), "D-5", "this looks like record "+key(5)+" under another key")
	wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
	s.rekey(key(5), "D-5")
	s.done()
	wantEqual(t, "contact", s.contact("D-5").ID, id)
	s.wantQuiet()
}

// TestConflictsOfARowThatComesBack: what a person chose is not forgotten while the row is gone.
func TestConflictsOfARowThatComesBack(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.twoWay()
	s.people(5)
	s.done()
	s.edit(key(2), sceneFirst, "Eve")
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoe") })
	s.done()
	if _, err := s.store.Resolve(t.Context(), s.sync.Name, key(2), "firstName", "quo"); err != nil {
		t.Fatal(err)
	}
	rows := s.remove(key(2))
	s.done()
	s.rows = append(s.rows, rows...)
	s.save()
	report := s.done()
	wantEqual(t, "conflicts", len(report.Conflicts), 0)
	wantEqual(t, "first name", s.readRow(key(2))[sceneFirst], "Zoe")
	s.wantQuiet()
}

func (s *scene) rekey(old, key string) {
	s.t.Helper()
	ctx := s.t.Context()
	lease, err := s.store.Acquire(ctx, s.sync.Name, "a person", leaseTTL)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.store.Rekey(ctx, lease, old, key); err != nil {
		s.t.Fatal(err)
	}
	if err := s.store.Release(ctx, lease); err != nil {
		s.t.Fatal(err)
	}
}
