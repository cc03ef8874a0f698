-- When a sync is due stands in the row of its lease, for who finds it due takes its lease at once. schedule is what due_at
-- was reckoned with, '' when nothing was; missed counts the times of the schedule at which the sync was still running or
-- nobody was there to run it; succeeded_at is the end of the last run over all records that did not fail.

-- +goose Up
ALTER TABLE leases ADD COLUMN schedule text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE leases ADD COLUMN due_at timestamptz;
ALTER TABLE leases ADD COLUMN missed bigint NOT NULL DEFAULT 0;
ALTER TABLE leases ADD COLUMN succeeded_at timestamptz;
UPDATE leases SET succeeded_at = (
    SELECT max(finished_at) FROM runs WHERE runs.sync = leases.sync AND runs.status IN ('done', 'held'));
CREATE INDEX leases_due ON leases (due_at);

-- +goose Down
DROP INDEX leases_due;
ALTER TABLE leases DROP COLUMN succeeded_at;
ALTER TABLE leases DROP COLUMN missed;
ALTER TABLE leases DROP COLUMN due_at;
ALTER TABLE leases DROP COLUMN schedule;
