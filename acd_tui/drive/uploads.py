"""Files to the service, and what became of them after an unclear answer."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import mimetypes
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
)
from functools import partial
from typing import TYPE_CHECKING

from acd_tui.api.errors import Forbidden, NameConflict, NodeNotFound, ServiceTrouble
from acd_tui.api.models import Node
from acd_tui.clock import Clock
from acd_tui.drive.rows import (
    MODIFIED,
    OWNER,
    modified_of,
    modified_property,
    modified_text,
)
from acd_tui.errors import (
    AcdError,
    Corrupt,
    Exists,
    Transient,
    Unconfirmed,
)
from acd_tui.vfs.content import whole
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import Content, Streamed
from acd_tui.vfs.offered import offers

if TYPE_CHECKING:
    from acd_tui.api.client import DriveClient

_SMALL = 64 * 1024
_GIB = 1 << 30
_LOOKS = (0.0, 1.0, 2.0)  # seconds before each look for what was sent
_LEAST_PATIENCE = 30.0
_TRIES = 3

_log = logging.getLogger(__name__)


async def _nothing() -> None:
    pass


class HashedBody:
    """The bytes of a content on their way, hashed as they pass, unless it does that.

    Args:
        content: what is sent.
        before_end: is awaited before the end is sent; where it raises, the service
            keeps nothing.

    Attributes:
        md5: of the whole, once it has passed.
    """

    def __init__(
        self,
        content: Content,
        before_end: Callable[[], Awaitable[object]] = _nothing,
    ) -> None:
        self._content, self._before_end = content, before_end
        self.md5: str | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content, left = self._content, self._content.size
        streamed = content if offers(content, Streamed) else None
        if content.md5 is not None:
            streamed = None  # it trusts that one, and we do not
        hasher = None if streamed else hashlib.md5(usedforsecurity=False)
        data = await whole(content) if content.size <= _SMALL else None
        if data is not None:
            if hasher is not None:
                hasher.update(data)
            left -= len(data)
            yield data
        else:
            async with contextlib.aclosing(self._pieces(hasher)) as pieces:
                async for piece in pieces:
                    left -= len(piece)
                    if left < 0:
                        break
                    yield piece
        md5 = streamed.streamed_md5 if streamed else None
        if hasher is not None:
            md5 = hasher.hexdigest()
        if left != 0 or md5 is None or content.md5 not in {None, md5}:
            # Raised before the end is sent, so that the service keeps nothing.
            raise Corrupt("what was read is not what it should be")
        await self._before_end()
        self.md5 = md5

    async def _pieces(
        self, hasher: hashlib._Hash | None
    ) -> AsyncGenerator[bytes, None]:
        """Hash each piece while it is sent, where that takes a moment."""
        async with self._content.open() as pieces:
            async for piece in pieces:
                if hasher is None:
                    yield piece
                    continue
                if len(piece) <= _SMALL:
                    hasher.update(piece)
                    yield piece
                    continue
                hashing = asyncio.create_task(asyncio.to_thread(hasher.update, piece))
                try:
                    yield piece
                finally:
                    await hashing


class Uploads:
    """Creates and overwrites files.

    Args:
        client: the account's.
        clock: for waiting.
        wait_per_gib: seconds that a file of one GiB may stay out of sight after it was
            sent; 0 does not wait (amazon-drive-api.md §5.4).
    """

    def __init__(
        self, client: DriveClient, clock: Clock, *, wait_per_gib: float
    ) -> None:
        self._client, self._clock = client, clock
        self._wait_per_gib = wait_per_gib
        # Whose our properties are: the service lets no application have those of
        # another, and one may have signed in with any. "" where none can be kept.
        self._owner = OWNER
        self._proven = ""  # the one of whom the service has taken some

    async def create(self, parent_id: str, name: str, content: Content) -> Node:
        """Upload a new file together with its time; see `_created`."""
        modified, owner = content.modified_ns, self._owner
        if modified is None or not owner:
            return await self._created(parent_id, name, content, None)
        properties = modified_property(modified_text(modified), owner)
        try:
            node = await self._created(parent_id, name, content, properties)
        except Forbidden as error:
            if owner == self._proven:
                raise  # not because of whose they are
            _log.info("%s is sent without its time: %s", name, error.message)
        else:
            self._proven = owner
            return node
        node = await self._created(parent_id, name, content, None)
        if not await self._keep_time(node, modified) and not self._proven:
            self._owner = ""
        return node

    async def _created(
        self,
        parent_id: str,
        name: str,
        content: Content,
        properties: dict[str, dict[str, str]] | None,
    ) -> Node:
        """Upload a new file and make sure that it arrived.

        Args:
            parent_id: the folder.
            name: as the service is to store it.
            content: the bytes.
            properties: of the file.

        Raises:
            Exists: something else has the name.
            Corrupt: another content arrived; it was trashed.
            Unconfirmed: it was sent whole, but is not shown.
            ParentNotFound: the folder is gone.
        """
        body = HashedBody(content)
        try:
            node = await self._client.content.upload(
                parent_id,
                name,
                aiter(body),
                content.size,
                content_type=mimetypes.guess_type(name)[0],
                properties=properties,
            )
        except NameConflict as conflict:
            raise Exists(f"{name} is there already") from conflict
        except ServiceTrouble as trouble:
            if not trouble.body_sent or body.md5 is None:
                raise
            return await self._awaited(
                lambda: self._look(parent_id, name), body.md5, content.size, trouble
            )
        node = await self._processed(node, content)
        there = node
        if not _is_at(node, parent_id, name):
            # An answer about another node: what is there says what came of ours.
            there = await self._look(parent_id, name) or node
        if _is(there, body.md5, content.size):
            return there
        await self._take_back(node.id, parent_id, name)
        raise Corrupt("what arrived at the service is not what was sent")

    async def overwrite(
        self, node_id: str, name: str, content: Content, replacing: Entry
    ) -> Node:
        """Replace a file's bytes, if they are still those of `replacing`.

        Where sending takes a while, that is looked at again before the end is sent.
        What another client writes in the moment after that is lost, which is logged.

        Raises:
            Exists: the file is not what it was.
            Corrupt: another content arrived, several times.
            Unconfirmed: it was sent whole, but is not shown.
            NodeNotFound: the file is gone.
        """
        node = await self._client.nodes.get(node_id)
        if replacing.id not in {None, node_id}:
            raise _not_what_it_was(name)
        _must_be_one_of(node, {(replacing.md5, replacing.size)}, name)
        if not _is(node, content.md5, content.size):
            node = await self._replaced(node, name, content)
        modified = content.modified_ns
        if modified is not None and modified != modified_of(node):
            await self._keep_time(node, modified)
        return node

    async def _keep_time(self, node: Node, modified: int) -> bool:
        """Keep the time of a file's content; say whether the service lets us do that.

        Raises:
            Forbidden: it does not now, although the property is ours.
        """
        text = modified_text(modified, node.content_properties)
        owners = (self._owner, node.created_by) if self._owner else ()
        for owner in dict.fromkeys(filter(None, owners)):
            try:
                await self._client.nodes.put_property(node.id, owner, MODIFIED, text)
            except Forbidden:
                # Nobody is shown another's.
                if owner == self._proven or owner in (node.properties or {}):
                    raise
                continue
            properties = modified_property(text, owner)
            node.properties = (node.properties or {}) | properties
            self._owner = self._proven = owner
            return True
        _log.info("the service keeps no time for %s", node.name)
        return False

    async def _replaced(self, before: Node, name: str, content: Content) -> Node:
        """Send the bytes until they are what the file has.

        Args:
            before: the file as it is known; nothing else is overwritten.
            name: its name.
            content: the bytes.
        """
        node_id = before.id
        for _ in range(_TRIES):
            # What is sent at once leaves others no time, and is to cost no request.
            look_again = partial(self._still, name, before)
            body = HashedBody(
                content, look_again if content.size > _SMALL else _nothing
            )
            try:
                answer = await self._client.content.overwrite(
                    node_id,
                    aiter(body),
                    content.size,
                    name=name,
                    content_type=mimetypes.guess_type(name)[0],
                )
            except ServiceTrouble as trouble:
                if not trouble.body_sent or body.md5 is None:
                    raise
                node = await self._awaited(
                    lambda: self._client.nodes.get(node_id),
                    body.md5,
                    content.size,
                    trouble,
                )
                _warn_of_what_came_between(before, node, name)
                return node
            node = await self._outcome(answer, node_id, content, body.md5)
            if _is(node, body.md5, content.size):
                _warn_of_what_came_between(before, node, name)
                return node
            _must_be_one_of(node, _of_nobody_else(before, answer), name)
            before = node
        raise Corrupt("what arrived at the service is not what was sent")

    async def _still(self, name: str, before: Node) -> None:
        """Make sure that a file has the content that it had.

        Raises:
            Exists: it has not.
            NodeNotFound: the file is gone.
        """
        node = await self._client.nodes.get(before.id)
        _must_be_one_of(node, {_content_of(before)}, name)

    async def _outcome(
        self, answer: Node, node_id: str, content: Content, md5: str | None
    ) -> Node:
        """Return what the file is after an answer, which need not be the last word."""
        node = answer
        if node.id != node_id:
            node = await self._client.nodes.get(node_id)
        node = await self._processed(node, content)
        if not _is(node, md5, content.size):
            node = await self._client.nodes.get(node_id)
        return node

    async def _take_back(self, node_id: str, parent_id: str, name: str) -> None:
        """Trash what arrived wrong, if it really is what was sent there."""
        with contextlib.suppress(AcdError):
            if _is_at(await self._client.nodes.get(node_id), parent_id, name):
                await self._client.trash.add(node_id)

    async def _processed(self, node: Node, content: Content) -> Node:
        """Return the node once the service has worked out its size and MD5."""
        for pause in _LOOKS:
            if node.content_properties is not None and node.content_properties.md5:
                return node
            await self._clock.sleep(pause)
            with contextlib.suppress(Transient, NodeNotFound):
                node = await self._client.nodes.get(node.id)
        if node.content_properties is not None and node.content_properties.md5:
            return node
        raise self._unconfirmed(content.size)

    async def _awaited(
        self,
        look: Callable[[], Awaitable[Node | None]],
        md5: str,
        size: int,
        trouble: ServiceTrouble,
    ) -> Node:
        """Look a few times for what was sent although nobody said that it arrived."""
        for pause in _LOOKS:
            await self._clock.sleep(pause)
            with contextlib.suppress(Transient):
                node = await look()
                if node is not None and _is(node, md5, size):
                    return node
        if self._wait_per_gib == 0:
            raise trouble
        raise self._unconfirmed(size, trouble.message) from trouble

    async def _look(self, parent_id: str, name: str) -> Node | None:
        return await self._client.nodes.lookup(parent_id, name)

    def _unconfirmed(self, size: int, answer: str | None = None) -> Unconfirmed:
        return Unconfirmed(
            "the file was sent whole, but the service does not show it yet",
            hint=f"what came back was: {answer}" if answer else None,
            patience=max(_LEAST_PATIENCE, size / _GIB * self._wait_per_gib),
        )


def _is_at(node: Node, parent_id: str, name: str) -> bool:
    """Whether it is in that folder under that name."""
    return node.name == name and parent_id in node.parents


def _is(node: Node, md5: str | None, size: int) -> bool:
    """Whether it is a visible file with that content."""
    found = node.content_properties
    return (
        node.status == "AVAILABLE"
        and found is not None
        and md5 is not None
        and (found.md5, found.size) == (md5, size)
    )


def _content_of(node: Node) -> tuple[str | None, int | None]:
    """Return its MD5 and size, as far as the service gives them."""
    found = node.content_properties
    return (found.md5, found.size) if found else (None, None)


def _must_be_one_of(
    node: Node, contents: Collection[tuple[str | None, int | None]], name: str
) -> None:
    """Raise Exists unless it is a visible file with one of those contents."""
    if node.status != "AVAILABLE" or _content_of(node) not in contents:
        raise _not_what_it_was(name)


def _overwritten(before: Node, after: Node) -> int | None:
    """Return how often a file was overwritten in between, where the service says it."""
    then, now = before.content_properties, after.content_properties
    if then is None or now is None or then.version is None or now.version is None:
        return None
    return now.version - then.version


def _of_nobody_else(before: Node, answer: Node) -> set[tuple[str | None, int | None]]:
    """Return the contents that may be overwritten after an upload that went wrong.

    They are what was there before and, where it is clear, what came of the upload.
    """
    contents, arrived = {_content_of(before)}, _content_of(answer)
    is_clear = answer.id == before.id and arrived[0] is not None
    if is_clear and _overwritten(before, answer) in {None, 1}:
        contents.add(arrived)
    return contents


def _warn_of_what_came_between(before: Node, after: Node, name: str) -> None:
    if (_overwritten(before, after) or 0) > 1:
        _log.warning(
            "%s was written by somebody else, too, while it was overwritten;"
            " what they wrote is lost, ask them for it",
            name,
        )


def _not_what_it_was(name: str) -> Exists:
    return Exists(f"{name} is not what it was any more")
