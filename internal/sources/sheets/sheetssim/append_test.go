package sheetssim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

func (w *world) append(rng, insert string, values ...[]any) (*sheets.AppendValuesResponse, error) {
	return w.client.Spreadsheets.Values.Append(w.ID(), rng, &sheets.ValueRange{Values: values}).
		ValueInputOption("RAW").InsertDataOption(insert).Do()
}

// The example of https://developers.google.com/workspace/sheets/api/guides/values#append_values.
func TestAppendFindsTheTable(t *testing.T) {
	for rng, want := range map[string]string{
		"Sheet1": "Sheet1!B7", "B4": "Sheet1!B7", "C5:D5": "Sheet1!B7", "B2:D4": "Sheet1!B7", "A3:G10": "Sheet1!B7",
		"A1": "Sheet1!A3", "E4": "Sheet1!E4",
	} {
		w := newWorld(t, sheetssim.Options{})
		w.Edit(func(b *sheetssim.Book) {
			b.AddTab("Sheet1", []any{"x", "y", "z"}, []any{"x", "y", "z"}, nil, []any{nil, "x", "y"}, []any{nil, nil, "y", "z"},
				[]any{nil, "x", "y", "z"})
		})
		answer, err := w.append(rng, "OVERWRITE", []any{"new"})
		if err != nil {
			t.Fatal(err)
		}
		if answer.Updates.UpdatedRange != want {
			t.Errorf("%s: written to %s, want %s", rng, answer.Updates.UpdatedRange, want)
		}
		if tabled := answer.TableRange != ""; tabled != (rng != "E4") {
			t.Errorf("%s: table %q", rng, answer.TableRange)
		}
	}
}

func TestAppendInsertsAndGrows(t *testing.T) {
	w := people(t, sheetssim.Options{MaxCells: 4*6 + 6})
	w.Edit(func(b *sheetssim.Book) {
		b.Tab("People").Resize(5, 4)
		b.Tab("People").Format("C3:C3", sheetssim.PlainText)
	})
	if _, err := w.append("'People'!A1:D1", "INSERT_ROWS", []any{"C-3", "Katherine"}); err != nil {
		t.Fatal(err)
	}
	w.wantGrid("People", "id|Name|Phone|Age", "C-1|Ada|+14155550101|36", "C-2|Grace||85", "C-3|Katherine||", "|||",
		"C-4|Radia|+14155550104|")
	w.View(func(b *sheetssim.Book) {
		rows, columns := b.Tab("People").Size()
		if rows != 6 || columns != 4 || b.Tab("People").Cell("C4").Format != sheetssim.PlainText {
			t.Errorf("grid of %d rows and %d columns", rows, columns)
		}
	})
	if _, err := w.append("'People'!A6", "OVERWRITE", []any{"C-5", nil, nil, nil, "new column"}); err == nil {
		t.Error("grown past the limit")
	} else {
		w.wantRefused(err, 400, "above the limit of 30 cells")
	}
	if _, err := w.append("'People'!A6", "OVERWRITE", []any{"C-5"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.append("'People'!A1", "OVERWRITE", []any{"C-6"}, []any{"C-7"}); err != nil {
		t.Fatal(err)
	}
	w.wantGrid("People", "id|Name|Phone|Age", "C-1|Ada|+14155550101|36", "C-2|Grace||85", "C-3|Katherine||", "C-6|||",
		"C-7|Radia|+14155550104|", "C-5|||")
}

// An empty first cell moves the next row to the right, as people saw.
func TestAppendAtLastRow(t *testing.T) {
	for shifts, want := range map[bool]string{false: "People!A6:B6", true: "People!B6:C6"} {
		w := people(t, sheetssim.Options{AppendAtLastRow: shifts})
		w.Edit(func(b *sheetssim.Book) { b.Tab("People").Fill(4, "C-3"); b.Tab("People").Set("A5", nil) })
		answer, err := w.append("'People'!A1:D1", "INSERT_ROWS", []any{"C-5", "Katherine"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, answer.Updates.UpdatedRange); diff != "" {
			t.Error(diff)
		}
	}
}
