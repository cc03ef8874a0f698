-- What people said about twins: the contact that becomes the record's, '' for one of its own.

-- +goose Up
CREATE TABLE matches (
    sync       text        COLLATE "C" NOT NULL,
    key        text        COLLATE "C" NOT NULL,
    contact_id text        COLLATE "C" NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (sync, key)
);

-- +goose Down
DROP TABLE matches;
