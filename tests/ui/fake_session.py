"""A session of filesystems in memory, with a real queue; and ways to look at a screen."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from acd_tui.clock import SystemClock
from acd_tui.db import Database
from acd_tui.errors import UsageError
from acd_tui.events import EventBus
from acd_tui.operations import Operations
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import CopyRequest, Place
from acd_tui.ui.app import AcdApp
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath

HOSTILE_NAMES = (
    "[red]x[bold",
    "[@click=app.quit]x[",
    "[／red]",
    "esc\x1b]0;PWNED\x07end",
    "c1\x9b31mred",
    "two\nlines",
    "tab\there",
    "right-to-left \u202egnp.exe",
    "zero\u200bwidth",
    "half \udcff surrogate",
    "wide 日本語の名前",
    "-rf",
    " leading and trailing ",
)
"""Names that mean something to a terminal, to markup or to a layout."""


class Queue(TransferManager):
    """The real queue, which also remembers what was asked of it."""

    requests: list[CopyRequest]

    async def enqueue(self, request: CopyRequest, **more: Any) -> int:
        self.requests.append(request)
        return await super().enqueue(request, **more)


class FakeSession:
    """Two filesystems in memory, `local` and `photos`, with a real queue and undo."""

    def __init__(self, transfers: Database, journal: Database, lock: Path) -> None:
        self.bus = EventBus()
        self.local = MemoryFileSystem("local")
        self.photos = MemoryFileSystem("photos", case_insensitive=True)
        clock = SystemClock()
        self.transfers = Queue(
            transfers, self.filesystem, self.bus, clock, lock_file=lock
        )
        self.transfers.requests = []
        self.operations = Operations(self.filesystem, journal, bus=self.bus)

    def remote_names(self) -> Sequence[str]:
        return ["photos"]

    async def filesystem(self, name: str) -> FileSystem:
        for each in (self.local, self.photos):
            if each.name == name:
                return each
        raise UsageError(f"there is no remote {name!r}")

    async def glance(self, name: str, path: VPath, count: int) -> Sequence[Entry]:
        return ()


@contextlib.asynccontextmanager
async def fake_session(
    folder: Path, *, start: bool = True
) -> AsyncIterator[FakeSession]:
    """Open a session with its databases in `folder`; without `start` nothing runs."""
    async with contextlib.AsyncExitStack() as stack:
        databases = []
        for package in ("transfers", "operations"):
            schema = files(f"acd_tui.{package}") / "schema"
            database = Database(
                folder / f"{package}.sqlite", schema, synchronous="FULL"
            )
            await asyncio.to_thread(database.open)
            stack.push_async_callback(asyncio.to_thread, database.close)
            databases.append(database)
        session = FakeSession(databases[0], databases[1], folder / "queue.lock")
        stack.push_async_callback(session.transfers.close)
        if start:
            await session.transfers.start()
        yield session


def place(text: str) -> Place:
    """`local:/home` as a place."""
    name, _, path = text.partition(":")
    return Place(name, VPath.parse(path))


def lines(app: AcdApp) -> list[str]:
    """What is on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return [strip.text for strip in strips]


def text(app: AcdApp) -> str:
    return "\n".join(lines(app))


async def until(
    pilot: Pilot[None], condition: Callable[[], object], what: str = ""
) -> None:
    """Let the app work until something is so."""
    pause, end = 0.01, time.monotonic() + 60
    while time.monotonic() < end:
        if condition():
            return
        await pilot.pause(pause)
        pause = min(pause * 1.2, 0.1)  # what is looked at is drawn for that
    raise AssertionError(f"never so: {what or condition}\n{text(pilot.app)}")  # type: ignore[arg-type]
