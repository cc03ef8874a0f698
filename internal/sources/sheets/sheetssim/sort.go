package sheetssim

import (
	"cmp"
	"slices"
	"strings"
)

// sortKey is a column to sort by.
type sortKey struct {
	column     int
	descending bool
}

// sort orders the rows of an area. Cells outside of it stay, and so does what is bound to whole rows: metadata too,
// unless the book's owner wants it to follow.
func (t *Tab) sort(a area, keys []sortKey, metadataFollows bool) {
	height, _ := t.used()
	a.bottom = max(a.top, min(a.bottom, height)) // empty rows are last anyway
	order := make([]int, a.rows())               // the row that comes to each place
	for i := range order {
		order[i] = a.top + i
	}
	slices.SortStableFunc(order, func(x, y int) int {
		for _, k := range keys {
			if c := compareCells(t.at(x, k.column), t.at(y, k.column), k.descending); c != 0 {
				return c
			}
		}
		return 0
	})
	t.permute(a, order, metadataFollows)
}

func (t *Tab) permute(a area, order []int, metadataFollows bool) {
	before := slices.Clone(t.rows[a.top:a.bottom])
	place := make(map[int]int, len(order))
	for i, from := range order {
		place[from] = a.top + i
		cells := make([]Cell, max(len(before[i].cells), min(len(before[from-a.top].cells), a.right)))
		copy(cells, before[i].cells)
		for c := a.left; c < min(a.right, len(cells)); c++ {
			cells[c] = Cell{}
			if source := before[from-a.top].cells; c < len(source) {
				cells[c] = source[c]
			}
		}
		t.rows[a.top+i].cells = cells
	}
	for _, m := range t.book.metadata {
		if to, ok := place[m.at.start]; ok && metadataFollows && m.at.on(t, dimRows) {
			m.at.start, m.at.end = to, to+1
		}
	}
}

// compareCells orders as Sheets does: numbers, texts, bools, errors; empty cells are last both ways.
func compareCells(a, b Cell, descending bool) int {
	if a.empty() || b.empty() {
		return cmp.Compare(btoi(a.empty()), btoi(b.empty()))
	}
	c := cmp.Compare(kindRank(a.Value), kindRank(b.Value))
	if c == 0 {
		c = compareValues(a.Value, b.Value)
	}
	if descending {
		return -c
	}
	return c
}

func kindRank(v any) int {
	switch v.(type) {
	case float64:
		return 0
	case string:
		return 1
	case bool:
		return 2
	default:
		return 3
	}
}

func compareValues(a, b any) int {
	switch x := a.(type) {
	case float64:
		return cmp.Compare(x, b.(float64))
	case string:
		return cmp.Compare(strings.ToLower(x), strings.ToLower(b.(string)))
	case bool:
		return cmp.Compare(btoi(x), btoi(b.(bool)))
	default:
		return 0
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
