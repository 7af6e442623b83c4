-- What changed in the tree since it was whole: the newest of it.
CREATE TABLE change (
    n INTEGER PRIMARY KEY,    -- in the order in which it was learned of
    kind INTEGER NOT NULL,    -- see `drive.chronicle`
    at_ns INTEGER NOT NULL,   -- when, as the service says; else when it was learned of
    own INTEGER NOT NULL,     -- whether this program did it
    id TEXT NOT NULL,         -- of the node
    node_kind INTEGER NOT NULL,
    name TEXT NOT NULL,       -- as the service stores it
    size INTEGER,
    parent TEXT,              -- id of the folder that it is in, or was in last
    folder TEXT,              -- that folder's names from the root, as JSON, if known
    before TEXT               -- names from the root of where it was before it moved
);

-- One row: the last change that the user has seen, and when (seconds since 1970).
CREATE TABLE visit (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seen INTEGER NOT NULL,
    at REAL
);
INSERT INTO visit VALUES (1, 0, NULL);
