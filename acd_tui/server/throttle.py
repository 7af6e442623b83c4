"""Failed sign-ins make the next one wait."""

from __future__ import annotations

from collections import OrderedDict

from acd_tui.clock import Clock

_FREE = 5  # failures without a wait
_LONGEST = 300.0
_FORGET = 3600.0
_MOST = 10_000


class Throttle:
    """Counts failures by name and by address; each beyond the fifth doubles the wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, *keys: str) -> float:
        """Seconds until the next attempt is allowed; 0 is now."""
        now = self._clock.monotonic()
        waits = [0.0]
        for key in keys:
            count, last = self._failures.get(key, (0, 0.0))
            if count >= _FREE and now - last < _FORGET:
                waits.append(last + min(_LONGEST, 2.0 ** (count - _FREE + 1)) - now)
        return max(waits)

    def failed(self, *keys: str) -> None:
        now = self._clock.monotonic()
        for key in keys:
            count, last = self._failures.pop(key, (0, now))
            if now - last >= _FORGET:
                count = 0
            self._failures[key] = (count + 1, now)
        while len(self._failures) > _MOST:
            self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        for key in keys:
            self._failures.pop(key, None)
