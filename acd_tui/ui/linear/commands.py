"""What can be typed in the linear interface: the actions of the panes, by name or key.

A command is a name of an action (`mkdir`), the start of one that no other has, or the
letter that does it in the panes (`a`, `g t`), with what it needs to know behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from acd_tui.errors import UsageError
from acd_tui.ui.action import Many
from acd_tui.ui.actions import BY_ID
from acd_tui.ui.format import sentence
from acd_tui.ui.keys import show_key

GROUPS: Mapping[str, Mapping[str, str]] = {
    "moving about": {
        "up": "",
        "down": "",
        "top": "",
        "bottom": "",
        "page_down": "",
        "page_up": "",
        "find": "[part of a name]",
        "enter": "[name]",
        "parent": "",
        "home": "",
        "root": "",
        "path": "[folder]",
        "filesystem": "[name]",
        "other_pane": "",
        "refresh": "",
    },
    "places": {
        "bookmarks": "",
        "set_mark": "[letter]",
        "jump_mark": "[letter]",
        "jump": "[part of a path]",
        "recent": "",
    },
    "marks": {
        "mark": "[name or pattern]",
        "mark_all": "",
        "clear": "",
    },
    "files": {
        "view": "",
        "edit": "",
        "properties": "",
        "copy": "",
        "move": "",
        "rename": "[new name]",
        "rename_all": "",
        "mkdir": "[name or a/b]",
        "trash": "",
        "undo": "",
        "redo": "",
    },
    "transfers": {
        "queue": "",
        "pause_all": "",
        "drain": "",
        "limits": "",
        "retry_all": "",
        "cancel_all": "",
        "clear_finished": "",
        "conflicts": "",
    },
    "drives": {
        "search": "[words]",
        "compare": "",
        "space": "",
        "duplicates": "",
        "changes": "",
        "account": "",
        "trash_screen": "",
        "remotes": "",
    },
    "the program": {
        "settings": "",
        "help": "[command or group]",
        "quit": "",
    },
}
"""What can be done in lines: group → action of the table → what may stand behind it."""

COMMANDS: Mapping[str, str] = {
    action: more for group in GROUPS.values() for action, more in group.items()
}


class Words:
    """Understands what is typed, in the user's keys."""

    def __init__(self, keys: Mapping[str, Sequence[str]]) -> None:
        self._keys = {
            _typed(key): action
            for action in reversed([*COMMANDS])  # files' keys count before the queue's
            for key in keys.get(action, ())
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

    def help(self, about: str) -> list[str]:
        """What there is, group by group; or all about one group or command.

        Raises:
            UsageError: there is neither a group nor a command of that name.
        """
        if not about:
            return [
                f"{sentence(group)}: {', '.join(each)}."
                for group, each in GROUPS.items()
            ]
        name = about.strip().casefold()
        groups = [group for group in GROUPS if name in {group, group.split()[-1]}]
        if groups and name not in COMMANDS:
            return [self._about(action) for action in GROUPS[groups[0]]]
        action, _ = self.understand(about)
        return [self._about(action)]

    def _about(self, action: str) -> str:
        """What a command does: `mkdir [name], or a: Make a folder here.`."""
        keys = [key for key, meant in self._keys.items() if meant == action]
        words = f"{action} {COMMANDS[action]}".strip()
        ways = "".join(f", or {key}" for key in keys)
        return f"{words}{ways}: {BY_ID[action].help}"


def _typed(keys: str) -> str:
    """A key or chord as one types it in a line; empty if that cannot be.

    What a chord ends in that may be any letter stands behind it, as with names.
    """
    shown = [show_key(key) for key in keys.split() if key not in get_args(Many)]
    typable = all(len(key) == 1 and key.isascii() for key in shown)
    return " ".join(shown) if typable else ""
