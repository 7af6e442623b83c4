"""The table of files in a pane: a tree with columns."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from acd_tui.printable import printable
from acd_tui.ui.format import fit, fit_end, fit_start, right
from acd_tui.ui.widgets.columns import USUAL, Layout
from acd_tui.ui.widgets.line_list import LineList
from acd_tui.ui.widgets.listing import Order, Row, SortKey
from acd_tui.ui.widgets.marks import Marks
from acd_tui.ui.widgets.tree import Tree
from acd_tui.vfs.entry import Kind
from acd_tui.vfs.path import VPath

INDENT = 2
CACHED_STRIPS = 1024

_ROOM_FOR_BOTH = 24  # cells in which a name and its folder can be read


class FileTable(LineList):
    """Draws a `Tree` with marks and states, and says what was clicked."""

    HEADER_LINES = 1
    MARK_CELLS = 2
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "file--header",
        "file--header-sorted",
        "file--cursor",
        "file--folder",
        "file--other",
        "file--hidden",
        "file--dim",
        "file--mark",
        "file--marked",
        "file--same",
        "file--differs",
        "file--new",
        "file--moving",
        "file--unknown",
        "file--notice",
        "file--problem",
    }

    class Opened(Message):
        """A row was double-clicked."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    class Toggled(Message):
        """The sign in front of a folder was clicked."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    class SortAsked(Message):
        """A column's title was clicked."""

        def __init__(self, key: SortKey) -> None:
            super().__init__()
            self.key = key

    class CursorMoved(Message, bubble=False):
        """The cursor is on another row; sent to the screen, without a detour."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, FileTable.CursorMoved)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.files = Tree.empty(VPath())
        self.marks = Marks()
        self.state_of: Callable[[Row], str] = lambda _row: " "
        self.is_opening: Callable[[VPath], bool] = lambda _path: False
        self.notice: tuple[str, ...] = ()
        self.is_problem = False
        self._strips: dict[tuple[object, ...], Strip] = {}
        self._looks: dict[tuple[str, bool], Style] = {}
        self._shown: tuple[str, ...] = USUAL
        self._layout = Layout.at(80)
        self._shown_what_was_asked = asyncio.Event()
        self._shown_what_was_asked.set()

    # --- content --------------------------------------------------------------

    @property
    def row_count(self) -> int:
        return len(self.files)

    @property
    def current(self) -> Row | None:
        """The row the cursor is on."""
        return self.files.row(self.cursor) if self.cursor < len(self.files) else None

    def show(self, tree: Tree, cursor: VPath | None, fallback: int = 0) -> None:
        """Show another tree, or the same one after it was rearranged.

        Args:
            tree: what to show.
            cursor: what to put the cursor on.
            fallback: the line to put it on if that is not there.
        """
        self._shown_what_was_asked.set()
        self.files = tree
        index = tree.index_of(cursor) if cursor is not None else None
        self.cursor = max(
            0, min(index if index is not None else fallback, len(tree) - 1)
        )
        self._set_top(self.top)
        self.show_row(self.cursor)
        self.redraw()
        self.cursor_moved()

    def leaves(self) -> None:
        """Another row or folder was asked for: the next key is not for this one."""
        self._shown_what_was_asked.clear()

    def stays(self) -> None:
        """What was asked for is not there."""
        self._shown_what_was_asked.set()

    async def arrived(self) -> None:
        """Wait for rows of what was asked for last, or for a word why there are none."""
        await self._shown_what_was_asked.wait()

    def show_columns(self, names: Sequence[str]) -> None:
        """Have these columns behind the names, as far as there is room."""
        self._shown = tuple(names)
        self._layout = Layout.at(self.size.width - 1, self._shown)
        self.redraw()

    def say(self, *lines: str, problem: bool = False) -> None:
        """Show some printable lines where there are no rows."""
        if (lines, problem) != (self.notice, self.is_problem):
            self.notice, self.is_problem = lines, problem
            self.refresh()

    def redraw(self) -> None:
        """Draw everything again: states or marks may be different."""
        self._strips.clear()
        self.refresh()

    def cursor_moved(self) -> None:
        self.screen.post_message(self.CursorMoved())

    # --- drawing ----------------------------------------------------------------

    def notify_style_update(self) -> None:
        self._strips.clear()
        self._looks.clear()
        super().notify_style_update()

    def on_resize(self) -> None:
        self._layout = Layout.at(self.size.width - 1, self._shown)
        self._strips.clear()
        super().on_resize()

    def on_focus(self) -> None:
        self._strips.clear()
        self.refresh()

    def on_blur(self) -> None:
        self._strips.clear()
        self.refresh()

    def draw_header(self, line: int, width: int) -> Strip:  # noqa: ARG002 - there is but one
        layout, order = self._layout, self.files.order
        # Names usually go up and the others down, which is what the arrow shows.
        usual = order.by in {SortKey.NAME, SortKey.TYPE}
        arrow = "▲" if usual != order.reverse else "▼"

        def title(key: SortKey | None, text: str) -> str:
            return f"{text} {arrow}" if order.by is key else text

        name = title(SortKey.NAME, "Name")
        shown = {column.sorts for column, _ in layout.cells}
        if order.by is SortKey.TYPE and SortKey.TYPE not in shown:
            name = f"Name, by type {arrow}"
        cells: list[tuple[SortKey | None, str, int]] = [
            (SortKey.NAME, f"    {name}", layout.name + 2)
        ]
        cells += [
            (c.sorts, title(c.sorts, c.title), width) for c, width in layout.cells
        ]
        base = self.base
        segments = []
        for key, text, cell_width in cells:
            name = "file--header-sorted" if order.by is key else "file--header"
            is_first = key is SortKey.NAME
            cell = fit_end(text, cell_width) if is_first else right(text, cell_width)
            segments.append(Segment(cell, base + self.style_of(name)))
        return Strip(segments).adjust_cell_length(width, base)

    def draw_row(self, index: int, width: int) -> Strip:
        row = self.files.row(index)
        marked = row in self.marks
        state = self.state_of(row)
        sign = self._sign(row)
        key = (row, index == self.cursor, marked, state, sign, width)
        strip = self._strips.get(key)
        if strip is None:
            if len(self._strips) >= CACHED_STRIPS:
                self._strips.clear()
            strip = self._draw(row, index == self.cursor, marked, state + sign)
            strip = strip.adjust_cell_length(width, self.base)
            self._strips[key] = strip
        return strip

    def _sign(self, row: Row) -> str:
        """What stands in front of a name."""
        if not row.entry.is_folder:
            return "  "
        if self.is_opening(row.path):
            return "… "
        return "▾ " if self.files.is_open(row) else "▸ "

    def _draw(self, row: Row, at_cursor: bool, marked: bool, signs: str) -> Strip:
        entry, layout = row.entry, self._layout
        state, sign = signs[0], signs[1:]
        name_look = self._look(_name_look(row, marked), at_cursor)
        dim = name_look if marked else self._look("file--dim", at_cursor)
        indent = min(INDENT * self.files.depth(row), max(0, layout.name - 12))
        sign = " " * indent + sign
        name = printable(entry.name)
        room = layout.name - cell_len(sign)
        place = room * 2 // 5 if self.files.is_flat and room >= _ROOM_FOR_BOTH else 0
        segments = [
            Segment(state, self._look(_STATE_LOOKS.get(state, "file--dim"), at_cursor)),
            # No colour where no mark is: where the cursor is reversed it would look
            # like one.
            Segment("●", self._look("file--mark", at_cursor))
            if marked
            else Segment(" ", dim),
            Segment(sign, dim),
            Segment(fit(name, room - place), name_look),
        ]
        if place:
            folder = fit_start(printable(str(row.folder)), place - 1)
            segments.append(Segment(f" {fit(folder, place - 1)}", dim))
        segments.append(Segment(layout.texts(entry), dim))
        return Strip(segments)

    def _look(self, name: str, at_cursor: bool) -> Style:
        """The style of a row with that of a component class, if it has a name, added.

        A cursor that is reversed is one bar: only marks have a colour of their own there,
        which else would be those of patches in it.
        """
        key = (name, at_cursor)
        if key not in self._looks:
            base = self.base
            if at_cursor:
                base += self.style_of("file--cursor")
            if base.reverse and not name.startswith("file--mark"):
                name = ""
            self._looks[key] = base + self.style_of(name) if name else base
        return self._looks[key]

    def draw_blank(self, line: int, width: int) -> Strip:
        shown = () if len(self.files) else self._notice_lines(width)
        if not 1 <= line <= len(shown):
            return Strip.blank(width, self.base)
        text, is_problem = shown[line - 1]
        name = "file--problem" if is_problem else "file--notice"
        style = self.base + self.style_of(name)
        text = fit_end("    " + text, width)
        return Strip([Segment(text, style)], width)

    def _notice_lines(self, width: int) -> list[tuple[str, bool]]:
        """What is said where there are no rows, wrapped; and whether it is an error."""
        room = max(10, width - 6)
        return [
            (line, self.is_problem and number == 0)
            for number, text in enumerate(self.notice)
            for line in textwrap.wrap(text, room)
        ]

    # --- mouse ------------------------------------------------------------------

    def row_clicked(self, index: int, event: events.Click) -> None:
        row = self.files.row(index)
        sign_at = 2 + INDENT * self.files.depth(row)
        if row.entry.is_folder and sign_at <= event.x <= sign_at + 1:
            self.post_message(self.Toggled(row))
        elif event.chain == 2:
            self.post_message(self.Opened(row))

    def header_clicked(self, x: int) -> None:
        key = self._layout.sorts_at(x)
        if key is not None:
            self.post_message(self.SortAsked(key))

    @staticmethod
    def order_by(key: str) -> Order:
        """The usual order by something, such as `size`."""
        return Order(SortKey(key))

    def sorted_by(self, key: SortKey) -> Order:
        """The order after a click on a title: that column, or the other way round."""
        order = self.files.order
        return Order(key, not order.reverse) if order.by is key else Order(key)


def _name_look(row: Row, marked: bool) -> str:
    """The component class of a name, if it has one."""
    if marked:
        return "file--marked"
    if row.entry.is_folder:
        return "file--folder"
    if row.entry.kind is not Kind.FILE:
        return "file--other"
    return "file--hidden" if row.entry.name.startswith(".") else ""


_STATE_LOOKS = {
    "=": "file--same",
    "≠": "file--differs",
    "+": "file--new",
    "↑": "file--moving",
    "↓": "file--moving",
    "·": "file--unknown",
}
