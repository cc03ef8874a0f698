-- Why a conflict is open. Those that are open already were changed on both sides, or undone: the next run says so. A base has
-- the number of the run that undid instead of the word that one did, -1 where it is not known.

-- +goose Up
ALTER TABLE conflicts ADD COLUMN reason TEXT NOT NULL DEFAULT 'changed on both sides';
UPDATE links SET base = replace(base, '"undone":true', '"undone":-1') WHERE instr(base, '"undone":true') > 0;
UPDATE journal SET base = replace(base, '"undone":true', '"undone":-1') WHERE instr(base, '"undone":true') > 0;

-- +goose Down
ALTER TABLE conflicts DROP COLUMN reason;
