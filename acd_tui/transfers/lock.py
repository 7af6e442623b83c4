"""The right to run the transfers, which one process at a time has."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path

from acd_tui.errors import Denied

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class QueueLock:
    """A lock on a file; the system gives it back when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def acquire(self, word: bytes = b"") -> bool:
        """Take the lock if nobody else has it; say whether it is held now.

        Args:
            word: what others are to know of whoever holds it; see `word`.

        Raises:
            Denied: the file cannot be opened or locked at all.
        """
        if self._file is not None:
            return True
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Denied(f"cannot open {self._path}: {error.strerror}") from error
        try:
            _lock(file)
        except OSError as error:
            os.close(file)
            if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                return False
            raise Denied(
                f"cannot lock {self._path}: {error.strerror}",
                hint="set ACD_TUI_HOME to a folder on a disk of this machine",
            ) from error
        self._file = file
        with contextlib.suppress(OSError):  # a full disk; it is but a word
            os.ftruncate(file, 0)
            os.write(file, word)
        return True

    @property
    def word(self) -> bytes:
        """The word of who holds the lock, or of who held it last."""
        try:
            return self._path.read_bytes()
        except OSError:
            return b""

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _lock(file: int) -> None:
    """Lock a file, which `os.open` made none that children inherit.

    Raises:
        OSError: another process has it, or it cannot be locked.
    """
    if sys.platform == "win32":
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
