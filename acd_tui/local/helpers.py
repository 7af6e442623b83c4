"""Processes that hash small files, one for each core."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import marshal
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from acd_tui.local import small_files
from acd_tui.local.small_files import Hashed

_log = logging.getLogger(__name__)

_FEW = 300  # files that are hashed sooner than a process is there
_MOST = 8  # processes
_REST = 10.0  # seconds without work until they end


class Helpers:
    """Helper processes, begun when there are many files to hash, and kept for more.

    Each lives as long as the pipe to it: should this process be killed, they end, too.
    All methods but `rest` block.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
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
            if self._count or self._useless or cores == 1 or files <= _FEW:
                return
            try:
                for _ in range(cores):
                    self._free.append(Helper())
                    self._count += 1
            except OSError as error:
                self._give_up(error)

    @contextlib.contextmanager
    def lent(self, most: int) -> Iterator[list[Helper]]:
        """Lend those that nobody else has; what they are asked is to be answered.

        Raises:
            OSError: one ended meanwhile; so do the others.
        """
        with self._lock:
            helpers, self._free = self._free[:most], self._free[most:]
        try:
            yield helpers
        except BaseException as error:
            for helper in helpers:
                helper.end()
            with self._lock:
                self._count -= len(helpers)
                if isinstance(error, OSError):
                    self._give_up(error)
            raise
        with self._lock:
            self._free += helpers

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
        """End those that nobody has."""
        with self._lock:
            helpers, self._free = self._free, []
            self._count -= len(helpers)
        for helper in helpers:
            helper.end()


class Helper:
    """A process that hashes small files."""

    def __init__(self) -> None:
        # Not in our session: Ctrl-C is for us, and we end it when we are done.
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-I", "-S", str(Path(small_files.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked, self._told = self._process.stdin, self._process.stdout

    def ask(self, paths: Sequence[str]) -> None:
        """Have it do `small_files.hashed` of each, by the time it is asked for `answer`.

        It may be asked for more before; an answer that nobody fetches takes room in a
        pipe, and there is room for some hundred files.

        Raises:
            OSError: the process has ended.
        """
        question = marshal.dumps(list(paths))
        self._asked.write(len(question).to_bytes(4, "big") + question)
        self._asked.flush()

    def answer(self) -> list[Hashed | None]:
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

    def end(self) -> None:
        self._process.kill()
        with contextlib.suppress(OSError):  # what it was not asked yet
            self._asked.close()
        self._told.close()
        self._process.wait()
