"""What many folders hold, told with next to nothing for each file."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol, runtime_checkable

import msgspec

from acd_tui.vfs.path import VPath


class Survey(msgspec.Struct, frozen=True):
    """What a folder holds, as `list` would tell it.

    Attributes:
        files: name, size and MD5 (16 bytes) of each file of which both are known. No two
            are one to the filesystem, nor is one of them a folder; all can be named so.
        folders: the names of its folders.
        rest: whether it holds anything else: links, devices, files not known so well.
        stamp: another one whenever the folder holds anything else, and perhaps more
            often; None where that cannot be told.
    """

    files: AbstractSet[tuple[str, int, bytes]]
    folders: Sequence[str]
    rest: bool
    stamp: bytes | None = None


@runtime_checkable
class Surveying(Protocol):
    """A filesystem that knows what whole folders hold, or finds it out in no time."""

    async def survey(self, folders: Sequence[VPath]) -> Sequence[Survey | None]:
        """Say what each of some folders holds; nothing is read or asked for that.

        None where that does not tell it all, whatever the reason: `list` will.
        """
        ...


@runtime_checkable
class Stamping(Surveying, Protocol):
    """One that can tell at an even lower price that a folder is what it was."""

    async def stamps(self, folders: Sequence[VPath]) -> Sequence[bytes | None]:
        """Return what `Survey.stamp` would be of each of some folders."""
        ...


class Seal(msgspec.Struct, frozen=True):
    """Something to be said of a folder for as long as it holds what it held.

    Attributes:
        stamp: of its survey, which is what is spoken of.
        text: what is said.
    """

    folder: VPath
    stamp: bytes
    text: bytes


@runtime_checkable
class Sealing(Surveying, Protocol):
    """One whose folders can be sealed: any change of what a folder holds breaks it."""

    async def seal(self, seals: Sequence[Seal]) -> None:
        """Seal folders, except those that may have another stamp by now."""
        ...

    async def seals(self, folders: Sequence[VPath]) -> Sequence[bytes | None]:
        """Return the text of each folder's seal; None if it has none, or no more."""
        ...
