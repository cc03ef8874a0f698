//go:build live

package sheets

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/api/option"
	api "google.golang.org/api/sheets/v4"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// The tests of this file run against a real spreadsheet and tell how Google behaves where that is not documented. They need
// a spreadsheet that holds nothing of value, shared as Editor with a service account:
//
//	SYNCD_LIVE_SPREADSHEET=ID SYNCD_LIVE_CREDENTIALS=sa.json go test -tags live -run Live -v ./internal/sources/sheets
//
// Without SYNCD_LIVE_CREDENTIALS, the credentials of the environment are taken. Each test makes a tab of its own and deletes
// it. They take a few minutes, for Google's quota is kept.
//
// A test that fails shows an assumption of this package that does not hold. What TestLiveFindings logs is not assumed, and of
// interest to whoever changes the package or its simulator. What only a person at the screen can do is not here: sorting with
// a filter, cutting a row and pasting it, being kept out by a protected range.

// liveWorld is a tab of a real spreadsheet.
type liveWorld struct {
	*client
	t       *testing.T
	options Options
	id      int64
	title   string
}

func live(t *testing.T, rows ...[]any) *liveWorld {
	t.Helper()
	o := Options{
		Spreadsheet: os.Getenv("SYNCD_LIVE_SPREADSHEET"), CredentialsFile: os.Getenv("SYNCD_LIVE_CREDENTIALS"),
		Key: []string{"id"}, Quota: liveQuota, Tab: fmt.Sprintf("syncd's test %d", time.Now().UnixNano()),
	}
	if o.Spreadsheet == "" {
		t.Fatal("set SYNCD_LIVE_SPREADSHEET to the ID of a spreadsheet that holds nothing of value")
	}
	c, err := connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	w := &liveWorld{client: c, t: t, options: o, title: o.Tab}
	answer := w.batch(&api.Request{AddSheet: &api.AddSheetRequest{Properties: &api.SheetProperties{
		Title: o.Tab, GridProperties: &api.GridProperties{RowCount: 20, ColumnCount: 8},
	}}})
	w.id = answer.Replies[0].AddSheet.Properties.SheetId
	t.Cleanup(func() {
		_, err := c.service.Spreadsheets.BatchUpdate(o.Spreadsheet, &api.BatchUpdateSpreadsheetRequest{Requests: []*api.Request{
			{DeleteSheet: &api.DeleteSheetRequest{SheetId: w.id}},
		}}).Context(context.WithoutCancel(t.Context())).Do()
		if err != nil {
			t.Errorf("delete the tab %s: %v", o.Tab, err)
		}
	})
	w.put("RAW", "A1", rows...)
	return w
}

var liveQuota = NewQuota(PerMinute)

