package sheetssim

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Act is something that people do to a sheet.
type Act string

// What people do. The last four spoil keys, or the cells that belong to them.
const (
	EditCell   Act = "edit a cell"
	ClearCell  Act = "clear a cell"
	AddRow     Act = "add a row"
	InsertRow  Act = "insert an empty row"
	DeleteRow  Act = "delete a row"
	MoveRow    Act = "move a row"
	SortRows   Act = "sort the rows"
	AddColumn  Act = "insert a column"
	MoveColumn Act = "move a column"
	RenameTab  Act = "rename the tab"
	HideRow    Act = "hide a row"
	TrimGrid   Act = "cut the grid to what is used"
	CopyRow    Act = "paste a copy of a row below it"
	EditKey    Act = "type another key"
	ClearKey   Act = "clear a key"
	SortSome   Act = "sort all columns but the key"
)

// Tidy is what careful people do, and how often in comparison.
func Tidy() map[Act]int {
	return map[Act]int{
		EditCell: 40, ClearCell: 5, AddRow: 15, InsertRow: 5, DeleteRow: 5, MoveRow: 5, SortRows: 15, AddColumn: 1,
		MoveColumn: 2, HideRow: 2, TrimGrid: 1,
	}
}

// Careless is Tidy and what spoils keys.
func Careless() map[Act]int {
	all := Tidy()
	all[CopyRow], all[EditKey], all[ClearKey], all[SortSome], all[RenameTab] = 4, 2, 2, 1, 1
	return all
}

// RandomEditor is a person who edits a tab whose first row is its header. The same chance makes the same edits of the
// same tab.
type RandomEditor struct {
	Rand    *rand.Rand
	Tab     int64                       // its ID, for titles change
	Key     string                      // the header of the key's column, for columns move
	Columns []string                    // the headers of the columns to edit, without the key
	Value   func(column string) any     // what is written into a cell of that column
	NewKey  func() string               // the key of a row that is added; "" for one without
	Typed   bool                        // texts are typed, so that Sheets takes some for numbers or dates
	Weights map[Act]int                 // how often each act is chosen, in comparison
	May     func(act Act, row int) bool // whether this row may be its victim, 0 being the tab; nil: all
}

// Done is what the editor did.
type Done struct {
	Act    Act
	Key    string // of the row, before
	Row    int    // its number, before; of a row that was added, its number; 0 for the tab
	Column string // its header
	Value  any    // what was written
}

func (d Done) String() string {
	return fmt.Sprintf("%s: row %d %q %s %v", d.Act, d.Row, d.Key, d.Column, d.Value)
}

// order is that in which chance chooses, for maps have none.
var order = []Act{
	EditCell, ClearCell, AddRow, InsertRow, DeleteRow, MoveRow, SortRows, AddColumn, MoveColumn, RenameTab, HideRow, TrimGrid,
	CopyRow, EditKey, ClearKey, SortSome,
}

// Act makes one edit. Act "" is none: there was nothing to do it to, or May forbids it.
func (e *RandomEditor) Act(b *Book) Done {
	t := b.tabWithID(e.Tab)
	if t == nil {
		panic(fmt.Sprintf("sheetssim: no tab with the ID %d", e.Tab))
	}
	act := e.choose()
	d := Done{Act: act}
	if slices.Contains([]Act{EditCell, ClearCell, InsertRow, DeleteRow, MoveRow, HideRow, CopyRow, EditKey, ClearKey}, act) {
		if d.Row = e.anyRow(t); d.Row == 0 {
			return Done{}
		}
		d.Key = t.at(d.Row-1, t.headed(e.Key)).Shown()
	}
	if e.May != nil && !e.May(act, d.Row) {
		return Done{}
	}
	if d.Row > 0 {
		e.editRow(t, &d)
	} else {
		e.editTab(t, &d)
	}
	return d
}

