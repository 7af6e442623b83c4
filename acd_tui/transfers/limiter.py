"""A limit on the bytes that all transfers together move in a second."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from acd_tui.clock import Clock

_LONGEST_WAIT = 0.25  # seconds after which a new limit is noticed at the latest
_BURST = 0.25  # seconds' worth of bytes that may move at once
_SMALLEST_PART = 1024


class Limiter:
    """A bucket that fills with time, and from which every byte is taken.

    Who asks first is served first, and large pieces go in parts; so transfers that
    have something to move all the time share the limit alike.

    Attributes:
        rate: bytes a second, above zero; None for no limit. It may be changed, from
            any thread, while others wait.
    """

    def __init__(self, clock: Clock, rate: int | None = None) -> None:
        self.rate = rate
        self._clock = clock
        self._turn = asyncio.Lock()
        self._full = 0.0  # the bytes there are; below zero what was taken ahead
        self._filled = clock.monotonic()

    def parts(self, piece: bytes) -> Iterator[bytes]:
        """Split a piece into parts; each is to be taken before it moves."""
        start = 0
        while start < len(piece):
            rate, size = self.rate, len(piece) - start
            if rate is not None:
                size = min(size, max(_SMALLEST_PART, int(rate * _BURST / 2)))
            yield piece[start : start + size]
            start += size

    async def take(self, size: int) -> None:
        """Wait until so many bytes may move."""
        if self.rate is None:
            return
        async with self._turn:
            while (pause := self._pause()) > 0:
                await self._clock.sleep(min(pause, _LONGEST_WAIT))
            self._full -= size

    def _pause(self) -> float:
        """Fill the bucket; return the seconds until it is not empty any more."""
        now = self._clock.monotonic()
        passed, self._filled = max(0.0, now - self._filled), now
        rate = self.rate
        if rate is None:
            self._full = 0.0
            return 0.0
        self._full = min(rate * _BURST, self._full + rate * passed)
        if self._full > 0:
            return 0.0
        return (1 - self._full) / rate
