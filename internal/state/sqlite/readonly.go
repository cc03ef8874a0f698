package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// OpenReadOnly opens the state in the file at path for reading, also while other processes write it. Nothing is
// written, to the file or beside it, and every method that would is state.ErrReadOnly. When there is no file, or
// an empty one, the store is an empty one.
func OpenReadOnly(ctx context.Context, path string, opts Options) (*Store, error) {
	s := newStore(path, opts)
	file, exists, err := find(path)
	if err == nil && exists {
		s.reader = look(file)
		exists, err = current(ctx, s.reader)
	}
	if err == nil && !exists {
		if s.reader != nil {
			s.reader.Close()
		}
		s.reader, err = empty(ctx)
	}
	if err != nil {
		if s.reader != nil {
			s.reader.Close()
		}
		return nil, openError(path, err)
	}
	return s, nil
}

// find returns the absolute path of a state's file and whether it exists.
func find(path string) (file string, exists bool, err error) {
	file, err = resolve(path)
	if err != nil {
		return "", false, err
	}
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return file, false, nil
	case err == nil:
		err = ordinary(info)
	}
	return file, true, err
}

// look returns connections to a file that leave it, and its directory, as they are. Reading needs a write-ahead
// log. Where there is one, another process writes the file or died while it did: a read-only connection uses it
// and leaves it behind. Where there is none, a read-only connection would create one and could not remove it, so
// that the connection must be one that may write, and is told not to.
//
// https://www.sqlite.org/wal.html#read_only_databases
func look(file string) *sql.DB {
	if _, err := os.Stat(file + "-wal"); err == nil {
		return connect(file, reading)
	}
	return connect(file, looking)
}

// current reports whether a database has the schema that this program reads: false when it is empty, an error when
// the schema is older or newer.
func current(ctx context.Context, db *sql.DB) (bool, error) {
	version, err := identify(ctx, db)
	if err != nil || version == 0 {
		return false, err
	}
	if version < latest {
		return false, fmt.Errorf("it has schema %d, this syncd needs %d: run syncd migrate", version, latest)
	}
	return true, nil
}

// empty returns connections to an empty state in memory. Its name is unlike any other, for a process may open
// several; it lives while the pool keeps a connection.
func empty(ctx context.Context) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+rand.Text()+"?mode=memory&cache=shared")
	if err != nil {
		return nil, err
	}
	return db, migrate(ctx, db, 0)
}
