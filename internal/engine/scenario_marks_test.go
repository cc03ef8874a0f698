package engine_test

import (
	"context"
	"strings"
	"testing"

	"syncd/internal/contact"
	"syncd/internal/engine"
	"syncd/internal/quo/quosim"
	"syncd/internal/reconcile"
	"syncd/internal/state"
)

// The columns of a scene that keeps marks.
const (
	markID = iota
	markFirst
	markPhone
	markContact
	markStatus
)

// newMarkedScene makes a scene with columns for the contact's id and the status, and n rows.
func newMarkedScene(t *testing.T, n int) *scene {
	t.Helper()
	s := newScene(t)
	s.rows = [][]string{{"id", "First", "Phone", "contactId", "Status"}}
	s.sync.Mapping.ContactID, s.sync.Mapping.Status = "contactId", "Status"
	s.sync.Mapping.Fields = s.sync.Mapping.Fields[:2]
	for i := 1; i <= n; i++ {
		s.rows = append(s.rows, []string{key(i), "Ann " + digits(i), "+1415555" + digits(i+1000), "", ""})
	}
	s.save()
	return s
}

func TestRowsAreToldHowTheyFare(t *testing.T) {
	t.Parallel()
	s := newMarkedScene(t, 8)
	s.edit(key(2), markPhone, "555-12")
	twin := s.addTwin(key(3))
	report := s.done()
	wantEqual(t, "created, source updated, marked", []int{report.Created, report.SourceUpdated, report.Marked}, []int{6, 0, 8})
	row := s.readRow(key(1))
	wantEqual(t, "contact id and status", row[markContact:], []string{s.contact(key(1)).ID, "synced"})
	row = s.readRow(key(2))
	wantEqual(t, "contact id of a problem", row[markContact], "")
	if !strings.HasPrefix(row[markStatus], "Phone: ") {
		t.Errorf("the status of a wrong phone number is %q", row[markStatus])
	}
	if row = s.readRow(key(3)); !strings.Contains(row[markStatus], "syncd match customers "+key(3)+" "+twin.ID) {
		t.Errorf("the status of a row with a twin is %q", row[markStatus])
	}
	s.wantQuiet()

	s.edit(key(2), markPhone, "+14155550199")
	s.deleteInQuo(key(4))
	s.twoWay()
	s.edit(key(5), markFirst, "Eve")
	s.inQuo(key(5), func(c *quosim.Contact) { c.FirstName = new("Zoe") })
	s.done()
	wantEqual(t, "status of the mended row", s.readRow(key(2))[markStatus], "synced")
	wantEqual(t, "marks of a row whose contact is gone", s.readRow(key(4))[markStatus], "deleted in Quo")
	wantEqual(t, "status of a conflict", s.readRow(key(5))[markStatus], "changed here and in Quo: firstName; make both the same")
	s.wantQuiet()
}

// TestMarksAreKeptByThemselves: somebody empties or changes what syncd wrote.
func TestMarksAreKeptByThemselves(t *testing.T) {
	t.Parallel()
	s := newMarkedScene(t, 6)
	s.done()
	s.readRow(key(1))
	s.edit(key(1), markStatus, "")
	s.edit(key(2), markContact, "")
	s.edit(key(3), markContact, "somebody typed here")
	report := s.done()
	wantEqual(t, "writes to Quo, marked", []int{s.seen().writes(), report.Marked}, []int{0, 3})
	for i := 1; i <= 3; i++ {
		wantEqual(t, "marks", s.readRow(key(i))[markContact:], []string{s.contact(key(i)).ID, "synced"})
	}
	wantEqual(t, "requests", s.seen(), seen{Fields: 1, Pages: 1})
	s.wantQuiet()
}

// TestMarksOfHeldRows: the brake holds a change of most rows.
func TestMarksOfHeldRows(t *testing.T) {
	t.Parallel()
	s := newMarkedScene(t, 50)
	s.done()
	s.readRow(key(1))
	for i := 1; i <= 40; i++ {
		s.row(key(i))[markFirst] = "Other"
	}
	s.save()
	report := s.ends("held")
	wantEqual(t, "held, marked", []int{report.Held.Updates, report.Marked}, []int{40, 40})
	wantEqual(t, "status", s.readRow(key(1))[markStatus], "waits for approval")
	s.done(engine.Request{AllowUpdates: true})
	wantEqual(t, "status", s.readRow(key(1))[markStatus], "synced")
	s.wantQuiet()
}

// TestMarksAreNotAnEdit: what syncd writes into its own columns makes no row look changed, and no contact written.
// askedStore counts the records whose base is asked for: those that are decided.
type askedStore struct {
	state.Store
	keys *int
}

func (a askedStore) Bases(ctx context.Context, sync string, keys []string) (map[string]contact.Base, error) {
	*a.keys += len(keys)
	return a.Store.Bases(ctx, sync, keys)
}

func TestMarkedRowsAreAsTheyWereSettled(t *testing.T) {
	t.Parallel()
	s := newMarkedScene(t, 5)
	wantEqual(t, "marked", s.done().Marked, 5)
	e, asked := s.engine(), 0
	e.Store = askedStore{e.Store, &asked}
	if report := e.Run(t.Context(), engine.Request{}); report.Err() != nil {
		t.Fatal(report.Err())
	}
	wantEqual(t, "records that the next run decides", asked, 0)
}

func TestMarksAreNotAnEdit(t *testing.T) {
	t.Parallel()
	s := newMarkedScene(t, 5)
	s.sync.Policy.ContactGone = reconcile.ContactGoneKeep
	s.done()
	s.readRow(key(1))
	s.deleteInQuo(key(2))
	report := s.done()
	wantEqual(t, "created, unlinked, marked", []int{report.Created, report.Unlinked, report.Marked}, []int{0, 1, 1})
	report = s.done()
	wantEqual(t, "created", report.Created, 0)
	s.wantQuiet()
}
