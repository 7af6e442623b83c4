-- What a job names itself, in pieces: it may be a million paths. In the job's own row
-- SQLite went through all of them to get at any column behind.

CREATE TABLE named (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    paths TEXT NOT NULL       -- an array of paths
);
CREATE INDEX named_by_job ON named (job, id);
INSERT INTO named (job, paths) SELECT id, paths FROM jobs;
ALTER TABLE jobs DROP COLUMN paths;
