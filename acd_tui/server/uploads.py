"""A file's content on its way in, and the node that is made of it.

An upload whose client has named it (`localId`) and said how long it will be can be gone on
with when it breaks off: as soon as some of it is on disk it is written down in `partials`.
What broke off is kept; what we refuse is not.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import sqlite3
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import msgspec
from starlette.requests import ClientDisconnect

from acd_tui.db import DatabaseError
from acd_tui.server import index, partials, wire
from acd_tui.server.disk import Busy, Incoming, Piece, Stored
from acd_tui.server.names import free_name
from acd_tui.server.partials import Partial
from acd_tui.server.storage import Storage
from acd_tui.server.tokens import Grant
from acd_tui.server.tree import NewContent, Tree, new_id
from acd_tui.server.wire import NodeRow

_BATCH = 2 * 1024 * 1024  # half of it costs a tenth more
_ASK_EARLY = 1024 * 1024  # from here a refusal shall not wait for the end

_log = logging.getLogger(__name__)


class CutOff(wire.ApiFault):
    """400, the body ended too early: what has come may be gone on with."""


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an upload shall become.

    Attributes:
        metadata: checked; `local_id` too.
        content_type: of the content.
        size: bytes, as announced.
        md5: lower-case hex, as announced.
        deduplicate: refuse what some file holds already.
        rename: take another name if this one is taken.
        content_date: when a picture was taken, in milliseconds since 1970.
    """

    metadata: dict[str, Any]
    content_type: str
    size: int | None = None
    md5: str | None = None
    deduplicate: bool = True
    rename: bool = False
    content_date: int | None = None

    @property
    def resumable(self) -> bool:
        return "local_id" in self.metadata and bool(self.size)


