-- What there is to tell people about a sync, what they were told, and when the next process may try to tell them.

-- +goose Up
CREATE TABLE notices (
    sync     TEXT    NOT NULL PRIMARY KEY,
    wanted   TEXT    CHECK (json_valid(wanted)),
    told     TEXT    CHECK (json_valid(told)),
    attempts INTEGER NOT NULL,
    retry_at INTEGER
) STRICT;

-- +goose Down
DROP TABLE notices;
