"""How screens write names, moments and sizes; everything returned is printable."""

from __future__ import annotations

import math
import re
from datetime import datetime

from acd_tui.printable import printable
from acd_tui.units import show_size
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.path import VPath

DAY_NS = 86_400 * 1_000_000_000
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")


def moment(ns: int | None) -> str:
    """Show a time in the user's own zone, to the minute."""
    if ns is None:
        return "?"
    try:
        return f"{datetime.fromtimestamp(ns / 1e9).astimezone():%Y-%m-%d %H:%M}"
    except (OverflowError, ValueError, OSError):
        return "?"


def in_own_zone(fact: str) -> str:
    """Show an instant as the service writes it like all others; leave other facts."""
    if not _INSTANT.fullmatch(fact):
        return fact
    try:
        return f"{datetime.fromisoformat(fact).astimezone():%Y-%m-%d %H:%M}"
    except (OverflowError, ValueError, OSError):
        return fact


def days_left(purged_ns: int | None, now: float) -> str:
    """Show how long something stays in the trash, days begun counted whole."""
    if purged_ns is None:
        return ""
    days = math.ceil((purged_ns - now * 1e9) / DAY_NS)
    if days < 1:
        return "due"
    return "today" if days == 1 else f"{days} d"


def shown_name(entry: Entry) -> str:
    """Show an entry's name; folders end in a slash."""
    return printable(entry.name) + ("/" if entry.is_folder else "")


def shown_path(path: VPath) -> str:
    """Show a path from its filesystem's root."""
    return printable(str(path))


def shown_size(entry: Entry) -> str:
    """Show an entry's size, or that it is a folder."""
    return "folder" if entry.kind is Kind.FOLDER else show_size(entry.size)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number of things: `1 file`, `3 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
