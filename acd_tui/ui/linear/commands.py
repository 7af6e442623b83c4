"""What can be typed in the linear interface: the actions of the panes, by name or key.

A command is a name of an action (`mkdir`), the start of one that no other has, or the
letter that does it in the panes (`a`, `g t`), with what it needs to know behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from acd_tui.errors import UsageError
from acd_tui.ui.actions import BY_ID
from acd_tui.ui.keys import show_key

COMMANDS: Mapping[str, str] = {
    "help": "",
    "quit": "",
    "refresh": "",
    "up": "",
    "down": "",
    "top": "",
    "bottom": "",
    "page_down": "",
    "page_up": "",
    "enter": "[name]",
    "parent": "",
    "path": "[folder]",
    "filesystem": "[name]",
    "other_pane": "",
    "mark": "[name or pattern]",
    "mark_all": "",
    "clear": "",
    "find": "[part of a name]",
    "view": "",
    "properties": "",
    "copy": "",
    "move": "",
    "rename": "[new name]",
    "mkdir": "[name]",
    "trash": "",
    "undo": "",
    "redo": "",
    "search": "[words]",
    "queue": "",
    "pause_all": "",
    "conflicts": "",
    "compare": "",
    "trash_screen": "",
    "space": "",
    "changes": "",
    "account": "",
    "remotes": "",
    "settings": "",
}
"""Actions of the table that lines can do → what may stand behind them."""


class Words:
    """Understands what is typed, in the user's keys."""

    def __init__(self, keys: Mapping[str, Sequence[str]]) -> None:
        self._keys = {
            _typed(key): action for action in COMMANDS for key in keys.get(action, ())
        }
        self._keys = {key: action for key, action in self._keys.items() if key}

    def understand(self, line: str) -> tuple[str, str]:
        """Return the action that is meant and what stands behind it.

        Raises:
            UsageError: none is meant, or more than one.
        """
        line = line.strip()
        first, _, rest = line.partition(" ")
        for keys in (" ".join(line.split()[:2]), first):
            if keys in self._keys:
                return self._keys[keys], line[len(keys) :].strip()
        name = first.casefold().replace("-", "_")
        meant = [each for each in COMMANDS if each.startswith(name)]
        if name in COMMANDS:
            meant = [name]
        if len(meant) == 1:
            return meant[0], rest.strip()
        if meant:
            raise UsageError(f"{first} could be: {', '.join(meant)}")
        raise UsageError(f"there is no command {first}", hint="help lists all of them")

    def help(self) -> list[str]:
        """A line for each command: `mkdir [name], or a: Make a folder here.`."""
        by_action: dict[str, list[str]] = {}
        for key, action in self._keys.items():
            by_action.setdefault(action, []).append(key)
        return [
            f"{action} {more}".strip()
            + "".join(f", or {key}" for key in by_action.get(action, ()))
            + f": {BY_ID[action].help}"
            for action, more in COMMANDS.items()
        ]


def _typed(keys: str) -> str:
    """A key or chord as one types it in a line; empty if that cannot be."""
    shown = [show_key(key) for key in keys.split()]
    typable = all(len(key) == 1 and key.isascii() for key in shown)
    return " ".join(shown) if typable else ""
