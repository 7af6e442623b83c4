"""A piece of a file, as text or as bytes to look at."""

from __future__ import annotations

import re

import msgspec

from acd_tui.printable import printable
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

LIMIT = 256 * 1024
"""Bytes read at a time."""

TAB = 8
_GROUP = 8  # bytes of a hex dump without a wider gap
_WHOLE = 75  # columns of the widest

_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_INSIDE = re.compile(rb"[\x80-\xbf]{,3}")  # what may be left of a character of UTF-8


class Piece(msgspec.Struct, frozen=True):
    """What was read of a file.

    Attributes:
        data: its bytes from `start` on.
        size: of the whole file.
        start: where it begins.
    """

    data: bytes
    size: int
    start: int = 0

    @property
    def end(self) -> int:
        return self.start + len(self.data)


async def read_piece(
    filesystem: FileSystem, path: VPath, limit: int = LIMIT, start: int = 0
) -> Piece:
    """Read at most `limit` bytes of a file; the rest is not transferred.

    Args:
        filesystem: it lies in.
        path: where.
        limit: bytes at most.
        start: where to begin; the last `limit` bytes if it lies behind them.

    Raises:
        AcdError: as `FileSystem.read`.
    """
    content = await filesystem.read(path)
    start = max(0, min(start, content.size - limit))
    data = bytearray()
    async with content.open(start) as pieces:
        async for piece in pieces:
            data += piece[: limit - len(data)]
            if len(data) >= limit:
                break
    return Piece(bytes(data), content.size, start)


def is_binary(data: bytes) -> bool:
    """Whether bytes are better shown as such: a NUL, or many control characters."""
    sample = data[:8192]
    return b"\0" in sample or len(_CONTROLS.findall(sample)) * 10 > len(sample)


def decoded(piece: Piece) -> tuple[str, str]:
    """Return text and the name of its encoding: UTF-8, or else Latin-1.

    A character that the piece holds but a part of is left out.
    """
    data = piece.data
    if piece.start and (part := _INSIDE.match(data)):
        data = data[part.end() :]
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as error:
        if piece.end < piece.size and error.start > len(data) - 4:
            return data[: error.start].decode("utf-8-sig"), "UTF-8"
        return piece.data.decode("latin-1"), "Latin-1"


def text_lines(text: str) -> list[str]:
    """Split text into printable lines; tabs become spaces."""
    lines = re.split(r"\r\n|\n|\r", text)
    if lines[-1] == "":
        lines.pop()
    return [printable(line.expandtabs(TAB)) for line in lines]


class _Layout(msgspec.Struct, frozen=True):
    """How a hex dump is laid out.

    Attributes:
        row: bytes in a line.
        gap: cells between offset, bytes and text.
        digits: of the offset, at least.
    """

    row: int
    gap: int
    digits: int

    @property
    def bytes_width(self) -> int:
        groups = -(-self.row // _GROUP)
        return 3 * self.row - groups + self.gap * (groups - 1)

    def width(self, last: int) -> int:
        """Columns it takes, where the last line begins at `last`."""
        offset = max(self.digits, len(f"{last:x}"))
        return offset + self.bytes_width + 2 * self.gap + self.row


_LAYOUTS = (_Layout(16, 2, 6), _Layout(8, 2, 6), _Layout(8, 1, 4), _Layout(4, 1, 4))


def hex_lines(data: bytes, start: int = 0, *, width: int = _WHOLE) -> list[str]:
    """Return a hex dump: offset, bytes, and what of them is ASCII.

    Args:
        data: the bytes.
        start: offset of the first one.
        width: columns there are; with few of them, a line has fewer bytes.
    """
    end = start + len(data)
    fitting = (each for each in _LAYOUTS if each.width(end - 1) <= width)
    layout = next(fitting, _LAYOUTS[-1])
    row, gap = layout.row, " " * layout.gap
    lines = []
    for offset in range(0, len(data), row):
        piece = data[offset : offset + row]
        groups = (piece[at : at + _GROUP].hex(" ") for at in range(0, row, _GROUP))
        digits = gap.join(f"{group:<{3 * _GROUP - 1}}" for group in groups)
        shown = "".join(chr(b) if 0x20 <= b < 0x7F else "·" for b in piece)
        lines.append(
            f"{start + offset:0{layout.digits}x}{gap}"
            f"{digits[: layout.bytes_width]}{gap}{shown}"
        )
    return lines
