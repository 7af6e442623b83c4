"""Whether two files are the same, and whether a copy is what was to be copied."""

from __future__ import annotations

import hashlib

from acd_tui.errors import Corrupt
from acd_tui.printable import printable
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.hashing import Located


def same_size(ours: Entry, theirs: Entry) -> bool:
    """Whether both are files of one size."""
    return (
        ours.kind is theirs.kind is Kind.FILE
        and ours.size is not None
        and ours.size == theirs.size
    )


def known_same(ours: Entry, theirs: Entry) -> bool:
    """Whether both are files of which one MD5 is known."""
    return same_size(ours, theirs) and ours.md5 is not None and ours.md5 == theirs.md5


def same_entry(one: Entry, other: Entry) -> bool:
    """Whether a file has not changed, as far as both entries can tell.

    An MD5 or id that only one of them has says nothing: a disk learns MD5s as it reads.
    """
    pairs = ((one.md5, other.md5), (one.id, other.id))
    return (one.size, one.modified_ns) == (other.size, other.modified_ns) and all(
        None in pair or pair[0] == pair[1] for pair in pairs
    )


def agree(streamed: str, *entries: Entry) -> bool:
    """Whether nothing that is known of a file speaks against what was read of it."""
    return {entry.md5 for entry in entries} <= {None, streamed}


async def same_content(source: Located, target: Located) -> bool:
    """Whether both are files with the same bytes; False where that cannot be told."""
    ours, theirs = source.entry, target.entry
    if theirs.kind is not Kind.FILE or ours.size != theirs.size:
        return False
    expected = await source.known_md5()
    return expected is not None and expected == await target.known_md5()


async def taken_for_same(source: Located, target: Located, *, size_only: bool) -> bool:
    """Whether both are files with the same bytes, or as many if that will do."""
    if size_only:
        return same_size(source.entry, target.entry)
    return await same_content(source, target)


async def verify(source: Located, target: Located, streamed: str | None) -> None:
    """Make sure that the target holds what the source held.

    Args:
        source: as it was when its bytes began to move.
        target: as its filesystem says it is now.
        streamed: the MD5 of what was read, if it was read whole.

    Raises:
        Corrupt: it does not.
    """
    shown = printable(str(target.path))
    ours, theirs = source.entry, target.entry
    if theirs.kind is not Kind.FILE:
        raise Corrupt(f"{shown} was stored, but is no file now")
    if None not in {ours.size, theirs.size} and ours.size != theirs.size:
        raise Corrupt(f"{shown} has {theirs.size} bytes instead of {ours.size}")
    expected = ours.md5 or streamed or await source.known_md5() or await _read(source)
    arrived = await target.known_md5() or await _read(target)
    if expected != arrived:
        raise Corrupt(f"the MD5 of {shown} is not that of what was sent")


async def _read(file: Located) -> str:
    """Return the MD5 of a file nobody knows the MD5 of."""
    hasher = hashlib.md5(usedforsecurity=False)
    content = await file.filesystem.read(file.path)
    async with content.open() as pieces:
        async for piece in pieces:
            hasher.update(piece)
    return hasher.hexdigest()
