package sqlite

import (
	"context"
	"slices"
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
)

const (
	heldSQL = `SELECT run, key, side, action, fingerprint, fields, approved_at
		FROM held WHERE sync = $1 AND void = 0 ORDER BY key, run, seq`
	voidHeldSQL    = `UPDATE held SET void = 1 WHERE sync = $1 AND void = 0`
	voidKeyHeldSQL = `UPDATE held SET void = 1 WHERE sync = $1 AND void = 0 AND key = $2`
	spendHeldSQL   = `UPDATE held SET void = 1 WHERE sync = $1 AND void = 0
		AND (key, side, action) = (SELECT key, side, action FROM journal WHERE run = $2 AND seq = $3)`
	putHeldSQL = `INSERT INTO held (run, seq, sync, key, side, action, fingerprint, fields, approved_at, void)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`
)

// Held returns the operations of a sync that wait for a person, or were let through and wait for the next run,
// by key.
func (s *Store) Held(ctx context.Context, sync string) ([]state.Held, error) {
	return list(ctx, s, scanHeld, heldSQL, sync)
}

func scanHeld(r row) (h state.Held, err error) {
	err = r.Scan(&h.Run, &h.Key, &h.Side, &h.Action, scanHash{&h.Fingerprint}, scanDocument{&h.Fields},
		scanTime{&h.ApprovedAt})
	return h, err
}

// operation is what a person approves.
type operation struct {
	key         string
	side        contact.Side
	action      contact.Action
	fingerprint contact.Hash
}

func operationOf(h state.Held) operation { return operation{h.Key, h.Side, h.Action, h.Fingerprint} }

// replaceHeld writes the held operations of a run. When there are any, or when the run looked at everything, they
// replace all older ones; otherwise only those about its keys are void. An approval that came while the run worked
// stays with an operation that is held again, unchanged.
func (tx transaction) replaceHeld(ctx context.Context, run int64, f *state.Findings) error {
	earlier, err := query(ctx, tx, scanHeld, heldSQL, tx.sync)
	if err != nil {
		return err
	}
	approvedAt := make(map[operation]time.Time, len(earlier))
	for _, h := range earlier {
		approvedAt[operationOf(h)] = h.ApprovedAt
	}
	scope := f.Scope
	if len(f.Held) > 0 {
		scope = nil
	}
	if err := tx.clear(ctx, scope, voidHeldSQL, voidKeyHeldSQL); err != nil {
		return err
	}
	seq := 0
	return forEach(ctx, tx, putHeldSQL, f.Held, func(h state.Held, exec execFunc) error {
		seq++
		_, err := exec(run, seq, tx.sync, h.Key, h.Side, h.Action, hash(h.Fingerprint), document{h.Fields},
			micros(approvedAt[operationOf(h)]))
		return err
	})
}

// spend makes void what is held of the records, sides and actions that are done now.
func (tx transaction) spend(ctx context.Context, marks []state.Mark) error {
	done := slices.DeleteFunc(slices.Clone(marks), func(m state.Mark) bool { return m.State != state.Done })
	return forEach(ctx, tx, spendHeldSQL, done, func(m state.Mark, exec execFunc) error {
		_, err := exec(tx.sync, m.Run, m.Seq)
		return err
	})
}
