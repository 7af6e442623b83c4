-- Something that somebody wanted to be remembered of a folder until it holds anything
-- else than now; see `drive/surveying.py`. Whoever changes a node breaks the seal of the
-- folder it lies in: that must hold whatever is written by whom, so it is a trigger's.
CREATE TABLE seal (
    id TEXT PRIMARY KEY,      -- of the folder
    encoding TEXT NOT NULL,   -- under which its names were shown
    text BLOB NOT NULL
) WITHOUT ROWID;

CREATE TRIGGER seal_of_added AFTER INSERT ON node BEGIN
    DELETE FROM seal WHERE id = NEW.parent;
END;
CREATE TRIGGER seal_of_removed AFTER DELETE ON node BEGIN
    DELETE FROM seal WHERE id = OLD.parent;
END;
CREATE TRIGGER seal_of_changed AFTER UPDATE ON node
WHEN (OLD.parent, OLD.kind, OLD.state, OLD.name, OLD.size, OLD.md5)
    IS NOT (NEW.parent, NEW.kind, NEW.state, NEW.name, NEW.size, NEW.md5)
BEGIN
    DELETE FROM seal WHERE id IN (OLD.parent, NEW.parent);
END;
CREATE TRIGGER seal_of_linked AFTER INSERT ON link BEGIN
    DELETE FROM seal WHERE id = NEW.parent;
END;

-- Another one in each file: with it the edition is that of this tree, and of no other.
ALTER TABLE position ADD COLUMN identity BLOB;
UPDATE position SET identity = randomblob(16);
