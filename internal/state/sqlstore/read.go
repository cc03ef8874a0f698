package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
)

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// read calls do with what reads the state: never when it is empty, and in a transaction that cannot write when the
// store is open for reading only.
func (s *Store) read(ctx context.Context, do func(querier) error) error {
	switch {
	case s.Empty:
		return s.fail(ctx, ctx.Err())
	case s.Writer != nil:
		return do(s.Reader)
	}
	tx, err := s.Reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s.fail(ctx, err)
	}
	defer func() { _ = tx.Rollback() }() // there is nothing to commit
	return do(tx)
}

// stream yields the rows of a query as they are read. An error ends the sequence.
func stream[T any](
	ctx context.Context, s *Store, q querier, scan func(row) (T, error), text string, args ...any,
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := q.QueryContext(ctx, s.Dialect.Complete(text), s.arguments(args)...)
		if err != nil {
			yield(none, s.fail(ctx, err))
			return
		}
		defer rows.Close()
		row := s.row(rows)
		for rows.Next() {
			item, err := scan(row)
			if err == nil {
				err = ctx.Err() // the driver may have the rest of the rows at hand
			}
			if !yield(item, s.fail(ctx, err)) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, s.fail(ctx, err))
		}
	}
}

// query returns all rows of a query in a transaction.
func query[T any](ctx context.Context, tx transaction, scan func(row) (T, error), text string, args ...any) ([]T, error) {
	return collect(stream(ctx, tx.store, tx, scan, text, args...))
}

func collect[T any](rows iter.Seq2[T, error]) (all []T, err error) {
	for item, err := range rows {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// list returns all rows of a query.
func list[T any](
	ctx context.Context, s *Store, scan func(row) (T, error), text string, args ...any,
) (all []T, err error) {
	err = s.read(ctx, func(q querier) error {
		all, err = collect(stream(ctx, s, q, scan, text, args...))
		return err
	})
	return all, err
}

// one returns the row of a query, and missing when there is none.
func one[T any](
	ctx context.Context, s *Store, missing error, scan func(row) (T, error), text string, args ...any,
) (item T, err error) {
	all, err := list(ctx, s, scan, text, args...)
	switch {
	case err != nil:
		return item, err
	case len(all) == 0:
		return item, missing
	case len(all) > 1:
		return item, fmt.Errorf("state %s: %d rows where there can be one", s.Name, len(all))
	}
	return all[0], nil
}
