package sheets

import (
	"slices"
	"strconv"
	"strings"

	"syncd/internal/contact"
)

// A value is what the API says of a cell: a string, a float64 or a bool; nil or "" when it is empty. On its way out it
// may be a formula too, and nil leaves the cell as it is.
type value any

// formula is what a person typed into a cell that calculates: "=A2&B2".
type formula string

// errorTexts is what a cell shows whose formula has no result.
var errorTexts = []string{
	"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#ERROR!", "#SPILL!", "#CALC!", "Loading...",
}

// cellOf is a value as a cell of a record.
func cellOf(v value) contact.Cell {
	switch v := v.(type) {
	case float64:
		return contact.Cell{Type: contact.CellNumber, Text: textOf(v)}
	case bool:
		return contact.Cell{Type: contact.CellBoolean, Text: textOf(v)}
	case string:
		if slices.Contains(errorTexts, v) {
			return contact.Cell{Type: contact.CellError, Text: v}
		}
	}
	return contact.Cell{Text: textOf(v)}
}

// textOf is the text of a value. A number has no exponent, for that would cost a phone number its digits.
func textOf(v value) string {
	switch v := v.(type) {
	case string:
		return v
	case formula:
		return string(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// looksCalculated reports whether a value, as it was entered, may be a formula. Text that begins with an equals sign
// looks the same.
func looksCalculated(v value) bool {
	s, ok := v.(string)
	return ok && strings.HasPrefix(s, "=")
}

// at returns the value of a cell; nil beyond the last filled cell of a row and beyond the last filled row.
func at(rows [][]any, row, column int) value {
	if row < 0 || row >= len(rows) || column >= len(rows[row]) {
		return nil
	}
	return rows[row][column]
}

// isUnused reports whether a row holds nothing: its cells are empty, or boxes that nobody ticked, which people put into rows
// in advance.
func isUnused(row []any) bool {
	return !slices.ContainsFunc(row, func(v any) bool { return v != false && !contact.Cell{Text: textOf(v)}.Empty() })
}

// isBlank reports whether all cells of a row are empty.
func isBlank(row []any) bool {
	return !slices.ContainsFunc(row, func(v any) bool { return !contact.Cell{Text: textOf(v)}.Empty() })
}
