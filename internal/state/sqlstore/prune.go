package sqlstore

import (
	"context"
	"math"
	"time"
)

// A run may be pruned when it ended before a time, is not the newest of its sync and holds nothing open.
const (
	prunable = `r.finished_at < $1
		AND EXISTS (SELECT 1 FROM runs n WHERE n.sync = r.sync AND n.id > r.id)
		AND NOT EXISTS (SELECT 1 FROM journal j
			WHERE j.sync = r.sync AND j.run = r.id AND j.state IN ('intended', 'sent', 'unknown'))
		AND NOT EXISTS (SELECT 1 FROM held h WHERE h.run = r.id AND h.void = 0)`
	pruneEntriesSQL = `DELETE FROM journal WHERE (run, seq) IN (
		SELECT e.run, e.seq FROM runs r JOIN journal e ON e.run = r.id WHERE ` + prunable + ` LIMIT $2)`
	pruneRunsSQL = `DELETE FROM runs WHERE id IN (
		SELECT r.id FROM runs r WHERE ` + prunable + `
		AND NOT EXISTS (SELECT 1 FROM journal e WHERE e.run = r.id) LIMIT $2)`
)

// pruneAtOnce is how many rows one transaction removes, so that other writers need not wait long.
const pruneAtOnce = 1000

// Prune removes runs that ended before a time, and their settled journal: at most limit entries and runs, all when
// limit is 0. It returns how many it removed. The newest run of each sync, and runs with open or held operations,
// stay.
func (s *Store) Prune(ctx context.Context, before time.Time, limit int) (removed int, err error) {
	if limit == 0 {
		limit = math.MaxInt
	}
	for removed < limit {
		n, err := s.pruneSome(ctx, before, min(limit-removed, pruneAtOnce))
		removed += n
		if err != nil || n == 0 {
			return removed, err
		}
	}
	return removed, nil
}

func (s *Store) pruneSome(ctx context.Context, before time.Time, limit int) (removed int, err error) {
	err = s.write(ctx, "", func(tx transaction) error {
		removed = 0
		for _, text := range []string{pruneEntriesSQL, pruneRunsSQL} {
			n, err := tx.exec(ctx, text, before, limit-removed)
			if err != nil {
				return err
			}
			removed += int(n)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}
