"""Remembers of whole folders that all they hold is at the target already.

Where one side is a disk and the other one a drive, what was found out once is noted on
the drive's folder, as a seal that breaks when anything in there changes, together with
a stamp of the disk's folder, which would be another one then. While both are what they
were, so is what was found out, and nothing is looked at but the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import msgspec

from acd_tui import __version__
from acd_tui.transfers.planner import FoundFolder, Terms
from acd_tui.vfs.path import VPath
from acd_tui.vfs.survey import Seal, Sealing, Stamping, Survey, Surveying


class Alike(msgspec.Struct, frozen=True):
    """A folder whose files are all there already.

    Attributes:
        files: how many there are.
        size: their bytes.
        folders: the names of its folders.
    """

    files: int
    size: int
    folders: Sequence[str]


class _Text(msgspec.Struct, frozen=True, array_like=True):
    """What a seal says: that this was found, on these terms, of a folder so stamped."""

    terms: str
    stamp: bytes
    alike: Alike


class Seals:
    """The seals of one side's folders, about the other side's."""

    def __init__(
        self, disk: Stamping, drive: Sealing, terms: Terms, *, upwards: bool
    ) -> None:
        """Take the sides of a copy.

        Args:
            disk: has folders with stamps.
            drive: has folders that can be sealed.
            terms: of the target.
            upwards: whether that is the drive.
        """
        self._disk, self._drive = disk, drive
        self._upwards = upwards
        # Whatever else decides; another version may decide otherwise.
        self._terms = repr(
            (
                __version__,
                upwards,
                terms.policy.value,
                terms.case_insensitive,
                terms.doubtful_size,
            )
        )

    @classmethod
    def between(cls, source: Surveying, target: Surveying, terms: Terms) -> Self | None:
        """Return those of a copy; None where nothing can be sealed."""
        if isinstance(source, Stamping) and isinstance(target, Sealing):
            return cls(source, target, terms, upwards=True)
        if isinstance(source, Sealing) and isinstance(target, Stamping):
            return cls(target, source, terms, upwards=False)
        return None

    async def read(self, folders: Sequence[FoundFolder]) -> dict[VPath, Alike]:
        """Return by source what was found of folders neither of which has changed."""
        texts = await self._drive.seals([self._sealed(folder) for folder in folders])
        said = [
            (folder, text)
            for folder, data in zip(folders, texts, strict=True)
            if (text := _read(data)) and text.terms == self._terms
        ]
        if not said:
            return {}
        stamps = await self._disk.stamps([self._stamped(folder) for folder, _ in said])
        return {
            folder.source: text.alike
            for (folder, text), stamp in zip(said, stamps, strict=True)
            if stamp == text.stamp
        }

    async def write(
        self, found: Iterable[tuple[FoundFolder, Survey, Survey, Alike]]
    ) -> None:
        """Seal folders.

        Args:
            found: each with the surveys of the source and of the target, and what was
                found of them.
        """
        seals = []
        for folder, ours, theirs, alike in found:
            disk, drive = (ours, theirs) if self._upwards else (theirs, ours)
            if disk.stamp is not None and drive.stamp is not None:
                text = msgspec.msgpack.encode(_Text(self._terms, disk.stamp, alike))
                seals.append(Seal(self._sealed(folder), drive.stamp, text))
        if seals:
            await self._drive.seal(seals)

    def _sealed(self, folder: FoundFolder) -> VPath:
        return folder.target if self._upwards else folder.source

    def _stamped(self, folder: FoundFolder) -> VPath:
        return folder.source if self._upwards else folder.target


def _read(data: bytes | None) -> _Text | None:
    if data is None:
        return None
    try:
        return msgspec.msgpack.decode(data, type=_Text)
    except msgspec.DecodeError:
        return None
