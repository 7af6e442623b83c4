"""Several processes wait for jobs of their own, and one of them carries out them all."""

from __future__ import annotations

import asyncio

import pytest

from acd_tui.errors import Unreachable
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import State
from acd_tui.vfs.path import VPath
from tests.transfers.conftest import Rig, copy, run, until_state


class Stuck:
    """Holds up the reading of what is in one folder until it is opened."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, operation: str, path: VPath) -> None:
        if operation == "read" and path.parts[0] == self.folder:
            self.reached.set()
            await self.opened.wait()


@pytest.fixture
def stuck(rig: Rig) -> Stuck:
    for name in "abcdef":
        rig.here.put(f"/stuck/{name}", b"1")
        rig.here.put(f"/fine/{name}", b"2")
    rig.here.hook = stuck = Stuck("stuck")
    return stuck


async def carrying(rig: Rig, path: str) -> tuple[TransferManager, int]:
    """A process that waits for a copy of its own."""
    manager = rig.manager()
    job = await manager.enqueue(copy(path))
    await manager.start(only=job)
    return manager, job


async def dies(manager: TransferManager) -> None:
    """End a process that only watched, without a word."""
    assert manager._watching is not None
    manager._watching.cancel()
    await asyncio.gather(manager._watching, return_exceptions=True)
    manager._watching = None


@pytest.mark.parametrize("slots", [1, 4])
async def test_a_job_that_is_stuck_does_not_hold_up_anothers(
    rig: Rig, stuck: Stuck, slots: int
) -> None:
    rig.slots = slots
    first, mine = await carrying(rig, "/stuck")
    await stuck.reached.wait()
    second, other = await carrying(rig, "/fine")
    assert (await second.wait(other)).counts == {State.DONE: 6}
    assert not second.snapshot().here
    assert not (await first.job(mine)).finished
    stuck.opened.set()
    assert (await first.wait(mine)).counts == {State.DONE: 6}


async def test_a_drive_that_is_away_does_not_hold_up_anothers_job(
    rig: Rig, stuck: Stuck
) -> None:
    rig.clock.auto = False  # else hours pass while the drive is tried again and again

    async def away(operation: str, path: VPath) -> None:
        if path.parts[:1] == ("stuck",):
            raise Unreachable("no route")

    rig.here.hook = away
    first, mine = await carrying(rig, "/stuck")
    rig.filesystems["elsewhere"] = rig.there
    rig.there.put("/fine", b"1")
    second = rig.manager()
    other = await second.enqueue(copy("/fine", source="there", target="elsewhere"))
    await second.start(only=other)
    assert (await second.wait(other)).counts == {State.DONE: 1}
    assert not (await first.job(mine)).finished


async def test_what_nobody_waits_for_any_more_is_not_begun(
    rig: Rig, stuck: Stuck
) -> None:
    first, _ = await carrying(rig, "/stuck")
    await stuck.reached.wait()
    stuck.folder = "fine"
    stuck.reached.clear()
    second, other = await carrying(rig, "/fine")
    await stuck.reached.wait()
    await until_state(second, State.QUEUED)  # more than there are slots
    await dies(second)
    rig.clock.time += 10
    while other in (await first._all_wanted() or ()):
        await asyncio.sleep(0.01)
    while first._runner._lanes.has(other):
        await asyncio.sleep(0.01)
    stuck.opened.set()
    while first.snapshot().running:
        await asyncio.sleep(0.01)
    left = await first.job(other)
    assert left.counts[State.QUEUED] > 0
    unplanned = await first.enqueue(copy("/fine", to="/more"))
    await first.look()
    assert (await first.job(unplanned)).planning


async def test_one_that_ends_properly_says_so_at_once(rig: Rig, stuck: Stuck) -> None:
    first, mine = await carrying(rig, "/stuck")
    second, other = await carrying(rig, "/fine")
    assert await first._all_wanted() == frozenset({mine, other})
    await second.close()
    assert await first._all_wanted() == frozenset({mine})


async def test_who_waits_for_all_is_waited_on_by_who_runs_one_job(
    rig: Rig, stuck: Stuck
) -> None:
    rig.slots = 8  # more than are stuck
    idle = rig.manager()
    queued = await idle.enqueue(copy("/fine"))
    first, mine = await carrying(rig, "/stuck")
    await stuck.reached.wait()
    everything = await rig.started()
    assert (await everything.wait(queued)).counts == {State.DONE: 6}
    assert not everything.snapshot().here
    assert not (await first.job(mine)).finished


async def test_a_word_from_the_future_does_not_hold(rig: Rig, stuck: Stuck) -> None:
    first, mine = await carrying(rig, "/stuck")
    second, _ = await carrying(rig, "/fine")
    await dies(second)
    rig.clock.time -= 3600
    assert await first._all_wanted() == frozenset({mine})


async def test_jobs_share_the_slots(rig: Rig, stuck: Stuck) -> None:
    reading = 0
    beside: list[int] = []  # what is stuck whenever a file of the other job begins

    async def count(operation: str, path: VPath) -> None:
        nonlocal reading
        if operation == "read":
            reading += path.parts[0] == "stuck"
            if path.parts[0] == "fine":
                beside.append(reading)
        await stuck(operation, path)

    for name in "abcdef":  # small ones are read ahead of their slot
        rig.here.put(f"/stuck/{name}", b"1" * 100_000)
        rig.here.put(f"/fine/{name}", b"2" * 100_000)
    rig.slots = 4
    manager = rig.manager()
    await manager.drain()
    one = await manager.enqueue(copy("/stuck"))
    two = await manager.enqueue(copy("/fine"))
    await manager._wanted.renew(two, rig.clock.now())
    await manager.start(only=one)
    while manager.snapshot().planning:
        await asyncio.sleep(0.005)
    rig.here.hook = count
    await manager.release()
    assert (await manager.wait(two)).counts == {State.DONE: 6}
    assert max(beside) == 2
    stuck.opened.set()
    await manager.wait(one)


async def test_a_snapshot_after_a_wait_knows_how_it_ended(rig: Rig) -> None:
    rig.here.put("/f", b"1")
    runs = await rig.started()
    one, all_ = rig.manager(), rig.manager()
    for each in one, all_:
        await each.look()  # at what comes before the job, and nothing after it
    job = await run(runs, copy("/f"))
    await one.wait(job.id)
    await all_.wait_all()
    for each in one, all_:
        assert each.snapshot().counts == {State.DONE: 1}