func (e *RandomEditor) choose() Act {
	total := 0
	for _, act := range order {
		total += e.Weights[act]
	}
	n := e.Rand.IntN(total)
	for _, act := range order {
		if n -= e.Weights[act]; n < 0 {
			return act
		}
	}
	panic("unreachable: n is less than the sum of all weights")
}

// anyRow is a row below the header that holds something, 0 if there is none.
func (e *RandomEditor) anyRow(t *Tab) int {
	var all []int
	for r := 1; r < len(t.rows); r++ {
		if t.length(r) > 0 {
			all = append(all, r+1)
		}
	}
	if len(all) == 0 {
		return 0
	}
	return all[e.Rand.IntN(len(all))]
}

// headed is the column below a header.
func (t *Tab) headed(header string) int {
	for c := range t.columns {
		if t.at(0, c).Shown() == header {
			return c
		}
	}
	panic(fmt.Sprintf("sheetssim: no column %q in tab %q", header, t.title))
}

// write writes into a cell of a row.
func (e *RandomEditor) write(t *Tab, row int, header string, value any) {
	c := t.headed(header)
	if text, isText := value.(string); isText && e.Typed {
		t.put(row-1, c, t.book.typed(t.at(row-1, c), text))
		return
	}
	t.fill(row-1, c, t.book.cellOf(value))
}

func (e *RandomEditor) editRow(t *Tab, d *Done) {
	height, _ := t.used()
	switch d.Act {
	case EditCell, ClearCell:
		d.Column = e.Columns[e.Rand.IntN(len(e.Columns))]
		if d.Act == EditCell {
			d.Value = e.Value(d.Column)
		}
		e.write(t, d.Row, d.Column, d.Value)
	case EditKey, ClearKey:
		d.Column = e.Key
		if d.Act == EditKey {
			d.Value = e.NewKey()
		}
		e.write(t, d.Row, e.Key, d.Value)
	case InsertRow:
		t.InsertRows(d.Row, 1)
	case DeleteRow:
		t.DeleteRows(d.Row, 1)
	case MoveRow:
		t.MoveRow(d.Row, 2+e.Rand.IntN(height))
	case CopyRow:
		t.InsertRows(d.Row+1, 1)
		t.CopyRow(d.Row, d.Row+1)
	case HideRow:
		t.Hide(d.Row, []Hidden{Visible, ByUser, ByFilter}[e.Rand.IntN(3)])
	}
}

func (e *RandomEditor) editTab(t *Tab, d *Done) {
	height, width := t.used()
	anyColumn := func() int { return e.Rand.IntN(width) }
	switch d.Act {
	case AddRow:
		d.Key = e.NewKey()
		d.Row = t.AddRow()
		e.write(t, d.Row, e.Key, d.Key)
		for _, column := range e.Columns {
			e.write(t, d.Row, column, e.Value(column))
		}
	case SortRows:
		by := anyColumn()
		d.Column = t.at(0, by).Shown()
		t.SortRows(columnName(by), e.Rand.IntN(2) == 0)
	case SortSome:
		t.sortWithout(t.headed(e.Key), height)
	case AddColumn:
		t.InsertColumn(columnName(anyColumn()))
	case MoveColumn:
		t.MoveColumn(columnName(anyColumn()), columnName(anyColumn()))
	case RenameTab:
		d.Value = fmt.Sprintf("Tab %d", e.Rand.IntN(1_000_000))
		t.title = d.Value.(string)
	case TrimGrid:
		t.Resize(max(height, 2), max(width, 1))
	}
}

// sortWithout sorts by the first other column all that stands to the right of a column or, if there is nothing, to its
// left: the rows are torn apart.
func (t *Tab) sortWithout(key, height int) {
	a := area{1, key + 1, height, t.columns}
	if a.left >= t.columns {
		a.left, a.right = 0, key
	}
	if a.rows() > 0 && a.columns() > 0 {
		t.sort(a, []sortKey{{column: a.left}}, t.book.metadataFollows)
	}
}
