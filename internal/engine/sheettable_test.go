package engine_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"syncd/internal/contact"
	"syncd/internal/sources"
	"syncd/internal/sources/sheets"
	"syncd/internal/sources/sheets/sheetssim"
	"syncd/internal/state"
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

// movedRun is a run while somebody sorts the rows right before it writes into them. It may die at that.
func (t sheetTable) movedRun() {
	t.clock.advance(t.someTime())
	o := runOptions{}
	if t.rng.IntN(2) == 0 {
		o.crashAt = 1 + t.rng.IntN(pick(t.rng, 12, 30, 60))
	}
	sorting, column, descending, moved := 1+t.rng.IntN(3), string(rune('A'+t.rng.IntN(len(header)))), t.rng.IntN(2) == 0, t.rng.IntN(1000)
	t.book.Before(sheetssim.Writes, sorting, func(b *sheetssim.Book, _ sheetssim.Request) {
		tab := b.Tab(tabTitle)
		if used := len(tab.Texts()); used > 2 && moved%3 == 0 {
			tab.MoveRow(2+moved%(used-1), 2)
			return
		}
		tab.SortRows(column, descending)
	})
	t.note("somebody sorts meanwhile")
	t.run(o)
	t.book.ClearHooks()
}

// withoutStray returns a row without what a run that died wrote into it instead of another one: until it has back what it
// held, people know it as it was. What does not tell whose it is they put right themselves.
func (t sheetTable) withoutStray(r, now *line) *line {
	open, err := t.state.Open(context.Background(), "customers")
	if err != nil {
		t.t.Fatal(err)
	}
	now = &line{slices.Clone(now.cells), slices.Clone(now.raw)}
	for _, e := range open {
		if e.Side != contact.Source || e.Action != contact.Update || t.shape.keyed && e.Key == t.identity(r) {
			continue
		}
		hit, telling := t.hit(r, now, e)
		for _, col := range hit {
			t.note("row %s was hit by the write of %s: %s = %q", r.cells[colNo], e.Key, header[col], now.cells[col])
			now.cells[col], now.raw[col] = r.cells[col], r.raw[col]
			if !telling {
				t.mending = append(t.mending, place{row: r, facet: col})
			}
		}
	}
	return now
}

// hit returns the columns of a row that hold what a write would have left in another one, and whether they tell whose it is.
func (t sheetTable) hit(r, now *line, e state.Entry) (hit []int, telling bool) {
	var before, after map[string]struct{ Text string }
	if json.Unmarshal(e.Before, &before) != nil || json.Unmarshal(e.After, &after) != nil {
		return nil, false
	}
	for col, name := range header {
		have, want := now.cells[col], after[name].Text
		if before[name].Text == want {
			continue
		}
		if i := slices.IndexFunc(facets, func(f facet) bool { return f.column == col }); i >= 0 {
			have, want = facets[i].norm(t.world, have), facets[i].norm(t.world, want)
		}
		if have != want {
			return nil, false
		}
		if r.raw[col] != now.raw[col] {
			hit = append(hit, col)
			telling = telling || have != "" && (col == colPhone || col == colEmail || col == colContact && !t.shape.keyed)
		}
	}
	return hit, telling
}
