"""Whatever goes wrong, at whatever step: nothing is lost, and the user knows."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import force_setattr, replace

from acd_tui.errors import (
    AcdError,
    Changed,
    Corrupt,
    Denied,
    Exists,
    Full,
    NotFound,
    SignInNeeded,
    Transient,
    Unconfirmed,
    Unreachable,
)
from acd_tui.transfers.events import SignInWanted
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, State, Transfer
from acd_tui.transfers.rows import Row
from acd_tui.transfers.store import Store
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import Content, FileSystem
from acd_tui.vfs.memory import Hook, MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.fakes import FakeClock
from tests.transfers.conftest import Rig, copy, run, until, until_state

FILE = VPath.parse("/d/a.bin")
DATA = bytes(range(256)) * 1024  # four pieces
STEPS = [
    ("here", "list"),
    ("here", "stat"),
    ("here", "read"),
    ("here", "piece"),
    ("there", "stat"),
    ("there", "make_folder"),
    ("there", "write"),
]


def failing(
    operation: str, error: Exception, *, times: int = 1, after: int = 0
) -> Hook:
    """Fail some calls of an operation, after some that go well."""
    calls = 0

    async def hook(called: str, path: VPath) -> None:
        nonlocal calls
        if called == operation:
            calls += 1
            if after < calls <= after + times:
                raise error

    return hook


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize(("side", "operation"), STEPS)
@pytest.mark.parametrize(
    "error",
    [Transient("down"), Corrupt("bad"), Changed("new"), Transient("x", retry_after=7)],
)
async def test_what_passes_is_got_over(
    rig: Rig,
    manager: TransferManager,
    side: str,
    operation: str,
    error: Transient,
    after: int,
) -> None:
    rig.here.put("/d/a.bin", DATA)
    rig.here.put("/d/e/b", b"b")
    fs = rig.filesystems[side]
    assert isinstance(fs, MemoryFileSystem)
    fs.hook = failing(operation, error, after=after, times=2)
    job = await run(manager, copy("/d"))
    assert job.counts == {State.DONE: 2}
    assert job.problems == ()
    assert rig.there.data("/in/d/a.bin") == DATA
    assert rig.there.data("/in/d/e/b") == b"b"
    assert len(await rig.there.list(VPath.parse("/in/d"))) == 2


@pytest.mark.parametrize(("side", "operation"), STEPS)
@pytest.mark.parametrize("error", [Denied("no"), Full("no room"), NotFound("gone")])
async def test_what_does_not_pass_is_said(
    rig: Rig, manager: TransferManager, side: str, operation: str, error: AcdError
) -> None:
    rig.here.put("/d/a.bin", DATA)
    fs = rig.filesystems[side]
    assert isinstance(fs, MemoryFileSystem)
    if (side, operation) == ("there", "stat") and isinstance(error, NotFound):
        return  # that is how it looks when nothing is there
    fs.hook = failing(operation, error, times=99)
    job = await run(manager, copy("/d"))
    assert job.finished
    said = [t.reason for t in await manager.transfers(states=[State.FAILED])]
    assert any(error.message in (text or "") for text in [*said, *job.problems])
    fs.hook = None
    if said:
        await manager.retry(None)
        job = await manager.wait(job.id)
        assert job.counts == {State.DONE: 1}
        assert rig.there.data("/in/d/a.bin") == DATA


async def test_patience_ends(
    rig: Rig, manager: TransferManager, clock: FakeClock
) -> None:
    rig.here.put("/a", b"1")
    rig.there.hook = failing("write", Transient("down"), times=5)
    job = await run(manager, copy("/a"))
    assert job.counts == {State.FAILED: 1}
    (transfer,) = await manager.transfers()
    assert (transfer.reason, transfer.attempts) == ("down", 5)
    assert transfer.hint == "it was tried 5 times; try it again later"
    assert transfer.finished is not None
    pauses = [pause for pause in clock.slept if pause]
    assert len(pauses) >= 4
    assert all(pause < 32 for pause in pauses)
    await manager.retry([transfer.id])
    assert (await manager.wait(job.id)).counts == {State.DONE: 1}


@pytest.mark.parametrize(("side", "operation"), STEPS)
async def test_what_cannot_be_reached_is_waited_for_however_long_it_takes(
    rig: Rig, manager: TransferManager, side: str, operation: str
) -> None:
    rig.here.put("/d/a.bin", DATA)
    rig.here.put("/d/e/b", b"b")
    fs = rig.filesystems[side]
    assert isinstance(fs, MemoryFileSystem)
    fs.hook = failing(operation, Unreachable("cannot reach it"), times=60)

    job = await run(manager, copy("/d"))

    assert job.counts == {State.DONE: 2}
    assert not job.problems
    assert rig.there.data("/in/d/a.bin") == DATA


async def test_planning_gives_up_with_words(rig: Rig, manager: TransferManager) -> None:
    rig.here.put("/d/a", b"1")
    rig.here.put("/e/b", b"1")
    rig.here.hook = failing("list", Transient("down"), times=5)
    job = await run(manager, copy("/d", "/e"))
    assert job.problems == ("/d is not copied: down",)
    assert job.counts == {State.DONE: 1}


async def test_an_error_nobody_thought_of_fails_one_transfer_only(
    rig: Rig, manager: TransferManager, caplog: pytest.LogCaptureFixture
) -> None:
    rig.here.put("/d/a", b"1")
    rig.here.put("/d/b", b"1")
    rig.there.hook = failing("write", ZeroDivisionError("secret detail"))
    job = await run(manager, copy("/d"))
    assert job.counts == {State.FAILED: 1, State.DONE: 1}
    (failed,) = await manager.transfers(states=[State.FAILED])
    assert failed.reason == "an error in the program: ZeroDivisionError"
    assert "secret detail" in caplog.text


async def test_an_error_nobody_thought_of_ends_planning_with_words(
    rig: Rig, manager: TransferManager, caplog: pytest.LogCaptureFixture
) -> None:
    rig.here.put("/d/a", b"1")
    rig.here.hook = failing("list", ZeroDivisionError("boom"))
    job = await run(manager, copy("/d"))
    assert job.finished
    assert "an error in the program (ZeroDivisionError)" in job.problems[0]
    assert "boom" in caplog.text


async def test_what_was_stored_wrong_is_stored_again_and_asked_nothing(
    rig: Rig, manager: TransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.here.put("/a", b"right")
    write, bad = rig.there.write, [b"wrong", b"short"]

    async def spoiling(
        path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        entry = await write(path, content, replacing=replacing)
        return rig.there.put(str(path), bad.pop()) if bad else entry

    monkeypatch.setattr(rig.there, "write", spoiling)
    job = await run(manager, copy("/a"))
    assert job.counts == {State.DONE: 1}
    assert rig.there.data("/in/a") == b"right"
    (transfer,) = await manager.transfers()
    assert transfer.attempts == 3


async def test_a_source_that_changes_after_it_was_read_is_copied_again(
    rig: Rig, manager: TransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.here.put("/a", b"old")
    write = rig.there.write
    changed = False

    async def then_change(
        path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        nonlocal changed
        entry = await write(path, content, replacing=replacing)
        if not changed:
            changed = True
            rig.here.put("/a", b"newer", modified_ns=9)
        return entry

    monkeypatch.setattr(rig.there, "write", then_change)
    job = await run(manager, copy("/a"))
    assert job.counts == {State.DONE: 1}
    assert rig.there.data("/in/a") == b"newer"
    assert job.size == len(b"newer")


async def test_a_source_that_became_a_folder(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/c", b"3")
    rig.here.hook = failing("stat", NotFound("there is no /c"), after=1)
    job_ = await run(manager, copy("/c"))
    assert job_.counts == {State.FAILED: 1}
    (failed,) = await manager.transfers(states=[State.FAILED])
    assert failed.reason == "there is no /c"
    rig.here.hook = None
    await rig.here.trash(VPath.parse("/c"))
    rig.here.put_folder("/c")
    await manager.retry(None)
    job_ = await manager.wait(job_.id)
    (failed,) = await manager.transfers(states=[State.FAILED])
    assert failed.reason == "/c is no file any more"


async def test_something_appears_at_the_target_meanwhile(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a", b"ours")

    async def appear(operation: str, path: VPath) -> None:
        if operation == "write":
            rig.there.hook = None
            rig.there.put("/in/a", b"theirs")

    rig.there.hook = appear
    job = await run(manager, copy("/a"))
    assert job.counts == {State.CONFLICT: 1}
    assert rig.there.data("/in/a") == b"theirs"


async def test_a_target_that_never_stands_still(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a", b"ours")
    rig.there.hook = failing("write", Exists("again"), times=999)
    job = await run(manager, copy("/a"))
    assert job.counts == {State.FAILED: 1}
    (transfer,) = await manager.transfers()
    assert transfer.reason == "something keeps changing at /in/a"


async def test_no_free_name(rig: Rig, manager: TransferManager) -> None:
    rig.here.put("/a", b"ours")
    for number in range(2, 1001):
        rig.there.put(f"/in/a ({number})", b"")
    rig.there.put("/in/a", b"theirs")
    job = await run(manager, copy("/a", policy=ConflictPolicy.RENAME))
    assert job.counts == {State.FAILED: 1}


class Late(MemoryFileSystem):
    """A service that answers 504 and shows the file only some seconds later."""

    def __init__(self, clock: FakeClock, delay: float, patience: float = 60) -> None:
        super().__init__("there", clock=clock)
        self.clock = clock
        self.delay = delay
        self.patience = patience
        self.writes = 0
        self.hidden: list[tuple[float, VPath, bytes]] = []

    async def stat(self, path: VPath) -> Entry:
        for when, hidden, data in self.hidden:
            if self.clock.now() >= when:
                self.put(str(hidden), data)
        return await super().stat(path)

    async def write(
        self, path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        self.writes += 1
        async with content.open() as pieces:
            data = b"".join([piece async for piece in pieces])
        self.hidden.append((self.clock.now() + self.delay, path, data))
        raise Unconfirmed("504", patience=self.patience, retry_after=5)


async def test_sent_and_shown_later_is_done_without_sending_again(
    rig: Rig, manager: TransferManager, clock: FakeClock
) -> None:
    late = rig.filesystems["there"] = Late(clock, delay=42)
    late.put_folder("/in")
    rig.here.put("/a", DATA)
    job = await run(manager, copy("/a"))
    assert job.counts == {State.DONE: 1}
    assert late.data("/in/a") == DATA
    assert late.writes == 1
    (transfer,) = await manager.transfers()
    assert transfer.attempts == 1


async def test_what_was_read_before_it_ended_is_not_begun_from_that(
    rig: Rig,
    manager: TransferManager,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The queue is read on while one is in hand, and that may take until it has ended."""
    read = Store.waiting
    stale = 0

    async def slowly(self: Store, *what: Any) -> list[Row]:
        nonlocal stale
        found = await read(self, *what)
        hands = manager._runner._hands
        ids = [row.transfer.id for row in found if row.transfer.id in hands]
        if ids and not stale:
            stale += 1
            while hands or (await self.states(ids))[ids[0]] is not State.QUEUED:
                await asyncio.sleep(0)
        return found

    monkeypatch.setattr(Store, "waiting", slowly)
    late = rig.filesystems["there"] = Late(clock, delay=42)
    late.put_folder("/in")
    rig.here.put("/a", DATA)
    job = await run(manager, copy("/a"))
    assert stale
    assert job.counts == {State.DONE: 1}
    assert late.writes == 1


