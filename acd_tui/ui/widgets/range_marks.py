"""Marking from one row to another while the cursor moves (`v`)."""

from __future__ import annotations

from operator import not_
from typing import TYPE_CHECKING

from acd_tui.ui.widgets.marks import Deed
from acd_tui.ui.widgets.tree import Tree

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
        self._lines = range(0)  # from where it began to where the cursor was last
        self._deed = Deed.ADD
        self._before = bytearray()  # whether they were marked, by line

    @property
    def is_on(self) -> bool:
        return self._tree is not None

    @property
    def name(self) -> str:
        """What is going on, in the status line."""
        return "range" if self._deed is Deed.ADD else "unmarking a range"

    def toggle(self, *, unmark: bool = False) -> None:
        """Begin at the cursor, or end and leave everything as it is."""
        if self.is_on:
            self.end()
            return
        self._tree = self._pane.files
        self._deed = Deed.DISCARD if unmark else Deed.ADD
        self._start = self._pane.table.cursor
        self._lines = range(self._start, self._start)
        self._before = bytearray(len(self._tree))
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
        old, cursor = self._lines, self._pane.table.cursor
        self._lines = range(min(self._start, cursor), max(self._start, cursor) + 1)
        self._put_back(_without(old, self._lines), self._tree)
        self._take(_without(self._lines, old), self._tree)
        self._pane.table.refresh()
        self._pane.show_status()

    def _take(self, lines: range, tree: Tree) -> None:
        marks = self._pane.marks
        self._before[lines.start : lines.stop] = marks.states(tree.parts(lines))
        marks.change(tree.parts(lines), self._deed)

    def _put_back(self, lines: range, tree: Tree) -> None:
        marked = self._before[lines.start : lines.stop]
        if self._deed is Deed.ADD:
            parts = tree.parts(lines, map(not_, marked))
            self._pane.marks.change(parts, Deed.DISCARD)
        else:
            self._pane.marks.change(tree.parts(lines, marked), Deed.ADD)


def _without(lines: range, others: range) -> range:
    """Return the lines that are not among others, where both have one end in common."""
    if not others or not lines:
        return lines
    if lines.start < others.start:
        return range(lines.start, min(lines.stop, others.start))
    return range(max(lines.start, others.stop), lines.stop)
