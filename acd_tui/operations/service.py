"""Make, rename, move, trash, restore, undo and redo, for whoever asks."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from acd_tui.db import Database
from acd_tui.errors import AcdError, Denied, NotFound, PartlyFailed
from acd_tui.events import EventBus
from acd_tui.operations.commands import (
    Check,
    Command,
    MakeFolder,
    Move,
    MoveAll,
    Moved,
    Restore,
    TrashAll,
    Trashed,
)
from acd_tui.operations.journal import Journal
from acd_tui.operations.renaming import Chain
from acd_tui.operations.turned import Turned
from acd_tui.printable import printable
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath


class Placed(Protocol):
    """A path in a named filesystem, such as `transfers.model.Place`."""

    @property
    def filesystem(self) -> str: ...

    @property
    def path(self) -> VPath: ...


class Operations:
    """Changes of files and folders that can be undone, across restarts.

    Every method raises an `AcdError` that says why, if what is asked for cannot be done.
    """

    def __init__(
        self,
        filesystems: Callable[[str], Awaitable[FileSystem]],
        db: Database,
        *,
        bus: EventBus | None = None,
    ) -> None:
        """Use a journal.

        Args:
            filesystems: gives a filesystem by its name.
            db: opened, with the schema of this package.
            bus: where changed folders are told.
        """
        self._journal = Journal(db, filesystems, bus)
        self._filesystems = filesystems

    async def make_folder(self, place: Placed) -> Command:
        """Make a folder; return what was done, for `undo`."""
        return await self._journal.do(
            MakeFolder(filesystem=place.filesystem, path=place.path)
        )

    async def move(self, source: Placed, target: Placed) -> None:
        """Rename or move within one filesystem."""
        if source.filesystem != target.filesystem:
            raise Denied(
                "moving from one filesystem to another is not possible in one step",
                hint="copy it, then trash the original",
            )
        _refuse_in_place(source.path, target.path)
        await self._journal.do(
            Move(filesystem=source.filesystem, source=source.path, target=target.path)
        )

    async def move_all(
        self, filesystem: str, chains: Sequence[Chain], count: int
    ) -> None:
        """Rename or move many things within a filesystem; they are undone together.

        Args:
            filesystem: its name.
            chains: the moves in their order, see `renaming.chains`.
            count: how many things are moved.

        Raises:
            Incomplete: some are moved, and the way back was cut off.
        """
        for chain in chains:
            for source, target in chain:
                _refuse_in_place(source, target)
        moves = tuple(
            tuple(Moved(source, target) for source, target in chain) for chain in chains
        )
        await self._journal.do(
            MoveAll(filesystem=filesystem, chains=moves, count=count)
        )

    async def move_into(
        self, folder: Placed, chains: Sequence[Chain], count: int
    ) -> None:
        """`move_all` into a folder, which is made if it is not there.

        That is undone for itself, after the moves; at once if none of them was made.

        Args:
            folder: where all of them go.
            chains: see `move_all`.
            count: likewise.
        """
        filesystem = await self._filesystems(folder.filesystem)
        made: Command | None = None
        try:
            await filesystem.stat(folder.path)
        except NotFound:
            made = await self.make_folder(folder)
        try:
            await self.move_all(folder.filesystem, chains, count)
        except PartlyFailed:
            raise
        except AcdError:
            if made is not None:
                with contextlib.suppress(AcdError):  # why it was made is what counts
                    await self.undo(made)
            raise

    async def trash(
        self, places: Sequence[Placed], *, check: Check | None = None
    ) -> Command:
        """Trash files and folders of one filesystem; they are undone together.

        Args:
            places: what and where.
            check: looks at each just before it goes; what it raises for stays.

        Returns:
            What was done, for `undo`.

        Raises:
            Incomplete: not all went; what did can be undone.
        """
        names = {place.filesystem for place in places}
        if len(names) != 1:
            raise Denied("what is trashed at once must be in one filesystem")
        paths = dict.fromkeys(place.path for place in places)
        items = tuple(
            Trashed(path=path)
            for path in paths
            if not any(above in paths for above in path.parents)
        )
        command = TrashAll(filesystem=names.pop(), items=items)
        return await self._journal.do(command, lambda fs: command.checked(fs, check))

    async def restore(
        self, filesystem: str, item_id: str, to: VPath | None = None
    ) -> VPath:
        """Restore something from a trash, to where it was or to `to`.

        Returns:
            Where it is now.
        """
        done = await self._journal.do(
            Restore(filesystem=filesystem, item=item_id, to=to)
        )
        assert isinstance(done, Restore)
        assert done.path is not None
        return done.path

    async def undo(self, only: Command | None = None) -> Turned:
        """Undo what was done last; return what that was.

        Args:
            only: what that has to be; another process may have done something since.
        """
        return await self._journal.undo(only)

    async def redo(self) -> Turned:
        """Do again what was undone last; return what that was."""
        return await self._journal.redo()

    async def rename_filesystem(self, old: str, new: str) -> None:
        """Have what can be undone speak of a filesystem by its new name."""
        await self._journal.rename_filesystem(old, new)


def _refuse_in_place(source: VPath, target: VPath) -> None:
    """Refuse to move something to where it is: nothing would be done, nor undone."""
    if source == target:
        raise Denied(
            f"{printable(str(source))} is already there",
            hint="give it another name, or choose another folder",
        )
