"""The actions that open the screens on what lies in a drive; see `actions.py`."""

from __future__ import annotations

from acd_tui.ui import conditions
from acd_tui.ui.action import Action

INSIGHT_ACTIONS: tuple[Action, ...] = (
    Action(
        "space",
        "Space",
        "What takes the room: sizes and counts of all folders, from here down.",
        "g d",
        "pane",
        enabled=conditions.listed,
        menu="place",
    ),
    Action(
        "duplicates",
        "Duplicates",
        "Files of one content in the panes, and local files that are safe to free.",
        "g u",
        "pane",
        enabled=conditions.listed,
        menu="place",
    ),
    Action(
        "account",
        "Account",
        "The room of the account, and what takes it.",
        "g q",
        "pane",
        enabled=conditions.has_account,
        menu="place",
        menu_if=conditions.is_account,
    ),
    Action(
        "changes",
        "Changes",
        "What changed in the remote since the last look, and before.",
        "g c",
        "pane",
        enabled=conditions.has_timeline,
        menu="place",
    ),
)
