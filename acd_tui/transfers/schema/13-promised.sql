-- Names like `a (2)` that files and folders of a job get at the target: none of them is
-- free for what is kept beside another one. In small letters, for those to whom `A` and
-- `a` are one name.

CREATE TABLE promised (
    job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    folded TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (job, folded, source)
) WITHOUT ROWID;
