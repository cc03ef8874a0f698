package sheets

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"syncd/internal/contact"
	"syncd/internal/sources"
	"syncd/internal/sources/sheets/sheetssim"
)

// keyedColumns are asked for in another order than they stand in, and not all.
var keyedColumns = []string{"Name", "id", "Phone"}

// keyed makes a tab with a key, a formula and a column that nobody asked for.
func keyed(t testing.TB) *world {
	w := newWorld(t, Options{Key: []string{"id"}})
	w.edit(func(tab *sheetssim.Tab) {
		fill(tab, 1, []string{"id", "Notes", "Name", "Call", "Phone"})
		for i, name := range []string{"Ada Lovelace", "Grace Hopper", "Radia Perlman", "Barbara Liskov", "Adele Goldberg"} {
			n := number(i + 2)
			tab.Fill(i+2, "C-"+n, "note "+n, name, sheetssim.Formula("=LEN(C"+n+")", float64(len(name))), "+1415555010"+n)
		}
	})
	return w
}

var keylessColumns = []string{"contactId", "firstName", "lastName", "phone", "email"}

// keyless makes the sheet of Quo's own guide, in which no contact has an id yet.
func keyless(t testing.TB) *world {
	w := newWorld(t, Options{})
	w.edit(func(tab *sheetssim.Tab) {
		fill(tab, 1, []string{"contactId", "notes", "firstName", "lastName", "phone", "email"})
		for i, name := range []string{"Ada Lovelace", "Grace Hopper", "Radia Perlman", "Barbara Liskov", "Adele Goldberg"} {
			first, last, _ := strings.Cut(name, " ")
			fill(tab, i+2, []string{"", "note " + number(i), first, last, "+1415555010" + number(i), ""})
		}
	})
	return w
}

// edits are what people do to a tab. The row of the change is row 4.
var edits = map[string]func(*sheetssim.Tab){
	"nothing":                     func(*sheetssim.Tab) {},
	"sorts":                       func(tab *sheetssim.Tab) { tab.SortRows("C", true) },
	"sorts the other way":         func(tab *sheetssim.Tab) { tab.SortRows("C", false) },
	"inserts a row above":         func(tab *sheetssim.Tab) { tab.InsertRows(2, 1) },
	"inserts a row below":         func(tab *sheetssim.Tab) { tab.InsertRows(5, 1) },
	"deletes the row above":       func(tab *sheetssim.Tab) { tab.DeleteRows(3, 1) },
	"deletes the row":             func(tab *sheetssim.Tab) { tab.DeleteRows(4, 1) },
	"deletes the last rows":       func(tab *sheetssim.Tab) { tab.DeleteRows(4, 3) },
	"moves the row down":          func(tab *sheetssim.Tab) { tab.MoveRow(4, 7) },
	"moves the last row up":       func(tab *sheetssim.Tab) { tab.MoveRow(6, 2) },
	"copies the row":              func(tab *sheetssim.Tab) { tab.CopyRow(4, 7) },
	"pastes over the key":         func(tab *sheetssim.Tab) { tab.Set("A4", "C-99") },
	"pastes over another key":     func(tab *sheetssim.Tab) { tab.Set("A5", "C-98") },
	"edits another cell":          func(tab *sheetssim.Tab) { tab.Set("E4", "+14155550199") },
	"edits another row":           func(tab *sheetssim.Tab) { tab.Set("C5", "Barbara J. Liskov") },
	"inserts the first column":    func(tab *sheetssim.Tab) { tab.InsertColumn("A") },
	"inserts a column in between": func(tab *sheetssim.Tab) { tab.InsertColumn("C") },
	"moves a column":              func(tab *sheetssim.Tab) { tab.MoveColumn("C", "A") },
	"deletes a column":            func(tab *sheetssim.Tab) { tab.DeleteColumn("B") },
	"renames the tab":             func(tab *sheetssim.Tab) { tab.Rename("Kund'innen 2") },
	"shrinks the grid":            func(tab *sheetssim.Tab) { tab.Resize(6, 6) },
	"adds a row":                  func(tab *sheetssim.Tab) { tab.Fill(7, "C-7", "note 7", "Alan Turing") },
	"sorts and adds a column": func(tab *sheetssim.Tab) {
		tab.SortRows("C", true)
		tab.InsertColumn("B")
	},
}

// moments are between which requests people do that.
var moments = map[string]string{
	"before the look at all":       sheetssim.RouteValuesBatchGet,
	"before the look at the cells": sheetssim.RouteGetByFilter,
	"before the write":             sheetssim.RouteValuesBatchUpdate,
}

// rowsByColumn are the rows that hold something, each as its cells by the names of their columns, in a stable order. Cells
// without a name are told by their text alone.
func (w *world) rowsByColumn() []string {
	var rows []string
	texts := w.texts()
	for _, row := range texts[1:] {
		var cells []string
		for i, text := range row {
			if text != "" {
				cells = append(cells, texts[0][i]+"="+text)
			}
		}
		if len(cells) > 0 {
			slices.Sort(cells)
			rows = append(rows, strings.Join(cells, "|"))
		}
	}
	slices.Sort(rows)
	return rows
}

