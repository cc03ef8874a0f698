package sheetssim

import (
	"fmt"
	"slices"
)

// This file is a person at the screen. Protections do not bind them: they are the owner.

// Set gives a cell a value: a string, float64, int, bool or Error, nil to empty it, or a whole Cell.
func (t *Tab) Set(cell string, value any) {
	a := t.cell(cell)
	t.fill(a.top, a.left, t.book.cellOf(value))
}

// cellOf makes a cell of what a test writes, and remembers what formulas come to.
func (b *Book) cellOf(v any) Cell {
	if c, ok := v.(Cell); ok {
		c.Value = plain(c.Value)
		if c.Formula != "" {
			b.results[c.Formula] = c.Value
		}
		return c
	}
	return Cell{Value: plain(v)}
}

// Type types a text into a cell, and Sheets makes of it what it wants.
func (t *Tab) Type(cell, text string) {
	a := t.cell(cell)
	t.put(a.top, a.left, t.book.typed(t.at(a.top, a.left), text))
}

// Cell returns a cell.
func (t *Tab) Cell(cell string) Cell {
	a := t.cell(cell)
	return t.at(a.top, a.left)
}

// Texts returns what the screen shows, from the first row to the last that holds something; all rows are equally long.
func (t *Tab) Texts() [][]string {
	height, width := t.used()
	all := make([][]string, height)
	for r := range all {
		all[r] = make([]string, width)
		for c := range all[r] {
			all[r][c] = t.at(r, c).Shown()
		}
	}
	return all
}

// Size is how many rows and columns the grid has.
func (t *Tab) Size() (rows, columns int) { return len(t.rows), t.columns }

// Find returns the first row whose cell in the column shows the text, 0 when there is none.
func (t *Tab) Find(column, text string) int {
	c := t.column(column)
	for r := range t.rows {
		if t.at(r, c).Shown() == text {
			return r + 1
		}
	}
	return 0
}

// Fill writes values into a row, from the first column on.
func (t *Tab) Fill(row int, values ...any) {
	for c, v := range values {
		t.fill(t.row(row), c, t.book.cellOf(v))
	}
}

// AddRow writes values below everything else and returns the number of that row.
func (t *Tab) AddRow(values ...any) int {
	height, _ := t.used()
	t.resize(max(len(t.rows), height+1), t.columns)
	t.Fill(height+1, values...)
	return height + 1
}

// SortRows sorts whole rows below the header.
func (t *Tab) SortRows(column string, descending bool) {
	a := t.whole()
	a.top = 1
	t.sort(a, []sortKey{{t.column(column), descending}}, t.book.metadataFollows)
}

// SortRange sorts a range, "B2:D", and leaves the other columns where they are.
func (t *Tab) SortRange(rng, column string, descending bool) {
	t.sort(t.area(rng), []sortKey{{t.column(column), descending}}, t.book.metadataFollows)
}

// InsertRows makes n empty rows, the first of which gets the number row. They look like the row above.
func (t *Tab) InsertRows(row, n int) {
	t.insert(dimRows, row-1, n)
	t.inherit(row-1, row-1+n, row-2)
}

// DeleteRows deletes n rows from row on.
func (t *Tab) DeleteRows(row, n int) { t.remove(dimRows, t.row(row), n) }

// MoveRow puts a row before the one that has the number before now.
func (t *Tab) MoveRow(row, before int) { t.move(dimRows, t.row(row), 1, before-1) }

// CopyRow pastes a copy of a row over another.
func (t *Tab) CopyRow(row, over int) {
	t.rows[t.row(over)].cells = slices.Clone(t.rows[t.row(row)].cells)
}

// InsertColumn makes an empty column.
func (t *Tab) InsertColumn(column string) { t.insert(dimColumns, t.column(column), 1) }

// DeleteColumn deletes a column.
func (t *Tab) DeleteColumn(column string) { t.remove(dimColumns, t.column(column), 1) }

// MoveColumn puts a column before another.
func (t *Tab) MoveColumn(column, before string) {
	t.move(dimColumns, t.column(column), 1, columnIndex(before))
}

// Rename gives the tab another title.
func (t *Tab) Rename(title string) {
	if t.book.titled(title) != nil {
		panic(fmt.Sprintf("sheetssim: there is a tab %q", title))
	}
	t.title = title
}

// Resize gives the grid another size. What is outside is gone.
func (t *Tab) Resize(rows, columns int) { t.resize(rows, columns) }

// Protect protects a range, "A2:F" or "B:B", from all but the editors of p; "" is the whole tab.
func (t *Tab) Protect(rng string, p Protection) {
	a := area{0, 0, open, open}
	if rng != "" {
		a = t.parse(rng)
	}
	p.except = nil
	for _, e := range p.Except {
		p.except = append(p.except, t.parse(e))
	}
	t.protect(a, p)
}

func (t *Tab) protect(a area, p Protection) Protection {
	t.book.lastProtect++
	p.id, p.area = t.book.lastProtect, a
	t.protections = append(t.protections, p)
	return p
}

// Merge merges the cells of a range; the value of the first stays.
func (t *Tab) Merge(rng string) {
	a := t.area(rng)
	for r := a.top; r < a.bottom; r++ {
		for c := a.left; c < a.right; c++ {
			if r != a.top || c != a.left {
				t.fill(r, c, Cell{})
			}
		}
	}
	t.merges = append(t.merges, a)
}

// Hide hides a row, or shows it again.
func (t *Tab) Hide(row int, why Hidden) { t.rows[t.row(row)].hidden = why }

// Freeze keeps the first rows in sight.
func (t *Tab) Freeze(rows int) { t.frozen = rows }

// Format gives the cells of a range a number format.
func (t *Tab) Format(rng string, f Format) {
	a := t.area(rng)
	for r := a.top; r < a.bottom; r++ {
		for column := a.left; column < a.right; column++ {
			c := t.at(r, column)
			c.Format = f
			t.put(r, column, c)
		}
	}
}

func (t *Tab) parse(rng string) area {
	a, ok := parseCells(rng)
	if !ok {
		panic(fmt.Sprintf("sheetssim: %q is no range", rng))
	}
	return a
}

// area is a range that must be in the grid.
func (t *Tab) area(rng string) area {
	a, err := t.readable(t.parse(rng))
	if err != nil {
		panic("sheetssim: " + err.Error())
	}
	return a
}

func (t *Tab) cell(cell string) area {
	a := t.area(cell)
	if !a.single() {
		panic(fmt.Sprintf("sheetssim: %q is not one cell", cell))
	}
	return a
}

func (t *Tab) row(row int) int {
	if row < 1 || row > len(t.rows) {
		panic(fmt.Sprintf("sheetssim: tab %q has no row %d", t.title, row))
	}
	return row - 1
}

func (t *Tab) column(name string) int { return t.area(name + "1").left }
