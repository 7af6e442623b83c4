-- MD5 of files as they were when they had these times. A device's rows are kept
-- together, so that those of one folder are read in one go.
CREATE TABLE hash (
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    md5 BLOB NOT NULL,
    PRIMARY KEY (device, inode)
) WITHOUT ROWID;
