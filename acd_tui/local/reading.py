"""The bytes of a file on the disk, and proof that it did not change meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import os
import stat
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass

from acd_tui.errors import AcdError, Changed, Denied, NotFound
from acd_tui.local.disk import ended, errors_named, in_thread
from acd_tui.local.hashes import HashCache
from acd_tui.local.helpers import Helper, Helpers
from acd_tui.local.lane import on_trip
from acd_tui.local.names import on_disk
from acd_tui.local.partial import real
from acd_tui.local.small_files import FACTS_SIZE, FLAGS, LARGEST, Known, hashed, young
from acd_tui.vfs.path import VPath

_PIECE = 1024 * 1024
_PIECE_OF_MANY = 256 * 1024
_BLOCK = 256 * 1024
_SMALL = 256 * 1024
_AT_ONCE = 250  # small files for a helper
_AT_LEAST = 25
_AHEAD = 3  # such pieces it has to do, so that it never waits for us
_MEANWHILE = 600  # are hashed while helpers begin
_QUICK, _PATIENCE = 0.0005, 0.02  # seconds for each file, and for all of them beside

_MANY = 3
_under_way: set[int] = set()  # descriptors of large files that are being read


@dataclass(frozen=True)
class DiskContent:
    """See `Content` and `Whole`; it holds to the status the file had when it was made."""

    path: VPath
    status: os.stat_result
    md5: str | None

    @property
    def size(self) -> int:
        return self.status.st_size

    @property
    def modified_ns(self) -> int | None:
        return self.status.st_mtime_ns

    async def whole(self) -> bytes | None:
        return await on_trip(lambda: self._rest(0)) if self.size <= _SMALL else None

    @contextlib.asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        if self.size - offset <= _SMALL:
            yield _one(await on_trip(lambda: self._rest(offset)))
            return
        fd = await in_thread(lambda: self._opened(offset))
        try:
            async with contextlib.aclosing(self._pieces(fd, offset)) as pieces:
                yield pieces
        finally:
            os.close(fd)

    async def _pieces(self, fd: int, offset: int) -> AsyncGenerator[bytes, None]:
        """Read on while the last piece is being used.

        Where several files are on their way, in smaller pieces: keys wait for each piece
        that goes through the interpreter, and these follow each other without a gap.
        """
        _under_way.add(fd)
        ahead = self._ahead(fd, offset)
        try:
            while True:
                # Shielded: a thread goes on reading from `fd`, whoever is cancelled.
                piece = await asyncio.shield(ahead)
                offset += len(piece)
                over = offset >= self.size
                if not over:
                    ahead = self._ahead(fd, offset)
                if piece:
                    yield piece
                if over:
                    return
        finally:
            _under_way.discard(fd)
            await ended(ahead)

    def _ahead(self, fd: int, offset: int) -> asyncio.Future[bytes]:
        read = functools.partial(self._next, fd, offset)
        return asyncio.get_running_loop().run_in_executor(None, read)

    def _rest(self, offset: int) -> bytes:
        """All there is from a place on, at once: a thread costs more than that."""
        fd = self._opened(offset)
        try:
            return self._next(fd, offset)
        finally:
            os.close(fd)

    def _opened(self, offset: int) -> int:
        let_tick_pass(self.status)
        fd = open_file(self.path)
        try:
            self._check(fd)
            os.lseek(fd, offset, os.SEEK_SET)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def _next(self, fd: int, offset: int) -> bytes:
        with errors_named(self.path):
            piece = os.read(fd, _PIECE if len(_under_way) < _MANY else _PIECE_OF_MANY)
        if not piece or offset + len(piece) >= self.size:
            self._check(fd)
            if offset + len(piece) != self.size:
                raise self._changed()
        return piece

    def _check(self, fd: int) -> None:
        if not same(self.status, os.fstat(fd)):
            raise self._changed()

    def _changed(self) -> Changed:
        return Changed(f"{self.path} changed while it was read")


async def _one(piece: bytes) -> AsyncIterator[bytes]:
    if piece:
        yield piece


def same(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether these are the same file with the same content."""
    return (one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) == (
        other.st_dev,
        other.st_ino,
        other.st_size,
        other.st_mtime_ns,
        other.st_ctime_ns,
    )


def file_status(path: VPath) -> os.stat_result:
    """Return the status of a regular file, links followed.

    Raises:
        NotFound: there is none, or it is a folder.
        Denied: it is a device, a pipe or the like.
    """
    with errors_named(path):
        return _regular(os.stat(real(path)), path)  # noqa: PTH116 - may be no UTF-8


