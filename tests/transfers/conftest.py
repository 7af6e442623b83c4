"""A queue on a real database between filesystems in memory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import pytest

from acd_tui.db import Database
from acd_tui.errors import NotFound, UsageError
from acd_tui.events import EventBus
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import (
    ConflictPolicy,
    CopyOptions,
    CopyRequest,
    Job,
    State,
    Transfer,
)
from acd_tui.vfs.entry import Entry, MirrorStatus
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.fakes import FakeClock

E = TypeVar("E")


def open_queue(path: Path) -> Database:
    database = Database(path, files("acd_tui.transfers") / "schema", synchronous="FULL")
    database.open()
    return database


@dataclass
class Rig:
    """Two filesystems in memory, `here` and `there`, and a queue between them."""

    folder: Path
    clock: FakeClock
    here: MemoryFileSystem
    there: MemoryFileSystem
    bus: EventBus
    filesystems: dict[str, FileSystem]
    managers: list[TransferManager] = field(default_factory=list)
    databases: list[Database] = field(default_factory=list)
    subscriptions: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    slots: int = 4

    async def find(self, name: str) -> FileSystem:
        if name not in self.filesystems:
            raise UsageError(f"there is no remote called {name}")
        return self.filesystems[name]

    def manager(self, *, bus: EventBus | None = None) -> TransferManager:
        """Another process, as far as the queue can tell."""
        database = open_queue(self.folder / "queue.sqlite")
        manager = TransferManager(
            database,
            self.find,
            bus or self.bus,
            self.clock,
            lock_file=self.folder / "queue.lock",
            slots=self.slots,
        )
        self.managers.append(manager)
        self.databases.append(database)
        return manager

    async def started(self) -> TransferManager:
        manager = self.manager()
        await manager.start()
        return manager

    async def close(self) -> None:
        self.subscriptions.close()
        for manager in self.managers:
            await manager.close()
        for database in self.databases:
            await asyncio.to_thread(database.close)

    def collect(self, kind: type[E]) -> list[E]:
        events: list[E] = []
        self.subscriptions.enter_context(self.bus.subscribed(kind, events.append))
        return events


class Behind(MemoryFileSystem):
    """Answers from a copy that is behind until it is refreshed.

    Attributes:
        news: what a refresh brings.
        unseen: what came after the refresh; only a question to the service shows it.
    """

    def __init__(self, name: str, *, complete: bool = True) -> None:
        super().__init__(name)
        self.complete = complete
        self.news: list[Callable[[], object]] = []
        self.unseen: list[Callable[[], object]] = []
        self.refreshed = self.confirmed = 0

    async def refresh(self) -> None:
        self.refreshed += 1
        while self.news:
            self.news.pop()()

    async def mirror_status(self, *, count: bool = True) -> MirrorStatus:
        return MirrorStatus(
            complete=self.complete, nodes=0, filling=False, checked=None
        )

    async def list_now(self, path: VPath) -> Sequence[Entry]:
        self._see()
        return await self.list(path)

    def _see(self) -> None:
        while self.unseen:
            self.unseen.pop()()

    async def confirm(self, path: VPath) -> Entry | None:
        self.confirmed += 1
        self._see()
        try:
            return await self.stat(path)
        except NotFound:
            return None


def calls_of(filesystem: MemoryFileSystem) -> list[tuple[str, VPath]]:
    """Note from now on what is asked of `filesystem`: the operation and its path."""
    calls: list[tuple[str, VPath]] = []

    async def note(operation: str, path: VPath) -> None:
        calls.append((operation, path))

    filesystem.hook = note
    return calls


def copy(
    *paths: str,
    to: str = "/in",
    policy: ConflictPolicy = ConflictPolicy.ASK,
    source: str = "here",
    target: str = "there",
    rename: str | None = None,
    contents: bool = False,
    move: bool = False,
) -> CopyRequest:
    return CopyRequest(
        source=source,
        paths=tuple(VPath.parse(path) for path in paths),
        target=target,
        folder=VPath.parse(to),
        policy=policy,
        rename=rename,
        contents=contents,
        options=CopyOptions(move=move),
    )


async def until(
    manager: TransferManager, condition: Callable[[Transfer], bool]
) -> Transfer:
    """Wait until one transfer is as described."""
    while True:
        for transfer in await manager.transfers():
            if condition(transfer):
                return transfer
        await asyncio.sleep(0.005)


async def until_state(manager: TransferManager, state: State) -> Transfer:
    return await until(manager, lambda transfer: transfer.state is state)


async def run(manager: TransferManager, request: CopyRequest) -> Job:
    return await manager.wait(await manager.enqueue(request))


@pytest.fixture
async def rig(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Rig]:
    here = MemoryFileSystem("here", clock=clock)
    there = MemoryFileSystem("there", clock=clock)
    rig = Rig(
        folder=tmp_path,
        clock=clock,
        here=here,
        there=there,
        bus=EventBus(),
        filesystems={"here": here, "there": there},
    )
    yield rig
    await rig.close()


@pytest.fixture
async def manager(rig: Rig) -> TransferManager:
    return await rig.started()
