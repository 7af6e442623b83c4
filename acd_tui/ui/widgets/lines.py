"""Printable lines to read and scroll through."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class Lines(ScrollView, can_focus=True):
    """Printable lines, wrapped to the width and drawn one by one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("space,ctrl+f", "page_down", "Page down", show=False),
        Binding("b,ctrl+b", "page_up", "Page up", show=False),
        Binding("G", "scroll_end", "End", show=False),
    ]
    DEFAULT_CSS = """
    Lines { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[str | Text | Strip] = ()
        self._wrapped: list[str | Strip] = []
        self._width = 0

    def show(self, lines: Sequence[str | Text | Strip]) -> None:
        """Show lines from the first one on; what does not fit goes on in the next."""
        self.recolour(lines)
        self.scroll_to(y=0, animate=False)

    def recolour(self, lines: Sequence[str | Text | Strip]) -> None:
        """Show the same lines in other colours."""
        self._lines = lines
        self._width = 0
        self._wrap()

    def on_resize(self) -> None:
        self._wrap()

    def _wrap(self) -> None:
        width = self.size.width - 1  # a column for the scroll bar, there or not
        if width < 1 or width == self._width:
            return
        self._width = width
        self._wrapped = [
            piece for line in self._lines for piece in self._pieces(line, width)
        ]
        self.virtual_size = Size(0, len(self._wrapped))
        self.refresh()

    def _pieces(self, line: str | Text | Strip, width: int) -> Sequence[str | Strip]:
        if isinstance(line, str):
            return wrapped(line, width)
        if isinstance(line, Text):
            console = self.app.console
            parts = line.divide(cuts(line.plain, width))
            return [Strip(part.render(console)) for part in parts]
        ends = range(0, max(1, line.cell_length), width)
        return [line.crop(start, start + width) for start in ends]

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        piece = self._wrapped[row] if row < len(self._wrapped) else ""
        if isinstance(piece, str):
            strip = Strip([Segment(piece, self.rich_style)])
        else:
            strip = piece.apply_style(self.rich_style)
        return strip.adjust_cell_length(self.size.width, self.rich_style)


def wrapped(line: str, width: int) -> list[str]:
    """Cut a line into pieces of at most `width` cells, between words where it can be.

    The blank after a word may hang over.
    """
    edges = [0, *cuts(line, width), len(line)]
    return [line[start:end] for start, end in itertools.pairwise(edges)]


def cuts(line: str, width: int) -> list[int]:
    """Return where a line is cut so that its pieces fit into `width` cells."""
    found: list[int] = []
    start = 0
    while True:
        end = _fitting(line, start, width)
        if end >= len(line):
            return found
        blank = line.rfind(" ", start, end + 1)
        # Never behind nothing but an indent: what follows would look like less of it.
        start = blank + 1 if line[start : blank + 1].strip() else end
        found.append(start)


def _fitting(line: str, start: int, width: int) -> int:
    """Return the end of what fits into `width` cells from `start` on."""
    end = start + width
    piece = line[start:end]
    if piece.isascii() or cell_len(piece) <= width:
        return end
    return start + max(1, len(chop_cells(piece, width)[0]))
