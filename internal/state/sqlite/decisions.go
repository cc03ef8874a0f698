package sqlite

import (
	"context"
	"fmt"

	"syncd/internal/contact"
	"syncd/internal/state"
)

const (
	runExistsSQL  = `SELECT count(*) FROM runs WHERE id = $1`
	listHeldSQL   = `SELECT count(*), count(*) FILTER (WHERE void = 0) FROM held WHERE run = $1`
	approveSQL    = `UPDATE held SET approved_at = coalesce(approved_at, $2) WHERE run = $1 AND void = 0`
	approveKeySQL = `UPDATE held SET approved_at = coalesce(approved_at, $2) WHERE run = $1 AND void = 0 AND key = $3`
	resolveSQL    = `UPDATE conflicts SET take = $3 WHERE sync = $1 AND key = $2`
	resolveOneSQL = `UPDATE conflicts SET take = $3 WHERE sync = $1 AND key = $2 AND field = $4`
	relinkSQL     = `UPDATE links SET relink = 1 WHERE sync = $1 AND key = $2 AND unlinked <> ''`
)

// Approve lets held operations of a run through: those with the keys, all when there are none. It returns how
// many, those that were let through before included.
func (s *Store) Approve(ctx context.Context, run int64, keys []string) (approved int, err error) {
	err = s.write(ctx, func(tx transaction) error {
		if err := tx.checkHeld(ctx, run); err != nil {
			return err
		}
		if len(keys) == 0 {
			n, err := tx.exec(ctx, approveSQL, run, micros(tx.now))
			approved = int(n)
			return err
		}
		return forEach(ctx, tx, approveKeySQL, keys, func(key string, exec execFunc) error {
			n, err := exec(run, micros(tx.now), key)
			if err == nil && n == 0 {
				return fmt.Errorf("run %d: held operation of key %s: %w", run, key, state.ErrNotFound)
			}
			approved += int(n)
			return err
		})
	})
	if err != nil {
		return 0, err
	}
	return approved, nil
}

// checkHeld returns why nothing of a run can be approved: there is no such run, it held nothing, or a newer one
// replaced its list.
func (tx transaction) checkHeld(ctx context.Context, run int64) error {
	var exists bool
	if err := tx.QueryRowContext(ctx, runExistsSQL, run).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		return runNotFound(run)
	}
	var listed, standing int
	if err := tx.QueryRowContext(ctx, listHeldSQL, run).Scan(&listed, &standing); err != nil {
		return err
	}
	switch {
	case listed == 0:
		return fmt.Errorf("run %d: held operations: %w", run, state.ErrNotFound)
	case standing == 0:
		return fmt.Errorf("run %d: %w", run, state.ErrVoid)
	}
	return nil
}

// Resolve settles a conflict of a record: of one field, of all when field is "". It returns how many, or
// state.ErrNotFound.
func (s *Store) Resolve(
	ctx context.Context, sync, key string, field contact.Field, take contact.Side,
) (resolved int, err error) {
	err = s.write(ctx, func(tx transaction) error {
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
	return s.write(ctx, func(tx transaction) error {
		n, err := tx.exec(ctx, relinkSQL, sync, key)
		if err == nil && n == 0 {
			return fmt.Errorf("sync %s: unlinked key %s: %w", sync, key, state.ErrNotFound)
		}
		return err
	})
}
