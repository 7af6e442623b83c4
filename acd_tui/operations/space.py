"""How much folders hold, found out by looking into all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acd_tui.vfs.entry import Usage
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.walking import walk


@dataclass(slots=True)
class Held:
    """What a folder holds, at any depth."""

    path: VPath
    size: int = 0
    files: int = 0
    folders: int = 0

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

        walked = walk(self._filesystem, self.root, depth=None, problem=missed)
        async for found in walked:
            folders = [each for each in found if each.entry.is_folder]
            for each in folders:
                self._held[each.path] = Held(each.path)
            if found:
                size = sum(each.entry.size or 0 for each in found)
                files = len(found) - len(folders)
                self._add(found[0].path.parent, size, files, len(folders))

    async def usage(self, path: VPath) -> Sequence[Usage]:
        """Say how much each child of a folder takes, as far as that is known."""
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
        return found

    def forget(self, path: VPath, size: int) -> None:
        """Take away what is not there any more.

        Args:
            path: of a file or a folder.
            size: of the file.
        """
        gone = self._held.get(path)
        if gone is None:
            self._add(path.parent, -size, -1, 0)
        else:
            self._add(path.parent, -gone.size, -gone.files, -gone.folders - 1)
            del self._held[path]

    def _add(self, folder: VPath, size: int, files: int, folders: int) -> None:
        """Add to a folder and to all that it is in."""
        self.at = folder
        for path in (folder, *folder.parents):
            if (held := self._held.get(path)) is not None:
                held.add(size, files, folders)
            if path == self.root:
                break
