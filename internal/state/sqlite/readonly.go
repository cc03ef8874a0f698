package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"

	"syncd/internal/state/sqlstore"
)

// OpenReadOnly opens the state in the file at path for reading, also while other processes write it. Nothing is
// written, to the file or beside it, and every method that would is state.ErrReadOnly. When there is no file, or
// an empty one, the store is an empty one.
func OpenReadOnly(ctx context.Context, path string, opts Options) (*Store, error) {
	file, exists, err := find(path)
	if err != nil {
		return nil, openError(path, err)
	}
	if !exists {
		return newStore(path, nil, nil, opts), nil
	}
	db := look(file)
	version, err := identify(ctx, db)
	if err == nil && version > 0 {
		err = sqlstore.CheckOlder(version)
	}
	switch {
	case err != nil:
		db.Close()
		return nil, openError(path, err)
	case version == 0:
		db.Close()
		return newStore(path, nil, nil, opts), nil
	}
	return newStore(path, nil, db, opts), nil
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
