"""Reading the queue in parts, and what is told of single transfers."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from acd_tui.errors import Denied, Transient, Unreachable
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import State
from acd_tui.transfers.states import Event
from acd_tui.transfers.story import StoryLine, note
from acd_tui.vfs.path import VPath
from tests.transfers.conftest import Rig, copy, run


async def told(manager: TransferManager, id_: int) -> list[tuple[Event, str | None]]:
    return [(line.event, line.reason) for line in await manager.story(id_)]


async def test_what_goes_well_has_no_story_but_times(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a", b"a")
    rig.clock.advance(5)
    job = await run(manager, copy("/a"))
    (transfer,) = await manager.transfers()
    assert await told(manager, transfer.id) == []
    assert transfer.started == transfer.finished == job.started == job.ended
    assert transfer.since is not None
    assert job.started is not None


async def test_troubles_and_the_users_word_are_told(
    rig: Rig, manager: TransferManager
) -> None:
    errors = [Transient("it is down"), Denied("not allowed")]

    async def fail(operation: str, path: VPath) -> None:
        if operation == "write" and errors:
            raise errors.pop(0)

    rig.there.hook = fail
    rig.here.put("/a", b"a")
    job = await run(manager, copy("/a"))
    (transfer,) = await manager.transfers()
    assert transfer.state is State.FAILED
    await manager.retry([transfer.id])
    await manager.wait(job.id)
    assert await told(manager, transfer.id) == [
        (Event.BACK_OFF, "it is down"),
        (Event.SEND, None),
        (Event.FAIL, "not allowed"),
        (Event.RETRY, None),
        (Event.SEND, None),
    ]
    await manager.clear_finished()
    assert await told(manager, transfer.id) == []


async def test_a_story_does_not_grow_for_ever(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a", b"a")
    await run(manager, copy("/a"))
    (transfer,) = await manager.transfers()
    lines = [StoryLine(n, Event.POSTPONE, f"away {n // 2}") for n in range(300)]

    def write(connection: sqlite3.Connection) -> None:
        for line in lines:
            note(connection, transfer.id, line)

    await manager._store.write(write)
    kept = await told(manager, transfer.id)
    assert len(kept) == 60
    assert kept[-2:] == [(Event.POSTPONE, "away 148"), (Event.POSTPONE, "away 149")]


async def test_what_was_only_queued_is_paused_without_a_story(rig: Rig) -> None:
    for number in range(5):
        rig.here.put(f"/d/{number}", b"x")
    manager = await rig.started()
    await manager.drain()
    await manager.enqueue(copy("/d"))
    while manager.snapshot().counts.get(State.QUEUED) != 5:
        await asyncio.sleep(0.005)
    assert await manager.pause(None) == 5
    assert [await told(manager, t.id) for t in await manager.transfers()] == [[]] * 5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("IMG", ["img 1", "IMG_2"]),
        ("g_", ["IMG_2"]),
        ("100%", ["100%!"]),
        ("%!", ["100%!"]),
        ("ÉTÉ", ["été"]),
        ("d/img", ["img 1", "IMG_2"]),
        ("nothing", []),
        ('"', ['quo"te']),
    ],
)
async def test_a_part_is_found_by_what_is_in_the_path(
    rig: Rig, text: str, found: list[str]
) -> None:
    for name in ("img 1", "IMG_2", "100%!", "été", 'quo"te'):
        rig.here.put(f"/d/{name}", name.encode())
    manager = await rig.started()
    job = await run(manager, copy("/d"))
    rows = await manager.transfers(matching=text, job=job.id, states=[State.DONE])
    assert sorted(t.source.path.name for t in rows) == sorted(found)
    assert sum((await manager.counts(matching=text)).values()) == len(found)


async def test_history_has_what_ended_last_first(rig: Rig) -> None:
    manager = await rig.started()
    for name in "abc":
        rig.here.put(f"/{name}", name.encode())
        rig.clock.advance(10)
        await run(manager, copy(f"/{name}"))
    assert [t.source.path.name for t in await manager.transfers(newest_first=True)] == [
        *"cba"
    ]
    jobs = await manager.jobs(limit=1, offset=1)
    assert [j.request.paths[0].name for j in jobs] == ["b"]
    assert await manager.count_jobs() == 3
    assert await manager.files_of(jobs[0]) == {VPath(("b",))}


async def test_a_drive_that_is_away_is_told(rig: Rig, manager: TransferManager) -> None:
    async def away(operation: str, path: VPath) -> None:
        if operation == "write":
            raise Unreachable("nobody is there")

    rig.there.hook = away
    rig.here.put("/a", b"a")
    await manager.enqueue(copy("/a"))
    while manager.snapshot().blocked != {"there"}:
        await asyncio.sleep(0)
