"""What is copied to where it lies already, of which a second one is put beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from acd_tui.errors import AcdError
from acd_tui.transfers.model import ConflictPolicy, Place
from acd_tui.ui.address import parse_address
from acd_tui.ui.format import address
from acd_tui.ui.screens.command_line import copy_commands, quoted
from acd_tui.ui.widgets.chosen import Chosen
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp


class Beside(msgspec.Struct, frozen=True):
    """Where some things lie.

    Attributes:
        filesystem: what they lie in.
        places: the folders.
        base: what relative addresses start from.
        remotes: names of the remotes there are.
        goals: of each folder among them, by its address, that of a second one beside
            it; where that is not known it is missing.
    """

    filesystem: str
    places: Collection[VPath]
    base: Place
    remotes: Collection[str]
    goals: Mapping[str, str] = {}

    def is_at(self, text: str) -> bool:
        """Whether an address as it is typed is where one of them lies."""
        try:
            place = parse_address(text, self.base, self.remotes)
        except AcdError:
            return False
        return place.filesystem == self.filesystem and place.path in self.places

    def commands(self, sources: Sequence[tuple[str, bool]], target: str) -> list[str]:
        """Return the commands that put second ones beside them; see `copy_commands`."""
        lines = []
        for source, is_folder in sources:
            if not is_folder:
                rename = ConflictPolicy.RENAME
                lines += copy_commands([(source, is_folder)], target, rename)
            elif goal := self.goals.get(source):
                lines.append(f"acd-tui copy {quoted(source)} {quoted(goal)}")
        return lines


async def beside(app: AcdApp, source: Place, rows: Chosen, target: Place) -> Beside:
    """Say where things lie that are to be copied.

    Args:
        app: has the filesystems.
        source: the folder they were chosen in.
        rows: the things.
        target: where they are to go, unless the user says otherwise.
    """
    session, name = app.session, source.filesystem
    goals = {}
    if target.filesystem == name and target.path in rows.places:
        for path in rows.folders:
            free = session.transfers.free_beside(Place(name, path))
            goals[address(name, path)] = address(name, await app.engine.run(free))
    return Beside(name, rows.places, target, session.remote_names(), goals)
