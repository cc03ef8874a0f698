package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"syncd/internal/contact"
	"syncd/internal/pgserver"
	"syncd/internal/sources"
)

const (
	batchSize = 2000 // changes of one transaction
	attempts  = 5    // at a transaction that the database takes back because of others
	firstWait = 20 * time.Millisecond
)

// Write implements [sources.Source], in one transaction for every 2000 changes. It needs the right to UPDATE the columns
// that change, to INSERT into those of new rows, and to DELETE, each only where there is such a change.
//
// An update or delete needs exactly one row with the change's key or, without key columns, with the cells of Before; else
// it is Stale, and so is a create whose row is there already, and any change of a row that another transaction keeps
// locked. Refused is what the database does not take: because of a type, a constraint, a trigger or a policy; a column
// that it fills itself; and a row that would no longer fulfil the condition of the options, for nobody would see it again.
// An empty cell becomes NULL, "" or an empty list where the column takes no NULL, and in a new row the column's default.
func (t *Table) Write(ctx context.Context, columns []string, changes []contact.Change) ([]sources.Outcome, error) {
	outcomes := make([]sources.Outcome, 0, len(changes))
	for part := range slices.Chunk(changes, batchSize) {
		done, err := t.writeBatch(ctx, columns, part)
		if err != nil {
			err = t.named(ctx, err)
		}
		outcomes = append(outcomes, done...)
		if err != nil {
			none := sources.Outcome{Status: sources.Refused, Reason: "nothing was written: " + err.Error()}
			return append(outcomes, slices.Repeat([]sources.Outcome{none}, len(changes)-len(outcomes))...), err
		}
	}
	return outcomes, nil
}

// writeBatch makes changes in one transaction, again while the database takes it back because of others. Outcomes that
// are nil mean that nothing was written.
func (t *Table) writeBatch(ctx context.Context, columns []string, changes []contact.Change) ([]sources.Outcome, error) {
	skipLocked := false
	for n, wait := 1, firstWait; ; n, wait = n+1, 2*wait {
		b := &batch{table: t, changes: changes, skipLocked: skipLocked}
		err := b.write(ctx, columns)
		switch {
		case err == nil, errors.Is(err, errUnheard):
			return b.outcomes, err
		case pgserver.Code(err) == pgserver.LockNotAvailable && !skipLocked:
			skipLocked = true
			continue
		case !pgserver.Again(err) || n == attempts:
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait/2 + rand.N(wait)):
		}
	}
}

// A batch is the changes of one transaction.
type batch struct {
	*description
	table      *Table
	tx         pgx.Tx
	changes    []contact.Change
	skipLocked bool // rows that others have locked are not waited for
	targets    map[string]*target
	outcomes   []sources.Outcome
}

// write makes the changes. After errUnheard those outcomes are Unknown that would have been Written.
func (b *batch) write(ctx context.Context, columns []string) (err error) {
	if b.tx, err = b.table.begin(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}); err != nil {
		return err
	}
	defer rollback(b.tx)
	if b.description, err = b.table.describe(ctx, b.tx, columns); err != nil {
		return err
	}
	if err := b.expect(); err != nil {
		return err
	}
	if err := b.check(b.needed()); err != nil {
		return err
	}
	if err := b.find(ctx); err != nil {
		return err
	}
	edits := b.decide()
	if len(edits) == 0 {
		return nil
	}
	// Constraints that wait for the end are checked at once, so that it is known which row they refuse.
	if _, err := b.tx.Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
		return err
	}
	if err := b.apply(ctx, edits); err != nil {
		return err
	}
	err = commit(ctx, b.tx)
	if errors.Is(err, errUnheard) {
		for i, outcome := range b.outcomes {
			if outcome.Status == sources.Written {
				b.outcomes[i] = sources.Outcome{}
			}
		}
	}
	return err
}

// expect checks that the changes fit the columns.
func (b *batch) expect() error {
	for _, change := range b.changes {
		if err := change.Check(len(b.wanted)); err != nil {
			return err
		}
	}
	return nil
}

// needed is the rights that the changes take.
func (b *batch) needed() rights {
	r := rights{read: b.columns}
	for _, change := range b.changes {
		if change.Action == contact.Delete {
			r.remove = true
			continue
		}
		if change.Action == contact.Create {
			r.insert = append(r.insert, b.key...)
		}
		for i, c := range b.wanted {
			switch {
			case c.chosen != "":
			case change.Action == contact.Create && (change.After[i].Text != "" || c.mustFill()):
				r.insert = append(r.insert, c)
			case change.Action == contact.Update && change.After[i].Text != change.Before[i].Text:
				r.update = append(r.update, c)
			}
		}
	}
	return r
}
