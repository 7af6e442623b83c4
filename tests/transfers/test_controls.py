"""Pause, resume, cancel, retry, hold, slots; and several processes on one queue."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from acd_tui.errors import Denied, PartlyFailed, Transient, UsageError
from acd_tui.events import EventBus
from acd_tui.transfers.lock import QueueLock
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import ConflictPolicy, JobFinished, State, TransferFinished
from acd_tui.transfers.rows import Applied
from acd_tui.transfers.store import Store
from acd_tui.transfers.sync_plan import why_keep
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.fakes import FakeClock
from tests.transfers.conftest import Rig, copy, run, until, until_state

DATA = bytes(1_000_000)


class Gate:
    """Lets some pieces of files through and then holds all reading up."""

    def __init__(self, pieces: int = 3) -> None:
        self.left = pieces
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()
        self.reading = 0
        self.most = 0

    async def __call__(self, operation: str, path: VPath) -> None:
        if operation != "piece":
            return
        self.left -= 1
        if self.left < 0 and not self.opened.is_set():
            self.reached.set()
            self.reading += 1
            self.most = max(self.most, self.reading)
            try:
                await self.opened.wait()
            finally:
                self.reading -= 1


class Keeping(MemoryFileSystem):
    """Keeps what an interrupted write has got, as a disk does."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.discarded: list[tuple[VPath, str | None]] = []

    async def discard_partial(self, path: VPath, md5: str | None) -> None:
        self.discarded.append((path, md5))


@pytest.fixture
def gate(rig: Rig) -> Gate:
    gate = Gate()
    rig.here.put("/a", DATA)
    rig.here.hook = gate
    return gate


async def test_progress_is_seen_while_it_runs(
    rig: Rig, manager: TransferManager, gate: Gate, clock: FakeClock
) -> None:
    job = await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    await until_state(manager, State.RUNNING)
    clock.time += 1
    (running,) = manager.snapshot().running
    assert running.done == 3 * 64 * 1024
    assert running.rate > 0
    assert running.left is not None
    snapshot = manager.snapshot()
    assert snapshot.done == running.done
    assert snapshot.size == len(DATA)
    assert snapshot.rate > 0
    assert snapshot.counts == {State.RUNNING: 1}
    gate.opened.set()
    await manager.wait(job)
    while manager.snapshot().revision == snapshot.revision:
        await asyncio.sleep(0.005)  # the totals are read anew now and then


