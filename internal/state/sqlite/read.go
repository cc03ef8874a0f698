package sqlite

import (
	"context"
	"database/sql"
	"iter"
)

// row is what a row of a result and the row of a one-row query have in common.
type row interface{ Scan(into ...any) error }

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// stream yields the rows of a query as they are read. An error ends the sequence.
func stream[T any](
	ctx context.Context, q querier, scan func(row) (T, error), query string, args ...any,
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		rows, err := q.QueryContext(ctx, query, args...)
		if err != nil {
			yield(none, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			item, err := scan(rows)
			if err == nil {
				err = ctx.Err() // the driver may have the rest of the rows at hand
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(none, err)
		}
	}
}

// query returns all rows of a query.
func query[T any](ctx context.Context, q querier, scan func(row) (T, error), text string, args ...any) ([]T, error) {
	var all []T
	for item, err := range stream(ctx, q, scan, text, args...) {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// list is query for a store's readers.
func list[T any](ctx context.Context, s *Store, scan func(row) (T, error), text string, args ...any) ([]T, error) {
	all, err := query(ctx, s.reader, scan, text, args...)
	return all, s.fail(ctx, err)
}
