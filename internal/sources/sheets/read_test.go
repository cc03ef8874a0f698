package sheets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/contact"
	"syncd/internal/sources"
	"syncd/internal/sources/sheets/sheetssim"
)

func TestReadCells(t *testing.T) {
	w := newWorld(t, Options{})
	w.edit(func(tab *sheetssim.Tab) {
		tab.Fill(1, "id", "  Name ", "Phone", "Since", "VIP", "Score")
		tab.Fill(2, "C-2", "Ada", sheetssim.Cell{Value: 15551234567.0, Text: "1.56E+10"}, sheetssim.Date(2026, time.January, 2, ""), true, 0.1)
		tab.Fill(3, 1003, sheetssim.Formula("=A2", "C-2"), "+14155550103", sheetssim.Error("#REF!"), "TRUE", sheetssim.Formula("=1/0", sheetssim.Error("#DIV/0!")))
		tab.Fill(5, "C-5")
		tab.Fill(6, nil, nil, nil, nil, nil, nil, "a note without a column")
		tab.Fill(7, " ", nil, "\u00a0")
		tab.Fill(8, "C-8")
		tab.Fill(9, nil, nil, nil, nil, false)
		tab.Hide(8, sheetssim.ByFilter)
	})
	records := readAll(t, w.sheet(), "Name", "id", "Phone", "Since", "VIP", "Score")
	empty := contact.Cell{}
	wantEqual(t, "records", records, []contact.Record{
		{Row: 2, Cells: []contact.Cell{
			{Text: "Ada"}, {Text: "C-2"}, {Type: contact.CellNumber, Text: "15551234567"}, {Text: "1/2/2026"},
			{Type: contact.CellBoolean, Text: "true"}, {Type: contact.CellNumber, Text: "0.1"},
		}},
		{Row: 3, Cells: []contact.Cell{
			{Text: "C-2"}, {Type: contact.CellNumber, Text: "1003"}, {Text: "+14155550103"},
			{Type: contact.CellError, Text: "#REF!"}, {Text: "TRUE"}, {Type: contact.CellError, Text: "#DIV/0!"},
		}},
		{Row: 5, Cells: []contact.Cell{empty, {Text: "C-5"}, empty, empty, empty, empty}},
		{Row: 6, Cells: []contact.Cell{empty, empty, empty, empty, empty, empty}},
		{Row: 8, Cells: []contact.Cell{empty, {Text: "C-8"}, empty, empty, empty, empty}},
	})
}

func TestReadMergedCells(t *testing.T) {
	w := keyed(t)
	w.edit(func(tab *sheetssim.Tab) {
		tab.Merge("B2:B3") // nobody asked for it
		tab.Merge("C4:D5")
	})
	for _, record := range readAll(t, w.sheet(), keyedColumns...) {
		merged := record.Row == 4 || record.Row == 5
		if got := strings.Contains(record.Problem, `"Name" is part of merged cells`); got != merged {
			t.Errorf("row %d has the problem %q", record.Row, record.Problem)
		}
	}
}

