"""Where the session lives while the user interface runs: a thread of its own.

Disk, network and SQLite never share an event loop with the screen. The engine owns a
daemon thread with a loop in which the session is opened, worked with and closed; the
interface hands coroutines over and awaits them, and gets events through an `Inbox`.

What the interface needs of a session is written down here as protocols.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from acd_tui.errors import AcdError
from acd_tui.events import EventBus
from acd_tui.session.events import Hindered
from acd_tui.transfers.events import SignInWanted
from acd_tui.transfers.model import (
    ConflictPolicy,
    CopyRequest,
    Job,
    JobFinished,
    JobWarned,
    Place,
    QueueSnapshot,
    State,
    Transfer,
    TransferFinished,
)
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.operations.commands import Check, Command
    from acd_tui.operations.renaming import Chain
    from acd_tui.operations.service import Placed
    from acd_tui.operations.turned import Turned
    from acd_tui.transfers.controls import Step
    from acd_tui.transfers.story import StoryLine

T = TypeVar("T")

log = logging.getLogger(__name__)

_EARLY = "the session is not open"
EVENTS = (
    FoldersChanged,
    Hindered,
    JobFinished,
    JobWarned,
    SignInWanted,
    TransferFinished,
)


class Limits(Protocol):
    """How much of the queue runs at a time, and how fast."""

    async def set_slots(self, slots: int | None) -> object: ...

    async def set_bandwidth(self, rate: int | None) -> object: ...


class Transfers(Protocol):
    """The queue, as the screens use it."""

    def snapshot(self) -> QueueSnapshot: ...

    async def enqueue(
        self,
        request: CopyRequest,
        *,
        plan: Mapping[VPath, Entry | None] | None = None,
        omit: Collection[VPath] = (),
    ) -> int: ...

    async def job(self, id_: int) -> Job: ...

    async def transfers(
        self,
        *,
        job: int | None = None,
        states: Collection[State] | None = None,
        matching: str = "",
        offset: int = 0,
        limit: int = 200,
        newest_first: bool = False,
    ) -> list[Transfer]: ...

    async def ids(
        self,
        *,
        job: int | None = None,
        states: Collection[State] | None = None,
        matching: str = "",
        newest_first: bool = False,
    ) -> list[int]: ...

    async def states(self, ids: Collection[int]) -> dict[int, State]: ...

    async def transfer(self, id_: int) -> Transfer: ...

    async def counts(
        self, *, job: int | None = None, matching: str = ""
    ) -> Mapping[State, int]: ...

    async def story(self, transfer: int) -> list[StoryLine]: ...

    async def files_of(self, job: Job) -> frozenset[VPath]: ...

    async def free_beside(self, place: Place) -> VPath: ...

    async def jobs(self, *, limit: int = 50, offset: int = 0) -> list[Job]: ...

    async def count_jobs(self) -> int: ...

    @property
    def limits(self) -> Limits: ...

    async def pause(
        self, ids: Collection[int] | None, *, job: int | None = None
    ) -> object: ...

    async def resume(
        self, ids: Collection[int] | None, *, job: int | None = None
    ) -> object: ...

    async def cancel(
        self, ids: Collection[int] | None, *, job: int | None = None
    ) -> object: ...

    async def prioritise(
        self, ids: Collection[int] | None, priority: int, *, job: int | None = None
    ) -> object: ...

    async def move(
        self, ids: Collection[int] | None, step: Step, *, job: int | None = None
    ) -> object: ...

    async def retry(
        self, ids: Collection[int] | None, *, job: int | None = None
    ) -> object: ...

    async def decide(
        self, ids: Collection[int] | None, policy: ConflictPolicy
    ) -> object: ...

    async def hold(self) -> object: ...

    async def drain(self) -> object: ...

    async def release(self) -> object: ...

    async def clear_finished(self) -> int: ...


class Operations(Protocol):
    """Changes within one filesystem, which can be undone."""

    async def make_folder(self, place: Place) -> object: ...

    async def move(self, source: Place, target: Place) -> object: ...

    async def move_all(
        self, filesystem: str, chains: Sequence[Chain], count: int
    ) -> object: ...

    async def move_into(
        self, folder: Place, chains: Sequence[Chain], count: int
    ) -> object: ...

    async def trash(
        self, places: Sequence[Placed], *, check: Check | None = None
    ) -> Command: ...

    async def restore(
        self, filesystem: str, item_id: str, to: VPath | None = None
    ) -> object: ...

    async def undo(self) -> Turned: ...

    async def redo(self) -> Turned: ...


class Session(Protocol):
    """What the screens need of an open session."""

    @property
    def bus(self) -> EventBus: ...

    @property
    def transfers(self) -> Transfers: ...

    @property
    def operations(self) -> Operations: ...

    def remote_names(self) -> Sequence[str]: ...

    async def filesystem(self, name: str) -> FileSystem: ...

    async def glance(self, name: str, path: VPath, count: int) -> Sequence[Entry]: ...


class Inbox:
    """Events of the session on their way to the interface, however many come at once.

    `put` may be called in any thread. The first event after a `drain` wakes the
    interface; those that follow only wait in line, so that a flood of events costs
    the interface one message.
    """

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: dict[object, None] = {}

    def put(self, event: object) -> None:
        with self._lock:
            first = not self._waiting
            # Equal events (the same folder changed twice) count once.
            self._waiting[event if _hashable(event) else _Unique(event)] = None
        if first:
            self._wake()

    def drain(self) -> list[object]:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        return [
            event.value if isinstance(event, _Unique) else event for event in waiting
        ]


class _Unique:
    """Carries an event that has no hash."""

    def __init__(self, value: object) -> None:
        self.value = value


def _hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


class Engine:
    """Runs a session in a daemon thread with its own event loop.

    The thread starts when `ready` is first waited for, which is until the session is
    open; `run` works with it, and `close` ends in this order: what is still being run for
    the interface is cancelled, the session is closed, the loop is closed, the thread ends.

    Args:
        open_session: opens it.
    """

    def __init__(
        self, open_session: Callable[[], AbstractAsyncContextManager[Session]]
    ) -> None:
        self._open_session = open_session
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._opened: concurrent.futures.Future[Session] = concurrent.futures.Future()
        self._stop: asyncio.Event | None = None
        self._session: Session | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False

    @property
    def session(self) -> Session:
        """The open session.

        Raises:
            AcdError: it is not open yet, or not any more.
        """
        if self._session is None:
            raise AcdError(_EARLY)
        return self._session

    @property
    def is_closing(self) -> bool:
        """Whether `close` was called; whatever fails from then on is of no interest."""
        return self._closing

    async def ready(self) -> Session:
        """Have the session opened, and wait until it is.

        Raises:
            AcdError: it could not be opened, or the program is closing.
        """
        if self._thread is None:
            if self._closing:
                raise AcdError("the program is closing")
            self._thread = threading.Thread(
                target=self._main, name="engine", daemon=True
            )
            self._thread.start()
        # Waiting may be cancelled; the opening goes on for whoever waits next.
        return await asyncio.shield(asyncio.wrap_future(self._opened))

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Have `coroutine` run beside the session and return what it returns.

        Cancelling the caller cancels it. Its errors are raised here as they are.
        """
        loop = self._loop
        if loop is None or self._closing or loop.is_closed():
            coroutine.close()
            early = loop is None and not self._closing
            raise AcdError(_EARLY if early else "the program is closing")
        future = asyncio.run_coroutine_threadsafe(self._tracked(coroutine), loop)
        return await asyncio.wrap_future(future)

    async def call(self, function: Callable[[], T]) -> T:
        """Have a quick, plain function called in the session's thread."""

        async def call() -> T:
            return function()

        return await self.run(call())

    async def subscribe(self, inbox: Inbox) -> None:
        """Send the session's events (`EVENTS`) to `inbox` until the engine closes."""

        def subscribe() -> None:
            for kind in EVENTS:
                subscription = self.session.bus.subscribed(kind, inbox.put)
                self._subscriptions.enter_context(subscription)

        await self.call(subscribe)

    def close(self) -> None:
        """Close the session and end the thread; blocks until done, any time after."""
        self._closing = True
        loop, stop = self._loop, self._stop
        if loop is not None and stop is not None and not loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it closed meanwhile
                loop.call_soon_threadsafe(stop.set)
        if self._thread is not None:
            self._thread.join()

    async def _tracked(self, coroutine: Coroutine[Any, Any, T]) -> T:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            return await coroutine
        finally:
            self._tasks.discard(task)

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # the thread's border: `ready` raises it
            if not self._opened.done():
                self._opened.set_exception(error)
            else:
                log.exception("the session ended badly")
        finally:
            self._session = None

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        async with self._open_session() as session:
            self._session = session
            with contextlib.ExitStack() as self._subscriptions:
                self._opened.set_result(session)
                if not self._closing:
                    await self._stop.wait()
            tasks = tuple(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class InlineEngine(Engine):
    """Works in the caller's own loop, for tests: everything in one thread."""

    def __init__(self, session: Session) -> None:
        super().__init__(lambda: contextlib.nullcontext(session))
        self._session = session
        self._subscriptions = contextlib.ExitStack()

    async def ready(self) -> Session:
        return self.session

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await coroutine

    def close(self) -> None:
        self._closing = True
        self._subscriptions.close()
