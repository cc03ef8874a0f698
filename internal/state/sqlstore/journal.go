package sqlstore

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

	entryValues = `{run number}, {seq number}, {sync text}, {key text}, {side text}, {action text}, {contact_id text},
		{state text}, {approved bool}, {first_sight bool}, {reason text}, {fields json}, {before json}, {after json},
		{base json}, {source_hash hash}, {error text}, {sent_at time}, {settled_at time}`
	putEntrySQL = `INSERT INTO journal (` + entryColumns + `) VALUES (` + entryValues + `)`
	// An operation that is sent again was sent now; that its answer was not heard, or was, says nothing about when.
	markSQL = `UPDATE journal
		SET state = {state text}, contact_id = CASE WHEN {contact_id text} = '' THEN contact_id ELSE {contact_id text} END,
			error = {error text}, settled_at = {settled_at time},
			sent_at = CASE WHEN {state text} = 'sent' OR sent_at IS NULL THEN {sent_at time} ELSE sent_at END
		WHERE run = {run number} AND seq = {seq number} AND sync = $1`
	isEntrySQL = `SELECT count(*) FROM journal WHERE run = $1 AND seq = $2 AND sync = $3`
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
	if since.IsZero() {
		since = time.Unix(0, 0) // as an argument the zero time is null
	}
	return list(ctx, s, scanCount, countsSQL, sync, since)
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
	for _, e := range entries {
		if e.Sync != tx.sync {
			return fmt.Errorf("sync %s: journal entry %d of run %d: written under the lease of sync %s",
				e.Sync, e.Seq, e.Run, tx.sync)
		}
	}
	_, err := bulk(ctx, tx, putEntrySQL, entries, func(e state.Entry) []any {
		sentAt, settledAt := stamps(e.State, tx.now)
		return []any{e.Run, e.Seq, e.Sync, e.Key, e.Side, e.Action, e.ContactID, e.State, e.Approved, e.FirstSight,
			e.Reason, document{e.Fields}, e.Before, e.After, document{e.Base}, e.SourceHash, e.Error, sentAt, settledAt}
	})
	return err
}

// entryID is what a mark and its entry have in common.
type entryID struct {
	run int64
	seq int
}

func markedEntry(m state.Mark) entryID { return entryID{m.Run, m.Seq} }

func (tx transaction) mark(ctx context.Context, marks []state.Mark) error {
	for _, some := range distinct(marks, markedEntry) {
		marked, err := bulk(ctx, tx, markSQL, some, func(m state.Mark) []any {
			sentAt, settledAt := stamps(m.State, tx.now)
			return []any{m.State, m.ContactID, m.Error, settledAt, sentAt, m.Run, m.Seq}
		}, tx.sync)
		if err != nil {
			return err
		}
		if marked < int64(len(some)) {
			return tx.unmarked(ctx, some)
		}
	}
	return nil
}

// unmarked returns the error of marks some of which are of no entry.
func (tx transaction) unmarked(ctx context.Context, marks []state.Mark) error {
	for _, m := range marks {
		var exists bool
		if err := tx.row(ctx, isEntrySQL, m.Run, m.Seq, tx.sync)(&exists); err != nil {
			return err
		}
		if !exists {
			return fmt.Errorf("sync %s: journal entry %d of run %d: %w", tx.sync, m.Seq, m.Run, state.ErrNotFound)
		}
	}
	return nil
}

// stamps returns when an entry that reaches a state now was sent, unless that is known, and was settled. What
// failed may never have been sent. Zero is not known, or not yet.
func stamps(s state.EntryState, now time.Time) (sentAt, settledAt time.Time) {
	switch s {
	case state.Sent, state.Unknown:
		return now, time.Time{}
	case state.Done:
		return now, now
	case state.Failed:
		return time.Time{}, now
	}
	return time.Time{}, time.Time{}
}
