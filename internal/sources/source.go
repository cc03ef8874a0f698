// Package sources says what a source is: a place where rows live, read and written by one adapter each
// ([syncd/internal/sources/csvfile] and its siblings). The suite that every adapter passes is in sourcetest.
package sources

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"syncd/internal/contact"
)

// A Source is a place where rows live. One run at a time uses it, from one goroutine.
type Source interface {
	// Read yields every row in the source's own order, in bounded memory, with one cell per column of columns,
	// in that order. Rows whose cells are all empty, in every column of the source, are not yielded. Duplicate
	// keys are yielded as they are: the caller reports them. A row that cannot be read carries the reason in
	// Problem. An error ends the sequence and means that the read is not whole, so that nothing may be concluded
	// from the rows that came before; a column that is missing or doubled is a *ColumnError before any row.
	Read(ctx context.Context, columns []string) iter.Seq2[contact.Record, error]

	// Write makes the changes, whose cells are in the order of columns, and returns one Outcome per change, in
	// the same order. A row that no longer holds what its change was planned from is left as it is, with
	// Outcome Stale. When an error comes back, outcomes that are not Unknown are certain all the same.
	Write(ctx context.Context, columns []string, changes []contact.Change) ([]Outcome, error)
}

// A Rememberer is a Source that knows something from run to run, such as which tab it is whose title people change.
type Rememberer interface {
	Source
	// Recall is called before the first Read of a run with what Memory returned at the end of an earlier run; nil or
	// null when there was none. What it does not understand it ignores.
	Recall(memory json.RawMessage)
	// Memory returns what the next run is to recall: null when there is nothing.
	Memory() json.RawMessage
}

// Positional is a source that writes by place: to the row where it last saw the one that a change is about. Somebody who
// sorts at that moment makes it hit another. Write finds out and puts it right; a run does it for one that died in between.
type Positional interface {
	// Positional reports whether this source does.
	Positional() bool
}

// A Keeper is a source that may never delete rows: it then refuses every delete, and nobody need plan one.
type Keeper interface {
	// KeepsRows reports whether this source never deletes rows.
	KeepsRows() bool
}

// A Describer is a source that tells what it has, so that a configuration can be made for it.
type Describer interface {
	// Columns returns the names of all columns in the source's own order, in the form that Read takes; a column may
	// have no name, and several may have one.
	Columns(ctx context.Context) ([]string, error)
}

// A Checker is a source that can tell beforehand, without writing, whether it may be written.
type Checker interface {
	// CheckWrite returns a *RightError when syncd lacks a right that such writes take; other errors mean that it could
	// not be found out. Nil is no promise: a single row may still be refused.
	CheckWrite(ctx context.Context, writes Writes) error
}

// Writes are the kinds of changes that a sync may make in its source.
type Writes struct {
	Updates []string // the columns whose cells it changes
	Creates []string // the columns that it fills in new rows; none when it adds no rows
	Deletes bool     // it deletes rows
}

// None reports whether the source is only read.
func (w Writes) None() bool { return len(w.Updates) == 0 && len(w.Creates) == 0 && !w.Deletes }

// RightError means that a source may not be written as the configuration asks.
type RightError struct {
	Source  string // how messages call the source: the path of a file, the name of a tab or table
	Missing string // what keeps it from being written
	Remedy  string // what gives the right
}

func (e *RightError) Error() string { return e.Source + ": " + e.Missing + ": " + e.Remedy }

// Status is what became of one change.
type Status string

// The statuses of a change.
const (
	Unknown Status = ""        // not known: it may or may not have been made
	Written Status = "written" // made, and the source holds it
	Stale   Status = "stale"   // not made: the row changed or went since it was read
	Refused Status = "refused" // not made: the source does not take it; Reason says why
)

// Outcome is what became of one change.
type Outcome struct {
	Status Status
	// Reason says why a change was refused or is stale, for a person.
	Reason string
	// Row is where the row stands after the write; 0 when unknown.
	Row int
	// Repaired are the rows that the write hit instead of its own, since rows moved meanwhile, and that hold again what
	// they did: updates with Before as the write had left the row and After as it was put back.
	Repaired []contact.Change
	// Cells is the row as the source holds it after the write, in the order of columns, where it may hold something in
	// another way than it was given: 5.00 for 5, or what a trigger made of it. Nil means that it holds After.
	Cells []contact.Cell
}

// ColumnError means that a column that the configuration names is not in the source, or is there twice.
type ColumnError struct {
	Source  string   // how messages call the source: the path of a file, the name of a tab or table
	Column  string   // what was asked for
	Doubled bool     // there is more than one such column
	Columns []string // what the source has
}

func (e *ColumnError) Error() string {
	if e.Doubled {
		return fmt.Sprintf("%s: there is more than one column %q: rename all but one", e.Source, e.Column)
	}
	its := "its"
	if near := e.Near(); near != "" {
		its = fmt.Sprintf("did you mean %q? Its", near)
	}
	return fmt.Sprintf("%s: no column %q: %s columns are %s", e.Source, e.Column, its, quoteAll(e.Columns))
}

// Near returns the column that was probably meant, "" when none is near: one that differs by its case, its spaces or its
// punctuation only, that begins alike, or that is written with a slip.
func (e *ColumnError) Near() string {
	plain := func(text string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(" _-.:", r) {
				return -1
			}
			return r
		}, contact.Fold(text))
	}
	wanted := plain(e.Column)
	for _, same := range []func(name string) bool{
		func(name string) bool { return name == wanted },
		func(name string) bool { return strings.HasPrefix(name, wanted) || strings.HasPrefix(wanted, name) },
	} {
		for _, c := range e.Columns {
			if name := plain(c); name != "" && wanted != "" && same(name) {
				return c
			}
		}
	}
	return contact.Nearest(e.Column, e.Columns)
}

// maxListed is how many columns a message lists; a broken file can have 100,000.
const maxListed = 30

func quoteAll(names []string) string {
	quoted := make([]string, 0, len(names))
	for i, n := range names {
		if i == maxListed {
			quoted = append(quoted, fmt.Sprintf("and %d more", len(names)-i))
			break
		}
		if len(n) > 60 {
			n = n[:60] + "…"
		}
		quoted = append(quoted, fmt.Sprintf("%q", n))
	}
	return strings.Join(quoted, ", ")
}
