"""The event that says what a listing may have to be read again for."""

from __future__ import annotations

from dataclasses import dataclass

from acd_tui.vfs.path import VPath


@dataclass(frozen=True, slots=True)
class FoldersChanged:
    """The content of folders changed, by us or by others.

    Attributes:
        filesystem: its name.
        folders: which; None for possibly any.
    """

    filesystem: str
    folders: frozenset[VPath] | None
