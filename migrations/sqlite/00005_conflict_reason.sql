-- Why a conflict is open. Those that are open already were changed on both sides.

-- +goose Up
ALTER TABLE conflicts ADD COLUMN reason TEXT NOT NULL DEFAULT 'changed on both sides';

-- +goose Down
ALTER TABLE conflicts DROP COLUMN reason;
