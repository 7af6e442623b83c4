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

FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # not to wait for a pipe
LARGEST = 64 * 1024 - 1  # bytes; a larger one is not read at once

# Times of files come from the kernel's tick, at worst 100 a second: of two changes
# within one tick the second leaves no trace.
TICK_NS = 20_000_000

# Device, inode, size, times of the last change of content and of inode (ns), MD5.
Hashed = tuple[int, int, int, int, int, str]


def hashed(path: str) -> Hashed | None:
    """Return status and MD5 of a small file.

    None of one that is large, that is no regular file, that cannot be read, or that was
    changed just now or meanwhile: whoever asks has to look at that by itself.
    """
    try:
        fd = os.open(path, FLAGS)
    except OSError:
        return None
    try:
        before = os.fstat(fd)
        if before.st_size > LARGEST or not stat.S_ISREG(before.st_mode):
            return None
        data = os.read(fd, before.st_size + 1)
        after = os.fstat(fd)
    except OSError:
        return None
    finally:
        os.close(fd)
    size, changed = len(data), max(after.st_mtime_ns, after.st_ctime_ns)
    if (size, before.st_mtime_ns, before.st_ctime_ns) != (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    ) or 0 <= time.time_ns() - changed < TICK_NS:
        return None
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return (
        after.st_dev,
        after.st_ino,
        size,
        after.st_mtime_ns,
        after.st_ctime_ns,
        digest,
    )


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
