"""Keeps the mirror current by following the change feed (amazon-drive-api.md §4.14)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from acd_tui.api.errors import BadRequest, ServiceTrouble
from acd_tui.api.models import ChangeSet, Node
from acd_tui.clock import Clock
from acd_tui.db import DatabaseFull
from acd_tui.drive.mirror import Mirror, Overtaken
from acd_tui.errors import AcdError, SignInNeeded, Transient

if TYPE_CHECKING:
    from acd_tui.api.client import DriveClient

_log = logging.getLogger(__name__)

# Told which folders (ids) look different now; None for possibly any.
Changed = Callable[[frozenset[str] | None], None]

_MOST_PASSES = 10
_MOST_CONCERNED = 64
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 300.0
_FIRST_LASTS = 5.0  # seconds for which the first look is one of just now
_SETTLING = 2.0
_OTHERS_SECONDS = 1.0
_OTHERS_REST = 5.0  # while another process goes on, as with a copy of many files
_LOT_NODES = 20_000
_LOT_SECONDS = 1.0


class Feed:
    """Follows the feed on demand, by a timer, and after own changes.

    Args:
        client: the account's.
        mirror: gets all that the feed tells.
        clock: for the time of the last agreement.
        changed: is told what looks different.
        interval: seconds between two looks when nothing asks for one.

    Attributes:
        following: whether it is at work.
        problem: why the last look failed, in one sentence.
        signed_out: whether it failed because a sign-in is wanted.
        disk_full: whether it failed because the mirror has no room.
    """

    def __init__(
        self,
        client: DriveClient,
        mirror: Mirror,
        *,
        clock: Clock,
        changed: Changed,
        interval: float = 30.0,
    ) -> None:
        self._client, self._mirror = client, mirror
        self._clock, self._changed = clock, changed
        self._interval = interval
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None
        self._first: asyncio.Task[None] | None = None
        self._first_until = 0.0
        self._looks: set[asyncio.Task[None]] = set()
        self._background: tuple[asyncio.Task[None], ...] = ()
        self._nudged = asyncio.Event()
        self.following = False
        self.problem: str | None = None
        self.signed_out = False
        self.disk_full = False

    def start(self) -> None:
        """Follow the feed in the background from now on."""
        work = (self._keep_following(), self._see_others())
        self._background = tuple(asyncio.create_task(each) for each in work)

    async def stop(self) -> None:
        """Stop at once; what was told so far is stored, or will be told again."""
        tasks = {*self._looks, *self._background}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def nudge(self) -> None:
        """Have the feed looked at soon: something was changed by us."""
        self._nudged.set()

    async def refresh(self) -> None:
        """Follow the feed to what is its end now, or later.

        Callers who come when the service has been asked already wait for one more look,
        all for the same.

        Raises:
            Transient: it cannot be followed now.
            SignInNeeded, Denied: as the service says.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._look())
            if self._first is None:
                self._first = self._next
                self._first_until = self._clock.monotonic() + _FIRST_LASTS
            self._looks.add(self._next)
            self._next.add_done_callback(self._seen)
        await asyncio.shield(self._next)

    async def first_look(self) -> None:
        """`refresh` for who has just begun: what was begun with him will do."""
        first, now = self._first, self._clock.monotonic()
        if first is None or (
            first.done() and (now > self._first_until or _failed(first))
        ):
            await self.refresh()
        else:
            await asyncio.shield(first)

    async def _look(self) -> None:
        async with self._turn:
            self.following = True
            try:
                await self._follow()
            except AcdError as error:
                self.problem = error.message
                self.signed_out = isinstance(error, SignInNeeded)
                self.disk_full = isinstance(error, DatabaseFull)
                raise
            finally:
                self.following = False
            self.problem = None
            self.signed_out = self.disk_full = False

    def _begun(self) -> None:
        """Have whoever comes from now on wait for another look than this one."""
        if self._next is asyncio.current_task():
            self._next = None

    async def _follow(self) -> None:
        await self._mirror.file.keep_in_place()
        await self._know_whose(even_of_nothing=True)
        for passes_left in reversed(range(_MOST_PASSES)):
            before = (await self._mirror.position()).checkpoint
            with contextlib.suppress(Overtaken):
                try:
                    new_tree, checkpoint = await self._pass(before)
                except ServiceTrouble:
                    # Broken off on its way, as long ones are: the rest is asked for.
                    got = (await self._mirror.position()).checkpoint
                    if passes_left and got != before:
                        continue
                    raise
                # A tree just filled in is followed by one more look: what was changed
                # while it was put together is not to be taken for gone.
                if new_tree and passes_left:
                    continue
                now = self._clock.now()
                complete = await self._mirror.settle(now, after=checkpoint)
                # What another acd-tui has learned of, the feed does not tell once more.
                if await self._mirror.changed_elsewhere() or complete:
                    self._changed(None)
                return
        # Only who came to the end himself knows that the tree is whole.
        raise Transient("another acd-tui is bringing the copy of the drive up to date")

    async def see_whose(self) -> None:
        """Make sure that what is known is of the drive of who is signed in now.

        Asks nobody as long as it is the sign-in that it was seen with.

        Raises:
            Transient: somebody else may have signed in, and nobody says whose drive it is.
            SignInNeeded, Denied: as the service says.
        """
        async with self._turn:
            await self._know_whose(even_of_nothing=False)

    async def _know_whose(self, *, even_of_nothing: bool) -> None:
        position = await self._mirror.position()
        if position.root is None:
            if even_of_nothing:
                await self.adopt()
        elif position.seal != await self._seal_on(position.root):
            # Of two who both go on with what they hold, each would begin it anew.
            await self._client.look_again()
            await self.adopt()

    async def adopt(self) -> None:
        """See whose drive it is: somebody else may have signed in since."""
        while True:
            whose = await self._client.seal()
            root = await self._client.nodes.root()
            seal = await self._seal_on(root.id)
            if whose == await self._client.seal():  # still the same one
                break
        if await self._mirror.adopt(root, seal=seal):
            self._changed(None)

    async def _seal_on(self, root: str) -> bytes:
        return await self._client.seal("root", root)

    async def _pass(self, checkpoint: str | None) -> tuple[bool, str | None]:
        """Follow one stream to its end.

        Returns:
            Whether it told of a new tree, and its last checkpoint.
        """
        try:
            return await self._stream(checkpoint)
        except BadRequest:
            if checkpoint is None:
                raise
            _log.warning("the service refuses the checkpoint; the tree is read anew")
            await self._mirror.lose_checkpoint()
            await self.adopt()  # it may not be the drive that it was
            return await self._stream(None)

    async def _stream(self, checkpoint: str | None) -> tuple[bool, str | None]:
        new_tree = False
        resetting = False
        from_nothing = checkpoint is None  # a line may not bring one
        lot = _Lot(self._mirror, self._clock, checkpoint)
        self._begun()
        try:
            async for change in self._client.changes.stream(checkpoint):
                # Lines with `reset` in a row are one reset.
                afresh = not resetting and (change.reset or from_nothing)
                from_nothing = False
                resetting = change.reset or afresh
                new_tree = new_tree or afresh
                if afresh:
                    await lot.take_in()
                lot.add(change, afresh=afresh)
                if lot.is_enough:
                    await lot.take_in()
            await lot.take_in()
        except AcdError:
            await lot.take_in()  # what came whole
            raise
        finally:
            concerned = lot.concerned
            if concerned is None or len(concerned) > _MOST_CONCERNED:
                self._changed(None)
            elif concerned:
                self._changed(frozenset(concerned))
        return new_tree, lot.checkpoint

    async def _keep_following(self) -> None:
        pause = self._interval
        failures = 0
        while True:
            try:
                await self.refresh()
                failures, pause = 0, self._interval
            except AcdError as error:
                failures += 1
                pause = min(_FIRST_PAUSE * 2 ** min(failures, 10), _LONGEST_PAUSE)
                if isinstance(error, Transient) and error.retry_after is not None:
                    pause = max(pause, error.retry_after)
                _log.info("the change feed: %s", error)
            except Exception:  # noqa: BLE001 - the background's border
                failures += 1
                pause = _LONGEST_PAUSE
                self.problem = "the change feed cannot be followed; see the log"
                _log.exception("the change feed")
            await self._pause(pause)

    async def _see_others(self) -> None:
        """Tell what other processes put into the mirror; it is known here, too, by then."""
        while True:
            await asyncio.sleep(_OTHERS_SECONDS)
            with contextlib.suppress(AcdError):  # who looks for something is told of it
                if await self._mirror.changed_elsewhere():
                    self._changed(None)
                    await asyncio.sleep(_OTHERS_REST)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            # Not `wait_for`, which may swallow a cancellation (CPython issue 86296).
            async with asyncio.timeout(seconds):
                await self._nudged.wait()
            await asyncio.sleep(_SETTLING)  # several changes, one look
        self._nudged.clear()

    def _seen(self, task: asyncio.Task[None]) -> None:
        """Take note of an error nobody may have waited for; `problem` tells of it."""
        self._looks.discard(task)
        if self._next is task:
            self._next = None  # cancelled before its turn
        if not task.cancelled():
            task.exception()


