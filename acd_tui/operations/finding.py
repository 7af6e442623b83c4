"""Finding files of one content in drives and in local folders."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from acd_tui.errors import AcdError, Denied
from acd_tui.operations.duplicates import Copy, Group, groups_of
from acd_tui.vfs.capabilities import Catalogued, OnDisk
from acd_tui.vfs.entry import Kind
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.hashing import Located, in_batches, known_md5s
from acd_tui.vfs.walking import Walked, walk

if TYPE_CHECKING:
    from acd_tui.vfs.path import VPath

_AT_A_TIME = 8
_MOST_BYTES = 64 << 20  # read between two looks at how far it is


class Finder:
    """Looks for files of one content.

    Args:
        problem: is told what could not be looked into.

    Attributes:
        missed: how many files and folders that were.
        files_found: how many local files there are, so far.
        to_read: bytes of those whose MD5 is asked for.
        have_read: bytes of those whose MD5 is known by now.
    """

    def __init__(self, problem: Callable[[str], None] = lambda _: None) -> None:
        self._problem = problem
        self.missed = 0
        self.files_found = 0
        self.to_read = self.have_read = 0

    async def groups(self, places: Sequence[tuple[FileSystem, VPath]]) -> list[Group]:
        """Return the files of one content in and across some folders.

        Drives tell their MD5s; local files are read, if they were not before.
        """
        found: list[Copy] = []
        drives: list[tuple[int, Catalogued, FileSystem, VPath]] = []
        for number, (fs, path) in enumerate(places):
            if isinstance(fs, Catalogued):
                drives.append((number, fs, fs, path))
            else:
                found += await self.files(fs, path, number)
        if not drives:
            # Nothing has the content of a file whose size nothing else has.
            sizes = Counter(copy.entry.size for copy in found)
            found = [copy for copy in found if sizes[copy.entry.size] > 1]
        found = await self.hashed(found)
        elsewhere = {copy.entry.md5 for copy in found if copy.entry.md5}
        contents = {
            number: await catalogue.contents(path) if len(drives) > 1 else ()
            for number, catalogue, _, path in drives
        }
        for number, catalogue, fs, path in drives:
            others = (contents[other] for other in contents if other != number)
            hits = [
                *await catalogue.copies(path),
                *await catalogue.copies(path, elsewhere.union(*others)),
            ]
            found += (
                Copy(
                    fs=fs,
                    path=hit.folder / hit.entry.name,
                    entry=hit.entry,
                    place=number,
                )
                for hit in hits
            )
        return groups_of(await asyncio.to_thread(_each_once, found))

    async def safe(
        self,
        places: Sequence[tuple[FileSystem, VPath]],
        drive: FileSystem,
        folder: VPath,
    ) -> list[Group]:
        """Return local files that are in a drive, too.

        Args:
            places: local folders.
            drive: where they are looked for, by what is known of it.
            folder: of the drive.

        Returns:
            For each the one in the drive and the local one, in the order of the latter.

        Raises:
            Denied: the drive does not know the contents of its files.
        """
        if not isinstance(drive, Catalogued):
            raise Denied(f"{drive.name} is no drive")
        files: list[Copy] = []
        for number, (fs, path) in enumerate(places):
            files += await self.files(fs, path, number + 1)
        files = await self.hashed(files)
        md5s = {copy.entry.md5 for copy in files if copy.entry.md5}
        up_there = {
            (hit.entry.md5, hit.entry.size): Copy(
                fs=drive,
                path=hit.folder / hit.entry.name,
                entry=hit.entry,
                place=0,
            )
            for hit in await drive.copies(folder, md5s)
        }
        found = []
        for copy in files:
            there = up_there.get((copy.entry.md5, copy.entry.size))
            if there is not None and copy.entry.md5 and copy.entry.size:
                found.append(Group(copy.entry.md5, copy.entry.size, (there, copy)))
        return found

    async def files(self, fs: FileSystem, path: VPath, place: int = 0) -> list[Copy]:
        """Return all files below a folder but empty ones, and those in a trash in it.

        What lies there is on its way out: it is neither what is kept of some files, nor
        does trashing it once more free anything.
        """
        found = []

        def into(folder: Walked) -> bool:
            return not (isinstance(fs, OnDisk) and fs.is_trash(folder.path))

        listings = walk(fs, path, depth=None, problem=self._missing, into=into)
        async for folder in listings:
            copies = [
                Copy(fs=fs, path=each.path, entry=each.entry, place=place)
                for each in folder
                if each.entry.kind is Kind.FILE and each.entry.size
            ]
            self.files_found += len(copies)
            found += copies
        return found

    async def hashed(self, copies: Sequence[Copy]) -> list[Copy]:
        """Return files with their MD5s; those that cannot be read are told of."""
        known: list[Copy] = []
        rest = iter(copies)
        self.to_read += sum(copy.entry.size or 0 for copy in copies)
        files = (Located(copy.fs, copy.path, copy.entry) for copy in copies)
        batches = in_batches(files, lambda file: file.entry.size, most=_MOST_BYTES)
        for batch in batches:
            for md5 in await known_md5s(batch, at_a_time=_AT_A_TIME):
                copy = next(rest)
                self.have_read += copy.entry.size or 0
                if isinstance(md5, AcdError):
                    self._missing(md5.message)
                else:
                    known.append(replace(copy, entry=replace(copy.entry, md5=md5)))
        return known

    def _missing(self, text: str) -> None:
        self.missed += 1
        self._problem(text)


def _each_once(copies: Iterable[Copy]) -> list[Copy]:
    """Return each file once: places may lie in each other, and links lead to one file.

    Of several names for one file the first is taken; trashing one of the others would
    free nothing, or take away the very file that is kept.
    """
    found: dict[object, Copy] = {}
    for copy in sorted(copies, key=lambda copy: copy.order):
        found.setdefault(_identity(copy), copy)
    return list(found.values())


def _identity(copy: Copy) -> object:
    if isinstance(copy.fs, OnDisk):
        try:
            status = Path(copy.fs.disk_path(copy.path)).lstat()
        except OSError:
            return copy  # it is gone, which is found out before anything is done
        return status.st_dev, status.st_ino
    return copy.entry.id or (copy.filesystem, copy.path)
