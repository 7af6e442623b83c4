"""The actions of the user's shell; a part of the table in `actions.py`."""

from __future__ import annotations

from acd_tui.ui.action import Action

SHELL_ACTIONS: tuple[Action, ...] = (
    Action(
        "shell",
        "A shell here",
        "In the folder of this pane, or of the other if that is on this computer; "
        "`exit` comes back.",
        "ctrl+o",
        "browser",
    ),
    Action(
        "run",
        "Run a command",
        'Of your shell, in the folder of the pane; "$@" is what is marked.',
        "dollar_sign",
        "browser",
    ),
)
