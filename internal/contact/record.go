package contact

import (
	"fmt"
	"strconv"
)

// Record is one row of a source, as the source yields it.
type Record struct {
	// Row is the source's own number of the row, the header of a sheet or file being 1; 0 where rows have none.
	Row int
	// Cells holds one cell per column that was asked for, in that order.
	Cells []Cell
	// Problem says why the row cannot be read, such as a cell too many; "" when it can. Cells then holds what
	// could be read, padded with empty cells.
	Problem string
}

// CellType is how a source types a cell.
type CellType uint8

// The cell types. A CSV file has only CellText.
const (
	CellText    CellType = iota // text, "" when empty
	CellNumber                  // a decimal number, without exponent: "5", "-0.25"
	CellBoolean                 // "true" or "false"
	CellDate                    // a calendar date: "2006-01-02"
	CellTime                    // an instant: RFC 3339
	CellList                    // a JSON array of strings
	CellError                   // the error that the source shows in the cell: "#REF!"
)

// Cell is one cell of a row. The zero Cell is empty.
type Cell struct {
	Type CellType
	Text string
}

// Empty reports whether the cell holds nothing but white space.
func (c Cell) Empty() bool { return isBlank(c.Text) }

// Action is what an operation or a change does.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
	// Unlink takes a link apart and writes nothing on either side; the brake counts it as a delete.
	Unlink Action = "unlink"
)

// Change is one change to make in a source: one row created, updated or deleted.
type Change struct {
	Action Action
	// Key is the normal form of the record's key; "" in a source without a key column, where Before and Row
	// find the row.
	Key string
	// Row is where the row stood when it was read: a hint, for rows move.
	Row int
	// Before is the row as the plan saw it, one cell per column of Read, in that order; nil for a Create.
	// An Update is made only while the cells that it changes still hold what Before says, a Delete only while
	// the whole row does.
	Before []Cell
	// After is the row as it shall be, in the same order; nil for a Delete. Cells equal to those of Before
	// are left alone.
	After []Cell
}

// Check returns an error when the change does not fit so many columns: that is a mistake of the program.
func (c Change) Check(columns int) error {
	before, after := columns, columns
	switch c.Action {
	case Create:
		before = 0
	case Delete:
		after = 0
	case Update:
	default:
		return fmt.Errorf("cannot %s a row", c.Action)
	}
	if len(c.Before) != before || len(c.After) != after {
		return fmt.Errorf("%s of row %d: %d cells before and %d after for %d columns", c.Action, c.Row, len(c.Before), len(c.After), columns)
	}
	return nil
}

// Fingerprint is a text that two lists of cells share when their texts are the same.
func Fingerprint(cells []Cell) string {
	var b []byte
	for _, cell := range cells {
		b = append(strconv.AppendInt(b, int64(len(cell.Text)), 10), ':')
		b = append(b, cell.Text...)
	}
	return string(b)
}
