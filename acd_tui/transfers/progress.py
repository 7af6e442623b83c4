"""From samples of a byte count to a steady rate and the time that is left."""

from __future__ import annotations

import math

_SETTLE = 3.0  # seconds after which two thirds of a rate are from what came since
_LEAST = 0.1  # seconds between two samples that say something


class Rate:
    """Bytes a second over the last moments; at the beginning, on the average.

    The count may go down when something starts anew; that is no negative rate.
    """

    def __init__(self, now: float | None = None, count: int = 0) -> None:
        """Begin now with that count, or else with the first sample."""
        self._time = self._start = now
        self._count = count
        self._rate = 0.0
        self._moved = False

    def sample(self, now: float, count: int) -> float:
        """Take in the count as of now; return bytes a second."""
        if self._time is None or self._start is None:
            self._time, self._start, self._count = now, now, count
        passed = now - self._time
        if passed < _LEAST:
            return self._rate
        self._moved = self._moved or self._rate >= 1
        if self._moved and self._rate < 1:
            self._start = self._time  # it stands still, and may begin anew
        latest = max(0, count - self._count) / passed
        weight = max(1 - math.exp(-passed / _SETTLE), passed / (now - self._start))
        self._rate += weight * (latest - self._rate)
        self._time, self._count = now, count
        return self._rate


def time_left(remaining: int, rate: float) -> float | None:
    """Return seconds until `remaining` bytes have arrived; None while unknown."""
    if remaining <= 0:
        return 0.0
    if rate < 1:
        return None
    return remaining / rate
