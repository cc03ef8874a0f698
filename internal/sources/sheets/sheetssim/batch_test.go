package sheetssim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

// batch sends requests and returns the replies.
func (w *world) batch(requests ...*sheets.Request) ([]*sheets.Response, error) {
	w.Helper()
	answer, err := w.client.Spreadsheets.BatchUpdate(w.ID(), &sheets.BatchUpdateSpreadsheetRequest{Requests: requests}).Do()
	if err != nil {
		return nil, err
	}
	return answer.Replies, nil
}

func (w *world) mustBatch(requests ...*sheets.Request) []*sheets.Response {
	w.Helper()
	replies, err := w.batch(requests...)
	if err != nil {
		w.Fatal(err)
	}
	if len(replies) != len(requests) {
		w.Fatalf("%d replies to %d requests", len(replies), len(requests))
	}
	return replies
}

// sheetRows is the range of some rows of the first tab.
func sheetRows(from, to int64) *sheets.DimensionRange {
	return &sheets.DimensionRange{
		Dimension: "ROWS", StartIndex: from, EndIndex: to, ForceSendFields: []string{"SheetId", "StartIndex", "EndIndex"},
	}
}

func deleteRows(from, to int64) *sheets.Request {
	return &sheets.Request{DeleteDimension: &sheets.DeleteDimensionRequest{Range: sheetRows(from, to)}}
}

func text(s string) *sheets.CellData {
	return &sheets.CellData{UserEnteredValue: &sheets.ExtendedValue{StringValue: &s}}
}

func rowOf(cells ...*sheets.CellData) *sheets.RowData { return &sheets.RowData{Values: cells} }

func TestRowsMove(t *testing.T) {
	w := people(t, sheetssim.Options{})
	insert := &sheets.Request{InsertDimension: &sheets.InsertDimensionRequest{Range: sheetRows(1, 2)}}
	move := &sheets.Request{MoveDimension: &sheets.MoveDimensionRequest{Source: sheetRows(2, 3), DestinationIndex: 6}}
	w.mustBatch(insert, move, deleteRows(1, 2))
	w.wantGrid("People", "id|Name|Phone|Age", "C-2|Grace||85", "|||", "C-4|Radia|+14155550104|", "C-1|Ada|+14155550101|36")

	w.mustBatch(&sheets.Request{SortRange: &sheets.SortRangeRequest{
		Range:     &sheets.GridRange{StartRowIndex: 1},
		SortSpecs: []*sheets.SortSpec{{DimensionIndex: 3, SortOrder: "DESCENDING"}},
	}})
	w.wantGrid("People", "id|Name|Phone|Age", "C-2|Grace||85", "C-1|Ada|+14155550101|36", "|||", "C-4|Radia|+14155550104|")

	w.mustBatch(&sheets.Request{SortRange: &sheets.SortRangeRequest{
		Range:     &sheets.GridRange{StartRowIndex: 1, EndRowIndex: 4, EndColumnIndex: 2},
		SortSpecs: []*sheets.SortSpec{{DimensionIndex: 0}},
	}})
	w.wantGrid("People", "id|Name|Phone|Age", "C-1|Ada||85", "C-2|Grace|+14155550101|36", "|||", "C-4|Radia|+14155550104|")
}

// An end of 0 that is left out is no end: the trap of the client's omitempty.
func TestDeleteOfAnOpenRange(t *testing.T) {
	w := people(t, sheetssim.Options{})
	w.mustBatch(&sheets.Request{DeleteDimension: &sheets.DeleteDimensionRequest{
		Range: &sheets.DimensionRange{Dimension: "ROWS", StartIndex: 1},
	}})
	w.wantGrid("People", "id|Name|Phone|Age")
	_, err := w.batch(deleteRows(0, 0))
	w.wantRefused(err, 400, "Invalid requests[0].deleteDimension: ")
	_, err = w.batch(&sheets.Request{DeleteDimension: &sheets.DeleteDimensionRequest{
		Range: &sheets.DimensionRange{Dimension: "ROWS"},
	}})
	w.wantRefused(err, 400, "You can't delete all the rows on the sheet.")
}

