package sheetssim

import (
	"strings"
	"unicode/utf8"
)

// This file has the requests of a batch that change cells.

type appendCellsRequest struct {
	SheetID int64     `json:"sheetId"`
	Rows    []rowData `json:"rows"`
	Fields  string    `json:"fields"`
}

type updateCellsRequest struct {
	Rows   []rowData       `json:"rows"`
	Fields string          `json:"fields"`
	Start  *gridCoordinate `json:"start"`
	Range  *gridRange      `json:"range"`
}

type gridCoordinate struct {
	SheetID     int64 `json:"sheetId"`
	RowIndex    int   `json:"rowIndex"`
	ColumnIndex int   `json:"columnIndex"`
}

type repeatCellRequest struct {
	Range  gridRange `json:"range"`
	Cell   cellData  `json:"cell"`
	Fields string    `json:"fields"`
}

// cellMask is which parts of cells a request writes.
type cellMask struct{ value, format bool }

func cellMaskOf(fields string) (cellMask, error) {
	if fields == "" {
		return cellMask{}, invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
	}
	m := parseMask(fields)
	for name := range m {
		if name != "userEnteredValue" && name != "userEnteredFormat" && name != "*" {
			return cellMask{}, invalid("Invalid field: %s", name)
		}
	}
	return cellMask{m.has("userEnteredValue"), m.has("userEnteredFormat", "numberFormat")}, nil
}

// apply writes the parts of a cell that the mask names; what data leaves out is emptied.
func (m cellMask) apply(book *Book, old Cell, data cellData) (Cell, error) {
	if data.EffectiveValue != nil || data.FormattedValue != "" || data.EffectiveFormat != nil {
		return Cell{}, invalid("A field that can only be read is set")
	}
	c := old
	if m.value {
		entered, err := data.UserEnteredValue.cell(book)
		if err != nil {
			return Cell{}, err
		}
		c = old.filled(entered)
	}
	if m.format {
		c.Format = Format{}
		if f := data.UserEnteredFormat; f != nil && f.NumberFormat != nil {
			if err := checkEnum("type", f.NumberFormat.Type, formatEnum); err != nil {
				return Cell{}, err
			}
			c.Format = Format{f.NumberFormat.Type, f.NumberFormat.Pattern}
		}
	}
	return c, nil
}

var formatEnum = []string{
	"NUMBER_FORMAT_TYPE_UNSPECIFIED", "TEXT", "NUMBER", "PERCENT", "CURRENCY", "DATE", "TIME", "DATE_TIME", "SCIENTIFIC",
}

// cell is the cell that a value makes. A text stays text, whatever it looks like.
func (v *extendedValue) cell(book *Book) (Cell, error) {
	switch {
	case v == nil:
		return Cell{}, nil
	case v.ErrorValue != nil:
		return Cell{}, invalid("errorValue can only be read")
	case v.FormulaValue != nil && !strings.HasPrefix(*v.FormulaValue, "="):
		return Cell{}, invalid("Formulas must begin with =")
	case v.FormulaValue != nil:
		return book.calculated(*v.FormulaValue), nil
	case v.StringValue != nil && utf8.RuneCountInString(*v.StringValue) > maxCell:
		return Cell{}, tooLong()
	case v.StringValue != nil:
		return Cell{Value: plain(*v.StringValue)}, nil
	case v.NumberValue != nil:
		return Cell{Value: *v.NumberValue}, nil
	case v.BoolValue != nil:
		return Cell{Value: *v.BoolValue}, nil
	default:
		return Cell{}, nil
	}
}

func tooLong() error {
	return invalid("Your input contains more than the maximum of %d characters in a single cell.", maxCell)
}

// edit writes one cell.
func (b *batch) edit(t *Tab, row, column int, m cellMask, data cellData) error {
	if err := t.mayEdit(area{row, column, row + 1, column + 1}, b.user); err != nil {
		return err
	}
	c, err := m.apply(b.book, t.at(row, column), data)
	if err == nil && !t.covered(row, column) {
		t.put(row, column, c)
	}
	return err
}

func (b *batch) appendCells(r appendCellsRequest) (any, error) {
	m, err := cellMaskOf(r.Fields)
	if err != nil {
		return nil, err
	}
	t, err := b.tab(r.SheetID)
	if err != nil {
		return nil, err
	}
	last, _ := t.used()
	if err := b.fits(t, max(len(t.rows), last+len(r.Rows)), t.columns); err != nil {
		return nil, err
	}
	t.resize(max(len(t.rows), last+len(r.Rows)), t.columns)
	return nil, b.editAll(t, t.across(dimRows, last, last+len(r.Rows)), r.Rows, m, false)
}

// editAll writes rows into an area; rest empties what rows do not reach.
func (b *batch) editAll(t *Tab, a area, lines []rowData, m cellMask, rest bool) error {
	if len(lines) > a.rows() {
		return invalid("Attempting to write row: %d, beyond the last requested row of: %d", a.bottom, a.bottom-1)
	}
	for i := range a.rows() {
		var cells []cellData
		if i < len(lines) {
			cells = lines[i].Values
		}
		if len(cells) > a.columns() {
			return invalid("Attempting to write column: %d, beyond the last requested column of: %d", a.right, a.right-1)
		}
		for j := range a.columns() {
			var data cellData
			if j < len(cells) {
				data = cells[j]
			} else if !rest {
				break
			}
			if err := b.edit(t, a.top+i, a.left+j, m, data); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *batch) updateCells(r updateCellsRequest) (any, error) {
	m, err := cellMaskOf(r.Fields)
	switch {
	case err != nil:
		return nil, err
	case (r.Start == nil) == (r.Range == nil):
		return nil, invalid("Exactly one of start and range must be set.")
	case r.Range != nil:
		t, a, err := b.area(*r.Range)
		if err != nil {
			return nil, err
		}
		return nil, b.editAll(t, a, r.Rows, m, true)
	}
	t, err := b.tab(r.Start.SheetID)
	if err != nil {
		return nil, err
	}
	a := area{r.Start.RowIndex, r.Start.ColumnIndex, len(t.rows), t.columns}
	if a.top < 0 || a.left < 0 || a.rows() <= 0 || a.columns() <= 0 {
		return nil, invalid("The start is outside of the grid")
	}
	return nil, b.editAll(t, a, r.Rows, m, false)
}

func (b *batch) repeatCell(r repeatCellRequest) (any, error) {
	m, err := cellMaskOf(r.Fields)
	if err != nil {
		return nil, err
	}
	t, a, err := b.area(r.Range)
	if err != nil {
		return nil, err
	}
	for row := a.top; row < a.bottom; row++ {
		for column := a.left; column < a.right; column++ {
			if err := b.edit(t, row, column, m, r.Cell); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}