class Upload:
    """One file's content on its way in; constant memory.

    Bytes are hashed and written in batches by a thread, while the next batch arrives.
    As a context manager it leaves nothing behind if an error ends the block, but for what
    can be gone on with.

    Attributes:
        size: how many bytes there are.
        plan: what it shall become, as soon as that is known.
        refusal: asked now and then, so that what will be refused is refused before all of
            a large file has come; raises.
    """

    def __init__(
        self, storage: Storage, grant: Grant, resumed: Incoming | None = None
    ) -> None:
        self.plan: Plan | None = None
        self.refusal: Callable[[Tree], object] | None = None
        self._storage = storage
        self._grant = grant
        self._file = resumed
        self._is_known = resumed is not None
        self.size = resumed.size if resumed else 0
        self._ask_at = self.size + _ASK_EARLY
        self._batch: list[Piece] = []
        self._batched = 0
        self._writing: asyncio.Future[None] | None = None
        self._settled = False

    async def write(self, data: Piece) -> None:
        """Take some bytes.

        Raises:
            ApiFault: no room for them; there are more than announced; or see `refusal`.
        """
        self._batch.append(data)
        self._batched += len(data)
        self.size += len(data)
        if self._batched < _BATCH:
            return
        if self.plan is not None and self.size > (self.plan.size or self.size):
            raise _wrong_size(self.plan.size)
        await self._written()
        self._writing = asyncio.ensure_future(
            self._storage.in_thread(self._write, self._taken())
        )
        if self.refusal is not None and self.size >= self._ask_at:
            self._ask_at *= 2
            await self._storage.ask(self._grant, self.refusal)

    async def commit(self, work: Callable[[Tree, Stored], NodeRow]) -> NodeRow:
        """Make all that was written durable, and then the node that refers to it.

        Raises:
            ApiFault: no room; not what was announced; or `work` refuses.
        """
        await self._written()
        with _named_errors():
            if self._file is None and self._storage.small.takes(self.size):
                row = await self._commit_small(work)
            else:
                last = self._taken()
                row = await self._storage.in_thread(self._commit, last, work)
        if (row.content_type or "").startswith("image/"):
            self._storage.new_pictures.set()
        return row

    async def leave(self) -> None:
        """Keep what has come, so that it can be gone on with."""
        await self._idle()
        await self._storage.in_thread(self._leave, self._taken())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Of a cancelled upload nobody knows whether its node is being committed: what
        # is left of it is sorted out at the next start.
        if self._settled or not isinstance(error, Exception):
            return
        if isinstance(error, CutOff | ClientDisconnect) and (
            self.plan is not None and self.plan.resumable
        ):
            await self.leave()
        elif self._file is not None:
            await self._idle()
            await self._storage.in_thread(self._discard)

    async def _written(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            with _named_errors():
                await writing

    async def _idle(self) -> None:
        if self._writing is not None:
            await asyncio.wait({self._writing})
            with contextlib.suppress(OSError, wire.ApiFault):
                await self._writing

    def _taken(self) -> list[Piece]:
        batch, self._batch, self._batched = self._batch, [], 0
        return batch

    async def _commit_small(self, work: Callable[[Tree, Stored], NodeRow]) -> NodeRow:
        pieces = self._taken()
        user, now, plan = self._grant.user, self._storage.now(), self.plan
        if plan is not None and plan.size not in {None, self.size}:
            raise _wrong_size(plan.size)

        def make(db: sqlite3.Connection, stored: Stored) -> NodeRow:
            if plan is not None and plan.md5 not in {None, stored.md5}:
                raise _wrong_md5()
            return work(Tree(db, user, now), stored)

        self._settled = True  # it cleans up behind itself
        return await self._storage.small.commit(pieces, make)

    # What follows blocks, in a thread.

    @property
    def _incoming(self) -> Incoming:
        if self._file is None:
            self._file = self._storage.content.incoming()
        return self._file

    def _write(self, batch: list[Piece]) -> None:
        self._incoming.write(batch)
        if not self._is_known and self.plan is not None and self.plan.resumable:
            self._write_down(self.plan)

    def _commit(
        self, last: list[Piece], work: Callable[[Tree, Stored], NodeRow]
    ) -> NodeRow:
        self._incoming.write(last)
        if self.plan is not None:
            if self.plan.size not in {None, self._incoming.size}:
                raise _wrong_size(self.plan.size)
            if self.plan.md5 not in {None, self._incoming.md5()}:
                raise _wrong_md5()
        stored = self._incoming.finish()
        user, now = self._grant.user, self._storage.now()
        try:
            row = self._storage.db.write_now(
                lambda db: work(Tree(db, user, now), stored)
            )
        except DatabaseError:
            # Of a disk that fails nobody can say what the journal will bring back: the
            # next start sees to it.
            self._settled = True
            self._incoming.close()
            raise
        self._settled = True
        try:
            self._incoming.settle()
        except OSError:
            _log.exception("what is left of an upload stays until the next start")
        return row

    def _leave(self, last: list[Piece]) -> None:
        self._settled = True
        try:
            self._incoming.write(last)
            if not self._is_known:
                if not self._incoming.size or self.plan is None:
                    self._discard()
                    return
                self._write_down(self.plan)
            name, now = self._incoming.id, self._storage.now()
            self._storage.db.write_now(lambda db: partials.touch(db, name, now))
        except (OSError, DatabaseError):
            _log.exception("what came last of an upload that broke off is lost")
        except wire.ApiFault:
            self._discard()  # over quota, or another upload has that name
        finally:
            self._incoming.close()

    def _discard(self) -> None:
        if self._is_known:
            name = self._incoming.id
            self._storage.db.write_now(lambda db: partials.forget(db, name))
        self._incoming.discard()

    def _write_down(self, plan: Plan) -> None:
        """Have the index know the upload, so that it can be gone on with."""
        self._incoming.keep()
        storage, grant, now = self._storage, self._grant, self._storage.now()
        new = Partial(
            *(0, grant.user, grant.owner, new_id(), plan.metadata["local_id"]),
            *(self._incoming.id, plan.size or 0, plan.md5),
            *(msgspec.json.encode(plan).decode(), now, now),
        )

        def work(db: sqlite3.Connection) -> None:
            partials.remember(db, storage.content, new)
            if storage.quota is not None and index.used(db, grant.user) > storage.quota:
                raise wire.over_quota()

        storage.db.write_now(work)
        self._is_known = True


async def resumed(storage: Storage, grant: Grant, known: Partial, start: int) -> Upload:
    """Go on with an upload.

    Raises:
        ApiFault: 404 it is gone; 429 somebody else is at it; 416 it does not go on there.
    """

    def work() -> Incoming:
        try:
            incoming = Incoming.resumed(storage.content, known.content)
        except FileNotFoundError:
            raise wire.node_not_found() from None
        except Busy:
            raise wire.fault(
                429, "Concurrent Access on same node. Please back off."
            ) from None
        try:
            now, received = storage.now(), goes_on_at(known, incoming.size)
            if not storage.db.write_now(
                lambda db: partials.touch(db, known.content, now)
            ):
                raise wire.node_not_found()  # done or given up a moment ago
            if start != received:
                raise _wrong_place(known, received)
            incoming.cut(received)
        except BaseException:
            incoming.close()
            raise
        return incoming

    upload = Upload(storage, grant, await storage.in_thread(work))
    upload.plan = msgspec.json.decode(known.plan, type=Plan)
    return upload


def goes_on_at(known: Partial, received: int) -> int:
    """The place from which the rest of an upload is wanted.

    Of one that has all its bytes but whose end was not seen the last one is wanted again:
    nothing at all cannot be sent.
    """
    return min(received, known.size - 1)


async def new_file(upload: Upload, storage: Storage, grant: Grant) -> NodeRow:
    """Make a file of an upload, as its plan says.

    Raises:
        ApiFault: see `Tree.create`; over quota; or its content is there already.
    """
    plan = upload.plan
    assert plan is not None

    def work(tree: Tree, stored: Stored) -> NodeRow:
        if plan.deduplicate:
            tree.refuse_twin(stored.md5)
        parents = tree.parents(plan.metadata.get("parents", ()))
        given = plan.metadata
        if plan.rename:
            name = free_name(tree.connection, given["name"], parents)
            given = given | {"name": name}
        content = NewContent(stored, plan.content_type, plan.content_date)
        row = tree.create("FILE", given, parents, grant.owner, content=content)
        tree.refuse_over(storage.quota, stored.size, counted=True)
        return row

    return await upload.commit(work)


def refusal(upload: Upload, storage: Storage, grant: Grant) -> Callable[[Tree], None]:
    """What `new_file` would say; asked while the content comes."""

    def work(tree: Tree) -> None:
        plan = upload.plan
        if plan is None:
            return
        if not plan.resumable:  # else it counts already
            tree.refuse_over(storage.quota, plan.size or upload.size)
        if "local_id" in plan.metadata:
            partials.refuse_used(
                tree.connection, grant.user, grant.owner, plan.metadata["local_id"]
            )
        parents = tree.parents(plan.metadata.get("parents", ()))
        if not plan.rename:
            tree.refuse_name(plan.metadata["name"], parents)

    return work


async def new_content(
    upload: Upload,
    storage: Storage,
    node_id: str,
    *,
    content_type: Callable[[NodeRow], str],
    condition: Callable[[NodeRow], None],
) -> NodeRow:
    """Give a file the content of an upload.

    Raises:
        ApiFault: no such file; over quota; or `condition` refuses.
    """

    def work(tree: Tree, stored: Stored) -> NodeRow:
        row = tree.file(node_id)
        condition(row)
        tree.refuse_over(storage.quota, stored.size - (row.size or 0))
        return tree.put_content(row, stored, content_type(row))

    row = await upload.commit(work)
    storage.collect_soon()
    return row


def _wrong_size(announced: int | None) -> wire.ApiFault:
    return wire.fault(
        400, f"The content does not have {announced} bytes", "FileSizeMismatch"
    )


def _wrong_md5() -> wire.ApiFault:
    return wire.fault(400, "The content does not have its MD5", "Md5MismatchError")


def _wrong_place(known: Partial, received: int) -> wire.ApiFault:
    fault = wire.fault(
        416,
        f"The upload goes on at byte {received}",
        "",
        {"nodeId": known.node, "receivedBytes": received},
    )
    fault.headers["content-range"] = f"bytes */{known.size}"
    return fault


@contextlib.contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise wire.disk_full() from error
        raise
