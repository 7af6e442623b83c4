-- What a job is not to make at the target although its plan has shown it.

CREATE TABLE omitted (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    target TEXT NOT NULL,
    PRIMARY KEY (job, target)
) WITHOUT ROWID;
