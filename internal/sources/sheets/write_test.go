package sheets

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/contact"
	"syncd/internal/sources"
	"syncd/internal/sources/sheets/sheetssim"
)

// write makes changes of a keyed tab and returns the outcomes.
func (w *world) write(columns []string, changes ...contact.Change) []sources.Outcome {
	w.t.Helper()
	outcomes, err := w.sheet().Write(w.t.Context(), columns, changes)
	if err != nil {
		w.t.Fatalf("Write: %v", err)
	}
	checkRequests(w.t, w)
	return outcomes
}

// cell is a cell as it is, whatever it shows.
func (w *world) cell(name string) (cell sheetssim.Cell) {
	w.View(func(b *sheetssim.Book) { cell = b.Tab(w.title).Cell(name) })
	return cell
}

// record returns the record of the keyed tab with the key.
func (w *world) record(columns []string, key string) contact.Record {
	w.t.Helper()
	for _, record := range readAll(w.t, w.sheet(), columns...) {
		for i, column := range columns {
			if column == "id" && record.Cells[i].Text == key {
				return record
			}
		}
	}
	w.t.Fatalf("no row has the key %q", key)
	return contact.Record{}
}

func wantOutcome(t *testing.T, got sources.Outcome, status sources.Status, reason string) {
	t.Helper()
	if got.Status != status || !strings.Contains(got.Reason, reason) {
		t.Errorf("outcome %+v, want %q because of %q", got, status, reason)
	}
}

func TestWriteDates(t *testing.T) {
	columns := []string{"id", "Since"}
	for name, c := range map[string]struct {
		pattern string
		text    string
		days    float64 // 0: the text itself
	}{
		"in the form of the column": {"", "3/4/2026", 46085},
		"day first":                 {"dd/mm/yyyy", "03/04/2026", 46115},
		"as year-month-day":         {"", "2026-03-04", 46085},
		"cleared":                   {"", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Options{Key: []string{"id"}})
			w.edit(func(tab *sheetssim.Tab) {
				tab.Fill(1, "id", "Since")
				tab.Fill(2, "C-2", sheetssim.Date(2026, time.January, 13, c.pattern))
				tab.Fill(3, "C-3", sheetssim.Date(2026, time.February, 14, c.pattern))
				tab.Fill(4, "C-4", sheetssim.Cell{Format: w.dateFormat(c.pattern)})
			})
			changes := []contact.Change{updateOf(w.record(columns, "C-2"), "C-2", 1, c.text)}
			if c.text != "" {
				changes = append(changes, updateOf(w.record(columns, "C-4"), "C-4", 1, c.text))
			}
			for _, outcome := range w.write(columns, changes...) {
				wantOutcome(t, outcome, sources.Written, "")
			}
			cells := []string{"B2", "B4"}[:len(changes)]
			for _, name := range cells {
				var want any
				if c.days != 0 {
					want = c.days
				}
				if got := w.cell(name); got.Value != want {
					t.Errorf("cell %s holds %v, want %v", name, got.Value, want)
				}
			}
			again := w.record(columns, "C-2")
			if c.days != 0 && c.text != "2026-03-04" && again.Cells[1].Text != c.text {
				t.Errorf("read again it is %q, want %q", again.Cells[1].Text, c.text)
			}
		})
	}
}

func (w *world) dateFormat(pattern string) sheetssim.Format {
	return sheetssim.Format{Type: "DATE", Pattern: pattern}
}

func TestWriteDateIsStale(t *testing.T) {
	columns := []string{"id", "Since"}
	w := newWorld(t, Options{Key: []string{"id"}})
	w.edit(func(tab *sheetssim.Tab) {
		tab.Fill(1, "id", "Since")
		tab.Fill(2, "C-2", sheetssim.Date(2026, time.January, 13, ""))
	})
	change := updateOf(w.record(columns, "C-2"), "C-2", 1, "3/4/2026")
	w.edit(func(tab *sheetssim.Tab) { tab.Set("B2", sheetssim.Date(2026, time.January, 14, "")) })
	wantOutcome(t, w.write(columns, change)[0], sources.Stale, `row 2, column "Since": no longer holds what it did`)
}

