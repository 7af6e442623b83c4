"""What can be done in a dialog, for its menu: what its keys do, for a mouse as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

from acd_tui.ui.action import Action, Menu
from acd_tui.ui.screens.rows import Rows

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from acd_tui.ui.screens.dialog import Dialog

_ENTER = "activate"
_OF_ROWS = (_ENTER, "mark")
_LAST = "cancel"  # leaving the dialog


@dataclass
class Deed:
    """Something a dialog's keys do: what says so, and whose action it is."""

    node: DOMNode
    binding: Binding
    keys: list[str] = field(default_factory=list)

    @property
    def shown(self) -> Action:
        """It as a line of a menu."""
        title, action = self.binding.description, self.binding.action
        if isinstance(self.node, Rows) and action == _ENTER:
            title = self.node.enter or title
        part: Menu = "place" if action == _LAST else "files"
        return Action(action, title, "", "", "global", menu=part)


def deeds(dialog: Dialog[Any]) -> dict[str, Deed]:
    """What can be done in a dialog, by the action's name, leaving it last."""
    found: dict[str, Deed] = {}
    for rows in dialog.query(Rows):
        for binding in _bindings(rows):
            action = binding.action
            if action == _ENTER and rows.enter is None:
                continue
            if action.startswith(_OF_ROWS) and rows.check_action(action, ()):
                _add(found, rows, binding)
    for binding in _bindings(dialog):
        _add(found, dialog, binding)
    leaving = found.pop(_LAST)
    return {**found, _LAST: leaving}


def _add(found: dict[str, Deed], node: DOMNode, binding: Binding) -> None:
    deed = found.setdefault(binding.action, Deed(node, binding))
    deed.keys += binding.key.split(",")


def _bindings(node: DOMNode) -> Iterator[Binding]:
    """Those of a node that say what they do, and are its own."""
    for kind in type(node).__mro__:
        for each in vars(kind).get("BINDINGS", ()):
            is_own = isinstance(each, Binding) and "." not in each.action
            if is_own and each.description and kind.__module__.startswith("acd_tui"):
                yield each


def has_deeds(dialog: Dialog[Any]) -> bool:
    """Whether there is more to do in a dialog than to answer and to leave it."""
    return len({each.action for each in _bindings(dialog)} - {_LAST}) > 1