func TestBatchIsAtomic(t *testing.T) {
	w := people(t, sheetssim.Options{})
	before := w.grid("People")
	_, err := w.batch(deleteRows(1, 2), deleteRows(5000, 5001))
	w.wantRefused(err, 400, "Invalid requests[1].deleteDimension: ")
	if diff := cmp.Diff(before, w.grid("People")); diff != "" {
		t.Error(diff)
	}
	_, err = w.batch(&sheets.Request{AddChart: &sheets.AddChartRequest{}})
	w.wantRefused(err, 400, `Unknown name "addChart"`)
	_, err = w.batch()
	w.wantRefused(err, 400, "at least one request")
	_, err = w.batch(&sheets.Request{})
	w.wantRefused(err, 400, "requests[0]")
	_, err = w.batch(&sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{Dimension: "LAYERS", Length: 1}})
	w.wantRefused(err, 400, "Invalid value at 'dimension'")
}

func TestCells(t *testing.T) {
	w := people(t, sheetssim.Options{})
	formula, number, yes := "=D2+1", 7.5, true
	w.Edit(func(b *sheetssim.Book) { b.Tab("People").Set("F9", sheetssim.Formula(formula, 37)) })
	w.mustBatch(&sheets.Request{AppendCells: &sheets.AppendCellsRequest{
		Fields: "userEnteredValue", Rows: []*sheets.RowData{rowOf(text("=1+1"), text(""), text("+1555"))},
	}}, &sheets.Request{UpdateCells: &sheets.UpdateCellsRequest{
		Fields: "userEnteredValue", Start: &sheets.GridCoordinate{RowIndex: 3, ColumnIndex: 1},
		Rows: []*sheets.RowData{rowOf(
			&sheets.CellData{UserEnteredValue: &sheets.ExtendedValue{FormulaValue: &formula}},
			&sheets.CellData{UserEnteredValue: &sheets.ExtendedValue{NumberValue: &number}},
			&sheets.CellData{UserEnteredValue: &sheets.ExtendedValue{BoolValue: &yes}})},
	}}, &sheets.Request{UpdateCells: &sheets.UpdateCellsRequest{
		Fields: "userEnteredValue", Range: &sheets.GridRange{StartRowIndex: 1, EndRowIndex: 3, StartColumnIndex: 1, EndColumnIndex: 3},
		Rows: []*sheets.RowData{rowOf(text("Augusta"))},
	}}, &sheets.Request{RepeatCell: &sheets.RepeatCellRequest{
		Fields: "userEnteredFormat.numberFormat", Range: &sheets.GridRange{StartColumnIndex: 2, EndColumnIndex: 3},
		Cell: &sheets.CellData{UserEnteredFormat: &sheets.CellFormat{NumberFormat: &sheets.NumberFormat{Type: "TEXT"}}},
	}})
	w.wantGrid("People", "id|Name|Phone|Age||", "C-1|Augusta||36||", "C-2|||85||", "|37|7.5|TRUE||",
		"C-4|Radia|+14155550104|||", "|||||", "|||||", "|||||", "|||||37", "=1+1||+1555|||")
	w.View(func(b *sheetssim.Book) {
		if f := b.Tab("People").Cell("C900").Format; f != sheetssim.PlainText {
			t.Errorf("format %v", f)
		}
		if c := b.Tab("People").Cell("A10"); c.Formula != "" {
			t.Error("a text became a formula")
		}
	})
	_, err := w.batch(&sheets.Request{UpdateCells: &sheets.UpdateCellsRequest{
		Fields: "userEnteredValue", Range: &sheets.GridRange{EndRowIndex: 1, EndColumnIndex: 1},
		Rows: []*sheets.RowData{rowOf(text("a")), rowOf(text("b"))},
	}})
	w.wantRefused(err, 400, "Attempting to write row: 1, beyond the last requested row of: 0")
	_, err = w.batch(&sheets.Request{RepeatCell: &sheets.RepeatCellRequest{Range: &sheets.GridRange{}, Cell: text("a")}})
	w.wantRefused(err, 400, "At least one field")
}

