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
