package sheetssim_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/api/sheets/v4"

	"syncd/internal/sources/sheets/sheetssim"
)

func TestPeople(t *testing.T) {
	w := people(t, sheetssim.Options{})
	edit := func(f func(*sheetssim.Tab)) { w.Edit(func(b *sheetssim.Book) { f(b.Tab("People")) }) }
	edit(func(tab *sheetssim.Tab) {
		tab.DeleteRows(4, 1)
		tab.SortRange("B2:C", "B", true)
	})
	w.wantGrid("People", "id|Name|Phone|Age", "C-1|Radia|+14155550104|36", "C-2|Grace||85", "C-4|Ada|+14155550101|")
	edit(func(tab *sheetssim.Tab) {
		tab.InsertColumn("B")
		tab.MoveColumn("D", "A")
		tab.DeleteColumn("C")
	})
	w.wantGrid("People", "Phone|id|Name|Age", "+14155550104|C-1|Radia|36", "|C-2|Grace|85", "+14155550101|C-4|Ada|")
	edit(func(tab *sheetssim.Tab) {
		if row := tab.AddRow("1", "C-5", true, sheetssim.Error("#N/A")); row != 5 {
			t.Errorf("added as row %d", row)
		}
		tab.CopyRow(tab.Find("B", "C-2"), 2)
		tab.SortRows("D", false)
	})
	w.wantGrid("People", "Phone|id|Name|Age", "|C-2|Grace|85", "|C-2|Grace|85", "1|C-5|TRUE|#N/A", "+14155550101|C-4|Ada|")
	edit(func(tab *sheetssim.Tab) {
		tab.Resize(3, 2)
		if tab.ID() != 0 || tab.Title() != "People" || tab.Find("A", "nobody") != 0 {
			t.Errorf("tab %d %q", tab.ID(), tab.Title())
		}
	})
	w.wantGrid("People", "Phone|id", "|C-2", "|C-2")
}

// What cannot be done is a mistake in the test, and says so.
func TestMistakes(t *testing.T) {
	for want, mistake := range map[string]func(*sheetssim.Book, *sheetssim.Tab){
		"no tab":           func(b *sheetssim.Book, _ *sheetssim.Tab) { b.Tab("Nope") },
		"there is a tab":   func(b *sheetssim.Book, _ *sheetssim.Tab) { b.AddTab("People") },
		"a tab \"People\"": func(_ *sheetssim.Book, tab *sheetssim.Tab) { tab.Rename("People") },
		"is no range":      func(_ *sheetssim.Book, tab *sheetssim.Tab) { tab.SortRange("nonsense!", "A", false) },
		"exceeds grid":     func(_ *sheetssim.Book, tab *sheetssim.Tab) { tab.Set("A1001", 1) },
		"is not one cell":  func(_ *sheetssim.Book, tab *sheetssim.Tab) { tab.Set("A1:B1", 1) },
		"no row 1001":      func(_ *sheetssim.Book, tab *sheetssim.Tab) { tab.DeleteRows(1001, 1) },
		"a cell holds":     func(_ *sheetssim.Book, tab *sheetssim.Tab) { tab.Set("A1", []int{1}) },
	} {
		w := people(t, sheetssim.Options{})
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, "sheetssim: ") || !strings.Contains(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}()
			w.Edit(func(b *sheetssim.Book) { mistake(b, b.Tab("People")) })
		}()
		w.read("People!A1") // no lock was left behind
	}
}

// Only the first of merged cells holds something.
func TestMerged(t *testing.T) {
	w := people(t, sheetssim.Options{})
	w.Edit(func(b *sheetssim.Book) { b.Tab("People").Merge("A2:B3") })
	if _, err := w.updateRaw(&sheets.ValueRange{Range: "People!A2:C3", Values: [][]any{{"a", "b", "c"}, {"d", "e", "f"}}}); err != nil {
		t.Fatal(err)
	}
	w.wantGrid("People", "id|Name|Phone|Age", "a||c|36", "||f|85", "|||", "C-4|Radia|+14155550104|")
}
