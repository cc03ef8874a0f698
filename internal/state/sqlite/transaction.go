package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	codes "modernc.org/sqlite/lib"

	"syncd/internal/state"
)

// transaction is one write transaction. It holds the database's only write lock, so that what it reads stays true
// until it ends.
type transaction struct {
	*sql.Tx
	sync string    // whose lease it was checked against; "" in a write that needs none
	now  time.Time // taken while the lock was held, so that later transactions have later times
}

// write runs do in one transaction, which is undone when do returns an error.
func (s *Store) write(ctx context.Context, do func(transaction) error) error {
	if s.writer == nil {
		return fmt.Errorf("state %s: %w", s.path, state.ErrReadOnly)
	}
	tx, err := s.begin(ctx)
	if err != nil {
		return s.fail(ctx, err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := do(transaction{Tx: tx, now: s.now()}); err != nil {
		return s.fail(ctx, err)
	}
	return s.fail(ctx, tx.Commit())
}

// patience is how long a transaction waits for the write lock before it gives up.
const patience = 30 * time.Second

// begin begins a transaction when the write lock is free. SQLite does not queue those who wait for it, so that one
// of them may be unlucky for longer than its busy timeout.
func (s *Store) begin(ctx context.Context) (*sql.Tx, error) {
	for start := time.Now(); ; {
		tx, err := s.writer.BeginTx(ctx, nil)
		if code(err) != codes.SQLITE_BUSY || time.Since(start) > patience {
			return tx, err
		}
	}
}

const fenceSQL = `SELECT count(*) FROM leases WHERE sync = $1 AND token = $2 AND expires_at IS NOT NULL`

// fenced is write for the holder of a lease. A lease that ran out is good as long as nobody else took it: nobody
// else wrote.
func (s *Store) fenced(ctx context.Context, lease state.Lease, do func(transaction) error) error {
	return s.write(ctx, func(tx transaction) error {
		var ours bool
		if err := tx.QueryRowContext(ctx, fenceSQL, lease.Sync, lease.Token).Scan(&ours); err != nil {
			return err
		}
		if !ours {
			return leaseLost(lease)
		}
		tx.sync = lease.Sync
		return do(tx)
	})
}

func leaseLost(lease state.Lease) error {
	return fmt.Errorf("sync %s: %w", lease.Sync, state.ErrLeaseLost)
}

// exec runs a statement and returns how many rows it changed.
func (tx transaction) exec(ctx context.Context, query string, args ...any) (int64, error) {
	return affected(tx.ExecContext(ctx, query, args...))
}

func affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// execFunc runs a prepared statement and returns how many rows it changed.
type execFunc func(args ...any) (int64, error)

// forEach calls do with each item and query, which is prepared once.
func forEach[T any](
	ctx context.Context, tx transaction, query string, items []T,
	do func(item T, exec execFunc) error,
) error {
	if len(items) == 0 {
		return nil
	}
	stmt, err := tx.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer stmt.Close()
	exec := func(args ...any) (int64, error) { return affected(stmt.ExecContext(ctx, args...)) }
	for _, item := range items {
		if err := do(item, exec); err != nil {
			return err
		}
	}
	return nil
}
