"""Walks the folders of a job, one after the other, and makes their like at the target."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
    Sequence,
)
from dataclasses import replace
from typing import TypeVar

from acd_tui.errors import (
    AcdError,
    Denied,
    Exists,
    Full,
    NotFound,
    SignInNeeded,
    Transient,
    Unreachable,
)
from acd_tui.printable import printable
from acd_tui.transfers.announcer import Announcer
from acd_tui.transfers.beside import free_beside, lying_there
from acd_tui.transfers.context import (
    SIGN_IN_PAUSE,
    UNKNOWN_PAUSE,
    UNREACHABLE_PAUSE,
    Context,
    as_source,
)
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.folding import Folding
from acd_tui.transfers.jobs import Folder
from acd_tui.transfers.model import ConflictPolicy, CopyRequest, Place, State
from acd_tui.transfers.planner import (
    Found,
    FoundFolder,
    Terms,
    Twins,
    already_there,
    is_root,
    names_in,
    plan_folder,
    plan_roots,
    refuse_into_itself,
    refuse_within_source,
    roots,
)
from acd_tui.transfers.rows import NO_ROOM
from acd_tui.transfers.settling import settle
from acd_tui.transfers.skimming import Skimmer
from acd_tui.vfs.capabilities import AtHand, Paged
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

T = TypeVar("T")

_ROOTS_AT_ONCE = 100
_MOST_KEPT = 10_000
_AT_ONCE = 1000  # files recorded in one transaction

# What is planned takes turns with what moves: for each second that it works it rests.
_AMPLE = 2000  # files that are ready to move
_PAUSES = 4.0
_LONGEST_PAUSE = 5.0  # seconds


class _Later(Exception):
    """A filesystem cannot be had now; planning goes on when it can."""

    def __init__(self, filesystem: str, error: AcdError) -> None:
        super().__init__(error.message)
        self.filesystem = filesystem
        self.error = error


class Walker:
    """Plans one job from where its planning stands to the end.

    Attributes:
        walked: folders in which something may have changed; of very many the first.
    """

    def __init__(
        self,
        job: int,
        request: CopyRequest,
        context: Context,
        announcer: Announcer,
        *,
        found: Callable[[], None],
        waits: Callable[[str | None], None],
        look: Callable[[FileSystem], Awaitable[None]],
    ) -> None:
        """Prepare to plan.

        Args:
            job: its id.
            request: what it asks for.
            context: what it works with.
            announcer: tells what happened.
            found: called when there is something to transfer.
            waits: told the filesystem it waits for, and None when it goes on.
            look: brings one of its sides up to date.
        """
        self._job = job
        self._request = request
        self._jobs = context.jobs
        self._store = context.store
        self._promises = context.promises
        self._filesystems = context.filesystems
        self._clock = context.clock
        options = request.options
        self._retrying = context.retrying.with_attempts(options.attempts)
        self._filter = Filter(options.filters)
        self._announcer = announcer
        self._on_found = found
        self._on_waits = waits
        self._look = look
        self._looked = False
        self._since = time.monotonic()
        self._skimmer = Skimmer(request)
        self._folding = Folding(request)
        self._omitted: frozenset[VPath] = frozenset()
        self.walked: dict[FoundFolder, None] = {}

    async def walk(self) -> None:
        """Walk until nothing is left to be walked.

        Raises:
            AcdError: the queue itself cannot be used.
        """
        await self._jobs.set_needs_user(self._job, False)
        if self._request.options.planned:
            self._omitted = await self._jobs.omitted(self._job)
        while (folder := await self._jobs.next_folder(self._job)) is not None:
            if await self._skim(folder):
                continue
            last, folders = Found(), list[FoundFolder]()
            async with contextlib.aclosing(self._pieces(folder)) as pieces:
                async for found in pieces:
                    if last != Found():
                        await self._record(last, walked=None)
                    # Those are recorded at the end, so that they are in order.
                    folders += found.folders
                    last = replace(found, folders=[])
            await self._record(replace(last, folders=folders), walked=folder)
            self._keep(folder)

    def _keep(self, folder: Folder) -> None:
        """Keep a folder, and that in which it may have been made."""
        if folder.source is None or folder.target is None:
            return
        if len(self.walked) < _MOST_KEPT:
            self.walked[FoundFolder(folder.source, folder.target)] = None
            if not is_root(self._request, folder.target):
                above = FoundFolder(folder.source.parent, folder.target.parent)
                self.walked[above] = None

    async def _skim(self, folder: Folder) -> bool:
        """Pass over a folder that needs no planning; say whether that could be done.

        Not what is met first: some of it may be planned, and carried out, since before.
        """
        if not self._looked or folder.source is None or folder.target is None:
            return False
        try:
            source = await self._filesystems(self._request.source)
            target = await self._filesystems(self._request.target)
        except AcdError:
            return False  # said where it does harm
        found = FoundFolder(folder.source, folder.target)
        skimmed = await self._skimmer.skim(found, source, target)
        if skimmed is None:
            return False
        await self._jobs.pass_over(self._job, folder, skimmed)
        return True

    async def _pieces(self, folder: Folder) -> AsyncGenerator[Found, None]:
        """Find out what is to be done about a folder, however often it takes."""
        failures = 0
        while True:
            try:
                async for found in self._look_into(folder):
                    yield found
            except _Later as later:
                await self._wait(later)
            except Transient as error:
                failures += 1
                if failures == self._retrying.attempts:
                    yield _given_up(folder, self._request, error, failures)
                    return
                await self._clock.sleep(self._retrying.pause(failures, error))
            except AcdError as error:
                full = NO_ROOM if isinstance(error, Full) else 0
                yield _given_up(folder, self._request, error, full)
                return
            else:
                return

    async def give_up(self, error: Exception) -> None:
        """Leave what could not be planned for a reason nobody thought of."""
        problem = (
            f"the rest is not copied: an error in the program ({type(error).__name__}); "
            "the log has the full story"
        )
        await self._jobs.add_found(
            self._job,
            self._request,
            Found(problems=[problem]),
            self._clock.now(),
            walked=None,
        )

    async def _wait(self, later: _Later) -> None:
        self._on_waits(later.filesystem)
        try:
            await self._wait_for(later)
        finally:
            self._on_waits(None)

    async def _wait_for(self, later: _Later) -> None:
        if not isinstance(later.error, SignInNeeded):
            away = isinstance(later.error, Unreachable)
            await self._clock.sleep(UNREACHABLE_PAUSE if away else UNKNOWN_PAUSE)
            return
        await self._jobs.set_needs_user(self._job, True)
        self._announcer.sign_in_wanted(later.filesystem, later.error.message)
        await self._clock.sleep(SIGN_IN_PAUSE)
        await self._jobs.set_needs_user(self._job, False)

    async def _record(self, found: Found, *, walked: Folder | None) -> None:
        now = self._clock.now()
        await self._jobs.add_found(self._job, self._request, found, now, walked=walked)
        self._announcer.warned(self._job, found.warnings)
        self._on_found()
        await self._give_way()

    async def _give_way(self) -> None:
        """Leave the processor and the queue to the files that move, if they have enough."""
        counts = self._store.totals.counts
        moves = State.RUNNING in counts and counts.get(State.QUEUED, 0) > _AMPLE
        if moves:
            taken = time.monotonic() - self._since
            await self._clock.sleep(min(_PAUSES * taken, _LONGEST_PAUSE))
        self._since = time.monotonic()

    async def _look_into(self, folder: Folder) -> AsyncGenerator[Found, None]:
        """Yield what is to be done, in pieces, so that the first bytes soon move."""
        source = await self._filesystem(self._request.source)
        target = await self._filesystem(self._request.target)
        if not self._looked:
            for filesystem in (source, target):
                await self._ask(filesystem, self._look(filesystem))
            self._looked = True
        source = as_source(source, self._request.options)
        if folder.source is None or folder.target is None:
            pieces = self._look_at_roots(source, target)
        else:
            there = FoundFolder(folder.source, folder.target)
            pieces = self._look_at_folder(there, source, target)
        async with contextlib.aclosing(pieces):
            async for found in pieces:
                yield found

    async def _look_at_folder(
        self, folder: FoundFolder, source: FileSystem, target: FileSystem
    ) -> AsyncGenerator[Found, None]:
        """Find out what a folder holds."""
        refuse_within_source(
            self._request,
            folder.source,
            folder.target,
            case_insensitive=target.features.case_insensitive,
        )
        whole = not self._filter.active
        made = whole and folder.target not in self._omitted
        if made:
            await self._enter(folder, source, target)
        twins = Twins(Terms.of(target, self._request.policy))
        async with contextlib.aclosing(_listed(source, folder.source)) as pages:
            while (page := await self._ask(source, anext(pages, None))) is not None:
                found = await asyncio.to_thread(
                    plan_folder,
                    page,
                    folder.source,
                    folder.target,
                    twins=twins,
                    wanted=None if whole else self._wanted(folder.source),
                )
                if self._omitted:
                    found.files = [
                        file for file in found.files if file.target not in self._omitted
                    ]
                if not made and found.files:
                    # Only now: a folder that nothing is copied into is not made.
                    await self._enter(folder, source, target)
                    made = True
                await self._settle(found, folder.target, page, (source, target))
                yield found

    async def _settle(
        self,
        found: Found,
        folder: VPath,
        entries: Sequence[Entry],
        sides: tuple[FileSystem, FileSystem],
    ) -> None:
        """Take out the files that are there with the same content; see `settling`."""
        target = sides[1]
        options = self._request.options
        if options.move or not found.files or not isinstance(target, AtHand):
            return
        names = [file.target.name for file in found.files]
        there: Mapping[str, Entry] = {}
        with contextlib.suppress(Denied, NotFound):  # said where it does harm
            there = await self._ask(target, target.at_hand(folder, names))
        if there:
            await settle(found, entries, there, sides=sides, options=options)

    def _wanted(self, folder: VPath) -> Callable[[Entry], bool]:
        above = names_in(self._request, folder)
        return lambda entry: self._filter.takes((*above, entry.name), entry)

    async def _look_at_roots(
        self, source: FileSystem, target: FileSystem
    ) -> AsyncGenerator[Found, None]:
        """Find out what the things are that the request names."""
        request = self._request
        await self._ask(target, self._ensure(target, request.folder))
        twins = Twins(Terms.of(target, request.policy))
        waiting = roots(request)
        while some := list(itertools.islice(waiting, _AT_ONCE)):
            problems: list[str] = []
            named: list[tuple[Entry, VPath, VPath]] = []
            for start in range(0, len(some), _ROOTS_AT_ONCE):
                few = some[start : start + _ROOTS_AT_ONCE]
                named += await self._named(few, source, target, problems)
            found = plan_roots(named, twins=twins)
            found.problems = problems + found.problems
            yield found

    async def _named(
        self,
        some: Sequence[tuple[VPath, VPath]],
        source: FileSystem,
        target: FileSystem,
        problems: list[str],
    ) -> list[tuple[Entry, VPath, VPath]]:
        """Look at some of them, side by side; what cannot be copied is a problem."""
        there = await self._lying_there(some, target)

        async def look(path: VPath, goal: VPath) -> tuple[Entry, VPath, VPath]:
            self._refuse_into_itself(path, goal, target)
            # Asked in the task itself: one cancelled early would leave a question unasked.
            entry = await self._ask(source, source.stat(path))
            if path in there:
                goal = await self._beside(target, goal)
            elif self._request.contents and not entry.is_folder:
                goal /= path.name  # a file goes into the folder
            return entry, path, goal

        found = await asyncio.gather(
            *(look(path, goal) for path, goal in some), return_exceptions=True
        )
        named: list[tuple[Entry, VPath, VPath]] = []
        for (path, _), one in zip(some, found, strict=True):
            if isinstance(one, NotFound | Denied | Exists):
                problems.append(_not_copied(path, one))
            elif isinstance(one, BaseException):
                raise one
            else:
                named.append(one)
        return named

    def _refuse_into_itself(self, path: VPath, goal: VPath, target: FileSystem) -> None:
        request = self._request
        if request.source == request.target:
            insensitive = target.features.case_insensitive
            refuse_into_itself(path, goal, request.folder, case_insensitive=insensitive)

    async def _lying_there(
        self, some: Sequence[tuple[VPath, VPath]], filesystem: FileSystem
    ) -> Collection[VPath]:
        """Return what would go to where it is."""
        if self._request.source != self._request.target:
            return frozenset()
        return await lying_there(filesystem, some)

    async def _beside(self, filesystem: FileSystem, goal: VPath) -> VPath:
        """Return where a second one goes.

        Raises:
            Denied: none is wanted.
        """
        if self._request.policy is not ConflictPolicy.RENAME:
            raise already_there(goal)
        free = free_beside(filesystem, goal, self._promises.anyone)
        return await self._ask(filesystem, free)

    async def _enter(
        self, folder: FoundFolder, source: FileSystem, target: FileSystem
    ) -> None:
        """Make a folder where it is missing; not one that would be another's."""
        await self._ask(target, self._ensure(target, folder.target))
        await self._ask(source, self._folding.refuse_twins(folder, source, target))

    async def _ensure(self, target: FileSystem, path: VPath) -> None:
        """Make a folder and those above it where they are missing."""
        if path.is_root:
            return
        there = await _stat(target, path)
        if there is None:
            await self._ensure(target, path.parent)
            try:
                await target.make_folder(path)
            except Exists:
                there = await _stat(target, path)
            else:
                self._announcer.changed(Place(target.name, path), target)
                return
        named = path == self._request.folder
        if there is not None and there.kind is Kind.LINK and named:
            await target.list(path)  # raises if it does not lead to a folder
        elif there is None or there.kind is not Kind.FOLDER:
            raise Denied(f"something that is no folder is at {path}")

    async def _filesystem(self, name: str) -> FileSystem:
        try:
            return await self._filesystems(name)
        except AcdError as error:
            if isinstance(error, Transient) and not isinstance(error, Unreachable):
                raise
            raise _Later(name, error) from error

    async def _ask(self, filesystem: FileSystem, call: Awaitable[T]) -> T:
        try:
            return await call
        except (SignInNeeded, Unreachable) as error:
            raise _Later(filesystem.name, error) from error


async def _listed(
    source: FileSystem, path: VPath
) -> AsyncGenerator[Sequence[Entry], None]:
    """List a folder in pieces, in the order of the names."""
    if isinstance(source, Paged):
        async for page in source.pages(path):
            yield page
        return
    entries = sorted(await source.list(path), key=lambda entry: entry.name)
    for start in range(0, len(entries), _AT_ONCE):
        yield entries[start : start + _AT_ONCE]


async def _stat(filesystem: FileSystem, path: VPath) -> Entry | None:
    try:
        return await filesystem.stat(path)
    except NotFound:
        return None


def _given_up(
    folder: Folder, request: CopyRequest, error: AcdError, failures: int
) -> Found:
    paths = request.paths if folder.source is None else [folder.source]
    problems = [_not_copied(path, error) for path in paths]
    return Found(problems=problems, failures=failures)


def _not_copied(path: VPath, error: AcdError) -> str:
    hint = f" ({error.hint})" if error.hint else ""
    return f"{printable(str(path))} is not copied: {error.message}{hint}"