async def test_sent_over_another_file_and_shown_later(
    rig: Rig, manager: TransferManager, clock: FakeClock
) -> None:
    late = rig.filesystems["there"] = Late(clock, delay=42)
    late.put("/in/a", b"old")
    rig.here.put("/a", DATA)
    job = await run(manager, copy("/a", policy=ConflictPolicy.OVERWRITE))
    assert job.counts == {State.DONE: 1}
    assert (late.data("/in/a"), late.writes) == (DATA, 1)


async def test_sent_and_never_shown_is_sent_again_and_then_fails(
    rig: Rig, manager: TransferManager, clock: FakeClock
) -> None:
    late = rig.filesystems["there"] = Late(clock, delay=1e9, patience=20)
    late.put_folder("/in")
    rig.here.put("/a", DATA)
    before = clock.now()
    job = await run(manager, copy("/a"))
    assert job.counts == {State.FAILED: 1}
    assert late.writes == 5
    assert clock.now() - before >= 5 * 20


async def test_what_was_never_shown_is_sent_again_by_a_retry(
    rig: Rig, manager: TransferManager, clock: FakeClock
) -> None:
    late = rig.filesystems["there"] = Late(clock, delay=1e9, patience=20)
    late.put_folder("/in")
    rig.here.put("/a", DATA)
    once = replace(copy("/a"), options=CopyOptions(attempts=1))
    job = await run(manager, once)
    assert (job.counts, late.writes) == ({State.FAILED: 1}, 1)
    (transfer,) = await manager.transfers()
    assert transfer.hint == "it was tried once; try it again later"
    late.delay = 5
    await manager.retry(None)
    assert (await manager.wait(job.id)).counts == {State.DONE: 1}
    assert late.writes == 2


