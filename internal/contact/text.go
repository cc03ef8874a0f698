package contact

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// NormalizeText returns s in Unicode NFC without outer white space, which includes no-break spaces, zero-width
// spaces and byte order marks. Characters inside stay as they are, but for what neither JSON nor Postgres can
// hold: bytes that are not UTF-8 become U+FFFD, NUL goes.
func NormalizeText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
	return strings.TrimFunc(norm.NFC.String(s), isSpace)
}

// Fold returns the normal form of s without case, by which names, labels and e-mails are compared.
func Fold(s string) string { return norm.NFC.String(strings.ToLower(NormalizeText(s))) }

// ParseText reads a cell as text. Numbers, booleans and dates give their text; a list is an error.
func ParseText(cell Cell) (Value, error) {
	s, err := cellText(cell)
	return Value{Norm: s, Text: s}, err
}

// ParseURL reads a cell as a URL. Quo stores any text, so that only white space inside is an error.
func ParseURL(cell Cell) (Value, error) {
	s, err := cellText(cell)
	if err != nil {
		return Value{}, err
	}
	if strings.ContainsFunc(s, isSpace) {
		return Value{}, errors.New("a URL cannot contain spaces")
	}
	return Value{Norm: s, Text: s}, nil
}

// cellText returns the normal form of a cell's text. An error that the source shows, and a list, are errors.
func cellText(cell Cell) (string, error) {
	switch cell.Type {
	case CellError:
		return "", fmt.Errorf("the cell shows %s", NormalizeText(cell.Text))
	case CellList:
		return "", errors.New("the cell holds a list, but the field takes one value")
	}
	return NormalizeText(cell.Text), nil
}

// isBlank reports whether s holds nothing but white space: whether its normal form is empty.
func isBlank(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !isSpace(r) && r != 0 })
}

func isSpace(r rune) bool {
	switch r {
	case '\u200B', '\u2060', '\uFEFF': // zero-width space, word joiner, byte order mark
		return true
	}
	return unicode.IsSpace(r)
}
