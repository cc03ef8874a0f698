package sheetssim

import "slices"

// This file moves rows and columns about, with all that is bound to them: merges, protections, developer metadata.

// dimension is rows or columns, as the API calls them.
type dimension string

const (
	dimRows    dimension = "ROWS"
	dimColumns dimension = "COLUMNS"
)

// size is how many rows or columns the grid has.
func (t *Tab) size(d dimension) int {
	if d == dimRows {
		return len(t.rows)
	}
	return t.columns
}

// insert makes room for n empty rows or columns before at.
func (t *Tab) insert(d dimension, at, n int) {
	if d == dimRows {
		t.rows = slices.Insert(t.rows, at, make([]row, n)...)
	} else {
		t.columns += n
		t.eachRow(func(cells []Cell) []Cell {
			if len(cells) <= at {
				return cells
			}
			return slices.Insert(slices.Clone(cells), at, make([]Cell, n)...)
		})
	}
	t.shift(d, func(start, end int) (int, int) {
		if start >= at {
			start += n
		}
		if end > at && end != open {
			end += n
		}
		return start, end
	})
}

// remove takes n rows or columns away, from at on.
func (t *Tab) remove(d dimension, at, n int) {
	if d == dimRows {
		t.rows = slices.Delete(t.rows, at, at+n)
	} else {
		t.columns -= n
		t.eachRow(func(cells []Cell) []Cell {
			if len(cells) <= at {
				return cells
			}
			return slices.Delete(slices.Clone(cells), at, min(at+n, len(cells)))
		})
	}
	t.shift(d, func(start, end int) (int, int) {
		return afterRemoval(start, at, n), afterRemoval(end, at, n)
	})
}

func afterRemoval(i, at, n int) int {
	switch {
	case i == open || i <= at:
		return i
	case i < at+n:
		return at
	default:
		return i - n
	}
}

// move takes n rows or columns from at and puts them before what stands at dest now.
func (t *Tab) move(d dimension, at, n, dest int) {
	if d == dimRows {
		t.rows = moved(t.rows, at, n, dest)
	} else {
		t.eachRow(func(cells []Cell) []Cell {
			if len(cells) <= min(at, dest) {
				return cells
			}
			whole := make([]Cell, t.columns)
			copy(whole, cells)
			return moved(whole, at, n, dest)
		})
	}
	low, high := min(at, dest), max(at+n, dest)
	t.shift(d, func(start, end int) (int, int) {
		if start >= high || end <= low || (start <= low && end >= high) {
			return start, end
		}
		to := afterMove(start, at, n, dest)
		return to, to + end - start
	})
}

func moved[T any](list []T, at, n, dest int) []T {
	taken := slices.Clone(list[at : at+n])
	rest := slices.Concat(list[:at], list[at+n:])
	if dest > at {
		dest -= n
	}
	return slices.Insert(rest, dest, taken...)
}

func afterMove(i, at, n, dest int) int {
	switch {
	case i >= at && i < at+n && dest > at:
		return i - at + dest - n
	case i >= at && i < at+n:
		return i - at + dest
	case i >= at+n && i < dest:
		return i - n
	case i >= dest && i < at:
		return i + n
	default:
		return i
	}
}

// eachRow replaces the cells of each row.
func (t *Tab) eachRow(change func([]Cell) []Cell) {
	for r := range t.rows {
		t.rows[r].cells = change(t.rows[r].cells)
	}
}

// shift moves what is bound to rows or columns; what is left without any is dropped.
func (t *Tab) shift(d dimension, f func(start, end int) (int, int)) {
	shifted := func(a area) area {
		if d == dimRows {
			a.top, a.bottom = f(a.top, a.bottom)
		} else {
			a.left, a.right = f(a.left, a.right)
		}
		return a
	}
	gone := func(a area) bool { return a.rows() <= 0 || a.columns() <= 0 }
	for i, m := range t.merges {
		t.merges[i] = shifted(m)
	}
	t.merges = slices.DeleteFunc(t.merges, gone)
	for i := range t.protections {
		p := &t.protections[i]
		p.area = shifted(p.area)
		except := slices.Clone(p.except)
		for j := range except {
			except[j] = shifted(except[j])
		}
		p.except = slices.DeleteFunc(except, gone)
	}
	t.protections = slices.DeleteFunc(t.protections, func(p Protection) bool { return gone(p.area) })
	for _, m := range t.book.metadata {
		if m.at.on(t, d) {
			m.at.start, m.at.end = f(m.at.start, m.at.end)
		}
	}
	t.book.metadata = slices.DeleteFunc(t.book.metadata, func(m *metadata) bool {
		return m.at.on(t, d) && m.at.start >= m.at.end
	})
}

// resize makes the grid larger or smaller at its bottom and right.
func (t *Tab) resize(newRows, newColumns int) {
	for _, to := range []struct {
		d    dimension
		size int
	}{{dimRows, newRows}, {dimColumns, newColumns}} {
		if has := t.size(to.d); to.size > has {
			t.insert(to.d, has, to.size-has)
		} else if to.size < has {
			t.remove(to.d, to.size, has-to.size)
		}
	}
}

// inherit gives new rows the formats of another one, if the grid has it.
func (t *Tab) inherit(from, to, like int) {
	if like < 0 || like >= len(t.rows) {
		return
	}
	var formats []Cell
	for _, c := range t.rows[like].cells {
		formats = append(formats, Cell{Format: c.Format})
	}
	for r := from; r < to; r++ {
		t.rows[r].cells = formats // which all may share, for cells are replaced and never changed
	}
}
