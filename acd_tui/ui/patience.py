"""A word for those who wait, unless what they wait for is there soon enough."""

from __future__ import annotations

from collections.abc import Callable

from textual.message_pump import MessagePump


class Patience:
    """Says something after a while, if it was not ended before.

    A timer of Textual's is not enough: what it calls waits its turn among the messages,
    and is called even if the timer was stopped meanwhile. "Loading…" would be said of
    what is there, and nothing would take it back.

    Args:
        pump: in whose turn it is said.
        seconds: how long to wait.
        tell: says it.
    """

    def __init__(
        self, pump: MessagePump, seconds: float, tell: Callable[[], object]
    ) -> None:
        self._tell = tell
        self._has_ended = False
        self._timer = pump.set_timer(seconds, self._lost)

    def _lost(self) -> None:
        if not self._has_ended:
            self._tell()

    def end(self) -> None:
        self._has_ended = True
        self._timer.stop()
