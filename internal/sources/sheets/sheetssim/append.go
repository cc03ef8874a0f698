package sheetssim

import "slices"

func (s *Spreadsheet) valuesAppend(c *call) (any, error) {
	w, err := s.queryWriting(c)
	if err != nil {
		return nil, err
	}
	var v valueRange
	if err := c.decode(&v); err != nil {
		return nil, err
	}
	if v.MajorDimension == "COLUMNS" {
		v.Values, v.MajorDimension = transposed(v.Values), "ROWS"
	}
	b := s.book.clone()
	t, a, err := b.resolve(c.arg)
	if err != nil {
		return nil, err
	}
	if a, err = t.readable(a); err != nil {
		return nil, err
	}
	answer := appendResponse{SpreadsheetID: c.id}
	row, column := a.top, a.left
	if table, found := t.lastTable(a); found {
		answer.TableRange = t.name(table)
		row, column = table.bottom, table.left
		if s.options.AppendAtLastRow {
			column = t.firstIn(table.bottom-1, table)
		}
	}
	into := area{row, column, row + len(v.Values), column + longest(v.Values)}
	if err := s.makeRoom(t, into, c.query.Get("insertDataOption") == "INSERT_ROWS"); err != nil {
		return nil, err
	}
	updates, err := t.write(into, v, w)
	if err != nil {
		return nil, err
	}
	s.commit(b)
	updates.SpreadsheetID, answer.Updates = c.id, &updates
	return answer, nil
}

// makeRoom makes the grid have an area, of rows of its own if they are to be inserted.
func (s *Spreadsheet) makeRoom(t *Tab, a area, inserted bool) error {
	height, width := max(len(t.rows), a.bottom), max(t.columns, a.right)
	if inserted {
		height = max(len(t.rows)+a.rows(), a.bottom)
	}
	if err := s.fits(t, height, width); err != nil {
		return err
	}
	if inserted {
		t.insert(dimRows, a.top, a.rows())
		t.inherit(a.top, a.bottom, a.top-1)
	}
	t.resize(height, width)
	return nil
}

// fits refuses a grid of a tab with which the spreadsheet would have too many cells.
func (s *Spreadsheet) fits(t *Tab, height, width int) error {
	most := s.options.MaxCells
	if height > most || width > most || t.book.cells()-len(t.rows)*t.columns+height*width > most {
		return invalid("This action would increase the number of cells in the workbook above the limit of %d cells.",
			most)
	}
	return nil
}

// lastTable finds the last block of adjoining cells that are not empty of which the area has a part.
//
// https://developers.google.com/workspace/sheets/api/guides/values#append_values
func (t *Tab) lastTable(a area) (area, bool) {
	for r := a.bottom - 1; r >= a.top; r-- {
		for c := min(a.right, len(t.rows[r].cells)) - 1; c >= a.left; c-- {
			if !t.at(r, c).empty() {
				return t.region(area{r, c, r + 1, c + 1}), true
			}
		}
	}
	return area{}, false
}

// region grows an area until what is around it is empty.
func (t *Tab) region(a area) area {
	for {
		grown := a
		if t.anyIn(area{a.top - 1, a.left - 1, a.top, a.right + 1}) {
			grown.top--
		}
		if t.anyIn(area{a.bottom, a.left - 1, a.bottom + 1, a.right + 1}) {
			grown.bottom++
		}
		if t.anyIn(area{a.top - 1, a.left - 1, a.bottom + 1, a.left}) {
			grown.left--
		}
		if t.anyIn(area{a.top - 1, a.right, a.bottom + 1, a.right + 1}) {
			grown.right++
		}
		if grown == a {
			return a
		}
		a = grown
	}
}

func (t *Tab) anyIn(a area) bool {
	for r := max(a.top, 0); r < min(a.bottom, len(t.rows)); r++ {
		cells := t.rows[r].cells
		from, to := max(a.left, 0), min(a.right, len(cells))
		if from < to && slices.ContainsFunc(cells[from:to], func(c Cell) bool { return !c.empty() }) {
			return true
		}
	}
	return false
}

// firstIn is the first column of an area in which the row holds something.
func (t *Tab) firstIn(row int, a area) int {
	for c := a.left; c < a.right; c++ {
		if !t.at(row, c).empty() {
			return c
		}
	}
	return a.left
}

func longest(lines [][]any) int {
	n := 0
	for _, line := range lines {
		n = max(n, len(line))
	}
	return n
}
