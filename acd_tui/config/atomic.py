"""Replacing a file so that a reader, or a power cut, finds the old or the new one."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from acd_tui.errors import Denied, Full

if sys.platform != "win32":
    import fcntl

PRIVATE = 0o600


def replace(path: Path, text: str, *, private: bool = False) -> None:
    """Write `text` under `path`; an old file's mode stays, a new one is its owner's.

    A symbolic link is followed. The content is on disk before it has its name.

    Args:
        path: of the file.
        text: all that it is to hold.
        private: take from others what an old file's mode lets them do.

    Raises:
        Denied: the folder or the file cannot be written.
        Full: no room left.
    """
    target = path.resolve()
    try:
        old = target.exists() and not private
        mode = target.stat().st_mode & 0o7777 if old else PRIVATE
        import tempfile  # takes longer to import than to read a file

        handle, temporary = tempfile.mkstemp(
            prefix=f".{target.name}.", dir=target.parent
        )
    except OSError as error:
        raise _named(path, error) from error
    try:
        with os.fdopen(
            handle, "w", encoding="utf-8", errors="surrogateescape", newline=""
        ) as file:
            Path(temporary).chmod(mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except OSError as error:
        raise _named(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not every system opens folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read(path: Path) -> str:
    """Return a file's text without a byte-order mark; "" if there is no such file.

    Raises:
        Denied: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Denied(f"cannot read {path}: {error.strerror}") from error


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from changing `path` meanwhile, by a lock file beside it.

    What a process that died left of `replace` is removed: a token may be in it.

    Raises:
        Denied: the lock file cannot be made.
    """
    if sys.platform == "win32":
        yield
        return
    try:
        lock = path.with_name(f".{path.name}.lock").open("ab")
    except OSError as error:
        raise _named(path, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _sweep(path.resolve())
        yield


def _sweep(target: Path) -> None:
    pattern = re.compile(rf"\.{re.escape(target.name)}\.[a-z0-9_]{{8}}")  # mkstemp's
    with contextlib.suppress(OSError):
        for entry in target.parent.iterdir():
            if pattern.fullmatch(entry.name):
                entry.unlink()


def _named(path: Path, error: OSError) -> Denied | Full:
    import errno

    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Full(f"no room left to write {path}")
    return Denied(
        f"cannot write {path}: {error.strerror}",
        hint="look at the owner and mode of the file and of its folder",
    )
