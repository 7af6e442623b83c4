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
import struct
import time
from binascii import crc32

FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # not to wait for a pipe
LARGEST = 64 * 1024 - 1  # bytes; a larger one is not read at once

# Times of files come from the kernel's tick, at worst 100 a second: of two changes
# within one tick the second leaves no trace. So a file is not read in the tick of its
# last change.
TICK_NS = 20_000_000

# What is known of a file: its device, its inode, and `facts` with the MD5 behind them.
# Packed by those who find it out, so that little is left to do where all comes together.
Known = tuple[int, int, bytes]

_FACTS = struct.Struct("<Iqqq")
FACTS_SIZE = _FACTS.size

_SECOND_NS = 10**9
_COARSEST = 2  # seconds


def hashed(path: str) -> Known | None:
    """Return what is known of a small file, once it is read.

    None of one that is large, that is no regular file, that cannot be read, or of which
    a change would not show: whoever asks has to look at that by itself. The facts are
    older than the MD5: one that is changed meanwhile has others then.
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
    return known(
        status,
        path.rpartition("/")[2],
        hashlib.md5(data, usedforsecurity=False).digest(),
    )


def known(status: os.stat_result, name: str, md5: bytes) -> Known | None:
    """Return what is known of a file, if a change would show.

    It would not on a disk whose times are whole seconds (FAT even counts in twos), if it
    was written in this one.
    """
    mtime, ctime = status.st_mtime_ns, status.st_ctime_ns
    if not (mtime % _SECOND_NS or ctime % _SECOND_NS) and (
        0 <= time.time_ns() - max(mtime, ctime) < _COARSEST * _SECOND_NS
    ):
        return None
    its = facts(name, status.st_nlink, size=status.st_size, mtime=mtime, ctime=ctime)
    if not its:
        return None
    return signed(status.st_dev), signed(status.st_ino), its + md5


def facts(name: str, links: int, *, size: int, mtime: int, ctime: int) -> bytes:
    """Pack what is another one where the content may be.

    Empty where it does not fit: of what lies beyond the year 2262.

    Args:
        name: on the disk. It does not count with one of several links, which all are
            known when one is: disks that number their files anew have no such links.
        links: how many there are.
        size: bytes.
        mtime: when the content was changed last, ns.
        ctime: when the inode was.
    """
    mark = crc32(name.encode("utf-8", "surrogatepass")) if links <= 1 else 0
    try:
        return _FACTS.pack(mark, size, mtime, ctime)
    except struct.error:
        return b""


def signed(number: int) -> int:
    """Fit an unsigned number of 64 bits into SQLite's signed ones."""
    return number - (1 << 64) if number >= 1 << 63 else number


def young(status: os.stat_result) -> int:
    """Nanoseconds until a change of the file is sure to give it another time, or 0.

    Of a status that was had just now.
    """
    age = time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns)
    return TICK_NS - age if -TICK_NS < age < TICK_NS else 0


def serve(sockets: list[int]) -> None:
    """Hash what is asked for on each of some sockets, until it ends.

    By a process for each, which are made of the first one: to begin another takes ten
    times as long.
    """
    mine = sockets[0]
    for other in sockets[1:]:
        if os.fork() == 0:
            mine = other
            break
    for other in sockets:
        if other != mine:
            os.close(other)
    with os.fdopen(mine, "rb", closefd=False) as asked, os.fdopen(mine, "wb") as told:
        while length := asked.read(4):
            paths = marshal.loads(asked.read(int.from_bytes(length, "big")))  # noqa: S302 - our own
            answers = marshal.dumps([hashed(path) for path in paths])
            told.write(len(answers).to_bytes(4, "big") + answers)
            told.flush()
