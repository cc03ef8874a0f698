// Package csvfile reads and writes the rows of a CSV file: the dialects that spreadsheet programs save, without
// changing a byte that need not change.
//
// Start with [File.Read] and [File.Write]. Both stand on one scanner (scan.go), which knows where every cell
// stands in the file; a snapshot (snapshot.go) is the file at one moment, a table (table.go) its rows as cells.
//
// A CSV file has text only: cells are written as their text, and text that looks like a formula ("=1+1") is
// written as it is, for the cell must hold what the contact holds. It is for the program that opens the file to
// take it as text.
package csvfile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"syscall"

	"syncd/internal/contact"
	"syncd/internal/sources"
)

// Options say which file, and how it is read where it does not say so itself.
type Options struct {
	Path string // may be a symbolic link; the file that it names is read and replaced
	// Delimiter is one character, or "tab"; "" finds out which of , ; tab and | it is.
	Delimiter string
	// Encoding is a name such as "windows-1252" (https://encoding.spec.whatwg.org/#names-and-labels); "" takes
	// UTF-8, and Windows-1252 for a file that is not valid UTF-8. A byte order mark in the file always wins.
	Encoding string
	// Key names the columns that identify a row. Without any, Write finds a row by what it held when it was read.
	Key []string
	// Warn hears, in words for a person, that the encoding was guessed, when the guess is another than the last run's; nil
	// for nobody.
	Warn func(string)
}

// File is a CSV file as a [sources.Source]. The row numbers are those of a spreadsheet program: the header is row
// 1, an empty line is a row, a quoted cell of several lines is one row.
type File struct {
	options Options
	guessed string // the encoding of which Warn heard, "" when the last file needed no guess
}

var (
	_ sources.Source     = (*File)(nil)
	_ sources.Describer  = (*File)(nil)
	_ sources.Checker    = (*File)(nil)
	_ sources.Rememberer = (*File)(nil)
)

// New returns the source. The file is first looked at by Read or Write, wrong options included.
func New(options Options) *File {
	if options.Warn == nil {
		options.Warn = func(string) {}
	}
	return &File{options: options}
}

// Read implements [sources.Source]. It needs no more than permission to read the file, and takes no lock: a file
// that changes while it is read ends the sequence with an error. So does quoting that may hide rows, for a row
// that is not seen looks like one that was deleted; any other fault is a Problem of its row.
func (f *File) Read(ctx context.Context, columns []string) iter.Seq2[contact.Record, error] {
	return func(yield func(contact.Record, error) bool) {
		if err := f.read(ctx, columns, yield); err != nil {
			yield(contact.Record{}, f.named(err))
		}
	}
}

// Columns implements [sources.Describer].
func (f *File) Columns(context.Context) ([]string, error) {
	snap, err := f.open(f.options.Path)
	if err != nil {
		return nil, f.named(err)
	}
	defer snap.Close()
	t, err := snap.table(nil)
	if err != nil {
		return nil, f.named(err)
	}
	return t.header, nil
}

// read yields the records. Its error is for the caller to yield; it is nil after yield returned false.
func (f *File) read(ctx context.Context, columns []string, yield func(contact.Record, error) bool) error {
	snap, err := f.open(f.options.Path)
	if err != nil {
		return err
	}
	defer snap.Close()
	f.warn(snap)
	rows, err := snap.table(columns)
	if err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := rows.next()
		if err == io.EOF {
			return snap.unchanged()
		}
		if err != nil {
			return err
		}
		if !yield(contact.Record{Row: row.row, Cells: row.values, Problem: row.problem}, nil) {
			return nil
		}
	}
}

// warn tells Warn what a person ought to hear, unless it did already.
func (f *File) warn(snap *snapshot) {
	switch {
	case snap.notice == "":
		f.guessed = ""
	case f.guessed != snap.charset.name:
		f.guessed = snap.charset.name
		f.options.Warn(f.options.Path + ": " + snap.notice)
	}
}

// memory is what is kept from run to run.
type memory struct {
	Guessed string `json:"guessed"`
}

// Recall implements [sources.Rememberer].
func (f *File) Recall(data json.RawMessage) {
	var m memory
	if json.Unmarshal(data, &m) == nil {
		f.guessed = m.Guessed
	}
}

// Memory implements [sources.Rememberer].
func (f *File) Memory() json.RawMessage {
	if f.guessed == "" {
		return json.RawMessage("null")
	}
	data, err := json.Marshal(memory{f.guessed})
	if err != nil { // it has one string
		return nil
	}
	return data
}

// named adds the path to an error, once, and the remedy where the cause does not say it.
func (f *File) named(err error) error {
	if column := (*sources.ColumnError)(nil); errors.As(err, &column) {
		column.Source = f.options.Path
		return column
	}
	if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
		err = cause.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w: check the path", f.options.Path, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w: let the user that runs syncd read the file, and write it and its directory",
			f.options.Path, err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%s: %w: free some space; the file is unchanged", f.options.Path, err)
	}
	return fmt.Errorf("%s: %w", f.options.Path, err)
}
