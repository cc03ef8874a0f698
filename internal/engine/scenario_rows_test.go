package engine_test

import (
	"slices"
	"strings"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
)

// newRowsScene makes a two-way scene that makes rows for contacts.
func newRowsScene(t *testing.T, create reconcile.CreateInSource, n int) *scene {
	t.Helper()
	s := newScene(t)
	s.twoWay()
	s.sync.Policy.CreateInSource = create
	s.people(n)
	return s
}

// TestWhatARowWasMadeWithoutIsSettledToo: that both sides were empty is agreed, so that a later value is a change.
func TestWhatARowWasMadeWithoutIsSettledToo(t *testing.T) {
	t.Parallel()
	s := newRowsScene(t, reconcile.CreateAll, 3)
	s.sync.Mapping.Fields[2].KeepEmpty = true
	eve := s.add(quosim.Contact{FirstName: new("Eve")})
	s.done()
	s.inQuo(eve.ID, func(c *quosim.Contact) { c.Company = new("Umbrella") })
	s.done()
	wantEqual(t, "cell", s.readRow(eve.ID)[sceneCompany], "Umbrella")
	s.wantQuiet()
}

func TestContactsOfPeopleGetRows(t *testing.T) {
	t.Parallel()
	s := newRowsScene(t, reconcile.CreateAll, 3)
	eve := s.add(quosim.Contact{FirstName: new("Eve"), Role: new("kept"), PhoneNumbers: []quosim.Item{{Name: "mobile", Value: "+14155559999"}, {Name: "home", Value: "+14155558888"}}})
	s.add(quosim.Contact{FirstName: new("Ada"), Source: new("openphone-clio"), PhoneNumbers: []quosim.Item{{Name: "mobile", Value: "+14155557777"}}})
	s.add(quosim.Contact{FirstName: new("Bob"), Source: new("other"), ExternalID: new("B-1")})
	s.add(quosim.Contact{Role: new("nobody")})
	report := s.done()
	wantEqual(t, "created, updated, source created", []int{report.Created, report.Updated, report.SourceCreated}, []int{3, 1, 1})
	wantEqual(t, "row", s.readRow(eve.ID), []string{eve.ID, "Eve", "+14155559999", "", ""})
	got := s.contact(eve.ID)
	wantEqual(t, "role, numbers", []string{text(got.Role), got.PhoneNumbers[1].Value}, []string{"kept", "+14155558888"})
	wantEqual(t, "adopted", s.link(eve.ID).Adopted, true)
	s.wantQuiet()

	s.edit(eve.ID, sceneFirst, "Eva")
	s.inQuo(eve.ID, func(c *quosim.Contact) { c.Company = new("Acme") })
	s.done()
	wantEqual(t, "name", text(s.contact(eve.ID).FirstName), "Eva")
	wantEqual(t, "company", s.readRow(eve.ID)[sceneCompany], "Acme")
	s.remove(eve.ID) // an adopted contact is not deleted, and its row does not come back
	s.done()
	s.later(day)
	report = s.done()
	wantEqual(t, "source created, deleted", []int{report.SourceCreated, report.Deleted}, []int{0, 0})
	s.wantQuiet()
}

// TestRowIsMadeOnceWhateverHappens: the process dies between the row and the adoption of its contact.
func TestRowIsMadeOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		lose func(s *scene)
	}{{"crash", func(*scene) {}}, {"crash, and the state is lost", func(s *scene) { s.withState(removeState) }}} {
		t.Run(c.name, func(t *testing.T) {
			s := newRowsScene(t, reconcile.CreateAll, 3)
			s.done()
			eve := s.add(quosim.Contact{FirstName: new("Eve")}) // nothing but her name tells who she is
			s.client.MaxAttempts = 1
			s.quo.Inject(quosim.Fault{Match: quosim.On(quosim.RouteUpdate), Kind: quosim.CutBefore})
			s.run()
			s.quo.ClearFaults()
			c.lose(s)
			s.later(settleAfter)
			s.done()
			wantEqual(t, "contacts", len(s.quo.Contacts()), 4)
			wantEqual(t, "rows of hers", strings.Count(s.file(), "Eve"), 1)
			s.later(day)
			s.done()
			wantEqual(t, "contact", s.contact(eve.ID).ID, eve.ID)
			s.wantQuiet()
		})
	}
}

