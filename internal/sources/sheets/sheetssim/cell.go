package sheetssim

import (
	"strconv"
	"strings"
)

// Cell is one cell of a tab. The zero Cell is empty.
type Cell struct {
	Value   any    // nil, string, float64, bool or Error; of a formula, what it comes to
	Formula string // with its "="; "": the cell holds Value itself
	Text    string // what the screen shows, where Value and Format do not say it: "5.55E+09"
	Format  Format
}

// Error is the value of a cell that shows an error: "#REF!", "#N/A".
type Error string

// Format is a number format: a type of the API, such as "TEXT" or "DATE", and a pattern; an empty pattern is the
// locale's own.
type Format struct{ Type, Pattern string }

// PlainText is the format of a column that a careful person keeps phone numbers in: what is typed stays as it is.
var PlainText = Format{Type: "TEXT"}

// Formula is a cell with a formula and its result.
func Formula(formula string, result any) Cell { return Cell{Value: plain(result), Formula: formula} }

func (c Cell) empty() bool { return c.Value == nil && c.Formula == "" }

// filled returns the cell with another content. The format stays, as it does in Sheets.
func (c Cell) filled(with Cell) Cell {
	if with.Format == (Format{}) {
		with.Format = c.Format
	}
	return with
}

// plain makes a value of a cell of what a test writes.
func plain(v any) any {
	switch v := v.(type) {
	case nil, float64, bool, Error:
		return v
	case int:
		return float64(v)
	case string:
		if v == "" {
			return nil
		}
		return v
	default:
		panic("sheetssim: a cell holds a string, float64, int, bool or Error")
	}
}

// The ways to render a value and a date, as the API calls them.
const (
	formattedValue   = "FORMATTED_VALUE"
	unformattedValue = "UNFORMATTED_VALUE"
	formulaValue     = "FORMULA"
	serialNumber     = "SERIAL_NUMBER"
	formattedString  = "FORMATTED_STRING"
)

// rendering says how values leave.
type rendering struct{ value, dates string }

// render returns what a JSON answer holds for the cell; "" for an empty one.
func (r rendering) render(c Cell) any {
	_, isNumber := c.Value.(float64)
	switch {
	case c.empty():
		return ""
	case r.value == formulaValue && c.Formula != "":
		return c.Formula
	case r.value == formattedValue:
		return c.Shown()
	case isNumber && c.Format.dated() && r.value == unformattedValue && r.dates == formattedString:
		return c.Shown()
	}
	if e, ok := c.Value.(Error); ok {
		return string(e)
	}
	if c.Value == nil { // a formula that comes to nothing
		return ""
	}
	return c.Value
}

// Shown is the text that the screen shows.
func (c Cell) Shown() string {
	if c.Text != "" {
		return c.Text
	}
	switch v := c.Value.(type) {
	case string:
		return v
	case Error:
		return string(v)
	case bool:
		return strings.ToUpper(strconv.FormatBool(v))
	case float64:
		if c.Format.dated() {
			return c.Format.date(v)
		}
		return general(v)
	default:
		return ""
	}
}

// general is a number in the format "automatic".
func general(v float64) string {
	if magnitude := max(v, -v); magnitude >= 1e15 || (magnitude < 1e-9 && v != 0) {
		return strings.Replace(strconv.FormatFloat(v, 'E', 5, 64), ".00000", "", 1)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
