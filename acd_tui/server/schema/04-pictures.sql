-- Pictures that nobody has looked into yet: their size and date are to be read and their
-- thumbnail is to be made, once they are durable.
CREATE TABLE unseen (
  node INTEGER PRIMARY KEY REFERENCES nodes (num) ON DELETE CASCADE,
  tries INTEGER NOT NULL DEFAULT 0
);
INSERT INTO unseen (node) SELECT num FROM nodes
  WHERE kind = 'FILE' AND content IS NOT NULL AND content_type LIKE 'image/%';

-- What albums show. An album is no folder: nothing lives or is trashed with it.
CREATE TABLE members (
  album INTEGER NOT NULL REFERENCES nodes (num) ON DELETE CASCADE,
  node INTEGER NOT NULL REFERENCES nodes (num) ON DELETE CASCADE,
  PRIMARY KEY (album, node)
) WITHOUT ROWID;
CREATE INDEX members_node ON members (node);
