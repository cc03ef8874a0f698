package sqlstore

import (
	"context"
	"fmt"

	"syncd/internal/contact"
	"syncd/internal/state"
)

const (
	syncOfRunSQL  = `SELECT sync FROM runs WHERE id = $1`
	listHeldSQL   = `SELECT key, void = 0 FROM held WHERE run = $1`
	approveSQL    = `UPDATE held SET approved_at = coalesce(approved_at, $2) WHERE run = $1 AND void = 0`
	approveKeySQL = `UPDATE held SET approved_at = coalesce(approved_at, $2)
		WHERE run = $1 AND void = 0 AND key = {key text}`
	resolveSQL    = `UPDATE conflicts SET take = $3 WHERE sync = $1 AND key = $2`
	resolveOneSQL = `UPDATE conflicts SET take = $3 WHERE sync = $1 AND key = $2 AND field = $4`
	relinkSQL     = `UPDATE links SET relink = true WHERE sync = $1 AND key = $2 AND unlinked <> ''`
)

// Approve lets held operations of a run through: those with the keys, all when there are none. It returns how
// many, those that were let through before included.
func (s *Store) Approve(ctx context.Context, run int64, keys []string) (approved int, err error) {
	if err := s.writable(); err != nil {
		return 0, err
	}
	sync, err := one(ctx, s, runNotFound(run), scanText, syncOfRunSQL, run)
	if err != nil {
		return 0, err
	}
	err = s.write(ctx, sync, func(tx transaction) error {
		if err := tx.checkHeld(ctx, run, keys); err != nil {
			return err
		}
		var n int64
		if len(keys) == 0 {
			n, err = tx.exec(ctx, approveSQL, run, tx.now)
		} else {
			n, err = tx.forKeys(ctx, approveKeySQL, keys, run, tx.now)
		}
		approved = int(n)
		return err
	})
	if err != nil {
		return 0, err
	}
	return approved, nil
}

func scanText(r row) (text string, err error) {
	err = r.Scan(&text)
	return text, err
}

// checkHeld returns why operations of a run cannot be approved: it held nothing, a newer run replaced its list, or
// it holds nothing of a key.
func (tx transaction) checkHeld(ctx context.Context, run int64, keys []string) error {
	listed, err := query(ctx, tx, scanHeldKey, listHeldSQL, run)
	if err != nil {
		return err
	}
	standing := map[string]bool{}
	for _, h := range listed {
		if h.standing {
			standing[h.key] = true
		}
	}
	switch {
	case len(listed) == 0:
		return fmt.Errorf("run %d: held operations: %w", run, state.ErrNotFound)
	case len(standing) == 0:
		return fmt.Errorf("run %d: %w", run, state.ErrVoid)
	}
	for _, key := range keys {
		if !standing[key] {
			return fmt.Errorf("run %d: held operation of key %s: %w", run, key, state.ErrNotFound)
		}
	}
	return nil
}

type heldKey struct {
	key      string
	standing bool
}

func scanHeldKey(r row) (h heldKey, err error) {
	err = r.Scan(&h.key, &h.standing)
	return h, err
}

// Resolve settles a conflict of a record: of one field, of all when field is "". It returns how many, or
// state.ErrNotFound.
func (s *Store) Resolve(
	ctx context.Context, sync, key string, field contact.Field, take contact.Side,
) (resolved int, err error) {
	err = s.write(ctx, sync, func(tx transaction) error {
		text, args := resolveSQL, []any{sync, key, take}
		if field != "" {
			text, args = resolveOneSQL, append(args, field)
		}
		n, err := tx.exec(ctx, text, args...)
		if err == nil && n == 0 {
			return fmt.Errorf("sync %s: conflict of key %s: %w", sync, key, state.ErrNotFound)
		}
		resolved = int(n)
		return err
	})
	if err != nil {
		return 0, err
	}
	return resolved, nil
}

// Relink asks for the missing side of an unlinked record to be made again, or returns state.ErrNotFound.
func (s *Store) Relink(ctx context.Context, sync, key string) error {
	return s.write(ctx, sync, func(tx transaction) error {
		n, err := tx.exec(ctx, relinkSQL, sync, key)
		if err == nil && n == 0 {
			return fmt.Errorf("sync %s: unlinked key %s: %w", sync, key, state.ErrNotFound)
		}
		return err
	})
}
