package sqlite

import (
	"encoding/json"
	"fmt"
	"time"

	codes "modernc.org/sqlite/lib"

	"syncd/internal/state/sqlstore"
)

// The whole database has one write lock, which a transaction takes when it begins, so that there is nothing to lock
// and the clock of this process tells the time.
const (
	lockSQL = `SELECT count(*), NULL FROM leases WHERE sync = $1 AND token = $2 AND holder = $3 AND expires_at IS NOT NULL`

	reserveSQL = `INSERT INTO limits (name, next_slot_at) VALUES ($1, $2 + $3)
		ON CONFLICT (name) DO UPDATE
		SET next_slot_at = CASE WHEN limits.next_slot_at > $2 THEN limits.next_slot_at ELSE $2 END + $3
		RETURNING next_slot_at, $2`
)

// dialect is how SQLite does what other databases do in another way. A time is stored as microseconds since 1970, a
// document as text. Rows are written one by one with a prepared statement, which is the fastest way here.
var dialect = sqlstore.Dialect{
	Lock: lockSQL, Reserve: reserveSQL,
	In:        func(parameter int) string { return fmt.Sprintf("IN (SELECT value FROM json_each($%d))", parameter) },
	Set:       set,
	Time:      func(t time.Time) any { return t.UnixMicro() },
	JSON:      func(text string) any { return text },
	Duplicate: duplicate,
	Again:     func(err error) bool { return code(err) == codes.SQLITE_BUSY },
	Explain:   explain,
}

func set(texts []string) any {
	list, _ := json.Marshal(texts) // there is no text that is no JSON
	return string(list)
}
