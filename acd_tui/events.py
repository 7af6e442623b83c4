"""A typed bus for things that happen seldom.

State changes are sent here; progress is not, it is sampled by whoever shows it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

E = TypeVar("E")


class EventBus:
    """Calls every subscriber of an event's class, in the publisher's thread.

    A subscriber must not block and must not raise; one that lives in another thread
    hands the event over by its own means.
    """

    def __init__(self) -> None:
        self._subscribers: dict[type, list[Callable[[Any], None]]] = {}

    def publish(self, event: object) -> None:
        for subscriber in tuple(self._subscribers.get(type(event), ())):
            subscriber(event)

    @contextlib.contextmanager
    def subscribed(
        self, kind: type[E], subscriber: Callable[[E], None]
    ) -> Iterator[None]:
        """Have `subscriber` called with each event of exactly that class meanwhile."""
        subscribers = self._subscribers.setdefault(kind, [])
        subscribers.append(subscriber)
        try:
            yield
        finally:
            subscribers.remove(subscriber)
