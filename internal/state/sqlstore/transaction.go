package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"syncd/internal/state"
)

// transaction is one write transaction. Nothing else writes its sync until it ends, so that what it reads of the
// sync stays true.
type transaction struct {
	*sql.Tx
	store *Store
	sync  string    // whose rows it writes; "" in a write of no single sync
	ours  bool      // the lease that it was begun with is the sync's standing one
	now   time.Time // taken while the sync was locked, so that later transactions have later times
}

// patience is how long a transaction is tried again before it fails.
const patience = 30 * time.Second

// write runs do in one transaction on a sync, "" for none, which is undone when do returns an error. When another one
// was in the way do runs again, so that it must not build on what it did before.
func (s *Store) write(ctx context.Context, sync string, do func(transaction) error) error {
	return s.writeWith(ctx, state.Lease{Sync: sync}, do)
}

// fenced is write for the holder of a lease. A lease that ran out is good as long as nobody else took it: nobody
// else wrote.
func (s *Store) fenced(ctx context.Context, lease state.Lease, do func(transaction) error) error {
	return s.writeWith(ctx, lease, func(tx transaction) error {
		if !tx.ours {
			return leaseLost(lease)
		}
		return do(tx)
	})
}

func leaseLost(lease state.Lease) error {
	return fmt.Errorf("sync %s: %w", lease.Sync, state.ErrLeaseLost)
}

func (s *Store) writeWith(ctx context.Context, lease state.Lease, do func(transaction) error) error {
	if err := s.writable(); err != nil {
		return err
	}
	for start := time.Now(); ; {
		err := s.attempt(ctx, lease, do)
		if err == nil || !s.Dialect.Again(err) || time.Since(start) > patience {
			return err
		}
	}
}

func (s *Store) writable() error {
	if s.Writer == nil {
		return fmt.Errorf("state %s: %w", s.Name, state.ErrReadOnly)
	}
	return nil
}

func (s *Store) attempt(ctx context.Context, lease state.Lease, do func(transaction) error) error {
	tx, err := s.Writer.BeginTx(ctx, nil)
	if err != nil {
		return s.fail(ctx, err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	locked := transaction{Tx: tx, store: s, sync: lease.Sync}
	if err := locked.lock(ctx, lease); err != nil {
		return err
	}
	if err := do(locked); err != nil {
		return err
	}
	return s.fail(ctx, tx.Commit())
}

// lock makes the transaction the only one that writes the sync.
func (tx *transaction) lock(ctx context.Context, lease state.Lease) error {
	err := tx.row(ctx, tx.store.Dialect.Lock, lease.Sync, lease.Token, lease.Holder)(&tx.ours, scanTime{&tx.now})
	if tx.store.Options.Now != nil {
		tx.now = tx.store.clock()
	}
	return err
}

// exec runs a statement and returns how many rows it changed.
func (tx transaction) exec(ctx context.Context, text string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, text, tx.store.arguments(args)...)
	return tx.store.affected(ctx, result, err)
}

func (s *Store) affected(ctx context.Context, result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, s.fail(ctx, err)
	}
	return result.RowsAffected()
}

// row runs a query of one row and returns what scans it: sql.ErrNoRows when there is none.
func (tx transaction) row(ctx context.Context, text string, args ...any) (scan func(into ...any) error) {
	row := tx.store.row(tx.QueryRowContext(ctx, text, tx.store.arguments(args)...))
	return func(into ...any) error {
		err := row.Scan(into...)
		if errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return tx.store.fail(ctx, err)
	}
}
