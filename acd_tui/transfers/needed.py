"""What a plan wants removed although the source has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from acd_tui.errors import AcdError, Changed, Denied, NotFound
from acd_tui.printable import printable
from acd_tui.transfers.compared import Names
from acd_tui.transfers.context import bring_up_to_date
from acd_tui.transfers.folding import other_names
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath


class Folder(msgspec.Struct, frozen=True):
    """One side of a plan."""

    filesystem: FileSystem
    path: VPath


async def needed(
    source: Folder,
    target: Folder,
    going: Mapping[Names, Entry],
    goals: Collection[VPath],
) -> Mapping[Names, AcdError]:
    """Say why some of what is to be removed has to stay.

    Args:
        source: whose plan it is.
        target: what is to be like it.
        going: files and folders to be removed, by their names from the target down.
        goals: where the plan has copied something to.

    Raises:
        AcdError: the source cannot be looked at.
    """
    why: dict[Names, AcdError] = {
        names: Changed(
            f"{printable('/'.join(names))} is not removed: the source has it by now",
            hint="make a new plan",
        )
        for names in await _regained(source, going)
    }
    paths = {VPath((*target.path.parts, *names)): names for names in going}
    others = await other_names(target.filesystem, paths.keys(), goals)
    for path, other in others.items():
        shown = printable("/".join(paths[path]))
        why[paths[path]] = Denied(
            f"{shown} is not removed: the disk takes it for {printable(other.name)},"
            " which the source has",
            hint="rename one of them, so that both sides spell the name alike",
        )
    return why


async def _regained(source: Folder, going: Mapping[Names, Entry]) -> list[Names]:
    """Return what the source has, although it had not when the plan was made.

    A plan is looked at for a while, and copying takes long. By their listed names: of
    two that differ in case only, a disk may show one by the other's. A folder where the
    target has a file is not it: the plan may have known of it, as one of which filters
    leave nothing.
    """
    by_folder: dict[Names, set[str]] = {}
    for *folder, name in going:
        by_folder.setdefault(tuple(folder), set()).add(name)
    if by_folder:
        await bring_up_to_date(source.filesystem)
    found: list[Names] = []
    for above, names in by_folder.items():
        try:
            there = await source.filesystem.list(VPath((*source.path.parts, *above)))
        except NotFound:
            continue
        found += [
            path
            for each in there
            if each.name in names
            and each.is_folder == going[path := (*above, each.name)].is_folder
        ]
    return found
