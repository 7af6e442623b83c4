"""A program in a bare pseudo-terminal: what it writes, and when."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

SYNC_END = b"\x1b[?2026l"
"""What ends a frame, once the terminal has said that it knows it."""

_ASKED = b"\x1b[?2026$p"
_KNOWN = b"\x1b[?2026;2$y"
_MOST_SECONDS = 120.0


class Pty:
    """A program started in a terminal of 120 by 36 cells that only measures.

    Attributes:
        process: the program.
        started: when that was, by the performance counter.
    """

    def __init__(
        self, command: Sequence[str | Path], environment: dict[str, str], cwd: Path
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(slave)

    @property
    def processor(self) -> float:
        """Seconds of processor time it has taken, with its threads."""
        return time.clock_gettime((~self.process.pid << 3) | 2)  # see clock_getres(2)

    def press(self, keys: bytes) -> float:
        """Type; return when."""
        now = time.perf_counter()
        os.write(self._master, keys)
        return now

    def _read(self, seconds: float) -> bytes:
        if not select.select([self._master], [], [], seconds)[0]:
            return b""
        data = os.read(self._master, 1 << 16)
        if _ASKED in data:
            os.write(self._master, _KNOWN)
        return data

    def shown(self, *texts: bytes, end: bytes = SYNC_END) -> tuple[float, bytes]:
        """Wait for the end of the frame that brings the last of some texts.

        Args:
            texts: what is to be there.
            end: what is to come after them.

        Returns:
            When that was, and all that came till then.

        Raises:
            TimeoutError: they never came.
        """
        seen = b""
        latest = time.perf_counter() + _MOST_SECONDS
        while not _are_in(seen, texts, end):
            if time.perf_counter() > latest:
                raise TimeoutError(f"{texts} did not come, but {seen[-2000:]!r}")
            seen += self._read(1.0)
        return time.perf_counter(), seen

    def settle(self, quiet: float) -> float | None:
        """Read until nothing comes for some seconds; return when the last byte came."""
        last = None
        while self._read(quiet):
            last = time.perf_counter()
        return last

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)


def _are_in(seen: bytes, texts: Sequence[bytes], end: bytes) -> bool:
    """Whether all texts are there, and an end after the last one."""
    found = [seen.find(text) for text in texts]
    return min(found) >= 0 and seen.find(end, max(found)) >= 0


@contextlib.contextmanager
def in_pty(
    command: Sequence[str | Path], environment: dict[str, str], cwd: Path
) -> Iterator[Pty]:
    """Run a program in a terminal meanwhile."""
    running = Pty(command, environment, cwd)
    try:
        yield running
    finally:
        running.close()
