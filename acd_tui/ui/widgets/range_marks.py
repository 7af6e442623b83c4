"""Marking from one row to another while the cursor moves (`v`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd_tui.ui.widgets.listing import Tree

if TYPE_CHECKING:
    from acd_tui.ui.widgets.pane import Pane


class RangeMarks:
    """Marks, or unmarks, what lies between where it began and the cursor.

    A row that the cursor leaves behind on its way back is again as it was. What a move
    costs grows with the rows moved over, not with the length of the listing.
    """

    def __init__(self, pane: Pane) -> None:
        self._pane = pane
        self._tree: Tree | None = None  # rows have numbers in this one alone
        self._start = 0
        self._end = 0  # where the cursor was at the last look
        self._unmark = False
        self._before: dict[int, bool] = {}

    @property
    def is_on(self) -> bool:
        return self._tree is not None

    def toggle(self, *, unmark: bool = False) -> None:
        """Begin at the cursor, or end and leave everything as it is."""
        if self.is_on:
            self.end()
            return
        self._tree, self._unmark = self._pane.files, unmark
        self._start = self._end = self._pane.table.cursor
        self._before.clear()
        self.moved()

    def end(self) -> None:
        self._tree = None
        self._pane.show_status()

    def moved(self) -> None:
        """The cursor may be on another row."""
        if self._tree is None:
            return
        if self._tree is not self._pane.files:  # sorted, filtered or listed again
            self.end()
            return
        if not len(self._tree):
            return
        cursor = self._pane.table.cursor
        for index in _between(self._end, cursor):
            if not _is_between(index, self._start, cursor):
                self._put_back(index)
        for index in _between(self._end, cursor):
            if _is_between(index, self._start, cursor):
                self._take(index, self._tree)
        self._end = cursor
        self._pane.table.refresh()
        self._pane.show_status()

    def _take(self, index: int, tree: Tree) -> None:
        marks, row = self._pane.marks, tree.row(index)
        self._before.setdefault(index, row in marks)
        (marks.discard if self._unmark else marks.add)(row)

    def _put_back(self, index: int) -> None:
        was = self._before.pop(index, None)
        if was is not None and self._tree is not None:
            marks, row = self._pane.marks, self._tree.row(index)
            (marks.add if was else marks.discard)(row)


def _between(one: int, two: int) -> range:
    return range(min(one, two), max(one, two) + 1)


def _is_between(index: int, one: int, two: int) -> bool:
    return min(one, two) <= index <= max(one, two)
