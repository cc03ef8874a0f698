package sheets

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	api "google.golang.org/api/sheets/v4"

	"syncd/internal/contact"
)

// grid is some cells of the tab with all that there is to know about them, just before they are written.
type grid struct {
	sheet *api.Sheet
	cells map[place]*api.CellData
}

// place is a row and a column, both counted from 0.
type place struct{ row, column int }

// inspect looks once more at the cells that are to be written, and returns the targets whose cells are as they were. The
// look at the whole tab was long ago by then, in a large one, and does not tell text from formulas. The columns are not as
// they were when moved is true; then nothing may be written.
func (w *writer) inspect(ctx context.Context, now *survey, targets []*target) (ready []*target, moved bool, err error) {
	if len(targets) == 0 {
		return nil, false, nil
	}
	ranges := []*api.GridRange{w.gridRange(0, 0, len(now.header)-1)}
	for _, t := range targets {
		first, last := t.span()
		ranges = append(ranges, w.gridRange(t.row, first, last))
	}
	sheet, err := w.client.grid(ctx, ranges)
	if isOutside(err) {
		return nil, true, w.refind(ctx, targets)
	}
	if err != nil {
		return nil, false, err
	}
	g := newGrid(sheet)
	w.tab = tabOf(sheet)
	if !g.hasHeader(now.header) {
		return nil, true, w.allAgain(targets, nil)
	}
	w.headerClosed = slices.ContainsFunc(upTo(len(now.header)), func(column int) bool { return g.protection(place{0, column}) != nil })
	for _, t := range targets {
		ok, err := w.isReady(t, g)
		if err != nil {
			return nil, false, err
		}
		if ok {
			ready = append(ready, t)
		}
	}
	return ready, false, nil
}

// keep lets targets that were not tried stand as if they had not been taken up.
func (w *writer) keep(targets []*target) {
	for _, t := range targets {
		if t.repair == nil {
			w.todo = append(w.todo, t.change)
		}
	}
}

func (w *writer) gridRange(row, first, last int) *api.GridRange {
	return &api.GridRange{
		SheetId: w.tab.id, StartRowIndex: int64(row), EndRowIndex: int64(row) + 1,
		StartColumnIndex: int64(first), EndColumnIndex: int64(last) + 1,
		ForceSendFields: []string{"SheetId", "StartRowIndex", "StartColumnIndex"}, // 0 would mean no bound
	}
}

func newGrid(sheet *api.Sheet) *grid {
	g := &grid{sheet, map[place]*api.CellData{}}
	for _, data := range sheet.Data {
		for i, row := range data.RowData {
			for j, cell := range row.Values {
				g.cells[place{int(data.StartRow) + i, int(data.StartColumn) + j}] = cell
			}
		}
	}
	return g
}

// isReady reports whether a target may be written; else it has an outcome, or is for the next round.
func (w *writer) isReady(t *target, g *grid) (bool, error) {
	for column, text := range t.expect {
		if !g.shows(place{t.row, column}, text) {
			return false, w.again(t, nil) // another row is there now
		}
	}
	for _, column := range slices.Sorted(maps.Keys(t.cells)) {
		at := place{t.row, column}
		switch reason := g.forbids(at); {
		case t.repair != nil && (reason != "" || !g.shows(at, t.was[column])):
			return false, w.again(t, nil)
		case reason != "":
			w.refuse(t.change, "column %q: %s", t.from.header[column], reason)
			return false, nil
		case !g.shows(at, t.was[column]):
			w.stale(t.change, "row %d, column %q: no longer holds what it did", t.row+1, t.from.header[column])
			return false, nil
		}
	}
	first, last := t.span()
	t.closed = slices.ContainsFunc(upTo(last + 1)[first:], func(column int) bool { return g.protection(place{t.row, column}) != nil })
	return true, nil
}

// hasHeader reports whether the first row names the same columns still.
func (g *grid) hasHeader(h header) bool {
	for column, name := range h {
		if contact.NormalizeText(g.text(place{0, column})) != name {
			return false
		}
	}
	return true
}

// text is what a cell shows, a number in full.
func (g *grid) text(at place) string {
	cell := g.cells[at]
	if cell == nil || cell.EffectiveValue == nil {
		return ""
	}
	switch v := cell.EffectiveValue; {
	case v.StringValue != nil:
		return *v.StringValue
	case v.NumberValue != nil:
		return textOf(*v.NumberValue)
	case v.BoolValue != nil:
		return textOf(*v.BoolValue)
	}
	return cell.FormattedValue // of an error
}

// shows reports whether a cell shows a text: as it is, or for a date as people see it.
func (g *grid) shows(at place, text string) bool {
	cell := g.cells[at]
	isNumber := cell != nil && cell.EffectiveValue != nil && cell.EffectiveValue.NumberValue != nil
	return g.text(at) == text || isNumber && cell.FormattedValue == text
}

// forbids says why a cell must not be written, or "".
func (g *grid) forbids(at place) string {
	if cell := g.cells[at]; cell != nil {
		switch v := cell.UserEnteredValue; {
		case v != nil && v.FormulaValue != nil:
			return "the cell holds a formula, which syncd does not overwrite"
		case v == nil && g.text(at) != "":
			return "the cell is filled by a formula in another cell"
		}
	}
	for _, m := range g.sheet.Merges {
		if contains(m, at) {
			return "the cell is merged with others: unmerge them"
		}
	}
	if p := g.protection(at); p != nil {
		return fmt.Sprintf("the cell is in the protected range %q: let the account that syncd uses edit it",
			cmp.Or(p.Description, "without a name"))
	}
	return ""
}

// protection returns what keeps syncd out of a cell, nil for nothing.
func (g *grid) protection(at place) *api.ProtectedRange {
	for _, p := range g.sheet.ProtectedRanges {
		open := slices.ContainsFunc(p.UnprotectedRanges, func(r *api.GridRange) bool { return contains(r, at) })
		if p.Range != nil && contains(p.Range, at) && !open && !p.RequestingUserCanEdit && !p.WarningOnly {
			return p
		}
	}
	return nil
}

// contains reports whether a cell is in a range, which may have no end.
func contains(r *api.GridRange, at place) bool {
	in := func(i int, start, end int64) bool { return int64(i) >= start && (end == 0 || int64(i) < end) }
	return in(at.row, r.StartRowIndex, r.EndRowIndex) && in(at.column, r.StartColumnIndex, r.EndColumnIndex)
}
