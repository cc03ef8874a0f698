package csvfile

import (
	"bytes"
	"fmt"
	"io"
)

// maxRecord is how many bytes of memory one record may take.
const maxRecord = 32 << 20

// noDelimiter makes the scanner take each line as one cell. It is a line feed because that ends a cell anyway.
const noDelimiter = '\n'

// A scanner splits CSV into records and keeps where every byte stood: as RFC 4180 has it, with lines that end in
// LF as well as CRLF, and a quote inside a cell that does not start with one taken literally.
//
// It sees bytes, so that it serves every encoding in which the bytes of quotes, delimiters and line ends mean
// nothing else; UTF-16 reaches it as UTF-8.
type scanner struct {
	from      io.Reader
	delimiter byte

	buf        []byte
	start, end int   // the bytes of buf from the current record's first on that were read
	err        error // why no more can be read, io.EOF at the end
	current    record
	line       int // the line on which the next record starts, from 1
}

// A record is one record of the file, valid until the next one is scanned.
type record struct {
	row   int    // from 1
	line  int    // the line on which it starts
	raw   []byte // all its bytes, line end included
	cells []span
	// stray is the index of the first cell with a quote where none may be, or -1. Its text is a guess.
	stray int
}

// A span is where a cell stands in the bytes of its record, quotes included.
type span struct {
	from, to int
	closed   int // the index after the closing quote; 0 for a cell that is not quoted
}

func (s span) quoted() bool { return s.closed > 0 }

func newScanner(from io.Reader, delimiter byte) *scanner {
	return &scanner{from: from, delimiter: delimiter, buf: make([]byte, 64<<10), line: 1}
}

// next scans one record. It returns io.EOF after the last one; any other error means that the rest cannot be
// told apart into rows.
func (s *scanner) next() (*record, error) {
	rec := &s.current
	s.start += len(rec.raw)
	*rec = record{row: rec.row + 1, line: s.line, cells: rec.cells[:0], stray: -1}
	if s.peek(0) < 0 {
		return nil, s.err
	}
	for pos := 0; ; pos++ {
		cell, ok := s.cell(pos)
		if !ok {
			return nil, s.unclosed(rec)
		}
		rec.cells = append(rec.cells, cell)
		pos = cell.to
		if c := s.peek(pos); c < 0 || byte(c) != s.delimiter || c == '\n' {
			return rec, s.finish(rec, pos)
		}
	}
}

// cell returns the span of the cell that starts at pos, up to the delimiter, the line feed or the end of the
// file; ok is false when its quote is never closed.
func (s *scanner) cell(pos int) (cell span, ok bool) {
	cell.from = pos
	if s.peek(pos) == '"' {
		if pos, ok = s.quoted(pos + 1); !ok {
			return cell, false
		}
		cell.closed = pos
	}
	cell.to = s.plain(pos)
	return cell, true
}

// plain returns where the text that starts at pos and is not quoted ends.
func (s *scanner) plain(pos int) int {
	for {
		window := s.buf[s.start:s.end]
		for ; pos < len(window); pos++ {
			if c := window[pos]; c == s.delimiter || c == '\n' {
				return pos
			}
		}
		if !s.fill() {
			return pos
		}
	}
}

// quoted returns the index after the quote that closes the text that starts at pos.
func (s *scanner) quoted(pos int) (closed int, ok bool) {
	for {
		i := bytes.IndexByte(s.buf[s.start+pos:s.end], '"')
		if i < 0 {
			pos = s.end - s.start
			if !s.fill() {
				return pos, false
			}
			continue
		}
		pos += i + 1
		if s.peek(pos) != '"' {
			return pos, true
		}
		pos++
	}
}

