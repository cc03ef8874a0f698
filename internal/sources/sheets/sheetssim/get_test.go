package sheetssim_test

import (
	"testing"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

func (w *world) get(fields string, ranges ...string) *sheets.Spreadsheet {
	w.Helper()
	s, err := w.client.Spreadsheets.Get(w.ID()).Ranges(ranges...).Fields(googleapi.Field(fields)).Do()
	if err != nil {
		w.Fatal(err)
	}
	return s
}

func TestGet(t *testing.T) {
	w := people(t, sheetssim.Options{})
	w.Edit(func(b *sheetssim.Book) {
		tab := b.Tab("People")
		tab.Merge("B2:C3")
		tab.Hide(3, sheetssim.ByFilter)
		tab.Hide(5, sheetssim.ByUser)
		tab.Freeze(1)
		tab.Protect("", sheetssim.Protection{Except: []string{"B:B"}, Description: "ask the boss"})
		tab.Set("E2", sheetssim.Formula("=D2+1", 37))
		tab.Set("E3", sheetssim.Formula("=1/0", sheetssim.Error("#DIV/0!")))
		b.AddTab("Other")
		b.AddChart("Chart")
	})
	all := w.get("spreadsheetId,sheets(properties(sheetId,title,sheetType,gridProperties),merges,protectedRanges)")
	if len(all.Sheets) != 3 || all.SpreadsheetId != w.ID() || all.SpreadsheetUrl != "" {
		t.Fatalf("got %+v", all)
	}
	first, chart := all.Sheets[0], all.Sheets[2]
	if p := first.Properties; p.Title != "People" || p.SheetId != 0 || p.GridProperties.RowCount != 1000 ||
		p.GridProperties.FrozenRowCount != 1 || p.Index != 0 || first.Data != nil {
		t.Errorf("got %+v", p)
	}
	if chart.Properties.SheetType != "OBJECT" || chart.Properties.SheetId == all.Sheets[1].Properties.SheetId {
		t.Errorf("got %+v", chart.Properties)
	}
	if m := first.Merges[0]; m.StartRowIndex != 1 || m.EndRowIndex != 3 || m.StartColumnIndex != 1 || m.EndColumnIndex != 3 {
		t.Errorf("merge %+v", m)
	}
	if p := first.ProtectedRanges[0]; p.RequestingUserCanEdit || p.UnprotectedRanges[0].EndColumnIndex != 2 || p.Range.EndRowIndex != 0 {
		t.Errorf("protection %+v", p)
	}

	data := w.get("sheets.data", "People!D2:E5").Sheets[0].Data[0]
	if data.StartRow != 1 || data.StartColumn != 3 || len(data.RowData) != 2 || len(data.RowMetadata) != 4 {
		t.Fatalf("got %+v", data)
	}
	if !data.RowMetadata[1].HiddenByFilter || !data.RowMetadata[3].HiddenByUser {
		t.Error("hidden rows are not told")
	}
	formula, broken := data.RowData[0].Values[1], data.RowData[1].Values[1]
	if *formula.UserEnteredValue.FormulaValue != "=D2+1" || *formula.EffectiveValue.NumberValue != 37 || formula.FormattedValue != "37" {
		t.Errorf("got %+v", formula)
	}
	if broken.EffectiveValue.ErrorValue.Type != "DIVIDE_BY_ZERO" {
		t.Errorf("got %+v", broken)
	}
	if whole, err := w.client.Spreadsheets.Get(w.ID()).IncludeGridData(true).Do(); err != nil || len(whole.Sheets[0].Data[0].RowData) != 5 {
		t.Errorf("got %+v %v", whole, err)
	}
	if none, err := w.client.Spreadsheets.Get(w.ID()).Do(); err != nil || none.Sheets[0].Data != nil || none.Properties.Title == "" {
		t.Errorf("got %+v %v", none, err)
	}
}

func TestFieldsRefused(t *testing.T) {
	w := people(t, sheetssim.Options{})
	for _, fields := range []string{"sheets.cells", "sheets(properties", "sheets()", ",", "sheets.properties.title.x"} {
		_, err := w.client.Spreadsheets.Get(w.ID()).Fields(googleapi.Field(fields)).Do()
		w.wantRefused(err, 400, "nvalid field selection")
	}
	v, err := w.client.Spreadsheets.Values.Get(w.ID(), "People!A1:B1").Fields("values").Do()
	if err != nil || v.Range != "" {
		t.Errorf("got %+v %v", v, err)
	}
	w.wantValues(v.Values, row("id", "Name"))
	if all := w.get("*").Sheets; len(all) != 1 {
		t.Errorf("got %+v", all)
	}
	if s := w.get("sheets(properties/title,properties/sheetId)").Sheets[0]; s.Properties.Title != "People" {
		t.Errorf("got %+v", s.Properties)
	}
}
