"""The limit on bytes a second, in a time that passes only by waiting."""

from __future__ import annotations

import asyncio

from acd_tui.transfers.limiter import Limiter
from tests.fakes import FakeClock
from tests.transfers.conftest import Rig, copy, run

PIECE = 64 * 1024


async def move(limiter: Limiter, data: bytes) -> bytes:
    moved = b""
    for part in limiter.parts(data):
        await limiter.take(len(part))
        moved += part
    return moved


async def test_bytes_take_their_time() -> None:
    clock = FakeClock()
    limiter = Limiter(clock, rate=100_000)
    begin = clock.time
    for _ in range(10):
        assert len(await move(limiter, bytes(100_000))) == 100_000
    assert 9.0 < clock.time - begin < 10.5


async def test_without_a_limit_nothing_waits() -> None:
    clock = FakeClock()
    limiter = Limiter(clock)
    data = bytes(10_000_000)
    assert [id(part) for part in limiter.parts(data)] == [id(data)]
    await move(limiter, data)
    assert clock.slept == []


async def test_waiting_is_not_looking_again_and_again() -> None:
    clock = FakeClock()
    limiter = Limiter(clock, rate=1000)
    begin = clock.time
    await move(limiter, bytes(20_000))
    assert len(clock.slept) <= 6 * (clock.time - begin)


async def test_time_that_was_not_used_is_not_saved_up() -> None:
    clock = FakeClock()
    limiter = Limiter(clock, rate=1000)
    clock.time += 3600
    begin = clock.time
    await move(limiter, bytes(10_000))
    assert clock.time - begin > 8


async def test_several_share_alike() -> None:
    clock = FakeClock()
    limiter = Limiter(clock, rate=100_000)
    moved = [0] * 4

    async def go_on(number: int) -> None:
        while sum(moved) < 4_000_000:
            # One of them has pieces of another size.
            moved[number] += len(await move(limiter, bytes(PIECE << (number == 0))))

    await asyncio.gather(*(go_on(number) for number in range(4)))
    assert max(moved) < 1.3 * min(moved)


async def test_a_new_limit_is_noticed_while_others_wait() -> None:
    clock = FakeClock(auto=False)
    limiter = Limiter(clock, rate=10)
    await_first = asyncio.create_task(move(limiter, bytes(1_000_000)))
    await asyncio.sleep(0)
    for _ in range(5):
        clock.advance(0.25)
        await asyncio.sleep(0)
    assert not await_first.done()
    limiter.rate = None
    for _ in range(5):
        clock.advance(0.2)
        await asyncio.sleep(0)
    assert len(await await_first) == 1_000_000


async def test_who_is_cancelled_holds_nobody_up() -> None:
    clock = FakeClock(auto=False)
    limiter = Limiter(clock, rate=10)
    waiting = [asyncio.create_task(limiter.take(100)) for _ in range(3)]
    clock.advance(1)
    while not waiting[0].done():
        await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.gather(waiting[1], return_exceptions=True)
    while not waiting[2].done():
        clock.advance(0.25)
        await asyncio.sleep(0)


async def test_the_queue_keeps_to_its_limit(rig: Rig, clock: FakeClock) -> None:
    for number in range(4):
        rig.here.put(f"/d/{number}", bytes(250_000))
    manager = await rig.started()
    await manager.limits.set_bandwidth(100_000)
    assert manager.snapshot().bandwidth == 100_000
    begin = clock.time
    job = await run(manager, copy("/d"))
    assert job.done == 1_000_000
    assert clock.time - begin > 9
    assert rig.there.data("/in/d/3") == bytes(250_000)


async def test_a_limit_of_this_process_comes_before_that_of_the_queue(rig: Rig) -> None:
    manager = await rig.started()
    await manager.limits.set_bandwidth(100)
    manager.limits.bandwidth = None
    assert manager.snapshot().bandwidth is None
    other = rig.manager()
    assert (await other.look()).bandwidth == 100
    await other.limits.set_bandwidth(None)
    assert (await other.look()).bandwidth is None
