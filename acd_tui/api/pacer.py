"""One pace for all calls of a client.

The service limits a customer, not a call: when one call is told to slow down, all
others must (amazon-drive-api.md §5.3).
"""

from __future__ import annotations

import random
from collections.abc import Callable

from acd_tui.clock import Clock

MOST_DOUBLINGS = 8
"""Back-off grows to random(0..2^8) seconds and not further."""

LONGEST_HOLD = 2.0**MOST_DOUBLINGS
"""Seconds for which a `Retry-After` holds all calls back, at most."""

_SLICE = 1.0

_TOLD = 3
"""Failures in a row until somebody is told: some seconds then."""

_LONG = 10.0
"""Seconds of a `Retry-After` that are told of at once."""

_RARELY = 60.0
"""Seconds until that is told again: some calls may get through in between."""


class Pacer:
    """Holds calls back after failures: random(0..2^n) seconds, n failures in a row.

    Calls under way together fail together; that counts once. Each waiting call draws
    its own share of the time, so that they do not all come back at once, and all go on
    as soon as one has succeeded.

    Args:
        clock: what is waited by.
        draw: gives the shares.
        hindered: told why calls wait, once that takes long, and None when they go on.
    """

    def __init__(
        self,
        clock: Clock,
        draw: Callable[[], float] = random.random,
        *,
        hindered: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._clock = clock
        self._draw = draw
        self._hindered = hindered
        self._told_at: float | None = None
        self._told = False
        self.failures = 0
        self._incident = 0
        self._failed_at = 0.0
        self._not_before = 0.0

    async def wait(self) -> int:
        """Wait for one's turn; returns what `succeeded` and `failed` want to know."""
        share = self._draw()
        while True:
            rest = self._turn(share) - self._clock.monotonic()
            if rest <= 0:
                return self._incident
            await self._clock.sleep(min(rest, _SLICE))

    def _turn(self, share: float) -> float:
        if not self.failures:
            return self._not_before
        backed_off = self._failed_at + share * 2.0**self.failures
        return max(self._not_before, backed_off)

    def succeeded(self, ticket: int) -> None:
        """An answer came that shows the service at work; its content does not matter."""
        if ticket == self._incident:
            self.failures = 0
            self._not_before = 0.0
            if self._told:
                self._told = False
                self._hindered(None)

    def failed(
        self, ticket: int, retry_after: float | None = None, *, why: str = ""
    ) -> None:
        """The service refused to work, or could not be reached.

        Args:
            ticket: what `wait` returned before the call.
            retry_after: seconds the service asked to be left alone for.
            why: what it said, in one sentence.
        """
        now = self._clock.monotonic()
        if retry_after is not None:
            until = now + min(max(retry_after, 0.0), LONGEST_HOLD)
            self._not_before = max(self._not_before, until)
        if ticket == self._incident:
            self._incident += 1
            self.failures = min(self.failures + 1, MOST_DOUBLINGS)
            self._failed_at = now
        if self.failures >= _TOLD or self._not_before - now >= _LONG:
            self._tell(why, now)

    def _tell(self, why: str, now: float) -> None:
        if self._told or (self._told_at is not None and now - self._told_at < _RARELY):
            return
        self._told, self._told_at = True, now
        self._hindered(why)
