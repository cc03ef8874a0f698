package sheets

import (
	"context"
	"errors"
	"slices"

	"syncd/internal/contact"
)

// survey is the whole tab at one moment: where the rows of changes are looked for, and what a write that hits another
// row destroyed is taken from. Rows and columns are counted from 0, the header being row 0.
type survey struct {
	header  header
	entered [][]any // as typed: formulas as such, dates as serial numbers
	shown   [][]any // as Read reads it; nil when it does not matter
	columns []int   // where the columns of the changes stand
	key     []int   // where those of the key stand
	rows    map[string][]int
	styles  map[int]*dateStyle
}

// tornReads is how often the tab is read twice until both readings are of one moment.
const tornReads = 5

var errRestless = errors.New("the rows kept moving while they were read: nothing more was written; run again")

// survey reads the tab as it was typed and, where that does not tell all, as it is shown.
func (w *writer) survey(ctx context.Context) (*survey, error) {
	for range tornReads {
		entered, err := w.values(ctx, asEntered, dateDays)
		if err != nil {
			return nil, err
		}
		now, err := w.newSurvey(entered, nil)
		calculated := len(entered) > 0 && slices.ContainsFunc(entered[0], func(v any) bool { return looksCalculated(v) })
		if !calculated && (err != nil || !w.mustBeShown(now)) {
			return now, err
		}
		shown, err := w.values(ctx, asShown, dateText)
		if err != nil {
			return nil, err
		}
		if oneMoment(entered, shown) {
			return w.newSurvey(entered, shown)
		}
	}
	return nil, errRestless
}

func (w *writer) newSurvey(entered, shown [][]any) (*survey, error) {
	now := &survey{entered: entered, shown: shown, rows: map[string][]int{}, styles: map[int]*dateStyle{}}
	var err error
	if now.header, err = headerOf(now.readable()); err != nil {
		return nil, err
	}
	if now.columns, err = now.header.places(w.columns); err != nil {
		return nil, err
	}
	if now.key, err = now.header.places(w.options.Key); err != nil {
		return nil, err
	}
	for row := 1; row < len(entered); row++ {
		if id, ok := now.identity(row); ok {
			now.rows[id] = append(now.rows[id], row)
		}
	}
	return now, nil
}

// readable is what is nearest to what Read reads.
func (s *survey) readable() [][]any {
	if s.shown != nil {
		return s.shown
	}
	return s.entered
}

// cell is a cell as Read would yield it.
func (s *survey) cell(row, column int) contact.Cell { return cellOf(at(s.readable(), row, column)) }

// cells are some cells of a row as Read would yield them.
func (s *survey) cells(row int, columns []int) []contact.Cell {
	cells := make([]contact.Cell, len(columns))
	for i, column := range columns {
		cells[i] = s.cell(row, column)
	}
	return cells
}

// identity is what finds a row: its key or, without key columns, all its cells that were asked for. A row without a key
// is nobody's.
func (s *survey) identity(row int) (id string, ok bool) {
	if len(s.key) > 0 {
		id, err := contact.NormalizeKey(s.cells(row, s.key)...)
		return id, err == nil
	}
	return contact.Fingerprint(s.cells(row, s.columns)), true
}

// identifying are the columns that make the identity.
func (s *survey) identifying() []int {
	if len(s.key) > 0 {
		return s.key
	}
	return s.columns
}

// mustBeShown reports whether it takes the cells as they are shown, too: when a formula makes the identity of a row, when
// a row that is not found may have a date for its key, and when text goes into a column that may hold dates, or formulas, which
// are to be told from texts should one of them be hit.
func (w *writer) mustBeShown(now *survey) bool {
	if slices.ContainsFunc(now.identifying(), now.isCalculated) {
		return true
	}
	missing := slices.ContainsFunc(w.todo, func(i int) bool {
		return w.changes[i].Action == contact.Update && len(now.rows[w.identities[i]]) == 0
	})
	if missing && slices.ContainsFunc(now.identifying(), now.hasNumbers) {
		return true
	}
	for i, column := range now.columns {
		text := slices.ContainsFunc(w.todo, func(c int) bool { return writesText(w.changes[c], i) })
		if text && (now.hasNumbers(column) || now.isCalculated(column)) {
			return true
		}
	}
	return false
}

// writesText reports whether a change fills a cell with text.
func writesText(change contact.Change, i int) bool {
	return change.Action != contact.Delete && change.After[i].Text != before(change, i).Text &&
		change.After[i].Type != contact.CellNumber && change.After[i].Type != contact.CellBoolean && change.After[i].Text != ""
}

func (s *survey) isCalculated(column int) bool { return s.any(column, looksCalculated) }

func (s *survey) hasNumbers(column int) bool {
	return s.any(column, func(v value) bool { _, ok := v.(float64); return ok })
}

// any reports whether one of the cells below the header is such.
func (s *survey) any(column int, is func(value) bool) bool {
	for row := 1; row < len(s.entered); row++ {
		if is(at(s.entered, row, column)) {
			return true
		}
	}
	return false
}

// oneMoment reports whether two readings of the tab agree on every cell that both tell: one that holds no formula, and no
// number that may be a date.
func oneMoment(entered, shown [][]any) bool {
	for row := range max(len(entered), len(shown)) {
		var width int
		for _, rows := range [][][]any{entered, shown} {
			if row < len(rows) {
				width = max(width, len(rows[row]))
			}
		}
		for column := range width {
			typed, seen := at(entered, row, column), at(shown, row, column)
			_, number := typed.(float64)
			_, text := seen.(string)
			if !looksCalculated(typed) && (!number || !text) && !holds(typed, seen) {
				return false
			}
		}
	}
	return true
}

// holds reports whether a cell, as it was entered, holds a value. Text may show the apostrophe that marks it as text.
func holds(entered, v value) bool {
	have, want := textOf(entered), textOf(v)
	return have == want || have == "'"+want
}