async def test_sent_is_remembered_across_restarts(rig: Rig, clock: FakeClock) -> None:
    late = rig.filesystems["there"] = Late(clock, delay=1e9)
    late.put_folder("/in")
    rig.here.put("/a", DATA)
    clock.auto = False
    manager = await rig.started()
    job = await manager.enqueue(copy("/a"))
    waiting = await until_state(manager, State.WAITING)
    assert waiting.reason == "sent whole, but the service does not show it yet"
    await manager.close()
    late.hidden[0] = (clock.now() + 30, late.hidden[0][1], DATA)
    clock.time += 31
    manager = await rig.started()
    assert (await manager.wait(job)).counts == {State.DONE: 1}
    assert late.writes == 1


async def test_a_sign_in_is_asked_for_once_and_all_goes_on_after_it(
    rig: Rig, clock: FakeClock
) -> None:
    clock.auto = False
    manager = await rig.started()
    wanted = rig.collect(SignInWanted)
    for number in range(20):
        rig.here.put(f"/d/{number}", b"x")
    job = await manager.enqueue(copy("/d"))
    await manager.wait(job)
    for number in range(20):
        rig.here.put(f"/d/{number}", b"new")
    rig.there.hook = failing("write", SignInNeeded("sign in again"), times=999)
    job = await manager.enqueue(copy("/d", policy=ConflictPolicy.OVERWRITE))
    resting = await manager.wait(job)  # nothing goes on without the user
    assert not resting.finished
    waiting = await manager.transfers(states=[State.WAITING])
    assert 1 <= len(waiting) <= 4
    assert waiting[0].reason == "sign in again"
    assert [event.filesystem for event in wanted] == ["there"]
    rig.there.hook = None
    await manager.filesystem_ready("there")
    assert (await manager.wait(job)).counts == {State.DONE: 20}
    assert len(wanted) == 1


