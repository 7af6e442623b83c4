"""Notices that nothing moves, for a command that would be silent about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from acd_tui.transfers.model import State, Transfer
from acd_tui.units import show_duration

STILL = 30.0  # seconds without a byte until that is said


def wait_of(transfer: Transfer, now: float) -> str | None:
    """Say why one waits, and when it goes on; None where there is nothing to say."""
    if transfer.state is not State.WAITING or transfer.wake is None:
        return transfer.reason
    left = transfer.wake - now
    again = f"again in {show_duration(left)}" if left > 0 else "again now"
    return f"{transfer.reason}; {again}" if transfer.reason else again


def soonest(waiting: Sequence[Transfer], now: float) -> Transfer | None:
    """Return the one that goes on first, if even that one waits for long."""
    times = [each for each in waiting if each.wake is not None]
    if len(times) < len(waiting) or not times:
        return None
    first = min(times, key=lambda each: each.wake or 0.0)
    return first if (first.wake or 0.0) - now > STILL else None


class Stall:
    """Says once of each time for which all stays as it is.

    Args:
        say: told a sentence.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._seen: object = None
        self._since: float | None = None
        self._why: str | None = None

    def look(self, state: object, now: float, why: str | None = None) -> None:
        """Look at what would be different if anything moved.

        Args:
            state: that; None while it is known why nothing moves.
            now: seconds.
            why: the last answer to what is tried again, where there was one.
        """
        if state is None or state != self._seen:
            self._seen, self._since, self._why = state, now, None
        self._why = why or self._why  # nothing is known while it is tried again
        if self._since is not None and now - self._since >= STILL:
            self._since = None
            # To compare a large file, or to send a call again and again, takes long.
            because = f" ({self._why})" if self._why else ""
            self._say(
                f"nothing has moved for {STILL:.0f} seconds{because}; still at it"
                " (-vv shows what the other side answers)"
            )
