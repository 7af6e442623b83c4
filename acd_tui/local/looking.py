"""What a folder of the disk holds, at a look."""

from __future__ import annotations

import heapq
import logging
import os
import stat
from collections.abc import Iterable, Iterator

from acd_tui.local import partial
from acd_tui.local.disk import errors_named
from acd_tui.local.names import shown
from acd_tui.local.partial import kind_of, real
from acd_tui.vfs.entry import Details, Entry, Kind, Weight
from acd_tui.vfs.path import VPath

_log = logging.getLogger(__name__)

Looked = tuple[str, Kind, os.stat_result | None]
"""A name as it is on the disk, and what is there; None where one may not look."""


def items_in(path: VPath) -> Iterator[os.DirEntry[str]]:
    """Yield what a folder holds, but for our own partial files."""
    with errors_named(path, folder=True), os.scandir(real(path)) as items:
        for item in items:
            if not partial.NAME.fullmatch(item.name):
                yield item


def first_items_in(path: VPath, count: int) -> list[os.DirEntry[str]]:
    """Return what comes first by name in a folder that holds more than `count`."""
    first = heapq.nsmallest(count + 1, items_in(path), key=_folders_by_name)
    return first[:count] if len(first) > count else []


def _folders_by_name(item: os.DirEntry[str]) -> tuple[bool, str]:
    try:
        is_folder = item.is_dir(follow_symlinks=False)
    except OSError:
        is_folder = False
    return not is_folder, item.name.casefold()


def looked_at(items: Iterable[os.DirEntry[str]]) -> list[Looked]:
    """Look at each; what is gone meanwhile is left out."""
    found: list[Looked] = []
    for item in items:
        try:
            status = item.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        except OSError as error:
            _log.debug("cannot look at %s: %s", item.path, error)
            found.append((item.name, _kind_by_listing(item), None))
        else:
            found.append((item.name, kind_of(status.st_mode), status))
    return found


def _kind_by_listing(item: os.DirEntry[str]) -> Kind:
    """Return the kind of something in a folder that one may list but not enter."""
    try:
        if item.is_symlink():
            return Kind.LINK
        if item.is_dir(follow_symlinks=False):
            return Kind.FOLDER
        return Kind.FILE if item.is_file(follow_symlinks=False) else Kind.OTHER
    except OSError:
        return Kind.OTHER


def date_of(path: VPath) -> int | None:
    """See `Dated.dates`."""
    try:
        return os.stat(real(path)).st_mtime_ns  # noqa: PTH116 - may be no UTF-8
    except OSError:
        return None


def weight_of(path: VPath) -> Weight:
    """Return what a folder holds itself; symbolic links are not followed.

    Raises:
        AcdError: one may not look into it, or it is none.
    """
    size = files = 0
    folders = []
    for item in items_in(path):
        try:
            if item.is_dir(follow_symlinks=False):
                folders.append(shown(item.name))
                continue
            files += 1
            status = item.stat(follow_symlinks=False)
        except OSError:
            continue  # it is gone, or one may not look at it
        if kind_of(status.st_mode) is Kind.FILE:
            size += status.st_size
    return Weight(size, files, folders)


def entry_of(
    name: str, status: os.stat_result, md5: str | None, kind: Kind | None = None
) -> Entry:
    """Return what is shown of something on the disk, whose kind may be known better."""
    kind = kind or kind_of(status.st_mode)
    return Entry(
        name=shown(name),
        kind=kind,
        size=status.st_size if kind is Kind.FILE else None,
        modified_ns=status.st_mtime_ns,
        md5=md5,
    )


def details(path: VPath) -> Details:
    """Say what the disk knows of something beyond its entry.

    Raises:
        NotFound: there is nothing.
        Denied: one may not look.
    """
    with errors_named(path):
        status = os.lstat(real(path))
        facts = [
            ("Permissions", stat.filemode(status.st_mode)),
            ("Owner", f"{_user(status.st_uid)}, {_group(status.st_gid)}"),
        ]
        if stat.S_ISLNK(status.st_mode):
            facts.append(("Leads to", shown(os.readlink(real(path)))))  # noqa: PTH115 - names may be no UTF-8
        elif status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            facts.append(("Hard links", str(status.st_nlink)))
        if (on_disk := status.st_blocks * 512) < status.st_size:
            facts.append(("On the disk", f"{on_disk:,} bytes, the rest is holes"))
    return Details(facts=facts)


def _user(number: int) -> str:
    try:
        import pwd  # not on Windows

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return str(number)


def _group(number: int) -> str:
    try:
        import grp  # not on Windows

        return grp.getgrgid(number).gr_name
    except (ImportError, KeyError):
        return str(number)
