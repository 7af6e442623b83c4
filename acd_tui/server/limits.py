"""How many requests an application may make for a user (amazon-drive-api.md §5.3)."""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from dataclasses import dataclass

from acd_tui.clock import Clock
from acd_tui.errors import UsageError
from acd_tui.server import wire
from acd_tui.server.tokens import Grant

_RATE = re.compile(r"([1-9]\d{0,8})(?:/([sm]))?")
_SECONDS = {"s": 1, "m": 60}
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds."""

    requests: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read `20`, `20/s` or `600/m`.

        Raises:
            UsageError: it is none of these.
        """
        match = _RATE.fullmatch(text.strip())
        if match is None:
            raise UsageError(
                f"{text!r} is not a rate", hint="write it like 20/s or 600/m"
            )
        return cls(int(match[1]), _SECONDS[match[2] or "s"])


class RateLimit:
    """A bucket of requests for each user and application, which fills again with time.

    Args:
        rate: how fast it fills; so many requests it holds.
        clock: of which only differences count.
    """

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[tuple[int, str], tuple[float, float]] = OrderedDict()

    def take(self, grant: Grant) -> None:
        """Count a request.

        Raises:
            ApiFault: 429, with the seconds after which there is room for one.
        """
        now = self._clock.monotonic()
        key = (grant.user, grant.client)
        left, then = self._buckets.pop(key, (float(self._rate.requests), now))
        per_second = self._rate.requests / self._rate.seconds
        left = min(self._rate.requests, left + (now - then) * per_second)
        allowed = left >= 1
        self._buckets[key] = (left - 1 if allowed else left, now)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = math.ceil((1 - left) / per_second)
            raise wire.ApiFault(
                429, {"message": "Rate exceeded"}, {"retry-after": str(max(1, wait))}
            )
