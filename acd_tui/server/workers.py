"""Several processes that serve one directory together.

Python computes on one core. The first process holds the directory's lock and the listening
socket, tidies up and starts the others, which inherit both; they answer the requests. What
they share is on disk: the index, under a lock in whose queue each waits for its turn to
write, and the content files. If the first process is killed, the others end at once, and
only then is the lock free.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from dataclasses import dataclass

import msgspec

from acd_tui.environment import for_children
from acd_tui.errors import AcdError

_READY_SECONDS = 60.0
_AGAIN_SECONDS = 1.0
_MOST_FAILURES = 5  # in a row, of one that does not come up
_KILL_SECONDS = 5.0

_log = logging.getLogger(__name__)


class WorkerFailed(AcdError):
    """A worker does not come up."""


class Task(msgspec.Struct):
    """What a worker is told when it starts.

    Attributes:
        directory: of the drives.
        listener: the descriptor of the listening socket.
        host: the address it is bound to.
        public_url: the address under which a proxy shows the server.
        allowed_hosts: further host names to answer to.
        quota: bytes each user may store.
        grace: seconds that requests under way get in the end.
        access_log: a file, or `-` for standard output.
    """

    directory: str
    listener: int
    host: str
    public_url: str | None
    allowed_hosts: list[str]
    quota: int | None
    grace: float
    access_log: str | None


@dataclass(slots=True)
class _Worker:
    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, word: str) -> None:
        if not self.writer.is_closing():
            self.writer.write(word.encode() + b"\n")


class Crew:
    """The workers of a server.

    Args:
        count: how many.
        task: of each.
        inherited: the descriptors they share with us: the socket and the lock.
    """

    def __init__(self, count: int, task: Task, inherited: tuple[int, ...]) -> None:
        self._count = count
        self._task = task
        self._inherited = inherited
        self._workers: dict[int, _Worker] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Start all, and wait until they serve.

        Raises:
            WorkerFailed: one does not come up.
        """
        try:
            await asyncio.gather(*(self._start(n) for n in range(self._count)))
        except BaseException:
            await self._kill()
            raise
        self._keepers = [
            asyncio.create_task(self._keep(number)) for number in range(self._count)
        ]

    async def failure(self) -> None:
        """Wait until a worker cannot be started again.

        Raises:
            WorkerFailed: that has happened.
        """
        await asyncio.gather(*self._keepers)

    async def stop(self) -> None:
        """Let requests under way end, and wait for that."""
        self._stopping = True
        for worker in self._workers.values():
            worker.say("stop")
        ending = [worker.process.wait() for worker in self._workers.values()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._task.grace + _KILL_SECONDS):
                await asyncio.gather(*ending)
        await self._kill()
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    def cut_off(self) -> None:
        """Do not wait for requests under way any longer."""
        self._say("cut off")

    def reopen_logs(self) -> None:
        """Go on in a new file, where the old one was moved away."""
        self._say("reopen logs")

    def _say(self, word: str) -> None:
        for worker in self._workers.values():
            worker.say(word)

    async def _start(self, number: int) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "acd_tui.server.worker", str(theirs.fileno())),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(*self._inherited, theirs.fileno()),
                process_group=0,  # a Ctrl-C is ours to hear
                env=for_children(),
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        worker = self._workers[number] = _Worker(process, reader, writer)
        worker.say(msgspec.json.encode(self._task).decode())
        try:
            async with asyncio.timeout(_READY_SECONDS):
                word = await reader.readline()
        except TimeoutError:
            word = b""
        if word != b"ready\n":
            await self._end(worker)
            raise WorkerFailed(f"worker {number + 1} of the server does not come up")

    async def _keep(self, number: int) -> None:
        """Start a worker again whenever it ends before it shall."""
        failures = 0
        while True:
            code = await self._workers[number].process.wait()
            if self._stopping:
                return
            _log.error("worker %d ended with code %d", number + 1, code)
            self._workers[number].writer.close()
            while True:
                await asyncio.sleep(_AGAIN_SECONDS)
                try:
                    await self._start(number)
                except WorkerFailed:
                    failures += 1
                    if failures == _MOST_FAILURES:
                        raise
                else:
                    failures = 0
                    break

    async def _kill(self) -> None:
        for worker in self._workers.values():
            await self._end(worker)

    async def _end(self, worker: _Worker) -> None:
        with contextlib.suppress(ProcessLookupError):
            worker.process.kill()
        await worker.process.wait()
        worker.writer.close()
