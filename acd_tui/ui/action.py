"""What an action is; `actions.py` has the table of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual.binding import Binding

from acd_tui.ui import conditions

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

Context = Literal["global", "browser", "list", "pane", "queue"]
Condition = Callable[["AcdApp"], str | None]


@dataclass(frozen=True, slots=True)
class Action:
    """Something the user can do.

    Attributes:
        id: also the id of its key binding.
        title: as in the palette and the help.
        help: one sentence more, for the help.
        keys: the default keys, as Textual names them, separated by commas.
        context: where the keys work, see `actions.py`.
        label: in the key bar; None keeps it out of there.
        enabled: returns None if it can be done now, else why not.
    """

    id: str
    title: str
    help: str
    keys: str
    context: Context
    label: str | None = None
    enabled: Condition = conditions.always

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(key for key in self.keys.split(",") if key)

    def binding(self, *, at_once: bool) -> Binding:
        """Its one key binding.

        Args:
            at_once: do it before the next key is looked at. Otherwise a key that
                follows quickly goes where the focus was before.
        """
        return Binding(
            self.keys,
            f"app.do({self.id!r})",
            self.title,
            id=self.id,
            show=self.label is not None,
            tooltip=self.help,
            priority=at_once,
        )
