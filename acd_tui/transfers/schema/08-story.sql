-- What became of single transfers: when their bytes began to move, where an interrupted
-- one went on, and what went wrong on the way. Those that go well leave no lines.

ALTER TABLE jobs ADD COLUMN started REAL;
ALTER TABLE transfers ADD COLUMN started REAL;                   -- its last attempt
ALTER TABLE transfers ADD COLUMN resumed INTEGER NOT NULL DEFAULT 0; -- bytes kept by it

CREATE TABLE story (
    id INTEGER PRIMARY KEY,
    transfer INTEGER NOT NULL REFERENCES transfers ON DELETE CASCADE,
    at REAL NOT NULL,
    event TEXT NOT NULL,
    reason TEXT
);
CREATE INDEX story_of ON story (transfer, id);

-- History is read by the time it was made.
CREATE INDEX transfers_ended ON transfers (state, finished, id, job)
WHERE finished IS NOT NULL;
