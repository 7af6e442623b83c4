"""The right to run the transfers, which one process at a time has."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from acd_tui.errors import Denied


class QueueLock:
    """A lock on a file; the system gives it back when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def acquire(self) -> bool:
        """Take the lock if nobody else has it; say whether it is held now.

        Raises:
            Denied: the file cannot be opened or locked at all.
        """
        if self._file is not None:
            return True
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Denied(f"cannot open {self._path}: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
                return False
            raise Denied(
                f"cannot lock {self._path}: {error.strerror}",
                hint="set ACD_TUI_HOME to a folder on a disk of this machine",
            ) from error
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
