"""Compares the folders of two panes, and carries out what was decided about them."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from acd_tui.errors import AcdError, SignInNeeded, Unreachable, UsageError
from acd_tui.operations.commands import Check, Command, Incomplete, TrashAll
from acd_tui.operations.turned import still_held
from acd_tui.transfers.compare import Comparison
from acd_tui.transfers.compared import Names
from acd_tui.transfers.context import bring_up_to_date
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import ConflictPolicy, Filters, Job, JobFinished, Place
from acd_tui.transfers.needed import Folder, needed
from acd_tui.transfers.planner import folded
from acd_tui.transfers.sync_plan import (
    Removal,
    check_unchanged,
    why_keep,
)
from acd_tui.transfers.two_sides import TwoSides
from acd_tui.ui.engine import Session
from acd_tui.ui.format import count
from acd_tui.vfs.capabilities import OnDisk
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_AT_A_TIME = 8  # files that are read side by side
# Seconds for what is new on a drive. What is planned from what is known is looked at once
# more before it is done.
_PATIENCE = 5.0
_LOOK_SECONDS = 1.0  # between two looks at a job that another process may carry out


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
                async with asyncio.timeout(_PATIENCE):
                    await bring_up_to_date(filesystem)
            except (SignInNeeded, Unreachable) as error:
                note = f"Compared with what is known: {error.message}"
            except TimeoutError:
                name = filesystem.name
                note = f"Compared with what is known: {name} has not answered yet"
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


async def enqueue(session: Session, sides: TwoSides) -> list[int]:
    """Queue what a plan copies; return the jobs."""
    return [
        await session.transfers.enqueue(
            copying.request, plan=copying.plan, omit=copying.omit
        )
        for copying in sides.copyings()
    ]


async def ended(session: Session, jobs: Collection[int]) -> list[Job]:
    """Return jobs once they are over, in whichever process they are carried out."""
    over: dict[int, Job] = {}
    news = asyncio.Event()

    def has_ended(event: JobFinished) -> None:
        over[event.job.id] = event.job
        news.set()

    with session.bus.subscribed(JobFinished, has_ended):
        for number in jobs:
            while number not in over:
                news.clear()
                job = await session.transfers.job(number)
                if job.finished:
                    over.setdefault(number, job)
                else:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_SECONDS):
                            await news.wait()
    return [over[number] for number in jobs]


async def trash(
    session: Session, jobs: Collection[Job], sides: TwoSides
) -> tuple[list[Removal], str, list[AcdError]]:
    """Trash what a plan says is too much, as one step that can be undone.

    Args:
        session: which.
        jobs: those of the plan, which are over.
        sides: the plan.

    Returns:
        What went, what of it is still in another folder (in words), and why something
        else did not go: it is not as it was planned.

    Raises:
        AcdError: nothing went, since not all could be copied, or for another reason.
    """
    for job in jobs or (None,):
        if (why := why_keep(sides.problems, job)) is not None:
            raise why
    removals = {removal.path: removal for removal in sides.removals()}
    if not removals:
        return [], "", []
    source, target = [
        Folder(await session.filesystem(place.filesystem), place.path)
        for place in (sides.source, sides.target)
    ]
    await bring_up_to_date(target.filesystem)
    going = {removal.names: removal.entry for removal in removals.values()}
    stays = await needed(source, target, going, sides.goals())
    check = _check_of(target.filesystem, removals, stays)
    name = sides.target.filesystem
    try:
        done = await session.operations.trash(
            [Place(name, path) for path in removals], check=check
        )
    except Incomplete as partly:
        went, errors = _went(removals, partly.command), partly.errors
        if not went and isinstance(errors[-1], SignInNeeded | Unreachable):
            raise errors[-1] from partly
        # Each once: what cannot be reached is told of all that comes after.
        return went, still_held(partly.command), list(dict.fromkeys(errors))
    return list(removals.values()), still_held(done), []


def _check_of(
    target: FileSystem,
    removals: Mapping[VPath, Removal],
    stays: Mapping[Names, AcdError],
) -> Check:
    """Return what looks at each just before it goes: the last ones wait for minutes."""
    away: AcdError | None = None

    async def check(path: VPath) -> None:
        nonlocal away
        if away is not None:
            raise away
        if (why := stays.get(removals[path].names)) is not None:
            raise why
        try:
            await check_unchanged(target, removals[path])
        except (SignInNeeded, Unreachable) as error:
            away = error
            raise

    return check


def _went(removals: Mapping[VPath, Removal], command: Command) -> list[Removal]:
    assert isinstance(command, TrashAll)
    return [removals[item.path] for item in command.items if item.in_trash]


def trashed(gone: Collection[Removal], held: str) -> str:
    """Say what went to the trash: `3 files trashed, as planned`.

    Args:
        gone: what went.
        held: see `operations.turned.still_held`.
    """
    files = count(sum(removal.files for removal in gone), "file")
    return " · ".join(filter(None, (f"{files} trashed, as planned", held)))


class Syncing:
    """Carries out plans: copies through the queue, then trashes what is too much."""

    def __init__(self, app: AcdApp) -> None:
        self._app = app
        self._pending = 0

    @property
    def is_pending(self) -> bool:
        """Whether something is still to go to the trash."""
        return bool(self._pending)

    async def carry_out(self, sides: TwoSides) -> None:
        """Queue what is to be copied, and see to what is to be trashed then."""
        app = self._app
        jobs = await app.engine.run(enqueue(app.session, sides))
        if sides.removals():
            self._pending += 1
            app.work(self._wait(jobs, sides), group="jobs")

    async def _wait(self, jobs: Collection[int], sides: TwoSides) -> None:
        app = self._app
        try:
            over = await app.engine.run(ended(app.session, jobs))
            # Waiting keeps nobody from leaving, but this does for a moment.
            await app.work(self._trash(over, sides), group="sync").wait()
        finally:
            self._pending -= 1

    async def _trash(self, jobs: Collection[Job], sides: TwoSides) -> None:
        app = self._app
        gone, held, kept = await app.engine.run(trash(app.session, jobs, sides))
        app.browser.changed(sides.target.filesystem, None)
        if gone:
            app.tell(f"{trashed(gone, held)} · {app.key_of('undo')} takes it back")
        for error in kept:
            app.show_error(error)
