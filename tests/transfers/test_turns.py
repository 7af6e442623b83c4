"""Who may move bytes, and what is made ready before it may."""

from __future__ import annotations

import asyncio

import pytest

from acd_tui.errors import Unreachable
from acd_tui.transfers.model import State
from acd_tui.transfers.turns import Turn, Turns
from acd_tui.vfs.path import VPath
from tests.transfers.conftest import Rig, copy


async def moves(turn: Turn) -> bool:
    """Whether a transfer may move now."""
    try:
        async with asyncio.timeout(0):
            await turn.take()
    except TimeoutError:
        return False
    return True


def counted(slots: int) -> tuple[Turns, list[None]]:
    freed: list[None] = []
    return Turns(slots, lambda: freed.append(None)), freed


async def asked(turns: Turns, job: int = 1) -> tuple[Turn, asyncio.Task[None]]:
    turn = turns.begin(job)
    task = asyncio.create_task(turn.take())
    await asyncio.sleep(0)
    return turn, task


async def test_no_more_move_than_there_are_slots_in_the_order_in_which_they_ask() -> (
    None
):
    turns, freed = counted(2)
    taken = [await asked(turns) for _ in range(5)]
    assert [turn.came.is_set() for turn, _ in taken] == [True, True, *[False] * 3]
    assert [turn.waits for turn, _ in taken] == [False, False, *[True] * 3]
    assert (turns.busy(), turns.moving, len(freed)) == (5, 2, 0)
    taken[1][0].end()
    assert [turn.came.is_set() for turn, _ in taken] == [True, True, True, *[False] * 2]
    assert (turns.busy(), turns.moving, len(freed)) == (4, 2, 1)
    turns.slots = 3
    turns.offer()
    assert taken[3][0].came.is_set()
    for turn, _ in taken:
        turn.end()
        turn.end()
    assert (turns.busy(), turns.moving, len(freed)) == (0, 0, 5)
    await asyncio.gather(*(task for _, task in taken[:4]))
    taken[4][1].cancel()


async def test_who_gives_up_waiting_takes_no_slot() -> None:
    turns, _ = counted(1)
    first, _ = await asked(turns)
    second, task = await asked(turns)
    third, _ = await asked(turns)
    task.cancel()
    second.end()
    first.end()
    assert third.came.is_set()
    assert turns.moving == 1


async def test_each_job_has_a_slot_of_its_own_where_jobs_are_apart() -> None:
    turns, _ = counted(1)
    turns.apart = True
    first = [await asked(turns, 1) for _ in range(3)]
    other = [await asked(turns, 2) for _ in range(2)]
    assert [turn.came.is_set() for turn, _ in first] == [True, False, False]
    assert [turn.came.is_set() for turn, _ in other] == [True, False]
    other[0][0].end()
    assert other[1][0].came.is_set()
    assert not first[1][0].came.is_set()
    for _, task in (*first, *other):
        task.cancel()


async def test_as_many_are_made_ready_as_move_in_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr("acd_tui.transfers.turns.time.monotonic", lambda: now)
    turns, _ = counted(4)
    assert turns.ahead == 0
    for _ in range(8):  # all within a tick of a coarse clock
        turn, _ = await asked(turns)
        turn.end()
    assert turns.ahead == 8
    for _ in range(200):  # one in 5 ms
        turn, _ = await asked(turns)
        now += 0.005
        turn.end()
    assert turns.ahead == 10
    for slots, ready in ((30, 30), (90, 40)):  # that may all be free in 200 ms
        turns.slots = slots
        assert turns.ahead == ready
    turns.slots = 4
    now += 60
    assert turns.ahead == 0


class Pipeline:
    """Notes what is asked of both sides, and lets nothing be written for now."""

    def __init__(self, rig: Rig) -> None:
        self.read: set[str] = set()
        self.writing: set[str] = set()
        self.most = 0
        self.opened = asyncio.Event()
        rig.here.hook = self.of_source
        rig.there.hook = self.of_target

    async def of_source(self, operation: str, path: VPath) -> None:
        if operation == "read":
            self.read.add(path.name)

    async def of_target(self, operation: str, path: VPath) -> None:
        if operation == "write":
            self.writing.add(path.name)
            self.most = max(self.most, len(self.writing))
            try:
                await self.opened.wait()
            finally:
                self.writing.discard(path.name)


