"""Takes out of what was found in a folder what the target has already.

Little is done for that, and nothing asked over a network: whatever takes more is a
worker's to find out. But a transfer for each costs a hundred times more than to read a
small file of which the MD5 is not known, as of all of them where the cache was lost.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from acd_tui.errors import AcdError
from acd_tui.transfers.model import CopyOptions
from acd_tui.transfers.planner import Found, FoundFile
from acd_tui.transfers.verify import known_same, same_size
from acd_tui.vfs.capabilities import Hashing
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

_SMALL = 256 * 1024
_MOST_BYTES = 32 * 1024 * 1024  # read of one piece of a folder, on each side
_SIDE_BY_SIDE = 8


async def settle(
    found: Found,
    entries: Sequence[Entry],
    there: Mapping[str, Entry],
    *,
    sides: tuple[FileSystem, FileSystem],
    options: CopyOptions,
) -> None:
    """Take out the files that are there with the same content.

    Args:
        found: in a folder, or in a piece of it.
        entries: of which it was found.
        there: the files of the target by name.
        sides: source and target.
        options: of the copy.
    """
    ours = {entry.name: entry for entry in entries}
    if not options.size_only:
        pairs = _doubtful(found.files, ours, there)
        mine = {f.source: ours[f.source.name] for f in pairs}
        theirs = {f.target: there[f.target.name] for f in pairs}
        ours |= await _learned(sides[0], mine)
        there = {**there, **await _learned(sides[1], theirs)}
    await asyncio.to_thread(_set_apart, found, ours, there, size_only=options.size_only)


def _doubtful(
    files: Sequence[FoundFile], ours: Mapping[str, Entry], there: Mapping[str, Entry]
) -> list[FoundFile]:
    """Return the small files of the same size that one reading would tell about."""
    some: list[FoundFile] = []
    left = _MOST_BYTES
    for file in files:
        one, other = ours[file.source.name], there.get(file.target.name)
        if (
            other is not None
            and None in {one.md5, other.md5}
            and file.size <= _SMALL
            and same_size(one, other)
        ):
            left -= file.size
            if left < 0:
                break
            some.append(file)
    return some


async def _learned(
    filesystem: FileSystem, entries: Mapping[VPath, Entry]
) -> dict[str, Entry]:
    """Return those of which the MD5 was not known and is now, by name."""
    unknown = [path for path, entry in entries.items() if entry.md5 is None]
    if not unknown or not isinstance(filesystem, Hashing):
        return {}
    found: Sequence[str | AcdError] = ()
    with contextlib.suppress(AcdError):
        found = await filesystem.md5s(unknown, at_a_time=_SIDE_BY_SIDE)
    return {
        path.name: replace(entries[path], md5=md5)
        for path, md5 in zip(unknown, found, strict=False)
        if isinstance(md5, str)
    }


def _set_apart(
    found: Found,
    ours: Mapping[str, Entry],
    theirs: Mapping[str, Entry],
    *,
    size_only: bool,
) -> None:
    alike = same_size if size_only else known_same
    files, found.files = found.files, []
    for file in files:
        there = theirs.get(file.target.name)
        same = there is not None and alike(ours[file.source.name], there)
        (found.same if same else found.files).append(file)
