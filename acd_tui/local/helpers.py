"""Processes that hash small files, one for each core."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import marshal
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence

from acd_tui.local import small_files
from acd_tui.local.small_files import Known

_log = logging.getLogger(__name__)

_FEW = 300  # files that are hashed sooner than a process is there
_MOST = 8  # processes
_REST = 10.0  # seconds without work until they end
_ROOM = 256 * 1024  # bytes in a socket, for answers that nobody fetches yet

# Imported, it is compiled already; a file that is run never is.
_PROGRAM = """
import os, sys
sys.path.append(os.path.dirname(sys.argv[1]))
import small_files
small_files.serve([int(number) for number in sys.argv[2:]])
"""


class Helpers:
    """Helper processes, begun when there are many files to hash, and kept for more.

    Each lives as long as the socket to it: should this process be killed, they end, too.
    All methods but `rest` block.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._free: list[Helper] = []
        self._count = 0
        self._useless = False
        self._resting: asyncio.TimerHandle | None = None

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    def begin(self, files: int) -> None:
        """Begin them, if they are worth while for so many files; they take a moment."""
        cores = min(os.cpu_count() or 1, _MOST)
        with self._lock:
            if self._process or self._useless or cores == 1 or files <= _FEW:
                return
            try:
                self._process, self._free = _begun(cores)
            except OSError as error:
                self._give_up(error)
            self._count = len(self._free)

    @contextlib.contextmanager
    def lent(self, most: int) -> Iterator[list[Helper]]:
        """Lend those that nobody else has; what they are asked is to be answered.

        Raises:
            OSError: one ended meanwhile; so do the others.
        """
        with self._lock:
            process = self._process
            helpers, self._free = self._free[:most], self._free[most:]
        try:
            yield helpers
        except BaseException as error:
            for helper in helpers:
                helper.close()
            with self._lock:
                if self._process is process:
                    self._end()
                if isinstance(error, OSError):
                    self._give_up(error)
            raise
        with self._lock:
            if self._process is process:
                self._free += helpers
                return
        for helper in helpers:  # another's ended, and all with it
            helper.close()

    def _give_up(self, error: OSError) -> None:
        _log.warning("small files are hashed without helper processes: %s", error)
        self._useless = True

    def rest(self) -> None:
        """End them unless they get more to do soon; each takes some MiB of memory."""
        if self._resting is not None:
            self._resting.cancel()
        if self._count:
            loop = asyncio.get_running_loop()
            self._resting = loop.call_later(
                _REST, loop.run_in_executor, None, self.close
            )

    def close(self) -> None:
        """End them, unless somebody has one."""
        with self._lock:
            if len(self._free) == self._count:
                self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        helpers, self._free, self._count = self._free, [], 0
        for helper in helpers:
            helper.close()
        if process is not None:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _begun(count: int) -> tuple[subprocess.Popen[bytes], list[Helper]]:
    """Begin a process that makes itself so many."""
    with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
        pairs = [socket.socketpair() for _ in range(count)]
        for our, their in pairs:
            ours.enter_context(our)
            theirs.enter_context(their)
            their.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ROOM)
        numbers = [their.fileno() for _, their in pairs]
        # Not in our session: Ctrl-C is for us, and we end them when we are done.
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-I", "-S", "-c", _PROGRAM, small_files.__file__]
            + [str(number) for number in numbers],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=numbers,
            start_new_session=True,
        )
        return process, [Helper(our) for our, _ in pairs]


class Helper:
    """A process that hashes small files."""

    def __init__(self, connection: socket.socket) -> None:
        self._asked = connection.makefile("wb")
        self._told = connection.makefile("rb")

    def ask(self, paths: Sequence[str]) -> None:
        """Have it do `small_files.hashed` of each, by the time it is asked for `answer`.

        It may be asked for more before; an answer that nobody fetches takes room in a
        socket, and there is room for a thousand files and more.

        Raises:
            OSError: the process has ended.
        """
        question = marshal.dumps(list(paths))
        self._asked.write(len(question).to_bytes(4, "big") + question)
        self._asked.flush()

    def answer(self) -> list[Known | None]:
        """Wait for what comes of what it was asked first.

        Raises:
            OSError: the process has ended.
        """
        answer = self._read(int.from_bytes(self._read(4), "big"))
        return marshal.loads(answer)  # type: ignore[no-any-return]  # noqa: S302 - our own

    def _read(self, count: int) -> bytes:
        data = self._told.read(count)
        if len(data) < count:
            raise BrokenPipeError("a helper process ended")
        return data

    def close(self) -> None:
        """End it, when it has answered; without it nobody else is asked."""
        with contextlib.suppress(OSError):  # what it was not asked yet
            self._asked.close()
        self._told.close()
