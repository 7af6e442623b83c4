"""The desktop's trash: what goes there can come back from there.

It is laid out as freedesktop.org's trash specification says: things lie in a folder
`files`, and a note of where each was in `info` beside it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from acd_tui.errors import Denied, FolderNotFound, NotFound
from acd_tui.local.disk import errors_named, rename_to_free
from acd_tui.local.names import shown
from acd_tui.local.partial import real
from acd_tui.vfs.path import VPath

if sys.platform != "win32":
    import fcntl

# Within this process; see `_alone`.
_TRASHING = threading.Lock()

# Of each disk that is not the home's, and of other systems.
_OF_A_DISK = re.compile(r"\.Trash(es|-\d+)?|\$RECYCLE\.BIN", re.IGNORECASE)
_OF_A_HOME = (".local", "share", "Trash")


def trash(path: VPath) -> str | None:
    """Move something to the desktop's trash. Blocks.

    Returns:
        What `restore` takes; None where it lies in a trash of another kind, or had to
        be copied to the one of another disk.

    Raises:
        NotFound: it is not there.
        Denied: the trash does not take it.
    """
    import send2trash

    file = real(path)
    with errors_named(path):
        status = os.lstat(file)
    with _alone():
        try:
            send2trash.send2trash(file)
        except OSError as error:
            reason = error.strerror or str(error)
            raise Denied(
                f"the desktop's trash does not take {path}: {reason}"
            ) from error
        except UnicodeError as error:
            raise Denied(
                f"the desktop's trash does not take the name {path}"
            ) from error
        with contextlib.suppress(OSError, ImportError):
            return _item(os.fsencode(file), (status.st_dev, status.st_ino))
    return None


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let no other thread, and no other process of this program, trash meanwhile.

    send2trash looks for a free name first and renames then, so that of two files of one
    name that are trashed at once the second would take the first one's place.
    """
    with _TRASHING, contextlib.ExitStack() as stack:
        if sys.platform != "win32":
            with contextlib.suppress(OSError, RuntimeError):  # no home, or none to lock
                home = os.open(Path.home(), os.O_RDONLY | os.O_CLOEXEC)
                stack.callback(os.close, home)
                fcntl.flock(home, fcntl.LOCK_EX)
        yield


def restore(item: str, to: VPath | None) -> VPath:
    """Put something back to where it was, or at the path `to`; return where it is. Blocks.

    Raises:
        NotFound: it is not in the trash.
        Exists: the name is taken meanwhile.
        FolderNotFound: its folder is gone.
    """
    lies, was = map(unquote_to_bytes, item.split(":"))
    path = to or VPath(tuple(map(shown, os.fsdecode(was).split("/")[1:])))
    if not os.path.lexists(lies):
        raise NotFound(f"{path} is not in the desktop's trash any more")
    if not os.path.isdir(real(path.parent)):  # noqa: PTH112 - names may be no UTF-8
        raise FolderNotFound(f"the folder {path.parent} is gone")
    with errors_named(path):
        rename_to_free(lies, os.fsencode(real(path)))
    with contextlib.suppress(OSError):
        os.unlink(_note_of(lies))  # noqa: PTH108 - as above
    return path


def is_trash(path: VPath) -> bool:
    """Whether a folder is a trash, somebody's home's or a disk's, by its place and name."""
    if _OF_A_DISK.fullmatch(path.name) or path.parts[-3:] == _OF_A_HOME:
        return True
    data = os.environ.get("XDG_DATA_HOME")
    return data is not None and real(path) == os.path.join(data, "Trash")  # noqa: PTH118


def _item(was: bytes, identity: tuple[int, int]) -> str:
    """Find what was just trashed; a name alone may be that of another thing there.

    Raises:
        FileNotFoundError: it is in no trash that the specification describes.
    """
    for folder in _folders(os.path.dirname(was)):  # noqa: PTH120 - as above
        for lies in _places_in(folder, os.path.basename(was)):  # noqa: PTH119
            with contextlib.suppress(FileNotFoundError):
                found = os.lstat(lies)
                if (found.st_dev, found.st_ino) == identity:
                    return f"{quote(lies)}:{quote(was)}"
    raise FileNotFoundError(os.fsdecode(was))


def _folders(beside: bytes) -> Iterator[bytes]:
    """Yield the trash folders to which something in a folder may have gone."""
    from send2trash import plat_other

    yield plat_other.HOMETRASH_B
    top = plat_other.find_mount_point(beside)
    user = str(os.getuid()).encode()
    yield os.path.join(top, b".Trash", user)  # noqa: PTH118 - as above
    yield os.path.join(top, b".Trash-" + user)  # noqa: PTH118


def _places_in(folder: bytes, name: bytes) -> Iterator[bytes]:
    """Yield where something of that name may lie: with a number, where one lay before."""
    stem, extension = os.path.splitext(name)  # noqa: PTH122 - as above
    for number in itertools.count():
        free = stem + b" %d" % number + extension if number else name
        lies = os.path.join(folder, b"files", free)  # noqa: PTH118
        if not (os.path.lexists(lies) or os.path.lexists(_note_of(lies))):
            return
        yield lies


def _note_of(lies: bytes) -> bytes:
    folder, name = os.path.split(lies)
    return os.path.join(folder, b"..", b"info", name + b".trashinfo")  # noqa: PTH118
