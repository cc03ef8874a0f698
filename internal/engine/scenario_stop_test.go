package engine_test

import (
	"strings"
	"testing"

	"syncd/internal/engine"
	"syncd/internal/mapping"
	"syncd/internal/quo/quosim"
	"syncd/internal/state"
)

// TestRunStopsBeforeAnyWriteWhenWhatItReadCannotBeMeant shows what each stop says; every scene has a row that an
// unstopped run would write.
func TestRunStopsBeforeAnyWriteWhenWhatItReadCannotBeMeant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*scene)
		words []string
	}{
		{"the source is empty but for its header", func(s *scene) { s.rows = s.rows[:1]; s.save() },
			[]string{"the source is empty, but 20 records were synced before", "--allow-emptied"}},
		{"the source is empty", func(s *scene) { s.saveText("") }, []string{"rows.csv"}},
		{"the workspace is empty", func(s *scene) { s.deleteInQuo(keys(1, 20)...) },
			[]string{"Quo has none of the 20 synced contacts", "another workspace", "--allow-emptied"}},
		{"the key column is gone", func(s *scene) { s.rows[0][sceneID] = "no"; s.save() }, []string{`no column "id"`, `"no"`}},
		{"a mapped column is gone", func(s *scene) { s.rows[0][scenePhone] = "Telephone"; s.save() },
			[]string{`no column "Phone"`, `"Telephone"`}},
		{"a mapped column is there twice", func(s *scene) { s.rows[0][sceneNotes] = "Phone"; s.save() },
			[]string{`more than one column "Phone"`}},
		{"the key column is there twice", func(s *scene) { s.rows[0][sceneNotes] = "id"; s.save() },
			[]string{`more than one column "id"`}},
		{"the keys changed", func(s *scene) {
			for i, r := range s.rows[1:] {
				r[sceneID] = "new-" + digits(i)
			}
			s.save()
		}, []string{"20 of 20 keys are gone and 20 new ones came", "--allow-emptied"}},
		{"the label changed", func(s *scene) { s.sync.Policy.Label = "syncd-clients"; s.sync.Labels = []string{"syncd-clients"} },
			[]string{`the label was "syncd-customers" and is now "syncd-clients"`, "label: syncd-customers"}},
		{"the sync was renamed", func(s *scene) {
			s.sync.Name, s.sync.Policy.Label, s.sync.Labels = "clients", "syncd-clients", []string{"syncd-clients"}
		}, []string{`20 of the 20 keys are in Quo under the label "syncd-customers"`, "renamed", "label: syncd-customers"}},
		{"a custom field is gone", func(s *scene) {
			s.sync.Mapping.Fields = append(s.sync.Mapping.Fields, mapping.Field{Name: "customFields.Lead Sauce", Column: "Notes"})
		}, []string{`no custom field "Lead Sauce"`, `did you mean "Lead Source"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.people(20)
			s.done()
			s.edit(key(20), sceneFirst, "Zoë")
			before := s.file()
			c.spoil(s)
			changed := s.file() != before
			broken := s.file()
			contacts := len(s.quo.Contacts())
			s.wantStop(s.run(), c.words...)
			wantEqual(t, "contacts", len(s.quo.Contacts()), contacts)
			if changed {
				wantEqual(t, "the file", s.file(), broken)
			}
		})
	}
}

// TestScopedRunStopsForWhatTheWholeSourceShows, or one key after another would be lost, and a changed label be taken for
// the old one by the next run.
func TestScopedRunStopsForWhatTheWholeSourceShows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*scene)
		word  string
	}{
		"an empty source": {func(s *scene) { s.rows = s.rows[:1]; s.save() }, "the source is empty"},
		"changed keys": {func(s *scene) {
			for i, r := range s.rows[1:] {
				r[sceneID], r[sceneFirst], r[scenePhone] = "new-"+digits(i), "Kim "+digits(i), "+1212555"+digits(i)
			}
			s.save()
		}, "20 of 20 keys are gone"},
		"a changed label": {func(s *scene) { s.sync.Policy.Label = "syncd-clients"; s.edit(key(1), sceneFirst, "Zoë") }, "the label was"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			s.sync.Policy.Grace = 0
			s.people(20)
			s.done()
			c.spoil(s)
			s.wantStop(s.run(only(key(1))), c.word)
			s.wantStop(s.run(), c.word)
		})
	}
}

func TestEmptiedSideThatIsMeantIsStillBraked(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Grace = 0
	s.people(20)
	s.done()
	s.rows = s.rows[:1]
	s.save()
	report := s.ends(state.RunHeld, engine.Request{AllowEmptied: true})
	wantEqual(t, "held", report.Held, engine.HeldCounts{Deletes: 20})
	wantEqual(t, "writes", s.seen().writes(), 0)
	wantEqual(t, "deleted", s.done(engine.Request{AllowEmptied: true, AllowDeletes: true}).Deleted, 20)
}

// TestListThatIsNotProvablyWholeIsNoList: nothing is concluded from it, least of all that a contact is gone.
func TestListThatIsNotProvablyWholeIsNoList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault quosim.Fault
		word  string
	}{
		{"no nextPageToken", quosim.Fault{Kind: quosim.DropPageToken}, "nextPageToken"},
		{"a page token that repeats", quosim.Fault{Kind: quosim.RepeatPageToken}, "token repeats"},
		{"a body that breaks off", quosim.Fault{Kind: quosim.CutBody}, "breaks off"},
		{"half a body", quosim.Fault{Kind: quosim.TruncateJSON}, "JSON"},
		{"no body", quosim.Fault{Kind: quosim.EmptyBody}, "empty"},
		{"500 in the middle", quosim.Fault{Kind: quosim.Refuse}, "500"},
		{"a web page", quosim.Fault{Kind: quosim.Refuse, Status: 502}, "502"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.people(120)
			s.done()
			s.deleteInQuo(key(1))
			s.edit(key(2), sceneFirst, "Zoë")
			c.fault.Match, c.fault.Times = quosim.On(quosim.RouteList), -1
			s.quo.Inject(c.fault)
			s.wantStop(s.run(), c.word)
			wantEqual(t, "the link of a contact that is not listed", s.link(key(1)).Unlinked, "")
			s.quo.ClearFaults()
			s.done()
			wantEqual(t, "name", text(s.contact(key(2)).FirstName), "Zoë")
		})
	}
}

func TestFileThatBreaksOffInAQuoteIsNotRead(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.sync.Policy.Grace = 0
	s.people(20)
	s.done()
	s.saveText(strings.Replace(s.file(), "Ann 0003", `"Ann 0003`, 1)) // the rest of the file is one cell now
	s.wantStop(s.run())
}
