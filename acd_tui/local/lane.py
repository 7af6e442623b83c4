"""Carries small pieces of work on the disk to threads, many at a time.

To wake a thread and to be woken by it costs more than a look at a file. What is asked
for while the threads are at work goes along with the next trip.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

_TRIPS = 3
"""Under way at a time, so that a disk that hangs does not stop all others at once."""

_MOST = 16
"""Pieces of work in one trip: they wait for each other."""


class _Errand(NamedTuple):
    work: Callable[[], Any]
    done: asyncio.Future[Any]


class _Lane:
    """The trips of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._waiting: list[_Errand] = []
        self._trips = 0
        self._leaving = False

    def ask(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Have something done on the next trip."""
        done: asyncio.Future[T] = self.loop.create_future()
        self._waiting.append(_Errand(work, done))
        if not self._leaving and self._trips < _TRIPS:
            self._leaving = True
            self.loop.call_soon(self._leave)  # others may ask in this round, too
        return done

    def _leave(self) -> None:
        self._leaving = False
        while self._waiting and self._trips < _TRIPS:
            some, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
            self._trips += 1
            trip = self.loop.run_in_executor(None, _run, some)
            trip.add_done_callback(self._back)

    def _back(self, trip: asyncio.Future[list[tuple[_Errand, Any, Any]]]) -> None:
        self._trips -= 1
        self._leave()
        if trip.cancelled():
            return
        for (_, done), result, error in trip.result():
            if done.done():
                continue  # cancelled
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)


def _run(errands: list[_Errand]) -> list[tuple[_Errand, Any, Any]]:
    results: list[tuple[_Errand, Any, Any]] = []
    for errand in errands:
        try:
            results.append((errand, errand.work(), None))
        except Exception as error:  # noqa: BLE001 - theirs who asked
            results.append((errand, None, error))
    return results


_here = threading.local()


async def on_trip(work: Callable[[], T]) -> T:
    """Do something short in a thread that changes nothing.

    A cancelled caller does not wait for it.
    """
    loop = asyncio.get_running_loop()
    lane: _Lane | None = getattr(_here, "lane", None)
    if lane is None or lane.loop is not loop:
        lane = _here.lane = _Lane(loop)
    return await lane.ask(work)
