-- With the name: FAT and most FUSE disks number their files anew each time they are
-- mounted, and files that were made together may be of one size and time.
DROP TABLE hash;
CREATE TABLE hash (
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    name INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    md5 BLOB NOT NULL,
    PRIMARY KEY (device, inode)
) WITHOUT ROWID;
