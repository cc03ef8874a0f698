package postgres

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"syncd/internal/pgserver"
	"syncd/internal/state/sqlstore"
)

// Whoever writes a sync holds the row of its lease, and takes the time after that: the outer query is computed once the
// inner one has its lock. A sync without a row was never run, and there is nothing yet that two could write at once.
// A machine that vanished in the middle keeps the row for as long as its transaction may be idle: the setting is that
// of the transaction alone.
//
// An argument that is null is the store's clock where it is the database's.
const (
	lockSQL = `SELECT coalesce(held.token = $2 AND held.holder = $3 AND held.expires_at IS NOT NULL, false), clock_timestamp()
		FROM (SELECT set_config('idle_in_transaction_session_timeout', '60s', true)) AS patience
		LEFT JOIN (SELECT token, holder, expires_at FROM leases WHERE sync = $1 FOR UPDATE) AS held ON true`

	reserveSQL = `INSERT INTO limits (name, next_slot_at)
		VALUES ($1, coalesce($2, clock_timestamp()) + $3::bigint * interval '1 microsecond')
		ON CONFLICT (name) DO UPDATE
		SET next_slot_at = greatest(limits.next_slot_at, coalesce($2, clock_timestamp()))
			+ $3::bigint * interval '1 microsecond'
		RETURNING next_slot_at, coalesce($2, clock_timestamp())`

	nowSQL = `SELECT clock_timestamp()`

	// The next ids follow those that were copied.
	numberRunsSQL     = `SELECT setval(pg_get_serial_sequence('runs', 'id'), coalesce(max(id), 0) + 1, false) FROM runs`
	numberProblemsSQL = `SELECT setval(pg_get_serial_sequence('problems', 'id'), coalesce(max(id), 0) + 1, false)
		FROM problems`
)

// dialect is how Postgres does what other databases do in another way.
var dialect = sqlstore.Dialect{
	Lock: lockSQL, Reserve: reserveSQL, Unlocked: "FOR UPDATE SKIP LOCKED", Now: nowSQL, Numbered: []string{numberRunsSQL, numberProblemsSQL},
	Array:     func(t sqlstore.Type) string { return arrays[t] },
	In:        func(parameter int) string { return fmt.Sprintf("= ANY ($%d::text[])", parameter) },
	Set:       set,
	Time:      func(t time.Time) any { return t },
	Text:      escape,
	Plain:     unescape,
	JSON:      func(text string) any { return strings.ToValidUTF8(text, "\ufffd") },
	Duplicate: duplicate,
	Again:     pgserver.Again,
	Explain:   explain,
}

var arrays = map[sqlstore.Type]string{
	sqlstore.Text: "text[]", sqlstore.Bool: "boolean[]", sqlstore.Number: "bigint[]",
	sqlstore.Time: "timestamptz[]", sqlstore.Hash: "bytea[]", sqlstore.JSON: "json[]",
}

func set(texts []string) any {
	escaped := make([]string, len(texts))
	for i, text := range texts {
		escaped[i] = escape(text)
	}
	return escaped
}

// mark begins the two hexadecimal digits of a byte that Postgres has no text for: NUL, one that is no UTF-8, and mark
// itself. People's cells hold everything; what could not be stored would stop a whole batch. JSON needs none of this,
// for it spells such characters out itself.
const mark = '\x01'

func escape(text string) string {
	if utf8.ValidString(text) && !strings.ContainsAny(text, "\x00\x01") {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == 0 || r == mark || r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, "%c%02x", mark, text[0])
		} else {
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

// unescape gives back what escape was given.
func unescape(text string) string {
	before, rest, found := strings.Cut(text, string(mark))
	if !found {
		return text
	}
	b := []byte(before)
	for found {
		var value byte
		if _, err := fmt.Sscanf(rest[:min(2, len(rest))], "%02x", &value); err != nil {
			return text // not of our making
		}
		rest = rest[2:]
		before, rest, found = strings.Cut(rest, string(mark))
		b = append(append(b, value), before...)
	}
	return string(b)
}
