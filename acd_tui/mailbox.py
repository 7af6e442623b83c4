"""Work for database threads, and the way there and back, many at a time."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import queue
import sqlite3
from collections import deque
from collections.abc import Callable, Sized
from typing import Any, TypeVar

from acd_tui.errors import AcdError

T = TypeVar("T")

_MOMENT = 0.012  # real seconds
_MANY = 3
Work = Callable[[sqlite3.Connection], T]


class Job:
    """Some work, and who waits for what comes of it.

    Args:
        work: to be run in a database thread.
        mailbox: of the event loop that waits; None is a thread that does.
    """

    __slots__ = ("_mailbox", "future", "work")

    def __init__(self, work: Work[Any], mailbox: Mailbox | None) -> None:
        self.work = work
        self._mailbox = mailbox
        self.future: asyncio.Future[Any] | concurrent.futures.Future[Any] = (
            concurrent.futures.Future()
            if mailbox is None
            else mailbox.loop.create_future()
        )

    def answer(self, result: Any, error: Exception | None = None) -> None:
        """Say what came of it; in a database thread."""
        if self._mailbox is not None:
            self._mailbox.post(self, result, error)
        else:
            self.settle(result, error)

    def settle(self, result: Any, error: Exception | None) -> None:
        """Let whoever waits go on; in the waiting loop, if it is one."""
        if self.future.done():
            return  # cancelled
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class Mailbox:
    """Carries work and answers between an event loop and database threads, many at once.

    To wake another thread costs more than most reads. So what the loop asks for within
    one of its rounds leaves together, and what is answered while the loop has not yet
    looked needs no second call.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, send: Callable[[Jobs, Job], None]
    ) -> None:
        self.loop = loop
        self._send = send
        self._asked: deque[tuple[Jobs, Job]] = deque()
        self._answers: deque[Outcome] = deque()
        self._called = False

    def ask(self, jobs: Jobs, job: Job) -> None:
        """Send a job on its way; in the loop."""
        self._asked.append((jobs, job))
        if len(self._asked) == 1:
            self.loop.call_soon(self.leave)

    def leave(self) -> None:
        """Hand over what is on its way; in the loop, or where the database is closed."""
        with contextlib.suppress(IndexError):
            while True:
                jobs, job = self._asked.popleft()
                try:
                    self._send(jobs, job)
                except AcdError as error:
                    job.settle(None, error)

    def post(self, job: Job, result: Any, error: Exception | None) -> None:
        """Send an answer on its way; in a database thread."""
        self._answers.append((job, result, error))
        if not self._called:
            self._called = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                self.loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._called = False  # first: what comes from here on calls again
        while self._answers:
            job, result, error = self._answers.popleft()
            job.settle(result, error)


class Gathering:
    """Holds back what is to be written until others have something as well.

    For a moment where many had something the last time, so that they share a commit;
    else until the loop has gone round once.
    """

    def __init__(self) -> None:
        self._last = 0

    async def wait(self, waiting: Sized) -> None:
        """Wait; return when all of `waiting` is to be written."""
        await asyncio.sleep(_MOMENT if self._last >= _MANY else 0)
        self._last = len(waiting)


Jobs = queue.SimpleQueue[Job | None]
Outcome = tuple[Job, Any, Exception | None]
