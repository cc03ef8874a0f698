package engine_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/sources"
	"syncd/internal/sources/sheets"
	"syncd/internal/sources/sheets/sheetssim"
	"syncd/internal/state"
)

// undo shows the plan to a person and carries out what it shows.
func (s *scene) undo(id int64) (reconcile.Undoing, engine.Report) {
	s.t.Helper()
	undoing := s.planUndo(id)
	s.quo.ResetRequests()
	s.clock.advance(time.Second)
	report := s.engine().Undo(context.Background(), id, seenBy(undoing))
	if report.Status != state.RunDone {
		s.t.Fatalf("the undo ended %s (%v)", report.Status, report.Err())
	}
	return undoing, report
}

// planUndo plans an undo and demands that this writes nothing.
func (s *scene) planUndo(id int64) reconcile.Undoing {
	s.t.Helper()
	s.quo.ResetRequests()
	before := s.file()
	undoing, report := s.engine().PlanUndo(context.Background(), id)
	if report.Err() != nil {
		s.t.Fatal(report.Err())
	}
	if n := s.seen().writes(); n != 0 || s.file() != before {
		s.t.Errorf("the plan of an undo wrote: %d requests, file %q", n, s.file())
	}
	return undoing
}

func seenBy(undoing reconcile.Undoing) map[contact.Hash]bool {
	seen := map[contact.Hash]bool{}
	for i := range undoing.Plan.Operations {
		seen[undoing.Plan.Operations[i].Fingerprint()] = true
	}
	return seen
}

// steady demands that runs do not repeat what was undone: they write nothing, on either side.
func (s *scene) steady() {
	s.t.Helper()
	for range 2 {
		s.later(day) // over every grace
		s.wantQuiet()
	}
}

func leftOf(undoing reconcile.Undoing) (left []string) {
	for _, l := range undoing.Left {
		left = append(left, strings.Join(strings.Fields(l.Key+" "+string(l.Side)+" "+string(l.Field)+" "+l.Now), " ")+": "+l.Why)
	}
	return left
}

func conflictsOf(t testing.TB, s *scene) []contact.Conflict {
	t.Helper()
	stored, err := s.store.Conflicts(t.Context(), s.sync.Name)
	if err != nil {
		t.Fatal(err)
	}
	var all []contact.Conflict
	for _, c := range stored {
		all = append(all, c.Conflict)
	}
	return all
}

// Under every policy and direction, what an undo put back is a conflict until a person decides.
func TestUndoneUpdateOfAContactIsAConflict(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*scene){
		"to Quo only":      func(*scene) {},
		"both ways":        (*scene).twoWay,
		"the source wins":  func(s *scene) { s.twoWay(); s.policy(contact.TakeSource) },
		"Quo wins":         func(s *scene) { s.twoWay(); s.policy(contact.TakeQuo) },
		"empty cells keep": func(s *scene) { s.twoWay(); s.sync.Mapping.Fields[0].KeepEmpty = true },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			set(s)
			s.people(5)
			s.done()
			s.edit(key(2), sceneFirst, "Kim")
			changed := s.done()
			undoing, report := s.undo(changed.RunID)
			wantEqual(t, "left alone", leftOf(undoing), nil)
			wantEqual(t, "updated", report.Updated, 1)
			wantEqual(t, "what it undid", report.Undoes, changed.RunID)
			wantEqual(t, "requests", s.seen(), seen{Fields: 1, LookUps: 1, Updates: 1})
			wantEqual(t, "name in Quo", text(s.contact(key(2)).FirstName), "Ann 0002")
			want := []contact.Conflict{{Key: key(2), Field: contact.FirstName, Base: "Ann 0002", Source: "Kim", Quo: "Ann 0002", Reason: contact.UndoneIn(report.RunID)}}
			wantEqual(t, "conflicts right after", conflictsOf(t, s), want)
			s.steady()
			wantEqual(t, "conflicts of later runs", conflictsOf(t, s), want)

			s.resolve(key(2), contact.FirstName, contact.Source)
			s.done()
			wantEqual(t, "name in Quo, settled for the source", text(s.contact(key(2)).FirstName), "Kim")
			wantEqual(t, "conflicts in the end", len(conflictsOf(t, s)), 0)
			s.steady()
		})
	}
}

