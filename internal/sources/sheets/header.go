package sheets

import (
	"errors"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// header is the names of all columns, in normal form.
type header []string

// headerOf reads the first row.
func headerOf(rows [][]any) (header, error) {
	if len(rows) == 0 || isBlank(rows[0]) {
		return nil, errors.New("the first row is empty: it must name the columns")
	}
	var h header
	for _, v := range rows[0] {
		h = append(h, contact.NormalizeText(textOf(v)))
	}
	return h, nil
}

// places returns where the named columns stand; the *sources.ColumnError of one that is missing or doubled does not name
// the source yet.
func (h header) places(columns []string) ([]int, error) {
	var places []int
	for _, column := range columns {
		i, n := h.place(contact.NormalizeText(column))
		if n != 1 {
			return nil, &sources.ColumnError{Column: column, Doubled: n > 1, Columns: h}
		}
		places = append(places, i)
	}
	return places, nil
}

// place returns where the first column with a name stands, and how many there are.
func (h header) place(name string) (first, n int) {
	first = -1
	for i, have := range h {
		if have != name || name == "" {
			continue
		}
		if n++; n == 1 {
			first = i
		}
	}
	return first, n
}

// count is how many columns have a name.
func (h header) count(name string) (n int) {
	for _, have := range h {
		if have == name {
			n++
		}
	}
	return n
}

// unnamed is where a column without a name stands that has n others before it; -1 when there is none.
func (h header) unnamed(n int) int {
	for i, name := range h {
		if name == "" {
			if n == 0 {
				return i
			}
			n--
		}
	}
	return -1
}

// upTo are the numbers from 0 to below n: of rows, or of columns.
func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}
