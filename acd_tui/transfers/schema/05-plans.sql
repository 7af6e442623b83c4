-- What a job may copy whose plan was shown before: each target, and what was there then.

CREATE TABLE plans (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    target TEXT NOT NULL,
    there TEXT NOT NULL,   -- as `transfers.ours`; 'null' for nothing
    PRIMARY KEY (job, target)
) WITHOUT ROWID;
