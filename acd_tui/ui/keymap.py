"""Which keys do what: presets, the user's changes, and what is wrong with them.

Textual looks keys up from the focused widget outwards and stays silent when two actions
want the same one, so the whole map is checked here when it is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from acd_tui.ui.action import Context
from acd_tui.ui.actions import ACTIONS, BY_ID

Keys = Mapping[str, str]
"""Action id → keys separated by commas; actions that are not named keep theirs."""

PRESETS: dict[str, Keys] = {"hybrid": {}}

_TOGETHER: tuple[frozenset[Context], ...] = (
    frozenset({"global", "browser", "list", "pane"}),
    frozenset({"global", "browser", "list", "queue"}),
)
"""Contexts whose keys work at the same time, so that none may be wanted twice."""

_CORE: Mapping[str, str] = {
    "other_pane": "tab",
    "enter": "enter",
    "parent": "backspace",
    "mark": "space",
    "view": "f3",
    "copy": "f5",
    "move": "f6",
    "mkdir": "f7",
    "trash": "f8",
    "palette": "f9",
    "quit": "f10",
    "help": "f1",
}
"""Keys that no map takes away, so that one always finds the way out and the help."""

# On a plain terminal these arrive as Enter, Tab, Backspace and Escape.
_UNREACHABLE = frozenset({"ctrl+m", "ctrl+i", "ctrl+h", "ctrl+left_square_bracket"})
_KEY = re.compile(r"((ctrl|alt|shift|super|meta|hyper)\+)*[A-Za-z0-9_]+")


def keys_of(keymap: Keys) -> dict[str, tuple[str, ...]]:
    """All actions with the keys they have under `keymap`."""
    return {
        action.id: tuple(
            key.strip()
            for key in keymap.get(action.id, action.keys).split(",")
            if key.strip()
        )
        for action in ACTIONS
    }


def problems(keymap: Keys) -> list[str]:
    """Say in one sentence each what is wrong with a keymap."""
    found = [f"there is no action {name!r}" for name in keymap if name not in BY_ID]
    keys = keys_of(keymap)
    for name, own in keys.items():
        for key in own:
            if not _KEY.fullmatch(key):
                found.append(f"{key!r} (for {name}) is not the name of a key")
            elif key in _UNREACHABLE:
                found.append(
                    f"{key} (for {name}) does not reach the program everywhere"
                )
    found += [
        f"{key} must stay with {name}"
        for name, key in _CORE.items()
        if key not in keys[name]
    ]
    found += _clashes(keys)
    return found


def _clashes(keys: Mapping[str, tuple[str, ...]]) -> list[str]:
    found: dict[str, None] = {}
    for contexts in _TOGETHER:
        owner: dict[str, str] = {}
        for action in ACTIONS:
            if action.context not in contexts:
                continue
            for key in keys[action.id]:
                if key in owner:
                    found[f"{key} is wanted by {owner[key]} and {action.id}"] = None
                else:
                    owner[key] = action.id
    return list(found)


_SIGNS = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "backslash": "\\",
    "asterisk": "*",
    "multiply": "*",
    "plus": "+",
    "add": "+",
    "minus": "-",
    "subtract": "-",
    "comma": ",",
    "full_stop": ".",
    "less_than_sign": "<",
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "backspace": "Bksp",
    "insert": "Ins",
    "delete": "Del",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}
_MODIFIERS = {"ctrl": "Ctrl", "alt": "Alt", "shift": "Shift"}


def show_key(key: str) -> str:
    """Show a key as it is written on keyboards: `Ctrl-R`, `F5`, `?`."""
    *modifiers, last = key.split("+")
    shown = _SIGNS.get(last, last)
    if re.fullmatch(r"f\d+", last) or (modifiers and len(last) == 1):
        shown = last.upper()
    return "-".join([*(_MODIFIERS.get(m, m.title()) for m in modifiers), shown])
