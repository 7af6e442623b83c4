"""What the gutter says: how each file stands to the other pane and to the queue.

All of it comes from what is known already; nothing is read or asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from acd_tui.transfers.model import Place, Transfer
from acd_tui.ui.format import LOCAL
from acd_tui.ui.widgets.listing import Row
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.widgets.pane import Pane

SAME, DIFFERS, ONLY_HERE, UNKNOWN, NOTHING = "=", "≠", "+", "·", " "

StateOf = Callable[[Row], str]

Moving = Mapping[tuple[str, VPath], str]
"""Filesystem and path of what is on its way, and of the folders around it → arrow."""


def moving(transfers: Iterable[Transfer]) -> dict[tuple[str, VPath], str]:
    """Where unfinished transfers come from and go to."""
    found: dict[tuple[str, VPath], str] = {}
    for transfer in transfers:
        arrow = "↓" if transfer.target.filesystem == LOCAL else "↑"
        for place in (transfer.source, transfer.target):
            for path in (place.path, *place.path.parents):
                key = (place.filesystem, path)
                if key in found:
                    break  # and so are all the folders above it
                found[key] = arrow
    return found


def compare(here: Entry, there: Entry | None) -> str:
    """How an entry stands to what has its name on the other side."""
    if there is None:
        return ONLY_HERE
    if here.kind is not there.kind:
        return DIFFERS
    if here.size is None or there.size is None:
        return UNKNOWN
    if here.size != there.size:
        return DIFFERS
    if here.md5 is None or there.md5 is None:
        return UNKNOWN
    return SAME if here.md5 == there.md5 else DIFFERS


class Known(Protocol):
    """What is known beside what both panes list."""

    def arrow(self, filesystem: str, row: Row) -> str | None:
        """Return the sign of what is on its way, or holds something that is."""
        ...

    def folders(self, here: Place, there: Place) -> str:
        """Return the sign of two folders of one name, as far as it is known."""
        ...


def state_of(row: Row, pane: Pane, other: Pane, known: Known) -> str:
    """The sign in a row's gutter."""
    arrow = known.arrow(pane.place.filesystem, row)
    if arrow is not None:
        return arrow
    if pane.files.is_flat or other.files.is_flat or pane.place == other.place:
        return NOTHING
    is_open = other.filesystem is not None and other.is_complete
    folder = other.files.root
    if row.folder != pane.files.root:
        inner = row.folder.relative_to(pane.files.root)
        folder = VPath((*folder.parts, *inner))
    listing = other.files.listings.get(folder) if is_open else None
    if listing is None or folder in other.opening:
        return _in_unlisted(folder, other) if is_open else UNKNOWN
    any_case = any(
        p.filesystem is not None and p.filesystem.features.case_insensitive
        for p in (pane, other)
    )
    there = listing.find(row.entry.name, any_case=any_case)
    if there is None or not (row.entry.is_folder and there.is_folder):
        return compare(row.entry, there)
    return known.folders(
        Place(pane.place.filesystem, row.path),
        Place(other.place.filesystem, VPath((*folder.parts, there.name))),
    )


def _in_unlisted(folder: VPath, other: Pane) -> str:
    """The sign of what lies in a folder that the other pane has not listed."""
    for parent in folder.parents:
        listing = other.files.listings.get(parent)
        if listing is not None:
            name = folder.parts[len(parent.parts)]
            known = listing.find(name, any_case=True)
            return ONLY_HERE if known is None else UNKNOWN
    return UNKNOWN
