"""Symbolic links as what they lead to, unless that is where one comes from."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from acd_tui.errors import Denied
from acd_tui.local.looking import Looked
from acd_tui.local.partial import kind_of, real
from acd_tui.vfs.entry import Kind
from acd_tui.vfs.path import VPath

Identity = tuple[int, int]


def status_behind(path: str) -> os.stat_result:
    """Return the status of what a path leads to; of the link if it leads nowhere."""
    try:
        return os.stat(path)  # noqa: PTH116 - names may be no UTF-8
    except OSError:
        return os.lstat(path)


def _followed(path: str, way: frozenset[Identity]) -> tuple[Kind, os.stat_result]:
    """Return what a link leads to, if that can be followed."""
    status = status_behind(path)
    if stat.S_ISLNK(status.st_mode):
        return Kind.LOST_LINK, status
    if identity(status) in way:
        return Kind.BACK_LINK, os.lstat(path)
    return kind_of(status.st_mode), status


def identity(status: os.stat_result) -> Identity:
    """Return what tells a folder apart from all others, by whatever name."""
    return status.st_dev, status.st_ino


def refuse_links(folder: VPath, *, below: VPath) -> None:
    """Make sure that no link has come into the way to a folder since it was made.

    Raises:
        Denied: one has, somewhere below that folder.
    """
    while folder != below and folder.is_within(below):
        if os.path.islink(real(folder)):  # noqa: PTH114 - names may be no UTF-8
            raise Denied(
                f"a symbolic link has taken the place of the folder {folder}",
                hint="see where it leads; to copy there, name that folder",
            )
        folder = folder.parent


def way_to(path: VPath) -> frozenset[Identity]:
    """Return a folder and all above it, by the way one came: through links, perhaps.

    A link that leads to one of them would be followed for ever.
    """
    found = set()
    for folder in (path, *path.parents):
        found.add(identity(os.stat(real(folder))))  # noqa: PTH116 - as above
    return frozenset(found)


def through_links(path: VPath, found: Sequence[Looked]) -> list[Looked]:
    """Put in the place of links what they lead to, if not back to where they are."""
    way = way_to(path)
    folder = real(path)
    seen: list[Looked] = []
    for name, kind, status in found:
        if kind is Kind.LINK:
            kind, status = _followed(os.path.join(folder, name), way)  # noqa: PLW2901, PTH118
        seen.append((name, kind, status))
    return seen