// policy sets the conflict policy of all fields.
func (s *scene) policy(p contact.ConflictPolicy) {
	for i := range s.sync.Mapping.Fields {
		s.sync.Mapping.Fields[i].Conflicts = p
	}
}

func TestUndoSettledForQuo(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]struct {
		do   func(*scene)
		file string
	}{"both ways": {(*scene).twoWay, "Ann 0002"}, "to Quo only": {func(*scene) {}, "Kim"}} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			set.do(s)
			s.people(5)
			s.done()
			s.edit(key(2), sceneFirst, "Kim")
			s.undo(s.done().RunID)
			s.resolve(key(2), contact.FirstName, contact.Quo)
			s.done()
			wantEqual(t, "name in the file", s.readRow(key(2))[sceneFirst], set.file)
			wantEqual(t, "name in Quo", text(s.contact(key(2)).FirstName), "Ann 0002")
			wantEqual(t, "conflicts", len(conflictsOf(t, s)), 0)
			s.steady()
			s.edit(key(2), sceneFirst, "Lou")
			s.done()
			wantEqual(t, "a later edit", text(s.contact(key(2)).FirstName), "Lou")
		})
	}
}

// An edit after the undo is a new one, and flows.
func TestEditAfterAnUndoFlows(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.edit(key(2), sceneFirst, "Kim")
	s.undo(s.done().RunID)
	s.edit(key(2), sceneFirst, "Lou")
	s.done()
	wantEqual(t, "name in Quo", text(s.contact(key(2)).FirstName), "Lou")
	wantEqual(t, "conflicts", len(conflictsOf(t, s)), 0)
	s.steady()
}

// Where both sides were edited after the undo, the rules for two edits hold.
func TestEditsOfBothSidesAfterAnUndo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set       func(*scene)
		conflicts []contact.Conflict
		quo       string
	}{
		"ask":             {func(*scene) {}, []contact.Conflict{{Key: key(2), Field: contact.FirstName, Base: "Ann 0002", Source: "Lou", Quo: "Zoë", Reason: contact.BothChanged}}, "Zoë"},
		"the source wins": {func(s *scene) { s.policy(contact.TakeSource) }, nil, "Lou"},
		"to Quo only":     {func(s *scene) { s.sync.Mapping.Fields[0].Direction = contact.ToQuo }, nil, "Lou"},
	} {
		t.Run(name, func(t *testing.T) {
			s := twoWayScene(t)
			test.set(s)
			s.edit(key(2), sceneFirst, "Kim")
			s.undo(s.done().RunID)
			s.edit(key(2), sceneFirst, "Lou")
			s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
			s.done()
			wantEqual(t, "conflicts", conflictsOf(t, s), test.conflicts)
			wantEqual(t, "name in Quo", text(s.contact(key(2)).FirstName), test.quo)
		})
	}
}

// The row itself says what was undone, from the undo on, and tells it from what both sides changed.
func TestStatusOfARowWithUndoneFields(t *testing.T) {
	t.Parallel()
	s := newMarkedScene(t, 3)
	s.twoWay()
	s.done()
	s.readRow(key(2))
	s.edit(key(2), markFirst, "Kim")
	changed := s.done()
	_, report := s.undo(changed.RunID)
	undone := contact.UndoneIn(report.RunID) + ": firstName"
	wantEqual(t, "status right after", s.readRow(key(2))[markStatus], undone+"; make both the same")
	s.steady()

	s.edit(key(2), markPhone, "+14155550188")
	s.inQuo(key(2), func(c *quosim.Contact) { c.PhoneNumbers[0].Value = "+14155550199" })
	s.done()
	wantEqual(t, "status with an edit of both", s.readRow(key(2))[markStatus], undone+"; changed here and in Quo: phoneNumbers.mobile; make both the same")
	s.edit(key(2), markFirst, "Ann 0002")
	s.edit(key(2), markPhone, "+14155550199")
	s.done()
	wantEqual(t, "status in the end", s.readRow(key(2))[markStatus], "synced")
}

