"""How much folders hold, found out by looking into all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from acd_tui.errors import AcdError
from acd_tui.vfs.capabilities import Weighing
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.usage import Asked, Usage, Usages, usages_of
from acd_tui.vfs.walking import walk

_LOT = 64  # folders that are looked into between two looks at how far it is


@dataclass(slots=True)
class Held:
    """What a folder holds, at any depth.

    Attributes:
        above: the folder it is in, as far as it belongs to what is added up.
    """

    path: VPath
    size: int = 0
    files: int = 0
    folders: int = 0
    above: Held | None = field(default=None, repr=False, compare=False)

    def add(self, size: int, files: int, folders: int) -> None:
        self.size += size
        self.files += files
        self.folders += folders


class Scan:
    """Adds up what lies in a folder and in each below; a `vfs.filesystem.Sized`.

    Args:
        filesystem: where.
        root: the folder.

    Attributes:
        whole: what was found so far, in any folder; may be looked at meanwhile.
        at: the folder that was looked into last.
        missed: how many folders could not be looked into.
    """

    def __init__(self, filesystem: FileSystem, root: VPath) -> None:
        self.root = self.at = root
        self.whole = Held(root)
        self.missed = 0
        self._filesystem = filesystem
        self._held = {root: self.whole}

    @property
    def held(self) -> Sequence[Held]:
        """All folders, each after the one it is in."""
        return tuple(self._held.values())

    async def run(self, problem: Callable[[str], None] = lambda _: None) -> None:
        """Look into everything.

        Args:
            problem: is told what could not be looked into.

        Raises:
            FolderNotFound: there is nothing at the root.
            AcdError: as listing a folder does.
        """

        def missed(text: str) -> None:
            self.missed += 1
            problem(text)

        if isinstance(self._filesystem, Weighing):
            await self._weigh(self._filesystem, missed)
        else:
            await self._walk(missed)

    async def _weigh(self, filesystem: Weighing, missed: Callable[[str], None]) -> None:
        """Look into many folders at a time."""
        waiting = [self.root]
        while waiting:
            lot, waiting = waiting[-_LOT:], waiting[:-_LOT]
            for folder, weight in zip(lot, await filesystem.weigh(lot), strict=True):
                if isinstance(weight, AcdError):
                    if folder == self.root:
                        raise weight
                    missed(weight.message)
                    continue
                inside = [folder / name for name in weight.folders]
                held = self._held[folder]
                self._held |= {path: Held(path, above=held) for path in inside}
                self._add(held, weight.size, weight.files, len(inside))
                waiting += inside

    async def _walk(self, missed: Callable[[str], None]) -> None:
        walked = walk(self._filesystem, self.root, depth=None, problem=missed)
        async for found in walked:
            folders = [each for each in found if each.entry.is_folder]
            held = self._held.get(found[0].path.parent) if found else None
            if held is None:
                continue  # an empty folder, or the root is a file
            for each in folders:
                self._held[each.path] = Held(each.path, above=held)
            size = sum(each.entry.size or 0 for each in found)
            self._add(held, size, len(found) - len(folders), len(folders))

    async def usage(self, path: VPath, asked: Asked) -> Usages:
        """Say how much the children of a folder take, as far as that is known."""
        found = []
        for entry in await self._filesystem.list(path):
            held = Held(path, entry.size or 0, 1)
            if entry.is_folder:
                held = self._held.get(path / entry.name) or Held(path)
            found.append(
                Usage(
                    entry=entry, size=held.size, files=held.files, folders=held.folders
                )
            )
        return await asyncio.to_thread(usages_of, found, asked)

    def forget(self, path: VPath, size: int) -> None:
        """Take away what is not there any more.

        Args:
            path: of a file or a folder.
            size: of the file.
        """
        gone = self._held.pop(path, None)
        if gone is None:
            self._add(self._held.get(path.parent), -size, -1, 0)
        else:
            self._add(gone.above, -gone.size, -gone.files, -gone.folders - 1)

    def _add(self, held: Held | None, size: int, files: int, folders: int) -> None:
        """Add to a folder and to all that it is in."""
        self.at = self.root if held is None else held.path
        while held is not None:
            held.add(size, files, folders)
            held = held.above
