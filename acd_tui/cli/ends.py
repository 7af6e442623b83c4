"""The two ends of a command that copies or compares: what is there, and how they lie."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from acd_tui.cli.places import LOCAL, filesystem_at, show_place
from acd_tui.errors import Denied, Exists, FolderNotFound, NotFound, UsageError
from acd_tui.local.following import identity, way_to
from acd_tui.transfers.context import as_source
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, Place
from acd_tui.transfers.planner import folded
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.hashing import Located
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from acd_tui.session.core import Session
    from acd_tui.transfers.compared import Compared
    from acd_tui.vfs.filesystem import FileSystem


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Where from and where to.

    Attributes:
        origin: the filesystem of the source.
        source: as it was named.
        path: the source itself, a symbolic link that was named being followed.
        entry: what it is.
        goal: the filesystem of the target.
        target: a folder, which may be missing; likewise followed.
        missing: whether it is.
        one_tree: whether both ends lie in the same filesystem, or in the same account
            by the names of two remotes.
        beside: where the second one of a file goes that is copied to where it lies;
            else None.
    """

    origin: FileSystem
    source: Place
    path: VPath
    entry: Entry
    goal: FileSystem
    target: Place
    missing: bool
    one_tree: bool
    beside: VPath | None = None

    @property
    def shown(self) -> tuple[str, str]:
        """Both as they are read."""
        return show_place(self.source), show_place(self.target)

    def compared(
        self,
        options: CopyOptions,
        *,
        checkers: int = 8,
        policy: ConflictPolicy = ConflictPolicy.FAIL,
    ) -> AsyncIterator[Compared]:
        """Compare what the source is, or holds, with what the target holds."""
        from acd_tui.transfers.compare import Comparison

        origin = as_source(self.origin, options)
        comparison = Comparison(
            origin,
            self.goal,
            filters=Filter(options.filters),
            # What is moved goes only when it is proven to be there; see `Worker`.
            size_only=options.size_only and not options.move,
            at_a_time=checkers,
            policy=policy,
        )
        if self.entry.is_folder:
            return comparison.run(
                self.path, self.target.path, target_missing=self.missing
            )
        file = Located(origin, self.path, self.entry)
        if self.beside is not None:
            return _new_one(file, self.beside)
        name = self.source.path.name
        return comparison.run_one(file, self.target.path / name)


async def _new_one(file: Located, target: VPath) -> AsyncIterator[Compared]:
    """Tell of a file that goes to where nothing is."""
    from acd_tui.transfers.compared import Compared, Verdict

    yield Compared(
        names=(file.path.name,),
        verdict=Verdict.SOURCE_ONLY,
        source=file,
        goals=(target.name,),
    )


async def both_ends(
    session: Session, source: str, target: str, *, known_will_do: bool = False
) -> Ends:
    """Look at both ends.

    Args:
        session: has the remotes.
        source: as typed.
        target: as typed.
        known_will_do: see `places.current`.

    Raises:
        FolderNotFound: the source is missing.
        Exists: the target is a file.
        AcdError: one of them cannot be reached.
    """
    origin, place = await filesystem_at(session, source, known_will_do=known_will_do)
    goal, folder = await filesystem_at(session, target, known_will_do=known_will_do)
    entry, path = await _look(origin, place)
    missing = True
    with contextlib.suppress(NotFound):
        there = await goal.stat(folder.path)
        missing = False
        if not there.is_folder and await _leads_to_folder(goal, folder, there):
            real = await asyncio.to_thread(os.path.realpath, str(folder.path))
            folder = Place(folder.filesystem, VPath.parse(real))
        elif not there.is_folder:
            raise Exists(
                f"`{show_place(folder)}` is a file, not a folder to copy into",
                hint="name the folder it should go to",
            )
    return Ends(
        origin=origin,
        source=place,
        path=path,
        entry=entry,
        goal=goal,
        target=folder,
        missing=missing,
        one_tree=await _one_tree(origin, goal),
    )


async def _one_tree(origin: FileSystem, goal: FileSystem) -> bool:
    """Whether both are the same, or lead to the same root folder of a service."""
    if origin is goal:
        return True
    roots = [await each.stat(VPath()) for each in (origin, goal)]
    return roots[0].id is not None and roots[0].id == roots[1].id


