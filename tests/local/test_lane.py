"""Small work on the disk shares its trips to a thread."""

from __future__ import annotations

import asyncio
import threading

import pytest

from acd_tui.local import lane
from acd_tui.local.lane import on_trip


def refuse() -> None:
    raise FileNotFoundError("gone")


async def test_everyone_gets_their_own() -> None:
    results = await asyncio.gather(
        *(on_trip(lambda n=n: n * n) for n in range(100)),  # type: ignore[misc] # mypy cannot infer it
        on_trip(refuse),
        on_trip(threading.get_ident),
        return_exceptions=True,
    )
    assert results[:100] == [n * n for n in range(100)]
    assert isinstance(results[100], FileNotFoundError)
    assert results[101] != threading.get_ident()


async def test_what_is_asked_together_goes_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trips: list[int] = []
    run = lane._run

    def counted(errands: list[lane._Errand]) -> object:
        trips.append(len(errands))
        return run(errands)

    monkeypatch.setattr(lane, "_run", counted)
    await asyncio.gather(*(on_trip(int) for _ in range(lane._MOST * 2)))
    assert trips == [lane._MOST] * 2


async def test_one_that_hangs_stops_neither_others_nor_who_gives_up() -> None:
    ends = threading.Event()
    hanging = asyncio.ensure_future(on_trip(ends.wait))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # it has left
    try:
        assert await on_trip(lambda: 1) == 1
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        assert not ends.is_set()
    finally:
        ends.set()
    assert await on_trip(lambda: 2) == 2


def test_each_loop_has_its_own() -> None:
    async def ask() -> int:
        return await on_trip(lambda: 3)

    assert [asyncio.run(ask()), asyncio.run(ask())] == [3, 3]
