package sqlstore

import (
	"context"
	"fmt"
	"math"

	"syncd/internal/state"
)

const (
	runColumns  = `id, sync, status, started_at, finished_at, report`
	runSQL      = `SELECT ` + runColumns + ` FROM runs WHERE id = $1`
	allRunsSQL  = `SELECT ` + runColumns + ` FROM runs ORDER BY id DESC LIMIT $1`
	syncRunsSQL = `SELECT ` + runColumns + ` FROM runs WHERE sync = $1 ORDER BY id DESC LIMIT $2`

	rememberSyncSQL = `INSERT INTO syncs (name, label, first_run_done) VALUES ($1, '', false) ON CONFLICT (name) DO NOTHING`
	abandonRunsSQL  = `UPDATE runs SET status = 'failed', finished_at = $2 WHERE sync = $1 AND status = 'running'`
	startRunSQL     = `INSERT INTO runs (sync, status, started_at) VALUES ($1, 'running', $2) RETURNING ` + runColumns
	finishRunSQL    = `UPDATE runs SET status = $3, finished_at = $4, report = $5 WHERE id = $1 AND sync = $2`
)

// StartRun records a new run, Running, and returns it with its id and start. A run of the sync that is still
// Running belongs to a process that died: it becomes Failed.
func (s *Store) StartRun(ctx context.Context, lease state.Lease) (run state.Run, err error) {
	err = s.fenced(ctx, lease, func(tx transaction) error {
		if _, err := tx.exec(ctx, rememberSyncSQL, tx.sync); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, abandonRunsSQL, tx.sync, tx.now); err != nil {
			return err
		}
		return tx.row(ctx, startRunSQL, tx.sync, tx.now)(runFields(&run)...)
	})
	if err != nil {
		return state.Run{}, err
	}
	return run, nil
}

// FinishRun records how a run ended and replaces the findings of the sync; nil findings leave those of the run
// before.
func (s *Store) FinishRun(ctx context.Context, lease state.Lease, run state.Run, findings *state.Findings) error {
	return s.fenced(ctx, lease, func(tx transaction) error {
		finished, err := tx.exec(ctx, finishRunSQL, run.ID, tx.sync, run.Status, tx.now, run.Report)
		if err == nil && finished == 0 {
			err = fmt.Errorf("sync %s: run %d: %w", tx.sync, run.ID, state.ErrNotFound)
		}
		if err != nil || findings == nil {
			return err
		}
		if err := tx.succeeded(ctx, run, findings); err != nil {
			return err
		}
		return tx.replaceFindings(ctx, run.ID, findings)
	})
}

// Runs returns the newest runs, newest first; of all syncs when sync is "". A limit of 0 means all.
func (s *Store) Runs(ctx context.Context, sync string, limit int) ([]state.Run, error) {
	if limit == 0 {
		limit = math.MaxInt
	}
	if sync == "" {
		return list(ctx, s, scanRun, allRunsSQL, limit)
	}
	return list(ctx, s, scanRun, syncRunsSQL, sync, limit)
}

// Run returns one run, or state.ErrNotFound.
func (s *Store) Run(ctx context.Context, id int64) (state.Run, error) {
	return one(ctx, s, runNotFound(id), scanRun, runSQL, id)
}

func runNotFound(id int64) error { return fmt.Errorf("run %d: %w", id, state.ErrNotFound) }

func runFields(run *state.Run) []any {
	return []any{
		&run.ID, &run.Sync, &run.Status, scanTime{&run.StartedAt}, scanTime{&run.FinishedAt}, (*[]byte)(&run.Report),
	}
}

func scanRun(r row) (run state.Run, err error) {
	err = r.Scan(runFields(&run)...)
	return run, err
}
