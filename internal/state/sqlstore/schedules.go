package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"time"

	"syncd/internal/state"
)

const (
	planSQL = `INSERT INTO leases (sync, holder, token, schedule, due_at) VALUES ($1, '', 0, $2, $3)
		ON CONFLICT (sync) DO UPDATE SET schedule = excluded.schedule, due_at = excluded.due_at
		WHERE leases.schedule <> excluded.schedule`
	// What is due is chosen once, before anything is changed: as a subquery it might be chosen again for every row, and
	// exceed the limit.
	claimSQL = `WITH due AS MATERIALIZED (
			SELECT sync FROM leases
			WHERE due_at <= $3 AND (expires_at IS NULL OR expires_at <= $3) AND sync {in}
			ORDER BY due_at, sync LIMIT $4 {unlocked})
		UPDATE leases SET holder = $1, token = leases.token + 1, expires_at = $2
		FROM due WHERE leases.sync = due.sync
		RETURNING leases.sync, leases.holder, leases.token, leases.due_at`
	rescheduleSQL = `UPDATE leases SET expires_at = NULL, schedule = $2, due_at = $3, missed = missed + $4 WHERE sync = $1`
	succeededSQL  = `UPDATE leases SET succeeded_at = $2 WHERE sync = $1`
	schedulesSQL  = `SELECT sync, schedule, due_at, missed, succeeded_at FROM leases ORDER BY sync`
)

// Plan says when a sync is due by a schedule. A sync that was planned by the same one keeps its time.
func (s *Store) Plan(ctx context.Context, sync, spec string, due time.Time) error {
	return s.write(ctx, sync, func(tx transaction) error {
		_, err := tx.exec(ctx, planSQL, sync, spec, due)
		return err
	})
}

// Claim takes the leases of syncs that are due and that nobody holds, the one first that is due the longest.
func (s *Store) Claim(ctx context.Context, syncs []string, holder string, ttl time.Duration, limit int) (claims []state.Claim, err error) {
	err = s.write(ctx, "", func(tx transaction) error {
		claims, err = query(ctx, tx, scanClaim, claimSQL, holder, tx.now.Add(ttl), tx.now, limit, texts(syncs))
		for i := range claims {
			claims[i].Now = tx.now
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(claims, func(a, b state.Claim) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), cmp.Compare(a.Lease.Sync, b.Lease.Sync))
	})
	return claims, nil
}

// Reschedule gives the lease of a claimed sync back and says when it is due next.
func (s *Store) Reschedule(ctx context.Context, lease state.Lease, spec string, due time.Time, missed int64) error {
	return s.fenced(ctx, lease, func(tx transaction) error {
		_, err := tx.exec(ctx, rescheduleSQL, tx.sync, spec, due, missed)
		return err
	})
}

// Schedules returns the schedules of all syncs that were ever planned or run, by name.
func (s *Store) Schedules(ctx context.Context) ([]state.Schedule, error) {
	return list(ctx, s, scanSchedule, schedulesSQL)
}

// succeeded remembers the end of a run over all records that did not fail.
func (tx transaction) succeeded(ctx context.Context, run state.Run, findings *state.Findings) error {
	if run.Status != state.RunDone && run.Status != state.RunHeld || len(findings.Scope) > 0 {
		return nil
	}
	_, err := tx.exec(ctx, succeededSQL, tx.sync, tx.now)
	return err
}

func scanClaim(r row) (c state.Claim, err error) {
	err = r.Scan(&c.Lease.Sync, &c.Lease.Holder, &c.Lease.Token, scanTime{&c.DueAt})
	return c, err
}

func scanSchedule(r row) (s state.Schedule, err error) {
	err = r.Scan(&s.Sync, &s.Spec, scanTime{&s.DueAt}, &s.Missed, scanTime{&s.SucceededAt})
	return s, err
}
