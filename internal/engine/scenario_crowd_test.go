package engine_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
)

// crowd is a workspace that people filled for years, and a sheet of most of the same people. Quo and the sheet spell
// things in their own ways.
type crowd struct {
	*scene
	before []quosim.Contact // the contacts as people made them; the person with the number i is before[i-1]
}

// The columns of a crowd's sheet.
const (
	crowdID = iota
	crowdFirst
	crowdLast
	crowdPhone
	crowdEmail
	crowdNotes // not mapped
)

// newCrowd makes n contacts, and rows for the first ones of them.
func newCrowd(t *testing.T, n, rows int, match reconcile.Match) *crowd {
	t.Helper()
	s := &crowd{scene: newScene(t)}
	s.fields(contact.TwoWay, contact.FirstName, "First", contact.LastName, "Last", "phoneNumbers.mobile", "Phone", "emails.work", "E-mail")
	s.sync.Policy.Match = match
	s.sync.RefreshAfter = time.Hour // however slow this machine is, the listing is young
	s.workers = 16
	for i := 1; i <= n; i++ {
		s.before = append(s.before, s.add(contactOfCrowd(i)))
	}
	s.rows = [][]string{{"id", "First", "Last", "Phone", "E-mail", "Notes"}}
	for i := 1; i <= rows; i++ {
		s.rows = append(s.rows, rowOfCrowd(i))
	}
	s.save()
	return s
}

// hasEmail and mailOnly say what is known of the person with the number i.
func hasEmail(i int) bool { return i%3 == 0 || mailOnly(i) }

func mailOnly(i int) bool { return i%10 == 0 } // in the sheet; Quo has the number too

// foundByLabel reports whether an empty cell for the number is filled from Quo: a number that has another label is found by
// its value alone.
func foundByLabel(i int) bool { return mailOnly(i) && i%3 != 2 }

func contactOfCrowd(i int) quosim.Contact {
	c := quosim.Contact{FirstName: new("Zoë"), LastName: new("Lee " + digits(i-1)), Role: new("role " + digits(i-1)),
		Source:       []*string{nil, new("csv-v2"), new("public-api"), new("zapier")}[i%4],
		PhoneNumbers: []quosim.Item{{Name: []string{"mobile", "Mobile", "cell"}[i%3], Value: "+1415555" + digits(i-1)}},
		CustomFields: []quosim.CustomField{{Key: "66d0d87d534de8fd1c433c01", Value: "fair"}}}
	if i%5 == 0 {
		c.Company = new("Acme")
		c.PhoneNumbers = append(c.PhoneNumbers, quosim.Item{Name: "home", Value: "+1212555" + digits(i-1)})
		c.Extra = map[string]json.RawMessage{"nickname": json.RawMessage(`"Z"`)}
	}
	if hasEmail(i) {
		c.Emails = []quosim.Item{{Name: "work", Value: "zoe" + digits(i-1) + "@example.com"}}
	}
	return c
}

func rowOfCrowd(i int) []string {
	four := digits(i - 1)
	row := []string{key(i), []string{"Zoë", " Zoë", "Zoe\u0308 "}[i%3], "Lee " + four,
		[]string{"+1415555" + four, "(415) 555-" + four, "415.555." + four, "1 415 555 " + four}[i%4], "", "private"}
	switch {
	case mailOnly(i):
		row[crowdPhone], row[crowdEmail] = "", "ZOE"+four+"@Example.com"
	case hasEmail(i):
		row[crowdEmail] = "Zoe" + four + "@example.COM"
	}
	return row
}

// linked is the number of a key's person as a contact should be once it is linked: as it was, but ours.
func (s *crowd) linked(i int, externalID string) quosim.Contact {
	c := s.before[i-1]
	c.Source, c.ExternalID = new(label), &externalID
	return c
}

// wantUntouched demands that contacts are byte for byte as people made them.
func (s *crowd) wantUntouched(contacts []quosim.Contact) {
	s.t.Helper()
	touched := 0
	for _, c := range contacts {
		if got, there := s.quo.Get(c.ID); !there || !cmp.Equal(got, c) {
			if touched++; touched == 1 {
				s.t.Errorf("the contact %s is not as it was (-was +is):\n%s", c.ID, cmp.Diff(c, got))
			}
		}
	}
	if touched > 0 {
		s.t.Errorf("%d contacts are not as they were", touched)
	}
}

// wantLinked demands that the contacts of the first rows are theirs, and else as they were.
func (s *crowd) wantLinked(rows int, externalID func(i int) string) {
	s.t.Helper()
	wrong := 0
	for i := 1; i <= rows; i++ {
		got, _ := s.quo.Get(s.before[i-1].ID)
		if want := s.linked(i, externalID(i)); contentOf(s.t, got) != contentOf(s.t, want) {
			if wrong++; wrong == 1 {
				s.t.Errorf("the contact of %s (-want +got):\n%s", key(i), cmp.Diff(contentOf(s.t, want), contentOf(s.t, got)))
			}
		}
	}
	if wrong > 0 {
		s.t.Errorf("%d contacts are wrong", wrong)
	}
}

// pages is how many requests list n contacts.
func pages(n int) int { return (n + 49) / 50 }

