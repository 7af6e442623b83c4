-- Sign-ins that failed, by user, address or browser; see throttle.py.
CREATE TABLE failures (
  key TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  last REAL NOT NULL                   -- seconds since 1970
) WITHOUT ROWID;
CREATE INDEX failures_last ON failures (last);
