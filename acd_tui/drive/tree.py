"""Paths to nodes: from the mirror where it knows, else from the service."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from acd_tui.api.errors import NodeNotFound
from acd_tui.api.models import Node
from acd_tui.clock import Clock
from acd_tui.drive.feed import Feed
from acd_tui.drive.lookup import Walk
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.drive.rows import AVAILABLE, Row, entry_of, row_of
from acd_tui.drive.search import Hit
from acd_tui.errors import Exists, FolderNotFound, NotFound, Transient
from acd_tui.events import EventBus
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.entry import Entry, Found
from acd_tui.vfs.news import Known, News
from acd_tui.vfs.path import VPath
from acd_tui.vfs.query import Query

if TYPE_CHECKING:
    from acd_tui.api.client import DriveClient

# Seconds for which a listing or the feed's word is taken without asking again.
_LISTING_FRESH = 30.0
_FEED_FRESH = 60.0
_GONE = frozenset({"TRASH", "PURGED"})


class Tree:
    """The account's nodes by their shown paths; also tells the bus what changed.

    Args:
        name: of the filesystem, for events.
        client: the account's.
        mirror: its local copy.
        encoder: shown names to API names and back.
        bus: gets `FoldersChanged`.
        clock: for the age of listings.
    """

    def __init__(
        self,
        name: str,
        client: DriveClient,
        mirror: Mirror,
        *,
        encoder: Encoder,
        bus: EventBus,
        clock: Clock,
    ) -> None:
        self._name = name
        self._client, self._mirror = client, mirror
        self._encoder, self._bus, self._clock = encoder, bus, clock
        self.feed = Feed(client, mirror, clock=clock, changed=self._changed)
        mirror.file.on_anew = self.feed.nudge
        self._since = clock.now()
        self._telling: set[asyncio.Task[None]] = set()
        # Sent whole, but not shown by the service when it was last asked.
        self._expected: set[VPath] = set()

    def start(self) -> None:
        """Follow the change feed in the background."""
        self.feed.start()

    async def stop(self) -> None:
        await self.feed.stop()
        for task in tuple(self._telling):
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    # Looking

    async def walk(self, path: VPath) -> Walk:
        """Follow a path as far as it goes, asking the service where that may help."""
        walk = await self._mirror.walk(path.parts, self._encoder)
        if walk.root is None:
            await self.feed.adopt()
            walk = await self._mirror.walk(path.parts, self._encoder)
        if len(walk.found) == len(path.parts):
            return walk
        if not walk.sure:
            return await self._looked_up(walk, path)
        if path in self._expected or not self._is_current(walk.checked):
            with contextlib.suppress(Transient):  # the mirror is what we have then
                return await self._looked_up(walk, path)
        return walk

    async def find(self, path: VPath) -> Row | None:
        """Return what is at a path other than the root, or None."""
        walk = await self.walk(path)
        return walk.found[-1] if len(walk.found) == len(path.parts) else None

    async def row(self, path: VPath) -> Row:
        """Return what is at a path, the root included.

        Raises:
            NotFound: nothing is.
        """
        row = await self._mirror.get(await self._root()) if path.is_root else None
        row = row or await self.find(path)
        if row is None:
            raise NotFound(f"there is no {path}")
        return row

    async def folder(self, path: VPath) -> tuple[str, ...]:
        """Return the ids of a folder and of all above it, from the root down.

        Raises:
            FolderNotFound: there is none.
        """
        return _folder_in(await self.walk(path), path)

    async def place(self, path: VPath) -> tuple[str, Row | None]:
        """Return the id of the folder that a path is in, and what is there now.

        Args:
            path: other than the root.

        Raises:
            FolderNotFound: there is no such folder.
        """
        walk = await self.walk(path)
        folder = _folder_in(walk, path.parent)[-1]
        there = walk.found[-1] if len(walk.found) == len(path.parts) else None
        return folder, there

    async def list(self, path: VPath) -> Sequence[Entry]:
        """List a folder.

        Raises:
            FolderNotFound: there is none.
        """
        known = await self._mirror.listing(path.parts, self._encoder)
        if known.entries is not None and self._is_fresh(known.listed):
            return known.entries
        try:
            return await self._listed(path, (await self.folder(path))[-1])
        except Transient:
            if known.entries is not None:
                return known.entries
            raise

    async def list_now(self, path: VPath) -> Sequence[Entry]:
        """List a folder by the service's own word; see `Attesting`."""
        folder = (await self.folder(path))[-1]
        rows = [
            row_of(node)
            async for page in self._client.nodes.children(folder)
            for node in page
            if folder in node.parents and node.status not in _GONE
        ]
        self.feed.nudge()  # there may be what the mirror does not know
        return [entry_of(row, self._encoder) for row in rows if row is not None]

    async def news(self, path: VPath, known: Known) -> News | None:
        """Say how a folder differs from an earlier listing; see `Renewing`."""
        heard = await self._mirror.news(path.parts, known, self._encoder)
        return heard.news if self._is_fresh(heard.listed) else None

    async def glance(self, path: VPath, count: int) -> Sequence[Entry]:
        """Return the start of a large folder that the mirror knows, at once."""
        return await self._mirror.glance(path.parts, self._encoder, count)

    async def search(self, query: Query, limit: int) -> Sequence[Found]:
        """Return what the mirror knows that matches."""
        return [
            self.found(hit, trashed=query.trashed)
            for hit in await self._mirror.search(query, limit, self._encoder)
        ]

    def found(self, hit: Hit, *, trashed: bool = False) -> Found:
        """Return a node that was found as it is shown."""
        return Found(
            entry=entry_of(hit.row, self._encoder),
            folder=self.shown(hit.folder),
            trashed=trashed,
        )

    # Learning

    async def learn(self, node: Node, *, own: bool = True) -> Row:
        """Take in the service's answer to a change of ours, and tell everybody.

        Args:
            node: of its answer.
            own: False if we only asked.
        """
        row = row_of(node)
        if row is None or not (node.parents or node.is_root):
            # Answers of some calls are not the whole node (amazon-drive-api.md §4.13).
            node = await self._client.nodes.get(node.id)
            row = row_of(node)
        self._publish(await self._mirror.learn([node], own=own))
        self.feed.nudge()
        if row is None:
            raise NotFound("the service shows something that is no file and no folder")
        return row

    async def look_again(self, node_id: str) -> Row | None:
        """Ask the service for a node that may not be what it was; None if it is gone.

        Raises:
            Transient: somebody in between may have said so.
        """
        try:
            return await self.learn(await self._client.nodes.get(node_id), own=False)
        except NodeNotFound as error:
            # The feed never tells again of what is there and was forgotten.
            if error.code is None and await self._is_listed(node_id):
                raise Transient(
                    "the service shows a file, and says it is gone"
                ) from error
            await self._mirror.forget(node_id)
            self._changed(None)
            return None

    async def _is_listed(self, node_id: str) -> bool:
        row = await self._mirror.get(node_id)
        if row is None or row.parent is None:
            return False
        try:
            node = await self._client.nodes.lookup(row.parent, row.name)
        except NodeNotFound:
            return True  # whoever says that of a list has none
        return node is not None and node.id == node_id

    async def ask(self, path: VPath) -> Row | None:
        """Return what is at a path other than the root by the service's own word."""
        asked: set[str] = set()
        while len((walk := await self.walk(path)).found) == len(path.parts):
            row = walk.found[-1]
            # In the trash with its folder: one of those above may be, unknown to us.
            in_trash = row.id in asked and row.state != AVAILABLE
            wanted = walk.found if in_trash else (row,)
            unasked = [each.id for each in wanted if each.id not in asked]
            if not unasked:
                return row
            for node_id in unasked:  # by their ids: lists may be behind themselves
                await self.look_again(node_id)
            asked.update(unasked)
        walk = await self._looked_up(await self.walk(path.parent), path)
        return walk.found[-1] if len(walk.found) == len(path.parts) else None

    async def must_be_free(self, path: VPath, *, besides: str | None = None) -> None:
        """Make sure that nothing is at `path` but perhaps the node `besides`.

        Raises:
            Exists: something is.
        """
        row = await self.find(path)
        if row is None or row.id == besides:
            return
        await self.look_again(row.id)  # the mirror may be behind
        row = await self.find(path)
        if row is not None and row.id != besides:
            raise Exists(f"{path} is there already")

    def expect(self, path: VPath) -> None:
        """Have the service asked for `path` each time until something is there."""
        self._expected.add(path)

    def shown(self, api_names: Sequence[str]) -> VPath:
        """Return the path that API names from the root down are shown as."""
        return VPath(tuple(self._encoder.decode(name) for name in api_names))

    async def _root(self) -> str:
        root = (await self.walk(VPath())).root
        assert root is not None
        return root

    async def _looked_up(self, walk: Walk, path: VPath) -> Walk:
        found = list(walk.found)
        folder = walk.id(len(found))
        for name in path.parts[len(found) :]:
            if folder is None or (found and not found[-1].is_folder):
                break
            if not self._encoder.can_encode(name):
                break
            node = await self._client.nodes.lookup(folder, self._encoder.encode(name))
            row = None if node is None or node.status != "AVAILABLE" else row_of(node)
            if node is None or row is None:
                break
            await self._mirror.note([node])
            found.append(row)
            folder = row.id
        if len(found) == len(path.parts):
            self._expected.discard(path)
        return Walk(walk.root, tuple(found), sure=True)

    async def _current(self) -> bool:
        """Whether the feed has spoken since we started, and lately."""
        return self._is_current((await self._mirror.position()).checked)

    def _is_fresh(self, listed: float | None) -> bool:
        """Whether what the mirror knows of a folder is taken without asking again."""
        # What another run of the program listed may have been changed by it since.
        fresh = max(self._since, self._clock.now() - _LISTING_FRESH)
        return listed is None or listed > fresh

    def _is_current(self, checked: float | None) -> bool:
        return checked is not None and checked >= max(
            self._since, self._clock.now() - _FEED_FRESH
        )

    async def _listed(self, path: VPath, folder: str) -> Sequence[Entry]:
        nodes: list[Node] = []
        async for page in self._client.nodes.children(folder):
            # Rows of other folders show up after a move (amazon-drive-api.md §5.5).
            nodes += [node for node in page if folder in node.parents]
            known = await self._mirror.listing(path.parts, self._encoder)
            if known.entries is not None and known.listed is None:
                return known.entries  # the feed was faster
        entries = await self._mirror.learn_children(
            folder, nodes, now=self._clock.now(), encoder=self._encoder
        )
        if await self._current():
            return entries
        # An earlier run may have been ended in the middle of the feed: what it was told
        # then stays in the mirror until the feed goes on, and may be gone by now.
        listed = {node.id for node in nodes}
        return [entry for entry in entries if entry.id in listed]

    def _changed(self, folders: frozenset[str] | None) -> None:
        if folders is None:
            self._publish(None)
            return
        task = asyncio.get_running_loop().create_task(self._tell(folders))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, folders: frozenset[str]) -> None:
        if folders:
            self._publish(await self._mirror.paths(folders))

    def _publish(self, paths: frozenset[tuple[str, ...]] | None) -> None:
        """Tell that folders changed, given by their API names; None for possibly any."""
        shown = None if paths is None else frozenset(map(self.shown, paths))
        if shown is None or shown:
            self._bus.publish(FoldersChanged(self._name, shown))


def _folder_in(walk: Walk, path: VPath) -> tuple[str, ...]:
    """Return the ids along a path that was walked at least so far, from the root on."""
    rows = walk.found[: len(path.parts)]
    if len(rows) < len(path.parts) or not all(row.is_folder for row in rows):
        raise FolderNotFound(f"there is no folder {path}")
    assert walk.root is not None
    return (walk.root, *(row.id for row in rows))
