package engine_test

import (
	"context"
	"strings"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
)

// The columns of the sheet that Quo's own guide describes.
const (
	guideID = iota
	guideFirst
	guideLast
	guidePhone
	guideEmail
)

// newGuideScene makes a scene with the sheet of Quo's guide: no key, but the contact's id once there is a contact.
func newGuideScene(t *testing.T, rows ...[]string) *scene {
	t.Helper()
	s := newScene(t)
	s.fields(contact.TwoWay, contact.FirstName, "firstName", contact.LastName, "lastName", "phoneNumbers.mobile", "phone", "emails.work", "email")
	s.sync.Mapping.Key, s.sync.Mapping.ContactID = nil, "contactId"
	s.rows = append([][]string{{"contactId", "firstName", "lastName", "phone", "email"}}, rows...)
	s.save()
	return s
}

func guideRow(i int) []string {
	return []string{"", "Ann " + digits(i), "Lee", "+1415555" + digits(i+1000), ""}
}

// reread takes over what the file holds now.
func (s *scene) reread() [][]string {
	s.t.Helper()
	s.readRow(s.rows[0][0]) // the header is always there
	return s.rows[1:]
}

func TestRowsWithoutAKeyGetTheirContactsIDs(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t, guideRow(1), guideRow(2), guideRow(3))
	report := s.done()
	wantEqual(t, "created, marked", []int{report.Created, report.Marked}, []int{3, 3})
	for _, r := range s.reread() {
		c, ok := s.quo.Get(r[guideID])
		if !ok || text(c.FirstName) != r[guideFirst] {
			t.Errorf("the row %q has the id of %+v", r, c)
		}
	}
	s.wantQuiet()

	s.rows[1][guideFirst] = "Eve"
	id := s.rows[1][guideID]
	s.rows[1], s.rows[3] = s.rows[3], s.rows[1] // sorted meanwhile
	s.rows = append(s.rows, guideRow(4))
	s.save()
	report = s.done()
	wantEqual(t, "created, updated", []int{report.Created, report.Updated}, []int{1, 1})
	c, _ := s.quo.Get(id)
	wantEqual(t, "first name", text(c.FirstName), "Eve")
	s.wantQuiet()
}

// TestSheetOfTheGuideIsTakenOver: the guide's script wrote the ids, and knew no external id.
func TestSheetOfTheGuideIsTakenOver(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t)
	for i := 1; i <= 4; i++ {
		r := guideRow(i)
		c := s.add(quosim.Contact{FirstName: &r[guideFirst], LastName: &r[guideLast], Source: new("public-api"), Role: new("kept"),
			PhoneNumbers: []quosim.Item{{Name: "phone", Value: r[guidePhone]}}})
		r[guideID] = c.ID
		s.rows = append(s.rows, r)
	}
	s.save()
	report := s.done()
	wantEqual(t, "created, updated, problems", []int{report.Created, report.Updated, len(report.Problems)}, []int{0, 4, 0})
	for _, c := range s.quo.Contacts() {
		wantEqual(t, "source, externalId, role", []string{text(c.Source), text(c.ExternalID), text(c.Role)}, []string{label, c.ID, "kept"})
		wantEqual(t, "numbers", len(c.PhoneNumbers), 1)
	}
	s.wantQuiet()
	s.withState(removeState) // and again after the state was lost
	report = s.done()
	wantEqual(t, "created, updated, found again", []int{report.Created, report.Updated, report.FoundAgain}, []int{0, 0, 4})
	s.wantQuiet()
}

// TestCrashBetweenCreateAndWriteBack: the contact is there, its id is not in the row yet.
func TestCrashBetweenCreateAndWriteBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		meanwhile func(*scene)
		check     func(*testing.T, *scene)
	}{
		{"nothing happened meanwhile", func(*scene) {}, func(t *testing.T, s *scene) {
			s.done()
			for _, r := range s.reread() {
				if _, ok := s.quo.Get(r[guideID]); !ok {
					t.Errorf("the row %q has no contact", r)
				}
			}
		}},
		{"the state was lost too", func(s *scene) { s.withState(removeState) }, func(t *testing.T, s *scene) {
			report := s.done()
			wantEqual(t, "created, marked", []int{report.Created, report.Marked}, []int{0, 3})
		}},
		{"the row was edited", func(s *scene) { s.rows[1][guideFirst] = "Eve"; s.save() }, func(t *testing.T, s *scene) {
			report := s.done()
			wantEqual(t, "created, problems", []int{report.Created, len(report.Problems)}, []int{0, 1})
			if why := report.Problems[0].Reason; !strings.Contains(why, "this looks like the row of contact") {
				t.Errorf("the problem is %q", why)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newGuideScene(t, guideRow(1), guideRow(2), guideRow(3))
			before := s.file()
			s.done()
			s.saveText(before) // as if the run had died before it wrote the file
			ctx := context.Background()
			for link, err := range s.store.Links(ctx, s.sync.Name) {
				if err != nil || link.ContactID == "" {
					t.Fatalf("%+v: %v", link, err)
				}
			}
			c.meanwhile(s)
			c.check(t, s)
			wantEqual(t, "contacts", len(s.quo.Contacts()), 3)
			s.wantQuiet()
		})
	}
}

