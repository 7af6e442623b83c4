"""What folders of the disk hold, with the MD5s that are known, at the price of a look.

For trees that were copied before, of which little or nothing has changed: all that is
done for each file counts there.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from acd_tui.local import names, partial
from acd_tui.local.hashes import HashCache
from acd_tui.vfs.path import VPath
from acd_tui.vfs.survey import Survey

_MOST = 20_000  # in one folder; larger ones are listed in pieces

_FORMAT = 0o170000  # of a mode: which bits say what it is of (stat.S_IFMT)


@dataclass(slots=True)
class _Folder:
    """A folder as it was seen; the facts of each file are those the hash cache goes by."""

    device: int
    names: list[str] = field(default_factory=list)
    facts: list[tuple[int, int, int, int]] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    rest: bool = False


def survey(paths: Sequence[VPath], hashes: HashCache) -> list[Survey | None]:
    """Return what each of some folders holds; see `Surveying.survey`. Blocks."""
    seen = [_seen(partial.real(path)) for path in paths]
    by_device: dict[int, list[int]] = {}
    for folder in seen:
        if folder is not None:
            inodes = (inode for inode, *_ in folder.facts)
            by_device.setdefault(folder.device, []).extend(inodes)
    known = {device: hashes.known(device, many) for device, many in by_device.items()}
    return [
        None if folder is None else _survey(folder, known[folder.device])
        for folder in seen
    ]


def stamps(paths: Sequence[VPath]) -> list[bytes | None]:
    """Return what shows that folders have not changed; see `Stamping.stamps`. Blocks."""
    seen = (_looked_at(partial.real(path)) for path in paths)
    return [None if folder is None else _stamp(folder) for folder in seen]


def _stamp(folder: _Folder) -> bytes | None:
    """Return what is another one wherever a name or a fact of it is.

    It is the same only if the names are, too, come in the same order.
    """
    if folder.rest:
        return None
    whole = (folder.device, folder.names, folder.facts, folder.folders)
    try:
        told = msgspec.msgpack.encode(whole)
    except (OverflowError, UnicodeEncodeError):
        return None
    return hashlib.blake2b(told, digest_size=32).digest()


def _seen(path: str) -> _Folder | None:
    """Look at a folder; None where anything is out of the ordinary."""
    folder = _looked_at(path)
    if folder is None:
        return None
    found = folder.names + folder.folders
    if not (names.are_plain(found) and names.are_short(found)):
        return None
    return None if any(map(partial.NAME.fullmatch, found)) else folder


def _looked_at(path: str) -> _Folder | None:
    """Look at a folder; None if it is too large, or cannot be looked at."""
    try:
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode):
            return None
        folder = _Folder(status.st_dev)
        with os.scandir(path) as items:
            _look_at(items, folder)
    except (OSError, ValueError):
        return None
    return folder if len(folder.names) + len(folder.folders) <= _MOST else None


def _look_at(items: os._ScandirIterator[str], folder: _Folder) -> None:
    """Take note of what is in a folder.

    Raises:
        OSError: something of it cannot be looked at.
    """
    device, known, facts = folder.device, folder.names, folder.facts
    for item in items:
        status = item.stat(follow_symlinks=False)
        form = status.st_mode & _FORMAT
        if form == stat.S_IFREG and status.st_dev == device:
            known.append(item.name)
            facts.append(
                (
                    status.st_ino,
                    status.st_size,
                    status.st_mtime_ns,
                    status.st_ctime_ns,
                )
            )
            if len(facts) > _MOST:
                return
        elif form == stat.S_IFDIR:
            folder.folders.append(item.name)
        else:
            folder.rest = True


def _survey(
    folder: _Folder, known: dict[tuple[int, int, int, int], bytes]
) -> Survey | None:
    files = {
        (name, facts[1], md5)
        for name, facts in zip(folder.names, folder.facts, strict=True)
        if (md5 := known.get(facts)) is not None
    }
    rest = folder.rest or len(files) < len(folder.names)
    return Survey(files, folder.folders, rest, _stamp(folder))
