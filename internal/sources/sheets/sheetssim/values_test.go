package sheetssim_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

func TestReadTrims(t *testing.T) {
	w := people(t, sheetssim.Options{})
	v, err := w.client.Spreadsheets.Values.BatchGet(w.ID()).Ranges("'People'!A1:F", "People!E1:F", "C2:C").
		ValueRenderOption("UNFORMATTED_VALUE").Do()
	if err != nil {
		t.Fatal(err)
	}
	all := v.ValueRanges
	w.wantValues(all[0].Values, row("id", "Name", "Phone", "Age"), row("C-1", "Ada", "+14155550101", 36.0),
		row("C-2", "Grace", "", 85.0), row(), row("C-4", "Radia", "+14155550104"))
	w.wantValues(all[1].Values)
	w.wantValues(all[2].Values, row("+14155550101"), row(), row(), row("+14155550104"))
	var ranges []string
	for _, r := range all {
		ranges = append(ranges, r.Range)
	}
	if diff := cmp.Diff([]string{"People!A1:F1000", "People!E1:F1000", "People!C2:C1000"}, ranges); diff != "" {
		t.Error(diff)
	}
	columns, err := w.client.Spreadsheets.Values.Get(w.ID(), "People!A1:B3").MajorDimension("COLUMNS").Do()
	if err != nil || columns.MajorDimension != "COLUMNS" {
		t.Fatal(columns, err)
	}
	w.wantValues(columns.Values, row("id", "C-1", "C-2"), row("Name", "Ada", "Grace"))
}

func TestRendering(t *testing.T) {
	w := newWorld(t, sheetssim.Options{})
	w.Edit(func(b *sheetssim.Book) {
		b.AddTab("T", []any{
			"a", 15551234567, sheetssim.Cell{Value: 5.55e9, Text: "5.55E+09"}, true, sheetssim.Date(2026, 1, 5, "yyyy-mm-dd"),
			sheetssim.Formula("=A1&1", "a1"), sheetssim.Error("#REF!"), sheetssim.Formula("=1/0", sheetssim.Error("#DIV/0!")),
			"=1+1", 0.1, sheetssim.Formula(`=""`, ""), 1e20,
		})
	})
	for _, test := range []struct {
		value, dates string
		want         []any
	}{
		{"", "", row("a", "15551234567", "5.55E+09", "TRUE", "2026-01-05", "a1", "#REF!", "#DIV/0!", "=1+1", "0.1", "", "1E+20")},
		{"UNFORMATTED_VALUE", "", row("a", 15551234567.0, 5.55e9, true, 46027.0, "a1", "#REF!", "#DIV/0!", "=1+1", 0.1, "", 1e20)},
		{"UNFORMATTED_VALUE", "FORMATTED_STRING",
			row("a", 15551234567.0, 5.55e9, true, "2026-01-05", "a1", "#REF!", "#DIV/0!", "=1+1", 0.1, "", 1e20)},
		{"FORMULA", "FORMATTED_STRING", row("a", 15551234567.0, 5.55e9, true, 46027.0, "=A1&1", "#REF!", "=1/0", "=1+1", 0.1, `=""`, 1e20)},
	} {
		call := w.client.Spreadsheets.Values.Get(w.ID(), "'T'")
		if test.value != "" {
			call.ValueRenderOption(test.value)
		}
		if test.dates != "" {
			call.DateTimeRenderOption(test.dates)
		}
		v, err := call.Do()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]any{test.want}, v.Values); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.value, test.dates, diff)
		}
	}
}

func (w *world) updateRaw(data ...*sheets.ValueRange) (*sheets.BatchUpdateValuesResponse, error) {
	return w.client.Spreadsheets.Values.BatchUpdate(w.ID(), &sheets.BatchUpdateValuesRequest{
		ValueInputOption: "RAW", IncludeValuesInResponse: true, ResponseValueRenderOption: "UNFORMATTED_VALUE", Data: data,
	}).Do()
}

