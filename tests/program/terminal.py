"""The real program in a real pseudo-terminal, with a screen one can read."""

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
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyte

KEYS = {
    "tab": "\t",
    "enter": "\r",
    "escape": "\x1b",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "backspace": "\x7f",
    "f1": "\x1bOP",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f10": "\x1b[21~",
}


class Screen(pyte.Screen):
    """A screen that takes more parameters than it knows, as terminals do.

    Where pyte raises on them, its parser never works again.
    """

    def cursor_position(
        self, line: int | None = None, column: int | None = None, *_: int
    ) -> None:
        super().cursor_position(line, column)


class Terminal:
    """A program started in a terminal of `columns` by `rows` cells.

    Attributes:
        process: the program.
        raw: everything it has written, escape sequences included.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 36,
        cwd: Path,
        env: dict[str, str],
    ) -> None:
        self._screen = Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self.raw = bytearray()
        self._master, slave = pty.openpty()
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(slave)
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while not self._closing.is_set():
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if not data:
                return
            with self._lock:
                self.raw += data
                # pyte knows no private sequences of the kitty protocol.
                self._stream.feed(
                    data.replace(b"\x1b[>1u", b"").replace(b"\x1b[<u", b"")
                )

    def text(self) -> str:
        with self._lock:
            return "\n".join(line.rstrip() for line in self._screen.display)

    def press(self, *keys: str) -> None:
        """Type keys by name, or text letter by letter, as fast as a good typist."""
        for key in keys:
            for sent in [KEYS[key]] if key in KEYS else key:
                os.write(self._master, sent.encode())
                # A lone escape only counts as the key when nothing follows it at once.
                select.select([], [], [], 0.2 if sent == "\x1b" else 0.05)

    def burst(self, *keys: str) -> None:
        """Send keys in one piece, as they pile up while a machine is busy."""
        os.write(self._master, "".join(KEYS.get(key, key) for key in keys).encode())

    def wait_for(
        self, condition: str | Callable[[str], bool], *, seconds: float = 30
    ) -> str:
        """Wait until the screen holds a text or meets a condition; return it.

        Raises:
            AssertionError: it did not in time; the screen is in the message.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.text()
            met = condition in text if isinstance(condition, str) else condition(text)
            if met:
                return text
            if self.process.poll() is not None:
                break
            select.select([], [], [], 0.05)
        raise AssertionError(f"waited for {condition!r}; the screen is\n{self.text()}")

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, which the program is told."""
        with self._lock:
            self._screen.resize(rows, columns)
            size = struct.pack("HHHH", rows, columns, 0, 0)
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)
        # The size of a terminal is told to its session, which is not quite what we made.
        self.process.send_signal(signal.SIGWINCH)

    @property
    def is_cooked(self) -> bool:
        """Whether the terminal is as a shell expects it: lines, and echoed."""
        flags = termios.tcgetattr(self._master)[3]
        return bool(flags & termios.ICANON and flags & termios.ECHO)

    @property
    def is_stopped(self) -> bool:
        """Whether the program has been stopped, to go on later."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text("ascii")
        return stat.rpartition(")")[2].split()[0] == "T"

    def read_all(self) -> None:
        """Take in all that the program wrote before it ended."""
        self._reader.join(timeout=10)

    def wait_end(self, *, seconds: float = 20) -> int:
        return self.process.wait(timeout=seconds)

    def kill(self) -> None:
        """End the program as a power cut would: it gets no chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # whatever it has started, too
        self.process.wait()
        # First the reader: the number of a closed terminal is soon that of another.
        self._closing.set()
        self._reader.join()
        with contextlib.suppress(OSError):
            os.close(self._master)


@contextlib.contextmanager
def terminal(
    command: Sequence[str],
    *,
    columns: int = 120,
    rows: int = 36,
    cwd: Path,
    env: dict[str, str] | None = None,
) -> Iterator[Terminal]:
    """Run a program in a terminal meanwhile."""
    running = Terminal(
        command, columns=columns, rows=rows, cwd=cwd, env=env or dict(os.environ)
    )
    try:
        yield running
    finally:
        running.close()
