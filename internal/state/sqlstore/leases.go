package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"syncd/internal/state"
)

const (
	acquireSQL = `INSERT INTO leases (sync, holder, token, expires_at) VALUES ($1, $2, 1, $3)
		ON CONFLICT (sync) DO UPDATE
		SET holder = excluded.holder, token = leases.token + 1, expires_at = excluded.expires_at
		WHERE leases.expires_at IS NULL OR leases.expires_at <= $4
		RETURNING token`
	holderSQL = `SELECT holder, expires_at FROM leases WHERE sync = $1`
	// A state that was restored from an older copy while runs were under way gives a token twice: the holder tells them apart.
	renewSQL   = `UPDATE leases SET expires_at = $4 WHERE sync = $1 AND token = $2 AND holder = $3 AND expires_at IS NOT NULL`
	releaseSQL = `UPDATE leases SET expires_at = NULL WHERE sync = $1 AND token = $2 AND holder = $3`
)

// Acquire takes the lease of a sync for ttl, unless it is held: a *state.LeasedError.
func (s *Store) Acquire(ctx context.Context, sync, holder string, ttl time.Duration) (state.Lease, error) {
	lease := state.Lease{Sync: sync, Holder: holder}
	err := s.write(ctx, sync, func(tx transaction) error {
		err := tx.row(ctx, acquireSQL, sync, holder, tx.now.Add(ttl), tx.now)(&lease.Token)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		leased := &state.LeasedError{Sync: sync}
		if err := tx.row(ctx, holderSQL, sync)(&leased.Holder, scanTime{&leased.Until}); err != nil {
			return err
		}
		return leased
	})
	if err != nil {
		return state.Lease{}, err
	}
	return lease, nil
}

// Renew makes the lease last ttl from now. One that ran out is renewed as long as nobody else took it.
func (s *Store) Renew(ctx context.Context, lease state.Lease, ttl time.Duration) error {
	return s.write(ctx, lease.Sync, func(tx transaction) error {
		renewed, err := tx.exec(ctx, renewSQL, lease.Sync, lease.Token, lease.Holder, tx.now.Add(ttl))
		if err == nil && renewed == 0 {
			return leaseLost(lease)
		}
		return err
	})
}

// Release gives the lease back. Its token stays, so that the next one is greater.
func (s *Store) Release(ctx context.Context, lease state.Lease) error {
	return s.write(ctx, lease.Sync, func(tx transaction) error {
		_, err := tx.exec(ctx, releaseSQL, lease.Sync, lease.Token, lease.Holder)
		return err
	})
}
