package sheets

import (
	"strconv"
	"strings"
)

// quoted is a tab's title as ranges name it. Without the quotes, a tab called CRM26 would be a cell.
func quoted(title string) string { return "'" + strings.ReplaceAll(title, "'", "''") + "'" }

// rangeOf names the cells of the rows and columns from first to last, all counted from 0.
func rangeOf(title string, firstRow, firstColumn, lastRow, lastColumn int) string {
	return quoted(title) + "!" + letters(firstColumn) + strconv.Itoa(firstRow+1) +
		":" + letters(lastColumn) + strconv.Itoa(lastRow+1)
}

// rangeFrom names the cells from a row on, however many rows there are, in the columns from first to last.
func rangeFrom(title string, firstRow, firstColumn, lastColumn int) string {
	return quoted(title) + "!" + letters(firstColumn) + strconv.Itoa(firstRow+1) + ":" + letters(lastColumn)
}

// letters is the name of a column: A for 0, Z for 25, AA for 26.
func letters(column int) string {
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// firstRow is the row, counted from 0, in which an answered range begins; ok is false when it names none. The title
// may hold anything, an exclamation mark included.
func firstRow(answered string) (row int, ok bool) {
	cells := answered[strings.LastIndexByte(answered, '!')+1:]
	first, _, _ := strings.Cut(cells, ":")
	n, err := strconv.Atoi(strings.TrimLeft(strings.ReplaceAll(first, "$", ""), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	return n - 1, err == nil && n > 0
}
