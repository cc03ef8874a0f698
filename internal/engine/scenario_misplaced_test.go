package engine_test

import (
	"context"
	"errors"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/sources"
	"syncd/internal/state"
)

// missing is a source that writes by place: the write of a process that dies can hit another row than its own.
type missing struct {
	sources.Source
	scene *scene
}

func (m *missing) Positional() bool { return m.scene.positional }

func (m *missing) Columns(ctx context.Context) ([]string, error) {
	return m.Source.(sources.Describer).Columns(ctx)
}

func (m *missing) Write(ctx context.Context, columns []string, changes []contact.Change) ([]sources.Outcome, error) {
	if hit := m.scene.hit; hit != nil {
		m.scene.hit = nil
		hit()
		return nil, errors.New("killed")
	}
	return m.Source.Write(ctx, columns, changes)
}

// newMissingScene makes a two-way scene with three people whose source writes by place.
func newMissingScene(t *testing.T) *scene {
	s := newScene(t)
	s.twoWay()
	s.positional = true
	s.people(3)
	s.done()
	return s
}

// callsAnn gives the first person another number in Quo, whose way to her row ends in the row of another one.
func (s *scene) callsAnn(other string) {
	s.t.Helper()
	s.inQuo(key(1), func(c *quosim.Contact) { c.PhoneNumbers[0].Value = "+14155559999" })
	s.hit = func() {
		if other == key(4) { // somebody adds it meanwhile
			s.rows = append(s.rows, person(4))
		}
		s.edit(other, scenePhone, "+14155559999")
	}
	s.ends(state.RunFailed)
}

func phoneOf(c quosim.Contact) string { return c.PhoneNumbers[0].Value }

func TestNumberThatLandedInAnotherRowGoesToNobodysContact(t *testing.T) {
	t.Parallel()
	s := newMissingScene(t)
	mine := phoneOf(s.contact(key(2)))
	s.callsAnn(key(2))

	wantProblem(t, s.done(), key(2), "may have written into row 3", key(1)) // it is too soon to tell
	wantEqual(t, "number in Quo", phoneOf(s.contact(key(2))), mine)
	s.later(settleAfter)
	wantProblem(t, s.done(), key(2), "was put back")
	wantEqual(t, "number in the row that was hit", s.readRow(key(2))[scenePhone], mine)
	report := s.done()
	wantEqual(t, "rows written", report.SourceUpdated, 0) // hers was, by the run before
	wantEqual(t, "number in her row", s.readRow(key(1))[scenePhone], "+14155559999")
	wantEqual(t, "number in Quo", phoneOf(s.contact(key(2))), mine)
	wantEqual(t, "problems", len(report.Problems), 0)
	s.wantQuiet()
}

func TestEditBesideAMisplacedNumberStays(t *testing.T) {
	t.Parallel()
	s := newMissingScene(t)
	mine := phoneOf(s.contact(key(2)))
	s.callsAnn(key(2))
	s.readRow(key(2))
	s.edit(key(2), sceneFirst, "Zoë")
	s.later(settleAfter)
	s.done()
	s.done()
	c := s.contact(key(2))
	wantEqual(t, "name and number in Quo", []string{text(c.FirstName), phoneOf(c)}, []string{"Zoë", mine})
	s.wantQuiet()
}

func TestNewRowWithAForeignNumberWaitsForAPerson(t *testing.T) {
	t.Parallel()
	s := newMissingScene(t)
	s.callsAnn(key(4))
	s.later(settleAfter)
	for range 2 {
		wantProblem(t, s.done(), key(4), "what the cells held is not known")
	}
	wantEqual(t, "contacts", len(s.quo.Contacts()), 3)
	s.readRow(key(4))
	s.edit(key(4), scenePhone, "+14155551004")
	s.done()
	s.done()
	wantEqual(t, "number in Quo", phoneOf(s.contact(key(4))), "+14155551004")
	wantEqual(t, "number in her row", s.readRow(key(1))[scenePhone], "+14155559999")
	s.wantQuiet()
}

// TestIDThatLandedInAnotherRow: without key columns the id is all that says whose a row is.
func TestIDThatLandedInAnotherRow(t *testing.T) {
	t.Parallel()
	for name, hit := range map[string]func(rows [][]string){
		"of a person with a contact": func(rows [][]string) { rows[1][guideID] = "" },
		"of a new person":            func(rows [][]string) { rows[3][guideID] = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newGuideScene(t, guideRow(1))
			s.positional = true
			s.done()
			s.reread()
			s.rows = append(s.rows, guideRow(2))
			if name == "of a new person" {
				s.rows = append(s.rows, guideRow(3))
			}
			s.save()
			s.hit = func() {
				id := ""
				for _, c := range s.quo.Contacts() {
					if text(c.FirstName) == "Ann 0002" {
						id = c.ID
					}
				}
				hit(s.rows)
				for _, r := range s.rows[1:] {
					if r[guideFirst] != "Ann 0002" && r[guideID] == "" {
						r[guideID] = id
					}
				}
				s.save()
			}
			s.ends(state.RunFailed)
			for range 2 {
				s.done()
				s.wantOwnContacts()
			}
			s.later(settleAfter)
			for range 3 {
				s.done()
				s.wantOwnContacts()
			}
			for _, r := range s.reread() {
				c, _ := s.quo.Get(r[guideID])
				wantEqual(t, "name of the contact that the row names", text(c.FirstName), r[guideFirst])
			}
			s.wantQuiet()
		})
	}
}

// wantOwnContacts demands one contact per number, under the name that its row has.
func (s *scene) wantOwnContacts() {
	s.t.Helper()
	names := map[string]string{}
	for _, c := range s.quo.Contacts() {
		if other := names[phoneOf(c)]; other != "" {
			s.t.Errorf("two contacts have the number %s: %s and %s", phoneOf(c), other, text(c.FirstName))
		}
		names[phoneOf(c)] = text(c.FirstName)
	}
	for _, r := range s.reread() {
		if name := names[r[guidePhone]]; name != "" && name != r[guideFirst] {
			s.t.Errorf("%s is the number of %s in Quo and of %s in the file", r[guidePhone], name, r[guideFirst])
		}
	}
}

// TestScopedRunLeavesAStrayToOneThatLooksAtAllRows: it does not see the row that was hit.
func TestScopedRunLeavesAStrayToOneThatLooksAtAllRows(t *testing.T) {
	t.Parallel()
	s := newMissingScene(t)
	mine := phoneOf(s.contact(key(2)))
	s.callsAnn(key(2))
	s.later(settleAfter)
	wantProblem(t, s.done(engine.Request{Only: []string{key(1)}}), key(1), "a run over all rows finds out")
	wantProblem(t, s.done(), key(2), "was put back")
	s.done()
	wantEqual(t, "number in Quo", phoneOf(s.contact(key(2))), mine)
	wantEqual(t, "number in her row", s.readRow(key(1))[scenePhone], "+14155559999")
	s.wantQuiet()
}
