"""The actions that take something along; a part of the table in `actions.py`."""

from __future__ import annotations

from acd_tui.ui import conditions
from acd_tui.ui.action import Action

CLIPBOARD_ACTIONS: tuple[Action, ...] = (
    Action(
        "yank",
        "Take along a copy",
        "What is marked, or what is under the cursor, for pasting elsewhere.",
        "y",
        "pane",
        enabled=conditions.something_chosen,
        menu="files",
    ),
    Action(
        "cut",
        "Take along to move",
        "What is marked, or what is under the cursor; it stays until it is pasted.",
        "x",
        "pane",
        enabled=conditions.can_leave,
        menu="files",
    ),
    Action(
        "paste",
        "Paste",
        "Copy or move here what was taken along.",
        "p",
        "pane",
        enabled=conditions.can_paste,
        menu="files",
    ),
    Action(
        "copy_path",
        "Copy the path",
        "To the clipboard of the desktop, as commands take it.",
        "c c",
        "pane",
        enabled=conditions.something_chosen,
    ),
    Action(
        "copy_folder",
        "Copy the path of the folder",
        "To the clipboard of the desktop.",
        "c d",
        "pane",
        enabled=conditions.listed,
    ),
    Action(
        "copy_name",
        "Copy the name",
        "To the clipboard of the desktop.",
        "c f",
        "pane",
        enabled=conditions.something_chosen,
    ),
    Action(
        "copy_id",
        "Copy the identifier",
        "The node's, as the service knows it, to the clipboard of the desktop.",
        "c i",
        "pane",
        enabled=conditions.something_chosen,
    ),
    Action(
        "copy_md5",
        "Copy the MD5",
        "To the clipboard of the desktop, where it is known.",
        "c h",
        "pane",
        enabled=conditions.something_chosen,
    ),
    Action(
        "copy_command",
        "Copy as a command",
        "The line that copies to the other pane, to the clipboard of the desktop.",
        "c x",
        "pane",
        enabled=conditions.can_copy,
    ),
)
