package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	writePatience  = 2 * time.Minute // for one statement
	commitPatience = 30 * time.Second
	idlePatience   = time.Minute // of the server, for us, once we vanished in the middle
)

// beginSQL is what every transaction sets for itself alone. The settings are those on which texts of values depend, and
// how long is waited.
const beginSQL = `SELECT set_config('TimeZone', 'UTC', true), set_config('extra_float_digits', '1', true),
	set_config('bytea_output', 'hex', true), set_config('IntervalStyle', 'iso_8601', true), set_config('DateStyle', 'ISO, YMD', true),
	set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true),
	set_config('idle_in_transaction_session_timeout', $3, true)`

// begin begins a transaction. No statement of one that reads is too long, for it lasts as long as its reader takes.
func (t *Table) begin(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	tx, err := t.db.pool.BeginTx(ctx, options)
	if err != nil {
		return nil, err
	}
	lock, statement := t.rowPatience, writePatience
	if options.AccessMode == pgx.ReadOnly {
		lock, statement = t.tablePatience, 0
	}
	if _, err := tx.Exec(ctx, beginSQL, pgx.QueryExecModeExec, milliseconds(lock), milliseconds(statement), milliseconds(idlePatience)); err != nil {
		rollback(tx)
		return nil, err
	}
	return tx, nil
}

// milliseconds is a duration as settings have it.
func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// rollback takes a transaction back unless it was committed, also when its caller has given up.
func rollback(tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.Background(), commitPatience)
	defer cancel()
	_ = tx.Rollback(ctx) // without a connection the server does so itself
}

// errUnheard is the mark of a commit whose outcome is not known.
var errUnheard = errors.New("the database did not say whether it kept the changes: the next run finds out")

// commit keeps what a transaction did. The caller's context has no say any more, for the outcome would not be known then.
// Any error but errUnheard means that nothing was kept.
func commit(ctx context.Context, tx pgx.Tx) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case tx.Conn().IsClosed():
		return pgconn.ErrConnClosed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitPatience)
	defer cancel()
	err := tx.Commit(ctx)
	if err == nil || errors.Is(err, pgx.ErrTxCommitRollback) {
		return err
	}
	// pgconn.SafeToRetry has no say: a connection that broke while the answer was awaited looks to it like one that was
	// closed before.
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Severity == "ERROR" {
		return err
	}
	return fmt.Errorf("%w: %w", errUnheard, err)
}
