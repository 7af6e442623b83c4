"""A command on a terminal of its own, as a person has it."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

_PATIENCE = 60.0


class Terminal:
    """What a command on it shows, and what is typed.

    Attributes:
        pid: of the command.
        shown: everything it has written so far.
    """

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self._process = process
        self.pid = process.pid
        self._master = master
        self.shown = ""

    def waits_for(self, text: str) -> None:
        """Read until something stands there; what came before is not looked at again."""
        start = len(self.shown)
        while text not in self.shown[start:]:
            assert self._read(), f"ended without {text!r}: {self.shown}"

    def types(self, line: str) -> None:
        os.write(self._master, f"{line}\n".encode())

    def presses_ctrl_c(self) -> None:
        os.write(self._master, b"\x03")

    def ends(self) -> int:
        """Wait for the command's end; return its exit code."""
        while self._read():
            pass
        return self._process.wait(_PATIENCE)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], _PATIENCE)
        assert ready, f"nothing more came: {self.shown}"
        with contextlib.suppress(OSError):  # nobody has the other end any more
            if data := os.read(self._master, 65536):
                self.shown += data.decode("utf-8", "replace")
                return True
        return False


@contextlib.contextmanager
def on_a_terminal(
    *arguments: str, cwd: Path, program: Sequence[str] = ("-m", "acd_tui")
) -> Iterator[Terminal]:
    """Run `acd-tui` on a terminal meanwhile.

    Args:
        arguments: of it.
        cwd: where it is started.
        program: what of Python's.
    """
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _START, *program, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=cwd,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(master)


# In a session of its own, which gets the terminal that its input is.
_START = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
