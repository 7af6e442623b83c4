"""A list with a cursor, drawn line by line, as quick at 100,000 rows as at ten.

One widget draws its header, its rows and its own one-cell scrollbar: what a frame costs
grows with the number of visible widgets, not with the number of rows.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

WHEEL_LINES = 3
_RIGHT = 3  # the button's number
_BAR = ("line--thumb", "line--track")


class LineList(Widget, can_focus=True):
    """A list with a cursor. Subclasses say how many rows there are and draw them.

    Attributes:
        HEADER_LINES: how many lines stand above the rows.
        MARK_CELLS: how many cells of a row, from its start, mark it at a click.
        cursor: the row the cursor is on; 0 in an empty list.
        top: the first row in sight.
    """

    ALLOW_SELECT = False
    HEADER_LINES: ClassVar[int] = 0
    MARK_CELLS: ClassVar[int] = 0
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--thumb", "line--track"}

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.cursor = 0
        self.top = 0
        self._dragging = False
        self._base: Style | None = None
        self._bar_cells: tuple[Segment, Segment] | None = None

    # --- for subclasses -----------------------------------------------------

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def draw_row(self, index: int, width: int) -> Strip:
        """Draw a row, exactly `width` cells wide."""
        raise NotImplementedError

    def draw_header(self, line: int, width: int) -> Strip:
        """Draw a line of the header, exactly `width` cells wide."""
        raise NotImplementedError

    def draw_blank(self, line: int, width: int) -> Strip:  # noqa: ARG002 - for subclasses
        """Draw a line below the last row; `line` counts from the first row."""
        return Strip.blank(width, self.base)

    class MenuAsked(Message):
        """The right button was pressed, somewhere on the screen."""

        def __init__(self, at: Offset) -> None:
            super().__init__()
            self.at = at

    class MarkAsked(Message):
        """The row under the cursor was clicked to mark it.

        Attributes:
            since: where the cursor was, if all from there on is meant.
        """

        def __init__(self, since: int | None) -> None:
            super().__init__()
            self.since = since

    def row_clicked(self, index: int, event: events.Click) -> None:
        """A row was clicked; the cursor is on it already."""

    def header_clicked(self, x: int) -> None:
        """The header was clicked."""

    def cursor_moved(self) -> None:
        """The cursor is on another row."""

    # --- geometry -----------------------------------------------------------

    @property
    def page(self) -> int:
        """How many rows are in sight."""
        return max(1, self.outer_size.height - self.HEADER_LINES)

    @property
    def _highest_top(self) -> int:
        return max(0, self.row_count - self.page)

    def row_at(self, y: int) -> int | None:
        """The row on a line of the widget."""
        index = y - self.HEADER_LINES + self.top
        return index if y >= self.HEADER_LINES and index < self.row_count else None

    # --- drawing ------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        # It has no border, and `size`, which would be the same, is not quickly told.
        width = self.outer_size.width - 1
        if width < 1:
            return Strip.blank(width + 1)
        if y < self.HEADER_LINES:
            edge = Segment(" ", self.base)
            return Strip([*self.draw_header(y, width), edge], width + 1)
        line = y - self.HEADER_LINES
        index = self.top + line
        if index < self.row_count:
            strip = self.draw_row(index, width)
        else:
            strip = self.draw_blank(line, width)
        return Strip([*strip, self._scrollbar(line)], width + 1)

    def _scrollbar(self, line: int) -> Segment:
        count, page = self.row_count, self.page
        if count <= page:
            return Segment(" ", self.base)
        if self._bar_cells is None:
            thumb, track = map(self.get_component_rich_style, _BAR)
            self._bar_cells = (Segment("┃", thumb), Segment("│", track))
        length = max(1, page * page // count)
        start = round(self.top * (page - length) / (count - page))
        return self._bar_cells[0 if start <= line < start + length else 1]

    @property
    def base(self) -> Style:
        """The widget's own style; Textual would work it out anew for every line."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def notify_style_update(self) -> None:
        self._base = self._bar_cells = None
        super().notify_style_update()

    def style_of(self, name: str) -> Style:
        """What a component class adds to the style of a row."""
        return self.get_component_rich_style(name, partial=True)

    def ink(self, base: Style, name: str) -> Style:
        """A row's style with that of a component class; a reversed cursor is one bar."""
        return base if base.reverse else base + self.style_of(name)

    def refresh_row(self, index: int) -> None:
        """Draw one row again."""
        y = index - self.top + self.HEADER_LINES
        if self.HEADER_LINES <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    # --- moving -------------------------------------------------------------

    def move_to(self, index: int) -> None:
        """Put the cursor on a row, or on the nearest there is, and show it."""
        index = max(0, min(index, self.row_count - 1))
        before, self.cursor = self.cursor, index
        if self.show_row(index):
            self.refresh()
        elif before != index:
            self.refresh_row(before)
            self.refresh_row(index)
        if before != index:
            self.cursor_moved()

    def show_row(self, index: int) -> bool:
        """Scroll as little as needed to have a row in sight; whether that moved."""
        top = min(self.top, index)
        top = max(top, index - self.page + 1)
        return self._set_top(top)

    def _set_top(self, top: int) -> bool:
        top = max(0, min(top, self._highest_top))
        moved = top != self.top
        self.top = top
        return moved

    def scroll_rows(self, top: int) -> None:
        """Put a row at the top of the widget, leaving the cursor where it is."""
        if self._set_top(top):
            self.refresh()

    def on_resize(self) -> None:
        if self.row_count:
            self.show_row(min(self.cursor, self.row_count - 1))
        self._set_top(self.top)
        self.refresh()

    def do_up(self) -> None:
        self.move_to(self.cursor - 1)

    def do_down(self) -> None:
        self.move_to(self.cursor + 1)

    def do_top(self) -> None:
        self.move_to(0)

    def do_bottom(self) -> None:
        self.move_to(self.row_count - 1)

    def do_page_up(self) -> None:
        self._set_top(self.top - self.page)
        self.move_to(self.cursor - self.page)
        self.refresh()

    def do_page_down(self) -> None:
        self._set_top(self.top + self.page)
        self.move_to(self.cursor + self.page)
        self.refresh()

    def do_half_up(self) -> None:
        self.move_to(self.cursor - self.page // 2)

    def do_half_down(self) -> None:
        self.move_to(self.cursor + self.page // 2)

    # --- mouse --------------------------------------------------------------

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.scroll_rows(self.top + WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.scroll_rows(self.top - WHEEL_LINES)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        on_bar = event.x == self.size.width - 1 and event.y >= self.HEADER_LINES
        if on_bar and self.row_count > self.page:
            self._dragging = True
            self.capture_mouse()
            self._drag_to(event.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging:
            self._drag_to(event.y)

    def on_mouse_up(self) -> None:
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def _drag_to(self, y: int) -> None:
        part = (y - self.HEADER_LINES) / max(1, self.page - 1)
        self.scroll_rows(round(part * self._highest_top))

    def on_click(self, event: events.Click) -> None:
        if event.x == self.size.width - 1:
            return
        if event.y < self.HEADER_LINES:
            self.header_clicked(event.x)
            return
        index, before = self.row_at(event.y), self.cursor
        if index is not None:
            self.move_to(index)
        if event.button == _RIGHT:
            self.post_message(self.MenuAsked(event.screen_offset))
        elif index is not None and (
            event.ctrl or event.shift or event.x < self.MARK_CELLS
        ):
            self.post_message(self.MarkAsked(before if event.shift else None))
        elif index is not None:
            self.row_clicked(index, event)

    @property
    def beside_cursor(self) -> Offset:
        """A cell of the screen below the cursor, for a menu."""
        y = self.HEADER_LINES + max(0, self.cursor - self.top) + 1
        return self.region.offset + Offset(6, min(y, self.size.height))
