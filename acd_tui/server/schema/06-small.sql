-- Small contents that have no file yet. They come with the node they belong to, in one
-- transaction, and get a file when there is time for that; see small.py and settling.py.
CREATE TABLE small (
  num INTEGER PRIMARY KEY,
  node INTEGER NOT NULL UNIQUE REFERENCES nodes (num) ON DELETE CASCADE,
  content TEXT NOT NULL,
  bytes BLOB NOT NULL
);
CREATE TRIGGER small_gone AFTER UPDATE OF content ON nodes WHEN OLD.content IS NOT NULL BEGIN
  DELETE FROM small WHERE node = OLD.num AND content = OLD.content;
END;