func TestWriteTypes(t *testing.T) {
	columns := []string{"id", "Number", "Flag"}
	w := newWorld(t, Options{Key: []string{"id"}})
	w.edit(func(tab *sheetssim.Tab) {
		tab.Fill(1, "id", "Number", "Flag")
		tab.Fill(2, 1001, 5, true) // the key is a number, too
	})
	record := readAll(t, w.sheet(), columns...)[0]
	wantEqual(t, "cells", record.Cells, []contact.Cell{
		{Type: contact.CellNumber, Text: "1001"}, {Type: contact.CellNumber, Text: "5"}, {Type: contact.CellBoolean, Text: "true"},
	})
	change := contact.Change{Action: contact.Update, Key: "1001", Row: 2, Before: record.Cells, After: []contact.Cell{
		record.Cells[0], {Type: contact.CellNumber, Text: "-0.25"}, {Type: contact.CellBoolean, Text: "false"},
	}}
	wantOutcome(t, w.write(columns, change)[0], sources.Written, "")
	for name, want := range map[string]any{"A2": 1001.0, "B2": -0.25, "C2": false} {
		if got := w.cell(name).Value; got != want {
			t.Errorf("cell %s holds %v, want %v", name, got, want)
		}
	}
}

// A number that a float64 cannot hold stays as it is, as text.
func TestWriteLongNumber(t *testing.T) {
	w := keyed(t)
	change := updateOf(w.record(keyedColumns, "C-4"), "C-4", 2, "12345678901234567890")
	change.After[2].Type = contact.CellNumber
	wantOutcome(t, w.write(keyedColumns, change)[0], sources.Written, "")
	if got := w.cell("E4").Value; got != "12345678901234567890" {
		t.Errorf("the cell holds %v", got)
	}
}

