package sqlite

import (
	"context"
	"fmt"
	"time"

	"syncd/internal/state"
)

const (
	entryColumns = `run, seq, sync, key, side, action, contact_id, state, approved, first_sight, reason,
		fields, before, after, base, source_hash, error, sent_at, settled_at`
	entriesSQL = `SELECT ` + entryColumns + ` FROM journal WHERE run = $1 ORDER BY seq`
	historySQL = `SELECT ` + entryColumns + ` FROM journal WHERE sync = $1 AND key = $2 ORDER BY run DESC, seq DESC`
	openSQL    = `SELECT ` + entryColumns + ` FROM journal
		WHERE sync = $1 AND state IN ('intended', 'sent', 'unknown') ORDER BY run, seq`
	countsSQL = `SELECT side, action, count(*) FROM journal
		WHERE sync = $1 AND state = 'done' AND settled_at >= $2 AND NOT approved AND NOT first_sight
		GROUP BY side, action ORDER BY side, action`

	putEntrySQL = `INSERT INTO journal (` + entryColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`
	// An operation that is sent again was sent now; that its answer was not heard, or was, says nothing about when.
	markSQL = `UPDATE journal
		SET state = $4, contact_id = CASE WHEN $5 = '' THEN contact_id ELSE $5 END, error = $6,
			sent_at = CASE WHEN $4 = 'sent' OR sent_at IS NULL THEN $7 ELSE sent_at END, settled_at = $8
		WHERE run = $1 AND seq = $2 AND sync = $3`
)

// Open returns the entries of a sync that are Intended, Sent or Unknown, oldest first.
func (s *Store) Open(ctx context.Context, sync string) ([]state.Entry, error) {
	return list(ctx, s, scanEntry, openSQL, sync)
}

// Entries returns the journal of a run in its order.
func (s *Store) Entries(ctx context.Context, run int64) ([]state.Entry, error) {
	return list(ctx, s, scanEntry, entriesSQL, run)
}

// History returns the journal of one record, newest first.
func (s *Store) History(ctx context.Context, sync, key string) ([]state.Entry, error) {
	return list(ctx, s, scanEntry, historySQL, sync, key)
}

// Counts returns how many operations of a sync were done since a time, without those that a person approved and
// those marked FirstSight.
func (s *Store) Counts(ctx context.Context, sync string, since time.Time) ([]state.Count, error) {
	return list(ctx, s, scanCount, countsSQL, sync, since.UnixMicro())
}

func scanEntry(r row) (e state.Entry, err error) {
	err = r.Scan(&e.Run, &e.Seq, &e.Sync, &e.Key, &e.Side, &e.Action, &e.ContactID, &e.State, &e.Approved,
		&e.FirstSight, &e.Reason, scanDocument{&e.Fields}, (*[]byte)(&e.Before), (*[]byte)(&e.After),
		scanDocument{&e.Base}, scanHash{&e.SourceHash}, &e.Error, scanTime{&e.SentAt}, scanTime{&e.SettledAt})
	return e, err
}

func scanCount(r row) (c state.Count, err error) {
	err = r.Scan(&c.Side, &c.Action, &c.N)
	return c, err
}

func (tx transaction) putEntries(ctx context.Context, entries []state.Entry) error {
	return forEach(ctx, tx, putEntrySQL, entries, func(e state.Entry, exec execFunc) error {
		if e.Sync != tx.sync {
			return fmt.Errorf("sync %s: journal entry %d of run %d: written under the lease of sync %s",
				e.Sync, e.Seq, e.Run, tx.sync)
		}
		sentAt, settledAt := stamps(e.State, tx.now)
		_, err := exec(e.Run, e.Seq, e.Sync, e.Key, e.Side, e.Action, e.ContactID, e.State, e.Approved, e.FirstSight,
			e.Reason, document{e.Fields}, raw(e.Before), raw(e.After), document{e.Base}, hash(e.SourceHash), e.Error,
			sentAt, settledAt)
		return err
	})
}

func (tx transaction) mark(ctx context.Context, marks []state.Mark) error {
	return forEach(ctx, tx, markSQL, marks, func(m state.Mark, exec execFunc) error {
		sentAt, settledAt := stamps(m.State, tx.now)
		marked, err := exec(m.Run, m.Seq, tx.sync, m.State, m.ContactID, m.Error, sentAt, settledAt)
		if err == nil && marked == 0 {
			return fmt.Errorf("sync %s: journal entry %d of run %d: %w", tx.sync, m.Seq, m.Run, state.ErrNotFound)
		}
		return err
	})
}

// stamps returns when an entry that reaches a state now was sent, unless that is known, and was settled. What
// failed may never have been sent.
func stamps(s state.EntryState, now time.Time) (sentAt, settledAt any) {
	switch s {
	case state.Sent, state.Unknown:
		return micros(now), nil
	case state.Done:
		return micros(now), micros(now)
	case state.Failed:
		return nil, micros(now)
	}
	return nil, nil
}