// TestRowsThatSayTheSame: nothing tells which of them is whose.
func TestRowsThatSayTheSame(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t, guideRow(1), guideRow(1), guideRow(2))
	report := s.done()
	wantEqual(t, "created, problems", []int{report.Created, len(report.Problems)}, []int{1, 2})
	if why := report.Problems[0].Reason; why != "row 3 says the same: nothing tells the two apart" {
		t.Errorf("the problem is %q", why)
	}
	s.reread()
	s.rows[2] = guideRow(3)
	s.save()
	report = s.done()
	wantEqual(t, "created, problems", []int{report.Created, len(report.Problems)}, []int{2, 0})
	s.wantQuiet()

	s.reread()
	s.rows = append(s.rows, append([]string{}, s.rows[1]...)) // a copied row has the id too
	s.save()
	report = s.done()
	wantEqual(t, "created, problems", []int{report.Created, len(report.Problems)}, []int{0, 2})
	s.rows[len(s.rows)-1][guideID] = ""
	s.rows[len(s.rows)-1][guideFirst] = "Her twin"
	s.save()
	report = s.done()
	wantEqual(t, "created, problems", []int{report.Created, len(report.Problems)}, []int{1, 0})
	s.wantQuiet()
}

// TestRowThatSaysWhatAnotherSaidOnce: a row was made a contact and edited; a new one says what it said then.
func TestRowThatSaysWhatAnotherSaidOnce(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t, guideRow(1))
	s.done()
	s.reread()
	s.rows[1][guideFirst], s.rows[1][guidePhone] = "Eve", "+14155559999"
	s.rows = append(s.rows, guideRow(1))
	s.save()
	report := s.done()
	wantEqual(t, "created, updated, problems", []int{report.Created, report.Updated, len(report.Problems)}, []int{1, 1, 0})
	wantEqual(t, "contacts", len(s.quo.Contacts()), 2)
	s.wantQuiet()
}

// TestProblemsOfRowsWithoutAKey are told in their status, and do not count as anybody's deletion.
func TestProblemsOfRowsWithoutAKey(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t, guideRow(1))
	s.rows[0] = append(s.rows[0], "Status")
	s.rows[1] = append(s.rows[1], "")
	s.rows = append(s.rows, append(guideRow(2), ""))
	s.rows[2][guidePhone] = "555-12"
	s.sync.Mapping.Status = "Status"
	s.save()
	report := s.done()
	wantEqual(t, "created, problems, marked", []int{report.Created, len(report.Problems), report.Marked}, []int{1, 1, 2})
	rows := s.reread()
	if !strings.HasPrefix(rows[1][5], "phone: ") {
		t.Errorf("the status is %q", rows[1][5])
	}
	s.wantQuiet()
}

// TestCopyOfARowWithoutAKeyAfterTheStateWasLost: the copy says what the row said when its contact was made, so that the
// contact has the external id that the copy's key is.
func TestCopyOfARowWithoutAKeyAfterTheStateWasLost(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t, guideRow(1), guideRow(2))
	s.done()
	s.reread()
	id := s.rows[1][guideID]
	s.rows = append(s.rows, append([]string{""}, s.rows[1][1:]...))
	s.save()
	s.withState(removeState)
	s.done()
	s.reread()
	wantEqual(t, "id of the row", s.rows[1][guideID], id)
	if got := s.rows[3][guideID]; got == id || got == "" {
		t.Errorf("the copy has the contact %q, want one of its own: the row's is %s", got, id)
	}
	wantEqual(t, "contacts", len(s.quo.Contacts()), 3)
	s.wantQuiet()
}

// TestContactThatIsMadeAgainBeforeItsRowHasTheNewID: the row still holds the id of the contact that people deleted.
func TestContactThatIsMadeAgainBeforeItsRowHasTheNewID(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t, guideRow(1), guideRow(2))
	s.sync.Policy.ContactGone = reconcile.ContactGoneRecreate
	s.done()
	old := s.reread()[0][guideID]
	if err := s.quo.Delete(old); err != nil {
		t.Fatal(err)
	}
	before := s.file()
	s.done()
	again := s.reread()[0][guideID]
	s.saveText(before) // as if the run had died before it wrote the file
	report := s.done()
	wantEqual(t, "problems", reasons(report), map[string]string{})
	wantEqual(t, "id in the row", s.reread()[0][guideID], again)
	wantEqual(t, "contacts", len(s.quo.Contacts()), 2)
	s.wantQuiet()
}

// TestCellThatIsSetBackAfterBothSidesWereWritten: without key columns the row is written first, and the contact after it.
// What the row held before is an edit from then on.
func TestCellThatIsSetBackAfterBothSidesWereWritten(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t, guideRow(1), guideRow(2))
	s.done()
	s.reread()
	id, before := s.rows[1][guideID], s.rows[1][guideLast]
	if err := s.quo.Edit(id, func(c *quosim.Contact) { c.Source, c.LastName = nil, new("Park") }); err != nil {
		t.Fatal(err)
	}
	report := s.done()
	wantEqual(t, "updates, of rows", []int{report.Updated, report.SourceUpdated}, []int{1, 1})
	s.reread()
	s.rows[1][guideLast] = before
	s.save()
	s.done()
	c, _ := s.quo.Get(id)
	wantEqual(t, "last name in Quo", text(c.LastName), before)
	s.wantQuiet()
}
