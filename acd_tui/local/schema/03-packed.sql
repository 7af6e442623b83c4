-- What is compared as a whole lies there as a whole: 28 bytes of `small_files.facts`, and
-- the MD5. To put a row down takes half the time then, and there are many.
DROP TABLE hash;
CREATE TABLE hash (
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    known BLOB NOT NULL,
    PRIMARY KEY (device, inode)
) WITHOUT ROWID;
