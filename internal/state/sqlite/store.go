// Package sqlite keeps the state in one SQLite file, for one machine: any number of its processes may share the
// file, on a local disk. It is the embedded implementation of [state.Store]; the tables are in migrations/sqlite.
//
// Start with [Open]. Every write goes through [Store.write] or [Store.fenced], one short transaction each.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"syncd/internal/state"
)

// Options are what a store needs besides its file.
type Options struct {
	// Now is the store's clock; nil means time.Now.
	Now func() time.Time
}

// Store is the state in a SQLite file.
type Store struct {
	path   string  // as messages name it
	writer *sql.DB // one connection; nil when the store is open for reading only
	reader *sql.DB
	clock  func() time.Time
}

var _ state.Store = (*Store)(nil)

func newStore(path string, opts Options) *Store {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Store{path: path, clock: opts.Now}
}

// Now returns the time by the store's clock, in UTC.
func (s *Store) Now(context.Context) (time.Time, error) { return s.now(), nil }

// now is cut to the microseconds that the tables keep, so that a time read back equals the one written.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Close waits for what is under way and closes the file; the last process to do so folds the write-ahead log
// into it. Closing twice does no harm.
func (s *Store) Close() error {
	err := s.reader.Close()
	if s.writer != nil {
		err = errors.Join(err, s.writer.Close())
	}
	return err
}
