"""Telling the desktop, through the terminal, that something is done."""

from __future__ import annotations

from collections.abc import Mapping

from acd_tui.printable import printable

_LONGEST = 200
_BARE = {"", "dumb", "linux", "cons25", "vt100", "vt220"}  # show it, or worse
_LIKE_RXVT = ("rxvt", "foot")


def notification(title: str, text: str, environment: Mapping[str, str]) -> str | None:
    """Return what makes a terminal show a notification; None where none would.

    OSC 777 is what urxvt, foot and terminals on VTE take, OSC 9 what iTerm2, kitty,
    WezTerm, Ghostty, ConEmu and Windows Terminal do; others ignore it. Screen would show
    it, or worse.

    Args:
        title: printable or not.
        text: likewise; cut to one line.
        environment: as `os.environ`.
    """
    kind = environment.get("TERM", "")
    if kind in _BARE or environment.get("STY"):
        return None
    # A semicolon would end a part of it, and what is not printable all of it.
    title, text = (
        printable(part).replace(";", ",")[:_LONGEST] for part in (title, text)
    )
    words = f"\x1b]9;{title}: {text}\x1b\\"
    if kind.startswith(_LIKE_RXVT) or "VTE_VERSION" in environment:
        words = f"\x1b]777;notify;{title};{text}\x1b\\"
    if "TMUX" in environment:  # it passes this on where `allow-passthrough` is on
        return "\x1bPtmux;" + words.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return words
