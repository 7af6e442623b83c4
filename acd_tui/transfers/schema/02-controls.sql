-- What the user says about the order and the pace. Transfers run by `rank`, lower ones
-- first, and in a rank by `turn`. That is the id, until one is moved to another place:
-- then `shift` is added to it. What is found later of a job gets the job's own.

ALTER TABLE queue ADD COLUMN draining INTEGER NOT NULL DEFAULT 0; -- start nothing new
ALTER TABLE queue ADD COLUMN slots INTEGER;      -- at a time; NULL: as the settings say
ALTER TABLE queue ADD COLUMN bandwidth INTEGER;  -- bytes a second; NULL: no limit

ALTER TABLE jobs ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN shift INTEGER NOT NULL DEFAULT 0;

ALTER TABLE transfers ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfers ADD COLUMN shift INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transfers ADD COLUMN turn INTEGER AS (id + shift);

DROP INDEX transfers_by_state;
DROP INDEX transfers_by_job;
CREATE INDEX transfers_by_state ON transfers (state, rank, turn);
CREATE INDEX transfers_by_job ON transfers (job, state, rank, turn);