func TestOurContactsGetRows(t *testing.T) {
	t.Parallel()
	s := newRowsScene(t, reconcile.CreateOurs, 3)
	s.done()
	s.add(quosim.Contact{FirstName: new("Eve")})
	s.add(quosim.Contact{FirstName: new("Ida"), Source: new(label), ExternalID: new("C-9")})
	report := s.done()
	wantEqual(t, "source created", report.SourceCreated, 1)
	wantEqual(t, "row", s.readRow("C-9"), []string{"C-9", "Ida", "", "", ""})
	s.wantQuiet()
}

// TestTwinOfARowGetsNoRow: while it is open whose contact it is, neither side gets another one.
func TestTwinOfARowGetsNoRow(t *testing.T) {
	t.Parallel()
	s := newRowsScene(t, reconcile.CreateAll, 3)
	s.done()
	s.rows = append(s.rows, person(7), person(8))
	s.rows[5][sceneFirst], s.rows[5][sceneCompany] = "", "" // a row with another problem
	s.save()
	s.addTwin(key(7))
	s.addTwin(key(8))
	report := s.done()
	wantEqual(t, "created, source created, problems", []int{report.Created, report.SourceCreated, len(report.Problems)}, []int{0, 0, 2})
	s.wantQuiet()
}

// TestRowsOfAFilteredSync are made so that the filter lets them in, or not at all.
func TestRowsOfAFilteredSync(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		only map[string][]string
		want []string // companies and notes of the rows that were made
	}{
		{"a column that is not mapped", map[string][]string{"Notes": {"customer", "lead"}}, []string{"Acme customer", "Umbrella customer"}},
		{"a column that is mapped", map[string][]string{"Company": {"Acme"}}, []string{"Acme "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newRowsScene(t, reconcile.CreateAll, 0)
			s.sync.Mapping.Only = c.only
			s.add(quosim.Contact{FirstName: new("Eve"), Company: new("Acme")})
			s.add(quosim.Contact{FirstName: new("Zoe"), Company: new("Umbrella")})
			report := s.done()
			wantEqual(t, "source created", report.SourceCreated, len(c.want))
			s.readRow("id")
			var got []string
			for _, r := range s.rows[1:] {
				got = append(got, r[sceneCompany]+" "+r[sceneNotes])
			}
			slices.Sort(got)
			wantEqual(t, "rows", got, c.want)
			s.wantQuiet()
		})
	}
}

// TestHeldRowsHoldTheirContacts: a contact is not adopted while its row waits for a person.
func TestHeldRowsHoldTheirContacts(t *testing.T) {
	t.Parallel()
	s := newRowsScene(t, reconcile.CreateAll, 3)
	s.done()
	s.sync.Creates = reconcile.Limit{}
	eve := s.add(quosim.Contact{FirstName: new("Eve")})
	report := s.ends("held")
	wantEqual(t, "held", report.Held, engine.HeldCounts{Creates: 1})
	wantEqual(t, "writes", s.seen().writes(), 0)
	if _, err := s.store.Approve(t.Context(), report.RunID, nil); err != nil {
		t.Fatal(err)
	}
	s.done()
	wantEqual(t, "contact", s.contact(eve.ID).ID, eve.ID)
	s.wantQuiet()
}

// TestContactThatARowNamesGetsNoOther: a row that is not synced may be the contact's all the same.
func TestContactThatARowNamesGetsNoOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(s *scene)
	}{
		{"the filter leaves it out", func(s *scene) { s.sync.Mapping.Only = map[string][]string{"Notes": {"customer"}} }},
		{"it cannot be mapped", func(s *scene) { s.rows[1][guidePhone] = "555-12" }},
		{"it stands there twice", func(s *scene) { s.rows = append(s.rows, s.rows[1]) }},
		{"it cannot be read", func(s *scene) { s.rows[1] = append(s.rows[1], "one", "too many") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newGuideScene(t, append(guideRow(1), ""), append(guideRow(2), "customer"))
			s.rows[0] = append(s.rows[0], "Notes")
			s.save()
			s.sync.Policy.CreateInSource = reconcile.CreateAll
			s.done()
			s.reread()
			c.spoil(s)
			s.saveText(lines(s.rows))
			s.withState(removeState)
			report := s.done()
			wantEqual(t, "created, source created", []int{report.Created, report.SourceCreated}, []int{0, 0})
		})
	}
}

