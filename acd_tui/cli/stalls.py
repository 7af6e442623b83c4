"""Notices that nothing moves, for a command that would be silent about it."""

from __future__ import annotations

from collections.abc import Callable

STILL = 30.0  # seconds without a byte until that is said


class Stall:
    """Says once of each time for which all stays as it is.

    Args:
        say: told a sentence.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._seen: object = None
        self._since: float | None = None

    def look(self, state: object, now: float) -> None:
        """Look at what would be different if anything moved.

        Args:
            state: that; None while it is known why nothing moves.
            now: seconds.
        """
        if state is None or state != self._seen:
            self._seen, self._since = state, now
        elif self._since is not None and now - self._since >= STILL:
            self._since = None
            # To compare a large file, or to send a call again and again, takes long.
            self._say(
                f"nothing has moved for {STILL:.0f} seconds; still at it"
                " (-vv shows what the other side answers)"
            )
