-- Stretches of a user's change feed, one from each start of a server on; see histories.py.
CREATE TABLE histories (
  num INTEGER PRIMARY KEY,             -- grows from one to the next
  user INTEGER NOT NULL REFERENCES users (num) ON DELETE CASCADE,
  id BLOB NOT NULL,                    -- random, in checkpoints
  start INTEGER NOT NULL,              -- number of the last change before it
  UNIQUE (user, id)
);
INSERT INTO histories (user, id, start)
  SELECT u.num, s.value, 0 FROM users u, settings s WHERE s.name = 'epoch';
DELETE FROM settings WHERE name = 'epoch';
