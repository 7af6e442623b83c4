"""The columns of a pane behind the names: which, how wide, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from acd_tui.printable import printable
from acd_tui.ui.format import fit_end, right, size_cell, time_cell
from acd_tui.ui.widgets.listing import SortKey, ending_of
from acd_tui.vfs.entry import Entry


class Column(msgspec.Struct, frozen=True):
    """One column that can be shown.

    Attributes:
        title: at its top.
        sorts: what a click on the title sorts by; None if nothing.
        widths: cells it may take and how many the names must have left beside it, the
            widest first.
        cell: what it says of an entry in so many cells, printable.
    """

    title: str
    sorts: SortKey | None
    widths: Sequence[tuple[int, int]]
    cell: Callable[[Entry, int], str]


def _time(entry: Entry, width: int) -> str:
    return time_cell(entry.modified_ns, wide=width > 11)


def _type(entry: Entry, width: int) -> str:
    text = "" if entry.is_folder else printable(ending_of(entry.name))
    return fit_end(text, width - 1).rstrip()


def _md5(entry: Entry, width: int) -> str:
    return (entry.md5 or "")[: width - 1]


COLUMNS: Mapping[str, Column] = {
    "size": Column("Size", SortKey.SIZE, ((7, 15),), lambda entry, _: size_cell(entry)),
    "modified": Column("Modified", SortKey.MODIFIED, ((17, 36), (11, 26)), _time),
    "type": Column("Type", SortKey.TYPE, ((8, 24),), _type),
    "md5": Column("MD5", None, ((33, 36), (9, 26)), _md5),
}
"""Name in the settings → column."""

USUAL = ("size", "modified")


class Layout(msgspec.Struct, frozen=True):
    """How the columns share out a line.

    Attributes:
        name: cells of the names.
        cells: the other columns there is room for, each with its cells.
    """

    name: int
    cells: Sequence[tuple[Column, int]]

    @classmethod
    def at(cls, width: int, names: Sequence[str] = USUAL) -> Layout:
        """Share out `width` cells: state, mark, name, and the columns of those names."""
        room, cells = width - 2, []
        for column in (COLUMNS[name] for name in names):
            for cell_width, for_names in column.widths:
                if room - cell_width >= for_names:
                    room -= cell_width
                    cells.append((column, cell_width))
                    break
        return cls(max(1, room), cells)

    def texts(self, entry: Entry) -> str:
        """What stands behind an entry's name."""
        return "".join(
            right(column.cell(entry, width), width) for column, width in self.cells
        )

    def sorts_at(self, x: int) -> SortKey | None:
        """What a click on a title sorts by."""
        edge = self.name + 2
        if x < edge:
            return SortKey.NAME
        for column, width in self.cells:
            edge += width
            if x < edge:
                return column.sorts
        return None