func (w *liveWorld) batch(requests ...*api.Request) *api.BatchUpdateSpreadsheetResponse {
	w.t.Helper()
	if err := w.admitWrite(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.service.Spreadsheets.BatchUpdate(w.spreadsheet,
		&api.BatchUpdateSpreadsheetRequest{Requests: requests}).Context(w.t.Context()).Do()
	if err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// put writes as a person types (USER_ENTERED) or as we do (RAW).
func (w *liveWorld) put(how, cell string, rows ...[]any) {
	w.t.Helper()
	if len(rows) == 0 {
		return
	}
	if err := w.admitWrite(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	_, err := w.service.Spreadsheets.Values.Update(w.spreadsheet, quoted(w.title)+"!"+cell,
		&api.ValueRange{Values: rows}).ValueInputOption(how).Context(w.t.Context()).Do()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *liveWorld) read(render, dates string) [][]any {
	w.t.Helper()
	rows, err := w.client.values(w.t.Context(), &tab{title: w.title}, render, dates)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

var liveRows = [][]any{
	{"id", "Notes", "Name", "Phone"}, {"C-2", "two", "Ada", "+14155550102"}, {"C-3", "three", "Grace", "007"}, {"C-4", "", "Radia", ""},
}

// A source does with Google what it does with the simulator.
func TestLiveSource(t *testing.T) {
	w := live(t, liveRows...)
	s := New(w.options)
	columns := []string{"Name", "id", "Phone"}
	records := readAll(t, s, columns...)
	if len(records) != 3 || records[1].Cells[2] != (contact.Cell{Text: "007"}) || records[2].Row != 4 {
		t.Fatalf("records %+v", records)
	}
	outcomes, err := s.Write(t.Context(), columns, []contact.Change{
		updateOf(records[1], "C-3", 0, "=1+1"), updateOf(records[2], "C-4", 2, "+1 555 123 4567"),
		{Action: contact.Create, Key: "C-5", After: []contact.Cell{{Text: "Alan"}, {Text: "C-5"}, {Text: "0207"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, outcome := range outcomes {
		if outcome.Status != sources.Written {
			t.Errorf("change %d: %+v", i, outcome)
		}
	}
	again := readAll(t, s, columns...)
	for i, want := range []string{"+14155550102", "007", "+1 555 123 4567", "0207"} {
		if again[i].Cells[2] != (contact.Cell{Text: want}) {
			t.Errorf("phone %+v, want %s", again[i].Cells[2], want)
		}
	}
	if again[1].Cells[0] != (contact.Cell{Text: "=1+1"}) {
		t.Errorf("the text =1+1 is read as %+v", again[1].Cells[0])
	}
	change := updateOf(again[1], "C-3", 0, "Grace Hopper") // over a text that looks like a formula
	if outcomes, err := s.Write(t.Context(), columns, []contact.Change{change}); err != nil || outcomes[0].Status != sources.Written {
		t.Errorf("outcomes %+v, error %v", outcomes, err)
	}
}

// A tab that is renamed is found by its number, and by the source that knew it under the old title.
func TestLiveRename(t *testing.T) {
	w := live(t, liveRows...)
	s := New(w.options)
	record := readAll(t, s, "Name", "id")[0]
	w.batch(&api.Request{UpdateSheetProperties: &api.UpdateSheetPropertiesRequest{
		Properties: &api.SheetProperties{SheetId: w.id, Title: w.title + " 2"}, Fields: "title",
	}})
	outcomes, err := s.Write(t.Context(), []string{"Name", "id"}, []contact.Change{updateOf(record, "C-2", 0, "Ada King")})
	if err != nil || outcomes[0].Status != sources.Written {
		t.Errorf("outcomes %+v, error %v", outcomes, err)
	}
}

// The answer to a write shows all cells of each range, those that were skipped too, and a range in which all are.
func TestLiveEcho(t *testing.T) {
	w := live(t, liveRows...)
	if err := w.admitWrite(t.Context()); err != nil {
		t.Fatal(err)
	}
	echo, err := w.client.update(t.Context(), []*api.ValueRange{
		{Range: rangeOf(w.title, 0, 0, 0, 3), Values: [][]any{make([]any, 4)}},
		{Range: rangeOf(w.title, 1, 0, 1, 3), Values: [][]any{{nil, nil, "Ada King", nil}}},
		{Range: rangeOf(w.title, 9, 0, 9, 3), Values: [][]any{{nil, nil, "", nil}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if names := namesOf(echo[0]); !header(names).startsWith(header{"id", "Notes", "Name", "Phone"}) {
		t.Errorf("the header is answered as %q", names)
	}
	wantEqual(t, "the row in the answer", echo[1].UpdatedData.Values, [][]any{{"C-2", "two", "Ada King", "+14155550102"}})
	if echo[2].UpdatedData == nil || len(echo[2].UpdatedData.Values) > 0 {
		t.Errorf("an empty row is answered as %+v", echo[2].UpdatedData)
	}
}

// What the look at single cells tells: formulas from texts, cells that a formula elsewhere fills, dates, numbers.
func TestLiveGrid(t *testing.T) {
	w := live(t, liveRows...)
	w.put("RAW", "E2", []any{"=1+1"})
	w.put("USER_ENTERED", "E3", []any{"=1+1"}, []any{"=ARRAYFORMULA(A2:A4)"})
	w.put("USER_ENTERED", "F2", []any{"2026-01-02"}, []any{"5.5"}, []any{"=1/0"})
	sheet, err := w.client.grid(t.Context(), []*api.GridRange{
		{SheetId: w.id, StartRowIndex: 1, EndRowIndex: 6, StartColumnIndex: 4, EndColumnIndex: 6},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := newGrid(sheet)
	for at, want := range map[place]string{
		{1, 4}: "", {2, 4}: "the cell holds a formula", {3, 4}: "the cell holds a formula", {4, 4}: "the cell is filled by a formula",
		{1, 5}: "", {2, 5}: "", {3, 5}: "the cell holds a formula",
	} {
		if got := g.forbids(at); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("row %d, column %s: %q, want %q", at.row+1, letters(at.column), got, want)
		}
	}
	shown := w.read(asShown, dateText)
	if text := textOf(at(shown, 1, 5)); !g.shows(place{1, 5}, text) || text == "" {
		t.Errorf("a date is read as %q, and the cell shows %q", text, g.cells[place{1, 5}].FormattedValue)
	}
	if entered := w.read(asEntered, dateDays); entered[1][5] != 46024.0 || !oneMoment(entered, shown) {
		t.Errorf("as entered %v, as shown %v", entered, shown)
	}
}

// New rows come after the last one, whatever is empty, and the grid grows.
func TestLiveAppend(t *testing.T) {
	w := live(t, []any{"", "id", "Name"}, []any{"", "C-2", "Ada"}, []any{}, []any{"", "", "", "a note"})
	s := New(w.options)
	var changes []contact.Change
	for i := range 20 {
		key := fmt.Sprintf("N-%d", i)
		changes = append(changes, contact.Change{Action: contact.Create, Key: key, After: []contact.Cell{{Text: key}, {Text: "New"}}})
	}
	outcomes, err := s.Write(t.Context(), []string{"id", "Name"}, changes)
	if err != nil {
		t.Fatal(err)
	}
	for i, outcome := range outcomes {
		if outcome.Status != sources.Written || outcome.Row != 5+i {
			t.Errorf("new row %d: %+v, want row %d", i, outcome, 5+i)
		}
	}
}

// TestLiveFindings logs what Google does where this package does not depend on it.
func TestLiveFindings(t *testing.T) {
	w := live(t, liveRows...)
	typed := []any{"+1 555 123 4567", "+1-555-123-4567", "+15551234567", "007", "3-4", "TRUE"}
	w.put("USER_ENTERED", "A6", typed)
	for i, v := range w.read(asShown, dateText)[5] {
		t.Logf("typed %v, read %T %v", typed[i], v, v)
	}
	w.put("USER_ENTERED", "A8", []any{"=1/0", "=NA()", `=IMPORTRANGE("x","y")`, "=1+1", "2026-01-02"})
	w.put("RAW", "A9", []any{"=1+1", "'x", "#N/A"})
	for _, render := range []string{asShown, asEntered} {
		rows := w.read(render, dateText)
		t.Logf("%s: formulas %v, raw texts %v", render, rows[7], rows[8])
	}
	w.batch(&api.Request{MergeCells: &api.MergeCellsRequest{
		MergeType: "MERGE_ALL", Range: &api.GridRange{SheetId: w.id, StartRowIndex: 1, EndRowIndex: 3, StartColumnIndex: 2, EndColumnIndex: 3},
	}})
	t.Logf("merged C2:C3: %v", w.read(asShown, dateText)[1:3])
	w.sortWithMetadata()
	w.metadataThatIsGone()
	w.findReplace()
	w.statuses()
	w.fileScope()
}

// sortWithMetadata tells whether the metadata of a row goes with it in a sort.
func (w *liveWorld) sortWithMetadata() {
	answer := w.batch(&api.Request{CreateDeveloperMetadata: &api.CreateDeveloperMetadataRequest{DeveloperMetadata: &api.DeveloperMetadata{
		MetadataKey: "s", Visibility: "DOCUMENT", Location: &api.DeveloperMetadataLocation{DimensionRange: &api.DimensionRange{
			SheetId: w.id, Dimension: "ROWS", StartIndex: 3, EndIndex: 4,
		}},
	}}})
	id := answer.Replies[0].CreateDeveloperMetadata.DeveloperMetadata.MetadataId
	w.batch(&api.Request{SortRange: &api.SortRangeRequest{
		Range:     &api.GridRange{SheetId: w.id, StartRowIndex: 3, EndRowIndex: 9, StartColumnIndex: 0, EndColumnIndex: 8},
		SortSpecs: []*api.SortSpec{{DimensionIndex: 0, SortOrder: "DESCENDING"}},
	}})
	metadata, err := w.service.Spreadsheets.DeveloperMetadata.Get(w.spreadsheet, id).Context(w.t.Context()).Do()
	if err != nil {
		w.t.Logf("the metadata after a sort: %v", err)
		return
	}
	row := metadata.Location.DimensionRange.StartIndex
	w.t.Logf("the metadata of C-4 in row 4 is that of row %d after a sort, which holds %v", row+1, w.read(asShown, dateText)[row])
}

// metadataThatIsGone tells what a filter finds whose row was deleted.
func (w *liveWorld) metadataThatIsGone() {
	filter := &api.DataFilter{DeveloperMetadataLookup: &api.DeveloperMetadataLookup{MetadataKey: "nobody's"}}
	read, err := w.service.Spreadsheets.Values.BatchGetByDataFilter(w.spreadsheet,
		&api.BatchGetValuesByDataFilterRequest{DataFilters: []*api.DataFilter{filter}}).Context(w.t.Context()).Do()
	w.t.Logf("a read by metadata that does not exist: %+v, %v", read, err)
	write, err := w.service.Spreadsheets.Values.BatchUpdateByDataFilter(w.spreadsheet, &api.BatchUpdateValuesByDataFilterRequest{
		ValueInputOption: "RAW", Data: []*api.DataFilterValueRange{{DataFilter: filter, MajorDimension: "ROWS", Values: [][]any{{"x"}}}},
	}).Context(w.t.Context()).Do()
	w.t.Logf("a write by metadata that does not exist: %+v, %v", write, err)
}

// findReplace tells how the replacement is taken.
func (w *liveWorld) findReplace() {
	for i, replacement := range []string{"0123", "=1"} {
		token := fmt.Sprintf("token-%d", i)
		w.put("RAW", fmt.Sprintf("H%d", i+2), []any{token})
		w.batch(&api.Request{FindReplace: &api.FindReplaceRequest{
			Find: token, Replacement: replacement, MatchEntireCell: true, MatchCase: true,
			Range: &api.GridRange{SheetId: w.id, StartColumnIndex: 7, EndColumnIndex: 8},
		}})
		v := at(w.read(asShown, dateText), i+1, 7)
		w.t.Logf("found and replaced by %s: %T %v", replacement, v, v)
	}
}

// statuses tells what the errors look like whose status is not documented.
func (w *liveWorld) statuses() {
	for name, cells := range map[string]string{"beyond the grid": "A5000", "no such tab": ""} {
		title := w.title
		if cells == "" {
			title, cells = "no such tab", "A1"
		}
		_, err := w.service.Spreadsheets.Values.Get(w.spreadsheet, quoted(title)+"!"+cells).Context(w.t.Context()).Do()
		w.t.Logf("%s: %v", name, w.translate(w.t.Context(), err))
	}
	_, err := w.service.Spreadsheets.Values.Update(w.spreadsheet, quoted(w.title)+"!A15",
		&api.ValueRange{Values: [][]any{{strings.Repeat("x", maxCell+1)}}}).ValueInputOption("RAW").Context(w.t.Context()).Do()
	w.t.Logf("too many characters: %v, refusal %q", err, cmp.Or(refusal(w.translate(w.t.Context(), err)), "NOT RECOGNISED"))
}

// fileScope tells whether drive.file reaches a spreadsheet that was shared.
func (w *liveWorld) fileScope() {
	if w.options.CredentialsFile == "" {
		return
	}
	kind, err := (&client{}).inspectFile(w.options.CredentialsFile)
	if err != nil {
		w.t.Fatal(err)
	}
	service, err := api.NewService(w.t.Context(), option.WithScopes(api.DriveFileScope),
		option.WithAuthCredentialsFile(kind, w.options.CredentialsFile))
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = service.Spreadsheets.Get(w.spreadsheet).Fields("spreadsheetId").Context(w.t.Context()).Do()
	w.t.Logf("with the scope drive.file, the shared spreadsheet is answered with error %v", err)
}
