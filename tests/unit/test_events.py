from __future__ import annotations

from dataclasses import dataclass

from acd_tui.events import EventBus


@dataclass
class Bell:
    n: int


@dataclass
class Whistle:
    n: int


def test_events_reach_who_asked_for_their_kind_and_only_meanwhile() -> None:
    bus = EventBus()
    heard: list[Bell] = []
    bus.publish(Bell(0))
    with bus.subscribed(Bell, heard.append):
        bus.publish(Bell(1))
        bus.publish(Whistle(2))
    bus.publish(Bell(3))
    assert heard == [Bell(1)]