// lines is a file of rows that may be ragged.
func lines(rows [][]string) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(strings.Join(r, ",") + "\n")
	}
	return b.String()
}

func TestRowsWithoutAKeyAreMadeForContacts(t *testing.T) {
	t.Parallel()
	s := newGuideScene(t, guideRow(1))
	s.sync.Policy.CreateInSource = reconcile.CreateAll
	eve := s.add(quosim.Contact{FirstName: new("Eve")})
	s.add(quosim.Contact{FirstName: new("Ida"), Source: new(label), ExternalID: new("C-9")})
	report := s.done()
	wantEqual(t, "created, source created", []int{report.Created, report.SourceCreated}, []int{1, 2})
	ids := map[string]string{}
	for _, r := range s.reread() {
		ids[r[guideFirst]] = r[guideID]
	}
	wantEqual(t, "her row", ids["Eve"], eve.ID)
	wantEqual(t, "our contact's row", ids["Ida"], s.contact("C-9").ID)
	s.wantQuiet()
}

// newFromQuoScene makes a scene that writes nothing to Quo.
func newFromQuoScene(t *testing.T, n int) *scene {
	t.Helper()
	s := newMarkedScene(t, 0)
	s.sync.Mapping.Status = ""
	s.sync.Policy.Direction, s.sync.Policy.CreateInSource = contact.FromQuo, reconcile.CreateAll
	for i := range s.sync.Mapping.Fields {
		s.sync.Mapping.Fields[i].Direction = contact.FromQuo
	}
	for i := 1; i <= n; i++ {
		r := person(i)
		s.add(quosim.Contact{FirstName: &r[sceneFirst], PhoneNumbers: []quosim.Item{{Name: "mobile", Value: r[scenePhone]}}})
	}
	return s
}

func TestFromQuoWritesNothingToQuo(t *testing.T) {
	t.Parallel()
	s := newFromQuoScene(t, 3)
	ada := s.add(quosim.Contact{FirstName: new("Ada"), Source: new("openphone-clio"), ExternalID: new("7")})
	before := s.quo.Contacts()
	report := s.done()
	wantEqual(t, "source created", report.SourceCreated, 4)
	wantEqual(t, "row", s.readRow(ada.ID), []string{ada.ID, "Ada", "", ada.ID, ""})
	s.wantQuiet()

	s.edit(ada.ID, markFirst, "Eve") // is put back
	if err := s.quo.Edit(before[0].ID, func(c *quosim.Contact) { c.FirstName = new("Zoe") }); err != nil {
		t.Fatal(err)
	}
	s.rows = append(s.rows, []string{"x", "Of our own", "", "", ""})
	s.save()
	report = s.done()
	wantEqual(t, "source updated", report.SourceUpdated, 2)
	wantProblem(t, report, "x", "names no contact")
	wantEqual(t, "put back", s.readRow(ada.ID)[markFirst], "Ada")
	wantEqual(t, "taken over", s.readRow(before[0].ID)[markFirst], "Zoe")
	wantEqual(t, "writes", s.seen().writes(), 0)
	s.wantQuiet()

	s.withState(removeState)
	report = s.done()
	wantEqual(t, "source created, updated", []int{report.SourceCreated, report.SourceUpdated}, []int{0, 0})
	if err := s.quo.Delete(ada.ID); err != nil {
		t.Fatal(err)
	}
	s.remove(before[1].ID)
	report = s.done()
	wantEqual(t, "unlinked, writes", []int{report.Unlinked, s.seen().writes()}, []int{2, 0})
	s.wantQuiet()
}

// TestRowThatIsMadeAgainLeavesTheContactOurOwn: what syncd made is not adopted because a person had its row made again.
func TestRowThatIsMadeAgainLeavesTheContactOurOwn(t *testing.T) {
	t.Parallel()
	s := newRowsScene(t, reconcile.CreateOff, 2)
	s.sync.Policy.RowGone = reconcile.RowGoneKeep
	s.done()
	s.remove(key(1))
	s.done()
	if err := s.store.Relink(t.Context(), s.sync.Name, key(1)); err != nil {
		t.Fatal(err)
	}
	s.done()
	s.readRow(key(1))
	s.done()
	wantEqual(t, "the contact is adopted", s.link(key(1)).Adopted, false)
}