func TestReadNothing(t *testing.T) {
	for name, edit := range map[string]func(*sheetssim.Tab){
		"an empty tab":       func(*sheetssim.Tab) {},
		"an empty first row": func(tab *sheetssim.Tab) { tab.Fill(2, "C-1", "Ada") },
	} {
		w := newWorld(t, Options{})
		w.edit(edit)
		if err := readError(t.Context(), w.sheet(), "id"); err == nil || !strings.Contains(err.Error(), "the first row is empty") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestReadOddTitles(t *testing.T) {
	for _, title := range []string{"CRM26", "It's", "a!A5", "Kund'innen & \"Co\"", "日本"} {
		w := newWorld(t, Options{})
		w.edit(func(tab *sheetssim.Tab) {
			tab.Rename(title)
			tab.Fill(1, "id")
			tab.Fill(2, "C-1")
		})
		w.options.Tab = title
		if records := readAll(t, w.sheet(), "id"); len(records) != 1 || records[0].Cells[0].Text != "C-1" {
			t.Errorf("tab %q: records %v", title, records)
		}
	}
}

// A tab that is renamed is known by its number: in the same source, and by the next run.
func TestRenamedTab(t *testing.T) {
	w := keyed(t)
	var warnings []string
	w.options.Warn = func(warning string) { warnings = append(warnings, warning) }
	s := w.sheet()
	if memory := s.Memory(); string(memory) != "null" {
		t.Errorf("memory of a source that was not used: %s", memory)
	}
	s.Recall(nil)
	s.Recall(json.RawMessage(`{"sheet_id": 7, "spreadsheet": "another", "tab": "another"}`))
	s.Recall(json.RawMessage(`not JSON`))
	readAll(t, s, "id")
	memory := s.Memory()
	w.edit(func(tab *sheetssim.Tab) { tab.Rename("Renamed") })
	next := w.sheet()
	next.Recall(memory)
	for _, s := range []*Sheet{s, next} {
		if records := readAll(t, s, "id"); len(records) != 5 || records[0].Cells[0].Text != "C-2" {
			t.Errorf("records %v", records)
		}
		readAll(t, s, "id")
	}
	want := `sheet "Jon's Data": the tab is called "Renamed" now: set tab: to that`
	wantEqual(t, "warnings", warnings, []string{want, want})
	wantEqual(t, "memory", string(next.Memory()), string(memory))
	w.Edit(func(b *sheetssim.Book) { b.AddTab(tabTitle, []any{"id"}, []any{"C-99"}) })
	create := contact.Change{Action: contact.Create, Key: "C-7", After: []contact.Cell{{Text: "C-7"}}}
	w.ResetRequests()
	replaced := w.sheet()
	replaced.Recall(memory)
	_, writeErr := replaced.Write(t.Context(), []string{"id"}, []contact.Change{create})
	for _, err := range []error{readError(t.Context(), replaced, "id"), writeErr} {
		if err == nil || !strings.Contains(err.Error(), `is called "Renamed" now, and another one is called "Jon's Data"`) {
			t.Errorf("a tab took the title of the one that was renamed: error %v", err)
		}
	}
	if n := len(w.Requests()); n != 2 {
		t.Errorf("%d requests, want none but those for the titles", n)
	}
	if records := readAll(t, w.sheet(), "id"); len(records) != 1 {
		t.Errorf("a source without memory finds %v", records)
	}
}

func TestNoSuchTab(t *testing.T) {
	w := keyed(t)
	w.options.Tab = "Contacts"
	err := readError(t.Context(), w.sheet(), "id")
	if want := `sheet "Contacts": no tab has this title: the spreadsheet has "Jon's Data"`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// A tab that is too much for one answer is read as several ranges, in one request all the same.
func TestReadInRanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{})
		const rows = 45_000
		w.edit(func(tab *sheetssim.Tab) {
			tab.Resize(rows+10, 3)
			tab.Fill(1, "id")
			for _, row := range []int{2, 20_000, 20_001, 39_999, 40_001, rows} {
				tab.Fill(row, fmt.Sprintf("C-%d", row))
			}
		})
		w.Inject(sheetssim.Fault{Match: sheetssim.On(sheetssim.RouteValuesBatchGet), Status: 503})
		var got []string
		for _, record := range readAll(t, w.sheet(), "id") {
			got = append(got, fmt.Sprintf("%d %s", record.Row, record.Cells[0].Text))
		}
		wantEqual(t, "rows", got, []string{"2 C-2", "20000 C-20000", "20001 C-20001", "39999 C-39999", "40001 C-40001", "45000 C-45000"})
		last := w.Requests()[len(w.Requests())-1]
		wantEqual(t, "ranges", last.Query["ranges"], []string{"'Jon''s Data'!A1:C20000", "'Jon''s Data'!A20001:C40000", "'Jon''s Data'!A40001:C"})
	})
}