// A cell gets back what stood there, as it was spelled.
func TestUndoneUpdateOfARow(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.twoWay()
	s.people(5)
	s.edit(key(2), scenePhone, "(415) 555-1002")
	s.done()
	s.inQuo(key(2), func(c *quosim.Contact) { c.PhoneNumbers[0].Value = "+14155559999" })
	before := s.file()
	changed := s.done()
	wantEqual(t, "rows written", changed.SourceUpdated, 1)
	_, report := s.undo(changed.RunID)
	wantEqual(t, "rows written back", report.SourceUpdated, 1)
	wantEqual(t, "the file", s.file(), before)
	s.steady()
	wantEqual(t, "conflicts", conflictsOf(t, s), []contact.Conflict{{Key: key(2), Field: "phoneNumbers.mobile",
		Base: "+14155559999", Source: "+14155551002", Quo: "+14155559999", Reason: contact.UndoneIn(report.RunID)}})
	s.resolve(key(2), "phoneNumbers.mobile", contact.Quo)
	s.done()
	wantEqual(t, "conflicts in the end", len(conflictsOf(t, s)), 0)
	s.steady()
}

// What somebody changed since stays, field by field, and is listed.
func TestUndoLeavesWhatWasChangedSince(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.edit(key(2), sceneFirst, "Kim")
	s.row(key(2))[sceneCompany] = "Umbrella"
	s.save()
	changed := s.done()
	s.inQuo(key(2), func(c *quosim.Contact) { c.FirstName = new("Zoë"); c.Role = new("Chef") })
	undoing, _ := s.undo(changed.RunID)
	wantEqual(t, "left alone", leftOf(undoing), []string{key(2) + " quo firstName Zoë: it was changed since"})
	wantEqual(t, "company in Quo", text(s.contact(key(2)).Company), "Acme")
	wantEqual(t, "role in Quo", text(s.contact(key(2)).Role), "Chef")
	s.done()
	wantEqual(t, "name in the file", s.readRow(key(2))[sceneFirst], "Zoë")
	wantEqual(t, "company in the file", s.readRow(key(2))[sceneCompany], "Umbrella")
	wantEqual(t, "conflicts", len(conflictsOf(t, s)), 1)
}

// The contacts of a first run go again, but for the one that somebody works with; their rows stay and make no others.
func TestUndoOfAFirstRun(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.twoWay()
	s.people(20)
	first := s.done()
	s.inQuo(key(3), func(c *quosim.Contact) { c.Role = new("Chef") })
	before := s.file()
	undoing, report := s.undo(first.RunID)
	wantEqual(t, "deleted, past every brake", report.Deleted, 19)
	wantEqual(t, "left alone", leftOf(undoing), []string{key(3) + " quo: it was changed since"})
	wantEqual(t, "contacts", len(s.quo.Contacts()), 1)
	wantEqual(t, "the file", s.file(), before)
	s.edit(key(4), sceneFirst, "Kim")
	s.steady()
	wantEqual(t, "contacts later", len(s.quo.Contacts()), 1)
	if err := s.store.Relink(t.Context(), s.sync.Name, key(4)); err != nil {
		t.Fatal(err)
	}
	s.done()
	wantEqual(t, "the contact that is relinked", text(s.contact(key(4)).FirstName), "Kim")
}