async def test_a_sign_in_of_the_source(rig: Rig, clock: FakeClock) -> None:
    clock.auto = False
    manager = await rig.started()
    wanted = rig.collect(SignInWanted)
    rig.here.put("/a", DATA)
    rig.here.hook = failing("piece", SignInNeeded("revoked"), times=1)
    job = await manager.enqueue(copy("/a"))
    await manager.wait(job)
    assert [event.filesystem for event in wanted] == ["here"]
    assert (await manager.job(job)).counts == {State.WAITING: 1}
    clock.advance(61)  # it is asked again by itself
    while not (await manager.job(job)).finished:
        await asyncio.sleep(0.01)


async def test_resume_does_not_wait_for_a_sign_in(rig: Rig, clock: FakeClock) -> None:
    clock.auto = False
    manager = await rig.started()
    rig.here.put("/a", DATA)
    rig.here.hook = failing("piece", SignInNeeded("revoked"), times=1)
    job = await manager.enqueue(copy("/a"))
    assert (await manager.wait(job)).counts == {State.WAITING: 1}
    await manager.resume(None)
    while not (await manager.job(job)).finished:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("side", ["here", "there"])
async def test_a_sign_in_while_planning(rig: Rig, clock: FakeClock, side: str) -> None:
    clock.auto = False
    manager = await rig.started()
    wanted = rig.collect(SignInWanted)
    rig.here.put("/d/a", b"1")
    fs = rig.filesystems[side]
    assert isinstance(fs, MemoryFileSystem)
    fs.hook = failing("stat", SignInNeeded("sign in"), times=999)
    job = await manager.enqueue(copy("/d"))
    resting = await manager.wait(job)
    assert resting.planning
    assert [event.filesystem for event in wanted] == [side]
    fs.hook = None
    await manager.filesystem_ready(side)
    while not (await manager.job(job)).finished:
        await asyncio.sleep(0.01)
    assert rig.there.data("/in/d/a") == b"1"


