"""Shows the beginning of a file as text or bytes (F3)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.ui.screens.code import coloured
from acd_tui.ui.screens.dialog import Dialog, Notice
from acd_tui.ui.screens.services import Runner
from acd_tui.units import show_size
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

LIMIT = 256 * 1024
"""Bytes read at most."""

TAB = 8
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Beginning:
    """What was read of a file.

    Attributes:
        data: its first bytes.
        size: of the whole file.
    """

    data: bytes
    size: int


async def read_beginning(
    filesystem: FileSystem, path: VPath, limit: int = LIMIT
) -> Beginning:
    """Read at most `limit` bytes of a file; the rest is not transferred.

    Raises:
        AcdError: as `FileSystem.read`.
    """
    content = await filesystem.read(path)
    data = bytearray()
    async with content.open(0) as pieces:
        async for piece in pieces:
            data += piece[: limit - len(data)]
            if len(data) >= limit:
                break
    return Beginning(bytes(data), content.size)


def is_binary(data: bytes) -> bool:
    """Whether bytes are better shown as such: a NUL, or many control characters."""
    sample = data[:8192]
    return b"\0" in sample or len(_CONTROLS.findall(sample)) * 10 > len(sample)


def decoded(data: bytes, *, cut: bool) -> tuple[str, str]:
    """Return text and the name of its encoding: UTF-8, or else Latin-1.

    Args:
        data: the bytes.
        cut: whether they end in the middle, perhaps inside a character.
    """
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as error:
        if cut and error.start > len(data) - 4:
            return data[: error.start].decode("utf-8-sig"), "UTF-8"
        return data.decode("latin-1"), "Latin-1"


def text_lines(text: str) -> list[str]:
    """Split text into printable lines; tabs become spaces."""
    lines = re.split(r"\r\n|\n|\r", text)
    if lines[-1] == "":
        lines.pop()
    return [printable(line.expandtabs(TAB)) for line in lines]


def hex_lines(data: bytes) -> list[str]:
    """Return a hex dump: offset, sixteen bytes, and what of them is ASCII."""
    lines = []
    for offset in range(0, len(data), 16):
        piece = data[offset : offset + 16]
        digits = f"{piece[:8].hex(' '):<23}  {piece[8:].hex(' '):<23}"
        shown = "".join(chr(b) if 0x20 <= b < 0x7F else "·" for b in piece)
        lines.append(f"{offset:06x}  {digits}  {shown}")
    return lines


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
        self._lines: Sequence[str | Text] = ()
        self._wrapped: list[str | Strip] = []
        self._width = 0

    def show(self, lines: Sequence[str | Text]) -> None:
        """Show lines from the first one on."""
        self.recolour(lines)
        self.scroll_to(y=0, animate=False)

    def recolour(self, lines: Sequence[str | Text]) -> None:
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

    def _pieces(self, line: str | Text, width: int) -> Sequence[str | Strip]:
        if isinstance(line, str):
            return wrapped(line, width)
        strip = Strip(line.render(self.app.console))
        ends = range(0, max(1, strip.cell_length), width)
        return [strip.crop(start, start + width) for start in ends]

    def render_line(self, y: int) -> Strip:
        row = y + self.scroll_offset.y
        piece = self._wrapped[row] if row < len(self._wrapped) else ""
        if isinstance(piece, str):
            strip = Strip([Segment(piece, self.rich_style)])
        else:
            strip = piece.apply_style(self.rich_style)
        return strip.adjust_cell_length(self.size.width, self.rich_style)


def wrapped(line: str, width: int) -> list[str]:
    """Cut a line into pieces of at most `width` cells."""
    if line.isascii():
        return [line[at : at + width] for at in range(0, len(line), width)] or [""]
    return [line] if cell_len(line) <= width else chop_cells(line, width)


class View(Dialog[None]):
    """Shows the beginning of a file; reads no more than it shows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,f3", "cancel", "Close", show=False),
        Binding("h,f4", "toggle_hex", "Text or bytes", show=False),
        Binding("ctrl+r", "reload", "Reload", show=False),
    ]

    def __init__(self, runner: Runner, filesystem: FileSystem, path: VPath) -> None:
        super().__init__(path.name, None, classes="-large")
        self._runner = runner
        self._filesystem = filesystem
        self._path = path
        self._beginning: Beginning | None = None
        self._hex = False

    def compose_box(self) -> Iterable[Widget]:
        yield Notice()
        yield Lines()
        yield Static(classes="bar", markup=False)

    def on_mount(self) -> None:
        self.query_one(Lines).focus()
        self.action_reload()

    def action_reload(self) -> None:
        self.query_one(Notice).say("Reading…")
        self._load()

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self) -> None:
        try:
            beginning = await self._runner.run(
                read_beginning(self._filesystem, self._path)
            )
        except AcdError as error:
            self.query_one(Notice).fail(error)
            self.query_one(".bar", Static).update("ctrl+r tries again · Escape closes")
            return
        self._beginning = beginning
        self._hex = is_binary(beginning.data)
        self._show()

    @work(exclusive=True, group="colour", exit_on_error=False)
    async def _colour(self, lines: Sequence[str]) -> None:
        dark = self.app.current_theme.dark
        found = await asyncio.to_thread(coloured, self._path.name, lines, dark=dark)
        if found is not None:
            self.query_one(Lines).recolour(found)

    def action_toggle_hex(self) -> None:
        self._hex = not self._hex
        self._show()

    def _show(self) -> None:
        beginning = self._beginning
        if beginning is None:
            return
        notice = self.query_one(Notice)
        notice.clear()
        cut = len(beginning.data) < beginning.size
        if not beginning.data:
            notice.say("The file is empty.")
        kind = "bytes"
        if self._hex:
            lines = hex_lines(beginning.data)
        else:
            text, kind = decoded(beginning.data, cut=cut)
            lines = text_lines(text)
        self.query_one(Lines).show(lines)
        self.workers.cancel_group(self, "colour")
        if not self._hex:
            self._colour(lines)
        size = show_size(beginning.size)
        if cut:
            size = f"the first {show_size(len(beginning.data))} of {size}"
        other = "text" if self._hex else "bytes"
        self.query_one(".bar", Static).update(
            f"{size} · {kind} · h shows {other} · Escape closes"
        )