// Deleted contacts come back with what they had, under another id, and are not deleted again.
func TestUndoOfADelete(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.inQuo(key(2), func(c *quosim.Contact) {
		c.Role = new("Chef")
		c.Emails = append(c.Emails, quosim.Item{Name: "home", Value: "ann@example.com"})
	})
	s.done()
	was := s.contact(key(2))
	removed := s.remove(key(2))
	s.done()
	s.later(grace)
	deleted := s.done()
	wantEqual(t, "deleted", deleted.Deleted, 1)
	_, report := s.undo(deleted.RunID)
	wantEqual(t, "created", report.Created, 1)
	is := s.contact(key(2))
	if is.ID == was.ID {
		t.Error("the contact has its old id")
	}
	wantEqual(t, "its content", bare(is), bare(was))
	s.steady()

	s.rows = append(s.rows, removed...) // the row comes back too: the two are one again
	s.save()
	s.done()
	wantEqual(t, "contacts", len(s.quo.Contacts()), 5)
	s.edit(key(2), sceneFirst, "Kim")
	s.done()
	wantEqual(t, "an edit of the row", text(s.contact(key(2)).FirstName), "Kim")
	s.steady()
}

func bare(c quosim.Contact) quosim.Contact {
	c.ID, c.CreatedAt, c.UpdatedAt = "", time.Time{}, time.Time{}
	for _, items := range [][]quosim.Item{c.PhoneNumbers, c.Emails} {
		for i := range items {
			items[i].ID = ""
		}
	}
	return c
}

func TestUndoOfRowsMadeAndDeleted(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.twoWay()
	s.sync.Policy.CreateInSource, s.sync.Policy.ContactGone = reconcile.CreateAll, reconcile.ContactGoneDelete
	s.people(5)
	s.done()
	before := s.file()
	stranger := s.add(quosim.Contact{FirstName: new("Sue")})
	made := s.done()
	wantEqual(t, "rows made", made.SourceCreated, 1)
	_, report := s.undo(made.RunID)
	wantEqual(t, "rows deleted again", report.SourceDeleted, 1)
	wantEqual(t, "the file", s.file(), before)
	i := slices.IndexFunc(s.quo.Contacts(), func(c quosim.Contact) bool { return c.ID == stranger.ID })
	wantEqual(t, "the contact that was adopted", bare(s.quo.Contacts()[i]), bare(stranger))
	s.steady()

	s.deleteInQuo(key(4))
	gone := s.done()
	wantEqual(t, "rows deleted", gone.SourceDeleted, 1)
	_, report = s.undo(gone.RunID)
	wantEqual(t, "rows made again", report.SourceCreated, 1)
	if !strings.Contains(s.file(), key(4)+",Ann 0004,+14155551004,Acme") {
		t.Errorf("the file is %q", s.file())
	}
	s.steady()
}

// An undo is a run, and can be undone: all is as it was before.
func TestUndoOfAnUndo(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.edit(key(2), sceneFirst, "Kim")
	s.inQuo(key(3), func(c *quosim.Contact) { c.Company = new("Umbrella") })
	s.rows = append(s.rows, person(6))
	s.save()
	s.remove(key(1))
	s.done()
	s.later(grace)
	s.edit(key(4), sceneFirst, "Lou")
	deleted := s.done()
	was, before := s.state(), s.file()
	_, undone := s.undo(deleted.RunID)
	if diff := cmp.Diff(was, s.state()); diff == "" {
		t.Fatal("the undo changed nothing")
	}
	s.done()
	undoing, _ := s.undo(undone.RunID)
	wantEqual(t, "left alone", leftOf(undoing), nil)
	wantEqual(t, "the workspace", s.state(), was)
	wantEqual(t, "the file", s.file(), before)
	s.steady()
	wantEqual(t, "conflicts", len(conflictsOf(t, s)), 0)
}

// state is what the contacts of the workspace hold, without ids and times.
func (s *scene) state() map[string]quosim.Contact {
	all := map[string]quosim.Contact{}
	for _, c := range s.quo.Contacts() {
		all[text(c.ExternalID)] = bare(c)
	}
	return all
}

// A contact that a run made a record's is nobody's again, with all that it had.
func TestUndoOfAnAdoption(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.twoWay()
	s.sync.Policy.Match = reconcile.Match{Phone: true}
	s.people(2)
	stranger := s.add(quosim.Contact{FirstName: new("Annie"), PhoneNumbers: []quosim.Item{{Name: "mobile", Value: "+14155551001"}}})
	first := s.done()
	wantEqual(t, "adopted", s.contact(key(1)).ID, stranger.ID)
	s.undo(first.RunID)
	wantEqual(t, "contacts", len(s.quo.Contacts()), 1)
	wantEqual(t, "the contact", bare(s.quo.Contacts()[0]), bare(stranger))
	s.steady()
}

