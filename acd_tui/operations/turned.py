"""What is said of a command that was carried out, undone or done again."""

from __future__ import annotations

from typing import NamedTuple

from acd_tui.operations.commands import (
    Command,
    MakeFolder,
    Move,
    MoveAll,
    Restore,
    TrashAll,
)
from acd_tui.vfs.path import VPath


class Turned(NamedTuple):
    """What was undone or done again.

    Attributes:
        sentence: that, in words.
        filesystem: where.
        path: of the first thing that has come by it to where it is; None if all went.
    """

    sentence: str
    filesystem: str
    path: VPath | None


def came_to(command: Command, *, undone: bool) -> VPath | None:
    """Return where something is that came there when a command was turned."""
    match command:
        case Move(source=source, target=target):
            return source if undone else target
        case MoveAll(chains=((*_, last), *_) as chains):
            return chains[0][0].source if undone else last.target
        case TrashAll(items=(item, *_)):
            return item.path if undone else None
        case MakeFolder(path=path) | Restore(path=path):
            return None if undone else path
        case _:
            return None


def still_held(command: Command) -> str:
    """Say what of something trashed is still in another folder; "" for nothing."""
    if not isinstance(command, TrashAll):
        return ""
    gone = sum(item.in_trash for item in command.items)
    held = sum(item.in_trash and item.held_still for item in command.items)
    if not held:
        return ""
    if gone == 1:
        return "it only left its folder, another one holds it still"
    which = "they" if held == gone else f"{held:,} of them"
    return f"{which} only left their folder, another one holds them still"
