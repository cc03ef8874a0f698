package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"syncd/internal/quo/quosim"
)

// TestKillWithoutKeys is TestKill for a sheet without a key column, in both directions: the ids of contacts are written
// back, contacts get rows, and the process is killed in between. People add rows and contacts, and edit what has an id.
func TestKillWithoutKeys(t *testing.T) {
	t.Parallel()
	rng, binary, workspace := newKilled(t, `
    source: {csv: {path: rows.csv, contact_id: contactId, status: status}}
    create_in_source: all
    fields: {firstName: firstName, phoneNumbers: {mobile: phone}}`)
	dir := filepath.Dir(binary)
	sheet := &idSheet{t: t, path: filepath.Join(dir, "rows.csv"), rows: [][]string{{"contactId", "firstName", "phone", "status", "notes"}}}
	sheet.add(100)
	for range kills {
		sheet.add(10)
		for range 15 {
			if r := sheet.rows[1+rng.IntN(len(sheet.rows)-1)]; r[0] != "" {
				r[1] = fmt.Sprintf("Name %d", rng.IntN(1e6))
			}
		}
		for range 3 {
			sheet.people++
			name, phone := fmt.Sprintf("Contact %d", sheet.people), sheet.phone()
			if _, err := workspace.Add(quosim.Contact{FirstName: &name, PhoneNumbers: []quosim.Item{{Name: "mobile", Value: phone}}}); err != nil {
				t.Fatal(err)
			}
		}
		sheet.save()
		killAfter(t, exec.Command(binary, "run", "--once"), dir, time.Duration(rng.IntN(700))*time.Millisecond)
		sheet.load()
	}
	waitUntilAgreed(t, binary, dir)
	sheet.load()
	sheet.check(workspace)
}

// idSheet is what people hold in a sheet whose rows go by the ids of contacts.
type idSheet struct {
	t      *testing.T
	path   string
	rows   [][]string // header first
	people int
}

func (s *idSheet) phone() string { return fmt.Sprintf("+1415555%04d", s.people) }

func (s *idSheet) add(n int) {
	for range n {
		s.people++
		s.rows = append(s.rows, []string{"", fmt.Sprintf("Name %d", s.people), s.phone(), "", fmt.Sprintf("note %d", s.people)})
	}
}

func (s *idSheet) save() {
	s.t.Helper()
	f, err := os.Create(s.path + ".new")
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if err := csv.NewWriter(f).WriteAll(s.rows); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(f.Name(), s.path); err != nil {
		s.t.Fatal(err)
	}
}

func (s *idSheet) load() {
	s.t.Helper()
	f, err := os.Open(s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if s.rows, err = csv.NewReader(f).ReadAll(); err != nil {
		s.t.Fatal(err)
	}
}

// check checks that every row has a contact of its own that says the same, and every contact a row.
func (s *idSheet) check(workspace *quosim.Workspace) {
	s.t.Helper()
	seen := map[string]bool{}
	for _, r := range s.rows[1:] {
		c, ok := workspace.Get(r[0])
		switch {
		case !ok:
			s.t.Errorf("the row %q has no contact", r)
		case seen[c.ID]:
			s.t.Errorf("two rows have the contact %s", c.ID)
		case *c.FirstName != r[1] || len(c.PhoneNumbers) != 1 || c.PhoneNumbers[0].Value != r[2]:
			s.t.Errorf("the row %q has the contact %+v", r, c)
		case r[3] != "synced":
			s.t.Errorf("the row %q does not say that it is synced", r)
		}
		seen[r[0]] = true
	}
	if n := len(workspace.Contacts()); n != s.people || len(s.rows) != s.people+1 {
		s.t.Errorf("%d contacts and %d rows of %d people", n, len(s.rows)-1, s.people)
	}
}
