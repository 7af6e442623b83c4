"""A file on its way to the disk: out of sight until it is whole and verified."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import re
import stat
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence

from acd_tui.errors import Corrupt, Exists, FolderNotFound, Transient
from acd_tui.local.disk import exchange, rename_to_free
from acd_tui.local.hashes import HashCache, same_content
from acd_tui.local.names import on_disk, path_on_disk, shown
from acd_tui.local.spelling import check_spelling
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import Content
from acd_tui.vfs.path import VPath

if sys.platform != "win32":
    import fcntl

_log = logging.getLogger(__name__)

NAME = re.compile(r"\.[0-9a-f]{16}\.acd-part")
_BLOCK = 256 * 1024
_ZEROS = bytes(1024 * 1024)
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


def real(path: VPath) -> str:
    """Return the path as the operating system takes it."""
    return path_on_disk(path.parts)


def kind_of(mode: int) -> Kind:
    """Return what a file of that mode is."""
    return _KINDS.get(stat.S_IFMT(mode), Kind.OTHER)


_KINDS = {stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.FOLDER, stat.S_IFLNK: Kind.LINK}


class Partial:
    """The partial file of one write. All methods block and raise OSError as it comes.

    One known by the MD5 of its content is named after that and is gone on with later;
    any other is named after its target and begun anew. A lock on the file keeps two
    writers apart, in whatever process they are.

    Args:
        path: where the whole file is to be.
        content: what it is to be.
        replacing: see `FileSystem.write`.
        hashes: gets the MD5 of the whole.
        stop: set by whoever does not want it any more, while what is there is hashed.

    Raises:
        FolderNotFound: the folder is missing.
        Exists: the target is not what it is to be.
        Denied: it is called otherwise, which the disk takes for the same.
        Transient: another write to the same target is under way.
    """

    def __init__(
        self,
        path: VPath,
        content: Content,
        replacing: Entry | None,
        hashes: HashCache,
        *,
        stop: threading.Event,
    ) -> None:
        self._path, self._content = path, content
        self._replacing, self._hashes = replacing, hashes
        self._folder = real(path.parent)
        self._target = real(path)
        self._name = ""
        self._lost = False
        old = self._check_target()
        self.size = 0
        self._hash = hashlib.md5(usedforsecurity=False)
        try:
            self._fd, there = self._open(stat.S_IMODE(old.st_mode) if old else None)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FolderNotFound(f"there is no folder {path.parent}") from error
        try:
            self._take_up(there.st_size, stop)
        except BaseException:
            os.close(self._fd)
            raise

    @property
    def resumable(self) -> bool:
        """Whether a later write can go on from here."""
        md5 = self._content.md5
        return not self._lost and md5 is not None and self._name == _name_by_md5(md5)

    def hash(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Hash what comes next; another thread may `write` it meanwhile."""
        for piece in pieces:
            self._hash.update(piece)

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Append what is or will be hashed; zeros become holes, which take no room.

        Raises:
            Corrupt: it is more than the content has.
        """
        for piece in pieces:
            self.size += len(piece)
            if self.size > self._content.size:
                raise Corrupt(f"more arrived for {self._path} than there should be")
            if _ZEROS.startswith(piece):
                os.ftruncate(self._fd, self.size)
                os.lseek(self._fd, self.size, os.SEEK_SET)
                continue
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(self._fd, rest) :]

    def whole(self, data: bytes | bytearray) -> Entry:
        """Write all that is missing of `data`, and finish."""
        rest = [memoryview(data)[self.size :]]
        self.hash(rest)
        self.write(rest)
        return self.finish()

    def finish(self) -> Entry:
        """Verify the whole and give it its name.

        Raises:
            Corrupt: it is not what it should be.
            Exists: the target is not what it is to be any more.
            Denied: it is called otherwise by now.
        """
        md5 = self._hash.hexdigest()
        if self.size != self._content.size or self._content.md5 not in {None, md5}:
            raise Corrupt(f"what arrived for {self._path} is not what was sent")
        self._set_time()
        self._sync()
        before = os.fstat(self._fd)
        source = os.fsencode(f"{self._folder}/{self._name}")
        if self._replacing is None or (old := self._check_target()) is None:
            rename_to_free(source, os.fsencode(self._target))
        else:
            with _held(self._target):
                self._replace(source, os.fsencode(self._target), old)
        self._name = ""
        _sync_folder(self._folder)
        name = on_disk(self._path.name)
        self._hashes.put_renamed(before, os.fstat(self._fd), name, md5)
        return Entry(
            name=shown(name),
            kind=Kind.FILE,
            size=before.st_size,
            modified_ns=before.st_mtime_ns,
            md5=md5,
        )

    def _replace(self, source: bytes, target: bytes, old: os.stat_result) -> None:
        """Take the place of a file, if that is still the one that was looked at.

        Somebody may have saved another one since. So it is put aside, and goes when it
        was looked at there.
        """
        if not exchange(source, target):
            os.replace(source, target)  # noqa: PTH105 - a Path cannot hold these bytes
            return
        aside = os.lstat(source)
        if not same_content(old, aside):
            exchange(source, target)
            if not os.path.samestat(os.fstat(self._fd), os.lstat(source)):
                exchange(source, target)  # it was saved once more: that one is newer
            raise self._taken()
        with contextlib.suppress(OSError):  # then it is in nobody's way
            os.unlink(source)  # noqa: PTH108 - as above

    def _taken(self) -> Exists:
        return Exists(f"{self._path} is there already")

    def close(self, *, keep: bool) -> None:
        """Let go of the file; what has not become the target may be kept for later."""
        try:
            if self._name and not (keep and self.resumable):
                with contextlib.suppress(OSError):
                    os.unlink(f"{self._folder}/{self._name}")  # noqa: PTH108 - bytes
        finally:
            os.close(self._fd)

    def _sync(self) -> None:
        """Make the content durable.

        What could not be written once is told of once: the system then takes it for
        written, reads it from memory, and would call the next try a success.
        """
        try:
            os.fsync(self._fd)
        except OSError:
            self._lost = True
            raise

    def _check_target(self) -> os.stat_result | None:
        try:
            status = os.lstat(self._target)
        except (FileNotFoundError, NotADirectoryError):
            return None
        expected = self._replacing
        kind = kind_of(status.st_mode)
        if (
            expected is None
            or kind is Kind.FOLDER
            or (kind, status.st_size, status.st_mtime_ns)
            != (expected.kind, expected.size, expected.modified_ns)
        ):
            raise self._taken()
        check_spelling(self._path, self._folder, status)
        return status

    def _open(self, mode: int | None) -> tuple[int, os.stat_result]:
        for name in _names(self._path, self._content.md5):
            opened = _open_locked(
                f"{self._folder}/{name}", 0o666 if mode is None else mode
            )
            if opened is not None:
                self._name = name
                if mode is not None:
                    os.fchmod(opened[0], mode)
                return opened
        raise Transient(f"another transfer writes {self._path} at this moment")

    def _take_up(self, size: int, stop: threading.Event) -> None:
        """Hash what is there from an earlier write, if that can be gone on with."""
        if not size:
            return
        if not self.resumable or size > self._content.size:
            os.ftruncate(self._fd, 0)
            return
        block = bytearray(_BLOCK)
        view = memoryview(block)
        while not stop.is_set() and (count := os.readv(self._fd, [block])):
            self._hash.update(view[:count])
            self.size += count

    def _set_time(self) -> None:
        """Give it the time of the content, or this one.

        A time that is not the kernel's tick is one that a change just after cannot have.
        """
        modified = self._content.modified_ns
        if modified is None:
            modified = time.time_ns()
        try:
            os.utime(self._fd, ns=(modified, modified))
        except (OSError, OverflowError):
            _log.warning("%s cannot have the time %d", self._path, modified)


def discard(path: VPath, md5: str | None) -> None:
    """Remove what is kept of a write to `path`, unless it is under way."""
    for name in _names(path, md5):
        place = f"{real(path.parent)}/{name}"
        if (
            os.path.lexists(place)
            and (opened := _open_locked(place, 0o600)) is not None
        ):
            os.unlink(place)  # noqa: PTH108 - names may be no UTF-8
            os.close(opened[0])


def _names(path: VPath, md5: str | None) -> Iterable[str]:
    if md5 is not None:
        yield _name_by_md5(md5)
    name = path.name.encode("utf-8", "surrogateescape")
    yield _name_by_md5(hashlib.md5(name, usedforsecurity=False).hexdigest())


def _name_by_md5(md5: str) -> str:
    return f".{md5[:16]}.acd-part"


def _open_locked(place: str, mode: int) -> tuple[int, os.stat_result] | None:
    """Open a partial file for this writer alone; None if another has it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        fd = os.open(place, flags, mode)
        try:
            if not _lock(fd):
                os.close(fd)
                return None
            status = os.fstat(fd)
            if _is_at(status, place) and stat.S_ISREG(status.st_mode):
                if status.st_nlink == 1:
                    return fd, status
                os.unlink(place)  # noqa: PTH108 - also the name of somebody's file
        except OSError:
            os.close(fd)
            raise
        os.close(fd)  # it got its final name, or was removed, between the two calls


def _lock(fd: int) -> bool:
    if sys.platform == "win32":
        return True  # a file that another process writes cannot be opened there
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return True


@contextlib.contextmanager
def _held(place: str) -> Iterator[None]:
    """Lock a file that is put aside meanwhile, if we may.

    It has the name of a partial file then. Who is to write the same content to another
    target would take it for one, and have it taken away.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            fd = os.open(place, flags)
            stack.callback(os.close, fd)
            _lock(fd)
        yield


def _is_at(status: os.stat_result, place: str) -> bool:
    try:
        return os.path.samestat(status, os.lstat(place))
    except FileNotFoundError:
        return False


def _sync_folder(folder: str) -> None:
    """Make names durable, where the disk can do that, and one may read the folder."""
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:
        return
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:
            raise
    finally:
        os.close(fd)
