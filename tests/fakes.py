"""Stand-ins that several test folders share."""

from __future__ import annotations

import asyncio
import heapq
import itertools


class FakeClock:
    """A clock that moves only when it is told to, or by itself when all only wait.

    With `auto`, a sleeper moves the time to its own end at once, so that back-offs of
    minutes take no time at all and `slept` says how long they would have been.
    """

    def __init__(self, start: float = 1_700_000_000.0, *, auto: bool = True) -> None:
        self.time = start
        self.auto = auto
        self.slept: list[float] = []
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.auto:
            self.time += max(0.0, seconds)
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        end = self.time + seconds
        heapq.heappush(self._sleepers, (end, next(self._numbers), woken))
        await woken.wait()

    def advance(self, seconds: float) -> None:
        """Let time pass and wake whoever waited for it."""
        self.time += seconds
        while self._sleepers and self._sleepers[0][0] <= self.time:
            heapq.heappop(self._sleepers)[2].set()
