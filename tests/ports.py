"""One port that only one test can have at a time."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PORT = 53682
_LONGEST = 60.0


@contextlib.contextmanager
def rclones_port() -> Iterator[int]:
    """Have 53682, where browsers come back to, for oneself among all test processes.

    The system gives it to connections as well, like any other above 32767; such a one is
    waited for.
    """
    place = Path(tempfile.gettempdir()) / f"acd-tui-tests-{_PORT}.lock"
    with place.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        end = time.monotonic() + _LONGEST
        while not _is_free():
            assert time.monotonic() < end, f"something else keeps port {_PORT}"
            time.sleep(0.05)
        yield _PORT


def _is_free() -> bool:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", _PORT))
        except OSError:
            return False
    return True
