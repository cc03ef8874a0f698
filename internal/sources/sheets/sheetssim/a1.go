package sheetssim

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// open is the end of an area that has none: "A2:F".
const open = 1<<31 - 1

// area is a block of cells, from 0 on, without its bottom and right.
type area struct{ top, left, bottom, right int }

func (a area) rows() int    { return a.bottom - a.top }
func (a area) columns() int { return a.right - a.left }

func (a area) single() bool { return a.rows() == 1 && a.columns() == 1 }

func (a area) meets(b area) bool {
	return a.top < b.bottom && b.top < a.bottom && a.left < b.right && b.left < a.right
}

// within returns the part of a that a grid of that size has.
func (a area) within(rows, columns int) area {
	return area{a.top, a.left, min(a.bottom, rows), min(a.right, columns)}
}

// String is the area in A1 notation.
func (a area) String() string {
	from := corner(a.top, a.left, a.bottom == open && a.top == 0)
	switch {
	case a.right == open:
		return fmt.Sprintf("%d:%d", a.top+1, a.bottom)
	case a.single():
		return from
	default:
		return from + ":" + corner(a.bottom-1, a.right-1, a.bottom == open)
	}
}

func corner(row, column int, columnOnly bool) string {
	if columnOnly {
		return columnName(column)
	}
	return columnName(column) + strconv.Itoa(row+1)
}

// columnName is the letters of a column: 0 is A.
func columnName(column int) string {
	var name string
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

func columnIndex(letters string) int {
	n := 0
	for _, c := range strings.ToUpper(letters) {
		n = n*26 + int(c-'A') + 1
	}
	return n - 1
}

// part is one end of an area: "A", "5" or "A5".
var part = regexp.MustCompile(`^\$?([A-Za-z]{0,3})\$?([1-9][0-9]{0,7})?$`)

// parseCells reads the part of a range after the "!".
func parseCells(s string) (a area, ok bool) {
	first, second, two := strings.Cut(s, ":")
	top, left, ok := parsePart(first)
	if !ok {
		return area{}, false
	}
	if !two {
		return area{top, left, top + 1, left + 1}, top >= 0 && left >= 0
	}
	bottom, right, ok := parsePart(second)
	switch {
	case !ok, (left < 0) != (right < 0), top < 0 && bottom >= 0:
		return area{}, false
	case left < 0 && (top < 0 || bottom < 0):
		return area{}, false
	}
	if left < 0 {
		left, right = 0, open-1
	}
	if bottom < 0 {
		bottom = open - 1
	}
	top = max(top, 0)
	return area{min(top, bottom), min(left, right), max(top, bottom) + 1, max(left, right) + 1}, true
}

// parsePart returns -1 for what is missing.
func parsePart(s string) (row, column int, ok bool) {
	m := part.FindStringSubmatch(s)
	if len(m) == 0 || m[1]+m[2] == "" {
		return 0, 0, false
	}
	row, column = -1, -1
	if m[1] != "" {
		column = columnIndex(m[1])
	}
	if m[2] != "" {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return 0, 0, false
		}
		row = n - 1
	}
	return row, column, true
}

// parseRange reads a range of the API: 'Jon”s Data'!A2:F, Contacts!A1, A1:B2 (of the first tab) or the title of a
// tab. A tab that is called CRM26 and not quoted is a cell.
//
// https://developers.google.com/workspace/sheets/api/guides/concepts#cell
func parseRange(s string) (title string, titled bool, a area, ok bool) {
	whole := area{0, 0, open, open}
	if rest, quoted := strings.CutPrefix(s, "'"); quoted {
		title, rest, ok = unquote(rest)
		switch {
		case !ok:
			return "", false, area{}, false
		case rest == "":
			return title, true, whole, true
		case rest[0] != '!':
			return "", false, area{}, false
		}
		a, ok = parseCells(rest[1:])
		return title, true, a, ok
	}
	if i := strings.LastIndexByte(s, '!'); i >= 0 {
		a, ok = parseCells(s[i+1:])
		return s[:i], true, a, ok && i > 0
	}
	if a, ok = parseCells(s); ok {
		return "", false, a, true
	}
	return s, true, whole, s != ""
}

// unquote reads up to the quote that ends a title; the first has been read.
func unquote(s string) (title, rest string, ok bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "'")
		if !found {
			return "", "", false
		}
		b.WriteString(before)
		if !strings.HasPrefix(after, "'") {
			return b.String(), after, true
		}
		b.WriteByte('\'')
		s = after[1:]
	}
}

var plainTitle = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// quoteTitle quotes a title where an answer would.
func quoteTitle(title string) string {
	if _, isCell := parseCells(title); plainTitle.MatchString(title) && !isCell {
		return title
	}
	return "'" + strings.ReplaceAll(title, "'", "''") + "'"
}