def _failed(task: asyncio.Task[None]) -> bool:
    """Whether one that has ended came to nothing."""
    return task.cancelled() or task.exception() is not None


class _Lot:
    """Lines of the feed that are stored as one.

    Nodes come in the order of nothing, so that each line touches pages of the indexes all
    over the file: a transaction for each writes most of the file again and again.

    Attributes:
        checkpoint: of the last line; None if there is none yet.
        concerned: the ids of the folders that look different now; None for possibly any.
    """

    def __init__(self, mirror: Mirror, clock: Clock, checkpoint: str | None) -> None:
        self._mirror, self._clock = mirror, clock
        self.concerned: set[str] | None = set()
        self._after = self.checkpoint = checkpoint
        self._nodes: list[Node] = []
        self._lines = 0
        self._afresh = False
        self._since = 0.0

    @property
    def is_enough(self) -> bool:
        """Whether it is time to store them: there are many, or the first has waited."""
        old = self._clock.monotonic() - self._since > _LOT_SECONDS
        return old or len(self._nodes) >= _LOT_NODES

    def add(self, change: ChangeSet, *, afresh: bool) -> None:
        """Take a line; one that begins a new tree has to be the first."""
        if not self._lines:
            self._afresh, self._since = afresh, self._clock.monotonic()
        self._lines += 1
        self._nodes += change.nodes
        # A line may come without a checkpoint; going on is from the last, but in a new
        # tree not from one of the old tree.
        if afresh or change.checkpoint:
            self.checkpoint = change.checkpoint

    async def take_in(self) -> None:
        """Store what there is."""
        if not self._lines:
            return
        change = ChangeSet(checkpoint=self.checkpoint, nodes=self._nodes)
        self._nodes, self._lines = [], 0
        folders = await self._mirror.follow(
            change, after=self._after, afresh=self._afresh
        )
        self._after = self.checkpoint
        if folders is None or self.concerned is None:
            self.concerned = None
        else:
            self.concerned |= folders