// An undo decides nothing about what else people changed in its records: the next run does.
func TestUndoLeavesOtherEditsToTheNextRun(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*scene){
		"in Quo":      func(s *scene) { s.inQuo(key(2), func(c *quosim.Contact) { c.Company = new("Umbrella") }) },
		"in the file": func(s *scene) { s.edit(key(2), sceneCompany, "Umbrella") },
	} {
		t.Run(name, func(t *testing.T) {
			s := twoWayScene(t)
			s.edit(key(2), sceneFirst, "Kim")
			s.inQuo(key(2), func(c *quosim.Contact) { c.PhoneNumbers[0].Value = "+14155550188" })
			_, undone := s.undo(s.done().RunID)
			s.readRow(key(2))
			edit(s)
			s.undo(undone.RunID)
			s.done()
			wantEqual(t, "company in Quo", text(s.contact(key(2)).Company), "Umbrella")
			wantEqual(t, "company in the file", s.readRow(key(2))[sceneCompany], "Umbrella")
			s.steady()
		})
	}
}

// A row without a key is known by its contact's id alone: it gets that of the contact that the undo made, at once or, when
// the process died before it could write it, by the next run.
func TestUndoOfAnUndoInASourceWithoutKeys(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]func(s *scene, before string){
		"":                                     func(*scene, string) {},
		"the process died before it marked it": func(s *scene, before string) { s.saveText(before) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newGuideScene(t, guideRow(1), guideRow(2))
			s.done()
			s.reread()
			s.rows = append(s.rows, guideRow(3))
			s.save()
			_, undone := s.undo(s.done().RunID)
			wantEqual(t, "contacts after the undo", len(s.quo.Contacts()), 2)
			s.steady()
			old, before := s.reread()[2][guideID], s.file()
			_, redone := s.undo(undone.RunID)
			wantEqual(t, "contacts made again, rows marked", []int{redone.Created, redone.Marked}, []int{1, 1})
			id := s.reread()[2][guideID]
			if c, ok := s.quo.Get(id); !ok || id == old || text(c.FirstName) != "Ann 0003" {
				t.Errorf("the row has the contact id %q, which was %q: %+v", id, old, c)
			}
			after(s, before)
			wantEqual(t, "problems", reasons(s.done()), map[string]string{})
			wantEqual(t, "id in the row", s.reread()[2][guideID], id)
			s.steady()
			s.rows[3][guideFirst] = "Eve"
			s.save()
			s.done()
			c, _ := s.quo.Get(id)
			wantEqual(t, "an edit of the row", text(c.FirstName), "Eve")
			wantEqual(t, "contacts", len(s.quo.Contacts()), 3)
		})
	}
}

// A new row that names a contact which is gone is not taken for that of a record whose contact an undo deleted.
func TestRowThatNamesTheFormerContactOfAnUndoneRecord(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t, guideRow(1), guideRow(2))
	s.sync.Policy.ContactGone = reconcile.ContactGoneRecreate
	s.done()
	former := s.reread()[1][guideID]
	if err := s.quo.Delete(former); err != nil {
		t.Fatal(err)
	}
	s.undo(s.done().RunID)
	s.reread()
	s.rows[2] = append([]string{former}, guideRow(3)[1:]...)
	s.save()
	wantProblem(t, s.done(), former, "Quo has no contact with this id")
}

// Only what the person saw is put back, whatever came in between.
func TestUndoDoesOnlyWhatWasSeen(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.edit(key(2), sceneFirst, "Kim")
	s.edit(key(3), sceneFirst, "Lou")
	changed := s.done()
	s.inQuo(key(3), func(c *quosim.Contact) { c.FirstName = new("Zoë") })
	seen := seenBy(s.planUndo(changed.RunID))
	wantEqual(t, "operations that were seen", len(seen), 1)
	s.inQuo(key(3), func(c *quosim.Contact) { c.FirstName = new("Lou") })
	s.clock.advance(time.Second)
	report := s.engine().Undo(t.Context(), changed.RunID, seen)
	wantEqual(t, "updated", report.Updated, 1)
	wantEqual(t, "name of the other", text(s.contact(key(3)).FirstName), "Lou")
}

