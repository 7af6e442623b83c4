"""Small files, read and hashed one after the other: the part that several cores share.

Within one interpreter threads take turns, and to give the turn to another takes longer
than such a file. So `Helpers` run this file as a program on each core. Nothing but the
standard library is imported: a helper is to be there within some 20 ms.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import stat
import sys
import time
from binascii import crc32

FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # not to wait for a pipe
LARGEST = 64 * 1024 - 1  # bytes; a larger one is not read at once

# Times of files come from the kernel's tick, at worst 100 a second: of two changes
# within one tick the second leaves no trace. So a file is not read in the tick of its
# last change.
TICK_NS = 20_000_000

# Device, inode, `mark` of the name, size, times of the last change of content and of
# inode (ns), MD5.
Hashed = tuple[int, int, int, int, int, int, str]


def hashed(path: str) -> Hashed | None:
    """Return status and MD5 of a small file.

    None of one that is large, that is no regular file, that cannot be read, or that was
    changed just now: whoever asks has to look at that by itself. The status is older
    than the MD5: one that is changed meanwhile has another status then.
    """
    try:
        fd = os.open(path, FLAGS)
    except OSError:
        return None
    try:
        status = os.fstat(fd)
        size = status.st_size
        if size > LARGEST or not stat.S_ISREG(status.st_mode) or young(status):
            return None
        data = os.read(fd, size + 1)
    except OSError:
        return None
    finally:
        os.close(fd)
    if len(data) != size:
        return None
    return (
        status.st_dev,
        status.st_ino,
        mark(path.rpartition("/")[2], status.st_nlink),
        size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        hashlib.md5(data, usedforsecurity=False).hexdigest(),
    )


def mark(name: str, links: int) -> int:
    """A number for the name of a file on the disk.

    0 for one of several links, which all are known when one is: disks that number their
    files anew each time have no such links.
    """
    return crc32(name.encode("utf-8", "surrogatepass")) if links <= 1 else 0


def young(status: os.stat_result) -> int:
    """Nanoseconds until a change of the file is sure to give it another time, or 0.

    Of a status that was had just now.
    """
    age = time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns)
    return TICK_NS - age if -TICK_NS < age < TICK_NS else 0


def answer() -> None:
    """Hash what is asked for on standard input, until that ends."""
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    while length := asked.read(4):
        paths = marshal.loads(asked.read(int.from_bytes(length, "big")))  # noqa: S302 - our own
        answers = marshal.dumps([hashed(path) for path in paths])
        told.write(len(answers).to_bytes(4, "big") + answers)
        told.flush()


if __name__ == "__main__":
    answer()
