"""Many files as one zip file, made while it is sent."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

_PIECE = 1024 * 1024
_LARGE = 2**31


class Member(NamedTuple):
    """A file to be packed.

    Attributes:
        name: as it shall have in there.
        open: the content; a FileNotFoundError if it is gone.
        size: in bytes.
        modified: seconds since 1970.
    """

    name: str
    open: Callable[[], BinaryIO]
    size: int
    modified: tuple[int, int, int, int, int, int]


class _Pipe:
    """What is written can be taken out again."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: whoever reads takes it."""

    def close(self) -> None:
        """Do nothing, likewise."""

    def taken(self) -> bytes:
        data = bytes(self._written)
        self._written.clear()
        return data


def packed(members: Iterable[Member]) -> Iterator[bytes]:
    """The pieces of a zip file. Blocks; pictures do not get smaller, so they stay as they are."""
    pipe = _Pipe()
    names: set[str] = set()
    with zipfile.ZipFile(pipe, "w") as archive:
        for member in members:
            try:
                file = member.open()
            except FileNotFoundError:
                continue  # purged or overwritten meanwhile
            with file:
                yield from _member(archive, pipe, file, _entry(member, names))
    yield pipe.taken()


def _member(
    archive: zipfile.ZipFile, pipe: _Pipe, file: BinaryIO, entry: zipfile.ZipInfo
) -> Iterator[bytes]:
    large = entry.file_size >= _LARGE
    with archive.open(entry, "w", force_zip64=large) as packing:
        while piece := file.read(_PIECE):
            packing.write(piece)
            yield pipe.taken()


def _entry(member: Member, names: set[str]) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(_free(member.name, names), member.modified)
    entry.file_size = member.size
    return entry


def _free(name: str, names: set[str]) -> str:
    """A name that no other file in there has, and that leads nowhere when unpacked."""
    name = name.replace("\\", "_").replace("\0", "_")
    if name in {"", ".", ".."}:
        name = "_"
    stem, dot, end = name.rpartition(".")
    if not stem:
        stem, dot, end = name, "", ""
    free, number = name, 0
    while free.lower() in names:
        number += 1
        free = f"{stem} ({number}){dot}{end}"
    names.add(free.lower())
    return free
