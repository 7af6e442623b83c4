"""The names of keys: how they are written, how they are shown, and which arrive.

A key has the name that Textual gives it (`f5`, `ctrl+r`, `question_mark`). Keys pressed
one after the other are written with a space between them: `g g`. Two names stand for
many keys each: `letter` and `digit`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from functools import lru_cache

from acd_tui.errors import UsageError

LETTER, DIGIT = "letter", "digit"
MANY: Mapping[str, str] = {LETTER: string.ascii_letters, DIGIT: "123456789"}
"""Names that stand for many keys."""

SIGNS: Mapping[str, str] = {
    "exclamation_mark": "!",
    "quotation_mark": '"',
    "number_sign": "#",
    "dollar_sign": "$",
    "percent_sign": "%",
    "ampersand": "&",
    "apostrophe": "'",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "asterisk": "*",
    "plus": "+",
    "comma": ",",
    "minus": "-",
    "full_stop": ".",
    "slash": "/",
    "colon": ":",
    "semicolon": ";",
    "less_than_sign": "<",
    "equals_sign": "=",
    "greater_than_sign": ">",
    "question_mark": "?",
    "at": "@",
    "left_square_bracket": "[",
    "backslash": "\\",
    "right_square_bracket": "]",
    "circumflex_accent": "^",
    "underscore": "_",
    "grave_accent": "`",
    "left_curly_bracket": "{",
    "vertical_line": "|",
    "right_curly_bracket": "}",
    "tilde": "~",
}

_NAMED: Mapping[str, str] = {
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
_SHOWN = {**SIGNS, **_NAMED, LETTER: "a…z", DIGIT: "1…9"}
_MODIFIERS = {"ctrl": "Ctrl", "alt": "Alt", "shift": "Shift"}
_ALSO = {
    "esc": "escape",
    "return": "enter",
    "bksp": "backspace",
    "ins": "insert",
    "del": "delete",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "c": "ctrl",
    "control": "ctrl",
    "m": "alt",
    "s": "shift",
}

_ESC_DIGIT = (
    "inverted_exclamation_mark",
    "trade_mark_sign",
    "pound_sign",
    "cent_sign",
    "infinity",
    "section_sign",
    "pilcrow_sign",
    "bullet",
    "ª",
    "º",
)
ALIASES: Mapping[str, str] = {
    **{name: f"f{number}" for number, name in enumerate(_ESC_DIGIT, start=1)},
    **{f"f{number + 12}": f"shift+f{number}" for number in range(1, 11)},
    "add": "plus",
    "subtract": "minus",
    "multiply": "asterisk",
    "ctrl+@": "ctrl+space",
}
"""What arrives → which key it is taken for.

Esc and a digit is how mc users press function keys where there are none; the parser
takes it for Option and a digit of a Mac. Without the Kitty protocol some terminals send
F13 for Shift-F1, and Ctrl-@ for Ctrl-Space; with it the keypad's signs have other names.
"""

_ARRIVES_AS: Mapping[str, str] = {
    "ctrl+m": "Enter",
    "ctrl+i": "Tab",
    "ctrl+h": "Backspace",
    "ctrl+left_square_bracket": "Escape",
    "alt+b": "Ctrl-Left",
    "alt+f": "Ctrl-Right",
}
_CTRL_SIGNS = {"backslash", "right_square_bracket", "circumflex_accent", "underscore"}
_PART = re.compile(r"(?:(?P<modifier>[A-Za-z]+)[+-])?(?P<rest>.+)", re.DOTALL)


def parse_keys(text: str) -> tuple[str, ...]:
    """Read keys as they stand in a table: `f5, g g, Ctrl-R`.

    Raises:
        UsageError: something is not the name of a key.
    """
    parts = (part for part in text.split(",") if part.strip())
    found = [" ".join(map(_parse_key, part.split())) for part in parts]
    return tuple(dict.fromkeys(found))


def _parse_key(text: str) -> str:
    modifiers, rest = [], text
    while len(rest) > 1 and (match := _PART.fullmatch(rest)) and match["modifier"]:
        modifier = match["modifier"].lower()
        modifiers.append(_ALSO.get(modifier, modifier))
        rest = match["rest"]
    key = _single(rest)
    if key is None or not set(modifiers) <= _MODIFIERS.keys():
        raise UsageError(
            f"{text!r} is not the name of a key",
            hint="keys are written f5, ctrl+r, alt+left, ?, space; a comma is `comma`, "
            "and `g g` is one key after the other",
        )
    if modifiers and len(key) == 1:
        key = key.lower()
    if modifiers == ["shift"] and len(key) == 1:
        modifiers, key = [], key.upper()
    order = [modifier for modifier in _MODIFIERS if modifier in modifiers]
    name = "+".join([*order, key])
    return ALIASES.get(name, name)


def _single(text: str) -> str | None:
    """The name of a key without modifiers, or None if it is none."""
    if len(text) == 1:
        names = [name for name, sign in SIGNS.items() if sign == text]
        return names[0] if names else (text if text.isalnum() else None)
    name = _ALSO.get(text.lower(), text.lower())
    known = name in _SHOWN or name in ALIASES or re.fullmatch(r"f([1-9]|1[0-2])", name)
    return name if known else None


@lru_cache(1024)
def show_key(keys: str) -> str:
    """Show keys as they are written on keyboards: `Ctrl-R`, `F5`, `g g`."""
    return " ".join(map(_show, keys.split(" ")))


def _show(key: str) -> str:
    *modifiers, last = key.split("+")
    shown = _SHOWN.get(last, last)
    if re.fullmatch(r"f\d+", last) or (modifiers and len(last) == 1):
        shown = last.upper()
    return "-".join([*(_MODIFIERS.get(m, m.title()) for m in modifiers), shown])


def arrives_as(key: str) -> str | None:
    """What else a terminal sends for this key, so that it can never be told apart."""
    return _ARRIVES_AS.get(key)


def is_sent_everywhere(key: str) -> bool:
    """Whether every terminal sends this key, also those without the Kitty protocol."""
    *modifiers, last = key.split("+")
    if not modifiers:
        return True
    if modifiers == ["ctrl"] and last == "space":
        return True
    if len(last) == 1 or last in SIGNS or last == "space":
        if modifiers in (["alt"], ["alt", "shift"]):
            return last.isalpha()
        return modifiers == ["ctrl"] and (last.isalpha() or last in _CTRL_SIGNS)
    if last in {"enter", "escape", "backspace", "tab"}:
        return key == "shift+tab"
    return True


def expand(keys: str) -> list[str]:
    """The keys themselves, where the last of them has a name that stands for many."""
    before, _, last = keys.rpartition(" ")
    space = f"{before} " if before else ""
    return [space + key for key in MANY.get(last, (last,))]
