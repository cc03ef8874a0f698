// Package sqlite keeps the state in one SQLite file, for one machine: any number of its processes may share the
// file, on a local disk. The tables are in migrations/sqlite, what is read and written in package sqlstore.
//
// Start with [Open].
package sqlite

import (
	"database/sql"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"syncd/internal/state/sqlstore"
)

// Options are what a store needs besides its file.
type Options struct {
	// Now is the store's clock; nil means time.Now.
	Now func() time.Time
}

// Store is the state in a SQLite file.
type Store = sqlstore.Store

// newStore returns the store of a file whose schema is up to date. The writer is one connection, nil when the store is
// open for reading only; so is the reader when there is no file.
func newStore(path string, writer, reader *sql.DB, opts Options) *Store {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return sqlstore.New(sqlstore.Options{
		Name: path, Dialect: &dialect, Writer: writer, Reader: reader, Empty: reader == nil, Now: opts.Now,
	})
}
