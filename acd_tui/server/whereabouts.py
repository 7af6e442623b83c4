"""Whether a server runs on a directory, and where it is found."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[int]:
    """Be the only server on a directory meanwhile, with all who inherit the descriptor.

    Raises:
        AlreadyServed: another one runs.
    """
    path = private_folder(directory) / _LOCK_FILE
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Denied(f"cannot write in {directory}: {error.strerror}") from error
    try:
        if not _taken(descriptor):
            raise AlreadyServed(
                f"another server is running on {directory}",
                hint="stop it first, or give this one a directory of its own",
            )
        yield descriptor
    finally:
        os.close(descriptor)


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


def _taken(descriptor: int) -> bool:
    """Take the lock; of a server that was killed the workers need a moment to end."""
    for _ in range(_LOCK_LOOKS):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(_LOCK_SECONDS / _LOCK_LOOKS)
    return False
