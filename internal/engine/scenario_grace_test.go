package engine_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

func TestRowThatComesBackInTimeKeepsItsContact(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(5)
	s.done()
	id := s.contact(key(2)).ID
	gone := s.remove(key(2))
	report := s.done()
	wantEqual(t, "waiting", len(report.Waiting), 1)
	wantEqual(t, "until", report.Waiting[0].Until, s.clock.Now().Add(grace))
	s.later(grace - 2*time.Second)
	s.done()
	s.rows = append(s.rows, gone...)
	s.save()
	s.later(time.Hour)
	report = s.done()
	wantEqual(t, "waiting", len(report.Waiting), 0)
	wantEqual(t, "contact", s.contact(key(2)).ID, id)
	wantEqual(t, "writes", s.seen().writes(), 0)

	s.remove(key(2)) // the grace begins anew
	wantEqual(t, "deleted by the run that misses the row again", s.done().Deleted, 0)
	s.later(grace - 2*time.Second)
	s.done()
	wantEqual(t, "writes before the second grace is over", s.seen().writes(), 0)
}

func TestRowThatComesBackUnreadableBeginsTheGraceAnew(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(5)
	s.done()
	gone := s.remove(key(2))
	s.done()
	gone[0][scenePhone] = "555-12"
	s.rows = append(s.rows, gone...)
	s.save()
	s.later(time.Hour)
	wantProblem(t, s.done(), key(2), "phone number cannot exist")
	s.remove(key(2))
	wantEqual(t, "deleted by the run that misses the row again", s.done().Deleted, 0)
	s.later(grace)
	wantEqual(t, "deleted after the grace", s.done().Deleted, 1)
}

// TestContactOfAGoneRowIsLookedAtRightBeforeItIsDeleted, however young the listing is.
func TestContactOfAGoneRowIsLookedAtRightBeforeItIsDeleted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(5)
	s.done()
	s.remove(key(2))
	s.done()
	s.later(grace)
	id := s.contact(key(2)).ID
	edited := false
	s.quo.OnRequest(func(_ int, r *http.Request) {
		if !edited && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, id) {
			edited = true
			s.inQuo(key(2), func(c *quosim.Contact) { c.Role = new("CTO") })
		}
	})
	report := s.done()
	s.quo.OnRequest(nil)
	wantEqual(t, "stale, deleted", []int{report.Stale, report.Deleted}, []int{1, 0})
	wantEqual(t, "conflicts of the next run", len(s.done().Conflicts), 1)
	wantEqual(t, "role", text(s.contact(key(2)).Role), "CTO")
}

func TestContactOfAGoneRowIsDeletedAfterTheGrace(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.people(5)
	s.done()
	s.remove(key(2))
	s.done()
	wantEqual(t, "writes of the first run that missed the row", s.seen().writes(), 0)
	s.later(grace)
	wantEqual(t, "deleted", s.done().Deleted, 1)
	wantEqual(t, "contacts", len(s.quo.Contacts()), 4)
	s.wantQuiet()
}

// editedMeanwhile is a scene in which a row went and its contact was edited, after or before a run missed the row.
func editedMeanwhile(t *testing.T, missed bool) *scene {
	s := newScene(t)
	s.people(5)
	s.done()
	s.remove(key(2))
	if missed {
		s.done()
	}
	s.inQuo(key(2), func(c *quosim.Contact) { c.Role = new("CTO") }) // which is not mapped
	s.later(grace)
	report := s.done()
	wantEqual(t, "deleted", report.Deleted, 0)
	if len(report.Conflicts) != 1 || report.Conflicts[0].Field != contact.WholeRecord {
		t.Fatalf("conflicts: %+v, want one about the whole record", report.Conflicts)
	}
	return s
}

func (s *scene) resolve(key string, field contact.Field, take contact.Side) {
	s.t.Helper()
	if n, err := s.store.Resolve(context.Background(), s.sync.Name, key, field, take); n != 1 || err != nil {
		s.t.Fatalf("resolve: %d, %v", n, err)
	}
}