func TestUndoOfNothing(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	quiet := s.done()
	_, report := s.engine().PlanUndo(t.Context(), quiet.RunID)
	if err := report.Err(); err == nil || !strings.Contains(err.Error(), "changed nothing that could be undone") {
		t.Errorf("error %v", err)
	}
}

// A process that dies while it undoes leaves nothing that a later run repeats or doubles.
func TestUndoWhoseAnswersAreLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare             func(*scene) int64
		contacts, conflicts int
	}{
		"of creates": {func(s *scene) int64 { return s.done().RunID }, 0, 0},
		"of a delete": {func(s *scene) int64 {
			s.done()
			s.remove(key(2))
			s.done()
			s.later(grace)
			return s.done().RunID
		}, 3, 0},
		"of an update": {func(s *scene) int64 {
			s.done()
			s.edit(key(2), sceneFirst, "Kim")
			return s.done().RunID
		}, 3, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.twoWay()
			s.people(3)
			id := test.prepare(s)
			undoing := s.planUndo(id)
			for _, route := range []string{quosim.RouteCreate, quosim.RouteUpdate, quosim.RouteDelete} {
				s.quo.Inject(quosim.Fault{Match: quosim.On(route), Kind: quosim.CutAfter, Times: -1})
			}
			report := s.engine().Undo(t.Context(), id, seenBy(undoing))
			s.quo.ClearFaults()
			if len(report.Problems) == 0 {
				t.Error("every answer was heard")
			}
			s.later(settleAfter)
			s.done()
			wantEqual(t, "contacts", len(s.quo.Contacts()), test.contacts)
			wantEqual(t, "conflicts", len(conflictsOf(t, s)), test.conflicts)
			was, file := s.state(), s.file()
			s.steady()
			wantEqual(t, "the workspace", s.state(), was)
			wantEqual(t, "the file", s.file(), file)
		})
	}
}

// A row that the source put right itself is nothing to undo.
func TestUndoKnowsNothingOfRowsThatWerePutRight(t *testing.T) {
	t.Parallel()
	s := twoWayScene(t)
	s.inQuo(key(2), func(c *quosim.Contact) { c.Company = new("Umbrella") })
	s.clock.advance(time.Second)
	e := s.engine()
	e.Source = repairingSource{e.Source}
	changed := e.Run(t.Context(), engine.Request{})
	entries, err := s.store.Entries(t.Context(), changed.RunID)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "entries in the journal", len(entries), 2)
	undoing := s.planUndo(changed.RunID)
	wantEqual(t, "left alone", leftOf(undoing), nil)
	wantEqual(t, "operations", len(undoing.Plan.Operations), 1)
	wantEqual(t, "records", undoing.Plan.Undecided, []string{key(2)})
}

// repairingSource is a source without key columns in which rows move at every write.
type repairingSource struct{ sources.Source }

func (r repairingSource) Write(ctx context.Context, columns []string, changes []contact.Change) ([]sources.Outcome, error) {
	outcomes, err := r.Source.Write(ctx, columns, changes)
	cells := make([]contact.Cell, len(columns))
	outcomes[0].Repaired = []contact.Change{{Action: contact.Update, Row: 3, Before: cells, After: cells}}
	return outcomes, err
}

