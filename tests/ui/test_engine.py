from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from acd_tui.errors import AcdError, Denied
from acd_tui.events import EventBus
from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import Engine, Inbox, Session
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.path import VPath


class Nothing:
    """As much of a session as the engine itself touches."""

    def __init__(self) -> None:
        self.bus = EventBus()
        self.thread = threading.current_thread()
        self.closed = False


class Opener:
    def __init__(self) -> None:
        self.made: Nothing | None = None

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Session]:
        self.made = Nothing()
        try:
            yield cast("Session", self.made)
        finally:
            self.made.closed = True


async def test_a_session_lives_in_a_thread_of_its_own() -> None:
    opener = Opener()
    engine = Engine(opener)
    opened = await engine.ready()
    session = opener.made
    assert session is not None
    assert opened is cast("Any", session)
    assert session.thread is not threading.current_thread()

    async def where() -> threading.Thread:
        await asyncio.sleep(0)
        return threading.current_thread()

    assert await engine.run(where()) is session.thread
    assert await engine.call(threading.current_thread) is session.thread
    await asyncio.to_thread(engine.close)
    assert session.closed
    assert not session.thread.is_alive()
    engine.close()


async def test_what_is_asked_before_it_is_open_is_told_so() -> None:
    async def nothing() -> None: ...

    engine = Engine(Opener())
    with pytest.raises(AcdError, match="not open"):
        await engine.run(nothing())
    engine.close()
    with pytest.raises(AcdError, match="closing"):
        await engine.run(nothing())
    with pytest.raises(AcdError, match="closing"):
        await engine.ready()


async def test_errors_travel() -> None:
    engine = Engine(Opener())
    await engine.ready()

    async def fail() -> None:
        raise Denied("not that")

    with pytest.raises(Denied, match="not that"):
        await engine.run(fail())
    engine.close()


async def test_a_session_that_cannot_be_opened_says_why() -> None:
    @contextlib.asynccontextmanager
    async def opener() -> AsyncIterator[Session]:
        if opened is None:
            raise Denied("the settings file cannot be read")
        yield opened

    opened: Session | None = None

    engine = Engine(opener)
    with pytest.raises(Denied, match="settings file"):
        await engine.ready()
    with pytest.raises(AcdError, match="not open"):
        _ = engine.session
    engine.close()


async def test_what_the_interface_gives_up_is_cancelled_there_too() -> None:
    engine = Engine(Opener())
    await engine.ready()
    begun, ended = threading.Event(), threading.Event()

    async def forever() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(engine.run(forever()))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    assert await asyncio.to_thread(ended.wait, 5)
    with pytest.raises(asyncio.CancelledError):
        await task
    engine.close()


async def test_closing_ends_what_still_runs_before_the_session() -> None:
    opener = Opener()
    engine = Engine(opener)
    await engine.ready()
    begun = threading.Event()
    closed_then: list[bool] = []

    async def forever() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            assert opener.made is not None
            closed_then.append(opener.made.closed)

    task = asyncio.create_task(engine.run(forever()))
    await asyncio.to_thread(begun.wait)
    await asyncio.to_thread(engine.close)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed_then == [False]
    with pytest.raises(AcdError, match="closing"):
        await engine.run(forever())


async def test_events_come_in_one_wake_however_many() -> None:
    engine = Engine(Opener())
    session = await engine.ready()
    woken: list[int] = []
    inbox = Inbox(lambda: woken.append(1))
    await engine.subscribe(inbox)
    first = FoldersChanged("photos", frozenset({VPath()}))

    def publish() -> None:
        for _ in range(1000):
            session.bus.publish(FoldersChanged("photos", frozenset({VPath()})))
        session.bus.publish(FoldersChanged("photos", None))

    await engine.call(publish)
    assert len(woken) == 1
    assert inbox.drain() == [first, FoldersChanged("photos", None)]
    assert inbox.drain() == []
    await engine.call(publish)
    assert len(woken) == 2
    engine.close()


def test_an_inbox_takes_events_that_have_no_hash() -> None:
    inbox = Inbox(lambda: None)
    inbox.put(["a list"])
    inbox.put(["a list"])
    assert inbox.drain() == [["a list"], ["a list"]]


async def test_work_called_off_before_it_began_complains_of_nothing(
    app: AcdApp, recwarn: pytest.WarningsRecorder
) -> None:
    began = list[str]()

    async def look() -> None:
        began.append("looked")

    async with app.run_test() as pilot:
        app.work(look(), group="looks", exclusive=True)
        await app.work(look(), group="looks", exclusive=True).wait()
        await pilot.pause()
    assert began == ["looked"]
    gc.collect()
    assert not [each for each in recwarn if "never awaited" in str(each.message)]
