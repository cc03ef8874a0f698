package sheetssim

import (
	"fmt"
	"slices"
)

// Book is the content of a spreadsheet, in the hands of a person who edits it: see [Spreadsheet.Edit]. What it or a
// [Tab] cannot do is a mistake in the test and panics.
type Book struct {
	// Title is the name of the spreadsheet.
	Title string
	// Office makes it an Excel file that lies in Drive, which the API refuses.
	Office bool

	tabs         []*Tab
	metadata     []*metadata
	lastMetadata int
	lastProtect  int

	metadataFollows bool           // a sort
	results         map[string]any // by formula
}

// Tab is one tab, called a sheet by the API. Rows have the numbers that people see: 1 is the header. Cells, columns and
// ranges are written as people write them: "B2", "B", "A2:F". A Tab is good inside the function that got its Book.
type Tab struct {
	book        *Book
	id          int64
	title       string
	rows        []row
	columns     int
	frozen      int // rows
	merges      []area
	protections []Protection
}

// row is shared by copies of a book, so its cells are replaced and never changed.
type row struct {
	cells  []Cell
	hidden Hidden
}

// Hidden says why a row does not show.
type Hidden int

// The reasons why a row does not show.
const (
	Visible Hidden = iota
	ByUser
	ByFilter
)

// Protection keeps others out of a part of a tab.
type Protection struct {
	Editors     []string // who may write all the same
	WarningOnly bool     // it asks people and stops nobody
	Except      []string // ranges in which everybody may write
	Description string

	id     int
	area   area
	except []area
}

func (p Protection) allows(user string) bool {
	return p.WarningOnly || slices.Contains(p.Editors, user)
}

// forbids reports whether the protection keeps a user from changing an area.
func (p Protection) forbids(a area, user string) bool {
	free := slices.ContainsFunc(p.except, func(e area) bool {
		return e.top <= a.top && e.bottom >= a.bottom && e.left <= a.left && e.right >= a.right
	})
	return !p.allows(user) && !free && p.area.meets(a)
}

// clone returns a copy that can be changed without the original.
func (b *Book) clone() *Book {
	c := *b
	c.tabs = make([]*Tab, len(b.tabs))
	for i, t := range b.tabs {
		copied := *t
		copied.book = &c
		copied.rows = slices.Clone(t.rows)
		copied.merges = slices.Clone(t.merges)
		copied.protections = slices.Clone(t.protections)
		c.tabs[i] = &copied
	}
	c.metadata = make([]*metadata, len(b.metadata))
	for i, m := range b.metadata {
		copied := *m
		c.metadata[i] = &copied
	}
	return &c
}

// Tab returns the tab with the title.
func (b *Book) Tab(title string) *Tab {
	if t := b.titled(title); t != nil {
		return t
	}
	panic(fmt.Sprintf("sheetssim: no tab %q", title))
}

// AddTab adds a tab of 1000 rows and 26 columns, as a person does, with the rows in its top left corner. Values are of
// the types that [Tab.Set] takes.
func (b *Book) AddTab(title string, rows ...[]any) *Tab {
	if b.titled(title) != nil {
		panic(fmt.Sprintf("sheetssim: there is a tab %q", title))
	}
	t := &Tab{book: b, title: title, id: b.newTabID(), rows: make([]row, 1000), columns: 26}
	b.tabs = append(b.tabs, t)
	t.resize(max(len(rows), 1000), 26)
	for r, values := range rows {
		for c, v := range values {
			t.fill(r, c, b.cellOf(v))
		}
	}
	return t
}

// AddChart adds a tab that holds a chart and has no cells.
func (b *Book) AddChart(title string) *Tab {
	t := b.AddTab(title)
	t.rows, t.columns = nil, 0
	return t
}

// The types of tabs.
const (
	grid   = "GRID"
	object = "OBJECT"
)

func (t *Tab) kind() string {
	if t.columns == 0 {
		return object
	}
	return grid
}

// newTabID is 0 for the first tab, as in Sheets, and a number that says nothing for others.
func (b *Book) newTabID() int64 {
	if len(b.tabs) == 0 {
		return 0
	}
	last := b.tabs[len(b.tabs)-1].id
	return (last*48271 + 1203) % (1<<31 - 1)
}

func (b *Book) titled(title string) *Tab {
	for _, t := range b.tabs {
		if t.title == title {
			return t
		}
	}
	return nil
}

func (b *Book) tabWithID(id int64) *Tab {
	for _, t := range b.tabs {
		if t.id == id {
			return t
		}
	}
	return nil
}

func (b *Book) cells() int {
	n := 0
	for _, t := range b.tabs {
		n += len(t.rows) * t.columns
	}
	return n
}

// ID is the number that the tab keeps for ever.
func (t *Tab) ID() int64 { return t.id }

// Title is what people call the tab.
func (t *Tab) Title() string { return t.title }

// at returns a cell of the grid.
func (t *Tab) at(row, column int) Cell {
	if cells := t.rows[row].cells; column < len(cells) {
		return cells[column]
	}
	return Cell{}
}

// put replaces a cell.
func (t *Tab) put(row, column int, c Cell) {
	cells := make([]Cell, max(column+1, len(t.rows[row].cells)))
	copy(cells, t.rows[row].cells)
	cells[column] = c
	t.rows[row].cells = cells
}

// fill replaces the content of a cell.
func (t *Tab) fill(row, column int, c Cell) { t.put(row, column, t.at(row, column).filled(c)) }

// covered reports whether a cell is hidden below another one that it was merged with. It takes no content.
func (t *Tab) covered(row, column int) bool {
	return slices.ContainsFunc(t.merges, func(m area) bool {
		return m.meets(area{row, column, row + 1, column + 1}) && (row != m.top || column != m.left)
	})
}

// used returns how many rows and columns from the top left hold everything that is not empty.
func (t *Tab) used() (rows, columns int) {
	for r := range t.rows {
		if n := t.length(r); n > 0 {
			rows, columns = r+1, max(columns, n)
		}
	}
	return rows, columns
}

// length returns how many cells of a row, from the left, hold everything that is not empty.
func (t *Tab) length(row int) int {
	cells := t.rows[row].cells
	for n := len(cells); n > 0; n-- {
		if !cells[n-1].empty() {
			return n
		}
	}
	return 0
}

// whole is the area of the grid.
func (t *Tab) whole() area { return area{0, 0, len(t.rows), t.columns} }

// name is a part of the tab as answers write it.
func (t *Tab) name(a area) string { return quoteTitle(t.title) + "!" + a.String() }