def open_file(path: VPath) -> int:
    """Open a regular file for reading."""
    with errors_named(path):
        fd = os.open(real(path), FLAGS)
    try:
        _regular(os.fstat(fd), path)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _regular(status: os.stat_result, path: VPath) -> os.stat_result:
    if stat.S_ISDIR(status.st_mode):
        raise NotFound(f"{path} is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise Denied(f"{path} is not a regular file")
    return status


def hash_file(
    path: VPath,
    hashes: HashCache,
    stop: threading.Event,
    block: bytearray | None = None,
) -> str:
    """Return a file's MD5, read only if it is not known. Blocks.

    Args:
        path: the file.
        hashes: what is known; gets what is found out.
        stop: set by whoever does not want it any more.
        block: to read into, for who reads many files.

    Raises:
        Changed: it changed meanwhile, or `stop` was set.
    """
    name = on_disk(path.name)
    with errors_named(path):
        fd = os.open(real(path), FLAGS)
        try:
            before = _regular(os.fstat(fd), path)
            if (known := hashes.get(before, name)) is not None:
                return known
            let_tick_pass(before)
            digest = _digest(fd, before.st_size, stop, block)
            if stop.is_set() or not same(before, os.fstat(fd)):
                raise Changed(f"{path} changed while it was read")
        finally:
            os.close(fd)
    hashes.put(before, name, digest)
    return digest


def _digest(fd: int, size: int, stop: threading.Event, block: bytearray | None) -> str:
    """Return the MD5 of what a file holds, up to its end or until `stop` is set."""
    if size <= LARGEST:
        # Each call lets go of the interpreter, and other threads make one wait for it.
        data = os.read(fd, size + 1)
        if len(data) == size:
            return hashlib.md5(data, usedforsecurity=False).hexdigest()
        os.lseek(fd, 0, os.SEEK_SET)
    digest = hashlib.md5(usedforsecurity=False)
    block = block or bytearray(_BLOCK)
    view = memoryview(block)
    while (count := os.readv(fd, [block])) and not stop.is_set():
        digest.update(view[:count])
    return digest.hexdigest()


class Hasher:
    """Hashes many files: small ones by helper processes, others in several threads.

    A trip to a thread for each would cost more than to read a small one. Nor do small
    ones that are in memory anyway gain by several threads: these take turns in the
    interpreter, and to give the turn to another takes longer than such a file.
    """

    def __init__(
        self,
        paths: Sequence[VPath],
        hashes: HashCache,
        helpers: Helpers,
        stop: threading.Event,
    ) -> None:
        """See `hash_file`."""
        self._paths, self._hashes, self._stop = paths, hashes, stop
        self._helpers = helpers
        self._waiting = deque(range(len(paths)))
        self._others: list[int] = []  # which are to be looked at one by one
        self._results: list[str | AcdError] = [""] * len(paths)

    async def run(self, threads: int) -> Sequence[str | AcdError]:
        """Return the MD5s, or why there is none."""
        await in_thread(lambda: self._work_at_first(threads))
        self._waiting.extend(self._others)
        threads = min(threads, len(self._waiting))
        await asyncio.gather(*(in_thread(self._work) for _ in range(threads)))
        return self._results

    def _work_at_first(self, most: int) -> None:
        """Have helpers do it, or do it here for as long as that is quick."""
        begun = self._helpers.count > 0
        self._helpers.begin(len(self._paths))
        if helpers := min(most, self._helpers.count):
            self._be_helped(helpers, meanwhile=not begun)
        else:
            self._work_while_quick(len(self._paths))

    def _be_helped(self, most: int, *, meanwhile: bool) -> None:
        """Have helper processes hash until there is no more; one may end meanwhile."""
        asked: deque[tuple[Helper, list[int]]] = deque()
        try:
            with self._helpers.lent(most) as helpers:
                self._talk_to(helpers, asked, meanwhile=meanwhile)
        except (OSError, Changed):
            for _, numbers in asked:
                self._others += numbers

    def _talk_to(
        self,
        helpers: Sequence[Helper],
        asked: deque[tuple[Helper, list[int]]],
        *,
        meanwhile: bool,
    ) -> None:
        """Ask all and note their answers, and hash here while they begin.

        One thread does it: several would take turns in the interpreter.
        """

        def ask(helper: Helper) -> None:
            if self._stop.is_set():
                raise Changed("nobody waits for the rest")
            # In ever smaller pieces in the end, for all to be done at the same time.
            even = len(self._waiting) // (2 * len(helpers))
            if numbers := self._taken(max(_AT_LEAST, min(_AT_ONCE, even))):
                asked.append((helper, numbers))
                helper.ask([real(self._paths[number]) for number in numbers])

        for helper in [*helpers] * _AHEAD:
            ask(helper)
        if meanwhile:
            self._work_while_quick(_MEANWHILE)
        while asked:
            helper, numbers = asked[0]
            answers = helper.answer()
            del asked[0]
            self._note(numbers, answers)
            ask(helper)

    def _taken(self, most: int) -> list[int]:
        numbers: list[int] = []
        with contextlib.suppress(IndexError):
            while len(numbers) < most:
                numbers.append(self._waiting.popleft())
        return numbers

    def _work_while_quick(self, most: int) -> None:
        """Hash here, unless files take so long that several threads are worth it."""
        numbers, answers = self._taken(most), []
        until = time.monotonic() + _PATIENCE
        for number in numbers:
            if self._stop.is_set() or time.monotonic() > until:
                break
            answers.append(hashed(real(self._paths[number])))
            until += _QUICK
        self._waiting.extendleft(reversed(numbers[len(answers) :]))
        self._note(numbers[: len(answers)], answers)

    def _note(self, numbers: Sequence[int], answers: Sequence[Known | None]) -> None:
        found = []
        for number, answer in zip(numbers, answers, strict=True):
            if answer is None:
                self._others.append(number)
            else:
                self._results[number] = answer[2][FACTS_SIZE:].hex()
                found.append(answer)
        self._hashes.put_many(found)

    def _work(self) -> None:
        block = bytearray(_BLOCK)
        with contextlib.suppress(IndexError):
            while not self._stop.is_set():
                self._hash(self._waiting.popleft(), block)

    def _hash(self, number: int, block: bytearray) -> None:
        try:
            self._results[number] = hash_file(
                self._paths[number], self._hashes, self._stop, block
            )
        except AcdError as error:
            self._results[number] = error


def let_tick_pass(status: os.stat_result) -> None:
    """Wait until a further change of the file would give it another time.

    Before it is read: what is changed after that, within the same tick, would be taken
    for what was read.
    """
    if left := young(status):
        time.sleep(left / 1e9)
