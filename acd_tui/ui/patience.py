"""A word for those who wait, unless what they wait for is there soon enough."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.message_pump import MessagePump


class Patience:
    """Says something after a while, and more later on, if it was not ended before.

    A timer of Textual's is not enough: what it calls waits its turn among the messages,
    and is called even if the timer was stopped meanwhile. "Loading…" would be said of
    what is there, and nothing would take it back.

    Args:
        pump: in whose turn it is said.
        seconds: how long to wait.
        tell: says it.
        later: of what is said after that, how long to wait from now on, and what does.
    """

    def __init__(
        self,
        pump: MessagePump,
        seconds: float,
        tell: Callable[[], object],
        *later: tuple[float, Callable[[], object]],
    ) -> None:
        self._has_ended = False
        self._timers = [
            pump.set_timer(wait, partial(self._lost, say))
            for wait, say in ((seconds, tell), *later)
        ]

    def _lost(self, tell: Callable[[], object]) -> None:
        if not self._has_ended:
            tell()

    def end(self) -> None:
        self._has_ended = True
        for timer in self._timers:
            timer.stop()
