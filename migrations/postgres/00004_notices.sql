-- What there is to tell people about a sync, what they were told, and when the next process may try to tell them.

-- +goose Up
CREATE TABLE notices (
    sync     text        COLLATE "C" NOT NULL PRIMARY KEY,
    wanted   json,
    told     json,
    attempts bigint      NOT NULL,
    retry_at timestamptz
);

-- +goose Down
DROP TABLE notices;
