"""Time as one object that can be handed in, so that tests can drive it."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

SIGN_IN_SECONDS = 600.0
"""Until a sign-in is given up: who goes to look for a password takes minutes."""


class Clock(Protocol):
    """What time it is, and a way to wait."""

    def now(self) -> float:
        """Seconds since 1970 in UTC; may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        return time.time()  # noqa: TID251 - this is the clock the rule speaks of

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
