package sheets

import (
	"testing"

	"syncd/internal/sources"
	"syncd/internal/sources/sheets/sheetssim"
	"syncd/internal/sources/sourcetest"
)

func TestConformance(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T, header []string, rows [][]string) sourcetest.Harness {
		return newHarness(t, header, rows)
	})
}

// harness is a person who edits the tab in a browser.
type harness struct {
	*world
	columns []string
}

func newHarness(t *testing.T, header []string, rows [][]string) *harness {
	h := &harness{newWorld(t, Options{Key: []string{sourcetest.Key}}), header}
	h.edit(func(tab *sheetssim.Tab) {
		if grid, columns := tab.Size(); grid < len(rows)+1 {
			tab.Resize(len(rows)+1, columns)
		}
		fill(tab, 1, header)
		for i, row := range rows {
			fill(tab, i+2, row)
		}
	})
	return h
}

func (h *harness) Source() sources.Source { return h.sheet() }

func (h *harness) Rows() [][]string {
	var rows [][]string
	for _, row := range h.texts()[1:] {
		rows = append(rows, row[:len(h.columns)])
	}
	return rows
}

func (h *harness) SetCell(row int, column, text string) {
	h.edit(func(tab *sheetssim.Tab) {
		for i, name := range h.columns {
			if name == column {
				tab.Set(letters(i)+number(row+2), plain(text))
			}
		}
	})
}

func (h *harness) DeleteRow(row int) { h.edit(func(tab *sheetssim.Tab) { tab.DeleteRows(row+2, 1) }) }

func (h *harness) InsertRow(row int, cells []string) {
	h.edit(func(tab *sheetssim.Tab) {
		tab.InsertRows(row+2, 1)
		fill(tab, row+2, cells)
	})
}

func (h *harness) Sort(column string) {
	h.edit(func(tab *sheetssim.Tab) {
		for i, name := range h.columns {
			if name == column {
				tab.SortRows(letters(i), true)
			}
		}
	})
}