async def test_planning_asks_again_by_itself(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/d/a", b"1")
    rig.here.hook = failing("list", SignInNeeded("sign in"))
    job = await manager.enqueue(copy("/d"))
    while not (await manager.job(job)).finished:
        await asyncio.sleep(0.01)
    assert rig.there.data("/in/d/a") == b"1"


async def test_an_unknown_filesystem_is_waited_for(rig: Rig, clock: FakeClock) -> None:
    clock.auto = False
    manager = await rig.started()
    rig.here.put("/a", b"1")
    there = rig.filesystems.pop("there")
    job = await manager.enqueue(copy("/a"))
    await asyncio.sleep(0.05)
    assert (await manager.job(job)).planning
    rig.filesystems["there"] = there
    await manager.filesystem_ready("there")
    assert (await manager.wait(job)).counts == {State.DONE: 1}


async def test_a_filesystem_that_goes_away_burns_no_attempts(
    rig: Rig, clock: FakeClock
) -> None:
    clock.auto = False
    manager = await rig.started()
    rig.here.put("/a", b"1")
    await manager.enqueue(copy("/a"))
    gone: dict[str, FileSystem] = {}

    async def leave(operation: str, path: VPath) -> None:
        if operation == "write":
            rig.there.hook = None
            gone["there"] = rig.filesystems.pop("there")
            raise Transient("connection lost")

    rig.there.hook = leave
    await until_state(manager, State.WAITING)

    asked: set[float] = set()

    def asked_often(transfer: Transfer) -> bool:
        clock.advance(10)
        if transfer.wake is not None and transfer.reason != "connection lost":
            asked.add(transfer.wake)
        return transfer.state is State.WAITING and len(asked) > 6

    waiting = await until(manager, asked_often)
    assert waiting.state is State.WAITING
    assert waiting.reason == "there is no remote called there"
    assert waiting.attempts == 1
    rig.filesystems.update(gone)
    await manager.filesystem_ready("there")
    job = await manager.wait(waiting.job)
    assert job.counts == {State.DONE: 1}


async def test_a_clock_that_was_set_back_delays_nothing(
    rig: Rig, clock: FakeClock
) -> None:
    clock.auto = False
    manager = await rig.started()
    rig.here.put("/a", b"1")
    rig.there.hook = failing("write", Transient("down", retry_after=50))
    job = await manager.enqueue(copy("/a"))
    await until_state(manager, State.WAITING)
    clock.time -= 7200
    clock._sleepers.sort()
    for _end, _number, woken in clock._sleepers:
        woken.set()
    clock._sleepers.clear()
    assert (await manager.wait(job)).counts == {State.DONE: 1}


async def test_the_queues_own_disk_is_full_for_a_while(
    rig: Rig, manager: TransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        rig.here.put(f"/d/{number}", b"x")
    database = rig.databases[0]
    write = database.write
    count = 0

    async def sometimes(work: Callable[[sqlite3.Connection], object]) -> object:
        nonlocal count
        count += 1
        if 12 < count < 30:
            raise Full("no room left on the disk of the queue")
        return await write(work)

    monkeypatch.setattr(database, "write", sometimes)
    job = await manager.enqueue(copy("/d"))
    job_ = await manager.wait(job)
    assert sum(job_.counts.values()) == 30
    assert set(job_.counts) <= {State.DONE, State.SKIPPED}
    assert len(await rig.there.list(VPath.parse("/in/d"))) == 30


async def test_what_was_in_hand_goes_on_however_long_the_queues_disk_is_full(
    rig: Rig,
    manager: TransferManager,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig.here.put("/a", b"x")
    database = rig.databases[0]
    write = database.write
    until = 0.0

    async def full(called: str, path: VPath) -> None:
        nonlocal until
        if called == "write" and not until:
            until = clock.time + 60

    async def sometimes(work: Callable[[sqlite3.Connection], object]) -> object:
        if clock.time < until:
            raise Full("no room left on the disk of the queue")
        return await write(work)

    rig.there.hook = full
    monkeypatch.setattr(database, "write", sometimes)
    assert (await run(manager, copy("/a"))).finished
    assert clock.time >= until > 0


class Mute(MemoryFileSystem):
    """A disk: its listings say no MD5; it can be asked for one, or not even that."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.hashed = 0

    async def stat(self, path: VPath) -> Entry:
        entry = await super().stat(path)
        return Entry(
            name=entry.name,
            kind=entry.kind,
            size=entry.size,
            modified_ns=entry.modified_ns,
            id=entry.id,
        )

    async def read(self, path: VPath) -> Content:
        content = await super().read(path)
        content.md5 = None  # type: ignore[misc]
        return content

    async def write(
        self, path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        there = None if replacing is None else await super().stat(path)
        await super().write(path, content, replacing=there)
        return await self.stat(path)


class Hashing(Mute):
    async def md5(self, path: VPath) -> str:
        self.hashed += 1
        return hashlib.md5(self.data(str(path))).hexdigest()


@pytest.mark.parametrize("source", [Mute, Hashing])
@pytest.mark.parametrize("target", [Mute, Hashing, MemoryFileSystem])
async def test_what_knows_no_md5_is_verified_all_the_same(
    rig: Rig,
    manager: TransferManager,
    source: type[Mute],
    target: type[MemoryFileSystem],
) -> None:
    here, there = source("here"), target("there")
    rig.filesystems.update(here=here, there=there)
    here.put("/d/a", DATA)
    here.put("/d/b", b"")
    job = await run(manager, copy("/d"))
    assert job.counts == {State.DONE: 2}
    assert there.data("/in/d/a") == DATA
    there.put("/in/d/a", DATA[::-1])  # as large, but other bytes
    job = await run(manager, copy("/d", policy=ConflictPolicy.OVERWRITE))
    assert State.CONFLICT not in job.counts
    assert there.data("/in/d/a") == DATA


async def test_a_disk_that_stored_other_bytes_is_found_out(
    rig: Rig, manager: TransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = Hashing("here"), Hashing("there")
    rig.filesystems.update(here=here, there=there)
    here.put("/a", DATA)
    write = there.write

    async def flip(
        path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        await write(path, content, replacing=replacing)
        there.put(str(path), b"\xff" + DATA[1:])
        return await there.stat(path)

    monkeypatch.setattr(there, "write", flip)
    job = await run(manager, copy("/a"))
    assert job.counts == {State.FAILED: 1}
    (transfer,) = await manager.transfers()
    assert transfer.reason == "the MD5 of /in/a is not that of what was sent"


async def test_a_filesystem_that_breaks_down_on_opening(
    rig: Rig, manager: TransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.here.put("/a", b"1")
    rig.here.put("/b", b"1")
    await run(manager, copy("/a"))
    find, asked = rig.find, 0

    async def break_down(name: str) -> FileSystem:
        nonlocal asked
        asked += 1
        if asked == 3:  # the planner asked for both
            raise ZeroDivisionError
        return await find(name)

    monkeypatch.setattr(manager._runner, "_filesystems", break_down)
    force_setattr(manager._context, "filesystems", break_down)
    job = await run(manager, copy("/b"))
    assert job.counts == {State.FAILED: 1}


async def test_opening_that_fails_for_a_while_holds_planning_up_only(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a", b"1")
    find, asked = rig.find, 0

    async def troubled(name: str) -> FileSystem:
        nonlocal asked
        asked += 1
        if asked <= 2:
            raise Transient("no route to host")
        return await find(name)

    force_setattr(manager._context, "filesystems", troubled)
    job = await run(manager, copy("/a"))
    assert job.counts == {State.DONE: 1}
    assert asked > 2


async def test_an_answer_that_is_no_file_is_not_believed(
    rig: Rig, manager: TransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.here.put("/a", b"1")
    write = rig.there.write

    async def to_folder(
        path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        await write(path, content, replacing=replacing)
        return await rig.there.stat(path.parent)

    monkeypatch.setattr(rig.there, "write", to_folder)
    job = await run(manager, copy("/a"))
    # What was stored is looked at again, and found to be right after all.
    assert job.counts == {State.DONE: 1}


async def test_a_source_that_is_read_short_is_found_out(
    rig: Rig, manager: TransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = Mute("here"), Mute("there")
    rig.filesystems.update(here=here, there=there)
    here.put("/a", DATA)
    write = there.write

    async def cut(
        path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        await write(path, content, replacing=replacing)
        there.put(str(path), DATA[:-1])
        return await there.stat(path)

    monkeypatch.setattr(there, "write", cut)
    job = await run(manager, copy("/a"))
    (transfer,) = await manager.transfers(job=job.id)
    assert transfer.reason == f"/in/a has {len(DATA) - 1} bytes instead of {len(DATA)}"


class Processing(MemoryFileSystem):
    """Does not know the size of a file yet."""

    async def stat(self, path: VPath) -> Entry:
        return replace(await super().stat(path), size=None, md5=None)

    async def read(self, path: VPath) -> Content:
        raise Transient("the service has not finished processing it")


async def test_a_file_whose_size_is_not_known_yet(
    rig: Rig, manager: TransferManager
) -> None:
    here = rig.filesystems["here"] = Processing("here")
    here.put("/a", b"1")
    job = await run(manager, copy("/a"))
    (transfer,) = await manager.transfers()
    assert job.counts == {State.FAILED: 1}
    assert transfer.reason == "the service has not finished processing it"


async def test_trouble_while_looking_for_what_was_sent_does_not_send_it_again(
    rig: Rig, manager: TransferManager, clock: FakeClock
) -> None:
    rig.here.put("/a", DATA)
    writes = looks = 0

    async def hook(called: str, path: VPath) -> None:
        nonlocal writes, looks
        if called == "write":
            writes += 1
            rig.there.hook = looking
            raise Unconfirmed("sent", patience=600.0)

    async def looking(called: str, path: VPath) -> None:
        nonlocal writes, looks
        writes += called == "write"
        if called == "stat" and path == VPath.parse("/in/a"):
            looks += 1
            if looks == 1:
                raise Transient("busy")
            if looks == 3:
                rig.there.put("/in/a", DATA)

    rig.there.hook = hook
    job = await run(manager, copy("/a"))
    assert job.counts == {State.DONE: 1}
    assert (writes, looks) == (1, 3)
