-- One row a value: the feed's epoch, the key that signs links and forms.
CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
  num INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  root TEXT NOT NULL,                  -- id of the root node
  sequence INTEGER NOT NULL DEFAULT 0, -- of the last change
  used INTEGER NOT NULL DEFAULT 0      -- bytes, trash included
);

CREATE TABLE clients (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,                 -- its name in createdBy and as owner of properties
  secret BLOB NOT NULL,                -- SHA-256
  public INTEGER NOT NULL,             -- may do without its secret, with PKCE
  redirect_uris TEXT NOT NULL          -- JSON list
) WITHOUT ROWID;

CREATE TABLE tokens (
  hash BLOB PRIMARY KEY,               -- SHA-256
  kind TEXT NOT NULL,                  -- access, refresh
  user INTEGER NOT NULL REFERENCES users (num) ON DELETE CASCADE,
  client TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  issued INTEGER NOT NULL,             -- seconds since 1970
  expires INTEGER,                     -- NULL: does not
  code BLOB                            -- hash of the code it came from
) WITHOUT ROWID;
CREATE INDEX tokens_user ON tokens (user);
CREATE INDEX tokens_client ON tokens (client);
CREATE INDEX tokens_code ON tokens (code) WHERE code IS NOT NULL;

CREATE TABLE codes (
  hash BLOB PRIMARY KEY,               -- SHA-256
  user INTEGER NOT NULL REFERENCES users (num) ON DELETE CASCADE,
  client TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
  redirect_uri TEXT NOT NULL,
  scope TEXT NOT NULL,
  challenge TEXT,                      -- PKCE, S256
  expires INTEGER NOT NULL,
  used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE nodes (
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  user INTEGER NOT NULL REFERENCES users (num) ON DELETE CASCADE,
  kind TEXT NOT NULL,                  -- FILE, FOLDER
  name TEXT,                           -- NULL: the root
  name_key TEXT,                       -- in lower case
  status TEXT NOT NULL,                -- AVAILABLE, TRASH, PURGED
  trashed INTEGER,                     -- when it was put into the trash by itself
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,            -- milliseconds since 1970, as are all times of nodes
  modified INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  description TEXT,
  labels TEXT NOT NULL,                -- JSON list
  properties TEXT,                     -- JSON: owner, key, value
  parents TEXT NOT NULL,               -- JSON list of ids; edges has the same for searching
  changed INTEGER NOT NULL,            -- its place in the change feed
  content TEXT,                        -- name of the content file
  content_version INTEGER,
  size INTEGER,
  md5 TEXT,
  content_type TEXT,
  extension TEXT
);
CREATE UNIQUE INDEX nodes_changed ON nodes (user, changed);
CREATE INDEX nodes_name ON nodes (user, name_key);
CREATE INDEX nodes_md5 ON nodes (user, md5) WHERE md5 IS NOT NULL;
CREATE INDEX nodes_trashed ON nodes (user, trashed) WHERE trashed IS NOT NULL;
CREATE UNIQUE INDEX nodes_content ON nodes (content) WHERE content IS NOT NULL;

CREATE TABLE edges (
  parent INTEGER NOT NULL REFERENCES nodes (num) ON DELETE CASCADE,
  child INTEGER NOT NULL REFERENCES nodes (num) ON DELETE CASCADE,
  name TEXT NOT NULL,                  -- the child's name_key
  live INTEGER NOT NULL,               -- the child is AVAILABLE
  PRIMARY KEY (parent, child)
) WITHOUT ROWID;
CREATE INDEX edges_child ON edges (child);
CREATE INDEX edges_name ON edges (parent, name);
CREATE UNIQUE INDEX edges_live_name ON edges (parent, name) WHERE live = 1;

-- Content files that nothing refers to any more and that are about to be deleted.
CREATE TABLE garbage (
  content TEXT PRIMARY KEY
) WITHOUT ROWID;
