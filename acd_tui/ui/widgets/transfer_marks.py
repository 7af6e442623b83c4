"""Which transfers of a list are marked, wherever in the queue they have got to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from acd_tui.transfers.model import Transfer
from acd_tui.ui.widgets.transfer_rows import TransferRows

AllIds = Callable[[], Awaitable[list[int]]]
"""Finds the numbers of all transfers of the list, in its order."""


@dataclass(slots=True, eq=False)
class _Range:
    """What lies between where it began and the cursor.

    Attributes:
        start: the number and the row of where it began.
        end: those of where the cursor is.
        ids: what lies between, as far as it is known.
        is_over: whether the cursor goes on without it.
    """

    start: tuple[int, int]
    end: tuple[int, int]
    unmark: bool
    ids: frozenset[int] = frozenset()
    is_over: bool = False


@dataclass(slots=True)
class TransferMarks:
    """Marks of single transfers, and of those from here to where the cursor goes.

    Rows that were never in sight have numbers nobody has fetched. These are found when
    a range reaches over them; `settled` waits for that.

    Args:
        run: runs a coroutine beside the screen.
        all_ids: see `AllIds`.
        changed: told that other transfers are marked now.
    """

    run: Callable[[Coroutine[Any, Any, None]], object]
    all_ids: AllIds
    changed: Callable[[], object]
    _kept: frozenset[int] = frozenset()
    _range: _Range | None = None
    _wanted: list[_Range] = field(default_factory=list)
    _known: asyncio.Event = field(default_factory=asyncio.Event)
    _finding: bool = False

    @property
    def ids(self) -> frozenset[int]:
        """What is marked, as far as it is known."""
        one = self._range
        return self._kept if one is None else _with(self._kept, one)

    @property
    def is_on(self) -> bool:
        """Whether a range goes with the cursor."""
        return self._range is not None

    def __contains__(self, id_: int) -> bool:
        one = self._range
        if one is not None and id_ in one.ids:
            return not one.unmark
        return id_ in self._kept

    def toggle(self, id_: int) -> None:
        self.end()
        self._keep(self._kept ^ {id_})

    def clear(self) -> None:
        self._range = None
        self._wanted.clear()
        self._keep(frozenset())

    async def mark_all(self, *, invert: bool = False) -> None:
        """Mark all of the list; or what of it is not marked, and unmark the rest."""
        self.end()
        await self.settled()
        found = frozenset(await self.all_ids())
        self._keep(self._kept ^ found if invert else self._kept | found)

    def keep_only(self, ids: frozenset[int]) -> None:
        """Forget marks of transfers that are not there any more."""
        self._keep(self._kept & ids)

    def _keep(self, ids: frozenset[int]) -> None:
        self._kept = ids
        self.changed()

    # --- ranges -----------------------------------------------------------------

    def begin(self, here: Transfer, row: int, *, unmark: bool) -> None:
        """Begin a range at the cursor."""
        at = (here.id, row)
        self._range = _Range(at, at, unmark, frozenset({here.id}))
        self.changed()

    def end(self) -> None:
        """Leave everything as it is marked now; the cursor goes on alone."""
        one, self._range = self._range, None
        if one is None:
            return
        one.is_over = True
        if one not in self._wanted:
            self._kept = _with(self._kept, one)
        self.changed()

    def reach(self, rows: TransferRows, row: int) -> None:
        """Have the range go to another row."""
        one = self._range
        here = rows.get(row)
        if one is None:
            return
        one.end = (-1 if here is None else here.id, row)
        first = rows.index_of(one.start[0])
        between = _span(first, row) if first is not None else range(0)
        ids = [rows.get(index) for index in between]
        if between and all(ids):
            one.ids = frozenset(each.id for each in ids if each is not None)
            if one in self._wanted:
                self._wanted.remove(one)
        elif one not in self._wanted:
            self._wanted.append(one)
            self._find()
        self.changed()

    def _find(self) -> None:
        if not self._finding:
            self._finding = True
            self._known.clear()
            self.run(self._find_all())

    async def _find_all(self) -> None:
        try:
            while self._wanted:
                one = self._wanted[0]
                reached = one.end
                ids = await self.all_ids()
                if one in self._wanted and one.end == reached:
                    self._wanted.remove(one)
                    self._found(one, ids)
        finally:
            self._finding = False
            self._known.set()

    def _found(self, one: _Range, ids: list[int]) -> None:
        places = {id_: place for place, id_ in enumerate(ids)}
        start, end = (places.get(id_, row) for id_, row in (one.start, one.end))
        between = _span(start, end)
        one.ids = frozenset(ids[between.start : between.stop])
        if one.is_over:
            self._kept = _with(self._kept, one)
        self.changed()

    async def settled(self) -> None:
        """Wait until all that a range reaches over is known."""
        if self._finding:
            await self._known.wait()


def _with(kept: frozenset[int], one: _Range) -> frozenset[int]:
    return kept - one.ids if one.unmark else kept | one.ids


def _span(one: int, two: int) -> range:
    return range(min(one, two), max(one, two) + 1)
