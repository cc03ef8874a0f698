package csvfile

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	delimiters    = ",;\t|"
	sampleRecords = 50
	sampleBytes   = 1 << 20
)

var (
	errDelimiter = errors.New("cannot tell which character separates the cells: set delimiter:")
	errUneven    = errors.New("comma, semicolon, tab or | do not give the first line as many cells as the rows below: " +
		"the first line must name the columns; set delimiter: if it is another character")
)

// parseDelimiter reads the option: one ASCII character that is no letter, digit, quote or line end; or "tab".
func parseDelimiter(option string) (byte, error) {
	if option == "tab" || option == `\t` {
		return '\t', nil
	}
	if len(option) != 1 || option[0] >= utf8.RuneSelf || strings.Contains("\"\r\n\x00", option) ||
		unicode.IsLetter(rune(option[0])) || unicode.IsDigit(rune(option[0])) {
		return 0, fmt.Errorf("delimiter %q: take one character such as , or ; or tab", option)
	}
	return option[0], nil
}

// findDelimiter finds the one of , ; tab and | that separates the cells of the first records: it splits the
// header, and every record into as many cells as the header; where none does, for a ragged row is one row's
// problem, at least half of them. A header that none of them splits makes a file of one column.
func (d dialect) findDelimiter(all func() io.Reader) (byte, error) {
	var splits, half, every []byte
	for _, delimiter := range []byte(delimiters) {
		text, err := d.text(all())
		if err != nil {
			return 0, err
		}
		counts := countCells(text, delimiter)
		if len(counts) == 0 || counts[0] < 2 || !d.charset.delimits(delimiter) {
			continue
		}
		splits = append(splits, delimiter)
		agree := 0
		for _, n := range counts[1:] {
			if n == counts[0] {
				agree++
			}
		}
		if rows := len(counts) - 1; agree == rows {
			every = append(every, delimiter)
		} else if 2*agree >= rows {
			half = append(half, delimiter)
		}
	}
	switch {
	case len(splits) == 0:
		return noDelimiter, nil
	case len(every) == 1:
		return every[0], nil
	case len(every) == 0 && len(half) == 1:
		return half[0], nil
	case len(every) == 0 && len(half) == 0:
		return 0, errUneven
	}
	return 0, errDelimiter
}

// countCells returns the number of cells of each of the first records that are not blank, -1 where quotes stand
// as they could not with this delimiter. The record that the end of the sample cuts counts only as the first.
func countCells(text io.Reader, delimiter byte) (counts []int) {
	sample := &io.LimitedReader{R: text, N: sampleBytes}
	rows := newScanner(sample, delimiter)
	for len(counts) < sampleRecords {
		rec, err := rows.next()
		if err != nil {
			if sample.N == 0 && len(counts) > 1 {
				counts = counts[:len(counts)-1]
			}
			break
		}
		switch {
		case rec.stray >= 0 || rec.quotesForAnother():
			counts = append(counts, -1)
		case len(rec.cells) > 1 || rec.cells[0].from < rec.cells[0].to:
			counts = append(counts, len(rec.cells))
		}
	}
	return counts
}

// quotesForAnother reports whether a quote stands beside a delimiter inside a cell: where it starts or ends a
// quoted cell, if that delimiter is the one.
func (r *record) quotesForAnother() bool {
	for _, cell := range r.cells {
		text := r.raw[cell.from:cell.to]
		for i, c := range text {
			beside := i > 0 && text[i-1] == '"' || i+1 < len(text) && text[i+1] == '"'
			if !cell.quoted() && beside && strings.IndexByte(delimiters, c) >= 0 {
				return true
			}
		}
	}
	return false
}
