package sqlite

import (
	"errors"
	"fmt"
	"io/fs"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

var (
	errDirectory = errors.New("it is a directory: name a file in it, such as syncd.db")
	errSpecial   = errors.New("it is a pipe or a device, not a file: name another")
	errForeign   = errors.New("it is the database of another program: name another file")
)

// openError says what is wrong with a state's file, and what to do.
func openError(path string, err error) error {
	return fmt.Errorf("state %s: %w", path, explain(err))
}

// explain says what to do about an error of SQLite or of the file system.
func explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("its directory does not exist: create it, or name another file: %w", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("this user needs the right to read and write the file and its directory: %w", err)
	}
	switch code(err) {
	case codes.SQLITE_NOTADB:
		return fmt.Errorf("it is not an SQLite database: name another file: %w", err)
	case codes.SQLITE_CANTOPEN, codes.SQLITE_READONLY, codes.SQLITE_PERM:
		return fmt.Errorf("this user needs the right to read and write the file and its directory: %w", err)
	case codes.SQLITE_FULL:
		return fmt.Errorf("the disk is full: free some space: %w", err)
	case codes.SQLITE_IOERR:
		return fmt.Errorf("the disk reports errors: free some space if it is full, else check it: %w", err)
	case codes.SQLITE_BUSY:
		return fmt.Errorf("another process keeps it locked: %w", err)
	case codes.SQLITE_CORRUPT:
		return fmt.Errorf("it is damaged: restore a backup, or move it away to start with an empty state: %w", err)
	}
	return err
}

// code returns the primary result code of SQLite, 0 when err is not one of its errors.
func code(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// duplicate reports whether err means that a row would break a unique index or a primary key.
func duplicate(err error) bool {
	e, ok := errors.AsType[*driver.Error](err)
	return ok && (e.Code() == codes.SQLITE_CONSTRAINT_UNIQUE || e.Code() == codes.SQLITE_CONSTRAINT_PRIMARYKEY)
}
