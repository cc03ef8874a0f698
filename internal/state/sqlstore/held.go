package sqlstore

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
	voidKeyHeldSQL = `UPDATE held SET void = 1 WHERE sync = $1 AND void = 0 AND key = {key text}`
	spendHeldSQL   = `UPDATE held SET void = 1 FROM journal j
		WHERE j.run = {run number} AND j.seq = {seq number}
		AND held.sync = $1 AND held.void = 0 AND held.key = j.key AND held.side = j.side AND held.action = j.action`
	putHeldSQL = `INSERT INTO held (run, seq, sync, key, side, action, fingerprint, fields, approved_at, void)
		VALUES ({run number}, {seq number}, $1, {key text}, {side text}, {action text}, {fingerprint hash}, {fields json},
			{approved_at time}, 0)`
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
	_, err = bulk(ctx, tx, putHeldSQL, f.Held, func(h state.Held) []any {
		seq++
		return []any{run, seq, h.Key, h.Side, h.Action, h.Fingerprint, document{h.Fields}, approvedAt[operationOf(h)]}
	}, tx.sync)
	return err
}

// spend makes void what is held of the records, sides and actions that are done now.
func (tx transaction) spend(ctx context.Context, marks []state.Mark) error {
	done := slices.DeleteFunc(slices.Clone(marks), func(m state.Mark) bool { return m.State != state.Done })
	_, err := bulk(ctx, tx, spendHeldSQL, done, func(m state.Mark) []any { return []any{m.Run, m.Seq} }, tx.sync)
	return err
}
