package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"syncd/internal/sources"
)

// CheckWrite implements [sources.Checker]: it looks for the rights that Write would need, and whether the database takes
// writes at all.
func (t *Table) CheckWrite(ctx context.Context, writes sources.Writes) error {
	tx, err := t.begin(ctx, pgx.TxOptions{})
	if err != nil {
		return t.named(ctx, err)
	}
	defer rollback(tx)
	grant, readOnly := "", false
	err = tx.QueryRow(ctx, "SELECT current_setting('transaction_read_only')::bool", pgx.QueryExecModeExec).Scan(&readOnly)
	if err == nil {
		grant, err = t.missingRights(ctx, tx, writes)
	}
	e := &sources.RightError{Source: fmt.Sprintf("%s, table %s", t.db.name, t.options.Table)}
	switch {
	case err != nil:
		return t.named(ctx, err)
	case readOnly:
		e.Missing, e.Remedy = "the database is read-only", "name the primary server in url:, or turn default_transaction_read_only off for this user"
	case grant != "":
		e.Missing, e.Remedy = "a right is missing", grant
	default:
		return nil
	}
	return e
}

// missingRights is the statement that grants what the writes lack, "" when they lack nothing.
func (t *Table) missingRights(ctx context.Context, tx pgx.Tx, writes sources.Writes) (grant string, err error) {
	needed := rights{remove: writes.Deletes}
	updated, err := t.describe(ctx, tx, writes.Updates)
	if err != nil {
		return "", err
	}
	created, err := t.describe(ctx, tx, writes.Creates)
	if err != nil {
		return "", err
	}
	needed.update = writable(updated.wanted)
	if len(writes.Creates) > 0 {
		needed.insert = append(writable(created.wanted), writable(created.key)...)
	}
	return updated.missing(needed), nil
}

// writable leaves out the columns that the database fills itself.
func writable(columns []*column) []*column {
	var all []*column
	for _, c := range columns {
		if c.chosen == "" {
			all = append(all, c)
		}
	}
	return all
}
