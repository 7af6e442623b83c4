"""What happened to single transfers, where that was out of the ordinary."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

from acd_tui.transfers.rows import safe
from acd_tui.transfers.states import Event

_MOST = 60  # lines that are kept of one transfer


class StoryLine(NamedTuple):
    """Something that happened to a transfer.

    Attributes:
        at: when, seconds since 1970.
        event: what.
        reason: in one sentence, if there was one.
    """

    at: float
    event: Event
    reason: str | None


def read_story(connection: sqlite3.Connection, transfer: int) -> list[StoryLine]:
    """Return what happened to a transfer, the oldest first."""
    lines = connection.execute(
        "SELECT at, event, reason FROM story WHERE transfer = ? ORDER BY id",
        (transfer,),
    )
    return [StoryLine(at, Event(event), reason) for at, event, reason in lines]


def note(connection: sqlite3.Connection, transfer: int, line: StoryLine) -> None:
    """Write a line, unless the last one says the same; the oldest of many go."""
    values = {
        "transfer": transfer,
        "now": line.at,
        "event": line.event.value,
        "reason": safe(line.reason),
        "most": _MOST,
    }
    connection.execute(
        "INSERT INTO story (transfer, at, event, reason)"
        " SELECT :transfer, :now, :event, :reason WHERE NOT EXISTS ("
        "  SELECT 1 FROM (SELECT event, reason FROM story WHERE transfer = :transfer"
        "   ORDER BY id DESC LIMIT 1) WHERE event = :event AND reason IS :reason)",
        values,
    )
    connection.execute(
        "DELETE FROM story WHERE transfer = :transfer AND id <= (SELECT id FROM story"
        " WHERE transfer = :transfer ORDER BY id DESC LIMIT 1 OFFSET :most)",
        values,
    )


def note_all(
    connection: sqlite3.Connection, event: Event, where: str, values: Mapping[str, Any]
) -> None:
    """Write a line for each transfer in state `was` that has a story already to go on.

    What was only queued so far has none: a hundred thousand of those are paused at once.
    """
    connection.execute(
        "INSERT INTO story (transfer, at, event) SELECT id, :now, :event FROM transfers"  # noqa: S608 - our own words
        f" WHERE state = :was AND (attempts > 0 OR reason IS NOT NULL) {where}",
        {**values, "event": event.value},
    )
