"""The settings in lines: what they are, and another value for one."""

from __future__ import annotations

import asyncio
from typing import get_args

from acd_tui.config.file import SettingsFile, Value
from acd_tui.config.settings import Preset, Settings, Sort
from acd_tui.ui.linear.lines import Lines

_LINEAR = "Lines in place of panes"
_HIDDEN = "Names that begin with a dot"
_SORT = "Sorted by"
_SLOTS = "Files at the same time"
_KEYS = "Set of keys"
_LEAVE = "leave them"
_LATER = {_LINEAR, _SLOTS}  # those that count from the next start on


async def change_settings(lines: Lines, file: SettingsFile) -> Settings:
    """Say what those settings are that matter in lines, and change one.

    Raises:
        AcdError: the file cannot be read or written, or the value makes no sense.
    """
    settings = await asyncio.to_thread(file.load)
    now = {
        _LINEAR: "yes" if settings.linear else "no",
        _HIDDEN: "listed" if settings.show_hidden else "left out",
        _SORT: settings.sort,
        _SLOTS: str(settings.transfers.slots),
        _KEYS: settings.keys.preset,
    }
    shown = {f"{title}: {value}": title for title, value in now.items()}
    asked = await lines.choose("Which setting is to be changed?", [_LEAVE, *shown])
    if asked == _LEAVE:
        return settings
    title = shown[asked]
    key, value = await _value(lines, title)
    settings = await asyncio.to_thread(file.change, key, value)
    later = " It counts from the next start on." if title in _LATER else ""
    lines.say(f"Written to {file.path}.{later}")
    return settings


async def _value(lines: Lines, title: str) -> tuple[str, Value]:
    if title == _LINEAR:
        return "linear", await lines.choose(f"{title}?", ["yes", "no"]) == "yes"
    if title == _HIDDEN:
        how = await lines.choose(title, ["listed", "left out"])
        return "show_hidden", how == "listed"
    if title == _SORT:
        return "sort", await lines.choose(title, get_args(Sort))
    if title == _KEYS:
        return "keys.preset", await lines.choose(title, get_args(Preset))
    text = await lines.need(f"{title}, from 1 to 32")
    return "transfers.slots", int(text) if text.isdecimal() else text
