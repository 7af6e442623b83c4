"""Which one something was, so that no other is taken for it when a change is turned."""

from __future__ import annotations

import asyncio
import os
import stat
from typing import NamedTuple

from acd_tui.errors import NotFound
from acd_tui.printable import printable
from acd_tui.vfs.capabilities import OnDisk
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath


class _Mark(NamedTuple):
    """What the disk tells one thing from another by.

    Attributes:
        inode: given to another file once this one is gone; and some mounts, which have
            none, make up others each time.
        size: bytes of a file, 0 of a folder.
        modified: nanoseconds since 1970.
    """

    inode: int
    size: int
    modified: int

    def is_of(self, other: _Mark) -> bool:
        return self.inode == other.inode or self[1:] == other[1:]


async def identified(fs: FileSystem, path: VPath, entry: Entry) -> str | None:
    """Return what tells a thing from another one at its path, for `check_same`.

    None where nothing does.
    """
    if entry.id is not None:
        return entry.id
    return await marked(fs, path)


async def marked(fs: FileSystem, path: VPath) -> str | None:
    """Return what identifies a thing of the disk, wherever it is moved on it.

    None of one that is not there, or is not on the disk: a drive's have an id.
    """
    if not isinstance(fs, OnDisk):
        return None
    mark = await asyncio.to_thread(_mark, fs.disk_path(path))
    return None if mark is None else " ".join(map(str, mark))


async def check_same(
    fs: FileSystem,
    path: VPath,
    id_: str | None,
    kind: Kind | None = None,
    *,
    unchanged: bool = False,
) -> str | None:
    """Make sure that what is at `path` is what it was when a change was made.

    Args:
        fs: where.
        path: of it.
        id_: which one it was; None for any.
        kind: what it was; None for anything.
        unchanged: whether a file of the disk has to have the size and the time that it
            had, too. What goes by that is a file that was given the place on the disk
            which the other one had.

    Returns:
        Which one it is.

    Raises:
        NotFound: it is another one, or there is none.
    """
    entry = await fs.stat(path)
    now = await identified(fs, path, entry)
    if kind is not None and entry.kind is not kind:
        raise _another(path)
    if id_ is None or now is None:
        return now
    if not same(id_, now):
        raise _another(path)
    if unchanged and entry.kind is Kind.FILE and entry.id is None:
        was, is_ = _read(id_), _read(now)
        if was is not None and is_ is not None and was[1:] != is_[1:]:
            raise NotFound(
                f"{printable(str(path))} was changed since, or is another one"
            )
    return now


def same(one: str, other: str) -> bool:
    """Whether two answers of `identified` are of one thing."""
    if one == other:
        return True
    mark, another = _read(one), _read(other)
    return mark is not None and another is not None and mark.is_of(another)


def _mark(path: str) -> _Mark | None:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
    return _Mark(status.st_ino, size, status.st_mtime_ns)


def _read(id_: str) -> _Mark | None:
    """Return the mark that an identity is, unless it is one of a drive."""
    parts = id_.split(" ")
    return _Mark(*map(int, parts)) if len(parts) == len(_Mark._fields) else None


def _another(path: VPath) -> NotFound:
    return NotFound(f"{printable(str(path))} is another one now")
