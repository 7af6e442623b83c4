"""What a worker needs from whoever holds its transfer."""

from __future__ import annotations

from typing import Protocol

from acd_tui.transfers.limiter import Limiter
from acd_tui.transfers.metered import Metered
from acd_tui.transfers.rows import Change


class Let(Exception):
    """The transfer is not this worker's any more: let go of it."""


class Hand(Protocol):
    """What a worker needs from whoever started it."""

    limiter: Limiter

    async def tell(self, change: Change) -> None:
        """Record a step and wait until it is on disk.

        Raises:
            Let: the user decided otherwise meanwhile.
        """
        ...

    def mention(self, change: Change) -> None:
        """Record a step soon, or together with the next one."""
        ...

    async def take_turn(self) -> None:
        """Wait until its bytes may move."""
        ...

    def end_turn(self) -> None:
        """Let others move theirs: all that is left to do needs no slot."""
        ...

    def meter(self, metered: Metered) -> None:
        """Hand over what counts the bytes."""
        ...

    def moved(self, size: int) -> None:
        """Count bytes that moved."""
        ...
