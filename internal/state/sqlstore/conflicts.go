package sqlstore

import (
	"context"

	"syncd/internal/contact"
	"syncd/internal/state"
)

const (
	conflictsSQL = `SELECT key, field, base_value, source_value, quo_value, reason, take, first_at
		FROM conflicts WHERE sync = $1 ORDER BY key, field`
	clearConflictsSQL   = `DELETE FROM conflicts WHERE sync = $1`
	clearKeyConflictSQL = `DELETE FROM conflicts WHERE sync = $1 AND key = {key text}`
	putConflictSQL      = `INSERT INTO conflicts
		(sync, key, field, base_value, source_value, quo_value, reason, take, first_at)
		VALUES ($1, {key text}, {field text}, {base_value text}, {source_value text}, {quo_value text}, {reason text},
			{take text}, {first_at time})
		ON CONFLICT (sync, key, field) DO UPDATE
		SET base_value = excluded.base_value, source_value = excluded.source_value,
			quo_value = excluded.quo_value, reason = excluded.reason, take = excluded.take`
)

// Conflicts returns the conflicts that the last runs of a sync left, by key.
func (s *Store) Conflicts(ctx context.Context, sync string) ([]state.Conflict, error) {
	return list(ctx, s, scanConflict, conflictsSQL, sync)
}

func scanConflict(r row) (c state.Conflict, err error) {
	err = r.Scan(&c.Key, &c.Field, &c.Base, &c.Source, &c.Quo, &c.Reason, &c.Take, scanTime{&c.FirstAt})
	return c, err
}

// place is what a conflict is about.
type place struct {
	key   string
	field contact.Field
}

func placeOf(c state.Conflict) place { return place{c.Key, c.Field} }

func (tx transaction) replaceConflicts(ctx context.Context, f *state.Findings) error {
	stored, err := query(ctx, tx, scanConflict, conflictsSQL, tx.sync)
	if err != nil {
		return err
	}
	earlier := make(map[place]state.Conflict, len(stored))
	for _, c := range stored {
		earlier[placeOf(c)] = c
	}
	if err := tx.clear(ctx, f.Scope, clearConflictsSQL, clearKeyConflictSQL); err != nil {
		return err
	}
	return bulkDistinct(ctx, tx, putConflictSQL, f.Conflicts, placeOf, func(c state.Conflict) []any {
		c.FirstAt = tx.now
		if before, known := earlier[placeOf(c)]; known {
			c.FirstAt = before.FirstAt
			if before.Take != "" && before.Conflict == c.Conflict { // the later word: this run began before it
				c.Take = before.Take
			}
		}
		return []any{c.Key, c.Field, c.Base, c.Source, c.Quo, c.Reason, c.Take, c.FirstAt}
	}, tx.sync)
}
