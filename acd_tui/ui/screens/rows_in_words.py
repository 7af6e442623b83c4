"""Rows of a pane as questions and notifications name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import show_place, summary
from acd_tui.ui.widgets.chosen import Chosen
from acd_tui.ui.widgets.listing import Row
from acd_tui.units import show_size

if TYPE_CHECKING:
    from acd_tui.ui.widgets.pane import Pane


def describe(rows: Chosen, place: Place | None, whole: int | None = None) -> str:
    """What some rows are: a name, or numbers; and where from, if that is wanted.

    Args:
        rows: of a pane.
        place: what that shows; None to leave out where they are.
        whole: bytes of all that lies in the folders among them, too, if it is known.
    """
    if len(rows) == 1:
        text = printable(rows[0].entry.name) + ("/" if rows[0].entry.is_folder else "")
        if whole is not None:
            text += f", {show_size(whole)}"
    else:
        folders = len(rows.folders)
        text = summary(folders, len(rows) - folders, rows.size, whole)
    if place is None:
        return text
    sources = rows.places
    one = next(iter(sources))
    around = next(
        folder
        for folder in (one, *one.parents)
        if all(source.is_within(folder) for source in sources)
    )
    where = show_place(Place(place.filesystem, around))
    if len(sources) > 1:
        where = f"{len(sources):,} different folders in {where}"
    return f"{text} from {where}"


def listed(row: Row, pane: Pane) -> str:
    """A row's name; with its folder if that is not the one shown."""
    name = printable(row.entry.name) + ("/" if row.entry.is_folder else "")
    if row.folder == pane.place.path:
        return f"  {name}"
    return (
        f"  {show_place(Place(pane.place.filesystem, row.folder)).rstrip('/')}/{name}"
    )
