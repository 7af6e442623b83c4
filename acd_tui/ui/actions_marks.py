"""The actions that mark; a part of the table in `actions.py`."""

from __future__ import annotations

from acd_tui.ui import conditions
from acd_tui.ui.action import Action

MARK_ACTIONS: tuple[Action, ...] = (
    Action(
        "mark",
        "Mark",
        "Mark or unmark, then one line down.",
        "space,insert,ctrl+t",
        "list",
        enabled=conditions.on_row,
        menu="marks",
    ),
    Action(
        "mark_up",
        "Mark upwards",
        "Mark or unmark, then one line up.",
        "shift+up",
        "list",
        enabled=conditions.on_row,
    ),
    Action(
        "mark_down",
        "Mark downwards",
        "Mark or unmark, then one line down.",
        "shift+down",
        "list",
        enabled=conditions.on_row,
    ),
    Action(
        "range",
        "Mark a range",
        "From here to where the cursor goes; again, or Escape, ends it.",
        "v",
        "list",
        enabled=conditions.on_row,
    ),
    Action(
        "range_unmark",
        "Unmark a range",
        "From here to where the cursor goes; again, or Escape, ends it.",
        "V",
        "list",
        enabled=conditions.on_row,
    ),
    Action(
        "mark_all",
        "Mark all",
        "Mark everything listed.",
        "ctrl+a",
        "list",
        menu="marks",
    ),
    Action(
        "invert",
        "Invert the marks",
        "Mark what is not marked and unmark what is.",
        "asterisk",
        "list",
    ),
    Action(
        "mark_pattern",
        "Mark by pattern",
        "Mark names that fit a pattern such as *.jpg.",
        "plus",
        "pane",
    ),
    Action(
        "unmark_pattern",
        "Unmark by pattern",
        "Unmark names that fit a pattern such as *.jpg.",
        "minus,backslash",
        "pane",
    ),
    Action(
        "clear",
        "Clear range, filter, then marks",
        "One layer at a press.",
        "escape",
        "pane",
    ),
)