func TestEditedContactOfAGoneRowIsNeverDeletedUnasked(t *testing.T) {
	t.Parallel()
	s := editedMeanwhile(t, true)
	s.later(100 * time.Hour)
	wantEqual(t, "conflicts", len(s.done().Conflicts), 1)
	wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
}

func TestEditedContactOfAGoneRowIsDeletedOnAPersonsWord(t *testing.T) {
	t.Parallel()
	for name, missed := range map[string]bool{"edited after the row was missed": true, "edited before": false} {
		t.Run(name, func(t *testing.T) {
			s := editedMeanwhile(t, missed)
			s.resolve(key(2), contact.WholeRecord, contact.Source)
			wantEqual(t, "conflicts while the grace lasts", len(s.done().Conflicts), 0)
			s.later(grace) // which began with the first run that missed the row
			wantEqual(t, "conflicts", len(s.done().Conflicts), 0)
			wantEqual(t, "contacts", len(s.quo.Contacts()), 4)
			s.wantQuiet()
		})
	}
}

func TestGraceOfAnEditedContactBeginsWithTheRunThatMissedItsRow(t *testing.T) {
	t.Parallel()
	s := editedMeanwhile(t, false)
	s.later(grace)
	s.resolve(key(2), contact.WholeRecord, contact.Source)
	wantEqual(t, "deleted", s.done().Deleted, 1)
}

func TestWordOnAGoneRowIsVoidWhenTheContactChangesAgain(t *testing.T) {
	t.Parallel()
	for name, waits := range map[string]bool{"before the next run": false, "while the brake holds the delete": true} {
		t.Run(name, func(t *testing.T) {
			s := editedMeanwhile(t, true)
			s.resolve(key(2), contact.WholeRecord, contact.Source)
			s.sync.Deletes = reconcile.Limit{}
			if waits {
				wantEqual(t, "held", s.ends(state.RunHeld).Held.Deletes, 1)
				wantEqual(t, "held again", s.ends(state.RunHeld).Held.Deletes, 1)
			}
			s.inQuo(key(2), func(c *quosim.Contact) { c.Role = new("CEO") })
			s.later(2 * grace)
			wantEqual(t, "conflicts", len(s.done(engine.Request{AllowDeletes: true}).Conflicts), 1)
			wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
		})
	}
}

func TestEditedContactOfAGoneRowIsKeptOnAPersonsWord(t *testing.T) {
	t.Parallel()
	s := editedMeanwhile(t, true)
	s.resolve(key(2), contact.WholeRecord, contact.Quo)
	wantEqual(t, "unlinked", s.done().Unlinked, 1)
	s.later(2 * grace)
	s.wantQuiet()
	wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
}

// TestRowThatIsPutBackHoldsTheNumberUnderAnotherLabel: the slot of a link is known by what it held.
func TestRowThatIsPutBackHoldsTheNumberUnderAnotherLabel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		rowGone reconcile.RowGone
		ask     func(*scene)
	}{
		{"settled for Quo", reconcile.RowGoneDelete, func(s *scene) { s.resolve(key(2), contact.WholeRecord, contact.Quo) }},
		{"relinked", reconcile.RowGoneKeep, func(s *scene) {
			if err := s.store.Relink(t.Context(), "customers", key(2)); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.twoWay()
			s.sync.Policy.CreateInSource, s.sync.Policy.RowGone = reconcile.CreateOurs, c.rowGone
			s.people(5)
			s.done()
			s.remove(key(2))
			s.inQuo(key(2), func(c *quosim.Contact) { c.PhoneNumbers[0].Name = "Handy" })
			s.done()
			c.ask(s)
			wantEqual(t, "rows created", s.done().SourceCreated, 1)
			wantEqual(t, "phone", s.readRow(key(2))[scenePhone], "+14155551002")
			s.wantQuiet()
		})
	}
}

