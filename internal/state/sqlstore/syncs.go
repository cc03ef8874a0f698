package sqlstore

import (
	"context"
	"fmt"

	"syncd/internal/state"
)

const (
	syncSQL    = `SELECT name, label, first_run_done, source FROM syncs WHERE name = $1`
	syncsSQL   = `SELECT name, label, first_run_done, source FROM syncs ORDER BY name`
	putSyncSQL = `INSERT INTO syncs (name, label, first_run_done, source) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE
		SET label = excluded.label, first_run_done = excluded.first_run_done, source = excluded.source`
)

// Sync returns what is remembered of a sync; one that never ran is the zero Sync with its name.
func (s *Store) Sync(ctx context.Context, name string) (state.Sync, error) {
	all, err := list(ctx, s, scanSync, syncSQL, name)
	if err != nil || len(all) == 0 {
		return state.Sync{Name: name}, err
	}
	return all[0], nil
}

// Syncs returns all syncs that ever ran, by name.
func (s *Store) Syncs(ctx context.Context) ([]state.Sync, error) {
	return list(ctx, s, scanSync, syncsSQL)
}

func scanSync(r row) (sync state.Sync, err error) {
	err = r.Scan(&sync.Name, &sync.Label, &sync.FirstRunDone, (*[]byte)(&sync.Source))
	return sync, err
}

func (tx transaction) putSync(ctx context.Context, sync *state.Sync) error {
	if sync == nil {
		return nil
	}
	if sync.Name != tx.sync {
		return fmt.Errorf("sync %s: written under the lease of sync %s", sync.Name, tx.sync)
	}
	_, err := tx.exec(ctx, putSyncSQL, sync.Name, sync.Label, sync.FirstRunDone, sync.Source)
	return err
}
