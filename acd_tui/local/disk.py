"""Calls of the operating system off the event loop, with their errors translated."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import errno
import functools
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from acd_tui.errors import (
    AcdError,
    Denied,
    Exists,
    FolderNotFound,
    Full,
    NotEmpty,
    NotFound,
    Transient,
)
from acd_tui.vfs.path import VPath

T = TypeVar("T")

_MISSING = {errno.ENOENT, errno.ENOTDIR}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_PASSING = {
    errno.EAGAIN,
    errno.EBUSY,
    errno.EHOSTDOWN,  # this and the like: of a disk that another machine has
    errno.EHOSTUNREACH,
    errno.EINTR,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.ENOMEM,
    errno.ENOTCONN,
    errno.ESTALE,
    errno.ETIMEDOUT,
}
_STANDING: dict[int, type[AcdError]] = {
    errno.EEXIST: Exists,
    errno.ENOTEMPTY: NotEmpty,
}


async def in_thread(work: Callable[[], T]) -> T:
    """Run `work` in a thread; even a cancelled caller waits until it has ended.

    So nothing happens behind the back of somebody who gave up.
    """
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await ended(future)
        raise


async def ended(task: asyncio.Future[T]) -> None:
    """Wait until `task` has ended in whatever way, however often cancelled here."""
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # seen now, should nobody else ask for it


def errors_named(path: VPath, *, folder: bool = False) -> _ErrorsNamed:
    """Raise what goes wrong with `path` as an error of a filesystem.

    Args:
        path: for the sentence.
        folder: whether a folder is what would be missing.
    """
    return _ErrorsNamed(path, folder=folder)


class _ErrorsNamed:
    """A generator would take thrice the time; of small files it is a part one sees."""

    __slots__ = ("_folder", "_path")

    def __init__(self, path: VPath, *, folder: bool) -> None:
        self._path, self._folder = path, folder

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: object, error: BaseException | None, traceback: object
    ) -> None:
        if isinstance(error, OSError):
            raise named(error, self._path, folder=self._folder) from error
        if isinstance(error, ValueError):  # also bytes that are no UTF-8
            raise Denied(f"the disk cannot have the name {self._path}") from error


def named(error: OSError, path: VPath, *, folder: bool = False) -> AcdError:
    """Return the error of a filesystem that `error` stands for."""
    reason = error.strerror or str(error)
    code = error.errno
    if code in _MISSING and folder:
        return FolderNotFound(f"there is no folder {path}")
    if code in _MISSING:
        return NotFound(f"there is no {path}")
    if code in _FULL:
        return Full(f"no room left on the disk for {path}", hint="free some space")
    if code in _PASSING:
        return Transient(f"{path}: {reason}")
    return _STANDING.get(code or 0, Denied)(f"{path}: {reason}")


_AT_FDCWD = -100
_RENAME_NOREPLACE = 1  # Linux, renameat2(2)
_RENAME_EXCL = 4  # macOS, renamex_np(2)
_RENAME_EXCHANGE = 2  # both
_UNSUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


def rename_to_free(source: bytes, target: bytes) -> None:
    """Rename if nothing is at `target`, as one step wherever the disk can do that.

    Raises:
        FileExistsError: something is there.
        OSError: it cannot be renamed.
    """
    darwin = sys.platform == "darwin"
    code = _rename(source, target, _RENAME_EXCL if darwin else _RENAME_NOREPLACE)
    if code == 0:
        return
    if code not in _UNSUPPORTED:
        raise OSError(code, os.strerror(code))
    # An old kernel or a foreign disk, as NFS is: no second name takes another's place.
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # of a folder, or where there are no links
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        os.rename(source, target)  # noqa: PTH104 - a Path cannot hold these bytes
    else:
        os.unlink(source)  # noqa: PTH108 - as above


def exchange(one: bytes, other: bytes) -> bool:
    """Let two files have each other's name, as one step; False if the disk cannot.

    Raises:
        OSError: they cannot be renamed, or one of them is gone.
    """
    code = _rename(one, other, _RENAME_EXCHANGE)
    # EXDEV: a file from before its folder got a quota, or encryption, cannot go back.
    if code not in {0, errno.EXDEV, *_UNSUPPORTED}:
        raise OSError(code, os.strerror(code))
    return code == 0


def _rename(source: bytes, target: bytes, flags: int) -> int:
    """Return 0 or an errno."""
    if sys.platform == "darwin":
        call, arguments = "renamex_np", (source, target, flags)
    else:
        call, arguments = "renameat2", (_AT_FDCWD, source, _AT_FDCWD, target, flags)
    function = getattr(_libc(), call, None)
    if function is None:
        return errno.ENOSYS
    return 0 if function(*arguments) == 0 else ctypes.get_errno()


@functools.cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)
