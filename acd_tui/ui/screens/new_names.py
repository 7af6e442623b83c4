"""What is wrong with a name that is typed for something in a pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.ui.widgets.listing import Row
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.widgets.pane import Pane


def wrong_name(pane: Pane, folder: VPath, text: str, renamed: Row | None) -> str | None:
    """Say what is wrong with a new name, as far as one can know here."""
    try:
        folder / text
    except AcdError as error:
        return printable(error.message)
    listing = pane.files.listings.get(folder)
    if listing is None or pane.filesystem is None:
        return None
    any_case = pane.filesystem.features.case_insensitive
    taken = listing.find(text, any_case=any_case)
    if taken is not None and (renamed is None or taken.name != renamed.entry.name):
        return "That name is taken"
    return None
