"""One port that only one test can have at a time."""

from __future__ import annotations

import contextlib
import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def rclones_port() -> Iterator[int]:
    """Have 53682, where browsers come back to, for oneself among all test processes."""
    place = Path(tempfile.gettempdir()) / "acd-tui-tests-53682.lock"
    with place.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield 53682
