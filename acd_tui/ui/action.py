"""What an action is; `actions.py` has the table of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import msgspec

from acd_tui.ui import conditions

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

Context = Literal["global", "front", "browser", "list", "pane", "queue", "transfers"]
Condition = Callable[["AcdApp"], str | None]


Many = Literal["letter", "digit"]
Menu = Literal["open", "files", "marks", "place"]  # in this order


class Action(msgspec.Struct, frozen=True):
    """Something the user can do.

    Attributes:
        id: also its name in `settings.toml`.
        title: as in the palette, the menu and the help.
        help: one sentence more.
        keys: the default keys, separated by commas; `g g` is one after the other, see
            `keys.py`.
        context: where the keys work, see `actions.py`.
        label: in the key bar; None keeps it out of there.
        enabled: returns None if it can be done now, else why not.
        menu: its part of the menu of what is under the cursor; None keeps it out.
        menu_if: like `enabled`, for the menu: where that has something better than
            this, or is of something else.
        argument: what kind of key the keys end in, which the action is told; None for
            an action that needs nothing.
    """

    id: str
    title: str
    help: str
    keys: str
    context: Context
    label: str | None = None
    enabled: Condition = conditions.always
    menu: Menu | None = None
    menu_if: Condition = conditions.always
    argument: Many | None = None
