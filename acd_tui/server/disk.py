"""Content as files below one folder, durable before anything refers to them.

    content/tmp/ID      being written
    content/ab/ID       whole; `ab` are the first two letters of ID

A file is written and fsync'd under tmp, linked to its final name, and only when the node
that refers to it is committed does the name under tmp go. Whatever is left under tmp by a
killed process is thus either referred to already or known to be a left-over.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_MOST_RESERVED = 64 * 1024 * 1024
_SHARDS = tuple(f"{number:02x}" for number in range(256))


class Stored(NamedTuple):
    """A content file that is whole and durable."""

    id: str
    size: int
    md5: str


class Incoming:
    """One content file while it is written. Its methods block; one thread at a time."""

    def __init__(self, folder: ContentFolder) -> None:
        self.id = secrets.token_hex(16)
        self.size = 0
        self._folder = folder
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._file = -1

    def write(self, pieces: Iterable[bytes]) -> None:
        """Append and hash.

        Raises:
            OSError: the disk is full, or worse.
        """
        if self._file < 0:
            self._file = os.open(
                self._folder.tmp(self.id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600
            )
        pieces = list(pieces)
        _refuse_full(self._file, sum(map(len, pieces)))
        for piece in pieces:
            rest = memoryview(piece)
            self._md5.update(rest)
            self.size += len(rest)
            while rest:
                rest = rest[os.write(self._file, rest) :]

    def finish(self) -> Stored:
        """Make the file durable under its final name.

        Raises:
            OSError: it cannot be.
        """
        self.write(())
        os.fsync(self._file)
        self._close()
        final = self._folder.path(self.id)
        os.link(self._folder.tmp(self.id), final)
        _sync_folder(final.parent)
        return Stored(self.id, self.size, self._md5.hexdigest())

    def settle(self) -> None:
        """The node that refers to the file is committed."""
        _unlink(self._folder.tmp(self.id))

    def discard(self) -> None:
        """Nothing will refer to the file."""
        self._close()
        _unlink(self._folder.path(self.id))
        _unlink(self._folder.tmp(self.id))

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class ContentFolder:
    """The content files of a server. All methods block."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def open(self) -> None:
        """Make the folders that are missing, durably."""
        made = False
        for name in ("", "tmp", *_SHARDS):
            folder = self.directory / name
            if not folder.is_dir():
                folder.mkdir(mode=0o700)
                made = True
        if made:
            _sync_folder(self.directory)
            _sync_folder(self.directory.parent)

    def incoming(self) -> Incoming:
        return Incoming(self)

    def path(self, content: str) -> Path:
        return self.directory / content[:2] / content

    def tmp(self, content: str) -> Path:
        return self.directory / "tmp" / content

    def remove(self, contents: Iterable[str]) -> None:
        for content in contents:
            _unlink(self.path(content))

    def leftovers(self) -> list[str]:
        """What was being written: now, or when a server was killed."""
        return [path.name for path in (self.directory / "tmp").iterdir()]

    def sweep(self, referenced: Callable[[Collection[str]], Collection[str]]) -> int:
        """Clear away what a killed server left; only while none runs.

        Args:
            referenced: tells which of some content files a node refers to.

        Returns:
            how many uploads had been under way.
        """
        leftovers = self.leftovers()
        kept = set(referenced(leftovers))
        for name in leftovers:
            if name not in kept:
                _unlink(self.path(name))
            _unlink(self.tmp(name))
        return len(leftovers)

    def __iter__(self) -> Iterator[str]:
        """The names of all whole content files; `ab/NAME` for one in a wrong folder."""
        for shard in _SHARDS:
            with os.scandir(self.directory / shard) as files:
                for file in files:
                    right = file.name.startswith(shard)
                    yield file.name if right else f"{shard}/{file.name}"


def reserve(disk: os.statvfs_result) -> int:
    """How many bytes of a disk content leaves free.

    On a disk that is full to the last byte no change of the index can be written: nothing
    could be put into the trash, no user removed, and the server not even started.
    """
    return min(_MOST_RESERVED, disk.f_blocks * disk.f_frsize // 16)


def _refuse_full(descriptor: int, more: int) -> None:
    disk = os.fstatvfs(descriptor)
    if disk.f_bavail * disk.f_frsize - more < reserve(disk):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _unlink(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