async def _leads_to_folder(goal: FileSystem, folder: Place, there: Entry) -> bool:
    """Whether a symbolic link that was named as the target is one to a folder."""
    if there.kind is not Kind.LINK or goal.name != LOCAL:
        return False
    return await asyncio.to_thread(os.path.isdir, str(folder.path))


async def _look(filesystem: FileSystem, place: Place) -> tuple[Entry, VPath]:
    """Say what a source is; a symbolic link that was named is followed."""
    path = place.path
    try:
        entry = await filesystem.stat(path)
        if entry.kind is Kind.LINK and filesystem.name == LOCAL:
            real = await asyncio.to_thread(os.path.realpath, str(path))
            path = VPath.parse(real)
            entry = await filesystem.stat(path)
    except NotFound as error:
        raise FolderNotFound(error.message, hint=error.hint) from None
    if entry.kind not in {Kind.FILE, Kind.FOLDER}:
        raise Denied(f"`{show_place(place)}` is neither a file nor a folder")
    return entry, path


async def ends_of_copy(session: Session, ends: Ends, policy: ConflictPolicy) -> Ends:
    """Refuse to copy something onto or into itself, but let a file have a second one.

    Args:
        session: has the queue, which knows what is on its way.
        ends: as they were looked at.
        policy: says whether a second one is wanted.

    Raises:
        UsageError: it would be copied onto or into itself.
        AcdError: there is no name for a second one.
    """
    if policy is not ConflictPolicy.RENAME or not _is_onto_itself(ends):
        check_apart(
            ends, hint="`--conflict rename` puts a second one beside it, with a number"
        )
        return ends
    # By their true names, so that the queue sees that both are one.
    name, folder = ends.target.filesystem, _really(ends)[1]
    source = Place(name, folder / ends.entry.name)
    return replace(
        ends,
        origin=ends.goal,
        source=source,
        path=source.path,
        target=Place(name, folder),
        beside=await session.transfers.free_beside(source),
    )


def check_apart(ends: Ends, *, hint: str | None = None) -> None:
    """Refuse what would take something onto or into itself.

    Args:
        ends: of it.
        hint: what to do where both are one file.

    Raises:
        UsageError: it would.
    """
    if not ends.one_tree:
        return
    insensitive = ends.goal.features.case_insensitive
    source, folder = (
        folded(path, case_insensitive=insensitive) for path in _really(ends)
    )
    if ends.entry.is_folder and (
        folder.is_within(source) or _reached(ends, ends.path, ends.target.path)
    ):
        raise UsageError(
            "the target is the source itself, or a folder in it",
            hint="copy to a folder outside",
        )
    if _is_onto_itself(ends):
        raise UsageError("source and target are the same file", hint=hint)


def _is_onto_itself(ends: Ends) -> bool:
    """Whether a file would go to where it lies."""
    if ends.entry.is_folder or not ends.one_tree:
        return False
    source, folder = _really(ends)
    insensitive = ends.goal.features.case_insensitive
    goal = folder / ends.source.path.name
    return folded(goal, case_insensitive=insensitive) == folded(
        source, case_insensitive=insensitive
    )


def check_disjoint(ends: Ends) -> None:
    """Refuse to make a folder like one that lies in it: that one would be removed.

    Raises:
        UsageError: the source lies in the target, or the other way round.
    """
    check_apart(ends)
    if not ends.one_tree:
        return
    insensitive = ends.goal.features.case_insensitive
    source, target = (
        folded(path, case_insensitive=insensitive) for path in _really(ends)
    )
    if (
        source.is_within(target)
        or target.is_within(source)
        or _reached(ends, ends.target.path, ends.path)
    ):
        raise UsageError(
            "one of the two folders lies in the other",
            hint="name folders that have nothing to do with each other",
        )


def _really(ends: Ends) -> tuple[VPath, VPath]:
    """Return source and target by their true paths: links on the way hide what is one."""
    paths = ends.path, ends.target.path
    if ends.goal.name != LOCAL:
        return paths
    source, target = (VPath.parse(os.path.realpath(str(path))) for path in paths)
    return source, target


def _reached(ends: Ends, folder: VPath, path: VPath) -> bool:
    """Whether the way to a path of the disk leads through a folder, by whatever name.

    A folder that is mounted a second time has two true paths.
    """
    if ends.goal.name != LOCAL:
        return False
    with contextlib.suppress(OSError):
        found = Path(str(folder)).stat()
        while not path.is_root and not os.path.lexists(str(path)):
            path = path.parent
        return identity(found) in way_to(path)
    return False