// TestRowThatCannotBeToldIsNotGone holds for all that makes a row hard to find, without anybody having deleted it.
func TestRowThatCannotBeToldIsNotGone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		blur func(s *scene)
		want string // in the problem of some record
	}{
		{"a cell too many", func(s *scene) { s.saveText(strings.Replace(s.file(), "Ann 0002,", "Ann 0002,,,,,", 1)) }, ""},
		{"a cell too many, and the key unreadable", func(s *scene) {
			s.saveText(strings.Replace(s.file(), "C-0002,Ann 0002,", ",C-0002,Ann 0002,", 1))
		}, ""},
		{"another key", func(s *scene) { s.edit(key(2), sceneID, "C-9999") }, "this looks like record C-0002 under another key"},
		{"no key", func(s *scene) { s.edit(key(2), sceneID, "") }, "this looks like record C-0002 under another key"},
		{"a key that is too long", func(s *scene) { s.edit(key(2), sceneID, strings.Repeat("x", 80)) }, "this looks like record C-0002 under another key"},
		{"the key in another case", func(s *scene) { s.edit(key(2), sceneID, "c-0002") }, "this looks like record C-0002 under another key"},
		{"a key that another row has", func(s *scene) { s.edit(key(2), sceneID, key(3)) }, "this looks like record C-0002 under another key"},
		{"a key that another row has, further down", func(s *scene) { s.edit(key(3), sceneID, key(2)) }, "this looks like record C-0003 under another key"},
		{"a key that another row has in another case", func(s *scene) { s.edit(key(2), sceneID, "c-0003") }, "this looks like record C-0002 under another key"},
		{"the row twice", func(s *scene) { s.rows = append(s.rows, s.row(key(2))); s.save() }, "has the same key"},
		{"the row twice, once in another case", func(s *scene) {
			s.rows = append(s.rows, append([]string{"c-0002"}, s.row(key(2))[1:]...))
			s.save()
		}, "has the same key"},
		{"a phone number that is none", func(s *scene) { s.edit(key(2), scenePhone, "555-12") }, ""},
		{"no name", func(s *scene) { s.row(key(2))[sceneCompany] = ""; s.edit(key(2), sceneFirst, "") }, "no first name"},
	} {
		for scope, request := range map[string]engine.Request{"all": {}, "scoped": {Only: []string{key(2), key(3)}}} {
			t.Run(c.name+", "+scope, func(t *testing.T) {
				s := newScene(t)
				s.people(5)
				s.done()
				c.blur(s)
				for range 3 {
					report := s.done(request)
					wantEqual(t, "writes", s.seen().writes(), 0)
					wantEqual(t, "unlinked", report.Unlinked, 0)
					if scope == "all" {
						said := false
						for _, reason := range reasons(report) {
							said = said || strings.Contains(reason, c.want)
						}
						if !said {
							t.Errorf("no problem says %q: %q", c.want, reasons(report))
						}
					}
					s.later(time.Hour)
				}
				s.rows = s.rows[:1]
				s.people(5) // as it was
				s.wantQuiet()
				wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
			})
		}
	}
}

func TestRowsOfAKeptContactAreForgottenWithoutADelete(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.RowGone = "keep"
	s.people(3)
	s.done()
	gone := s.remove(key(2))
	wantEqual(t, "unlinked", s.done().Unlinked, 1)
	s.wantQuiet()
	s.rows = append(s.rows, gone...) // and linked again when it comes back
	s.edit(key(2), sceneFirst, "Zoë")
	s.done()
	if link := s.link(key(2)); !link.Linked() {
		t.Errorf("the link of the row that came back: %+v", link)
	}
	wantEqual(t, "contacts", len(s.quo.Contacts()), 3)
	wantEqual(t, "status", s.run().Status, state.RunDone)
}
