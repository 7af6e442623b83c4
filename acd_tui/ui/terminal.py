"""What the terminal can show, as its environment tells."""

from __future__ import annotations

import sys
from collections.abc import Mapping


def charset(environment: Mapping[str, str]) -> str | None:
    """Return the encoding of a terminal that does not take UTF-8, else None.

    Where nothing is said at all, as in most containers, it is UTF-8.
    """
    if sys.platform == "win32":
        return None
    if environment.get("LC_ALL"):
        locale = environment["LC_ALL"]
    else:
        locale, usual = environment.get("LC_CTYPE", ""), environment.get("LANG", "")
        # Python itself puts C.UTF-8 there where LANG is C; that says nothing.
        if not locale or (locale == "C.UTF-8" and usual in {"C", "POSIX"}):
            locale = usual
    if not locale or "utf" in locale.lower():
        return None
    _, _, encoding = locale.partition(".")
    encoding = encoding.partition("@")[0] or "ascii"
    try:
        "".encode(encoding)
    except LookupError:
        return "ascii"
    return encoding


def has_colours(environment: Mapping[str, str]) -> bool:
    """Whether the terminal has colours; one that nobody knows is taken to have them."""
    name = environment.get("TERM", "")
    if name.endswith("-256color"):
        return True
    try:
        import curses
    except ImportError:
        return True
    try:
        curses.setupterm(name, _STDOUT)
    except curses.error:
        return True
    return curses.tigetnum("colors") >= _FEWEST


_STDOUT = 1
_FEWEST = 8
