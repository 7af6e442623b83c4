-- Whose drive it is, so that not each run has to ask: sealed with the sign-in, see
-- `api/hosts.py`.
CREATE TABLE host (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    metadata_url TEXT NOT NULL,
    content_url TEXT NOT NULL,
    asked REAL NOT NULL,      -- seconds since 1970
    seal BLOB NOT NULL
);
ALTER TABLE position ADD COLUMN seal BLOB;  -- on the root's id
