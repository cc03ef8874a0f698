-- What people said about twins: the contact that becomes the record's, '' for one of its own.

-- +goose Up
CREATE TABLE matches (
    sync       TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    contact_id TEXT    NOT NULL,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (sync, key)
) STRICT;

-- +goose Down
DROP TABLE matches;