func TestFindReplace(t *testing.T) {
	w := people(t, sheetssim.Options{})
	w.Edit(func(b *sheetssim.Book) {
		b.Tab("People").Fill(5, "tok-4", "tok-4 too", "TOK-4")
		b.Tab("People").Set("E2", sheetssim.Formula(`="tok-4"`, "tok-4"))
	})
	replies := w.mustBatch(&sheets.Request{FindReplace: &sheets.FindReplaceRequest{
		Find: "tok-4", Replacement: "0123", MatchCase: true, MatchEntireCell: true, AllSheets: true,
	}})
	want := &sheets.FindReplaceResponse{OccurrencesChanged: 1, ValuesChanged: 1, RowsChanged: 1, SheetsChanged: 1}
	if diff := cmp.Diff(want, replies[0].FindReplace); diff != "" {
		t.Error(diff)
	}
	w.wantGrid("People", "id|Name|Phone|Age|", "C-1|Ada|+14155550101|36|tok-4", "C-2|Grace||85|", "||||", "123|tok-4 too|TOK-4||")
	replies = w.mustBatch(&sheets.Request{FindReplace: &sheets.FindReplaceRequest{
		Find: "nothing", Range: &sheets.GridRange{StartColumnIndex: 0, EndColumnIndex: 1},
	}})
	if diff := cmp.Diff(&sheets.FindReplaceResponse{}, replies[0].FindReplace); diff != "" {
		t.Error(diff)
	}
}

func TestSheetProperties(t *testing.T) {
	w := people(t, sheetssim.Options{})
	update := func(fields string, p *sheets.SheetProperties) error {
		_, err := w.batch(&sheets.Request{UpdateSheetProperties: &sheets.UpdateSheetPropertiesRequest{Fields: fields, Properties: p}})
		return err
	}
	if err := update("title,gridProperties.rowCount", &sheets.SheetProperties{
		Title: "Jon's Data", GridProperties: &sheets.GridProperties{RowCount: 3, ColumnCount: 99},
	}); err != nil {
		t.Fatal(err)
	}
	w.wantGrid("Jon's Data", "id|Name|Phone|Age", "C-1|Ada|+14155550101|36", "C-2|Grace||85")
	v, err := w.client.Spreadsheets.Values.Get(w.ID(), "'Jon''s Data'!A2:Z").Do()
	if err != nil || v.Range != "'Jon''s Data'!A2:Z3" {
		t.Errorf("got %v %v", v, err)
	}
	w.wantRefused(update("", &sheets.SheetProperties{Title: "x"}), 400, "At least one field")
	w.wantRefused(update("title", &sheets.SheetProperties{SheetId: 5, Title: "x"}), 400, "No grid with id: 5")
	w.Edit(func(b *sheetssim.Book) { b.AddTab("Other") })
	w.wantRefused(update("title", &sheets.SheetProperties{Title: "Other"}), 400, "already exists")
}

func TestProtection(t *testing.T) {
	w := people(t, sheetssim.Options{})
	w.Edit(func(b *sheetssim.Book) {
		b.Tab("People").Protect("A:A", sheetssim.Protection{})
		b.Tab("People").Protect("B:B", sheetssim.Protection{WarningOnly: true})
		b.Tab("People").Protect("C:C", sheetssim.Protection{Editors: []string{sheetssim.DefaultUser}})
	})
	_, err := w.client.Spreadsheets.Values.BatchUpdate(w.ID(), &sheets.BatchUpdateValuesRequest{
		ValueInputOption: "RAW", Data: []*sheets.ValueRange{
			{Range: "People!A2:C2", Values: [][]any{{nil, "Augusta", "1"}}},
			{Range: "People!A3:C3", Values: [][]any{{"C-9"}}},
		},
	}).Do()
	w.wantRefused(err, 400, "Invalid data[1]: You are trying to edit a protected cell")
	_, err = w.batch(deleteRows(1, 2))
	w.wantRefused(err, 400, "Invalid requests[0].deleteDimension: You are trying to edit a protected cell")
	w.wantGrid("People", "id|Name|Phone|Age", "C-1|Ada|+14155550101|36", "C-2|Grace||85", "|||", "C-4|Radia|+14155550104|")
	replies := w.mustBatch(&sheets.Request{AddProtectedRange: &sheets.AddProtectedRangeRequest{ProtectedRange: &sheets.ProtectedRange{
		Range: &sheets.GridRange{StartRowIndex: 1}, Editors: &sheets.Editors{Users: []string{"boss@example.com"}},
	}}})
	added := replies[0].AddProtectedRange.ProtectedRange
	if added.ProtectedRangeId == 0 || len(added.Editors.Users) != 2 || added.Range.StartRowIndex != 1 || added.Range.EndRowIndex != 0 {
		t.Errorf("got %+v", added)
	}
}
