package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"syncd/internal/contact"
	"syncd/internal/state"
)

// table is a table of the state, with its columns as statements have them: "{name text}, {label text}".
type table struct {
	name    string
	columns string
}

// tables are all tables, those first that others refer to. A test compares them with the schema.
var tables = []table{
	{"syncs", `{name text}, {label text}, {first_run_done bool}, {source json}`},
	{"leases", `{sync text}, {holder text}, {token number}, {expires_at time}, {schedule text}, {due_at time},
		{missed number}, {succeeded_at time}`},
	{"links", `{sync text}, {key text}, {contact_id text}, {adopted bool}, {unlinked text}, {relink bool}, {pending bool},
		{source_hash hash}, {quo_hash hash}, {gone_at time}, {linked_at time}, {base json}`},
	{"runs", `{id number}, {sync text}, {status text}, {started_at time}, {finished_at time}, {report json}`},
	{"journal", entryValues},
	{"problems", `{id number}, {sync text}, {key text}, {row number}, {column_name text}, {value text}, {reason text},
		{cause hash}, {attempts number}, {retry_at time}, {first_at time}`},
	{"conflicts", `{sync text}, {key text}, {field text}, {base_value text}, {source_value text}, {quo_value text},
		{reason text}, {take text}, {first_at time}`},
	{"held", `{run number}, {seq number}, {sync text}, {key text}, {side text}, {action text}, {fingerprint hash},
		{fields json}, {approved_at time}, {void number}`},
	{"limits", `{name text}, {next_slot_at time}`},
	{"notices", `{sync text}, {wanted json}, {told json}, {attempts number}, {retry_at time}`},
	{"matches", `{sync text}, {key text}, {contact_id text}, {decided_at time}`},
}

// The statements of a copy, for a table and its columns.
var (
	copyOut   = `SELECT %[2]s FROM %[1]s`
	copyIn    = `INSERT INTO %[1]s (%[2]s) VALUES (%[3]s)`
	copyCheck = `SELECT count(*) FROM (SELECT 1 FROM %[1]s LIMIT 1) AS one`
)

func (t table) statement(text string) string {
	names := placeholder.ReplaceAllString(t.columns, "$1")
	return fmt.Sprintf(text, t.name, names, t.columns)
}

const standingLeasesSQL = `SELECT sync, holder, token, expires_at FROM leases WHERE expires_at IS NOT NULL ORDER BY sync`

// Errors of a copy that callers act on.
var (
	// ErrNotEmpty means that the state that is to be written holds something.
	ErrNotEmpty = errors.New("it is not empty")
	// ErrNothing means that there is no state that could be copied.
	ErrNothing = errors.New("there is none")
)

// Copy writes everything that one state holds to another one, which must be empty: all of it or nothing. It returns how
// many rows it wrote. While a process runs a sync of the first one there is a *state.LeasedError: what that process
// writes from then on would be lost.
func Copy(ctx context.Context, from, to *Store) (rows int, err error) {
	if from.Empty {
		return 0, fmt.Errorf("state %s: %w", from.Name, ErrNothing)
	}
	if err := from.idle(ctx); err != nil {
		return 0, err
	}
	err = to.write(ctx, "", func(tx transaction) error {
		if err := tx.checkEmpty(ctx); err != nil {
			return err
		}
		if rows, err = from.copyTo(ctx, tx); err != nil {
			return err
		}
		for _, text := range to.Dialect.Numbered {
			var next any
			if err := tx.row(ctx, text)(&next); err != nil {
				return err
			}
		}
		return from.idle(ctx) // nobody began to run a sync meanwhile
	})
	return rows, err
}

// idle returns a *state.LeasedError while somebody runs a sync.
func (s *Store) idle(ctx context.Context) error {
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	leases, err := list(ctx, s, scanLeased, standingLeasesSQL)
	if err != nil {
		return err
	}
	for _, leased := range leases {
		if leased.Until.After(now) {
			return fmt.Errorf("state %s: %w", s.Name, &leased)
		}
	}
	return nil
}

func scanLeased(r row) (leased state.LeasedError, err error) {
	var token int64
	err = r.Scan(&leased.Sync, &leased.Holder, &token, scanTime{&leased.Until})
	return leased, err
}

func (tx transaction) checkEmpty(ctx context.Context) error {
	for _, t := range tables {
		var found bool
		if err := tx.row(ctx, t.statement(copyCheck))(&found); err != nil {
			return err
		}
		if found {
			return fmt.Errorf("state %s: %w", tx.store.Name, ErrNotEmpty)
		}
	}
	return nil
}

// copyTo writes all tables as they are at one point in time.
func (s *Store) copyTo(ctx context.Context, to transaction) (rows int, err error) {
	from, err := s.Reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return 0, s.fail(ctx, err)
	}
	defer func() { _ = from.Rollback() }() // there is nothing to commit
	for _, t := range tables {
		n, err := t.copy(ctx, s, from, to)
		rows += n
		if err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// copy writes one table, in bounded memory.
func (t table) copy(ctx context.Context, s *Store, from querier, to transaction) (rows int, err error) {
	columns := columnsOf(t.columns)
	scan := func(r row) ([]any, error) { return scanColumns(r, columns) }
	var some [][]any
	write := func() error {
		_, err := bulk(ctx, to, t.statement(copyIn), some, func(values []any) []any { return values })
		rows, some = rows+len(some), some[:0]
		return err
	}
	for values, err := range stream(ctx, s, from, scan, t.statement(copyOut)) {
		if err != nil {
			return rows, err
		}
		if some = append(some, values); len(some) == rowsAtOnce {
			if err := write(); err != nil {
				return rows, err
			}
		}
	}
	return rows, write()
}

// scanColumns returns the values of a row as arguments of a statement.
func scanColumns(r row, columns []column) ([]any, error) {
	into := make([]any, len(columns))
	for i, c := range columns {
		into[i] = c.kind.target()
	}
	if err := r.Scan(into...); err != nil {
		return nil, err
	}
	values := make([]any, len(columns))
	for i, target := range into {
		values[i] = valueOf(target)
	}
	return values, nil
}

// target returns what a column of the type is scanned into.
func (t Type) target() any {
	switch t {
	case Text:
		return new(string)
	case Bool:
		return new(bool)
	case Number:
		return new(int64)
	case Time:
		return scanTime{new(time.Time)}
	case Hash:
		return scanHash{new(contact.Hash)}
	case JSON:
		return new([]byte)
	}
	panic("sqlstore: no type: " + strings.TrimSpace(string(t)))
}

func valueOf(target any) any {
	switch v := target.(type) {
	case *string:
		return *v
	case *bool:
		return *v
	case *int64:
		return *v
	case scanTime:
		return *v.into
	case scanHash:
		return *v.into
	case *[]byte:
		return json.RawMessage(*v)
	}
	panic(fmt.Sprintf("sqlstore: a %T is no target", target))
}

// Tables returns the columns of every table.
func Tables() map[string][]string {
	all := make(map[string][]string, len(tables))
	for _, t := range tables {
		for _, c := range columnsOf(t.columns) {
			all[t.name] = append(all[t.name], c.name)
		}
	}
	return all
}