func TestRefusals(t *testing.T) {
	columns := []string{"id", "Name", "Call"}
	for name, c := range map[string]struct {
		edit   func(*sheetssim.Tab)
		column int
		text   string
		reason string
	}{
		"a formula":           {func(*sheetssim.Tab) {}, 2, "9", "formula"},
		"merged cells":        {func(tab *sheetssim.Tab) { tab.Merge("C4:C5") }, 1, "Ada", "merged"},
		"a protected range":   {func(tab *sheetssim.Tab) { tab.Protect("C2:C", sheetssim.Protection{}) }, 1, "Ada", "protected range"},
		"a protected column":  {func(tab *sheetssim.Tab) { tab.Protect("C:C", sheetssim.Protection{}) }, 1, "Ada", "protected range"},
		"too many characters": {func(*sheetssim.Tab) {}, 1, strings.Repeat("😀", 25_001), "50002 characters"},
		"another key":         {func(*sheetssim.Tab) {}, 0, "C-44", `the key "C-44" instead of "C-4"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := keyed(t)
			change := updateOf(w.record(columns, "C-4"), "C-4", c.column, c.text)
			other := updateOf(w.record(columns, "C-6"), "C-6", 1, "Adele G.")
			w.edit(c.edit)
			before := w.rowsByColumn()
			outcomes := w.write(columns, change)
			wantOutcome(t, outcomes[0], sources.Refused, c.reason)
			wantEqual(t, "rows", w.rowsByColumn(), before)
			if name != "a protected range" && name != "a protected column" {
				wantOutcome(t, w.write(columns, change, other)[1], sources.Written, "")
			}
		})
	}
}

// A text that looks like a formula is a text.
func TestWriteOverTextLikeAFormula(t *testing.T) {
	w := keyed(t)
	w.edit(func(tab *sheetssim.Tab) { tab.Set("C4", "=1+1") })
	change := updateOf(w.record(keyedColumns, "C-4"), "C-4", 0, "=2+2")
	wantOutcome(t, w.write(keyedColumns, change)[0], sources.Written, "")
	if cell := w.cell("C4"); cell.Value != "=2+2" || cell.Formula != "" {
		t.Errorf("the cell holds %+v, want the text =2+2", cell)
	}
}

// A key that a formula makes is as good as another.
func TestFormulaAsKey(t *testing.T) {
	w := keyed(t)
	w.edit(func(tab *sheetssim.Tab) {
		for row, key := range []string{"C-2", "C-3", "C-4", "C-5", "C-6"} {
			tab.Set("A"+number(row+2), sheetssim.Formula(`="C-"&`+number(row+2), key))
		}
	})
	change := updateOf(w.record(keyedColumns, "C-4"), "C-4", 0, "Dr. Perlman")
	w.Before(sheetssim.On(sheetssim.RouteValuesBatchUpdate), 1, func(b *sheetssim.Book, _ sheetssim.Request) {
		w.do(b, func(tab *sheetssim.Tab) { tab.MoveRow(4, 2) })
	})
	wantOutcome(t, w.write(keyedColumns, change)[0], sources.Written, "")
	if got := w.cell("C2").Value; got != "Dr. Perlman" {
		t.Errorf("the row has the name %v", got)
	}
	if got := w.cell("C4").Value; got != "Grace Hopper" {
		t.Errorf("the row that was hit has the name %v", got)
	}
}

func TestRepairIsTold(t *testing.T) {
	w := keyed(t)
	change := updateOf(w.record(keyedColumns, "C-4"), "C-4", 0, "Dr. Perlman")
	w.Before(sheetssim.On(sheetssim.RouteValuesBatchUpdate), 1, func(b *sheetssim.Book, _ sheetssim.Request) {
		w.do(b, func(tab *sheetssim.Tab) { tab.InsertRows(2, 2) })
	})
	outcome := w.write(keyedColumns, change)[0]
	victim := []contact.Cell{{Text: "Ada Lovelace"}, {Text: "C-2"}, {Text: "+14155550102"}}
	hit := []contact.Cell{{Text: "Dr. Perlman"}, victim[1], victim[2]}
	wantEqual(t, "outcome", outcome, sources.Outcome{Status: sources.Written, Row: 6, Repaired: []contact.Change{
		{Action: contact.Update, Key: "C-2", Row: 4, Before: hit, After: victim},
	}})
}

// What was hit is a formula, which is put back as one.
func TestRepairFormula(t *testing.T) {
	w := keyed(t)
	w.edit(func(tab *sheetssim.Tab) { tab.Set("C3", sheetssim.Formula(`="Grace "&B3`, "Grace note 3")) })
	change := updateOf(w.record(keyedColumns, "C-4"), "C-4", 0, "Dr. Perlman")
	w.Before(sheetssim.On(sheetssim.RouteValuesBatchUpdate), 1, func(b *sheetssim.Book, _ sheetssim.Request) {
		w.do(b, func(tab *sheetssim.Tab) { tab.MoveRow(4, 3) }) // C-3 stands in row 4 now
	})
	outcome := w.write(keyedColumns, change)[0]
	wantOutcome(t, outcome, sources.Written, "")
	if len(outcome.Repaired) != 1 {
		t.Errorf("outcome %+v, want one repair", outcome)
	}
	if got := w.cell("C4").Formula; got != `="Grace "&B4` {
		t.Errorf("the formula is %q", got)
	}
	if got := w.cell("C3").Value; got != "Dr. Perlman" {
		t.Errorf("the change's own row holds %v", got)
	}
}

// A row that nobody knows was hit: there is an error, and nothing is guessed.
func TestRepairImpossible(t *testing.T) {
	w := keyed(t)
	change := updateOf(w.record(keyedColumns, "C-4"), "C-4", 0, "Dr. Perlman")
	w.Before(sheetssim.On(sheetssim.RouteValuesBatchUpdate), 1, func(b *sheetssim.Book, _ sheetssim.Request) {
		w.do(b, func(tab *sheetssim.Tab) {
			tab.InsertRows(4, 1)
			tab.Fill(4, "C-99", "new", "Alan Turing")
		})
	})
	outcomes, err := w.sheet().Write(t.Context(), keyedColumns, []contact.Change{change})
	if err == nil || !strings.Contains(err.Error(), "row 4") {
		t.Errorf("error %v, want one that names row 4", err)
	}
	wantOutcome(t, outcomes[0], sources.Unknown, "row 4")
}

// Several rows get the same value, all writes hit the wrong rows, nobody says so, and the rows move on.
func TestRepairOfEqualValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, alone := keyed(t), keyed(t)
		shift := func(tab *sheetssim.Tab) { tab.InsertRows(2, 1) }
		var changes []contact.Change
		for _, key := range []string{"C-3", "C-4", "C-6"} {
			changes = append(changes, updateOf(w.record(keyedColumns, key), key, 0, "the same"))
		}
		w.Before(sheetssim.On(sheetssim.RouteValuesBatchUpdate), 1, func(b *sheetssim.Book, _ sheetssim.Request) { w.do(b, shift) })
		w.After(sheetssim.On(sheetssim.RouteValuesBatchUpdate), 1, func(b *sheetssim.Book, _ sheetssim.Request) { w.do(b, shift) })
		w.Inject(sheetssim.Fault{Match: sheetssim.On(sheetssim.RouteValuesBatchUpdate), Kind: sheetssim.CutAfter})
		repaired := 0
		for _, outcome := range w.write(keyedColumns, changes...) {
			wantOutcome(t, outcome, sources.Written, "")
			repaired += len(outcome.Repaired)
		}
		want := alone.rowsByColumn()
		for _, name := range []string{"Grace Hopper", "Radia Perlman", "Adele Goldberg"} {
			want = replaceOne(t, want, "Name="+name, "Name=the same")
		}
		wantEqual(t, "rows", w.rowsByColumn(), want)
		if repaired != 2 { // C-2 and C-5; C-3 was hit too, and was to get the value anyway
			t.Errorf("%d repairs, want 2", repaired)
		}
	})
}

// Without a key, a row in which nothing would stay as it is cannot be told from another.
func TestNothingLeftToTellTheRow(t *testing.T) {
	w := newWorld(t, Options{})
	w.edit(func(tab *sheetssim.Tab) {
		fill(tab, 1, []string{"contactId", "firstName"})
		fill(tab, 2, []string{"", "Ada"})
	})
	columns := []string{"contactId", "firstName"}
	record := readAll(t, w.sheet(), columns...)[0]
	wantOutcome(t, w.write(columns, updateOf(record, "", 1, "Ada King"))[0], sources.Refused, "nothing would be left in row 2")
	wantOutcome(t, w.write(columns, updateOf(record, "", 0, "65f0c1"))[0], sources.Written, "")
}

func TestAppend(t *testing.T) {
	create := contact.Change{Action: contact.Create, Key: "C-7", After: []contact.Cell{{Text: "Alan Turing"}, {Text: "C-7"}, {}}}
	want := []string{"C-7", "", "Alan Turing", "", ""}
	for name, c := range map[string]struct {
		edit func(*sheetssim.Tab)
		row  int
		want []string
	}{
		"to a full grid":                {func(tab *sheetssim.Tab) { tab.Resize(6, 5) }, 7, want},
		"after an empty row":            {func(tab *sheetssim.Tab) { tab.InsertRows(4, 1) }, 8, want},
		"after an empty one and a note": {func(tab *sheetssim.Tab) { tab.Set("B9", "do not delete") }, 10, want},
		"with an empty first column": {func(tab *sheetssim.Tab) { tab.InsertColumn("A") }, 7,
			[]string{"", "C-7", "", "Alan Turing", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			w := keyed(t)
			w.edit(c.edit)
			before := w.texts()
			outcome := w.write(keyedColumns, create)[0]
			wantEqual(t, "outcome", outcome, sources.Outcome{Status: sources.Written, Row: c.row})
			texts := w.texts()
			wantEqual(t, "new row", texts[c.row-1], c.want)
			for i, row := range before {
				wantEqual(t, "row "+number(i+1), texts[i], row)
			}
		})
	}
}

// People work between the look at the rows and the new row, or nobody says whether it came.
func TestAppendMeanwhile(t *testing.T) {
	create := contact.Change{Action: contact.Create, Key: "C-7", After: []contact.Cell{{Text: "Alan Turing"}, {Text: "C-7"}, {}}}
	for edit, do := range edits {
		for name, faults := range map[string][]sheetssim.Fault{
			"":                          nil,
			", unheard":                 {{Match: sheetssim.On(sheetssim.RouteBatch), Kind: sheetssim.CutAfter}},
			", not done":                {{Match: sheetssim.On(sheetssim.RouteBatch), Kind: sheetssim.CutBefore}},
			", unheard, read in halves": {{Match: sheetssim.On(sheetssim.RouteBatch), Kind: sheetssim.FailAfter, Status: 503}, {Match: sheetssim.On(sheetssim.RouteValuesBatchGet), Kind: sheetssim.TruncateJSON}},
		} {
			t.Run(edit+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, alone := keyed(t), keyed(t)
					w.Before(sheetssim.On(sheetssim.RouteBatch), 1, func(b *sheetssim.Book, _ sheetssim.Request) { w.do(b, do) })
					alone.edit(do)
					w.Inject(faults...)
					outcome := w.write(keyedColumns, create)[0]
					want := alone.rowsByColumn()
					switch {
					case outcome.Status == sources.Written && edit != "adds a row":
						want = insert(want, "Name=Alan Turing|id=C-7")
					case outcome.Status == sources.Written: // a person gave a row the same key
						want = insert(want, "Name=Alan Turing|id=C-7")
					case edit != "adds a row":
						t.Errorf("outcome %+v, want written", outcome)
					}
					wantEqual(t, "rows", w.rowsByColumn(), want)
				})
			})
		}
	}
}

// creates are new rows of the keyed tab, with the keys N-0, N-1 and so on.
func creates(n int) []contact.Change {
	var changes []contact.Change
	for i := range n {
		key := "N-" + number(i)
		changes = append(changes, contact.Change{Action: contact.Create, Key: key, After: []contact.Cell{{Text: "New"}, {Text: key}, {}}})
	}
	return changes
}

// Google may carry out what nobody waits for any more: no row is added a second time.
func TestAppendLate(t *testing.T) {
	for name, c := range map[string]struct {
		fault   sheetssim.Fault
		changes int
		want    []sources.Status // of the first and the last change
		rows    int              // that are new at last
	}{
		"within the three minutes":      {sheetssim.Fault{Kind: sheetssim.SlowBefore, Delay: 170 * time.Second}, 1, []sources.Status{sources.Written, sources.Written}, 1},
		"after them":                    {sheetssim.Fault{Kind: sheetssim.SlowBefore, Delay: 4 * time.Minute}, 1, []sources.Status{sources.Unknown, sources.Unknown}, 1},
		"after them, with more to come": {sheetssim.Fault{Kind: sheetssim.SlowBefore, Delay: 4 * time.Minute}, maxRows + 1, []sources.Status{sources.Unknown, sources.Refused}, maxRows},
		"at once, and says so late":     {sheetssim.Fault{Kind: sheetssim.SlowAfter, Delay: 4 * time.Minute}, maxRows + 1, []sources.Status{sources.Written, sources.Written}, maxRows + 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := keyed(t)
				before := len(w.texts())
				c.fault.Match = sheetssim.On(sheetssim.RouteBatch)
				w.Inject(c.fault)
				outcomes, err := w.sheet().Write(t.Context(), keyedColumns, creates(c.changes))
				if isOpen := c.want[0] == sources.Unknown; isOpen != (err != nil) {
					t.Errorf("error %v", err)
				}
				got := []sources.Status{outcomes[0].Status, outcomes[c.changes-1].Status}
				wantEqual(t, "outcomes", got, c.want)
				if got[0] == sources.Unknown {
					wantOutcome(t, outcomes[0], sources.Unknown, "may add it yet")
				}
				time.Sleep(10 * time.Minute) // in which the server ends what nobody waits for
				if n := len(w.texts()) - before; n != c.rows {
					t.Errorf("%d new rows, want %d", n, c.rows)
				}
			})
		})
	}
}

// After a write that failed, whether a row is there already is looked up again before it is added.
func TestAppendAfterFailedUpdate(t *testing.T) {
	for name, fault := range map[string]sheetssim.Fault{
		"unheard": {Kind: sheetssim.CutAfter}, "503": {Kind: sheetssim.FailAfter, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := keyed(t)
				changes := append(creates(1), updateOf(w.record(keyedColumns, "C-4"), "C-4", 0, "Dr. Perlman"))
				before := len(w.texts())
				fault.Match = sheetssim.On(sheetssim.RouteValuesBatchUpdate)
				w.Inject(fault)
				w.Before(fault.Match, 1, func(b *sheetssim.Book, _ sheetssim.Request) {
					w.do(b, func(tab *sheetssim.Tab) { tab.Fill(before+1, "N-0", nil, "Typed") })
				})
				outcomes := w.write(keyedColumns, changes...)
				wantOutcome(t, outcomes[0], sources.Stale, "the row is there already")
				wantOutcome(t, outcomes[1], sources.Written, "")
				if n := len(w.texts()) - before; n != 1 {
					t.Errorf("%d new rows, want the one that a person typed", n)
				}
			})
		})
	}
}

func insert(rows []string, row string) []string {
	rows = append(rows, row)
	return sortedCells(strings.Join(rows, "\x00"), "\x00")
}

// Whether Google counts a cell that is skipped as an edit of a protected one is not known: it may.
func TestProtectedHeaderAndKey(t *testing.T) {
	for _, strict := range []bool{false, true} {
		for protected, rng := range map[string]string{"header": "A1:Z1", "key": "A:A"} {
			for name, edit := range edits {
				if name == "deletes a column" || name == "moves a column" {
					continue // with them, the protection
				}
				w := newWorldWith(t, Options{Key: []string{"id"}}, sheetssim.Options{ProtectSkipped: strict, ReadsPerMinute: -1, WritesPerMinute: -1})
				alone := keyed(t)
				alone.View(func(b *sheetssim.Book) {
					for i, row := range b.Tab(tabTitle).Texts() {
						w.edit(func(tab *sheetssim.Tab) { fill(tab, i+1, row) })
					}
				})
				w.edit(func(tab *sheetssim.Tab) { tab.Protect(rng, sheetssim.Protection{}) })
				alone.edit(edit)
				change := updateOf(w.record(keyedColumns, "C-4"), "C-4", 0, "Dr. Perlman")
				w.Before(sheetssim.On(sheetssim.RouteValuesBatchUpdate), 1, func(b *sheetssim.Book, _ sheetssim.Request) { w.do(b, edit) })
				outcome := w.write(keyedColumns, change)[0]
				want := alone.rowsByColumn()
				if outcome.Status == sources.Written {
					want = replaceOne(t, want, "Name=Radia Perlman", "Name=Dr. Perlman")
				}
				if outcome.Status == sources.Refused || outcome.Status == sources.Unknown {
					t.Errorf("%s protected, strict %v, somebody %s: %+v", protected, strict, name, outcome)
				}
				wantEqual(t, protected+" protected, somebody "+name, w.rowsByColumn(), want)
			}
		}
	}
}

// Long texts and many rows go in several requests.
func TestWriteInParts(t *testing.T) {
	for name, c := range map[string]struct{ rows, length, requests int }{
		"many rows":  {1000, 10, 4},
		"long texts": {60, 40_000, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Options{Key: []string{"id"}})
			w.edit(func(tab *sheetssim.Tab) {
				tab.Resize(c.rows+1, 2)
				tab.Fill(1, "id", "Name")
				for i := range c.rows {
					tab.Fill(i+2, "C-"+number(i), "old")
				}
			})
			columns := []string{"id", "Name"}
			var changes []contact.Change
			for i, record := range readAll(t, w.sheet(), columns...) {
				changes = append(changes, updateOf(record, "C-"+number(i), 1, strings.Repeat("x", c.length)))
			}
			for i := range c.rows {
				after := []contact.Cell{{Text: "N-" + number(i)}, {Text: strings.Repeat("y", c.length)}}
				changes = append(changes, contact.Change{Action: contact.Create, Key: after[0].Text, After: after})
			}
			for i, outcome := range w.write(columns, changes...) {
				if outcome.Status != sources.Written || outcome.Row != i+2 {
					t.Fatalf("change %d: %+v", i, outcome)
				}
			}
			writes := map[string]int{}
			for _, r := range w.Requests() {
				if r.Class == sheetssim.Write {
					writes[r.Route]++
				}
				if len(r.Body) > maxBytes*5/4 {
					t.Errorf("request %d has %d bytes", r.Number, len(r.Body))
				}
			}
			for _, route := range []string{sheetssim.RouteValuesBatchUpdate, sheetssim.RouteBatch} {
				if got := writes[route]; got < c.requests || got > c.requests+1 {
					t.Errorf("%d requests %s, want about %d", got, route, c.requests)
				}
			}
		})
	}
}

func TestDeletesAreRefused(t *testing.T) {
	w := keyed(t)
	record := w.record(keyedColumns, "C-4")
	w.ResetRequests()
	outcome := w.write(keyedColumns, contact.Change{Action: contact.Delete, Key: "C-4", Row: 4, Before: record.Cells})[0]
	wantOutcome(t, outcome, sources.Refused, "never deleted")
	if n := len(w.Requests()); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}

func TestWriteReadOnly(t *testing.T) {
	w := keyed(t)
	change := updateOf(w.record(keyedColumns, "C-4"), "C-4", 0, "Dr. Perlman")
	w.options.ReadOnly = true
	outcomes, err := w.sheet().Write(context.Background(), keyedColumns, []contact.Change{change})
	if err == nil {
		t.Error("no error")
	}
	wantOutcome(t, outcomes[0], sources.Refused, "nothing was written")
}
