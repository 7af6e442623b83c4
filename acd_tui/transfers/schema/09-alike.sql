-- Whole folders whose files were all found to be there already: how many those are, and
-- their bytes. They are skipped, and have no rows of their own. Job 0 is all of them.

CREATE TABLE alike (
    job INTEGER PRIMARY KEY,
    n INTEGER NOT NULL,
    size INTEGER NOT NULL
);
