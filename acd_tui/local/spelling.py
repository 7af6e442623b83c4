"""Names that a disk takes for one although they are spelt differently.

Those of a Mac take `A` for `a`, and both forms of `é` for one; FAT does the former.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator

from acd_tui.errors import Denied
from acd_tui.local.names import on_disk, shown
from acd_tui.printable import printable
from acd_tui.vfs.path import VPath


def check_spelling(path: VPath, folder: str, status: os.stat_result) -> None:
    """Make sure that something goes by the very name of a path, not by one like it.

    Args:
        path: which.
        folder: the one it lies in, as the operating system takes it.
        status: of what the path leads to.

    Raises:
        Denied: it is called something else. An `Exists` would say that it came just
            now, and would be tried again.
        OSError: the folder cannot be read.
    """
    really = other_spelling(path, folder, status)
    if really is None:
        return
    raise Denied(
        f"{printable(str(path))} is not replaced: the disk takes that name for"
        f" {printable(really or 'another spelling of it')}, which is there",
        hint="rename one of them, or keep both (--conflict rename)",
    )


def other_spelling(path: VPath, folder: str, status: os.stat_result) -> str | None:
    """Return what something is called whose name is not that of the path to it.

    The folder is only read where the disk takes another spelling for that name; else
    it costs a look or two.

    Args:
        path: which.
        folder: the one it lies in, as the operating system takes it.
        status: of what the path leads to.

    Returns:
        None if that is its name; empty if it went meanwhile.

    Raises:
        OSError: the folder cannot be read.
    """
    name = on_disk(path.name)
    others = (f"{folder}/{other}" for other in _spellings(name))
    if not any(_leads_to(other, status) for other in others):
        return None
    really = ""
    with os.scandir(folder) as items:
        for item in items:
            if item.name == name:
                return None
            if item.inode() == status.st_ino:
                really = shown(item.name)
    return really


def _spellings(name: str) -> Iterator[str]:
    """Yield other spellings; a disk that takes none of them for that name has no more."""
    # Of ASCII letters alone if there are any: disks differ in what they know of others.
    swapped = "".join(c.swapcase() if c.isascii() else c for c in name)
    if swapped == name:
        swapped = name.swapcase()
    others = {swapped}
    if not name.isascii():
        others |= {
            unicodedata.normalize("NFC", name),
            unicodedata.normalize("NFD", name),
        }
    yield from others - {name}


def _leads_to(place: str, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(status, os.lstat(place))
    except (OSError, ValueError):
        return False
