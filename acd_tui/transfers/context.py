"""What every part of the engine works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from msgspec.structs import replace

from acd_tui.clock import Clock
from acd_tui.errors import Transient
from acd_tui.events import EventBus
from acd_tui.transfers.jobs import Jobs
from acd_tui.transfers.limiter import Limiter
from acd_tui.transfers.model import CopyOptions
from acd_tui.transfers.promised import Promises
from acd_tui.transfers.store import Store
from acd_tui.vfs.capabilities import Linked, Mirrored
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.offered import offers
from acd_tui.vfs.path import VPath

_LONGEST_PAUSE = 300.0

UNKNOWN_PAUSE = 30.0
"""Seconds after which a filesystem that could not be had is asked for again."""

UNREACHABLE_PAUSE = 5.0
"""Seconds after which what could not be reached is tried again."""

SIGN_IN_PAUSE = 60.0
"""Seconds after which a filesystem that wanted a sign-in is asked again."""

Filesystems = Callable[[str], Awaitable[FileSystem]]


class Retrying(msgspec.Struct, frozen=True):
    """How patiently passing troubles are met.

    Attributes:
        attempts: after how many of them in one transfer it has failed.
        random: a number from 0 to 1.
    """

    attempts: int
    random: Callable[[], float]

    def with_attempts(self, attempts: int | None) -> Retrying:
        """Return it with another number of them, if one is given."""
        return self if attempts is None else replace(self, attempts=attempts)

    def pause(self, failures: int, error: Transient) -> float:
        """Return seconds to wait after so many failures, this one included."""
        if error.retry_after is not None:
            return error.retry_after
        return float(min(2**failures, _LONGEST_PAUSE)) * self.random()


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The queue on disk and the world around it."""

    store: Store
    jobs: Jobs
    promises: Promises
    filesystems: Filesystems
    bus: EventBus
    clock: Clock
    retrying: Retrying
    limiter: Limiter


def as_source(filesystem: FileSystem, options: CopyOptions) -> FileSystem:
    """Return a filesystem as a copy is to see it that is made from it."""
    if options.copy_links and isinstance(filesystem, Linked):
        return filesystem.following_links()
    return filesystem


def as_target(filesystem: FileSystem, folder: VPath) -> FileSystem:
    """Return a filesystem as a copy into a folder is to see it."""
    if offers(filesystem, Linked):
        return filesystem.confined_to(folder)
    return filesystem


async def bring_up_to_date(filesystem: FileSystem) -> None:
    """Let a filesystem that answers from a copy of the tree look at the tree.

    What is to be copied, and what is there already, must not be decided from what a
    remote held days ago. One whose copy is not whole asks the service anyway.

    Raises:
        AcdError: it cannot look now.
    """
    if not isinstance(filesystem, Mirrored):
        return
    if (await filesystem.mirror_status(count=False)).complete:
        await filesystem.refresh()
