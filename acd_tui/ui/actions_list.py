"""The actions that find, filter and sort; a part of the table in `actions.py`."""

from __future__ import annotations

from acd_tui.ui import conditions
from acd_tui.ui.action import Action

LIST_ACTIONS: tuple[Action, ...] = (
    Action(
        "refresh",
        "Refresh",
        "List the folder again; asks the service for news.",
        "ctrl+r",
        "pane",
        menu="place",
    ),
    Action(
        "find",
        "Find",
        "Jump to the next name that holds what you type.",
        "slash,ctrl+s",
        "pane",
    ),
    Action("find_next", "Find next", "The next name that fits.", "n", "pane"),
    Action(
        "find_previous", "Find previous", "The previous name that fits.", "N", "pane"
    ),
    Action(
        "search",
        "Search the drive",
        "Find files and folders anywhere in the remote by name, size, date and more.",
        "s,alt+f7",
        "pane",
        enabled=conditions.can_search,
        menu="place",
    ),
    Action("filter", "Filter", "Show only names that hold what you type.", "f", "pane"),
    Action(
        "hidden",
        "Show or hide dot files",
        "Names that start with a dot.",
        "full_stop",
        "pane",
    ),
    Action(
        "sort_next",
        "Sort by the next column",
        "By name, size, time, type in turn.",
        "comma comma",
        "pane",
    ),
    Action(
        "sort_reverse",
        "Reverse the order",
        "The other way round.",
        "less_than_sign,comma r",
        "pane",
    ),
    Action(
        "sort_name",
        "Sort by name",
        "Numbers in names count as numbers.",
        "comma n",
        "pane",
    ),
    Action("sort_size", "Sort by size", "The largest first.", "comma s", "pane"),
    Action("sort_modified", "Sort by time", "The newest first.", "comma m", "pane"),
    Action("sort_type", "Sort by type", "By the end of the name.", "comma e", "pane"),
)
