"""What users say about the queue as a whole: its order, its pace, whether it goes on."""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Collection
from typing import Any

import msgspec

from acd_tui.transfers.model import Priority
from acd_tui.transfers.rows import ROOM, ids_text
from acd_tui.transfers.store import Store

_IDS = "SELECT value FROM json_each(:ids)"
_OPEN = "finished IS NULL"


class Step(enum.Enum):
    """Where to move something in the order."""

    FRONT = "front"
    BACK = "back"
    UP = "up"
    DOWN = "down"


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What of the queue is meant: some transfers, or all, of one job or of any.

    Attributes:
        ids: only these; None for all.
        job: only those of this one; None for all.
    """

    ids: Collection[int] | None = None
    job: int | None = None

    @property
    def where(self) -> str:
        """The rest of a WHERE."""
        where = "" if self.ids is None else f" AND id IN ({_IDS})"
        return where if self.job is None else where + " AND job = :job"

    @property
    def values(self) -> dict[str, Any]:
        """What stands in it."""
        ids = None if self.ids is None else ids_text(self.ids)
        return {"ids": ids, "job": self.job}


class Controls:
    """Writes down what is to hold for whoever runs the transfers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def hold(self) -> None:
        """Let everything rest at once."""
        await self._set_queue("held = 1")

    async def drain(self) -> None:
        """Start nothing new."""
        await self._set_queue("draining = 1")

    async def release(self) -> None:
        """Go on after either."""
        await self._set_queue("held = 0, draining = 0")

    async def limit_slots(self, slots: int | None) -> None:
        """Set how many files move at a time; None for what the settings say."""
        await self._set_queue("slots = :value", slots)

    async def limit_bandwidth(self, rate: int | None) -> None:
        """Set how many bytes a second move; None for no limit."""
        await self._set_queue("bandwidth = :value", rate)

    async def _set_queue(self, what: str, value: int | None = None) -> None:
        await self._store.write(
            lambda c: c.execute(f"UPDATE queue SET {what}", {"value": value}),  # noqa: S608 - our own words
            command=True,
        )

    async def prioritise(self, what: Selection, priority: int) -> int:
        """Give unfinished transfers a priority; return how many got another one.

        A job keeps it for what will be found of it.
        """

        def work(connection: sqlite3.Connection) -> int:
            values = {**what.values, "rank": -_within(priority)}
            if what.job is not None and what.ids is None:
                connection.execute(
                    "UPDATE jobs SET rank = :rank WHERE id = :job", values
                )
            return connection.execute(
                "UPDATE transfers SET rank = :rank"  # noqa: S608 - our own words
                f" WHERE rank <> :rank AND {_OPEN}{what.where}",
                values,
            ).rowcount

        return await self._store.write(work, command=True)

    async def move(self, what: Selection, step: Step) -> int:
        """Move queued transfers among those of their priority; return how many.

        `FRONT` and `BACK` keep the order of what is moved, and give all of it one
        priority: the highest or the lowest that something unfinished has.
        """
        if step is Step.FRONT:
            return await self._store.write(lambda c: _to_front(c, what), command=True)
        if step is Step.BACK:
            return await self._store.write(lambda c: _to_back(c, what), command=True)
        return await self._store.write(lambda c: _shift(c, what, step), command=True)


def _within(priority: int) -> int:
    return max(Priority.LOWEST, min(Priority.HIGHEST, priority))


def _to_front(connection: sqlite3.Connection, what: Selection) -> int:
    (rank, first) = connection.execute(
        "SELECT coalesce(min(rank), 0), coalesce(min(turn), 0)"  # noqa: S608 - our own words
        f" FROM transfers WHERE {_OPEN}"
    ).fetchone()
    # What is found later of a job comes behind what is there of it: its id is higher.
    return _move_all(connection, what, rank, shift=first - ROOM, after=first - ROOM)


def _to_back(connection: sqlite3.Connection, what: Selection) -> int:
    (rank, last) = connection.execute(
        "SELECT coalesce(max(rank), 0), coalesce(max(turn), 0)"  # noqa: S608 - our own words
        f" FROM transfers WHERE {_OPEN}"
    ).fetchone()
    (least,) = connection.execute(
        "SELECT coalesce(min(id), 0)"  # noqa: S608 - our own words
        f" FROM transfers WHERE {_OPEN}{what.where}",
        what.values,
    ).fetchone()
    shift = last + 1 - least
    # Jobs queued later come after it still: they have another `ROOM`.
    return _move_all(connection, what, rank, shift=shift, after=last)


def _move_all(
    connection: sqlite3.Connection,
    what: Selection,
    rank: int,
    *,
    shift: int,
    after: int,
) -> int:
    """Give what is chosen a rank and, in the order it has, the turns after one.

    Args:
        connection: to write with.
        what: is chosen.
        rank: for all of it.
        shift: of what will be found of the job, where that is chosen as a whole.
        after: the turn before the first.
    """
    values = {**what.values, "rank": rank, "shift": shift}
    if what.job is not None and what.ids is None:
        connection.execute(
            "UPDATE jobs SET rank = :rank, shift = :shift WHERE id = :job", values
        )
    chosen = connection.execute(
        f"SELECT id FROM transfers WHERE {_OPEN}{what.where} ORDER BY rank, turn",  # noqa: S608 - our own words
        values,
    ).fetchall()
    connection.executemany(
        "UPDATE transfers SET rank = ?, shift = ? - id WHERE id = ?",
        [(rank, after + place, id_) for place, (id_,) in enumerate(chosen, start=1)],
    )
    return len(chosen)


def _shift(connection: sqlite3.Connection, what: Selection, step: Step) -> int:
    """Swap each chosen one with its neighbour that is not chosen."""
    up = step is Step.UP
    chosen = connection.execute(
        "SELECT id, rank, turn FROM transfers WHERE state = 'queued'"  # noqa: S608 - our own words
        f"{what.where} ORDER BY rank, turn{'' if up else ' DESC'}",
        what.values,
    )
    moved, stuck = 0, set()
    for id_, rank, turn in chosen.fetchall():
        beside = connection.execute(
            "SELECT id, turn FROM transfers WHERE state = 'queued' AND rank = ?"  # noqa: S608 - our own words
            f" AND turn {'<' if up else '>'} ? ORDER BY turn {'DESC' if up else ''}"
            " LIMIT 1",
            (rank, turn),
        ).fetchone()
        if beside is None or beside[0] in stuck:
            stuck.add(id_)
            continue
        connection.executemany(
            "UPDATE transfers SET shift = ? - id WHERE id = ?",
            [(beside[1], id_), (turn, beside[0])],
        )
        moved += 1
    return moved
