"""What folders of the disk hold, with the MD5s that are known, at the price of a look.

For trees that were copied before, of which little or nothing has changed: all that is
done for each file counts there.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from acd_tui.local import names, partial
from acd_tui.local.hashes import HashCache
from acd_tui.local.small_files import FACTS_SIZE, facts
from acd_tui.vfs.path import VPath
from acd_tui.vfs.survey import Survey

_MOST = 20_000  # in one folder; larger ones are listed in pieces

_FORMAT = 0o170000  # of a mode: which bits say what it is of (stat.S_IFMT)


_ODD, _FOLDER = 0, 1

_File = tuple[str, int, int, bytes]  # name, inode, size, `small_files.facts`


class _Look(NamedTuple):
    """A folder as it was seen.

    Attributes:
        device: its.
        names: of all it holds.
        facts: inode, size, mtime, ctime, device and links of each file; `_FOLDER` or
            `_ODD` of all else.
    """

    device: int
    names: list[str]
    facts: list[int | tuple[int, int, int, int, int, int]]


@dataclass(slots=True)
class _Folder:
    """What a look says."""

    device: int
    files: list[_File] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    rest: bool = False
    stamp: bytes | None = None


def survey(paths: Sequence[VPath], hashes: HashCache) -> list[Survey | None]:
    """Return what each of some folders holds; see `Surveying.survey`. Blocks."""
    seen = [_seen(partial.real(path)) for path in paths]
    by_device: dict[int, list[int]] = {}
    for folder in seen:
        if folder is not None:
            inodes = (inode for _, inode, _, _ in folder.files)
            by_device.setdefault(folder.device, []).extend(inodes)
    known = {device: hashes.known(device, many) for device, many in by_device.items()}
    return [
        None if folder is None else _survey(folder, known[folder.device])
        for folder in seen
    ]


def stamps(paths: Sequence[VPath]) -> list[bytes | None]:
    """Return what shows that folders have not changed; see `Stamping.stamps`. Blocks."""
    looks = (_looked_at(partial.real(path)) for path in paths)
    return [None if look is None else _stamp(look) for look in looks]


def _stamp(look: _Look) -> bytes | None:
    """Return what is another one wherever a name or a fact of a file is.

    It is the same only if the names are, too, come in the same order.
    """
    if _ODD in look.facts:
        return None
    try:
        told = msgspec.msgpack.encode(look)
    except (OverflowError, UnicodeEncodeError):
        return None
    return hashlib.blake2b(told, digest_size=32).digest()


def _seen(path: str) -> _Folder | None:
    """Look at a folder; None where anything is out of the ordinary."""
    look = _looked_at(path)
    if look is None or not (
        names.are_plain(look.names) and names.are_short(look.names)
    ):
        return None
    if any(map(partial.NAME.fullmatch, look.names)):
        return None
    folder = _Folder(look.device)
    for name, seen in zip(look.names, look.facts, strict=True):
        if isinstance(seen, tuple):
            inode, size, mtime, ctime, device, links = seen
            if device == look.device:
                its = facts(name, links, size=size, mtime=mtime, ctime=ctime)
                folder.files.append((name, inode, size, its))
                continue
        elif seen == _FOLDER:
            folder.folders.append(name)
            continue
        folder.rest = True
    folder.stamp = _stamp(look)
    return folder


def _looked_at(path: str) -> _Look | None:
    """Look at a folder; None if it is too large, or cannot be looked at."""
    try:
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode):
            return None
        with os.scandir(path) as found:
            items = list(itertools.islice(found, _MOST + 1))
        seen = [item.stat(follow_symlinks=False) for item in items]
    except (OSError, ValueError):
        return None
    if len(items) > _MOST:
        return None
    facts = [
        (it.st_ino, it.st_size, it.st_mtime_ns, it.st_ctime_ns, it.st_dev, it.st_nlink)
        if it.st_mode & _FORMAT == stat.S_IFREG
        else (_FOLDER if it.st_mode & _FORMAT == stat.S_IFDIR else _ODD)
        for it in seen
    ]
    return _Look(status.st_dev, [item.name for item in items], facts)


def _survey(folder: _Folder, known: Mapping[int, bytes]) -> Survey | None:
    files = {
        (name, size, told[FACTS_SIZE:])
        for name, inode, size, its in folder.files
        if (told := known.get(inode)) is not None and its and told.startswith(its)
    }
    rest = folder.rest or len(files) < len(folder.files)
    return Survey(files, folder.folders, rest, folder.stamp)