async def test_pausing_in_the_middle_of_a_file(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    job = await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    (transfer,) = await manager.transfers()
    await manager.pause([transfer.id])
    paused = await manager.wait(job)
    assert paused.counts == {State.PAUSED: 1}
    assert rig.there.capacity is None
    assert await rig.there.list(VPath.parse("/in")) == []
    await until(manager, lambda t: t.done == 3 * 64 * 1024)
    assert gate.reading == 0
    assert manager.snapshot().running == ()
    gate.opened.set()
    await manager.resume([transfer.id])
    assert (await manager.wait(job)).counts == {State.DONE: 1}
    assert rig.there.data("/in/a") == DATA


@pytest.mark.parametrize("all_of_them", [False, True])
async def test_who_has_waited_has_been_told(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, all_of_them: bool
) -> None:
    real = Store.apply

    async def answer_late(*given: Any) -> Applied | None:
        applied = await real(*given)
        await asyncio.sleep(0.05)  # as where others keep the processor
        return applied

    monkeypatch.setattr(Store, "apply", answer_late)
    told, over = rig.collect(TransferFinished), rig.collect(JobFinished)
    manager = await rig.started()
    rig.here.put("/a", b"1")
    job = await manager.enqueue(copy("/a"))
    await (manager.wait_all() if all_of_them else manager.wait(job))
    assert [event.transfer.state for event in told] == [State.DONE]
    assert [event.job.id for event in over] == [job]


@pytest.mark.parametrize("target", ["local", "there"])
async def test_what_rests_counts_as_done_as_far_as_it_need_not_come_again(
    rig: Rig, manager: TransferManager, gate: Gate, target: str
) -> None:
    """A download goes on from where it was, an upload starts anew."""
    rig.filesystems["local"] = Keeping("local")
    here = 3 * 64 * 1024
    job = await manager.enqueue(copy("/a", target=target))
    await gate.reached.wait()
    (transfer,) = await manager.transfers()
    await manager.pause([transfer.id])
    await manager.wait(job)
    rests = await until(manager, lambda t: t.done == here)
    kept = here if target == "local" else 0
    assert rests.arrived == kept
    assert manager.snapshot().done == kept
    assert (await manager.job(job)).done == kept
    gate.reached.clear()
    gate.left = 2
    gate.opened.clear()
    await manager.resume([transfer.id])
    await gate.reached.wait()
    (running,) = manager.snapshot().running
    assert manager.snapshot().done == running.done == 2 * 64 * 1024
    gate.opened.set()
    await manager.wait(job)
    assert manager.snapshot().past_size == len(DATA)


async def test_cancelling_in_the_middle_of_a_file_leaves_nothing(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    there = rig.filesystems["there"] = Keeping("there")
    over = rig.collect(JobFinished)
    job = await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    await manager.cancel(None)
    assert (await manager.wait(job)).counts == {State.CANCELLED: 1}
    while not there.discarded:
        await asyncio.sleep(0.005)
    entry = await rig.here.stat(VPath.parse("/a"))
    assert there.discarded == [(VPath.parse("/in/a"), entry.md5)]
    assert await there.list(VPath.parse("/in")) == []
    assert len(over) == 1


async def test_cancelling_what_is_paused_discards_what_was_kept(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    there = rig.filesystems["there"] = Keeping("there")
    job = await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    await manager.pause(None)
    await manager.wait(job)
    assert there.discarded == []
    await manager.cancel(None)
    entry = await rig.here.stat(VPath.parse("/a"))
    assert there.discarded == [(VPath.parse("/in/a"), entry.md5)]


async def test_a_discard_that_fails_is_only_logged(
    rig: Rig,
    manager: TransferManager,
    gate: Gate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    await manager.pause(None)
    del rig.filesystems["there"]
    await manager.cancel(None)
    assert "no remote called there" in caplog.text


async def test_cancelled_and_tried_again(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    job = await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    await manager.cancel(None)
    await manager.wait(job)
    gate.opened.set()
    await manager.retry(None)  # not what was cancelled, unless it is named
    assert (await manager.job(job)).counts == {State.CANCELLED: 1}
    (transfer,) = await manager.transfers()
    await manager.retry([transfer.id])
    assert (await manager.wait(job)).counts == {State.DONE: 1}


async def test_paused_and_resumed_at_once(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    job = await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    gate.opened.set()
    await asyncio.gather(*(f(None) for f in [manager.pause, manager.resume] * 5))
    await manager.resume(None)
    assert (await manager.wait(job)).counts == {State.DONE: 1}
    assert rig.there.data("/in/a") == DATA


async def test_cancelling_stops_planning(rig: Rig, manager: TransferManager) -> None:
    for folder in range(20):
        rig.here.put(f"/d/{folder}/a", b"1")
    reached, opened = asyncio.Event(), asyncio.Event()

    async def stop(operation: str, path: VPath) -> None:
        if operation == "list" and path.name == "3":
            reached.set()
            await opened.wait()

    rig.here.hook = stop
    one = await manager.enqueue(copy("/d"))
    other = await manager.enqueue(copy("/d", to="/other"))
    await reached.wait()
    await manager.cancel(None, job=one)
    opened.set()
    assert (await manager.wait(one)).finished
    await manager.wait(other)
    assert (await manager.job(other)).counts == {State.DONE: 20}
    cancelled = await manager.job(one)
    assert sum(cancelled.counts.values()) < 20
    assert "cancelled" in cancelled.problems[0]
    assert isinstance(why_keep((), cancelled), PartlyFailed)
    assert not (await manager.job(other)).problems


async def test_what_was_cancelled_is_known_as_long_as_its_job_runs(rig: Rig) -> None:
    rig.here.put("/a", b"1")
    rig.here.put("/b", b"22")
    reached, opened = asyncio.Event(), asyncio.Event()

    async def stop(operation: str, path: VPath) -> None:
        if operation == "read" and path.name == "a":
            reached.set()
            await opened.wait()

    rig.here.hook = stop
    rig.slots = 1
    manager, other = await rig.started(), rig.manager()
    job = await manager.enqueue(copy("/a", "/b"))
    await reached.wait()
    await until(manager, lambda transfer: transfer.source.path.name == "b")
    (waiting,) = [
        transfer
        for transfer in await other.transfers()
        if transfer.source.path.name == "b"
    ]
    await other.cancel([waiting.id])
    assert await other.clear_finished() == 0
    opened.set()
    assert (await manager.wait(job)).counts == {State.DONE: 1, State.CANCELLED: 1}
    assert await other.clear_finished() == 2
    assert not await other.transfers()


async def test_holding_the_whole_queue(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    rig.here.put("/b", b"1")
    job = await manager.enqueue(copy("/a", "/b"))
    await gate.reached.wait()
    await manager.hold()
    held = await manager.wait(job)
    assert not held.finished
    snapshot = manager.snapshot()
    assert snapshot.paused
    while manager.snapshot().running:
        await asyncio.sleep(0.005)
    later = await manager.enqueue(copy("/b", to="/late"))
    await asyncio.sleep(0.05)
    assert (await manager.job(later)).planning
    gate.opened.set()
    await manager.release()
    assert (await manager.wait(job)).counts == {State.DONE: 2}
    assert (await manager.wait(later)).counts == {State.DONE: 1}


async def test_a_held_queue_is_held_after_a_restart(rig: Rig) -> None:
    manager = await rig.started()
    await manager.hold()
    await manager.close()
    manager = await rig.started()
    assert manager.snapshot().paused


async def test_slots_change_while_running(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    gate.left = 0
    for number in range(9):
        rig.here.put(f"/d/{number}", b"x")
    manager.slots = 2
    job = await manager.enqueue(copy("/d"))
    while gate.reading < 2:
        await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    assert gate.most == 2
    manager.slots = 5
    while gate.reading < 5:
        await asyncio.sleep(0.005)
    gate.opened.set()
    assert (await manager.wait(job)).counts == {State.DONE: 9}
    assert gate.most == 5
    with pytest.raises(UsageError):
        manager.slots = 0


async def test_closing_at_once_queues_again_what_is_under_way(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    job = await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    await manager.close()
    (transfer,) = await manager.transfers()
    assert transfer.state is State.QUEUED
    assert transfer.done == 3 * 64 * 1024
    gate.opened.set()
    again = await rig.started()
    assert (await again.wait(job)).counts == {State.DONE: 1}


async def test_closing_may_finish_what_is_under_way(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    manager.slots = 1
    rig.here.put("/b", b"1")
    await manager.enqueue(copy("/a", "/b"))
    await gate.reached.wait()
    closing = asyncio.create_task(manager.close(finish=True))
    await asyncio.sleep(0.02)
    gate.opened.set()
    await closing
    states = [transfer.state for transfer in await manager.transfers()]
    assert states == [State.DONE, State.QUEUED]


async def test_clearing_forgets_what_went_well(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a", b"1")
    rig.here.put("/b", b"2")
    rig.there.put("/in/b", b"other")
    fine = await run(manager, copy("/a"))
    bad = await run(manager, copy("/b", policy=ConflictPolicy.FAIL))
    assert await manager.clear_finished() == 1
    assert [job.id for job in await manager.jobs()] == [bad.id]
    assert fine.id not in {job.id for job in await manager.jobs()}
    assert manager.snapshot().counts == {State.FAILED: 1}
    await manager.cancel(None)
    assert await manager.clear_finished() == 1
    assert await manager.jobs() == []
    assert manager.snapshot().counts == {}


async def test_what_is_cleared_while_it_is_in_hand_does_no_harm(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    other = manager._store
    await other.write(lambda c: c.execute("DELETE FROM transfers"), command=True)
    await manager._runner.reconcile()
    while manager.snapshot().running:
        await asyncio.sleep(0.005)
    assert manager.snapshot().counts == {}


async def test_waiting_is_cut_short_by_the_user(rig: Rig, clock: FakeClock) -> None:
    clock.auto = False
    manager = await rig.started()
    rig.here.put("/a", b"1")
    failed = False

    async def fail(operation: str, path: VPath) -> None:
        nonlocal failed
        if operation == "write" and not failed:
            failed = True
            raise Transient("down", retry_after=3600)

    rig.there.hook = fail
    job = await manager.enqueue(copy("/a"))
    waiting = await until_state(manager, State.WAITING)
    assert waiting.wake == clock.now() + 3600
    await manager.resume(None)
    assert (await manager.wait(job)).counts == {State.DONE: 1}


async def test_one_job_alone(rig: Rig) -> None:
    manager = rig.manager()
    rig.here.put("/a", b"1")
    rig.here.put("/b", b"2")
    other = await manager.enqueue(copy("/a"))
    mine = await manager.enqueue(copy("/b"))
    await manager.start(only=mine)
    assert (await manager.wait(mine)).counts == {State.DONE: 1}
    assert (await manager.job(other)).planning
    await manager.close()
    # One that is planned, too, is left alone.
    both = await rig.started()
    assert (await both.wait(other)).counts == {State.DONE: 1}


# Several processes


async def test_a_second_process_sees_adds_and_takes_over(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    bus = EventBus()
    told: list[TransferFinished] = []
    second = rig.manager(bus=bus)
    with bus.subscribed(TransferFinished, told.append):
        await second.start()
        assert manager.snapshot().here
        assert not second.snapshot().here
        rig.here.put("/b", b"")
        slow = await manager.enqueue(copy("/a"))
        await gate.reached.wait()
        added = await second.enqueue(copy("/b"))
        while not second.snapshot().running:
            await asyncio.sleep(0.01)
        assert (await second.wait(added)).counts == {State.DONE: 1}
        assert told == []  # the other one ran it
        await manager.close()
        gate.opened.set()
        assert (await second.wait(slow)).counts == {State.DONE: 1}
        assert second.snapshot().here
        assert len(told) == 1


async def test_a_second_process_says_what_is_to_happen(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    second = rig.manager()
    await second.start()
    job = await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    await second.pause(None)
    while gate.reading:
        await asyncio.sleep(0.01)
    await second.hold()
    await second.resume(None)
    while not manager.snapshot().paused:
        await asyncio.sleep(0.01)
    gate.opened.set()
    await second.release()
    assert (await second.wait(job)).finished or second.snapshot().paused
    while not (await second.job(job)).finished:
        await asyncio.sleep(0.01)
    assert rig.there.data("/in/a") == DATA
    await second.filesystem_ready("there")


async def test_a_process_that_stands_still_may_use_the_queue(rig: Rig) -> None:
    manager = rig.manager()
    rig.here.put("/a", b"1")
    job = await manager.enqueue(copy("/a"))
    await manager.pause(None)
    await manager.hold()
    await manager.release()
    manager.slots = 2
    await manager.cancel(None)
    assert (await manager.job(job)).finished
    assert not manager.snapshot().here
    await manager.close()


async def test_a_queue_that_cannot_be_looked_at_for_a_while(
    rig: Rig,
    manager: TransferManager,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def refuse(work: object) -> object:
        monkeypatch.undo()
        raise Denied("no")

    monkeypatch.setattr(rig.databases[0], "read", refuse)
    while "the queue cannot be looked at: no" not in caplog.text:
        await asyncio.sleep(0.01)
    rig.here.put("/a", b"1")
    assert (await run(manager, copy("/a"))).counts == {State.DONE: 1}


def test_the_lock_is_for_one(tmp_path: Path) -> None:
    one, other = QueueLock(tmp_path / "lock"), QueueLock(tmp_path / "lock")
    assert one.acquire()
    assert one.acquire()
    assert not other.acquire()
    assert (tmp_path / "lock").stat().st_mode & 0o077 == 0
    one.release()
    one.release()
    assert other.acquire()
    other.release()


def test_a_lock_that_cannot_be_had_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Denied, match="cannot open"):
        QueueLock(tmp_path / "missing" / "lock").acquire()

    def refuse(file: int, operation: int) -> None:
        raise OSError(37, os.strerror(37))

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(Denied, match="cannot lock"):
        QueueLock(tmp_path / "lock").acquire()


async def test_holding_stops_planning_where_it_is(
    rig: Rig, manager: TransferManager
) -> None:
    for folder in range(6):
        rig.here.put(f"/d/{folder}/a", b"1")
    reached, opened = asyncio.Event(), asyncio.Event()

    async def stop(operation: str, path: VPath) -> None:
        if operation == "list" and path.name == "3":
            reached.set()
            await opened.wait()

    rig.here.hook = stop
    job = await manager.enqueue(copy("/d"))
    await reached.wait()
    await manager.hold()
    opened.set()
    assert (await manager.wait(job)).planning
    await manager.release()
    assert (await manager.wait(job)).counts == {State.DONE: 6}


async def test_more_jobs_than_are_planned_at_a_time(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a", b"1")
    jobs = [await manager.enqueue(copy("/a", to=f"/{n}")) for n in range(12)]
    for job in jobs:
        assert (await manager.wait(job)).counts == {State.DONE: 1}


async def test_how_far_a_long_transfer_is_can_be_seen_elsewhere(
    rig: Rig, manager: TransferManager, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd_tui.transfers.runner._NOTE_EVERY", 0.01)
    await manager.close()
    first, second = await rig.started(), rig.manager()
    await second.start()
    await first.enqueue(copy("/a"))
    await gate.reached.wait()
    while not [r for r in second.snapshot().running if r.done == 3 * 64 * 1024]:
        await asyncio.sleep(0.01)
    gate.opened.set()


async def test_what_was_kept_of_an_older_content_is_discarded(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    there = rig.filesystems["there"] = Keeping("there")
    job = await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    await manager.pause(None)
    await manager.wait(job)
    old = await rig.here.stat(VPath.parse("/a"))
    rig.here.put("/a", b"new")
    gate.opened.set()
    await manager.resume(None)
    assert (await manager.wait(job)).counts == {State.DONE: 1}
    assert there.data("/in/a") == b"new"
    assert there.discarded == [(VPath.parse("/in/a"), old.md5)]


async def test_what_was_kept_is_discarded_when_the_file_came_another_way(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    there = rig.filesystems["there"] = Keeping("there")
    job = await manager.enqueue(copy("/a"))
    await gate.reached.wait()
    await manager.pause(None)
    await manager.wait(job)
    there.put("/in/a", DATA)
    await manager.resume(None)
    assert (await manager.wait(job)).counts == {State.DONE: 1}
    entry = await rig.here.stat(VPath.parse("/a"))
    assert there.discarded == [(VPath.parse("/in/a"), entry.md5)]


async def test_what_is_finished_and_over_does_not_count_as_progress(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    rig.here.put("/old", bytes(500))
    rig.here.put("/new", bytes(30))
    await run(manager, copy("/old"))
    assert manager.snapshot().past == 1

    gate.left = 0
    job = await manager.enqueue(copy("/new"))
    await gate.reached.wait()
    snapshot = manager.snapshot()
    assert (snapshot.past, snapshot.size, snapshot.done) == (1, 30, 0)

    gate.opened.set()
    await manager.wait(job)
    await manager.clear_finished()
    assert (manager.snapshot().past, manager.snapshot().size) == (0, 0)


async def test_all_processes_say_the_same_of_how_far_it_is(
    rig: Rig, manager: TransferManager, gate: Gate
) -> None:
    rig.here.put("/old", bytes(500))
    rig.here.put("/new", bytes(100_000))
    await run(manager, copy("/old"))
    gate.left = 1
    await manager.enqueue(copy("/new"))
    await gate.reached.wait()
    elsewhere = rig.manager()
    snapshot = await elsewhere.look()
    assert (snapshot.past, snapshot.past_size, snapshot.size) == (1, 500, 100_000)
    assert snapshot.rate == 0  # nothing is known to have moved since


async def test_another_process_sees_how_fast_each_one_is(
    rig: Rig, manager: TransferManager, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd_tui.transfers.runner._NOTE_EVERY", 0.01)
    monkeypatch.setattr("acd_tui.transfers.manager._LOOK_EVERY", 0.01)
    rig.here.put("/new", bytes(1_000_000))
    gate.left, more = 1, Gate(10)

    async def both(operation: str, path: VPath) -> None:
        await gate(operation, path)
        await more(operation, path)

    rig.here.hook = both
    job = await manager.enqueue(copy("/new"))
    await gate.reached.wait()
    elsewhere = await rig.started()
    while not elsewhere.snapshot().running:
        await asyncio.sleep(0.005)
    assert elsewhere.snapshot().running[0].rate == 0
    gate.opened.set()
    await more.reached.wait()
    while not elsewhere.snapshot().running[0].rate:
        rig.clock.advance(0.5)
        await asyncio.sleep(0.02)
    (running,) = elsewhere.snapshot().running
    assert running.left is not None
    more.opened.set()
    await manager.wait(job)