func TestWriteSkipsNullAndEchoes(t *testing.T) {
	w := people(t, sheetssim.Options{})
	answer, err := w.updateRaw(
		&sheets.ValueRange{Range: "'People'!A2:C2", Values: [][]any{{nil, "Ada L.", nil}}},
		&sheets.ValueRange{Range: "'People'!A3:D3", Values: [][]any{{nil, "", "=1+1"}}},
		&sheets.ValueRange{Range: "People!F1:F", MajorDimension: "COLUMNS", Values: [][]any{{"x", 7, true}}},
		&sheets.ValueRange{Range: "People!A7", Values: [][]any{{"origin"}, {nil, "007"}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	w.wantGrid("People", "id|Name|Phone|Age||x", "C-1|Ada L.|+14155550101|36||7", "C-2||=1+1|85||TRUE", "|||||",
		"C-4|Radia|+14155550104|||", "|||||", "origin|||||", "|007||||")
	for i, want := range []struct {
		updated, echoed string
		cells           int64
		values          [][]any
	}{
		{"People!A2:C2", "People!A2:C2", 1, [][]any{row("C-1", "Ada L.", "+14155550101")}},
		{"People!A3:C3", "People!A3:D3", 2, [][]any{row("C-2", "", "=1+1", 85.0)}},
		{"People!F1:F3", "People!F1:F1000", 3, [][]any{row("x", 7.0, true)}},
		{"People!A7:B8", "People!A7:B8", 2, [][]any{row("origin"), row("", "007")}},
	} {
		got := answer.Responses[i]
		if got.UpdatedRange != want.updated || got.UpdatedData.Range != want.echoed || got.UpdatedCells != want.cells {
			t.Errorf("got %s %s %d, want %+v", got.UpdatedRange, got.UpdatedData.Range, got.UpdatedCells, want)
		}
		w.wantValues(got.UpdatedData.Values, want.values...)
	}
	if answer.TotalUpdatedCells != 8 || answer.TotalUpdatedSheets != 1 || answer.TotalUpdatedRows != 7 {
		t.Errorf("got totals %+v", answer)
	}
}

func TestWritesRefused(t *testing.T) {
	w := people(t, sheetssim.Options{WritesPerMinute: -1})
	w.Edit(func(b *sheetssim.Book) { b.AddChart("Chart") })
	before := w.grid("People")
	good := &sheets.ValueRange{Range: "People!A2", Values: [][]any{{"changed"}}}
	for _, test := range []struct {
		name    string
		bad     *sheets.ValueRange
		message string
	}{
		{"no such tab", &sheets.ValueRange{Range: "Nope!A1", Values: [][]any{{1}}}, "Invalid data[1]: Unable to parse range: Nope!A1"},
		{"a chart", &sheets.ValueRange{Range: "Chart!A1", Values: [][]any{{1}}}, "Unable to parse range: Chart!A1"},
		{"row outside", &sheets.ValueRange{Range: "People!A1001", Values: [][]any{{1}}},
			"Range (People!A1001) exceeds grid limits. Max rows: 1000, max columns: 26"},
		{"column outside", &sheets.ValueRange{Range: "CRM26", Values: [][]any{{1}}}, "exceeds grid limits"},
		{"end outside", &sheets.ValueRange{Range: "People!Z1:AA1", Values: [][]any{{1}}}, "exceeds grid limits"},
		{"too many rows", &sheets.ValueRange{Range: "People!A11:B13", Values: [][]any{{1}, {1}, {1}, {1}}},
			"Requested writing within range ['People'!A11:B13], but tried writing to row [14]"},
		{"too many columns", &sheets.ValueRange{Range: "People!A11:B13", Values: [][]any{{1, 2, 3}}}, "tried writing to column [C]"},
		{"too long", &sheets.ValueRange{Range: "People!A1", Values: [][]any{{strings.Repeat("é", 50_001)}}},
			"Your input contains more than the maximum of 50000 characters in a single cell."},
		{"a list", &sheets.ValueRange{Range: "People!A1", Values: [][]any{{[]any{1}}}}, "list_value"},
		{"dimension", &sheets.ValueRange{Range: "People!A1", MajorDimension: "LAYERS"}, "Invalid value at 'major_dimension'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := w.updateRaw(good, test.bad)
			w.wantRefused(err, 400, test.message)
			if diff := cmp.Diff(before, w.grid("People")); diff != "" {
				t.Errorf("half of it was written:\n%s", diff)
			}
		})
	}
	_, err := w.client.Spreadsheets.Values.Update(w.ID(), "People!A1", good).Do()
	w.wantRefused(err, 400, "'valueInputOption' is required but not specified")
	_, err = w.client.Spreadsheets.Values.Update(w.ID(), "People!A1", good).ValueInputOption("RAW").Do()
	w.wantRefused(err, 400, "does not match")
	_, err = w.client.Spreadsheets.Values.Update(w.ID(), "People!A2", good).ValueInputOption("COOKED").Do()
	w.wantRefused(err, 400, "Invalid value at 'value_input_option'")
	_, err = w.client.Spreadsheets.Values.Get(w.ID(), "People!A1001:B").Do()
	w.wantRefused(err, 400, "Range (People!A1001:B) exceeds grid limits")
}

// A text that is written as if typed is not what was written.
func TestUserEntered(t *testing.T) {
	w := newWorld(t, sheetssim.Options{})
	w.Edit(func(b *sheetssim.Book) {
		b.AddTab("T").Format("C1:C20", sheetssim.PlainText)
	})
	texts := []string{
		"+15551234567", "0207", "=1+1", "'007", "TRUE", "+1 555 123", "+1-555-123-4567", "2026-01-05", "3-4", "plain", "1,234.5",
	}
	var lines [][]any
	for _, s := range texts {
		lines = append(lines, []any{s, nil, s})
	}
	if _, err := w.client.Spreadsheets.Values.Update(w.ID(), "T!A1", &sheets.ValueRange{Values: lines}).
		ValueInputOption("USER_ENTERED").Do(); err != nil {
		t.Fatal(err)
	}
	w.wantValues(w.read("T!A:A"), row(15551234567.0), row(207.0), row(2.0), row("007"), row(true), row("#ERROR!"), row(-5244.0),
		row(46027.0), row(46085.0), row("plain"), row(1234.5))
	var plain []string
	for _, line := range w.read("T!C:C") {
		plain = append(plain, line[0].(string))
	}
	if diff := cmp.Diff(texts, plain); diff != "" {
		t.Errorf("plain text (-want +got):\n%s", diff)
	}
	w.Edit(func(b *sheetssim.Book) {
		b.Tab("T").Type("B1", "+15551234567")
		if c := b.Tab("T").Cell("B1"); c.Value != 15551234567.0 {
			t.Errorf("typed: %+v", c)
		}
	})
}

func TestClear(t *testing.T) {
	w := people(t, sheetssim.Options{})
	w.Edit(func(b *sheetssim.Book) { b.Tab("People").Format("B2:B2", sheetssim.PlainText) })
	one, err := w.client.Spreadsheets.Values.Clear(w.ID(), "People!B2:C", &sheets.ClearValuesRequest{}).Do()
	if err != nil || one.ClearedRange != "People!B2:C1000" {
		t.Errorf("got %+v %v", one, err)
	}
	both, err := w.client.Spreadsheets.Values.BatchClear(w.ID(), &sheets.BatchClearValuesRequest{
		Ranges: []string{"People!A5", "People!D1"},
	}).Do()
	if err != nil || len(both.ClearedRanges) != 2 {
		t.Errorf("got %+v %v", both, err)
	}
	w.wantGrid("People", "id|Name|Phone|", "C-1|||36", "C-2|||85")
	w.View(func(b *sheetssim.Book) {
		if b.Tab("People").Cell("B2").Format != sheetssim.PlainText {
			t.Error("the format is gone")
		}
	})
	_, err = w.client.Spreadsheets.Values.BatchClear(w.ID(), &sheets.BatchClearValuesRequest{
		Ranges: []string{"People!A1", "Nope!D1"},
	}).Do()
	w.wantRefused(err, 400, "Invalid ranges[1]: Unable to parse range: Nope!D1")
	w.wantGrid("People", "id|Name|Phone|", "C-1|||36", "C-2|||85")
}
