"""The MD5s of files, where they can be had without reading over a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from acd_tui.errors import AcdError
from acd_tui.vfs.capabilities import Hashing
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

T = TypeVar("T")

_MOST_FILES = 1000
_MOST_BYTES = 1 << 30


class Located(msgspec.Struct, frozen=True):
    """An entry and where it is."""

    filesystem: FileSystem
    path: VPath
    entry: Entry

    async def known_md5(self) -> str | None:
        """Return the MD5 where it can be had without reading over a network."""
        if self.entry.md5 is not None or self.entry.kind is not Kind.FILE:
            return self.entry.md5
        if isinstance(self.filesystem, Hashing):
            return await self.filesystem.md5(self.path)
        return None


async def known_md5s(
    files: Sequence[Located], *, at_a_time: int
) -> list[str | AcdError | None]:
    """`Located.known_md5` of many files of one filesystem, or what it raises."""
    known: list[str | AcdError | None] = [file.entry.md5 for file in files]
    unknown = [
        number
        for number, file in enumerate(files)
        if file.entry.md5 is None and file.entry.kind is Kind.FILE
    ]
    if unknown and isinstance(filesystem := files[0].filesystem, Hashing):
        paths = [files[number].path for number in unknown]
        found = await filesystem.md5s(paths, at_a_time=at_a_time)
        for number, md5 in zip(unknown, found, strict=True):
            known[number] = md5
    return known


def in_batches(
    files: Iterable[T], size: Callable[[T], int | None], *, most: int = _MOST_BYTES
) -> Iterator[list[T]]:
    """Split files into as many as are read at once before anything is told of them.

    Args:
        files: of one filesystem.
        size: of a file, in bytes.
        most: bytes from which on it is enough.
    """
    batch: list[T] = []
    total = 0
    for file in files:
        batch.append(file)
        total += size(file) or 0
        if len(batch) >= _MOST_FILES or total >= most:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
