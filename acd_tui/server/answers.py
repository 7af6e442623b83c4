"""Pages that were sent a moment ago, for whoever asks the same while nothing has changed.

Each change takes a number of the user's change feed; so an answer is good as long as the
last number is the one it was made at. Programs list the same folders again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

from acd_tui.clock import Clock

_LARGEST = 512 * 1024
_MOST_BYTES = 32 * 1024 * 1024
_SECONDS = 60.0  # an answer may hold tokens and links that expire


class Answer(NamedTuple):
    """The body of a page.

    Attributes:
        sequence: the number of the user's last change when it was made.
        made: by the monotonic clock.
        body: of the answer.
    """

    sequence: int
    made: float
    body: bytes


class Answers:
    """The last pages, up to 32 MiB of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> Answer | None:
        """What was answered, if that is not long ago."""
        answer = self._answers.get(key)
        if answer is None:
            return None
        if not 0 <= self._clock.monotonic() - answer.made < _SECONDS:
            self._forget(key)
            return None
        self._answers.move_to_end(key)
        return answer

    def put(self, key: Hashable, sequence: int, body: bytes) -> None:
        """Keep an answer."""
        self._forget(key)
        if len(body) > _LARGEST:
            return
        self._answers[key] = Answer(sequence, self._clock.monotonic(), body)
        self._bytes += len(body)
        while self._bytes > _MOST_BYTES:
            self._forget(next(iter(self._answers)))

    def _forget(self, key: Hashable) -> None:
        if (answer := self._answers.pop(key, None)) is not None:
            self._bytes -= len(answer.body)
