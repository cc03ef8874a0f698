package sqlstore

import (
	"context"
	"fmt"

	"syncd/internal/state"
)

const (
	rekeyLinkSQL      = `UPDATE links SET key = $3 WHERE sync = $1 AND key = $2`
	rekeyJournalSQL   = `UPDATE journal SET key = $3 WHERE sync = $1 AND key = $2`
	rekeyConflictsSQL = `UPDATE conflicts SET key = $3 WHERE sync = $1 AND key = $2`
)

// Rekey gives a link another key, with its base, its history and its conflicts. state.ErrNotFound: no such link. A
// *state.ExistsError: the new key has a link. Problems stay where they are, for the next run finds them anew.
func (s *Store) Rekey(ctx context.Context, lease state.Lease, old, key string) error {
	return s.fenced(ctx, lease, func(tx transaction) error {
		moved, err := tx.exec(ctx, rekeyLinkSQL, tx.sync, old, key)
		switch {
		case s.Dialect.Duplicate(err):
			return fmt.Errorf("sync %s: %w", tx.sync, &state.ExistsError{Key: key})
		case err != nil:
			return err
		case moved == 0:
			return fmt.Errorf("sync %s: link %s: %w", tx.sync, old, state.ErrNotFound)
		}
		if _, err := tx.exec(ctx, rekeyJournalSQL, tx.sync, old, key); err != nil {
			return err
		}
		if _, err := tx.forKeys(ctx, clearKeyConflictSQL, []string{key}, tx.sync); err != nil { // the link's own replace them
			return err
		}
		_, err = tx.exec(ctx, rekeyConflictsSQL, tx.sync, old, key)
		return err
	})
}
