package sqlstore

import (
	"context"
	"slices"
)

// rowsAtOnce is how many rows one statement takes, so that no parameter grows without bound.
const rowsAtOnce = 10_000

// bulk executes a statement for all items, with the values of each in the order in which they first stand in the
// text, and returns how many rows of the table it changed. fixed are the numbered parameters. A database that is not in
// this process gets one statement per rowsAtOnce items.
func bulk[T any](
	ctx context.Context, tx transaction, text string, items []T, values func(T) []any, fixed ...any,
) (changed int64, err error) {
	if len(items) == 0 {
		return 0, nil
	}
	s := tx.store
	fixed = s.arguments(fixed)
	if s.Dialect.Array == nil {
		return oneByOne(ctx, tx, text, items, values, fixed)
	}
	columns := len(columnsOf(text))
	for some := range slices.Chunk(items, rowsAtOnce) {
		args := append(slices.Clone(fixed), arrays(s, columns, some, values)...)
		result, err := tx.ExecContext(ctx, s.Dialect.Complete(text), args...)
		n, err := s.affected(ctx, result, err)
		changed += n
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// arrays returns the values of items, one array per column.
func arrays[T any](s *Store, columns int, items []T, values func(T) []any) []any {
	lists := make([][]any, columns)
	for i := range lists {
		lists[i] = make([]any, 0, len(items))
	}
	for _, item := range items {
		for i, value := range values(item) {
			lists[i] = append(lists[i], s.argument(value))
		}
	}
	args := make([]any, columns)
	for i := range lists {
		args[i] = lists[i]
	}
	return args
}

// oneByOne is bulk for a database in this process.
func oneByOne[T any](
	ctx context.Context, tx transaction, text string, items []T, values func(T) []any, fixed []any,
) (changed int64, err error) {
	s := tx.store
	stmt, err := tx.PrepareContext(ctx, s.Dialect.Complete(text))
	if err != nil {
		return 0, s.fail(ctx, err)
	}
	defer stmt.Close()
	args := slices.Clone(fixed)
	for _, item := range items {
		args = args[:len(fixed)]
		for _, value := range values(item) {
			args = append(args, s.argument(value))
		}
		result, err := stmt.ExecContext(ctx, args...)
		n, err := s.affected(ctx, result, err)
		changed += n
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// distinct cuts items into lists in which no two have the same id, for one statement changes a row only once.
// Usually there is one list.
func distinct[T any, K comparable](items []T, id func(T) K) (lists [][]T) {
	seen, start := make(map[K]bool, len(items)), 0
	for i, item := range items {
		if seen[id(item)] {
			lists, start = append(lists, items[start:i]), i
			clear(seen)
		}
		seen[id(item)] = true
	}
	return append(lists, items[start:])
}

// bulkDistinct is bulk for items of which several may be about the same row: the last one wins.
func bulkDistinct[T any, K comparable](
	ctx context.Context, tx transaction, text string, items []T, id func(T) K, values func(T) []any, fixed ...any,
) error {
	for _, some := range distinct(items, id) {
		if _, err := bulk(ctx, tx, text, some, values, fixed...); err != nil {
			return err
		}
	}
	return nil
}

// forKeys is bulk for keys.
func (tx transaction) forKeys(ctx context.Context, text string, keys []string, fixed ...any) (int64, error) {
	return bulk(ctx, tx, text, keys, func(key string) []any { return []any{key} }, fixed...)
}
