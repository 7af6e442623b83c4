"""Compares the folders of two panes, and carries out what was decided about them."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acd_tui.errors import AcdError, SignInNeeded, Unreachable, UsageError
from acd_tui.transfers.compare import Comparison
from acd_tui.transfers.context import bring_up_to_date
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import ConflictPolicy, Filters, Job, Place
from acd_tui.transfers.planner import folded
from acd_tui.transfers.sync_plan import Removal, check_unchanged, why_keep
from acd_tui.transfers.two_sides import TwoSides
from acd_tui.ui.engine import Session
from acd_tui.ui.format import count
from acd_tui.vfs.filesystem import FileSystem, OnDisk
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_AT_A_TIME = 8  # files that are read side by side


class SessionComparer:
    """Compares folders of a session; see `screens.compare.Comparer`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def compare(self, sides: TwoSides) -> str | None:
        source, target = sides.source, sides.target
        here, there = [
            await self._session.filesystem(place.filesystem)
            for place in (source, target)
        ]
        await _check_apart((here, source.path), (there, target.path))
        note: str | None = None
        for filesystem in (here, there):
            try:
                await bring_up_to_date(filesystem)
            except (SignInNeeded, Unreachable) as error:
                note = f"Compared with what is known: {error.message}"
        comparison = Comparison(
            here,
            there,
            filters=Filter(Filters()),
            read=False,
            policy=ConflictPolicy.OVERWRITE,
        )
        async with contextlib.aclosing(
            comparison.run(source.path, target.path)
        ) as found:
            await sides.gather(found)
        return note

    async def read(self, sides: TwoSides) -> None:
        async for _ in sides.read_unread():
            pass


async def _check_apart(*sides: tuple[FileSystem, VPath]) -> None:
    """Refuse to compare a folder with one that it lies in.

    Raises:
        UsageError: one lies in the other.
    """
    (here, _), (there, _) = sides
    if here is not there:
        roots = [await filesystem.stat(VPath()) for filesystem in (here, there)]
        if roots[0].id is None or roots[0].id != roots[1].id:
            return
    insensitive = there.features.case_insensitive
    one, other = [
        folded(await _true(filesystem, path), case_insensitive=insensitive)
        for filesystem, path in sides
    ]
    if one.is_within(other) or other.is_within(one):
        raise UsageError(
            "both panes show the same folder, or one shows a folder in the other's",
            hint="go somewhere else in one of them, then compare",
        )


async def _true(filesystem: FileSystem, path: VPath) -> VPath:
    """Return where a path of the disk leads: links on the way hide what is one."""
    on_disk: object = filesystem
    if not isinstance(on_disk, OnDisk):
        return path
    real = await asyncio.to_thread(os.path.realpath, on_disk.disk_path(path))
    return VPath.parse(real)


@dataclass(slots=True, eq=False)
class _Pending:
    """What is to go to the trash when some jobs are over."""

    target: str
    removals: Sequence[Removal]
    problems: Collection[str]
    waiting: set[int]
    over: list[Job] = field(default_factory=list)


class Syncing:
    """Carries out plans: copies through the queue, then trashes what is too much."""

    def __init__(self, app: AcdApp) -> None:
        self._app = app
        self._pending: list[_Pending] = []  # those whose jobs are not over
        self._removing = 0

    @property
    def is_pending(self) -> bool:
        """Whether something is still to go to the trash."""
        return bool(self._pending or self._removing)

    async def carry_out(self, sides: TwoSides) -> None:
        """Queue what is to be copied, and remember what is to be trashed then."""
        app = self._app
        pending = _Pending(
            sides.target.filesystem, sides.removals(), sides.problems, set()
        )
        for copying in sides.copyings():
            job = await app.engine.run(
                app.session.transfers.enqueue(
                    copying.request, plan=copying.plan, omit=copying.omit
                )
            )
            pending.waiting.add(job)
        if not pending.removals:
            return
        self._pending.append(pending)
        if not pending.waiting:
            self._go_on(pending)
            return
        try:
            for number in tuple(pending.waiting):  # it may have ended before that
                job_ = await app.engine.run(app.session.transfers.job(number))
                if job_.finished:
                    self.job_finished(job_)
        except AcdError:
            if pending in self._pending:
                self._pending.remove(pending)
            raise

    def job_finished(self, job: Job) -> None:
        """Take up that a job has ended."""
        for pending in tuple(self._pending):
            if job.id in pending.waiting:
                pending.waiting.discard(job.id)
                pending.over.append(job)
                if not pending.waiting:
                    self._go_on(pending)

    def _go_on(self, pending: _Pending) -> None:
        self._pending.remove(pending)
        self._removing += 1
        self._app.work(self._remove(pending), group="sync")

    async def _remove(self, pending: _Pending) -> None:
        app = self._app
        try:
            jobs: list[Job | None] = [*pending.over] or [None]
            for job in jobs:
                if (why := why_keep(pending.problems, job)) is not None:
                    raise why
            gone, kept = await app.engine.run(
                _trash(app.session, pending.target, pending.removals)
            )
        finally:
            self._removing -= 1
        app.browser.changed(pending.target, None)
        if gone:
            files = count(sum(removal.files for removal in gone), "file")
            app.tell(f"{files} trashed, as planned · u takes it back")
        for error in kept:
            app.show_error(error)


async def _trash(
    session: Session, filesystem: str, removals: Sequence[Removal]
) -> tuple[list[Removal], list[AcdError]]:
    """Trash what still is as it was planned, as one step that can be undone."""
    target = await session.filesystem(filesystem)
    await bring_up_to_date(target)
    gone: list[Removal] = []
    kept: list[AcdError] = []
    for removal in removals:
        try:
            await check_unchanged(target, removal)
        except (SignInNeeded, Unreachable):
            raise
        except AcdError as error:
            kept.append(error)
        else:
            gone.append(removal)
    if gone:
        await session.operations.trash([Place(filesystem, r.path) for r in gone])
    return gone, kept
