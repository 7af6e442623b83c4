"""From samples of a byte count to a steady rate and the time that is left."""

from __future__ import annotations

import math

_SETTLE = 3.0  # seconds after which two thirds of a rate are from what came since
_LEAST = 0.1  # seconds between two samples that say something


class Rate:
    """Bytes a second over the last moments.

    The count may go down when something starts anew; that is no negative rate.
    """

    def __init__(self, now: float, count: int = 0) -> None:
        self._time = now
        self._count = count
        self._first = True
        self._rate = 0.0

    def sample(self, now: float, count: int) -> float:
        """Take in the count as of now; return bytes a second."""
        passed = now - self._time
        if passed < _LEAST:
            return self._rate
        latest = max(0, count - self._count) / passed
        weight = 1.0 if self._first else 1 - math.exp(-passed / _SETTLE)
        self._rate += weight * (latest - self._rate)
        self._first = False
        self._time, self._count = now, count
        return self._rate


def time_left(remaining: int, rate: float) -> float | None:
    """Return seconds until `remaining` bytes have arrived; None while unknown."""
    if remaining <= 0:
        return 0.0
    if rate < 1:
        return None
    return remaining / rate
