-- What was done and can be undone, the latest last. What is undone can be done again
-- until something else is done. Commands are JSON in ASCII, so that names that are no
-- valid Unicode survive.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    command TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
);
