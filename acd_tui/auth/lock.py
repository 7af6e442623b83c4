"""One process at a time changes a remote's token."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from acd_tui.clock import Clock
from acd_tui.errors import AcdError, Transient

if sys.platform != "win32":
    import fcntl

_LOCK_SECONDS = 60.0


@contextlib.asynccontextmanager
async def held(path: Path | None, clock: Clock) -> AsyncIterator[None]:
    """Hold a lock that all processes respect; freed by the system if we die.

    Raises:
        Transient: another process holds it for a minute.
        AcdError: the file cannot be opened.
    """
    if path is None or sys.platform == "win32":
        yield
        return
    try:
        # Not in a thread: who is called off meanwhile would leave the file open.
        file = _opened(path)
    except OSError as error:
        raise AcdError(
            f"cannot open {path}: {error.strerror}",
            hint="look at the owner and mode of the file and of its folder",
        ) from error
    with file:
        await _locked(file, path, clock)
        yield


def _opened(path: Path) -> IO[bytes]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.open("ab")


async def _locked(file: IO[bytes], path: Path, clock: Clock) -> None:
    deadline = clock.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if clock.monotonic() >= deadline:
                raise Transient(f"another process holds {path} for too long") from None
        await clock.sleep(0.05)
