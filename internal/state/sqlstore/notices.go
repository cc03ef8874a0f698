package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"syncd/internal/state"
)

const (
	noticesSQL = `SELECT sync, wanted, told, attempts FROM notices ORDER BY sync`
	wantSQL    = `INSERT INTO notices (sync, wanted, attempts) VALUES ($1, $2, 0)
		ON CONFLICT (sync) DO UPDATE SET wanted = excluded.wanted`
	claimNoticeSQL = `INSERT INTO notices (sync, attempts, retry_at) VALUES ($1, 1, $2)
		ON CONFLICT (sync) DO UPDATE SET attempts = notices.attempts + 1, retry_at = excluded.retry_at
		WHERE notices.retry_at IS NULL OR notices.retry_at <= $3
		RETURNING sync, wanted, told, attempts`
	toldSQL  = `UPDATE notices SET told = $2, attempts = 0, retry_at = NULL WHERE sync = $1`
	laterSQL = `UPDATE notices SET retry_at = $2 WHERE sync = $1`
)

// Notices returns those of all syncs that have one, by name.
func (s *Store) Notices(ctx context.Context) ([]state.Notice, error) {
	return list(ctx, s, scanNotice, noticesSQL)
}

// Want says what there is to tell about a sync.
func (s *Store) Want(ctx context.Context, sync string, wanted json.RawMessage) error {
	return s.write(ctx, "", func(tx transaction) error {
		_, err := tx.exec(ctx, wantSQL, sync, wanted)
		return err
	})
}

// ClaimNotice lets this process alone tell about a sync for a while.
func (s *Store) ClaimNotice(ctx context.Context, sync string, ttl time.Duration) (n state.Notice, ok bool, err error) {
	err = s.write(ctx, "", func(tx transaction) error {
		err := tx.row(ctx, claimNoticeSQL, sync, tx.now.Add(ttl), tx.now)(noticeFields(&n)...)
		ok = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return n, ok && err == nil, err
}

// Told says what people were told, and ends the claim.
func (s *Store) Told(ctx context.Context, sync string, told json.RawMessage) error {
	return s.write(ctx, "", func(tx transaction) error {
		_, err := tx.exec(ctx, toldSQL, sync, told)
		return err
	})
}

// Later ends a claim in vain: nobody tells about the sync for a while.
func (s *Store) Later(ctx context.Context, sync string, wait time.Duration) error {
	return s.write(ctx, "", func(tx transaction) error {
		_, err := tx.exec(ctx, laterSQL, sync, tx.now.Add(wait))
		return err
	})
}

func noticeFields(n *state.Notice) []any {
	return []any{&n.Sync, (*[]byte)(&n.Wanted), (*[]byte)(&n.Told), &n.Attempts}
}

func scanNotice(r row) (n state.Notice, err error) {
	err = r.Scan(noticeFields(&n)...)
	return n, err
}
