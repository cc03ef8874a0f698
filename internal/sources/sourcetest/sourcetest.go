// Package sourcetest is the suite that every source passes.
//
// A new adapter passes it with one test: [Run] with a function that makes a table and returns a [Harness] for it.
// The suite reads and writes through the source, edits the table as a person would, and looks at it with Rows.
package sourcetest

import (
	"testing"

	"syncd/internal/sources"
)

// Key is the column that identifies a row in all tables of the suite.
const Key = "id"

// A Harness is one table, as the source under test and as a person who has it open see it. Rows are counted from 0
// without the header, blank ones included, and all cells are plain text, "" when empty. Its methods fail the test
// themselves when something goes wrong.
type Harness interface {
	// Source returns the source under test, with Key as its key column.
	Source() sources.Source
	// Rows returns all rows with the cells of all columns, in the order in which Read yields them.
	Rows() [][]string
	// SetCell, DeleteRow and InsertRow edit as a person does. InsertRow moves the rows from row on down; in a
	// source without an order it may put the new row anywhere.
	SetCell(row int, column, text string)
	DeleteRow(row int)
	InsertRow(row int, cells []string)
	// Sort sorts the rows by a column, descending; in a source without an order it does nothing.
	Sort(column string)
}

// Concurrent is a Harness whose person works while the source does.
type Concurrent interface {
	Harness
	// Meanwhile sets a cell of the row with a key, in one step that takes nothing back of what the source writes at the
	// same time. It is called from another goroutine.
	Meanwhile(key, column, text string) error
}

// Large is a Harness that can have very many rows.
type Large interface {
	Harness
	// Fill replaces all rows by the n that row returns.
	Fill(n int, row func(i int) []string)
}

// New makes a table for one test. Rows that the suite passes are sorted by key. A source that cannot have such a
// table, as a database has no two columns of one name, returns nil.
type New func(t *testing.T, header []string, rows [][]string) Harness

// Run runs the suite. A source that never deletes rows refuses all deletes and passes. What a Harness cannot do, Concurrent
// and Large, is left out.
func Run(t *testing.T, newTable New) {
	t.Run("read", func(t *testing.T) { testRead(t, newTable) })
	t.Run("write", func(t *testing.T) { testWrite(t, newTable) })
	t.Run("compare", func(t *testing.T) { testCompare(t, newTable) })
	t.Run("odd values", func(t *testing.T) { testOddValues(t, newTable) })
	t.Run("cancel", func(t *testing.T) { testCancel(t, newTable) })
	t.Run("many rows", func(t *testing.T) { testManyRows(t, newTable) })
	h := table(t, newTable, nil)
	if h, ok := h.(Large); ok {
		t.Run("a million rows", func(t *testing.T) { testMillion(t, h) })
	}
	if _, ok := h.(Concurrent); ok {
		t.Run("people edit meanwhile", func(t *testing.T) { testMeanwhile(t, newTable) })
	}
}
