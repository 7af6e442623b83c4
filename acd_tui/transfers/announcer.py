"""Tells the rest of the program what the queue did."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable

from acd_tui.errors import NotFound
from acd_tui.events import EventBus
from acd_tui.transfers.events import SignInWanted
from acd_tui.transfers.jobs import Jobs
from acd_tui.transfers.model import (
    JobFinished,
    JobWarned,
    Place,
    Transfer,
    TransferFinished,
)
from acd_tui.vfs.capabilities import Mirrored
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.offered import offers
from acd_tui.vfs.path import VPath

_GATHER = 0.2  # real seconds in which changed folders are gathered
_TOLD_FOR = 300.0  # seconds after which what still is wrong is told again


class Announcer:
    """Publishes events; changed folders at most a few times a second.

    Attributes:
        job_over: set when a job is over, cleared by whoever has taken note.
    """

    def __init__(self, bus: EventBus, jobs: Jobs) -> None:
        self._bus = bus
        self._jobs = jobs
        self._asked: set[str] = set()
        self._changed: dict[str, set[VPath]] = {}
        self._told_until = 0.0
        self.job_over = asyncio.Event()

    def sign_in_wanted(self, filesystem: str, message: str) -> None:
        """Tell once that a filesystem wants a sign-in."""
        if filesystem not in self._asked:
            self._asked.add(filesystem)
            self._bus.publish(SignInWanted(filesystem, message))

    def signed_in(self, filesystem: str) -> None:
        """Tell anew, should it want another one."""
        self._asked.discard(filesystem)

    def warned(self, job: int | None, messages: Iterable[str]) -> None:
        for message in messages:
            self._bus.publish(JobWarned(job, message))

    def stuck(self, message: str) -> None:
        """Tell now and then that the queue itself cannot be written."""
        if (now := time.monotonic()) >= self._told_until:
            self._told_until = now + _TOLD_FOR
            self.warned(None, [f"transfers wait, the queue cannot be kept: {message}"])

    def finished(self, transfer: Transfer) -> None:
        self._bus.publish(TransferFinished(transfer))

    async def jobs_over(self, jobs: Iterable[int]) -> None:
        self.job_over.set()
        for job in jobs:
            self.flush()
            with contextlib.suppress(NotFound):  # cleared away meanwhile
                self._bus.publish(JobFinished(await self._jobs.get(job)))

    def changed(self, place: Place, filesystem: FileSystem) -> None:
        """Tell soon that something came to a place, or went from it."""
        known = self._changed.get(place.filesystem)
        if known is None:  # so that it is not asked for each file what it is
            if offers(filesystem, Mirrored):
                return  # such a one tells by itself
            if not self._changed:
                asyncio.get_running_loop().call_later(_GATHER, self.flush)
            known = self._changed[place.filesystem] = set()
        known.add(place.path.parent)

    def flush(self) -> None:
        """Tell now which folders have changed."""
        changed, self._changed = self._changed, {}
        for filesystem, folders in changed.items():
            self._bus.publish(FoldersChanged(filesystem, frozenset(folders)))