// Rows that came since the grid was measured are read, too, when a tab is read as several ranges.
func TestReadInRangesMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, Options{Key: []string{"id"}})
		const rows = rowsPerRange + 10
		w.edit(func(tab *sheetssim.Tab) {
			tab.Resize(rows, 2)
			tab.Fill(1, "id", "Name")
			tab.Fill(rows, "C-2", "Ada")
		})
		tooMuch := sheetssim.Fault{Match: sheetssim.On(sheetssim.RouteValuesBatchGet), Status: 503}
		w.Before(sheetssim.On(sheetssim.RouteValuesBatchGet), 1, func(b *sheetssim.Book, _ sheetssim.Request) {
			w.do(b, func(tab *sheetssim.Tab) { tab.InsertRows(2, 7) })
		})
		w.Inject(tooMuch)
		s := w.sheet()
		if records := readAll(t, s, "id"); len(records) != 1 || records[0].Row != rows+7 {
			t.Errorf("records %v, want one, of row %d", records, rows+7)
		}
		// A new row, which makes the grid larger, is found when it is looked for.
		w.After(sheetssim.On(sheetssim.RouteBatch), 1, func(*sheetssim.Book, sheetssim.Request) { w.Inject(tooMuch) })
		create := contact.Change{Action: contact.Create, Key: "C-3", After: []contact.Cell{{Text: "C-3"}, {Text: "Grace"}}}
		outcomes, err := s.Write(t.Context(), []string{"id", "Name"}, []contact.Change{create})
		if err != nil || outcomes[0].Status != sources.Written || w.PendingFaults() > 0 {
			t.Errorf("outcomes %+v, error %v, %d faults left", outcomes, err, w.PendingFaults())
		}
		if texts := w.texts(); len(texts) != rows+8 {
			t.Errorf("%d rows, want %d", len(texts), rows+8)
		}
	})
}

// Every read is repeated after what passes, and none after what does not.
func TestReadFaults(t *testing.T) {
	for name, fault := range map[string]sheetssim.Fault{
		"500": {Status: 500}, "502, not JSON": {Status: 502}, "503": {Status: 503}, "429": {Status: 429},
		"cut before": {Kind: sheetssim.CutBefore}, "cut after": {Kind: sheetssim.CutAfter}, "cut body": {Kind: sheetssim.CutBody},
		"half an answer": {Kind: sheetssim.TruncateJSON}, "no answer": {Kind: sheetssim.EmptyBody}, "{}": {Kind: sheetssim.EmptyObject},
		"slow": {Kind: sheetssim.SlowAfter, Delay: 4 * time.Minute},
	} {
		for _, route := range []string{sheetssim.RouteGet, sheetssim.RouteValuesBatchGet} {
			t.Run(name+" on "+route, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := keyed(t)
					fault.Match, fault.Times = sheetssim.On(route), 2
					w.Inject(fault)
					if n := len(readAll(t, w.sheet(), "id")); n != 5 {
						t.Errorf("%d records, want 5", n)
					}
					if w.PendingFaults() > 0 || len(w.Requests()) != 4 {
						t.Errorf("%d faults left after %d requests", w.PendingFaults(), len(w.Requests()))
					}
					time.Sleep(10 * time.Minute) // in which the server ends what nobody waits for
				})
			})
		}
	}
}

func TestReadGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keyed(t)
		w.Inject(sheetssim.Fault{Status: 503, Times: -1})
		start := time.Now()
		err := readError(t.Context(), w.sheet(), "id")
		var e *Error
		if !errors.As(err, &e) || e.Code != 503 {
			t.Errorf("error %v, want a 503", err)
		}
		if took := time.Since(start); len(w.Requests()) != attempts || took > 2*time.Minute {
			t.Errorf("%d requests in %s", len(w.Requests()), took)
		}
	})
}

func TestReadCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := keyed(t)
		w.Inject(sheetssim.Fault{Status: 503, Times: -1})
		cause := errors.New("the program ends")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(2*time.Second, func() { cancel(cause) })
		if err := readError(ctx, w.sheet(), "id"); !errors.Is(err, context.Canceled) && !errors.Is(err, cause) {
			t.Errorf("error %v, want the cause", err)
		}
	})
}

func BenchmarkRead100000(b *testing.B) {
	const rows = 100_000
	w := newWorld(b, Options{})
	w.edit(func(tab *sheetssim.Tab) {
		tab.Resize(rows+1, 6)
		tab.Fill(1, "id", "First Name", "Last Name", "Phone", "Email", "Company")
		for i := range rows {
			n := fmt.Sprintf("%06d", i)
			tab.Fill(i+2, "C-"+n, "First"+n, "Last"+n, "+1415"+n+"0", "person"+n+"@example.com", "Company "+n)
		}
	})
	s := w.sheet()
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range s.Read(b.Context(), []string{"id", "First Name", "Last Name", "Phone", "Email"}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != rows {
			b.Fatalf("%d rows, want %d", n, rows)
		}
	}
}
