package csvfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// maxCell is how many bytes a cell may hold to be read or written: what contacts hold is far smaller.
const maxCell = 1 << 20

// A table is one pass over a snapshot that yields the cells of some columns.
type table struct {
	*scanner
	charset charset
	header  []string // the names of all columns, in normal form
	columns []int    // where the columns that were asked for stand in the file

	raw  []byte // room for one cell, in the file's encoding
	text []byte // room for the cells of a row
	ends []int  // where each of them ends in text
}

// A row is a record of the file with its cells. The record is valid until the next row is read.
type row struct {
	*record
	values  []contact.Cell // of the columns that were asked for, in that order
	problem string         // why they cannot be trusted, or ""
}

// table starts a pass and finds the columns.
func (s *snapshot) table(columns []string) (*table, error) {
	text, err := s.pass()
	if err != nil {
		return nil, err
	}
	t := &table{scanner: newScanner(text, s.delimiter), charset: s.charset}
	if err := t.readHeader(); err != nil {
		return nil, err
	}
	for _, name := range columns {
		i, err := t.find(name)
		if err != nil {
			return nil, err
		}
		t.columns = append(t.columns, i)
	}
	return t, nil
}

func (t *table) readHeader() error {
	rec, err := t.scanner.next()
	switch {
	case err == io.EOF:
		return errEmpty
	case err != nil:
		return err
	case t.blank(rec):
		return errors.New("the first line is empty: it must name the columns")
	case rec.stray >= 0:
		return fmt.Errorf("there is a quote inside column name %d: double it and quote the whole name", rec.stray+1)
	case !bytes.HasSuffix(rec.raw, []byte{'\n'}) && bytes.ContainsRune(rec.raw[:len(rec.raw)-1], '\r'):
		return errors.New("the lines end in CR alone: save the file with LF or CRLF")
	}
	for _, cell := range rec.cells {
		name, _ := t.charset.appendUTF8(nil, rec.appendText(nil, cell))
		t.header = append(t.header, contact.NormalizeText(string(name)))
	}
	return nil
}

// find returns where the named column stands; the *sources.ColumnError of one that is missing or doubled does not
// name the source yet.
func (t *table) find(column string) (int, error) {
	wanted, found := contact.NormalizeText(column), -1
	for i, name := range t.header {
		if name != wanted || name == "" {
			continue
		}
		if found >= 0 {
			return 0, &sources.ColumnError{Column: column, Doubled: true, Columns: t.header}
		}
		found = i
	}
	if found < 0 {
		return 0, &sources.ColumnError{Column: column, Columns: t.header}
	}
	return found, nil
}

// next reads the next row that is not blank. It returns io.EOF after the last one.
func (t *table) next() (row, error) {
	for {
		rec, err := t.scanner.next()
		if err != nil {
			return row{}, err
		}
		if !t.blank(rec) {
			return t.row(rec)
		}
	}
}

// blank reports whether all cells of a record are empty.
func (t *table) blank(rec *record) bool {
	for _, cell := range rec.cells {
		t.raw = rec.appendText(t.raw[:0], cell)
		if bytes.ContainsFunc(t.raw, func(r rune) bool { return ' ' < r && r < 0x7F }) {
			return false
		}
		if t.text, _ = t.charset.appendUTF8(t.text[:0], t.raw); !(contact.Cell{Text: string(t.text)}).Empty() {
			return false
		}
	}
	return true
}

// row decodes the cells. All of them share one string, for the sake of the garbage collector.
func (t *table) row(rec *record) (row, error) {
	problem, err := t.misshapen(rec)
	if err != nil {
		return row{}, err
	}
	t.text, t.ends = t.text[:0], t.ends[:0]
	for _, column := range t.columns {
		if column < len(rec.cells) {
			if wrong := t.decode(rec, column); problem == "" {
				problem = wrong
			}
		}
		t.ends = append(t.ends, len(t.text))
	}
	values, text, from := make([]contact.Cell, len(t.columns)), string(t.text), 0
	for i, end := range t.ends {
		values[i].Text, from = text[from:end], end
	}
	return row{rec, values, problem}, nil
}

// misshapen says what is wrong with the quotes or the number of cells of a record, or "". When a quoted cell of
// such a record has rows inside, a missing quote may have put them there, which is an error for the whole file.
func (t *table) misshapen(rec *record) (problem string, err error) {
	if rec.stray >= 0 {
		return fmt.Sprintf("there is a quote inside cell %d: double it and quote the whole cell", rec.stray+1), nil
	}
	if len(rec.cells) == len(t.header) {
		return "", nil
	}
	for i, cell := range rec.cells {
		text := rec.raw[cell.from:cell.to]
		if bytes.IndexByte(text, '\n') >= 0 && bytes.IndexByte(text, t.delimiter) >= 0 {
			return "", fmt.Errorf("row %d, line %d: %d of the header's %d cells, and what looks like more rows inside cell %d: "+
				"a quote is missing or too many", rec.row, rec.line, len(rec.cells), len(t.header), i+1)
		}
	}
	if len(rec.cells) < len(t.header) {
		return fmt.Sprintf("only %d of the header's %d cells", len(rec.cells), len(t.header)), nil
	}
	return fmt.Sprintf("%d cells, the header has %d: quote the cell that holds the delimiter",
		len(rec.cells), len(t.header)), nil
}

// decode appends the text of one cell to the row's and says what is wrong with it, or "".
func (t *table) decode(rec *record, column int) (problem string) {
	t.raw = rec.appendText(t.raw[:0], rec.cells[column])
	name := t.header[column]
	if len(t.raw) > maxCell {
		return fmt.Sprintf("column %q holds %d bytes, more than %d: shorten it", name, len(t.raw), maxCell)
	}
	text, valid := t.charset.appendUTF8(t.text, t.raw)
	t.text = text
	switch {
	case !valid:
		return fmt.Sprintf("column %q is not valid %s: type it again, or set encoding:", name, t.charset.name)
	case bytes.IndexByte(t.raw, 0) >= 0:
		return fmt.Sprintf("column %q holds a NUL character: delete it", name)
	}
	return ""
}
