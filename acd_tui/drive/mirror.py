"""The local copy of an account's tree of nodes.

What the service said last about each node, found by id, by parent, and by path. The
tree may hold anything a service can say: nodes before their parents, several parents,
cycles, one name twice. Only what is reachable from the root through folders that are
not in the trash is ever shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import (
    Callable,
    Collection,
    Mapping,
    Sequence,
)
from pathlib import Path
from typing import TypeVar

from acd_tui.api.models import ChangeSet, Node, Remembered
from acd_tui.clock import Clock, SystemClock
from acd_tui.db import Database, DatabaseError, database_size
from acd_tui.drive import (
    belonging,
    chronicle,
    folders,
    learning,
    lookup,
    new_tree,
    news,
    owner,
    shares,
    statements,
    surveying,
    usage,
)
from acd_tui.drive.copies import contents, copies
from acd_tui.drive.folders import Listing
from acd_tui.drive.lookup import Position, Walk
from acd_tui.drive.mending import Mended
from acd_tui.drive.names import Encoder
from acd_tui.drive.news import Heard, Touched
from acd_tui.drive.rows import (
    SHOWN,
    Row,
    entries_of,
    row_of,
)
from acd_tui.drive.search import Hit
from acd_tui.drive.searcher import Searcher
from acd_tui.mailbox import Gathering
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.news import Known
from acd_tui.vfs.path import VPath
from acd_tui.vfs.query import Query
from acd_tui.vfs.survey import Seal, Survey
from acd_tui.vfs.timeline import Timeline
from acd_tui.vfs.usage import Asked, Usages

_log = logging.getLogger(__name__)
T = TypeVar("T")

_MOST_WALKS = 1000
_PATIENCE = 0.5  # seconds


class Overtaken(Exception):
    """Another process has followed the feed meanwhile."""


class _Lesson:
    """Nodes that are learned of at a time, and what takes them in."""

    taken_in: asyncio.Task[frozenset[tuple[str, ...]] | None]

    def __init__(self) -> None:
        self.nodes: list[Node] = []


class Mirror:
    """See the module.

    Args:
        db: opened by the caller, who closes it.
        clock: says when a change was learned of.

    Attributes:
        file: where it is kept; says whether that was damaged.
    """

    def __init__(self, db: Database, *, clock: Clock = SystemClock()) -> None:
        self._clock = clock
        self.file = Mended(db)
        self.file.changed = self._changed_file
        # Ways that were walked since the last change: a transfer walks its own thrice.
        self._walks: dict[tuple[str, ...], Walk] = {}
        self._walked_at = (-1, -1)
        self._ways = folders.Ways()
        # What transfers learn goes into the tables together: most of its price is for
        # each time, not for each node.
        self._lessons: dict[bool, _Lesson] = {}
        self._taking_in: set[asyncio.Task[frozenset[tuple[str, ...]] | None]] = set()
        self._learning = asyncio.Lock()
        self._gathering = Gathering()
        self._searcher = Searcher(db)
        self._log = news.Log()
        self._moment: lookup.Moment | None = None

    @classmethod
    def open(cls, path: Path, *, clock: Clock = SystemClock()) -> Mirror:
        """Open the mirror in `path`, begun anew if it is damaged. Blocks for a moment.

        Raises:
            Denied: the file cannot be opened.
            DatabaseError: it was written by a newer version of the program.
        """
        file = Mended.open(path)
        mirror = cls(file.db, clock=clock)
        mirror.file = file
        file.changed = mirror._changed_file
        return mirror

    async def close(self) -> None:
        """Close the file, if it was opened here."""
        # Whoever gave something to be learned may have given up waiting for it.
        await asyncio.gather(*self._taking_in, return_exceptions=True)
        self._searcher.stop()
        await asyncio.to_thread(self.file.close)

    def _changed_file(self, db: Database) -> None:
        self._walked_at = (-1, -1)
        self._log = news.Log()  # its numbers begin anew
        self._searcher.stop()
        self._searcher = Searcher(db)

    # Where it stands

    async def position(self) -> Position:
        return await self._read(lookup.read_position)

    async def count(self) -> int:
        """Return how many nodes it holds."""

        def work(connection: sqlite3.Connection) -> int:
            (count,) = connection.execute("SELECT count(*) FROM node").fetchone()
            position = lookup.read_position(connection)
            if position.filling and not position.complete:
                count = max(count, new_tree.count(connection))
            return int(count)

        return await self._read(work)

    async def size(self) -> int:
        """Return how many bytes it takes on disk, its journal included."""
        return await asyncio.to_thread(database_size, self.file.db.path)

    async def recall(self) -> Remembered | None:
        """Return where the account lives, as far as that was kept."""
        with contextlib.suppress(DatabaseError):
            return await self._read(owner.recall)
        return None

    async def remember(self, answer: Remembered | None) -> None:
        """Keep where the account lives, unless that is trouble; see `api.hosts`."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._write(lambda c: owner.remember(c, answer))
        except (TimeoutError, DatabaseError) as error:
            _log.info("where the account lives is not kept: %s", error)

    async def is_of(self, seal: Callable[[str], bytes] | None) -> bool:
        """Whether it may be shown to who is signed in; see `drive.belonging`."""
        return await self._read(lambda c: belonging.is_of(c, seal))

    async def adopt(self, root: Node, *, seal: bytes | None = None) -> bool:
        """Make `root` the tree's root; say whether it was another one's tree.

        Args:
            root: of the account.
            seal: of the sign-in that it was shown to; None if it is not known whose.
        """
        return await self._change(
            lambda c, touched: owner.adopt(c, root, seal, touched)
        )

    # Looking things up

    async def walk(self, parts: Sequence[str], encoder: Encoder) -> Walk:
        """Follow the shown names `parts` from the root."""
        if not all(map(encoder.is_plain, parts)):
            # It may look through whole folders.
            return await self._read(lambda c: lookup.walk_down(c, parts, encoder))

        async def here() -> Walk:
            version = self.file.db.version_here()
            if version != self._walked_at or len(self._walks) > _MOST_WALKS:
                self._walks.clear()
                self._walked_at = version
            return self._walk_here(tuple(parts), encoder)

        return await self.file.guarded(here)

    def _walk_here(self, parts: tuple[str, ...], encoder: Encoder) -> Walk:
        """`walk` from where it leads through a folder that was walked to before."""
        if (walk := self._walks.get(parts)) is not None:
            return walk
        above = self._walk_here(parts[:-1], encoder) if parts else None
        if above is not None and above.is_folder(len(parts) - 1):
            walk = self.file.db.read_here(
                lambda c: lookup.walk_on(c, above, parts[-1], encoder), once=True
            )
        else:
            walk = self.file.db.read_here(lambda c: lookup.walk_down(c, parts, encoder))
        self._walks[parts] = walk
        return walk

    async def listing(self, parts: Sequence[str], encoder: Encoder) -> Listing:
        """List the folder at the shown names `parts`."""
        ways = self._ways
        return await self._read(lambda c: folders.listing(c, parts, encoder, ways))

    async def news(self, parts: Sequence[str], known: Known, encoder: Encoder) -> Heard:
        """Say how the folder at the shown names `parts` differs from a listing of it."""
        log = self._log
        return await self._read(lambda c: news.hear(c, parts, known, encoder, log=log))

    async def glance(
        self, parts: Sequence[str], encoder: Encoder, count: int
    ) -> Sequence[Entry]:
        """Return the first children by name of a folder that has more than `count`."""
        return await self._read(lambda c: folders.glance(c, parts, encoder, count))

    async def files(
        self, parts: Sequence[str], names: Collection[str], encoder: Encoder
    ) -> Mapping[str, Entry]:
        """Return files of a folder by their names; see `folders.files`."""
        return await self._read(lambda c: folders.files(c, parts, names, encoder))

    async def survey(
        self, paths: Sequence[VPath], encoder: Encoder
    ) -> Sequence[Survey | None]:
        """Return what folders hold; see `drive.surveying`."""
        return await self._read(lambda c: surveying.survey(c, paths, encoder))

    async def seals(
        self, paths: Sequence[VPath], encoder: Encoder
    ) -> Sequence[bytes | None]:
        """Return what seals of folders say; see `Sealing`."""
        return await self._read(lambda c: surveying.seals(c, paths, encoder))

    async def seal(self, seals: Sequence[Seal], encoder: Encoder) -> None:
        """Seal folders, unless that would have to wait; see `learn_children`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._write(lambda c: surveying.seal(c, seals, encoder))

    async def holding(self, md5: str, *, besides: str | None) -> tuple[str, ...] | None:
        """Return the API names of a file with that content, other than one by its id."""
        values = (bytes.fromhex(md5), besides)

        def work(connection: sqlite3.Connection) -> tuple[str, ...] | None:
            found = connection.execute(statements.HOLDING, values)
            paths = (lookup.path_of(connection, node_id) for (node_id,) in found)
            return next((path for path in paths if path is not None), None)

        def any_is(connection: sqlite3.Connection) -> bool:
            return bool(connection.execute(statements.HOLDING, values).fetchall())

        if not self.file.db.read_here(any_is, once=True):
            return None  # as mostly
        return self.file.db.read_here(work)

    async def copies(
        self, folder: VPath, of: Collection[str] | None, encoder: Encoder
    ) -> Sequence[Hit]:
        """Return files by their contents; see `drive.copies`."""
        return await self.file.known(
            lambda: self.file.db.read(lambda c: copies(c, folder, of, encoder))
        )

    async def contents(self, folder: VPath, encoder: Encoder) -> frozenset[str]:
        """Return the MD5s of the files below a folder; see `drive.copies`."""
        return await self._read(lambda c: contents(c, folder, encoder))

    async def get(self, node_id: str) -> Row | None:
        """Return a node, whatever its state."""
        return await self._read(lambda c: lookup.by_id(c, node_id))

    async def is_linked(self, node_id: str) -> bool:
        """Whether several folders hold a node, as far as is known."""

        def work(connection: sqlite3.Connection) -> bool:
            found = connection.execute(statements.IS_LINKED, (node_id,))
            return found.fetchone() is not None

        return await self._read(work)

    async def trashed(self) -> Sequence[tuple[Row, tuple[str, ...] | None]]:
        """Return what was trashed by itself, with the API names of where it was."""

        def work(
            connection: sqlite3.Connection,
        ) -> Sequence[tuple[Row, tuple[str, ...] | None]]:
            rows = [Row(*row) for row in connection.execute(statements.TRASHED)]
            return [(row, lookup.path_of(connection, row.parent)) for row in rows]

        return await self._read(work)

    async def search(self, query: Query, limit: int, encoder: Encoder) -> Sequence[Hit]:
        """Return what is reachable and matches; see `drive.search`."""
        return await self.file.known(
            lambda: self._searcher.search(query, limit, encoder)
        )

    async def usage(self, folder: VPath, encoder: Encoder, asked: Asked) -> Usages:
        """Return what the children of a folder take; see `drive.shares`."""
        return await self.file.known(
            lambda: self.file.db.read(
                lambda c: shares.usages(c, folder, encoder, asked)
            )
        )

    # What changed

    async def timeline(self, encoder: Encoder, limit: int) -> Timeline:
        """Return what changed; see `drive.chronicle`."""
        return await self._read(lambda c: chronicle.timeline(c, encoder, limit))

    async def mark_seen(self, number: int) -> None:
        """Note up to which change the user was shown them."""
        now = self._clock.now()
        await self._write(lambda c: chronicle.mark_seen(c, number, now))

    async def whereabouts(self, node_id: str) -> tuple[str, ...] | None:
        """Return a node's API names from the root; None if it is in sight nowhere."""
        return await self._read(lambda c: chronicle.whereabouts(c, node_id))

    async def path(self, node_id: str) -> tuple[str, ...] | None:
        """Return a node's API names from the root; None if it is not below it."""
        return await self._read(lambda c: lookup.path_of(c, node_id))

    async def paths(self, ids: Collection[str]) -> frozenset[tuple[str, ...]]:
        """Return the paths of those nodes that are reachable."""
        return await self._read(lambda c: lookup.paths_of(c, ids))

    # Learning

    async def learn(
        self, nodes: Sequence[Node], *, own: bool = False
    ) -> frozenset[tuple[str, ...]] | None:
        """Take in what the service answered.

        Args:
            nodes: of its answer.
            own: whether it answered to a change of ours.

        Returns:
            The paths of the folders whose content changed, by that or by what others
            gave meanwhile; None for possibly any.
        """
        lesson = self._lessons.get(own)
        if lesson is None:
            lesson = self._lessons[own] = _Lesson()
            lesson.taken_in = asyncio.create_task(self._take_in(lesson, own=own))
            self._taking_in.add(lesson.taken_in)
            lesson.taken_in.add_done_callback(self._taking_in.discard)
        lesson.nodes += nodes
        return await asyncio.shield(lesson.taken_in)

    async def _take_in(
        self, lesson: _Lesson, *, own: bool
    ) -> frozenset[tuple[str, ...]] | None:
        """Do what `learn` says with all that came while the last lesson was taken in."""
        async with self._learning:
            await self._gathering.wait(lesson.nodes)
            del self._lessons[own]

            def work(
                connection: sqlite3.Connection, touched: Touched
            ) -> frozenset[tuple[str, ...]] | None:
                now = self._clock.now()
                concerned = learning.learn(
                    connection,
                    lesson.nodes,
                    fed=False,
                    own=own,
                    now=now,
                    touched=touched,
                )
                if concerned is None:
                    return None
                return lookup.paths_of(connection, concerned)

            return await self._change(work)

    async def learn_children(
        self, folder: str, nodes: Sequence[Node], *, now: float, encoder: Encoder
    ) -> Sequence[Entry]:
        """Take in a folder's children as just listed, and return its listing.

        What only an earlier listing put into that folder, and this one does not show,
        is forgotten; what the feed told of is the feed's to take away. While a new tree
        takes its place, which keeps the file for seconds, nobody waits: nothing is
        taken in then.
        """

        def work(connection: sqlite3.Connection, touched: Touched) -> Sequence[Entry]:
            learning.store(connection, nodes, fed=False, touched=touched)
            learning.forget_unlisted(connection, folder, nodes, touched)
            connection.execute("REPLACE INTO listed VALUES (?, ?)", (folder, now))
            return lookup.entries_in(connection, folder, encoder)

        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._change(work)
        except TimeoutError:
            return entries_of(
                [row for row in map(row_of, nodes) if row and row.state in SHOWN],
                encoder,
            )

    async def note(self, nodes: Sequence[Node]) -> None:
        """Take in what was looked up, unless that would have to wait; see above."""

        def work(connection: sqlite3.Connection, touched: Touched) -> None:
            learning.store(connection, nodes, fed=False, touched=touched)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._change(work)

    async def forget(self, node_id: str) -> None:
        """Drop a node that the service does not know any more."""

        def work(connection: sqlite3.Connection, touched: Touched) -> None:
            now = self._clock.now()
            learning.forget(connection, node_id, now=now, touched=touched)

        await self._change(work)

    async def follow(
        self, change: ChangeSet, *, after: str | None, afresh: bool
    ) -> frozenset[str] | None:
        """Take in a line of the feed together with its checkpoint.

        Args:
            change: the line.
            after: the checkpoint that it continues.
            afresh: whether a new tree begins with it. The old one stays in sight until
                `settle`.

        Returns:
            The ids of the folders whose content changed; None for possibly any.

        Raises:
            Overtaken: the mirror is not at `after` any more.
        """

        def work(
            connection: sqlite3.Connection, touched: Touched
        ) -> frozenset[str] | None:
            position = lookup.read_position(connection)
            if position.checkpoint != after:
                raise Overtaken
            filling = position.filling
            if afresh:
                filling = max(position.generation, position.filling) + 1
                connection.execute("UPDATE position SET filling = ?", (filling,))
                new_tree.begin(connection)
            learning.take_root(connection, change.nodes, position)
            if filling:
                new_tree.add(connection, change.nodes, filling)
                concerned: frozenset[str] | None = frozenset()
            else:
                now = self._clock.now()
                concerned = learning.learn(
                    connection, change.nodes, fed=True, now=now, touched=touched
                )
            connection.execute(
                "UPDATE position SET checkpoint = ?", (change.checkpoint,)
            )
            return concerned

        return await self._change(work)

    async def settle(self, now: float, *, after: str | None) -> bool:
        """Note that the feed was followed to its end; say if a new tree is complete.

        Args:
            now: the time.
            after: the checkpoint that the end came after.

        Raises:
            Overtaken: the mirror is not at `after` any more.
        """

        def work(connection: sqlite3.Connection, touched: Touched) -> bool:
            position = lookup.read_position(connection)
            if position.checkpoint != after:
                raise Overtaken
            filling = position.filling
            if filling:
                touched.lose_track()
                if position.complete:
                    chronicle.set_aside(connection)
                new_tree.take_over(connection, filling)
                connection.execute(statements.CLEAR_LISTED)
                connection.execute(statements.CLEAR_TOTALS)
                connection.execute(statements.COMPLETE)
                if position.complete:
                    chronicle.record_new_tree(connection, now)
            connection.execute("UPDATE position SET checked = ?", (now,))
            return bool(filling)

        complete = await self._change(work)
        await self._write(usage.bring_up_to_date)
        if complete:
            self.file.problem = None
        return complete

    async def changed_elsewhere(self) -> bool:
        """Say whether another process may have changed the tree since the last call."""
        now = await self._read(lambda c: lookup.moment(c, None))
        then, self._moment = self._moment, now
        if then is None or self._log.made_all(then.edition, now.edition):
            return False
        # Of ours, the last one may be in the file and not in the log yet.
        await self._write(lambda _: None)
        return not self._log.made_all(then.edition, now.edition)

    async def lose_checkpoint(self) -> None:
        """Have the feed begin at the beginning: the service refuses the checkpoint."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE position SET checkpoint = NULL")

        await self._write(work)

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self.file.guarded(lambda: self.file.db.read(work))

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self.file.guarded(lambda: self.file.db.write(work))

    async def _change(self, work: Callable[[sqlite3.Connection, Touched], T]) -> T:
        """`_write` what changes nodes, and remember whose folders look different."""
        touched = Touched()

        def remembered(connection: sqlite3.Connection) -> T:
            touched.begin(connection)
            result = work(connection, touched)
            touched.end(connection)
            return result

        result = await self._write(remembered)
        self._log.note(touched)
        return result
