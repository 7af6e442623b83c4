"""Shown names to names on the disk and back.

Control characters are shown as pictures, as those of the drive are, so that a name is
the same on both sides and comes back from the drive as it went up.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from acd_tui.vfs.names import Codec, parse_mask

LONGEST = 255
"""Bytes of a name: NAME_MAX of every disk one is likely to meet."""

_CODEC = Codec(parse_mask("Ctl,Del"))
_SPECIAL = re.compile(f"[{''.join(map(re.escape, sorted(_CODEC.special)))}]")
_NUL_PICTURE = "\u2400"


def shown(name: str) -> str:
    """Return what is shown for a name on the disk."""
    if not _SPECIAL.search(name):
        return name
    # No disk can have a NUL: its picture stands for one there, to rclone too.
    return _CODEC.encode(name.replace(_NUL_PICTURE, "\0"))


def are_plain(names: Iterable[str]) -> bool:
    """Whether all those names are the same on the disk as they are shown."""
    return _SPECIAL.search("".join(names)) is None


def are_short(names: Iterable[str]) -> bool:
    """Whether none of those names on the disk is too long for another one."""
    return all(
        len(name) <= LONGEST // 4 or len(os.fsencode(name)) <= LONGEST for name in names
    )


def path_on_disk(names: Sequence[str]) -> str:
    """Return the path of shown names as the operating system takes it."""
    path = f"/{'/'.join(names)}"
    if not _SPECIAL.search(path):  # as mostly: then no name has to be looked at
        return path
    return f"/{'/'.join(map(on_disk, names))}"


def on_disk(name: str) -> str:
    """Return the name on the disk for a shown one."""
    if not _SPECIAL.search(name):
        return name
    return _CODEC.decode(name).replace("\0", _NUL_PICTURE)


def problem_of(name: str) -> str | None:
    """Say why nothing on the disk can have a shown name; None if something can."""
    try:
        length = len(os.fsencode(on_disk(name)))
    except UnicodeEncodeError as error:  # a locale without UTF-8
        return f"its name has characters that {error.encoding} lacks"
    if length <= LONGEST:
        return None
    return f"its name takes {length} bytes, and the disk takes {LONGEST}"
