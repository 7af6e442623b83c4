"""Where one can look for what is there twice."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import show_place
from acd_tui.vfs.capabilities import Catalogued
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

Where = tuple[FileSystem, VPath]


class Scope(msgspec.Struct, frozen=True):
    """Where to look.

    Attributes:
        label: what it is called.
        places: folders, the first of which counts as the first place.
        drive: where local files have to be to be safe to free; None to look for
            duplicates.
    """

    label: str
    places: Sequence[Where]
    drive: Where | None = None


def scopes(places: Sequence[Where]) -> list[Scope]:
    """Return what can be looked for in two panes.

    Args:
        places: of the panes, the active one first.
    """
    distinct = list(dict.fromkeys(places))
    single = [Scope(_name(place), [place]) for place in distinct]
    # A drive answers at once; what is local has to be read, so it is asked for.
    single.sort(key=lambda scope: not isinstance(scope.places[0][0], Catalogued))
    found = [*single]
    if len(distinct) > 1:
        found.append(Scope("both", distinct))
    local = [place for place in distinct if not isinstance(place[0], Catalogued)]
    drives = {place[0].name: place[0] for place in distinct if place not in local}
    for name, drive in drives.items():
        if local:
            label = "safe to free"
            if len(drives) > 1:
                label += f" ({printable(name)})"
            found.append(Scope(label, local, (drive, VPath())))
    return found


def _name(place: Where) -> str:
    filesystem, path = place
    return show_place(Place(filesystem.name, path))
