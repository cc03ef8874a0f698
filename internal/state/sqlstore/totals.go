package sqlstore

import (
	"context"

	"syncd/internal/state"
)

const totalsSQL = `SELECT
	(SELECT count(*) FROM links WHERE sync = $1 AND unlinked = '' AND contact_id <> ''),
	(SELECT count(*) FROM problems WHERE sync = $1),
	(SELECT count(*) FROM conflicts WHERE sync = $1 AND take = ''),
	(SELECT count(*) FROM held WHERE sync = $1 AND void = 0 AND approved_at IS NULL)`

// Totals counts what there is of a sync.
func (s *Store) Totals(ctx context.Context, sync string) (state.Totals, error) {
	return one(ctx, s, nil, scanTotals, totalsSQL, sync)
}

func scanTotals(r row) (t state.Totals, err error) {
	err = r.Scan(&t.Links, &t.Problems, &t.Conflicts, &t.Held)
	return t, err
}
