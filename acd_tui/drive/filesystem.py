"""Amazon Drive as a filesystem."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from acd_tui.api.errors import NameConflict, NodeNotFound
from acd_tui.api.models import Node
from acd_tui.clock import Clock
from acd_tui.drive.details import account_of, check_notes, details_of, space_of
from acd_tui.drive.downloads import NodeContent, thumbnail
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.moves import Moves
from acd_tui.drive.names import LONGEST, NO_UTF8, Encoder
from acd_tui.drive.problems import errors_named
from acd_tui.drive.removal import Removal, place_of
from acd_tui.drive.rows import AVAILABLE, Row, entry_of, row_of
from acd_tui.drive.tree import Tree
from acd_tui.drive.uploads import Uploads
from acd_tui.errors import (
    Denied,
    Exists,
    FolderNotFound,
    NotFound,
    Transient,
    Unconfirmed,
)
from acd_tui.events import EventBus
from acd_tui.vfs.entry import (
    Account,
    Details,
    Entry,
    Features,
    Found,
    MirrorStatus,
    Space,
    Thumbnail,
    TrashItem,
)
from acd_tui.vfs.filesystem import Content, Streamed
from acd_tui.vfs.news import Known, News
from acd_tui.vfs.offered import offers
from acd_tui.vfs.path import VPath
from acd_tui.vfs.query import parse_query
from acd_tui.vfs.survey import Seal, Survey
from acd_tui.vfs.timeline import Timeline
from acd_tui.vfs.usage import Asked, Usages

if TYPE_CHECKING:
    from acd_tui.api.client import DriveClient

ENCODING = "Slash,InvalidUtf8,Dot"
_MOST_REMEMBERED = 10_000
_DOUBTFUL_SIZE = 50_000 << 20  # as rclone has it; amazon-drive-api.md §5.1
# Bytes of a new file that is sent without a look whether its name is free: that costs no
# more than the look, and the service refuses a name that is taken.
_SENT_AT_ONCE = 64 * 1024
_TRASH_LIFE_NS = 30 * 86400 * 10**9  # amazon-drive-api.md §4.13


class DriveFileSystem:
    """The files and folders of an account.

    Args:
        name: see `FileSystem.name`.
        client: the account's, opened and closed by the caller.
        mirror: the local copy of the account's tree.
        bus: gets `FoldersChanged`.
        clock: for waiting and for the age of listings.
        encoding: rclone's option of that name.
        templink_threshold: bytes from which on files come through a temporary link;
            None for never.
        upload_wait_per_gb: see `Uploads`.
    """

    def __init__(  # noqa: PLR0913 - three are options of a remote
        self,
        name: str,
        client: DriveClient,
        mirror: Mirror,
        *,
        bus: EventBus,
        clock: Clock,
        encoding: str = ENCODING,
        templink_threshold: int | None = 9 << 30,
        upload_wait_per_gb: float = 180.0,
    ) -> None:
        self.name = name
        self.features = Features(
            remote=True,
            case_insensitive=True,
            knows_md5=True,
            doubtful_size=_DOUBTFUL_SIZE,
        )
        self._client, self._mirror = client, mirror
        self._encoder = Encoder(encoding)
        self._templink_threshold = templink_threshold
        self._tree = Tree(
            name, client, mirror, encoder=self._encoder, bus=bus, clock=clock
        )
        self._uploads = Uploads(client, clock, wait_per_gib=upload_wait_per_gb)
        self._moves = Moves(client)
        self._removal = Removal(client, mirror, self._tree)
        self._read_before: dict[str, None] = {}

    async def see_whose(self) -> None:
        """See whose drive it is, if somebody else may have signed in since; see `Feed`."""
        with errors_named(VPath()):
            await self._tree.feed.see_whose()

    async def open(self) -> None:
        """Begin to follow the change feed; needs no network yet."""
        self._tree.start()

    async def close(self) -> None:
        await self._tree.stop()
        await self._mirror.close()

    async def node(self, path: VPath) -> Node:
        """Return all that the service says about what is at `path`."""
        with errors_named(path):
            return await self._client.nodes.get((await self._tree.row(path)).id)

    # FileSystem

    async def stat(self, path: VPath) -> Entry:
        with errors_named(path):
            return entry_of(await self._tree.row(path), self._encoder)

    async def list(self, path: VPath) -> Sequence[Entry]:
        with errors_named(path):
            return await self._tree.list(path)

    async def news(self, path: VPath, known: Known) -> News | None:
        with errors_named(path):
            return await self._tree.news(path, known)

    async def glance(self, path: VPath, count: int) -> Sequence[Entry]:
        with errors_named(path):
            return await self._tree.glance(path, count)

    async def at_hand(
        self, folder: VPath, names: Collection[str]
    ) -> Mapping[str, Entry]:
        with errors_named(folder):
            return await self._mirror.files(folder.parts, names, self._encoder)

    async def survey(self, folders: Sequence[VPath]) -> Sequence[Survey | None]:
        with errors_named(VPath()):
            return await self._mirror.survey(folders, self._encoder)

    async def seals(self, folders: Sequence[VPath]) -> Sequence[bytes | None]:
        with errors_named(VPath()):
            return await self._mirror.seals(folders, self._encoder)

    async def seal(self, seals: Sequence[Seal]) -> None:
        with errors_named(VPath()):
            await self._mirror.seal(seals, self._encoder)

    async def search(self, text: str, limit: int) -> Sequence[Found]:
        query = parse_query(text)
        with errors_named(VPath()):
            return await self._tree.search(query, limit)

    async def usage(self, path: VPath, asked: Asked) -> Usages:
        with errors_named(path):
            return await self._mirror.usage(path, self._encoder, asked)

    async def make_folder(self, path: VPath) -> Entry:
        with errors_named(path):
            folder = await self._place_for(path)
            name = self._encoder.encode(path.name)
            try:
                node = await self._client.nodes.create_folder(name, folder)
            except NameConflict as conflict:
                await self._look_at(conflict)
                raise
            return await self._learned(node)

    async def move(self, source: VPath, target: VPath) -> Entry:
        if source.is_root or target.is_root:
            raise Denied("the root folder cannot be moved or replaced")
        with errors_named(source):
            row = await self._tree.row(source)
            folder = (await self._tree.folder(source.parent))[-1]
        with errors_named(target):
            chain = await self._tree.folder(target.parent)
            if row.id in chain:
                raise Denied(f"{source} cannot be moved into itself")
            await self._tree.must_be_free(target, besides=row.id)
            name = self._encoder.encode(target.name)
            if (folder, row.name) == (chain[-1], name):
                return entry_of(row, self._encoder)
            try:
                node = await self._moves.move(row, folder, chain[-1], name)
            except (NameConflict, NodeNotFound) as error:
                await self._tree.look_again(row.id)
                await self._look_at(error)
                raise
            return await self._learned(node)

    async def read(self, path: VPath) -> Content:
        with errors_named(path):
            row = await self._tree.row(path)
            if row.is_folder:
                raise NotFound(f"{path} is a folder")
            if row.size is None or row.md5 is None or row.id in self._read_before:
                # Read again perhaps because it was not what the mirror said.
                row = await self._tree.look_again(row.id) or row
                if row.state != AVAILABLE:
                    raise NotFound(f"there is no {path}")
            if row.size is None:
                raise Transient(f"the service has not finished processing {path}")
            self._remember(row.id)
            limit = self._templink_threshold
            by_link = limit is not None and row.size >= limit
            return NodeContent(self._client, path, row, by_link=by_link)

    async def write(
        self, path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        with errors_named(path):
            if path.is_root:
                raise Exists("the root folder is there already")
            folder, row = await self._aim(path, content, replacing)
            try:
                if row is not None and replacing is not None:
                    node = await self._uploads.overwrite(
                        row.id, row.name, content, replacing
                    )
                else:
                    name = self._encoder.encode(path.name)
                    node = await self._uploads.create(folder, name, content)
            except Unconfirmed:
                self._tree.expect(path)
                raise
            except (Exists, NodeNotFound) as error:
                if row is not None:
                    await self._tree.look_again(row.id)
                await self._look_at(error)
                raise
            if offers(content, Streamed):
                content.arrived()
            return await self._learned(node)

    async def _aim(
        self, path: VPath, content: Content, replacing: Entry | None
    ) -> tuple[str, Row | None]:
        """Return the id of the folder to write to, and what is to be overwritten there.

        Raises:
            Exists: something is there that is not to be.
        """
        is_small = content.size <= _SENT_AT_ONCE
        if replacing is None and is_small and self._encoder.is_plain(path.name):
            return (await self._tree.folder(path.parent))[-1], None
        folder, row = await self._tree.place(path)
        if row is not None and (replacing is None or row.is_folder):
            await self._tree.must_be_free(path)
            row = None
        return folder, row

    # Contents

    async def holding(self, md5: str, *, besides: Entry) -> VPath | None:
        with errors_named(VPath()):
            names = await self._mirror.holding(md5, besides=besides.id)
            return None if names is None else self._tree.shown(names)

    # Catalogued

    async def contents(self, folder: VPath) -> Collection[str]:
        with errors_named(folder):
            return await self._mirror.contents(folder, self._encoder)

    async def copies(
        self, folder: VPath, of: Collection[str] | None = None
    ) -> Sequence[Found]:
        with errors_named(folder):
            hits = await self._mirror.copies(folder, of, self._encoder)
            return [self._tree.found(hit) for hit in hits]

    # Chronicled

    async def timeline(self, limit: int) -> Timeline:
        with errors_named(VPath()):
            return await self._mirror.timeline(self._encoder, limit)

    async def mark_seen(self, number: int) -> None:
        with errors_named(VPath()):
            await self._mirror.mark_seen(number)

    async def whereabouts(self, entry: Entry) -> VPath | None:
        with errors_named(VPath()):
            names = await self._mirror.whereabouts(entry.id or "")
            return None if names is None else self._tree.shown(names)

    # TrashBin

    async def trash(self, path: VPath) -> str | None:
        if path.is_root:
            raise Denied("the root folder cannot be trashed")
        with errors_named(path):
            return await self._removal.trash(path)

    def is_held_still(self, item_id: str) -> bool:
        return place_of(item_id) is not None

    async def list_trash(self) -> Sequence[TrashItem]:
        with errors_named(VPath()):
            if not (await self._mirror.position()).complete:
                # Whatever was trashed long ago is not in the mirror yet.
                async for page in self._client.trash.list():
                    await self._mirror.learn(page)
            return [
                self._item(row, origin) for row, origin in await self._mirror.trashed()
            ]

    async def restore(self, item_id: str, *, to: VPath | None = None) -> VPath:
        with errors_named(to or VPath()):
            if (place := place_of(item_id)) is not None:
                return await self._removal.give_back(*place)
            node = await self._trashed_node(item_id)
            target = to or await self._origin(node)
            folder = (await self._tree.folder(target.parent))[-1]
            if to is None and folder not in node.parents:
                # Another folder took its folder's name meanwhile.
                raise _folder_gone()
            await self._tree.must_be_free(target)
            name = node.name if to is None else self._encoder.encode(target.name)
            try:
                node = await self._moves.restore(node, folder, name or node.id)
            except NameConflict as conflict:
                await self._look_at(conflict)
                raise
            node.status = "AVAILABLE"
            row = await self._tree.learn(node)
            return target.parent / self._encoder.decode(row.name)

    # Naming

    def name_problem(self, name: str) -> str | None:
        if self._encoder.is_plain(name):  # as nearly all are
            length = len(name)
        elif self._encoder.can_encode(name):
            length = len(self._encoder.encode(name))
        else:
            return NO_UTF8
        if length <= LONGEST:
            return None
        return f"its name takes {length} characters, and the service takes {LONGEST}"

    # Quota

    async def space(self, path: VPath) -> Space:  # noqa: ARG002 - the account has one
        with errors_named(VPath()):
            return space_of(await self._client.account.quota())

    # Accounted

    async def account(self) -> Account:
        with errors_named(VPath()):
            account = self._client.account
            quota, usage = await asyncio.gather(account.quota(), account.usage())
        return account_of(quota, usage)

    # Thumbnails

    async def thumbnail(self, path: VPath, side: int) -> Thumbnail | None:
        with errors_named(path):
            row = await self._tree.row(path)
            return await thumbnail(self._client, row.id, side)

    # Annotated

    async def details(self, path: VPath) -> Details:
        node = await self.node(path)
        return details_of(node, await self._elsewhere(node, path))

    async def annotate(
        self, path: VPath, *, description: str, labels: Sequence[str]
    ) -> Details:
        check_notes(description, labels)
        with errors_named(path):
            row = await self._tree.row(path)
            node = await self._client.nodes.annotate(
                row.id, description=description, labels=labels
            )
            await self._tree.learn(node)
        return details_of(node, await self._elsewhere(node, path))

    async def _elsewhere(self, node: Node, path: VPath) -> Sequence[VPath]:
        """Return the folders a node is in beside that of `path`, as far as known."""
        found = []
        for parent in node.parents if len(node.parents) > 1 else ():
            names = await self._mirror.path(parent)
            if names is not None and (shown := self._tree.shown(names)) != path.parent:
                found.append(shown)
        return found

    # Mirrored

    async def refresh(self) -> None:
        with errors_named(VPath()):
            await self._tree.feed.refresh()

    async def first_look(self) -> None:
        with errors_named(VPath()):
            await self._tree.feed.first_look()

    async def rebuild(self) -> None:
        with errors_named(VPath()):
            await self._mirror.lose_checkpoint()
            await self._tree.feed.refresh()

    async def confirm(self, path: VPath) -> Entry | None:
        with errors_named(path):
            row = await self._tree.ask(path)
            return None if row is None else entry_of(row, self._encoder)

    async def list_now(self, path: VPath) -> Sequence[Entry]:
        with errors_named(path):
            return await self._tree.list_now(path)

    async def mirror_status(self, *, count: bool = True) -> MirrorStatus:
        with errors_named(VPath()):
            position = await self._mirror.position()
            return MirrorStatus(
                complete=position.complete,
                nodes=await self._mirror.count() if count else 0,
                filling=self._tree.feed.following,
                checked=position.checked,
                problem=self._tree.feed.problem,
                signed_out=self._tree.feed.signed_out,
                disk_full=self._tree.feed.disk_full,
                size=await self._mirror.size(),
                damage=self._mirror.file.problem,
                damages=self._mirror.file.times,
            )

    async def _place_for(self, path: VPath) -> str:
        """Return the id of the folder in which `path` is free."""
        if path.is_root:
            raise Exists("the root folder is there already")
        folder = (await self._tree.folder(path.parent))[-1]
        await self._tree.must_be_free(path)
        return folder

    async def _learned(self, node: Node) -> Entry:
        return entry_of(await self._tree.learn(node), self._encoder)

    async def _look_at(self, error: BaseException) -> None:
        """Let the mirror know of the node that was in the way."""
        cause = error if isinstance(error, NameConflict) else error.__cause__
        if isinstance(cause, NameConflict) and cause.node_id is not None:
            await self._tree.look_again(cause.node_id)

    def _remember(self, node_id: str) -> None:
        self._read_before[node_id] = None
        if len(self._read_before) > _MOST_REMEMBERED:
            del self._read_before[next(iter(self._read_before))]

    async def _trashed_node(self, node_id: str) -> Node:
        try:
            node = await self._client.nodes.get(node_id)
        except NodeNotFound as error:
            await self._mirror.forget(node_id)
            raise NotFound("it is not in the trash any more") from error
        if node.status != "TRASH":
            await self._tree.learn(node, own=False)
            raise NotFound("it is not in the trash any more")
        return node

    async def _origin(self, node: Node) -> VPath:
        """Return the path that a trashed node had, and will have again."""
        for parent in node.parents:
            await self._tree.look_again(parent)
            names = await self._mirror.path(parent)
            row = row_of(node)
            if names is not None and row is not None:
                return self._tree.shown((*names, row.name))
        raise _folder_gone()

    def _item(self, row: Row, origin: tuple[str, ...] | None) -> TrashItem:
        trashed = row.changed_ns
        return TrashItem(
            id=row.id,
            entry=entry_of(row, self._encoder),
            origin=None if origin is None else self._tree.shown(origin),
            trashed_ns=trashed,
            purged_ns=None if trashed is None else trashed + _TRASH_LIFE_NS,
        )


def _folder_gone() -> FolderNotFound:
    return FolderNotFound(
        "the folder it was in is gone", hint="restore it to another folder"
    )
