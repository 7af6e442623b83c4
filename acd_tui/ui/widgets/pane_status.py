"""The line below a pane's rows: what is marked or there, how current, how much room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from acd_tui.ui.held import MOST
from acd_tui.ui.widgets.bar import Piece
from acd_tui.ui.widgets.found import FoundTree
from acd_tui.ui.widgets.status_bar import contents_text, mirror_pieces, space_text

if TYPE_CHECKING:
    from acd_tui.ui.widgets.pane import Pane

_WIDE = 52  # cells in which there is room for details


def status_pieces(
    pane: Pane, now: float, *, hindered: bool
) -> tuple[list[Piece], list[Piece]]:
    """Return what stands at the left and at the right of the line.

    Args:
        pane: whose.
        now: seconds since the epoch.
        hindered: whether the service of its remote does not do what it is asked.
    """
    marks, files = pane.marks, pane.files
    begin = f" {pane.range_marks.name} · " if pane.range_marks.is_on else " "
    left: list[Piece] = [(begin, "warning")]
    if marks.count:
        folders, size = pane.facts.marked or (None, None)
        known = size if folders == marks.folders(MOST) else None
        left.append((marks.summary(known), "accent"))
        elsewhere = marks.elsewhere(files.listings)
        if elsewhere and not pane.has_found:
            left.append((f" ({elsewhere:,} elsewhere)", "dim"))
    elif isinstance(files, FoundTree):
        left.append((files.summary, "dim"))
    elif (listing := files.listings.get(files.root)) and pane.is_complete:
        folder, whole = pane.facts.whole or (None, None)
        whole = whole if folder == files.root else None
        wide = pane.size.width >= _WIDE
        left.append((contents_text(listing, wide=wide, whole=whole), "dim"))
    right = mirror_pieces(pane.facts.mirror, now)
    if hindered:
        right = [("busy, asked again", "warning")]
    taken = sum(cell_len(text) for text, _ in (*left, *right)) + 2
    space = space_text(pane.facts.space)
    # What is here is worth more than the room there would be.
    if space and taken + 2 + cell_len(space) <= pane.size.width:
        right += [("  ", ""), (space, "dim")]
    return left, [*right, (" ", "")]
