package sheets

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"

	"syncd/internal/contact"
)

// maxCell is how many characters a cell may hold.
const maxCell = 50_000

// target is one row to be written: that of a change, or one to be put back. Columns are those of the survey from.
type target struct {
	change int     // for whose sake
	repair *damage // nil when the row is the change's own
	from   *survey
	row    int // for a new row, the one beyond the last

	cells  map[int]value  // what is to be written, by column
	was    map[int]string // what these cells must still show
	expect map[int]string // what other cells of the row show, by which it is told from others

	closed  bool   // others of its cells are protected
	heard   bool   // the write was answered, and what it hit is not sure
	missed  bool   // the answer said that another row was hit
	hit     string // the key of that row, if it has one
	lost    bool   // what was hit cannot be put back
	written header // the columns at the time of the write; nil if the answer did not say
	silence error  // why it is not known whether Google still works at it; nil when it does not
}

// isNew reports whether the row is to be added.
func (t *target) isNew() bool { return t.row >= len(t.from.entered) }

// decide returns the target of a change, or nil when it has an outcome already.
func (w *writer) decide(i int, now *survey) *target {
	change, rows := w.changes[i], now.rows[w.identities[i]]
	create := change.Action == contact.Create
	switch {
	case create && len(rows) > 0:
		w.stale(i, "the row is there already, as row %d", rows[0]+1)
		return nil
	case create:
		rows = []int{len(now.entered)}
	case len(rows) == 0 && len(w.options.Key) > 0:
		w.stale(i, "no row has this key any more")
		return nil
	case len(rows) == 0:
		w.stale(i, "no row holds what it did any more")
		return nil
	case len(rows) > 1:
		w.stale(i, "%d rows are the same to syncd, the first of them row %d", len(rows), rows[0]+1)
		return nil
	}
	t := &target{change: i, from: now, row: rows[0]}
	if err := w.fill(t, change); err != nil {
		w.refuse(i, "%s", err)
		return nil
	}
	if len(t.cells) == 0 {
		w.done(t, now, t.row)
		return nil
	}
	t.expectRest()
	if !create && !t.isTold() {
		w.refuse(i, "nothing would be left in row %d by which it is told from others", t.row+1)
		return nil
	}
	return t
}

// fill sets the cells that a change writes. An error says why the sheet cannot hold them.
func (w *writer) fill(t *target, change contact.Change) error {
	t.cells, t.was = map[int]value{}, map[int]string{}
	texts := map[int]string{}
	for i, after := range change.After {
		was := before(change, i)
		if after.Text == was.Text {
			continue
		}
		column := t.from.columns[i]
		if other, twice := texts[column]; twice && other != after.Text {
			return fmt.Errorf("column %q: two values for one cell", w.columns[i])
		}
		v, err := t.from.value(t.row, column, after)
		if err != nil {
			return fmt.Errorf("column %q: %w", w.columns[i], err)
		}
		texts[column], t.cells[column], t.was[column] = after.Text, v, was.Text
	}
	return w.keepsKey(t, change, texts)
}

// before is what a change's row held; empty cells for a new row.
func before(change contact.Change, i int) contact.Cell {
	if change.Before == nil {
		return contact.Cell{}
	}
	return change.Before[i]
}

// value is what is written into a cell so that it is read as it shall be.
func (s *survey) value(row, column int, after contact.Cell) (value, error) {
	if n := len(utf16.Encode([]rune(after.Text))); n > maxCell {
		return nil, fmt.Errorf("the text has %d characters, a cell of a Google Sheet holds at most %d", n, maxCell)
	}
	switch after.Type {
	case contact.CellNumber:
		n, err := strconv.ParseFloat(after.Text, 64)
		if err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) && textOf(n) == after.Text {
			return n, nil
		}
	case contact.CellBoolean:
		if b, err := strconv.ParseBool(after.Text); err == nil && textOf(b) == after.Text {
			return b, nil
		}
	}
	if after.Text == "" {
		return "", nil
	}
	return s.dated(row, column, after.Text)
}

// keepsKey makes sure that the row with its new texts has the change's key, or that it is found at all.
func (w *writer) keepsKey(t *target, change contact.Change, texts map[int]string) error {
	if len(t.from.key) == 0 {
		if change.Action == contact.Create && len(t.cells) == 0 {
			return errors.New("the row would be empty")
		}
		return nil
	}
	cells := t.from.cells(t.row, t.from.key)
	for i, column := range t.from.key {
		if text, ok := texts[column]; ok {
			cells[i] = contact.Cell{Text: text}
		}
	}
	if key, err := contact.NormalizeKey(cells...); err != nil || key != change.Key {
		return fmt.Errorf("the row would have the key %q instead of %q", key, change.Key)
	}
	return nil
}

// expectRest notes what the cells show that tell the row from others and are not written: those of the key. Without one, or
// where it is written, they are all others, but for formulas, which may show something else as soon as a cell is written.
func (t *target) expectRest() {
	t.expect = map[int]string{}
	for _, column := range t.from.key {
		if _, written := t.cells[column]; !written {
			t.expect[column] = t.from.cell(t.row, column).Text
		}
	}
	if len(t.expect) > 0 {
		return
	}
	columns := t.from.columns
	if t.repair != nil {
		columns = upTo(len(t.from.header))
	}
	for _, column := range columns {
		if _, written := t.cells[column]; !written && !looksCalculated(at(t.from.entered, t.row, column)) {
			t.expect[column] = t.from.cell(t.row, column).Text
		}
	}
}

// isTold reports whether the row is told from others by a cell that is not written.
func (t *target) isTold() bool {
	for _, text := range t.expect {
		if !(contact.Cell{Text: text}).Empty() {
			return true
		}
	}
	return false
}

// span is from the first to the last column that is written or expected.
func (t *target) span() (first, last int) {
	var columns []int
	for column := range t.cells {
		columns = append(columns, column)
	}
	for column := range t.expect {
		columns = append(columns, column)
	}
	return slices.Min(columns), slices.Max(columns)
}
