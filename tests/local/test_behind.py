"""A thread that works behind its owner."""

from __future__ import annotations

import asyncio
import threading

import pytest

from acd_tui.local.receiving import Behind


async def test_all_is_done_in_order_before_the_block_is_left() -> None:
    done: list[int] = []
    async with Behind() as behind:
        for number in range(20):
            await behind.run(lambda number=number: done.append(number))  # type: ignore[misc]
    assert done == list(range(20))


async def test_the_owner_waits_only_for_room() -> None:
    go_on = threading.Event()
    async with Behind() as behind:
        await behind.run(lambda: _wait(go_on))
        await behind.run(lambda: None)
        third = asyncio.create_task(behind.run(lambda: None))
        await asyncio.wait([third], timeout=0.05)
        assert not third.done()
        go_on.set()
        await third


async def test_after_a_failure_no_more_is_done() -> None:
    done: list[str] = []
    go_on = threading.Event()

    def fail() -> None:
        go_on.wait()
        raise OSError("full")

    async def own() -> None:
        async with Behind() as behind:
            await behind.run(fail)
            await behind.run(lambda: done.append("behind it"))
            go_on.set()
            while True:
                await behind.run(lambda: done.append("later"))

    with pytest.raises(OSError, match="full"):
        await own()
    assert done == []


async def test_a_failure_of_the_last_is_raised() -> None:
    def fail() -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        async with Behind() as behind:
            await behind.run(fail)


async def test_a_cancelled_owner_waits_for_all_that_it_asked_for() -> None:
    done: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait()
        done.append("begun")

    async def own() -> None:
        async with Behind() as behind:
            await behind.run(work)
            await behind.run(lambda: done.append("waits"))
            await asyncio.Event().wait()

    owner = asyncio.create_task(own())
    await asyncio.to_thread(begun.wait)
    owner.cancel()
    await asyncio.wait([owner], timeout=0.05)
    assert not owner.done()
    go_on.set()
    await asyncio.wait([owner])
    assert owner.cancelled()
    assert done == ["begun", "waits"]


def _wait(event: threading.Event) -> None:
    event.wait()