// A source that never deletes rows keeps the row that a run made, and the contact stays this row's: half of it would be
// made again by the next run.
func TestUndoOfARowThatTheSourceNeverDeletes(t *testing.T) {
	t.Parallel()
	const byHand = "rows of this source are never deleted: delete the row by hand"
	const takesContact = "rows of this source are never deleted: when you delete it by hand, its contact is deleted too"
	for name, test := range map[string]struct {
		set func(*scene)
		why string
	}{
		"its contact is kept":              {func(*scene) {}, byHand},
		"its contact would be deleted too": {func(s *scene) { s.sync.Policy.DeleteAdopted = true }, takesContact},
		"no more rows are made":            {func(s *scene) { s.sync.Policy.CreateInSource = reconcile.CreateOff }, byHand},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.twoWay()
			s.sync.Policy.CreateInSource = reconcile.CreateAll
			s.rows = append(s.rows, person(1), person(2))
			book := s.inSheet()
			s.sheetRun(book)
			s.add(quosim.Contact{FirstName: new("Sue")})
			made := s.sheetRun(book)
			wantEqual(t, "rows made", made.SourceCreated, 1)
			test.set(s)
			undoing, report := s.sheetEngine(book).PlanUndo(t.Context(), made.RunID)
			if report.Err() != nil {
				t.Fatal(report.Err())
			}
			if len(undoing.Left) == 0 {
				t.Fatal("nothing is left alone")
			}
			sue := undoing.Left[0].Key
			wantEqual(t, "left alone", leftOf(undoing), []string{sue + " source: " + test.why,
				sue + " quo externalId " + sue + ": the contact stays this record's, as the row stays"})
			wantEqual(t, "operations", len(undoing.Plan.Operations), 0)
			wantEqual(t, "links", len(undoing.Plan.Settled), 0)
		})
	}
}

// inSheet makes a spreadsheet of the scene's rows.
func (s *scene) inSheet() *sheetssim.Spreadsheet {
	book := sheetssim.New(sheetssim.Options{ReadsPerMinute: -1, WritesPerMinute: -1, Now: s.clock.Now})
	book.Edit(func(b *sheetssim.Book) {
		tab := b.AddTab("People")
		for i, row := range s.rows {
			tab.Fill(i+1, values(row)...)
		}
	})
	return book
}

// sheetEngine makes an engine whose source is a spreadsheet.
func (s *scene) sheetEngine(book *sheetssim.Spreadsheet) *engine.Engine {
	e := s.engine()
	e.Source = sheets.New(sheets.Options{Spreadsheet: book.ID(), Tab: "People", Key: s.sync.Mapping.Key, Quota: sheets.NewQuota(0),
		FirstWait: time.Millisecond, HTTPClient: &http.Client{Transport: book.Transport()}})
	return e
}

// sheetRun runs the sync of a spreadsheet once and demands that the run ends well.
func (s *scene) sheetRun(book *sheetssim.Spreadsheet) engine.Report {
	s.t.Helper()
	s.clock.advance(time.Second)
	report := s.sheetEngine(book).Run(s.t.Context(), engine.Request{})
	if report.Status != state.RunDone {
		s.t.Fatalf("the run ended %s (%v)", report.Status, report.Err())
	}
	return report
}

// The journal does not know what people write beside the mapped columns: a row that holds something there stays, and its
// contact with it.
func TestUndoKeepsARowThatSomebodyFilled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header, notes string
		tells         bool
		why           string // "" when the row goes
	}{
		"a note":                      {"id,First,Phone,Company,Notes", "call on Monday", true, "other columns were filled, by somebody or by the table (Notes): delete the row by hand"},
		"no note":                     {"id,First,Phone,Company,Notes", "", true, ""},
		"a column has no name":        {"id,First,Phone,Company,", "call on Monday", true, "whether other columns were filled is not known (it has columns without a name, or with the same one): delete the row by hand"},
		"the source tells no columns": {"id,First,Phone,Company,Notes", "", false, "whether other columns were filled is not known (this source does not say which columns it has): delete the row by hand"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.twoWay()
			s.sync.Policy.CreateInSource = reconcile.CreateAll
			s.saveText(test.header + "\n")
			stranger := s.add(quosim.Contact{FirstName: new("Sue")})
			made := s.done()
			wantEqual(t, "rows made", made.SourceCreated, 1)
			s.saveText(strings.TrimSpace(s.file()) + test.notes + "\n")
			e := s.engine()
			if !test.tells {
				e.Source = repairingSource{e.Source}
			}
			undoing, report := e.PlanUndo(t.Context(), made.RunID)
			if report.Err() != nil {
				t.Fatal(report.Err())
			}
			if test.why == "" {
				wantEqual(t, "left alone", leftOf(undoing), nil)
				wantEqual(t, "operations", len(undoing.Plan.Operations), 2)
				return
			}
			sue := text(s.quo.Contacts()[0].ExternalID)
			wantEqual(t, "left alone", leftOf(undoing), []string{sue + " source: " + test.why,
				sue + " quo externalId " + sue + ": the contact stays this record's, as the row stays"})
			wantEqual(t, "operations", len(undoing.Plan.Operations), 0)
			wantEqual(t, "contact", s.quo.Contacts()[0].ID, stranger.ID)
			s.steady()
		})
	}
}