// finish completes a record whose last cell ends at pos, with its line end and the check of its quotes.
func (s *scanner) finish(rec *record, pos int) error {
	size := pos
	if s.peek(pos) == '\n' {
		size++
	} else if s.err != io.EOF {
		return s.err
	}
	rec.raw = s.buf[s.start : s.start+size]
	if last := &rec.cells[len(rec.cells)-1]; last.to > max(last.from, last.closed) && rec.raw[last.to-1] == '\r' {
		last.to--
	}
	for i, cell := range rec.cells {
		if !rec.strayQuote(cell) {
			continue
		}
		if cell.quoted() && bytes.IndexByte(rec.raw[cell.from:cell.closed], '\n') >= 0 {
			return fmt.Errorf("row %d, line %d: a quote that runs over several lines closes in the middle of a cell: "+
				"it may hide rows; close it where its cell ends, or double it", rec.row, rec.line)
		}
		rec.stray = i
		break
	}
	s.line += bytes.Count(rec.raw, []byte{'\n'})
	return nil
}

// strayQuote reports whether the cell holds a quote that is neither around it, nor doubled, nor surely meant
// literally: text follows the closing quote, or only white space stands before the opening one.
func (r *record) strayQuote(cell span) bool {
	if cell.quoted() {
		return cell.closed < cell.to
	}
	text := r.raw[cell.from:cell.to]
	if len(text) == 0 || text[0] != ' ' && text[0] != '\t' {
		return false
	}
	return bytes.HasPrefix(bytes.TrimLeft(text, " \t"), []byte{'"'})
}

// unclosed says why a record does not end: it would take the rest of the file with it.
func (s *scanner) unclosed(rec *record) error {
	if s.err != io.EOF {
		return s.err
	}
	return fmt.Errorf("row %d, line %d: a quote is opened and never closed: close it, or double it if it is meant "+
		"literally", rec.row, rec.line)
}

// peek returns the byte at pos of the current record, or -1 when the file ends before it.
func (s *scanner) peek(pos int) int {
	for s.start+pos >= s.end {
		if !s.fill() {
			return -1
		}
	}
	return int(s.buf[s.start+pos])
}

// fill reads more bytes and reports whether there are any.
func (s *scanner) fill() bool {
	if s.err != nil {
		return false
	}
	if s.end == len(s.buf) {
		s.makeRoom()
	}
	var n int
	for n == 0 && s.err == nil {
		n, s.err = s.from.Read(s.buf[s.end:])
	}
	s.end += n
	if s.end-s.start > maxRecord {
		s.err = fmt.Errorf("row %d, line %d: the row takes more than %d MiB: is a quote not closed?",
			s.current.row, s.current.line, maxRecord>>20)
		return false
	}
	return n > 0
}

// makeRoom moves the current record to the front of the buffer, or into a larger one when it fills half of it.
func (s *scanner) makeRoom() {
	to := s.buf
	if s.end-s.start > len(s.buf)/2 {
		to = make([]byte, 2*len(s.buf))
	}
	s.end = copy(to, s.buf[s.start:s.end])
	s.start, s.buf = 0, to
}

// appendText appends the text of a cell, without its quotes, in the encoding of the file.
func (r *record) appendText(dst []byte, cell span) []byte {
	if !cell.quoted() {
		return append(dst, r.raw[cell.from:cell.to]...)
	}
	for text := r.raw[cell.from+1 : cell.closed-1]; ; {
		i := bytes.IndexByte(text, '"') // the first of two
		if i < 0 {
			dst = append(dst, text...)
			break
		}
		dst, text = append(dst, text[:i+1]...), text[i+2:]
	}
	return append(dst, r.raw[cell.closed:cell.to]...)
}

// lineEnd returns the bytes that end the record: LF, CRLF, or, at the end of the file, nothing or CR.
func (r *record) lineEnd() []byte {
	return r.raw[r.cells[len(r.cells)-1].to:]
}

// appendCell appends text as a cell, with quotes around it if asked for or needed.
func appendCell(dst, text []byte, delimiter byte, quoted bool) []byte {
	if !quoted && !needsQuotes(text, delimiter) {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for _, c := range text {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

// needsQuotes reports whether text would be read as something else without quotes. Outer white space would not,
// but some programs drop it.
func needsQuotes(text []byte, delimiter byte) bool {
	if len(text) == 0 {
		return false
	}
	first, last := text[0], text[len(text)-1]
	return bytes.IndexByte(text, delimiter) >= 0 || bytes.ContainsAny(text, "\"\r\n") ||
		first == ' ' || first == '\t' || last == ' ' || last == '\t'
}