// TestCrowdIsLinkedWithoutOneDuplicate: a workspace of 10,000 contacts that people made is linked to a sheet of 8,000 of
// the same people, and the rest is not touched.
func TestCrowdIsLinkedWithoutOneDuplicate(t *testing.T) {
	t.Parallel()
	const contacts, rows = 10_000 / crowdShare, 8_000 / crowdShare
	s := newCrowd(t, contacts, rows, reconcile.Match{Phone: true, Email: true})
	filled := 0
	for i := 1; i <= rows; i++ {
		if foundByLabel(i) {
			filled++
		}
	}
	report := s.done() // the brake holds nothing: nothing is overwritten
	wantEqual(t, "created, linked, problems, conflicts, filled cells",
		[]int{report.Created, report.Updated, len(report.Problems), len(report.Conflicts), report.SourceUpdated}, []int{0, rows, 0, 0, filled})
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: pages(contacts), Updates: rows})
	wantEqual(t, "contacts", len(s.quo.Contacts()), contacts)
	s.wantUntouched(s.before[rows:])
	s.wantLinked(rows, key)

	s.readRow(key(1))
	for i, row := range s.rows[1:] {
		want := rowOfCrowd(i + 1)
		if foundByLabel(i + 1) {
			want[crowdPhone] = s.before[i].PhoneNumbers[0].Value
		}
		if !slices.Equal(row, want) {
			t.Fatalf("the row is %q, want %q: people's spelling stays", row, want)
		}
	}
	s.wantQuiet()
	wantEqual(t, "requests of one more run", s.seen(), seen{Fields: 1, Pages: pages(rows)})
}

// TestCrowdWaitsForPeople with `match: ask`: nothing is written but what a person says.
func TestCrowdWaitsForPeople(t *testing.T) {
	t.Parallel()
	const contacts, rows = 10_000 / crowdShare, 8_000 / crowdShare
	s := newCrowd(t, contacts, rows, reconcile.Match{Ask: true})
	file := s.file()
	report := s.done()
	wantEqual(t, "problems", len(report.Problems), rows)
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: pages(contacts)})
	wantEqual(t, "the file", s.file(), file)
	s.wantUntouched(s.before)

	said := []int{1, 10, 471}
	for _, i := range said {
		s.match(key(i), s.before[i-1].ID)
	}
	s.match(key(2), "") // another one than its twin
	report = s.done()
	wantEqual(t, "created, linked, problems", []int{report.Created, report.Updated, len(report.Problems)}, []int{1, 3, rows - 4})
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: pages(contacts), Creates: 1, Updates: 3})
	for _, i := range said {
		wantEqual(t, "contact", s.contact(key(i)).ID, s.before[i-1].ID)
	}
	s.wantUntouched(s.before[1:9])
	s.wantUntouched(s.before[rows:])
}

// TestCrowdOfTheGuide: the script of Quo's guide filled the sheet's contact ids, so that nothing is to be matched.
func TestCrowdOfTheGuide(t *testing.T) {
	t.Parallel()
	const contacts, rows = 1_000, 800
	s := newCrowd(t, contacts, 0, reconcile.Match{Ask: true})
	s.fields(contact.TwoWay, contact.FirstName, "firstName", contact.LastName, "lastName", "phoneNumbers.mobile", "phone", "emails.work", "email")
	s.sync.Mapping.Key, s.sync.Mapping.ContactID = nil, "contactId"
	s.rows = [][]string{{"contactId", "firstName", "lastName", "phone", "email"}}
	for i := 1; i <= rows; i++ {
		s.rows = append(s.rows, append([]string{s.before[i-1].ID}, rowOfCrowd(i)[crowdFirst:crowdNotes]...))
	}
	s.save()
	report := s.done()
	wantEqual(t, "created, linked, problems", []int{report.Created, report.Updated, len(report.Problems)}, []int{0, rows, 0})
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: pages(contacts), Updates: rows})
	s.wantUntouched(s.before[rows:])
	s.wantLinked(rows, func(i int) string { return s.before[i-1].ID })
	s.wantQuiet()
}

// TestCrowdIsNeverGuessed: whatever is not the one pair that it can be stays a problem, and the others are linked.
func TestCrowdIsNeverGuessed(t *testing.T) {
	t.Parallel()
	const contacts, rows = 100, 80
	s := newCrowd(t, contacts, rows, reconcile.Match{Phone: true, Email: true})
	copied := func(i int) quosim.Contact { // a second contact of the person, made by hand
		c := contactOfCrowd(i)
		c.Source, c.FirstName = nil, new("Zoe")
		return s.add(c)
	}
	doubled := copied(1)
	s.row(key(3))[crowdEmail] = s.before[8].Emails[0].Value // that of person 9
	s.row(key(9))[crowdEmail] = ""                          // who is known by the number alone
	s.row(key(5))[crowdPhone] = s.row(key(4))[crowdPhone]   // two rows, one number
	s.save()
	report := s.done()
	wantProblem(t, report, key(1), "2 contacts", s.before[0].ID, doubled.ID)
	wantProblem(t, report, key(3), "2 contacts", s.before[2].ID, s.before[8].ID)
	for _, i := range []int{4, 5} {
		wantProblem(t, report, key(i), "several rows", s.before[3].ID)
	}
	wantProblem(t, report, key(9), "several rows", s.before[8].ID)
	wantEqual(t, "created, linked, problems", []int{report.Created, report.Updated, len(report.Problems)}, []int{0, rows - 5, 5})
	for _, i := range []int{1, 3, 4, 5, 9} {
		s.wantUntouched(s.before[i-1 : i])
		if _, found := s.findContact(key(i)); found {
			t.Errorf("%s has a contact", key(i))
		}
	}
	s.wantUntouched(append(s.before[rows:], doubled))
	s.wantQuiet()
	for i := range report.Problems {
		if reason := report.Problems[i].Reason; !strings.Contains(reason, "syncd match") {
			t.Errorf("%q does not say what to do", reason)
		}
	}
}
