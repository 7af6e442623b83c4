"""The actions of the Transfers screen alone; a part of the table in `actions.py`."""

from __future__ import annotations

from acd_tui.ui import conditions
from acd_tui.ui.action import Action

_FILTERS = (
    ("all", "1", "everything", "What runs first, what is finished last."),
    ("running", "2", "what runs", "What is checked, moves or is verified now."),
    ("waiting", "3", "what waits", "With why, in the order it will run."),
    ("failed", "4", "what failed", "And what was cancelled, the latest first."),
    ("done", "5", "what is done", "And what was skipped, the latest first."),
    ("jobs", "6", "jobs", "What was queued together, the newest first."),
)

TRANSFERS_ACTIONS: tuple[Action, ...] = (
    *(
        Action(f"transfers_{name}", f"Transfers: {title}", words, key, "transfers")
        for name, key, title, words in _FILTERS
    ),
    Action(
        "transfers_next",
        "Next list of transfers",
        "To the right of this one.",
        "right,tab",
        "transfers",
    ),
    Action(
        "transfers_previous",
        "Previous list of transfers",
        "To the left of this one.",
        "left,shift+tab",
        "transfers",
    ),
    Action(
        "sign_in",
        "Sign in again",
        "To the remote whose transfers wait for that.",
        "A",
        "transfers",
        enabled=conditions.wants_sign_in,
    ),
    Action(
        "transfers_find",
        "Find transfers",
        "Show only those whose path holds what you type.",
        "slash,f,ctrl+s",
        "transfers",
        label="Find",
    ),
    Action(
        "transfers_of_job",
        "Only the transfers of this job",
        "Of what is under the cursor; Escape shows all again.",
        "backspace,g j",
        "transfers",
        enabled=conditions.on_one_of_queue,
        menu="open",
    ),
)
