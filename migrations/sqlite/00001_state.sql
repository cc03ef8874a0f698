-- Times are microseconds since 1970-01-01 UTC, null for never. Hashes are 16 bytes, null for none. Documents are
-- JSON text. Texts compare bytewise.

-- +goose Up
CREATE TABLE syncs (
    name           TEXT    NOT NULL PRIMARY KEY,
    label          TEXT    NOT NULL,
    first_run_done INTEGER NOT NULL CHECK (first_run_done IN (0, 1)),
    source         TEXT    CHECK (json_valid(source))
) STRICT;

-- token grows with every lease of the sync; expires_at is null once the lease was given back.
CREATE TABLE leases (
    sync       TEXT    NOT NULL PRIMARY KEY,
    holder     TEXT    NOT NULL,
    token      INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;

CREATE TABLE links (
    sync        TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    contact_id  TEXT    NOT NULL,
    adopted     INTEGER NOT NULL CHECK (adopted IN (0, 1)),
    unlinked    TEXT    NOT NULL,
    relink      INTEGER NOT NULL CHECK (relink IN (0, 1)),
    pending     INTEGER NOT NULL CHECK (pending IN (0, 1)),
    source_hash BLOB    CHECK (length(source_hash) = 16),
    quo_hash    BLOB    CHECK (length(quo_hash) = 16),
    gone_at     INTEGER,
    linked_at   INTEGER NOT NULL,
    base        TEXT    CHECK (json_valid(base)),
    PRIMARY KEY (sync, key)
) STRICT, WITHOUT ROWID;

-- Never two standing links of one sync for one contact.
CREATE UNIQUE INDEX links_contact ON links (sync, contact_id) WHERE unlinked = '' AND contact_id <> '';

CREATE TABLE runs (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    sync        TEXT    NOT NULL,
    status      TEXT    NOT NULL CHECK (status IN ('running', 'done', 'held', 'failed', 'skipped')),
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    report      TEXT    CHECK (json_valid(report))
) STRICT;

CREATE INDEX runs_sync ON runs (sync, id);
CREATE INDEX runs_running ON runs (sync) WHERE status = 'running';
CREATE INDEX runs_finished ON runs (finished_at);

CREATE TABLE journal (
    run         INTEGER NOT NULL REFERENCES runs (id),
    seq         INTEGER NOT NULL,
    sync        TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    side        TEXT    NOT NULL CHECK (side IN ('source', 'quo')),
    action      TEXT    NOT NULL CHECK (action IN ('create', 'update', 'delete', 'unlink')),
    contact_id  TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('intended', 'sent', 'unknown', 'done', 'failed')),
    approved    INTEGER NOT NULL CHECK (approved IN (0, 1)),
    first_sight INTEGER NOT NULL CHECK (first_sight IN (0, 1)),
    reason      TEXT    NOT NULL,
    fields      TEXT    CHECK (json_valid(fields)),
    before      TEXT    CHECK (json_valid(before)),
    after       TEXT    CHECK (json_valid(after)),
    base        TEXT    CHECK (json_valid(base)),
    source_hash BLOB    CHECK (length(source_hash) = 16),
    error       TEXT    NOT NULL,
    sent_at     INTEGER,
    settled_at  INTEGER,
    PRIMARY KEY (run, seq)
) STRICT;

CREATE INDEX journal_key ON journal (sync, key, run, seq);
CREATE INDEX journal_open ON journal (sync, run, seq) WHERE state IN ('intended', 'sent', 'unknown');
CREATE INDEX journal_done ON journal (sync, settled_at, side, action) WHERE state = 'done' AND NOT approved AND NOT first_sight;

-- Two rows may have the same problem, so nothing but the id is unique.
CREATE TABLE problems (
    id          INTEGER NOT NULL PRIMARY KEY,
    sync        TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    row         INTEGER NOT NULL,
    column_name TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    cause       BLOB    CHECK (length(cause) = 16),
    attempts    INTEGER NOT NULL,
    retry_at    INTEGER,
    first_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX problems_key ON problems (sync, key);

CREATE TABLE conflicts (
    sync         TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    field        TEXT    NOT NULL,
    base_value   TEXT    NOT NULL,
    source_value TEXT    NOT NULL,
    quo_value    TEXT    NOT NULL,
    take         TEXT    NOT NULL CHECK (take IN ('', 'source', 'quo')),
    first_at     INTEGER NOT NULL,
    PRIMARY KEY (sync, key, field)
) STRICT;

-- void says that a newer run replaced the operation; it stays until its run is pruned.
CREATE TABLE held (
    run         INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq         INTEGER NOT NULL,
    sync        TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    side        TEXT    NOT NULL CHECK (side IN ('source', 'quo')),
    action      TEXT    NOT NULL CHECK (action IN ('create', 'update', 'delete', 'unlink')),
    fingerprint BLOB    CHECK (length(fingerprint) = 16),
    fields      TEXT    CHECK (json_valid(fields)),
    approved_at INTEGER,
    void        INTEGER NOT NULL CHECK (void IN (0, 1)),
    PRIMARY KEY (run, seq)
) STRICT;

CREATE INDEX held_standing ON held (sync, key) WHERE void = 0;

-- next_slot_at is the first slot of the limit that nobody took.
CREATE TABLE limits (
    name         TEXT    NOT NULL PRIMARY KEY,
    next_slot_at INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE limits;
DROP TABLE held;
DROP TABLE conflicts;
DROP TABLE problems;
DROP TABLE journal;
DROP TABLE runs;
DROP TABLE links;
DROP TABLE leases;
DROP TABLE syncs;
