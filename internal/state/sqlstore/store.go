// Package sqlstore keeps the state in tables. It holds all logic of [state.Store] that the databases share, in SQL
// that they all understand; what each does in its own way is a [Dialect]. The packages sqlite and postgres open
// their databases, migrate them and make a [Store] of them.
//
// Start with [New]. Every write goes through [Store.write] or [Store.fenced], one short transaction each; every
// read through [Store.read].
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"syncd/internal/state"
)

// Options say what a store works with.
type Options struct {
	Name    string // of the state, as messages have it
	Dialect *Dialect
	Writer  *sql.DB // nil when the store is open for reading only
	Reader  *sql.DB
	// Empty says that the database has no tables yet, and nil the Reader may be: a store that only reads takes it for
	// an empty state.
	Empty bool
	// Now is the store's clock; nil means the clock of the database, which then has one.
	Now func() time.Time
}

// Store is the state in a database.
type Store struct {
	Options
}

var _ state.Store = (*Store)(nil)

// New returns the store of a database whose schema is up to date.
func New(o Options) *Store { return &Store{Options: o} }

// Now returns the time by the store's clock, in UTC.
func (s *Store) Now(ctx context.Context) (now time.Time, err error) {
	if s.Options.Now != nil {
		return s.clock(), nil
	}
	err = s.fail(ctx, s.Reader.QueryRowContext(ctx, s.Dialect.Now).Scan(scanTime{&now}))
	return now, err
}

// clock is cut to the microseconds that the tables keep, so that a time read back equals the one written.
func (s *Store) clock() time.Time { return s.Options.Now().UTC().Truncate(time.Microsecond) }

// Close waits for what is under way and closes the connections. Closing twice does no harm.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.Reader, s.Writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// fail gives an error of the database the name of the state and what to do. Once a context is done its error is
// what counts, whatever the driver and database/sql made of it.
func (s *Store) fail(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("state %s: %w", s.Name, ctx.Err())
	}
	return fmt.Errorf("state %s: %w", s.Name, s.Dialect.Explain(err))
}
