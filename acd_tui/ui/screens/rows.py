"""A list of rows in columns, drawn line by line, quick at any length."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from acd_tui.ui.format import fit, fit_end, fit_start
from acd_tui.ui.format import right as flush_right
from acd_tui.ui.widgets.lines import wrapped

Cell = str | tuple[str, str]
"""Printable text, or text and how it looks: `dim`, `accent`, `good`,
`warning` or `bad`."""


class Column(msgspec.Struct, frozen=True):
    """One column.

    Attributes:
        title: at its top.
        width: cells; None for an equal share of what is left.
        right: whether it is flush right.
        hide_below: left out when the list has fewer cells than that.
        cut: what of a text goes where there is no room for all of it: of a name the
            middle, of a path the start.
    """

    title: str
    width: int | None = None
    right: bool = False
    hide_below: int = 0
    cut: Literal["start", "middle", "end"] = "end"

    @property
    def gap(self) -> int:
        """Cells behind it: what is flush right would run into what is flush left."""
        return 2 if self.right else 1


class Rows(ScrollView, can_focus=True):
    """A list with a cursor and, if wanted, marks.

    The rows themselves stay with the owner: `cells` is asked for those in sight.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows--header",
        "rows--cursor",
        "rows--marked",
        "rows--heading",
        "rows--dim",
        "rows--accent",
        "rows--good",
        "rows--warning",
        "rows--bad",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home", "jump(False)", "Top", show=False),
        Binding("end,G", "jump(True)", "Bottom", show=False),
        Binding("enter", "activate", "Choose", show=False),
        Binding("space,insert,ctrl+t", "mark", "Mark", show=False),
        Binding("ctrl+a", "mark_all", "Mark all", show=False),
        Binding("asterisk,multiply", "mark_inverted", "Invert marks", show=False),
    ]
    DEFAULT_CSS = """
    Rows {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        background: transparent;
        & > .rows--header { color: $text-muted; text-style: bold; }
        & > .rows--cursor {
            background: $panel;
            text-style: $cursor-blurred-style;
        }
        &:focus > .rows--cursor {
            background: $pane-cursor;
            text-style: $cursor-style;
        }
        & > .rows--marked { color: $text-warning; text-style: bold; }
        & > .rows--heading { color: $text-primary; text-style: bold; }
        & > .rows--dim { color: $text-muted; }
        & > .rows--accent { color: $text-primary; }
        & > .rows--good { color: $text-success; }
        & > .rows--warning { color: $text-warning; }
        & > .rows--bad { color: $text-error; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Activated(Message):
        """The user chose a row, by Enter or by clicking it twice."""

        index: int
        clicked: bool = False

    @dataclass
    class Moved(Message):
        """The cursor is on another row."""

        index: int

    @dataclass
    class MarksChanged(Message):
        """Rows were marked or unmarked."""

    @dataclass
    class HeaderClicked(Message):
        """The title of a column was clicked."""

        column: int

    def __init__(
        self,
        columns: Sequence[Column],
        cells: Callable[[int], Sequence[Cell]],
        *,
        markable: bool = False,
        heading: Callable[[int], Cell | None] = lambda _: None,
        enter: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """Make an empty list.

        Args:
            columns: of its rows.
            cells: returns those of a row.
            markable: whether rows can be marked.
            heading: returns the text of a row that is the heading of those below it,
                which the cursor passes over; None for any other.
            enter: what Enter and a double click do, for a menu that has no line for
                that anyway.
            id: of the widget.
        """
        super().__init__(id=id)
        self._columns = columns
        self._cells = cells
        self._markable = markable
        self._heading = heading
        self.enter = enter
        self._count = 0
        self._words = ""
        self.marks: set[int] = set()

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - Textual's signature
    ) -> bool | None:
        """Leave the keys of marks to the owner where nothing can be marked."""
        return self._markable or not action.startswith("mark")

    @property
    def count(self) -> int:
        return self._count

    @property
    def targets(self) -> list[int]:
        """The marked rows, or else the one under the cursor."""
        if self.marks:
            return sorted(self.marks)
        return [self.cursor] if self._count else []

    def set_count(self, count: int, *, keep_marks: bool = False) -> None:
        """Say how many rows there are now; without `keep_marks` none is marked."""
        self._count = count
        if not keep_marks:
            self.marks = set()
        self.virtual_size = Size(0, count + 1)
        self.cursor = self._landing(max(0, min(self.cursor, count - 1)), 1)
        self.refresh()
        self._follow()

    def say(self, words: str) -> None:
        """Say something where the rows would be, while there are none."""
        self._words = words
        self.refresh()

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns, for which the owner has the cells."""
        self._columns = columns
        self.refresh()

    def go_to(self, row: int) -> None:
        """Put the cursor on a row, or on the first below that is no heading."""
        self.cursor = self._landing(row, 1)

    def _landing(self, row: int, step: int) -> int:
        """Return the nearest row that is no heading, in one direction if there is."""
        for direction in (step, -step):
            at = row
            while 0 <= at < self._count:
                if self._heading(at) is None:
                    return at
                at += direction
        return self.cursor

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self._count - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        self._repaint_row(old)
        self._repaint_row(new)
        self._follow()
        self.post_message(self.Moved(new))

    def _repaint_row(self, row: int) -> None:
        y = row + 1 - self.scroll_offset.y
        if 0 < y < self.size.height:
            self.refresh_line(y + self.scroll_offset.y)

    def _follow(self) -> None:
        """Scroll so far that the cursor is in sight."""
        page = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        first = self.cursor  # with its headings
        while first > 0 and self._heading(first - 1) is not None:
            first -= 1
        if first < top:
            self.scroll_to(y=first, animate=False)
        elif self.cursor >= top + page:
            self.scroll_to(y=self.cursor - page + 1, animate=False)

    def on_resize(self) -> None:
        self._follow()

    def action_move(self, by: int) -> None:
        self._move(by)

    def action_page(self, pages: int) -> None:
        self._move(pages * max(1, self.size.height - 2))

    def _move(self, by: int) -> None:
        row = max(0, min(self.cursor + by, self._count - 1))
        self.cursor = self._landing(row, 1 if by > 0 else -1)

    def action_jump(self, end: bool) -> None:
        self.cursor = self._landing(self._count - 1 if end else 0, -1 if end else 1)

    def action_activate(self) -> None:
        if self._count:
            self.post_message(self.Activated(self.cursor))

    def action_mark(self) -> None:
        if self._count:
            self._change_marks(self.marks ^ {self.cursor})
            self._move(1)

    def action_mark_all(self) -> None:
        self._change_marks(self._every_row())

    def action_mark_inverted(self) -> None:
        self._change_marks(self._every_row() - self.marks)

    def _every_row(self) -> set[int]:
        return {row for row in range(self._count) if self._heading(row) is None}

    def _change_marks(self, marks: set[int]) -> None:
        self.marks = marks
        self.refresh()
        self.post_message(self.MarksChanged())

    def on_click(self, event: events.Click) -> None:
        row = event.y - 1 + self.scroll_offset.y
        if event.y < 1:
            if (column := self._column_at(event.x)) is not None:
                self.post_message(self.HeaderClicked(column))
        elif row < self._count:
            self.go_to(row)
            if event.chain == 2 and event.button == 1 and self.cursor == row:
                self.post_message(self.Activated(row, clicked=True))

    @property
    def beside_cursor(self) -> Offset:
        """A cell of the screen below the cursor, for a menu."""
        return self.region.offset + Offset(6, self.cursor - self.scroll_offset.y + 2)

    def _column_at(self, x: int) -> int | None:
        edge = 1
        for number, width in enumerate(self._widths()):
            if edge <= x < edge + width:
                return number
            edge += width + self._columns[number].gap if width else 0
        return None

    def _widths(self) -> list[int]:
        """Return the cells of each column; 0 for one that is left out."""
        total = self.scrollable_content_region.width - 2
        shown = [c.hide_below <= self.size.width for c in self._columns]
        in_sight = list(itertools.compress(self._columns, shown))
        fixed = sum((column.width or 0) + column.gap for column in in_sight)
        fixed -= in_sight[-1].gap if in_sight else 0
        flexible = sum(column.width is None for column in in_sight)
        share, rest = divmod(max(0, total - fixed), flexible or 1)
        widths = []
        for column, is_shown in zip(self._columns, shown, strict=True):
            if not is_shown:
                widths.append(0)
            elif column.width is not None:
                widths.append(column.width)
            else:
                widths.append(max(4, share + (1 if rest > 0 else 0)))
                rest -= 1
        return widths

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            style = self.get_component_rich_style("rows--header")
            return self._line([c.title for c in self._columns], style)
        row = y - 1 + self.scroll_offset.y
        if not self._count:
            return self._word_line(row)
        if row >= self._count:
            return Strip.blank(width, self.rich_style)
        style = self.rich_style
        if (heading := self._heading(row)) is not None:
            text, look = heading if isinstance(heading, tuple) else (heading, "heading")
            style += self._ink(f"rows--{look}") + Style(bold=True)
            text = " " + fit_end(text, max(1, width - 1))
            return Strip([Segment(text, style)]).adjust_cell_length(width, style)
        if row == self.cursor:
            style = self.get_component_rich_style("rows--cursor")
        marked = row in self.marks
        if marked:
            style += self._ink("rows--marked")
        return self._line(self._cells(row), style, "▌" if marked else " ")

    def _word_line(self, row: int) -> Strip:
        """A line of what is said in place of rows; a blank one comes first."""
        width = self.size.width
        lines = [
            piece
            for line in self._words.split("\n")
            for piece in wrapped(line, max(1, width - 4))
        ]
        text = lines[row - 1] if 1 <= row <= len(lines) else ""
        style = self.rich_style + self._ink("rows--dim")
        return Strip([Segment(f"  {text}", style)]).adjust_cell_length(width, style)

    def _ink(self, component: str) -> Style:
        """Return a component's colour of the text, without its background."""
        full = self.get_component_rich_style(component)
        return Style(color=full.color, bold=full.bold or None)

    def _line(self, cells: Sequence[Cell], base: Style, gutter: str = " ") -> Strip:
        segments = [Segment(gutter, base)]
        for column, width, cell in zip(
            self._columns, self._widths(), cells, strict=True
        ):
            if not width:
                continue
            text, look = cell if isinstance(cell, tuple) else (cell, "")
            style = base
            if look and not base.reverse:  # a reversed cursor is one bar, not patches
                style += self._ink(f"rows--{look}")
            segments.append(Segment(_fitted(text, width, column), style))
            segments.append(Segment(" " * column.gap, base))
        return Strip(segments).adjust_cell_length(self.size.width, base)


def _fitted(text: str, width: int, column: Column) -> str:
    """Return `text` in exactly `width` cells, cut with an ellipsis or padded."""
    if column.right:
        return flush_right(text, width)
    if column.cut == "middle":
        return fit(text, width)
    return fit_end(fit_start(text, width) if column.cut == "start" else text, width)
