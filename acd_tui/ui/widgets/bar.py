"""One line with something at its left end and something at its right end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from acd_tui.ui.format import fit_end

Piece = tuple[str, str]
"""Printable text and how it looks: a component class without its `bar--`, or empty."""


def width_of(pieces: Sequence[Piece]) -> int:
    """How many cells pieces take."""
    return sum(cell_len(text) for text, _ in pieces)


class Bar(Widget):
    """Draws pieces of text at both ends of a line; what does not fit is cut off."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bar--strong",
        "bar--dim",
        "bar--good",
        "bar--warning",
        "bar--error",
        "bar--accent",
    }
    DEFAULT_CSS = "Bar { height: 1; width: 100%; }"

    class Clicked(Message):
        """The line was clicked.

        Attributes:
            on_left: whether on what stands at its left end.
            on_right: whether on what stands at its right end.
        """

        def __init__(self, bar: Bar, *, on_left: bool, on_right: bool) -> None:
            super().__init__()
            self.bar = bar
            self.on_left = on_left
            self.on_right = on_right

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._left: tuple[Piece, ...] = ()
        self._right: tuple[Piece, ...] = ()
        self._short: tuple[Piece, ...] = ()

    def show(
        self,
        left: Sequence[Piece],
        right: Sequence[Piece] = (),
        *,
        short: Sequence[Piece] = (),
    ) -> None:
        """Show these pieces; the right end wins where there is not room for both.

        Args:
            left: at the left end.
            right: at the right end.
            short: instead of `left` where that has to be cut; without, it is cut.
        """
        content = (tuple(left), tuple(right), tuple(short))
        if content != (self._left, self._right, self._short):
            self._left, self._right, self._short = content
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        on_right = event.x >= self.size.width - width_of(self._right)
        on_left = event.x < width_of(self._left) and not on_right
        self.post_message(self.Clicked(self, on_left=on_left, on_right=on_right))

    @property
    def text(self) -> str:
        """All it shows, for tests and for readers of screens."""
        return "".join(text for text, _ in (*self._left, *self._right))

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is but one line
        width = self.size.width
        base = self.rich_style
        right = self._segments(self._right, width, base)
        right_width = sum(segment.cell_length for segment in right)
        left_room = max(0, width - right_width - (1 if right else 0))
        is_cut = width_of(self._left) > left_room
        pieces = self._short if is_cut and self._short else self._left
        left = self._segments(pieces, left_room, base)
        left_width = sum(segment.cell_length for segment in left)
        gap = Segment(" " * max(0, width - right_width - left_width), base)
        return Strip([*left, gap, *right]).adjust_cell_length(width, base)

    def _segments(
        self, pieces: Sequence[Piece], room: int, base: Style
    ) -> list[Segment]:
        segments = []
        for text, look in pieces:
            if room <= 0:
                break
            shown = text if cell_len(text) <= room else fit_end(text, room)
            style = base
            if look:
                name = f"bar--{look}"
                own = self.get_component_rich_style(name, partial=True)
                # A reversed line is one bar, not patches.
                style = base + (own.without_color if base.reverse else own)
            segments.append(Segment(shown, style))
            room -= cell_len(shown)
        return segments
