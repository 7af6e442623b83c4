"""All actions with their keys, as lines for help, command line and README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from acd_tui.ui.action import Context
from acd_tui.ui.actions import of_context
from acd_tui.ui.keys import show_key

CONTEXTS: Mapping[Context, str] = {
    "global": "Everywhere",
    "pane": "Pane",
    "front": "Panes, queue, transfers",
    "browser": "Panes, queue",
    "list": "Lists",
    "queue": "Queue, transfers",
    "transfers": "Transfers",
}


class HelpLine(NamedTuple):
    """One action as help shows it."""

    group: str
    keys: str
    title: str
    help: str
    action: str = ""


def action_lines(keys: Mapping[str, Sequence[str]]) -> list[HelpLine]:
    """Return a line for every action, those of one context together.

    Args:
        keys: the keys of every action, by its id.
    """
    lines = []
    for context, where in CONTEXTS.items():
        for action in of_context(context):
            shown = ", ".join(map(show_key, keys[action.id]))
            lines.append(HelpLine(where, shown, action.title, action.help, action.id))
    return lines


def markdown(keys: Mapping[str, Sequence[str]]) -> str:
    """Return the table of keys as it stands in the README."""
    rows = ["| where | keys | what | name in `settings.toml` |", "|---|---|---|---|"]
    for context, where in CONTEXTS.items():
        for action in of_context(context):
            shown = " · ".join(_code(show_key(each)) for each in keys[action.id])
            rows.append(f"| {where} | {shown} | {action.title} | `{action.id}` |")
    return "\n".join(rows) + "\n"


def _code(text: str) -> str:
    # Within a table a vertical line ends a cell, and backticks need others around.
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"
