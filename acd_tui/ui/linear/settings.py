"""The settings in lines: what they are, and another value for one."""

from __future__ import annotations

import asyncio
from typing import get_args

from acd_tui.config.file import SettingsFile, Value
from acd_tui.config.settings import Preset
from acd_tui.ui.linear.lines import Lines

_LINEAR = "Lines in place of panes"
_SLOTS = "Files at the same time"
_KEYS = "Set of keys"
_LEAVE = "leave them"


async def change_settings(lines: Lines, file: SettingsFile) -> None:
    """Say what those settings are that matter in lines, and change one.

    Raises:
        AcdError: the file cannot be read or written, or the value makes no sense.
    """
    settings = await asyncio.to_thread(file.load)
    now = {
        _LINEAR: "yes" if settings.linear else "no",
        _SLOTS: str(settings.transfers.slots),
        _KEYS: settings.keys.preset,
    }
    shown = {f"{title}: {value}": title for title, value in now.items()}
    asked = await lines.choose("Which setting is to be changed?", [_LEAVE, *shown])
    if asked == _LEAVE:
        return
    key, value = await _value(lines, shown[asked])
    await asyncio.to_thread(file.change, key, value)
    lines.say(f"Written to {file.path}. It counts from the next start on.")


async def _value(lines: Lines, title: str) -> tuple[str, Value]:
    if title == _LINEAR:
        return "linear", await lines.choose(f"{title}?", ["yes", "no"]) == "yes"
    if title == _KEYS:
        return "keys.preset", await lines.choose(title, get_args(Preset))
    text = await lines.need(f"{title}, from 1 to 32")
    return "transfers.slots", int(text) if text.isdecimal() else text
