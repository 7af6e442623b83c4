-- The ids' index stands apart from the table: a new tree is put into a table without any,
-- gets them at the end, and takes the name of the old one. See `drive/new_tree.py`.

ALTER TABLE node RENAME TO former;
CREATE TABLE node (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    parent TEXT,
    kind INTEGER NOT NULL,
    key TEXT NOT NULL,
    state INTEGER NOT NULL,
    name TEXT NOT NULL,
    size INTEGER,
    modified_ns INTEGER,
    md5 BLOB,
    changed_ns INTEGER,
    version INTEGER NOT NULL,
    fed INTEGER NOT NULL,
    generation INTEGER NOT NULL
);
INSERT INTO node SELECT * FROM former;
DROP TABLE former;
CREATE UNIQUE INDEX by_id ON node (id);
CREATE INDEX listing ON node
    (parent, kind, key, state, name, size, modified_ns, md5, id);
CREATE INDEX content ON node (md5) WHERE md5 IS NOT NULL;
CREATE INDEX trashed ON node (state) WHERE state = 1;

-- What goes with the tree that is being put together.
CREATE TABLE new_link (
    child TEXT NOT NULL,
    parent TEXT NOT NULL,
    version INTEGER NOT NULL  -- of the child, when it said so
);
CREATE TABLE gone (id TEXT PRIMARY KEY) WITHOUT ROWID;

-- What was told of such a tree before has to be told again.
UPDATE position SET checkpoint = NULL, filling = 0 WHERE filling <> 0;

-- What each folder holds at any depth, as far as it is known: if a folder is not here,
-- neither is any above it. See `drive/usage.py`.
CREATE TABLE total (
    id TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    files INTEGER NOT NULL,
    folders INTEGER NOT NULL
) WITHOUT ROWID;
