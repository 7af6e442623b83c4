"""Keys that follow each other: the one place that remembers what was pressed before."""

from __future__ import annotations

from typing import NamedTuple

from acd_tui.ui.keymap import KeyMap, Where
from acd_tui.ui.keys import ALIASES


class Taken(NamedTuple):
    """What became of a key.

    Attributes:
        action: what to do; None if more keys follow, or if the chord was given up.
        argument: the last key, for an action that wants to know it.
    """

    action: str | None = None
    argument: str | None = None


class Chords:
    """Follows keys through a map.

    Attributes:
        keymap: what keys mean.
        pending: what was pressed of a chord, separated by spaces; empty outside one.
        where: what had the focus when it began.
    """

    def __init__(self, keymap: KeyMap) -> None:
        self.keymap = keymap
        self.pending = ""
        self.where: Where = "pane"

    def take(self, key: str, where: Where) -> Taken | None:
        """Take a key; None if it means nothing here and is for others.

        Inside a chord every key is taken: one that does not go on with it, such as
        Escape, ends it; Backspace takes the last one back.
        """
        key = ALIASES.get(key, key)
        if not self.pending:
            self.where = where
        elif key == "backspace":
            self.pending = self.pending.rpartition(" ")[0]
            return Taken()
        keys = f"{self.pending} {key}".lstrip()
        known, action = self.keymap.find(keys, self.where)
        if known and action is None:
            self.pending = keys
            return Taken()
        in_chord, self.pending = bool(self.pending), ""
        if action is not None:
            return Taken(action, key)
        return Taken() if in_chord else None

    def begin(self, action: str, where: Where) -> bool:
        """Begin the chord of an action that wants one more key; False if it has none."""
        for keys in self.keymap.keys[action]:
            self.pending, self.where = keys.rpartition(" ")[0], where
            if self.pending:
                return True
        return False

    def cancel(self) -> None:
        self.pending = ""
