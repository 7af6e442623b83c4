"""Whether a server runs on a directory, and where it is found."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from acd_tui.errors import Denied
from acd_tui.locations import private_folder

_LOCK_FILE = "server.lock"  # says where the server was reached last
_LOCK_SECONDS = 1.0
_LOCK_LOOKS = 50


class AlreadyServed(Denied):
    """Another server runs on the same directory."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where clients find what."""

    url: str

    @property
    def endpoint_url(self) -> str:
        return f"{self.url}/drive/v1/account/endpoint"

    @property
    def metadata_url(self) -> str:
        return f"{self.url}/drive/v1/"

    @property
    def content_url(self) -> str:
        return f"{self.url}/cdproxy/"

    @property
    def auth_url(self) -> str:
        return f"{self.url}/ap/oa"

    @property
    def token_url(self) -> str:
        return f"{self.url}/auth/o2/token"

    def as_dict(self) -> dict[str, str]:
        names = ("endpoint_url", "metadata_url", "content_url", "auth_url", "token_url")
        return {"url": self.url} | {name: getattr(self, name) for name in names}


class Lock(NamedTuple):
    """The descriptors that are locked.

    Attributes:
        file: of the lock file.
        folder: of the directory itself: a lock file looks like something that a server
            which was killed has left behind, and gets removed.
    """

    file: int
    folder: int


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[Lock]:
    """Be the only server on a directory meanwhile, with all who inherit the descriptors.

    Raises:
        AlreadyServed: another one runs.
    """
    path = private_folder(directory) / _LOCK_FILE
    with contextlib.ExitStack() as stack:
        descriptors: list[int] = []
        try:
            for place, flags in ((path, os.O_RDWR | os.O_CREAT), (directory, 0)):
                descriptors.append(os.open(place, flags, 0o600))
                stack.callback(os.close, descriptors[-1])
        except OSError as error:
            raise Denied(f"cannot write in {directory}: {error.strerror}") from error
        lock = Lock(*descriptors)
        if not (_taken(lock.file) and _taken(lock.folder, needed=False)):
            raise AlreadyServed(
                f"another server is running on {directory}",
                hint="stop it first, or give this one a directory of its own",
            )
        yield lock


def last_address(directory: Path) -> tuple[str | None, bool]:
    """Return where the server of a directory was reached last, and whether it is still.

    The address is None where no server has run yet.
    """
    try:
        with (directory / _LOCK_FILE).open() as file:
            runs = False
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                runs = True
            return file.read().strip() or None, runs
    except (OSError, ValueError):
        return None, False


def _taken(descriptor: int, *, needed: bool = True) -> bool:
    """Take the lock; of a server that was killed the workers need a moment to end.

    Args:
        descriptor: of what is locked.
        needed: it is an error if that cannot be locked at all, like a folder of NFS.
    """
    for _ in range(_LOCK_LOOKS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOCK_SECONDS / _LOCK_LOOKS)
        except OSError:
            if needed:
                raise
            return True
        else:
            return True
    return False