// subject is a change whose row people edit meanwhile: the third row of a tab.
type subject struct {
	world         func(testing.TB) *world
	columns       []string
	key           string
	column        int
	text          string
	before, after string          // the part of the row that changes
	same          map[string]bool // edits of the very cell, which the instant before the write are lost
}

var (
	keyedSubject   = subject{keyed, keyedColumns, "C-4", 0, "Dr. Perlman", "Name=Radia Perlman", "Name=Dr. Perlman", nil}
	keylessSubject = subject{keyless, keylessColumns, "", 0, "65f0c1", "firstName=Radia", "contactId=65f0c1|firstName=Radia",
		map[string]bool{"pastes over the key": true}}
)

// testEdits plays all edits at all moments: what people see afterwards is what they would see without us, but for the change
// where it was made.
func testEdits(t *testing.T, s subject, faults ...sheetssim.Fault) {
	for edit, do := range edits {
		for moment, route := range moments {
			if s.same[edit] && route == sheetssim.RouteValuesBatchUpdate {
				continue
			}
			t.Run(edit+" "+moment, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { s.test(t, do, route, faults) })
			})
		}
	}
}

func (s subject) test(t *testing.T, edit func(*sheetssim.Tab), route string, faults []sheetssim.Fault) {
	w, alone := s.world(t), s.world(t)
	sheet := w.sheet()
	record := readAll(t, sheet, s.columns...)[2]
	w.Before(sheetssim.On(route), 1, func(b *sheetssim.Book, _ sheetssim.Request) { w.do(b, edit) })
	w.Inject(faults...)
	alone.edit(edit)
	outcomes, err := sheet.Write(t.Context(), s.columns, []contact.Change{updateOf(record, s.key, s.column, s.text)})
	if err != nil {
		t.Fatalf("Write: %v", err)
	}
	if w.PendingHooks() > 0 {
		t.Fatal("the edit did not happen")
	}
	want := alone.rowsByColumn()
	if outcomes[0].Status == sources.Written {
		want = replaceOne(t, want, s.before, s.after)
	} else if outcomes[0].Status != sources.Stale || outcomes[0].Reason == "" {
		t.Errorf("outcome %+v, want written, or stale with a reason", outcomes[0])
	}
	if diff := cmp.Diff(want, w.rowsByColumn()); diff != "" {
		t.Errorf("outcome %+v; rows (-want +got):\n%s", outcomes[0], diff)
	}
	checkRequests(t, w)
}

// replaceOne makes the change in the one row that it is about.
func replaceOne(t *testing.T, rows []string, before, after string) []string {
	t.Helper()
	for i, row := range rows {
		if strings.Contains(row, before) {
			rows[i] = strings.Join(sortedCells(strings.Replace(row, before, after, 1), "|"), "|")
			slices.Sort(rows)
			return rows
		}
	}
	t.Fatalf("written, and no row has %q", before)
	return nil
}

func sortedCells(row, separator string) []string {
	cells := strings.Split(row, separator)
	slices.Sort(cells)
	return cells
}

// checkRequests checks what every write owes to the people: values are never taken as typed, and no write follows another, or
// a fault, without a look at the rows.
func checkRequests(t testing.TB, w *world) {
	t.Helper()
	looked := false
	for _, r := range w.Requests() {
		switch r.Route {
		case sheetssim.RouteGetByFilter:
			looked = r.Whole
		case sheetssim.RouteValuesBatchUpdate:
			if !looked {
				t.Errorf("request %d writes without a look at the cells just before", r.Number)
			}
			looked = false
			if !strings.Contains(string(r.Body), `"valueInputOption":"RAW"`) {
				t.Errorf("request %d: values are not taken as they are: %s", r.Number, r.Body)
			}
		case "":
			t.Errorf("request %d goes nowhere: %s %s", r.Number, r.Method, r.Path)
		}
		if r.Status == 400 && !strings.Contains(fmt.Sprint(r.Route), "values") && r.Route != sheetssim.RouteGetByFilter {
			t.Errorf("request %d is wrong: %s %s", r.Number, r.Route, r.Body)
		}
	}
}

func TestEdits(t *testing.T) {
	t.Run("with a key", func(t *testing.T) { testEdits(t, keyedSubject) })
	t.Run("without a key", func(t *testing.T) { testEdits(t, keylessSubject) })
}

// The answer to the write is lost, so that nobody says whose row was hit.
func TestEditsUnheard(t *testing.T) {
	for name, kind := range map[string]sheetssim.FaultKind{
		"after it was made":  sheetssim.CutAfter,
		"before it was made": sheetssim.CutBefore,
		"an empty answer":    sheetssim.EmptyObject,
	} {
		fault := sheetssim.Fault{Match: sheetssim.On(sheetssim.RouteValuesBatchUpdate), Kind: kind}
		t.Run(name+", with a key", func(t *testing.T) { testEdits(t, keyedSubject, fault) })
		t.Run(name+", without a key", func(t *testing.T) { testEdits(t, keylessSubject, fault) })
	}
}
