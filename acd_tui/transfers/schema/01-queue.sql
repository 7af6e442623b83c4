-- The queue and its history. Paths are JSON arrays of names, in ASCII, so that names
-- that are no valid Unicode survive. Times are seconds since 1970.

CREATE TABLE queue (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    held INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0,  -- grows with every write
    commands INTEGER NOT NULL DEFAULT 0   -- grows with what users asked for
);
INSERT INTO queue (one) VALUES (1);

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_fs TEXT NOT NULL,
    paths TEXT NOT NULL,
    target_fs TEXT NOT NULL,
    folder TEXT NOT NULL,
    policy TEXT NOT NULL,
    rename TEXT,
    contents INTEGER NOT NULL,
    created REAL NOT NULL,
    planning INTEGER NOT NULL DEFAULT 1,
    needs_user INTEGER NOT NULL DEFAULT 0, -- planning waits for a sign-in
    finished REAL
);
CREATE INDEX jobs_planning ON jobs (id) WHERE planning;

-- What is yet to be walked. A row without a source stands for what the job names itself.
CREATE TABLE folders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    source TEXT,
    target TEXT,
    UNIQUE (job, source)
);

CREATE TABLE problems (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    message TEXT NOT NULL,
    UNIQUE (job, message)
);

CREATE TABLE transfers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    source_fs TEXT NOT NULL,
    source TEXT NOT NULL,
    target_fs TEXT NOT NULL,
    target TEXT NOT NULL,
    policy TEXT NOT NULL,
    size INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'queued',
    changed REAL NOT NULL,                 -- when it got into this state
    attempts INTEGER NOT NULL DEFAULT 0,   -- how often its bytes began to move
    failures INTEGER NOT NULL DEFAULT 0,   -- passing troubles since the user's last word
    reason TEXT,
    hint TEXT,
    wake REAL,
    waits_for TEXT,                        -- the filesystem that cannot be used now
    needs_user INTEGER NOT NULL DEFAULT 0, -- because nobody is signed in there
    finished REAL,
    conflict TEXT,
    md5 TEXT,                              -- of the source, where known before reading
    sent REAL,                             -- sent whole, not shown by the service yet
    patience REAL NOT NULL DEFAULT 0,      -- how long it may stay so
    look REAL NOT NULL DEFAULT 0,          -- seconds between two looks
    ours TEXT,                             -- what an attempt that failed left behind
    UNIQUE (job, source)
);
CREATE INDEX transfers_by_state ON transfers (state, id);
CREATE INDEX transfers_by_job ON transfers (job, state, id);

-- How many transfers and bytes are in which state, by job; job 0 is all of them.
CREATE TABLE tally (
    job INTEGER NOT NULL,
    state TEXT NOT NULL,
    n INTEGER NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (job, state)
) WITHOUT ROWID;

CREATE TRIGGER tally_added AFTER INSERT ON transfers BEGIN
    INSERT INTO tally VALUES (new.job, new.state, 1, new.size), (0, new.state, 1, new.size)
    ON CONFLICT (job, state) DO UPDATE SET n = n + 1, size = size + excluded.size;
END;

CREATE TRIGGER tally_moved AFTER UPDATE OF state, size ON transfers
WHEN old.state <> new.state OR old.size <> new.size BEGIN
    UPDATE tally SET n = n - 1, size = size - old.size
    WHERE job IN (0, old.job) AND state = old.state;
    INSERT INTO tally VALUES (new.job, new.state, 1, new.size), (0, new.state, 1, new.size)
    ON CONFLICT (job, state) DO UPDATE SET n = n + 1, size = size + excluded.size;
END;

CREATE TRIGGER tally_removed AFTER DELETE ON transfers BEGIN
    UPDATE tally SET n = n - 1, size = size - old.size
    WHERE job IN (0, old.job) AND state = old.state;
END;
