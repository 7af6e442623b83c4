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
        "pane",
        enabled=conditions.on_entry,
        menu="marks",
    ),
    Action(
        "mark_up",
        "Mark upwards",
        "Mark or unmark, then one line up.",
        "shift+up",
        "pane",
        enabled=conditions.on_entry,
    ),
    Action(
        "mark_down",
        "Mark downwards",
        "Mark or unmark, then one line down.",
        "shift+down",
        "pane",
        enabled=conditions.on_entry,
    ),
    Action(
        "range",
        "Mark a range",
        "From here to where the cursor goes; again, or Escape, ends it.",
        "v",
        "pane",
        enabled=conditions.on_entry,
    ),
    Action(
        "range_unmark",
        "Unmark a range",
        "From here to where the cursor goes; again, or Escape, ends it.",
        "V",
        "pane",
        enabled=conditions.on_entry,
    ),
    Action(
        "mark_all",
        "Mark all",
        "Mark everything listed.",
        "ctrl+a",
        "pane",
        menu="marks",
    ),
    Action(
        "invert",
        "Invert the marks",
        "Mark what is not marked and unmark what is.",
        "asterisk",
        "pane",
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
