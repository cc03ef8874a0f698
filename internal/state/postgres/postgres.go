// Package postgres keeps the state in a schema of a PostgreSQL database (13 or newer), which any number of processes on
// any number of machines share. The tables are in migrations/postgres, what is read and written in package sqlstore.
//
// No statement needs the session of another one, so that a connection pooler in transaction mode may stand in between:
// plans are not kept by name, locks are those of rows, and a migration's lock is that of a transaction.
//
// Start with [Open].
package postgres

import (
	"context"
	"database/sql"
	"time"

	"syncd/internal/state/sqlstore"
)

// Options are what a store needs besides its URL.
type Options struct {
	// Now is the store's clock; nil means the clock of the database, which all processes share.
	Now func() time.Time
}

// Store is the state in a PostgreSQL database.
type Store = sqlstore.Store

// Open opens the state in the schema that the URL leads to, which is the first of the search path, and brings it up to
// date. One that does not exist is created when the URL names it; one that is of another program or of a newer syncd is
// left as it is, and an error.
func Open(ctx context.Context, url string, opts Options) (*Store, error) {
	s, _, err := open(ctx, url, opts)
	return s, err
}

// Migrate brings the schema up to date, as Open does, and returns the versions that it had and has. One without
// tables had version 0.
func Migrate(ctx context.Context, url string) (from, to int64, err error) {
	s, from, err := open(ctx, url, Options{})
	if err != nil {
		return 0, 0, err
	}
	return from, sqlstore.Latest, s.Close()
}

func open(ctx context.Context, url string, opts Options) (*Store, int64, error) {
	p, err := parse(url)
	if err != nil {
		return nil, 0, err
	}
	writer := p.connect()
	from, err := p.migrate(ctx, writer)
	if err != nil {
		writer.Close()
		return nil, 0, p.openError(ctx, err)
	}
	return p.store(writer, p.connect(), opts), from, nil
}

// OpenReadOnly opens the state for reading: every read is a transaction that cannot write, and every method that would
// write is state.ErrReadOnly. A schema without tables, and one that does not exist, is an empty state.
func OpenReadOnly(ctx context.Context, url string, opts Options) (*Store, error) {
	p, err := parse(url)
	if err != nil {
		return nil, err
	}
	reader := p.connect()
	version, err := p.identify(ctx, reader)
	if err == nil && version > 0 {
		err = sqlstore.CheckOlder(version)
	}
	if err != nil {
		reader.Close()
		return nil, p.openError(ctx, err)
	}
	s := p.store(nil, reader, opts)
	s.Empty = version == 0
	return s, nil
}

// Version returns the version of the schema, 0 when there is none, and the one that this program needs. It writes
// nothing.
func Version(ctx context.Context, url string) (have, need int64, err error) {
	p, err := parse(url)
	if err != nil {
		return 0, 0, err
	}
	db := p.connect()
	defer db.Close()
	have, err = p.identify(ctx, db)
	if err != nil {
		return 0, 0, p.openError(ctx, err)
	}
	return have, sqlstore.Latest, nil
}

func (p place) store(writer, reader *sql.DB, opts Options) *Store {
	return sqlstore.New(sqlstore.Options{Name: p.name, Dialect: &dialect, Writer: writer, Reader: reader, Now: opts.Now})
}
