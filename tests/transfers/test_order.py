"""Which transfer is next, who may say so, and when to stop."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import pytest

from acd_tui.transfers.controls import Step
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import Priority, State
from acd_tui.transfers.rows import Row
from acd_tui.transfers.store import Store, Totals
from acd_tui.vfs.path import VPath
from tests.transfers.conftest import Rig, calls_of, copy, until


async def planned(rig: Rig, names: str = "abcdef") -> tuple[TransferManager, int]:
    """A queue that starts nothing, with a job whose files have these names."""
    for name in names:
        rig.here.put(f"/d/{name}", name.encode())
    rig.slots = 1
    manager = await rig.started()
    await manager.drain()
    job = await manager.enqueue(copy("/d", to="/in"))
    while manager.snapshot().planning:
        await asyncio.sleep(0.005)
    return manager, job


async def ids(manager: TransferManager, names: str) -> list[int]:
    found = {t.source.path.name: t.id for t in await manager.transfers()}
    return [found[name] for name in names]


async def order(manager: TransferManager) -> str:
    return "".join(t.source.path.name for t in await manager.transfers())


async def ran(rig: Rig, manager: TransferManager, job: int) -> str:
    """The files in the order in which their bytes move; not in that of their records.

    What one came to is recorded while the next one moves.
    """
    calls = calls_of(rig.there)
    await manager.release()
    await manager.wait(job)
    return "".join(path.name for operation, path in calls if operation == "write")


async def test_a_higher_priority_runs_first(rig: Rig) -> None:
    manager, job = await planned(rig)
    assert await manager.prioritise(await ids(manager, "e"), Priority.HIGH) == 1
    assert await manager.prioritise(await ids(manager, "ac"), Priority.LOW) == 2
    assert await ran(rig, manager, job) == "ebdfac"


async def test_to_the_front_and_to_the_back(rig: Rig) -> None:
    manager, job = await planned(rig)
    await manager.move(await ids(manager, "a"), Step.BACK)
    await manager.move(await ids(manager, "df"), Step.FRONT)
    assert await order(manager) == "dfbcea"
    await manager.move(await ids(manager, "c"), Step.FRONT)
    assert await order(manager) == "cdfbea"
    assert await ran(rig, manager, job) == "cdfbea"


@pytest.mark.parametrize("step", [Step.FRONT, Step.BACK])
async def test_what_is_moved_to_an_end_keeps_its_order(rig: Rig, step: Step) -> None:
    manager, job = await planned(rig)
    await manager.move(await ids(manager, "e"), Step.FRONT)
    await manager.prioritise(await ids(manager, "d"), Priority.HIGH)
    assert await order(manager) == "deabcf"
    await manager.move(await ids(manager, "acde"), step)
    assert await order(manager) == ("deacbf" if step is Step.FRONT else "bfdeac")
    await manager.move(None, step, job=job)
    assert await order(manager) == ("deacbf" if step is Step.FRONT else "bfdeac")


async def test_the_front_is_before_any_priority(rig: Rig) -> None:
    manager, job = await planned(rig)
    await manager.prioritise(await ids(manager, "b"), Priority.HIGHEST)
    await manager.move(await ids(manager, "f"), Step.FRONT)
    await manager.prioritise(await ids(manager, "c"), Priority.LOWEST)
    await manager.move(await ids(manager, "a"), Step.BACK)
    assert await ran(rig, manager, job) == "fbdeca"


async def test_what_is_first_stays_so_while_nothing_begins(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager, job = await planned(rig)
    look = Store.look

    async def later(store: Store) -> Totals:
        """Let the runner look for work before it is told to read the order anew."""
        manager._runner.poke()
        for _ in range(100):
            await asyncio.sleep(0)
        return await look(store)

    monkeypatch.setattr(Store, "look", later)
    await manager.prioritise(await ids(manager, "e"), Priority.HIGH)
    assert await ran(rig, manager, job) == "eabcdf"


async def test_an_order_that_was_read_before_it_changed_does_not_count(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager, job = await planned(rig)
    waiting, reading, read = Store.waiting, asyncio.Event(), asyncio.Event()

    async def slowly(store: Store, *arguments: Any) -> list[Row]:
        rows = await waiting(store, *arguments)
        reading.set()
        await read.wait()
        return rows

    monkeypatch.setattr(Store, "waiting", slowly)
    calls = calls_of(rig.there)
    await manager.release()
    await reading.wait()
    await manager.prioritise(await ids(manager, "e"), Priority.HIGH)
    read.set()
    await manager.wait(job)
    wrote = "".join(path.name for operation, path in calls if operation == "write")
    assert wrote == "eabcdf"


async def test_up_and_down_by_one(rig: Rig) -> None:
    manager, _ = await planned(rig)
    await manager.move(await ids(manager, "ad"), Step.UP)
    assert await order(manager) == "abdcef"
    await manager.move(await ids(manager, "ef"), Step.DOWN)
    assert await order(manager) == "abdcef"
    await manager.move(await ids(manager, "ab"), Step.DOWN)
    assert await order(manager) == "dabcef"


async def test_what_is_queued_later_comes_after_the_back(rig: Rig) -> None:
    manager, _ = await planned(rig, "abc")
    await manager.move(await ids(manager, "a"), Step.BACK)
    rig.here.put("/z", b"z")
    await manager.enqueue(copy("/z"))
    await until(manager, lambda t: t.source.path.name == "z")
    assert await order(manager) == "bcaz"


async def test_jobs_run_in_the_order_in_which_they_were_asked_for(rig: Rig) -> None:
    reached, opened = asyncio.Event(), asyncio.Event()

    async def stop(operation: str, path: object) -> None:
        if operation == "list" and str(path) == "/one/y":
            reached.set()
            await opened.wait()

    rig.here.put("/one/x", b"x")
    rig.here.put("/one/y/z", b"z")
    rig.here.hook = stop
    manager, other = await planned(rig, "abc")
    one = await manager.enqueue(copy("/one"))
    await reached.wait()
    rig.here.put("/two", b"2")
    await manager.enqueue(copy("/two"))
    two = await until(manager, lambda t: t.source.path.name == "two")
    opened.set()
    late = await until(manager, lambda t: t.source.path.name == "z")
    assert late.id > two.id
    assert [t.job for t in await manager.transfers()] == [
        *(other, other, other),
        *(one, one),
        two.job,
    ]
    assert await manager.move(None, Step.FRONT, job=two.job) == 1
    await manager.move([late.id], Step.BACK)
    assert [t.source.path.name for t in await manager.transfers()] == [
        *("two", "a", "b", "c", "x", "z"),
    ]


async def test_what_is_found_later_of_a_job_runs_before_the_next_one(rig: Rig) -> None:
    opened, sent, written = asyncio.Event(), asyncio.Event(), list[str]()

    async def stop(operation: str, path: object) -> None:
        if operation == "list" and str(path) == "/one/y":
            await opened.wait()

    async def send(operation: str, path: VPath) -> None:
        if operation == "write":
            written.append(path.name)
            await sent.wait()

    for name in ("one/x", "one/y/z", "two/a", "two/b"):
        rig.here.put(f"/{name}", bytes(100_000))  # too large to be made ready early
    manager, _ = await planned(rig, "")
    rig.here.hook, rig.there.hook = stop, send
    one = await manager.enqueue(copy("/one"))
    two = await manager.enqueue(copy("/two"))
    await until(manager, lambda t: t.source.path.name == "b")
    await manager.release()
    while not written:
        await asyncio.sleep(0.005)
    opened.set()
    while (await manager.job(one)).planning:
        await asyncio.sleep(0.005)
    sent.set()
    await manager.wait(two)
    assert written == ["x", "z", "a", "b"]


async def test_the_first_job_has_found_something_before_the_next_is_looked_at(
    rig: Rig,
) -> None:
    found: list[int] = []

    async def look(operation: str, path: object) -> None:
        if str(path).startswith("/two") and not found:
            found.extend(t.job for t in await manager.transfers())

    rig.here.put("/one/deep/er/a", b"a")
    rig.here.put("/two/b", b"b")
    rig.here.hook = look
    manager = rig.manager()
    await manager.drain()
    one = await manager.enqueue(copy("/one"))
    two = await manager.enqueue(copy("/two"))
    await manager.start()
    while manager.snapshot().planning:
        await asyncio.sleep(0.005)
    assert found == [one]
    assert [t.job for t in await manager.transfers()] == [one, two]


async def test_a_job_that_finds_nothing_does_not_hold_up_the_next(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd_tui.transfers.runner._LEAD", 0.01)
    opened = asyncio.Event()

    async def stop(operation: str, path: object) -> None:
        if str(path).startswith("/one"):
            await opened.wait()

    rig.here.put("/one/a", b"a")
    rig.here.put("/two/b", b"b")
    rig.here.hook = stop
    manager = await rig.started()
    one = await manager.enqueue(copy("/one"))
    two = await manager.enqueue(copy("/two"))
    assert (await manager.wait(two)).counts == {State.DONE: 1}
    assert (await manager.job(one)).planning
    opened.set()
    assert (await manager.wait(one)).counts == {State.DONE: 1}


@pytest.mark.parametrize("step", [Step.FRONT, Step.BACK])
async def test_what_is_found_later_of_a_job_goes_with_it(rig: Rig, step: Step) -> None:
    reached, opened = asyncio.Event(), asyncio.Event()

    async def stop(operation: str, path: object) -> None:
        if operation == "list" and str(path) == "/late/y":
            reached.set()
            await opened.wait()

    manager, _ = await planned(rig, "abc")
    rig.here.put("/late/w", b"w")
    rig.here.put("/late/x", b"x")
    rig.here.put("/late/y/z", b"z")
    rig.here.hook = stop
    job = await manager.enqueue(copy("/late"))
    await reached.wait()
    await until(manager, lambda t: t.source.path.name == "w")
    await manager.move(await ids(manager, "w"), Step.FRONT)
    await manager.move(None, step, job=job)
    opened.set()
    await until(manager, lambda t: t.source.path.name == "z")
    assert await order(manager) == ("wxzabc" if step is Step.FRONT else "abcwxz")


async def test_a_jobs_priority_holds_for_what_is_found_of_it(rig: Rig) -> None:
    manager, _ = await planned(rig, "abc")
    await manager.hold()
    rig.here.put("/z", b"z")
    job = await manager.enqueue(copy("/z"))
    assert await manager.prioritise(None, Priority.HIGH, job=job) == 0
    await manager.release()
    await manager.drain()
    await until(manager, lambda t: t.source.path.name == "z")
    assert await order(manager) == "zabc"
    (found,) = await manager.transfers(job=job)
    assert found.priority == Priority.HIGH


async def test_the_order_changes_while_another_process_runs_it(rig: Rig) -> None:
    manager, job = await planned(rig)
    other = rig.manager()
    await other.look()
    await other.move(await ids(manager, "f"), Step.FRONT)
    await other.prioritise(await ids(manager, "a"), Priority.LOWEST)
    assert await ran(rig, manager, job) == "fbcdea"


async def test_one_job_is_paused_resumed_and_cancelled(rig: Rig) -> None:
    manager, job = await planned(rig, "abc")
    rig.here.put("/z", b"z")
    other = await manager.enqueue(copy("/z"))
    await until(manager, lambda t: t.source.path.name == "z")
    assert await manager.pause(None, job=job) == 3
    assert (await manager.job(other)).counts == {State.QUEUED: 1}
    assert await manager.resume(None, job=job) == 3
    assert await manager.cancel(None, job=job) == 3
    await manager.release()
    assert (await manager.wait(other)).counts == {State.DONE: 1}
    assert (await manager.job(job)).counts == {State.CANCELLED: 3}


async def test_draining_ends_what_is_under_way_and_starts_nothing(rig: Rig) -> None:
    reached, opened = asyncio.Event(), asyncio.Event()

    async def stop(operation: str, path: object) -> None:
        if operation == "piece":
            reached.set()
            await opened.wait()

    manager, job = await planned(rig, "abc")
    rig.here.hook = stop
    await manager.release()
    await reached.wait()
    await manager.drain()
    assert manager.snapshot().draining
    waiting = asyncio.create_task(manager.wait(job))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    opened.set()
    assert (await waiting).counts == {State.DONE: 1, State.QUEUED: 2}
    await manager.close()
    again = await rig.started()
    assert again.snapshot().draining
    await again.release()
    await again.wait_all()
    assert (await again.job(job)).counts == {State.DONE: 3}


async def test_while_draining_the_time_left_is_that_of_what_is_under_way(
    rig: Rig,
) -> None:
    reached, opened = asyncio.Event(), asyncio.Event()
    pieces = 0

    async def stop(operation: str, path: object) -> None:
        nonlocal pieces
        pieces += operation == "piece"
        if operation == "piece" and pieces == 3:
            reached.set()
            await opened.wait()

    for name in "bc":
        rig.here.put(f"/{name}", bytes(1_000_000))
    rig.here.put("/a", bytes(200_000))
    rig.here.hook, rig.slots = stop, 1
    manager = await rig.started()
    jobs = [await manager.enqueue(copy(f"/{name}")) for name in "abc"]
    await reached.wait()
    while manager.snapshot().planning:
        await asyncio.sleep(0.005)
    rig.clock.advance(1)
    before = manager.snapshot()
    await manager.drain()
    after = manager.snapshot()
    assert before.left
    assert after.left
    assert after.left == pytest.approx((200_000 - after.done) / after.rate)
    assert before.left > after.left
    opened.set()
    await manager.release()
    await manager.wait(jobs[-1])


async def test_reading_the_whole_queue_in_pages(rig: Rig) -> None:
    manager, _ = await planned(rig)
    await manager.prioritise(await ids(manager, "f"), Priority.HIGH)
    await manager.pause(await ids(manager, "b"))
    seen = [
        t.source.path.name
        async for page in manager.pages([State.PAUSED, State.QUEUED])
        for t in page
    ]
    assert seen == list("bfacde")


async def test_a_long_queue_is_neither_sorted_nor_read_as_a_whole(rig: Rig) -> None:
    await planned(rig, "a")
    with sqlite3.connect(rig.folder / "queue.sqlite") as connection:
        for where in ("state = 'queued'", "job = 1 AND state = 'queued'"):
            for after in ("", " AND (rank, turn) > (0, 5)"):
                plan = connection.execute(
                    f"EXPLAIN QUERY PLAN SELECT * FROM transfers WHERE {where}{after}"
                    " ORDER BY rank, turn LIMIT 9"
                ).fetchall()
                words = " ".join(step[3] for step in plan)
                assert "SEARCH transfers USING INDEX" in words
                assert "TEMP B-TREE" not in words
    connection.close()
