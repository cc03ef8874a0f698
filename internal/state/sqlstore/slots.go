package sqlstore

import (
	"context"
	"fmt"
	"time"
)

// Reserve takes the next n slots of a limit, spaced every apart, none of them in the past, and returns how long
// from now the first one is. The spacing is rounded up to whole microseconds.
func (s *Store) Reserve(ctx context.Context, limit string, n int, every time.Duration) (wait time.Duration, err error) {
	if n < 1 || every < 0 {
		return 0, fmt.Errorf("limit %s: %d slots every %s: want one or more, and no negative time", limit, n, every)
	}
	taken := int64(n) * int64((every+time.Microsecond-1)/time.Microsecond)
	err = s.write(ctx, "", func(tx transaction) error {
		var given, end, now time.Time // given is zero when it is the database's time that counts
		if s.Options.Now != nil {
			given = tx.now
		}
		err := tx.row(ctx, s.Dialect.Reserve, limit, given, taken)(scanTime{&end}, scanTime{&now})
		wait = max(0, time.UnixMicro(end.UnixMicro()-taken).Sub(now))
		return err
	})
	return wait, err
}
