package csvfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/text/transform"
)

// A dialect is how the bytes of a file become cells.
type dialect struct {
	bom       string // the byte order mark that the file starts with, or ""
	charset   charset
	delimiter byte
	// plain says that the encoding is neither configured nor marked, and all text is ASCII: nothing to get wrong.
	plain bool
}

// boms are the byte order marks, and what they say.
var boms = map[string]charset{"\xEF\xBB\xBF": utf8Charset, "\xFF\xFE": utf16LE, "\xFE\xFF": utf16BE}

// workbooks are the first bytes of what spreadsheet programs save unless they are told to save CSV: of a ZIP file, as .xlsx,
// .ods and .numbers are, and of the older .xls.
var (
	workbooks   = []string{"PK\x03\x04", "\xD0\xCF\x11\xE0"}
	errWorkbook = errors.New("a workbook such as .xlsx, not a CSV file: open it and save it as CSV UTF-8")
)

// dialect finds out how a file is to be read, and what a person ought to hear about it.
func (f *File) dialect(all func() io.Reader) (d dialect, notice string, err error) {
	if d, err = f.encoding(all); err != nil {
		return d, "", err
	}
	if err := d.notBinary(all()); err != nil {
		return d, "", err
	}
	if d.charset.name == "" {
		if d, notice, err = guessEncoding(all()); err != nil {
			return d, "", err
		}
	}
	if f.options.Delimiter == "" {
		d.delimiter, err = d.findDelimiter(all)
	} else {
		d.delimiter, err = parseDelimiter(f.options.Delimiter)
	}
	if err == nil && !d.charset.delimits(d.delimiter) {
		err = fmt.Errorf("%q is a part of other characters in %s: save the file as UTF-8", d.delimiter, d.charset.name)
	}
	return d, notice, err
}

// reads reports whether a file in the dialect d that was changed is still read as it was before.
func (d dialect) reads(changed dialect) bool {
	return d.bom == changed.bom && d.delimiter == changed.delimiter &&
		(d.charset.name == changed.charset.name || changed.plain)
}

// text returns what the scanner is to see of a file: without its byte order mark, and without UTF-16.
func (d dialect) text(all io.Reader) (io.Reader, error) {
	if _, err := io.CopyN(io.Discard, all, int64(len(d.bom))); err != nil {
		return nil, err
	}
	if d.charset.order == nil {
		return all, nil
	}
	return transform.NewReader(all, fromUTF16{order: d.charset.order}), nil
}

// encoding finds the charset that the byte order mark says, else what is configured, else none.
func (f *File) encoding(all func() io.Reader) (d dialect, err error) {
	start := make([]byte, 4)
	n, err := io.ReadFull(all(), start)
	if err != nil && err != io.ErrUnexpectedEOF {
		return d, err
	}
	if slices.Contains(workbooks, string(start[:n])) {
		return d, errWorkbook
	}
	for bom, charset := range boms {
		if bytes.HasPrefix(start[:n], []byte(bom)) {
			return dialect{bom: bom, charset: charset}, nil
		}
	}
	if f.options.Encoding != "" {
		d.charset, err = charsetNamed(f.options.Encoding)
		return d, err
	}
	return d, nil
}

// guessEncoding takes UTF-8 when the text is valid, for text in another encoding hardly ever is, and else
// Windows-1252: detectors go wrong on lists as short as names and cities. Text that is UTF-8 but for a few lines
// stays UTF-8, and those lines are problems of their rows: Windows-1252 would garble all others.
func guessEncoding(all io.Reader) (d dialect, notice string, err error) {
	seen := newSurvey()
	if _, err := io.Copy(seen, all); err != nil {
		return d, "", err
	}
	seen.end()
	utf8Lines, others := seen.utf8, seen.others
	switch {
	case others.count == 0:
		return dialect{charset: utf8Charset, plain: utf8Lines.count == 0}, "", nil
	case utf8Lines.count == 0:
		return dialect{charset: windows1252}, fmt.Sprintf("line %d is not valid UTF-8: the file is read as "+
			"windows-1252; set encoding: if that is wrong", others.first), nil
	case utf8Lines.count > others.count:
		return dialect{charset: utf8Charset}, fmt.Sprintf("line %d is not valid UTF-8, unlike line %d: the file is "+
			"read as UTF-8; set encoding: if that is wrong", others.first, utf8Lines.first), nil
	}
	place := fmt.Sprintf("line %d is UTF-8, line %d is not", utf8Lines.first, others.first)
	if utf8Lines.first == others.first {
		place = fmt.Sprintf("line %d is UTF-8 in part only", others.first)
	}
	return d, "", errors.New("more than one encoding: " + place + ": save the file as CSV in UTF-8, or set encoding:")
}

// notBinary looks for NUL in the first line, where no text file has one and most others do.
func (d dialect) notBinary(all io.Reader) error {
	text, err := d.text(all)
	if err != nil {
		return err
	}
	start, err := io.ReadAll(io.LimitReader(text, 4<<10))
	if err != nil {
		return err
	}
	line, _, _ := bytes.Cut(start, []byte{'\n'})
	if bytes.IndexByte(line, 0) < 0 {
		return nil
	}
	return errors.New("not a text file (its first line holds NUL): save it as CSV; if it is UTF-16 without a byte " +
		"order mark, set encoding: utf-16le")
}
