"""How names, sizes and times stand in the cells of a table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len

from acd_tui.printable import printable
from acd_tui.transfers.model import Place, State
from acd_tui.units import show_size
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.path import VPath

ELLIPSIS = "…"
LOCAL = "local"
"""What the filesystem of this machine's disk is called."""

_MINUTE_NS = 60 * 1_000_000_000
_UNITS = "KMGTPE"


def width_of(text: str) -> int:
    """How many cells printable text takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int) -> str:
    """Make printable text exactly `width` cells wide: padded, or cut in the middle.

    The end of a name often says more than its middle (an extension, a number), so a
    third of the room is kept for it.
    """
    length = width_of(text)
    if length <= width:
        return text + " " * (width - length)
    if width <= 1:
        return ELLIPSIS[:width]
    tail = (width - 1) // 3
    start = _take(text, width - 1 - tail)
    end = _take(text[::-1], tail)[::-1]
    cut = f"{start}{ELLIPSIS}{end}"
    return cut + " " * (width - cell_len(cut))


def fit_end(text: str, width: int) -> str:
    """Make printable text exactly `width` cells wide: padded, or its end cut off."""
    length = width_of(text)
    if length <= width:
        return text + " " * (width - length)
    cut = _take(text, width - 1) + ELLIPSIS if width > 0 else ""
    return cut + " " * (width - cell_len(cut))


def fit_start(text: str, width: int) -> str:
    """Make printable text at most `width` cells wide by cutting off its start."""
    if cell_len(text) <= width:
        return text
    return ELLIPSIS + _take(text[::-1], width - 1)[::-1] if width > 0 else ""


def right(text: str, width: int) -> str:
    """Set printable text flush right in `width` cells."""
    length = width_of(text)
    return " " * (width - length) + text if length <= width else fit_end(text, width)


def _take(text: str, width: int) -> str:
    """The longest start of `text` that is at most `width` cells wide."""
    taken = 0
    for index, character in enumerate(text):
        taken += cell_len(character)
        if taken > width:
            return text[:index]
    return text


def size_cell(entry: Entry) -> str:
    """The size of an entry in at most eight cells."""
    match entry.kind:
        case Kind.FILE:
            return "?" if entry.size is None else short_size(entry.size)
        case Kind.FOLDER:
            return ""
        case Kind.LINK | Kind.LOST_LINK | Kind.BACK_LINK:
            return "link"
        case Kind.OTHER:
            return "special"


def short_size(size: int) -> str:
    """A size in at most six cells, in steps of 1024: `999`, `1.5K`, `12.3M`, `640M`."""
    if size < 1000:
        return str(size)
    value = float(size)
    for unit in _UNITS:
        value /= 1024
        if value < 9.95:
            return f"{value:.1f}{unit}"
        if value < 999.5:
            return f"{value:.0f}{unit}"
    return f"{value:.0f}E"


def time_cell(modified_ns: int | None, *, wide: bool) -> str:
    """A time in the user's own zone: to the minute, or to the day where it is narrow."""
    if modified_ns is None:
        return ""
    return _time_of(modified_ns // _MINUTE_NS, wide)


@lru_cache(4096)
def _time_of(minute: int, wide: bool) -> str:
    try:
        moment = time.localtime(minute * 60)
    except (OverflowError, ValueError, OSError):
        return "?"
    if not 0 < moment.tm_year < 10_000:
        return "?"
    return time.strftime("%Y-%m-%d %H:%M" if wide else "%Y-%m-%d", moment)


def show_place(place: Place) -> str:
    """A place as one writes it: a path of this machine, or `remote:path`."""
    return printable(address(place.filesystem, place.path))


def address(filesystem: str, path: VPath) -> str:
    """A place as one writes it, as it is: not yet safe to show."""
    if filesystem == LOCAL:
        return str(path)
    return f"{filesystem}:{'/'.join(path.parts)}"


def sentence(text: str) -> str:
    """A message or a hint with the capital it stands alone with; not a name like `a_b`."""
    is_name = "_" in text.split(maxsplit=1)[0] if text.strip() else False
    return text if is_name else text[:1].upper() + text[1:]


def count(number: int, noun: str) -> str:
    """A number of things: `1 file`, `2,000 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


_KIB = 1024

STATE_SIGNS = {
    State.QUEUED: "·",
    State.CHECKING: "?",
    State.RUNNING: "▸",
    State.VERIFYING: "✓",
    State.WAITING: "↻",
    State.CONFLICT: "≠",
    State.PAUSED: "‖",
    State.DONE: "✓",
    State.SKIPPED: "=",
    State.FAILED: "✗",
    State.CANCELLED: "–",
}


def progress_bar(part: float, width: int) -> tuple[str, str]:
    """A bar as its filled and its empty cells; `part` is between 0 and 1."""
    eighths = round(max(0.0, min(1.0, part)) * width * 2)
    full, half = divmod(eighths, 2)
    filled = "━" * full + ("╸" if half else "")
    return filled, "─" * (width - len(filled))


_SPARKS = " ▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int) -> str:
    """The last values as a line of bars, the highest as high as a cell; the newest last."""
    shown = list(values)[-width:] if width > 0 else []
    most = max(shown, default=0.0)
    bars = [
        _SPARKS[max(1, round(value / most * 8))] if value > 0 else " "
        for value in shown
    ]
    return "".join(bars).rjust(max(0, width))


def exact_size(size: int) -> str:
    """A size with its bytes, where rounding hides some: `1.5 KiB (1,536 bytes)`."""
    shown = show_size(size)
    return f"{shown} ({size:,} bytes)" if size >= _KIB else shown


def summary(
    folders: int, files: int, size: int | None, whole: int | None = None
) -> str:
    """What some entries are: `2 folders and 3 files, 1.2 GiB in all`.

    Args:
        folders: how many.
        files: how many.
        size: of the files; None if it is not known.
        whole: bytes of all that lies in the folders, too; None if that is not known.
    """
    parts = []
    if folders:
        parts.append(count(folders, "folder"))
    if files:
        parts.append(count(files, "file"))
    text = " and ".join(parts) or "nothing"
    if folders and whole is not None:
        return f"{text}, {show_size(whole)} in all"
    if not files or size is None:
        return text
    held = show_size(size)
    return f"{text} ({held})" if folders else f"{text}, {held}"
