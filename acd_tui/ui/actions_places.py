"""The actions about places: tabs, bookmarks, both panes; a part of `actions.py`."""

from __future__ import annotations

from acd_tui.ui import conditions
from acd_tui.ui.action import Action

PLACE_ACTIONS: tuple[Action, ...] = (
    Action("tab_new", "New tab", "Another view beside this one.", "t n", "pane"),
    Action("tab_close", "Close the tab", "Go on with the one before.", "t c", "pane"),
    Action(
        "tab_previous",
        "Previous tab",
        "To the left of this one.",
        "left_square_bracket",
        "pane",
    ),
    Action(
        "tab_next",
        "Next tab",
        "To the right of this one.",
        "right_square_bracket",
        "pane",
    ),
    Action(
        "tab_go",
        "Go to a tab",
        "The one of that number.",
        "digit",
        "pane",
        argument="digit",
    ),
    Action("home", "Home folder", "Yours, or the root of the remote.", "g h", "pane"),
    Action("root", "Root folder", "Of the disk or of the remote.", "g r", "pane"),
    Action(
        "bookmarks",
        "Bookmarks",
        "Folders that have a letter; Enter goes there.",
        "b,ctrl+backslash",
        "pane",
    ),
    Action(
        "set_mark",
        "Set a bookmark",
        "Give the folder shown a letter.",
        "m letter",
        "pane",
        enabled=conditions.on_folder,
        argument="letter",
    ),
    Action(
        "jump_mark",
        "Go to a bookmark",
        "The folder of that letter.",
        "apostrophe letter",
        "pane",
        argument="letter",
    ),
    Action(
        "jump",
        "Go to a folder visited before",
        "Those visited often and lately come first; type a part of the path.",
        "z",
        "pane",
    ),
    Action(
        "recent", "Recent folders", "Where you were, the last one first.", "Z", "pane"
    ),
    Action(
        "sync_browsing",
        "Browse both panes together",
        "Going somewhere in one pane goes there in the other, too; again to stop.",
        "equals_sign b",
        "browser",
        enabled=conditions.both_listed,
    ),
    Action(
        "swap",
        "Swap the panes",
        "What is left goes right, and the other way round.",
        "ctrl+w x",
        "browser",
    ),
    Action(
        "maximise",
        "One pane or two",
        "Give this pane the room of both; again for both.",
        "ctrl+w o",
        "browser",
    ),
    Action(
        "orientation",
        "Panes side by side or one above the other",
        "The other of the two.",
        "ctrl+w s,ctrl+w v",
        "browser",
    ),
)
