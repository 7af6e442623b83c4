CREATE TABLE node (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    parent TEXT,              -- the first one; any others are in `link`
    kind INTEGER NOT NULL,    -- 0 folder, 1 file
    key TEXT NOT NULL,        -- what finds it by name: the name to be sent, lower case
    state INTEGER NOT NULL,   -- 0 available, 1 trashed by itself, 2 in a trashed
                              -- folder, 3 not ready
    name TEXT NOT NULL,       -- as the service stores it; the id if it has none
    size INTEGER,
    modified_ns INTEGER,      -- our own property if it has one
    md5 BLOB,                 -- 16 bytes
    changed_ns INTEGER,       -- the service's modifiedDate
    version INTEGER NOT NULL,
    fed INTEGER NOT NULL,     -- whether the feed has told of it
    generation INTEGER NOT NULL
);

-- Whatever a listing shows, so that the table itself is not looked at.
CREATE INDEX listing ON node
    (parent, kind, key, state, name, size, modified_ns, md5, id);
CREATE INDEX trashed ON node (state) WHERE state = 1;

CREATE TABLE link (
    child TEXT NOT NULL,
    parent TEXT NOT NULL,
    PRIMARY KEY (child, parent)
) WITHOUT ROWID;
CREATE INDEX link_by_parent ON link (parent);

-- Folders whose children were all asked for, and when (seconds since 1970).
CREATE TABLE listed (
    id TEXT PRIMARY KEY,
    at REAL NOT NULL
) WITHOUT ROWID;

-- One row: whose tree this is and how far the change feed was followed.
CREATE TABLE position (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    root TEXT,
    checkpoint TEXT,
    complete INTEGER NOT NULL,     -- whether it holds the whole tree
    generation INTEGER NOT NULL,   -- of the tree that is complete
    filling INTEGER NOT NULL,      -- generation being filled in; 0 if none is
    checked REAL                   -- when it last agreed with the service
);
INSERT INTO position VALUES (1, NULL, NULL, 0, 1, 0, NULL);