@pytest.fixture
def one_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Turns, "ahead", 1)


@pytest.fixture
def pipeline(rig: Rig, one_ahead: None) -> Pipeline:
    rig.slots = 2
    return Pipeline(rig)


async def until_read(pipeline: Pipeline, count: int) -> None:
    async with asyncio.timeout(10):
        while len(pipeline.read) < count or not pipeline.writing:
            await asyncio.sleep(0.005)


async def test_small_files_are_made_ready_while_others_move(
    rig: Rig, pipeline: Pipeline
) -> None:
    for number in range(12):
        rig.here.put(f"/d/{number:02}", b"x")
    manager = await rig.started()
    job = await manager.enqueue(copy("/d"))
    await until_read(pipeline, 3)  # two that move, and the next
    await asyncio.sleep(0.05)
    assert len(pipeline.read) == 3
    assert pipeline.writing == {"00", "01"}
    shown = manager.snapshot().running
    assert {each.transfer.source.path.name for each in shown} == {"00", "01"}
    pipeline.opened.set()
    assert (await manager.wait(job)).counts == {State.DONE: 12}
    assert pipeline.most == 2


async def test_large_files_are_left_alone_until_there_is_a_slot(
    rig: Rig, pipeline: Pipeline
) -> None:
    for number in range(6):
        rig.here.put(f"/d/{number}", b"x" * 100_000)
    manager = await rig.started()
    job = await manager.enqueue(copy("/d"))
    await until_read(pipeline, 2)
    await asyncio.sleep(0.05)
    assert pipeline.read == pipeline.writing == {"0", "1"}
    states = {each.state for each in (await manager.transfers())[2:]}
    assert states == {State.QUEUED}
    pipeline.opened.set()
    assert (await manager.wait(job)).counts == {State.DONE: 6}


async def test_nothing_is_made_ready_where_the_rate_is_limited(
    rig: Rig, pipeline: Pipeline
) -> None:
    for number in range(6):
        rig.here.put(f"/d/{number}", b"x")
    manager = await rig.started()
    manager.limits.bandwidth = 1_000_000
    job = await manager.enqueue(copy("/d"))
    await until_read(pipeline, 2)
    await asyncio.sleep(0.05)
    assert pipeline.read == {"0", "1"}
    pipeline.opened.set()
    assert (await manager.wait(job)).counts == {State.DONE: 6}


async def test_what_is_ready_is_queued_again_when_nothing_new_is_to_begin(
    rig: Rig, pipeline: Pipeline
) -> None:
    for number in range(12):
        rig.here.put(f"/d/{number:02}", b"x")
    manager = await rig.started()
    job = await manager.enqueue(copy("/d"))
    await until_read(pipeline, 3)
    await manager.drain()
    async with asyncio.timeout(10):
        while (await manager.job(job)).counts.get(State.QUEUED) != 10:
            await asyncio.sleep(0.005)
    pipeline.opened.set()
    async with asyncio.timeout(10):
        while (await manager.job(job)).counts.get(State.DONE) != 2:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    assert (await manager.job(job)).counts == {State.DONE: 2, State.QUEUED: 10}


async def test_what_is_ready_for_a_drive_that_is_away_waits_without_a_try(
    rig: Rig, one_ahead: None
) -> None:
    rig.slots = 2
    rig.clock.auto = False
    tried: list[str] = []

    async def away(operation: str, path: VPath) -> None:
        if operation == "write":
            tried.append(path.name)
            raise Unreachable("no route")

    rig.there.hook = away
    for number in range(12):
        rig.here.put(f"/d/{number:02}", b"x")
    manager = await rig.started()
    job = await manager.enqueue(copy("/d"))
    async with asyncio.timeout(10):
        while State.WAITING not in (await manager.job(job)).counts:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    assert len(tried) <= 2
    assert not manager.snapshot().running
    rig.there.hook = None
    rig.clock.auto = True
    await manager.filesystem_ready("there")
    assert (await manager.wait(job)).counts == {State.DONE: 12}