// What the sync's filter looks at is a person's too: a row of another kind is not the one that the run made.
func TestUndoKeepsARowOfAnotherKind(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{"that is synced too": "public", "that is not synced": "none"} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.twoWay()
			s.sync.Policy.CreateInSource = reconcile.CreateAll
			s.sync.Mapping.Only = map[string][]string{"Notes": {"private", "public"}}
			s.people(1)
			s.done()
			s.add(quosim.Contact{FirstName: new("Sue")})
			made := s.done()
			wantEqual(t, "rows made", made.SourceCreated, 1)
			wantEqual(t, "operations", len(s.planUndo(made.RunID).Plan.Operations), 2)
			s.readRow(key(1))
			sue := s.rows[2][sceneID]
			s.edit(sue, sceneNotes, kind)
			undoing := s.planUndo(made.RunID)
			wantEqual(t, "left alone", leftOf(undoing), []string{sue + " source: it was changed since",
				sue + " quo externalId " + sue + ": the contact stays this record's, as the row stays"})
			wantEqual(t, "operations", len(undoing.Plan.Operations), 0)
		})
	}
}

// A row that is put back has only what the journal knows, and the plan says so.
func TestUndoSaysThatARowComesBackWithoutItsOtherColumns(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		columns int
		reason  string
	}{
		"columns that are not mapped": {5, "undo of run 2, without what its other columns held"},
		"all columns are mapped":      {4, "undo of run 2"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.twoWay()
			s.sync.Policy.ContactGone = reconcile.ContactGoneDelete
			for i := range 11 {
				s.rows = append(s.rows, person(i+1))
			}
			for i := range s.rows {
				s.rows[i] = s.rows[i][:test.columns]
			}
			s.save()
			s.done()
			s.deleteInQuo(key(4))
			gone := s.done()
			wantEqual(t, "rows deleted", gone.SourceDeleted, 1)
			undoing := s.planUndo(gone.RunID)
			wantEqual(t, "operations", len(undoing.Plan.Operations), 1)
			wantEqual(t, "reason", undoing.Plan.Operations[0].Reason, test.reason)
		})
	}
}

// What somebody writes beside the mapped columns while the undo is under way is not lost either.
func TestUndoKeepsARowThatSomebodyFillsMeanwhile(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.twoWay()
	s.sync.Policy.CreateInSource = reconcile.CreateAll
	s.people(1)
	s.done()
	s.add(quosim.Contact{FirstName: new("Sue")})
	made := s.done()
	seen := seenBy(s.planUndo(made.RunID))
	s.clock.advance(time.Second)
	e := s.engine()
	filled := strings.TrimSpace(s.file()) + "call on Monday\n"
	e.Source = &busySource{missing{Source: e.Source, scene: s}, func() { s.saveText(filled) }}
	report := e.Undo(t.Context(), made.RunID, seen)
	wantEqual(t, "rows deleted", report.SourceDeleted, 0)
	wantEqual(t, "the file", s.file(), filled)
}

// busySource is a source in which somebody works right before a write.
type busySource struct {
	missing
	work func()
}

func (b *busySource) Write(ctx context.Context, columns []string, changes []contact.Change) ([]sources.Outcome, error) {
	b.work()
	return b.missing.Write(ctx, columns, changes)
}
