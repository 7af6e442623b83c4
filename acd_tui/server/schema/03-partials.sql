-- Uploads that broke off, or may yet, and can be gone on with. Their bytes are a file
-- below content/partial; the node comes into being when they are all there.
CREATE TABLE partials (
  num INTEGER PRIMARY KEY,
  user INTEGER NOT NULL REFERENCES users (num) ON DELETE CASCADE,
  owner TEXT NOT NULL,                 -- the application's name; no other may go on
  node TEXT NOT NULL UNIQUE,           -- the id the node will have
  local_id TEXT NOT NULL,
  content TEXT NOT NULL UNIQUE,        -- name of the file
  size INTEGER NOT NULL,               -- as announced; counts against the quota
  md5 TEXT,                            -- as announced
  plan TEXT NOT NULL,                  -- JSON: what the node shall be
  started INTEGER NOT NULL,            -- milliseconds since 1970
  touched INTEGER NOT NULL             -- when somebody last began or left off
);
CREATE UNIQUE INDEX partials_local_id ON partials (user, local_id);
CREATE INDEX partials_touched ON partials (touched);
