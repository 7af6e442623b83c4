"""The event that says what a listing may have to be read again for."""

from __future__ import annotations

import msgspec

from acd_tui.vfs.path import VPath


class FoldersChanged(msgspec.Struct, frozen=True):
    """The content of folders changed, by us or by others.

    Attributes:
        filesystem: its name.
        folders: which; None for possibly any.
    """

    filesystem: str
    folders: frozenset[VPath] | None
