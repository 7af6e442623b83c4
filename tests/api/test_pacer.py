"""One pace for all: how long calls are held back."""

from __future__ import annotations

import asyncio

from acd_tui.api.pacer import LONGEST_HOLD, Pacer
from tests.fakes import FakeClock


async def waited(pacer: Pacer, clock: FakeClock) -> float:
    before = clock.monotonic()
    await pacer.wait()
    return clock.monotonic() - before


async def test_the_first_call_does_not_wait(clock: FakeClock) -> None:
    assert await waited(Pacer(clock), clock) == 0.0


async def test_back_off_doubles_up_to_256_seconds(clock: FakeClock) -> None:
    pacer = Pacer(clock, draw=lambda: 1.0)
    waits = []
    for _ in range(10):
        pacer.failed(await pacer.wait())
        waits.append(round(await waited(pacer, clock), 6))

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 256, 256]


async def test_the_share_is_drawn_for_each_call(clock: FakeClock) -> None:
    shares = iter([0.5, 0.25, 1.0])
    pacer = Pacer(clock, draw=lambda: next(shares))
    ticket = await pacer.wait()
    pacer.failed(ticket)

    assert await waited(pacer, clock) == 0.5
    assert await waited(pacer, clock) == 1.5  # until 2.0 after the failure


async def test_success_resets(clock: FakeClock) -> None:
    pacer = Pacer(clock, draw=lambda: 1.0)
    for _ in range(5):
        pacer.failed(await pacer.wait())
    pacer.succeeded(await pacer.wait())

    assert pacer.failures == 0
    assert await waited(pacer, clock) == 0.0


async def test_calls_under_way_together_fail_once(clock: FakeClock) -> None:
    pacer = Pacer(clock, draw=lambda: 1.0)
    tickets = [await pacer.wait() for _ in range(16)]
    for ticket in tickets:
        pacer.failed(ticket)

    assert pacer.failures == 1


async def test_an_old_success_does_not_hide_a_new_failure(clock: FakeClock) -> None:
    pacer = Pacer(clock, draw=lambda: 1.0)
    old, new = await pacer.wait(), await pacer.wait()
    pacer.failed(new)
    pacer.succeeded(old)

    assert pacer.failures == 1


async def test_retry_after_holds_all_back(clock: FakeClock) -> None:
    pacer = Pacer(clock, draw=lambda: 0.0)
    pacer.failed(await pacer.wait(), 30.0)

    assert round(await waited(pacer, clock)) == 30
    pacer.failed(await pacer.wait(), 1e9)
    assert round(await waited(pacer, clock)) == LONGEST_HOLD


async def test_waiting_calls_go_on_once_one_succeeds() -> None:
    clock = FakeClock(auto=False)
    pacer = Pacer(clock, draw=lambda: 1.0)
    for _ in range(6):
        pacer.failed(pacer._incident)
    waiting = asyncio.create_task(pacer.wait())
    await asyncio.sleep(0)
    pacer.succeeded(pacer._incident)
    clock.advance(1.0)

    await asyncio.wait_for(waiting, 5)


async def test_who_waits_long_is_told_why_and_that_it_is_over(clock: FakeClock) -> None:
    told: list[str | None] = []
    pacer = Pacer(clock, draw=lambda: 1.0, hindered=told.append)
    for answer in ("1", "2", "3", "4"):
        pacer.failed(await pacer.wait(), why=answer)
    assert told == ["3"]
    pacer.succeeded(await pacer.wait())
    assert told == ["3", None]

    for answer in ("5", "6", "7"):  # too soon after to be told of again
        pacer.failed(await pacer.wait(), why=answer)
    assert told == ["3", None]
    for answer in ("8", "9", "10"):  # 8, 16 and 32 seconds
        pacer.failed(await pacer.wait(), why=answer)
    assert told == ["3", None, "10"]


async def test_who_is_asked_to_wait_long_is_told_at_once(clock: FakeClock) -> None:
    told: list[str | None] = []
    pacer = Pacer(clock, draw=lambda: 1.0, hindered=told.append)
    pacer.failed(await pacer.wait(), 5.0, why="busy")
    assert told == []
    pacer.failed(await pacer.wait(), 30.0, why="very busy")
    assert told == ["very busy"]
