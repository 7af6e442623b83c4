"""Content as files below one folder, durable before anything refers to them.

    content/tmp/ID      being written
    content/partial/ID  broken off, and may be gone on with
    content/ab/ID       whole; `ab` are the first two letters of ID

A file is written and fsync'd under tmp, linked to its final name, and only when the node
that refers to it is committed does the name under tmp go. Whatever is left under tmp by a
killed process is thus either referred to already or known to be a left-over. Small ones
come later than their node, until then the index has their bytes (see `small`). A file under
partial is one that the index knows as an upload to be gone on with; whoever writes it
holds a lock on it (flock), also against other processes.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

_MOST_RESERVED = 64 * 1024 * 1024
_MOST_AT_ONCE = 1024  # pieces in one call of the kernel
_CATCH_UP = 4 * 1024 * 1024  # bytes of an earlier connection hashed at each write
_PIECE = 256 * 1024
_WORTH_A_THREAD = 256 * 1024  # bytes; fewer are hashed sooner than handed over
_WRITE_BEHIND = 16 * 1024 * 1024
SHARDS = tuple(f"{number:02x}" for number in range(256))
FOLDERS = ("tmp", "partial", *SHARDS)

Piece = bytes | memoryview


class Stored(NamedTuple):
    """A content file that is whole and durable."""

    id: str
    size: int
    md5: str


class Busy(Exception):
    """Somebody writes that file at this moment."""


class Incoming:
    """One content file while it is written. Its methods block; one thread at a time.

    Attributes:
        id: the file's name.
        size: how many bytes it has.
    """

    def __init__(self, folder: ContentFolder) -> None:
        self.id = secrets.token_hex(16)
        self.size = 0
        self._folder = folder
        self._path = folder.tmp(self.id)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._hashed = 0  # or being hashed
        self._hashing: Future[None] | None = None
        self._started = 0  # how many bytes the disk has been told to write
        self._file = -1

    @classmethod
    def resumed(cls, folder: ContentFolder, name: str) -> Incoming:
        """Go on with a file under partial.

        Raises:
            FileNotFoundError: it is not there.
            Busy: somebody else writes it.
        """
        incoming = cls(folder)
        incoming.id, incoming._path = name, folder.partial(name)
        file = os.open(incoming._path, os.O_RDWR)
        try:
            _lock(file)
            incoming.size = os.lseek(file, 0, os.SEEK_END)
        except BaseException:
            os.close(file)
            raise
        incoming._file = file
        return incoming

    def write(self, pieces: Sequence[Piece]) -> None:
        """Append and hash; a thread hashes many bytes while the next are written.

        Raises:
            OSError: the disk is full, or worse.
        """
        if self._file < 0:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
            self._file = os.open(self._path, flags, 0o600)
        _refuse_full(os.fstatvfs(self._file), sum(map(len, pieces)))
        self._catch_up(_CATCH_UP)
        straight = self._hashed == self.size
        self._append(pieces)
        if straight:
            self._hash_soon(pieces)

    def cut(self, size: int) -> None:
        """Forget what lies behind a place; nothing may have been written or hashed yet.

        Raises:
            OSError: the disk fails.
        """
        os.ftruncate(self._file, size)
        os.lseek(self._file, size, os.SEEK_SET)
        self.size = size

    def keep(self) -> None:
        """Move it to partial, for good and locked.

        Raises:
            OSError: the disk fails.
        """
        self.write(())
        _lock(self._file)
        path = self._folder.partial(self.id)
        self._path = self._path.rename(path)
        sync_folder(path.parent)

    def md5(self) -> str:
        """The MD5 of all of it, in lower-case hex.

        Raises:
            OSError: what came over an earlier connection cannot be read.
        """
        self._catch_up(self.size)
        self._await_hash()
        return self._md5.hexdigest()

    def finish(self) -> Stored:
        """Make the file durable under its final name.

        Raises:
            OSError: it cannot be.
        """
        self.write(())
        md5 = self.md5()
        os.fsync(self._file)
        final = self._folder.path(self.id)
        with contextlib.suppress(FileExistsError):  # linked before a kill
            os.link(self._path, final)
        sync_folder(final.parent)
        return Stored(self.id, self.size, md5)

    def settle(self) -> None:
        """The node that refers to the file is committed."""
        self.close()
        _unlink(self._path)

    def discard(self) -> None:
        """Nothing will refer to the file."""
        _unlink(self._folder.path(self.id))
        _unlink(self._path)
        self.close()

    def close(self) -> None:
        """Leave the file as it is, and to others."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _hash_soon(self, pieces: Sequence[Piece]) -> None:
        """Hash what has just been appended, after all that is being hashed."""
        self._await_hash()
        if sum(map(len, pieces)) < _WORTH_A_THREAD:
            self._hash(pieces)
        else:
            self._hashing = self._folder.hashers.submit(self._hash, pieces)
        self._hashed = self.size

    def _hash(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            self._md5.update(piece)

    def _await_hash(self) -> None:
        if self._hashing is not None:
            hashing, self._hashing = self._hashing, None
            hashing.result()

    def _append(self, pieces: Sequence[Piece]) -> None:
        for first in range(0, len(pieces), _MOST_AT_ONCE):
            self.size += _write_all(self._file, pieces[first : first + _MOST_AT_ONCE])
        if self.size - self._started >= _WRITE_BEHIND:
            # Else all of a large file would have to be written while its client waits
            # for the answer.
            _start_writing(self._file, self._started)
            self._started = self.size

    def _catch_up(self, most: int) -> None:
        """Hash what came over an earlier connection, so many bytes of it."""
        most = min(most, self.size - self._hashed)
        if most:
            self._await_hash()
        while most > 0:
            piece = os.pread(self._file, min(_PIECE, most), self._hashed)
            if not piece:
                raise OSError(errno.EIO, "a partial file has become shorter")
            self._md5.update(piece)
            self._hashed += len(piece)
            most -= len(piece)


class ContentFolder:
    """The content files of a server. All methods block."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.hashers = ThreadPoolExecutor(os.cpu_count(), "hash")

    @property
    def is_bare(self) -> bool:
        """Whether it has none of its folders, like the mount point of a missing disk."""
        return not any((self.directory / name).is_dir() for name in FOLDERS)

    def open(self) -> None:
        """Make the folders that are missing, durably."""
        made = False
        for name in ("", *FOLDERS):
            folder = self.directory / name
            if not folder.is_dir():
                folder.mkdir(mode=0o700)
                made = True
        if made:
            sync_folder(self.directory)
            sync_folder(self.directory.parent)

    def close(self) -> None:
        """End the threads that hash; nothing may be written any more."""
        self.hashers.shutdown()

    def incoming(self) -> Incoming:
        return Incoming(self)

    def path(self, content: str) -> Path:
        return self.directory / content[:2] / content

    def tmp(self, content: str) -> Path:
        return self.directory / "tmp" / content

    def partial(self, content: str) -> Path:
        return self.directory / "partial" / content

    def received(self, content: str) -> int | None:
        """How many bytes of a file under partial are durable; None if it is not there."""
        try:
            file = os.open(self.partial(content), os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            size = os.fstat(file).st_size
            os.fsync(file)
            return size
        finally:
            os.close(file)

    def drop_partial(self, content: str, needed: Callable[[], bool]) -> bool:
        """Remove a file under partial, if nobody writes it.

        Args:
            content: its name.
            needed: asked while it is locked.

        Returns:
            whether it is gone.
        """
        try:
            left = Incoming.resumed(self, content)
        except FileNotFoundError:
            return True
        except Busy:
            return False
        try:
            if needed():
                return False
            _unlink(self.partial(content))
        finally:
            left.close()
        return True

    def remove(self, contents: Iterable[str]) -> None:
        for content in contents:
            _unlink(self.path(content))

    def refuse_full(self, more: int) -> None:
        """Raise an OSError if the disk has no room for so many bytes."""
        _refuse_full(os.statvfs(self.directory), more)

    def put(self, contents: Sequence[tuple[str, bytes]]) -> None:
        """Make files of a few whole contents, durably; `settle` has the last word on them.

        What lies under their names already is of one that was killed at this, or of
        somebody who should not have.

        Raises:
            OSError: the disk is full, or worse; nothing is left of them then.
        """
        try:
            self._write_new(contents)
            for shard in {content[:2] for content, _ in contents}:
                sync_folder(self.directory / shard)
        except OSError:
            self.settle([content for content, _ in contents], ())
            raise

    def _write_new(self, contents: Sequence[tuple[str, bytes]]) -> None:
        self.refuse_full(sum(len(data) for _, data in contents))
        with contextlib.ExitStack() as stack:
            files = []
            for content, data in contents:
                _unlink(self.tmp(content))
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
                file = os.open(self.tmp(content), flags, 0o600)
                stack.callback(os.close, file)
                _write_all(file, [data])
                _start_writing(file, 0)
                files.append(file)
            for file in files:
                os.fsync(file)
        for content, _ in contents:
            _unlink(self.path(content))
            os.link(self.tmp(content), self.path(content))

    def settle(self, contents: Iterable[str], wanted: Collection[str]) -> None:
        """The index knows where the bytes are of those that are wanted; no others stay."""
        for content in contents:
            if content not in wanted:
                _unlink(self.path(content))
            _unlink(self.tmp(content))

    def leftovers(self) -> list[str]:
        """What was being written: now, or when a server was killed."""
        return self._names("tmp")

    def partials(self) -> list[str]:
        """What broke off and may be gone on with."""
        return self._names("partial")

    def _names(self, folder: str) -> list[str]:
        try:
            return [path.name for path in (self.directory / folder).iterdir()]
        except FileNotFoundError:
            return []  # nobody has made the folders yet, or somebody has lost one

    def sweep(self, referenced: Callable[[Collection[str]], Collection[str]]) -> int:
        """Clear away what a killed server left; only while none runs.

        Args:
            referenced: tells which of some content files a node refers to.

        Returns:
            how many uploads were cut off.
        """
        leftovers = self.leftovers()
        cut_off = set(leftovers).difference(referenced(leftovers))
        for name in cut_off:
            _unlink(self.path(name))
        for name in leftovers:
            _unlink(self.tmp(name))
        return len(cut_off)

    def __iter__(self) -> Iterator[str]:
        """The names of all whole content files; `ab/NAME` for one in a wrong folder."""
        for shard in SHARDS:
            with (
                contextlib.suppress(FileNotFoundError),
                os.scandir(self.directory / shard) as files,
            ):
                for file in files:
                    right = file.name.startswith(shard)
                    yield file.name if right else f"{shard}/{file.name}"


def _reserve(disk: os.statvfs_result) -> int:
    """How many bytes of a disk content leaves free.

    On a disk that is full to the last byte no change of the index can be written: nothing
    could be put into the trash, no user removed, and the server not even started.
    """
    return min(_MOST_RESERVED, disk.f_blocks * disk.f_frsize // 16)


def room(disk: os.statvfs_result) -> int:
    """How many bytes content may still take."""
    return disk.f_bavail * disk.f_frsize - _reserve(disk)


def _refuse_full(disk: os.statvfs_result, more: int) -> None:
    if more > room(disk):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _write_all(file: int, pieces: Sequence[Piece]) -> int:
    """Write all of at most `_MOST_AT_ONCE` pieces; how many bytes they have."""
    whole = sum(map(len, pieces))
    left = whole - os.writev(file, pieces) if whole else 0
    if left:  # rare: the kernel took less than all
        rest = memoryview(b"".join(pieces))[whole - left :]
        while rest:
            rest = rest[os.write(file, rest) :]
    return whole


def _start_writing(file: int, start: int) -> None:
    """Have the disk begin with a file, from a place on, that will be synced later.

    Of several files the first sync then writes the names of all down.
    """
    if hasattr(os, "posix_fadvise"):  # not on macOS
        os.posix_fadvise(file, start, 0, os.POSIX_FADV_DONTNEED)


def _lock(file: int) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Busy from None


def _unlink(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder holds."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
