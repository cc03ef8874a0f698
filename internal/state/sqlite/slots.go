package sqlite

import (
	"context"
	"fmt"
	"time"
)

const reserveSQL = `INSERT INTO limits (name, next_slot_at) VALUES ($1, $2 + $3)
	ON CONFLICT (name) DO UPDATE
	SET next_slot_at = CASE WHEN limits.next_slot_at > $2 THEN limits.next_slot_at ELSE $2 END + $3
	RETURNING next_slot_at`

// Reserve takes the next n slots of a limit, spaced every apart, none of them in the past, and returns how long
// from now the first one is. The spacing is rounded up to whole microseconds.
func (s *Store) Reserve(ctx context.Context, limit string, n int, every time.Duration) (wait time.Duration, err error) {
	if n < 1 || every < 0 {
		return 0, fmt.Errorf("limit %s: %d slots every %s: want one or more, and no negative time", limit, n, every)
	}
	taken := int64(n) * int64((every+time.Microsecond-1)/time.Microsecond)
	err = s.write(ctx, func(tx transaction) error {
		var end int64
		if err := tx.QueryRowContext(ctx, reserveSQL, limit, micros(tx.now), taken).Scan(&end); err != nil {
			return err
		}
		wait = time.UnixMicro(end - taken).Sub(tx.now)
		return nil
	})
	return wait, err
}
