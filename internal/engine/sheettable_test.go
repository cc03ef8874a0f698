package engine_test

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"syncd/internal/sources"
	"syncd/internal/sources/sheets"
	"syncd/internal/sources/sheets/sheetssim"
)

// sheetTable is a tab that several people have open.
type sheetTable struct {
	*world
	book *sheetssim.Spreadsheet
}

const tabTitle = "People"

func newSheetTable(w *world) sheetTable {
	t := sheetTable{w, sheetssim.New(sheetssim.Options{ReadsPerMinute: -1, WritesPerMinute: -1, Now: w.clock.Now})}
	t.book.Edit(func(b *sheetssim.Book) {
		tab := b.AddTab(tabTitle)
		tab.Fill(1, values(header)...)
	})
	w.head = header
	return t
}

func values(cells []string) []any {
	all := make([]any, len(cells))
	for i, text := range cells {
		if text != "" {
			all[i] = text
		}
	}
	return all
}

// save changes the cells that people changed since they looked, and the order of the rows.
func (t sheetTable) save() {
	t.book.Edit(func(b *sheetssim.Book) {
		tab := b.Tab(tabTitle)
		now := t.linesOf(tab)[1:]
		for i := range now {
			tab.Fill(i+2, make([]any, len(header))...)
		}
		for i, r := range t.rows {
			cells := slices.Clone(r.cells)
			if at := slices.IndexFunc(now, r.is); at >= 0 {
				for c := range cells {
					if r.cells[c] == r.raw[c] {
						cells[c] = now[at].cells[c]
					}
				}
			}
			r.raw = slices.Clone(r.cells)
			tab.Fill(i+2, values(cells)...)
		}
	})
}

func (t sheetTable) lines() (all []*line) {
	t.book.View(func(b *sheetssim.Book) { all = t.linesOf(b.Tab(tabTitle)) })
	return all
}

func (t sheetTable) linesOf(tab *sheetssim.Tab) (all []*line) {
	for _, texts := range tab.Texts() {
		cells := append(texts, make([]string, max(0, len(header)-len(texts)))...)
		if strings.Join(cells, "") != "" {
			all = append(all, &line{cells, slices.Clone(cells)})
		}
	}
	return all
}

func (t sheetTable) text() string {
	var all []string
	for _, r := range t.lines() {
		all = append(all, strings.Join(r.cells, "\t"))
	}
	return strings.Join(all, "\n")
}

func (sheetTable) ordered() bool { return false }

func (t sheetTable) source(p *process) sources.Source {
	return sheets.New(sheets.Options{Spreadsheet: t.book.ID(), Tab: tabTitle, Key: p.engine.Sync.Mapping.Key, Quota: sheets.NewQuota(0),
		FirstWait: time.Millisecond, HTTPClient: &http.Client{Transport: mortalTransport{t.book.Transport(), p.death}}})
}
