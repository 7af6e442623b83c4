"""A filesystem in memory: the reference for the laws, and a double for tests."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field

from acd_tui.clock import Clock, SystemClock
from acd_tui.errors import (
    Changed,
    Corrupt,
    Denied,
    Exists,
    FolderNotFound,
    Full,
    NotFound,
)
from acd_tui.vfs.entry import Entry, Features, Found, Kind, Space, TrashItem
from acd_tui.vfs.filesystem import Content
from acd_tui.vfs.path import VPath
from acd_tui.vfs.query import parse_query

# Called with the name of a method and its path before that method does anything, and
# with "piece" before each piece of a content is given out. It may wait and may raise.
Hook = Callable[[str, VPath], Awaitable[None]]

_PIECE = 64 * 1024


@dataclass(eq=False)
class _Item:
    name: str
    id: str
    parent: _Item | None
    modified_ns: int
    data: bytes | None = None  # None for a folder
    children: dict[str, _Item] = field(default_factory=dict)
    trashed_ns: int | None = None

    @property
    def is_folder(self) -> bool:
        return self.data is None

    def entry(self) -> Entry:
        if self.data is None:
            return Entry(
                name=self.name,
                kind=Kind.FOLDER,
                modified_ns=self.modified_ns,
                id=self.id,
            )
        return Entry(
            name=self.name,
            kind=Kind.FILE,
            size=len(self.data),
            modified_ns=self.modified_ns,
            md5=_md5(self.data),
            id=self.id,
        )

    def chain(self) -> Iterator[_Item]:
        """Yield itself and all above, up to the root or to what was trashed."""
        item: _Item | None = self
        while item is not None:
            yield item
            item = item.parent

    @property
    def in_trash(self) -> bool:
        return any(item.trashed_ns is not None for item in self.chain())

    @property
    def path(self) -> VPath:
        names = [item.name for item in self.chain() if item.name]
        return VPath(tuple(reversed(names)))

    def below(self) -> Iterator[_Item]:
        """Yield all that lies in it, at any depth."""
        for child in self.children.values():
            yield child
            yield from child.below()

    def size(self) -> int:
        own = len(self.data or b"")
        return own + sum(child.size() for child in self.children.values())


class _MemoryContent:
    def __init__(self, item: _Item, path: VPath, hook: Hook | None) -> None:
        self._item, self._path, self._hook = item, path, hook
        self._data = item.data or b""
        self.size = len(self._data)
        self.modified_ns: int | None = item.modified_ns
        self.md5: str | None = _md5(self._data)

    @contextlib.asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        self._check()
        yield self._pieces(offset)

    async def _pieces(self, offset: int) -> AsyncIterator[bytes]:
        for start in range(offset, self.size, _PIECE):
            if self._hook is not None:
                await self._hook("piece", self._path)
            self._check()
            yield self._data[start : start + _PIECE]

    def _check(self) -> None:
        if self._item.data is not self._data:
            raise Changed(f"{self._path} changed while it was read")


class MemoryFileSystem:
    """Files and folders in memory, with a trash and a capacity.

    Args:
        name: see `FileSystem.name`.
        case_insensitive: whether `A` and `a` are one name.
        capacity: bytes that all files together may have; None for no limit.
        clock: for the times of what is made here.

    Attributes:
        hook: see `Hook`; lets a test delay or fail a named operation.
    """

    def __init__(
        self,
        name: str = "memory",
        *,
        case_insensitive: bool = False,
        capacity: int | None = None,
        clock: Clock = SystemClock(),
    ) -> None:
        self.name = name
        self.features = Features(case_insensitive=case_insensitive, knows_md5=True)
        self.capacity = capacity
        self.hook: Hook | None = None
        self._clock = clock
        self._ids = itertools.count(1)
        self._trash: dict[str, _Item] = {}
        self._root = _Item("", "0", None, self._now())

    # For tests: no waiting, no hook.

    def put(self, path: str, data: bytes = b"", *, modified_ns: int = 0) -> Entry:
        """Put a file there, making folders and replacing what is there."""
        place = VPath.parse(path)
        folder = self._folders(place.parent)
        new = _Item(place.name, self._new_id(), folder, modified_ns)
        item = folder.children.setdefault(self._key(place.name), new)
        item.data, item.modified_ns = data, modified_ns
        return item.entry()

    def put_folder(self, path: str) -> None:
        """Make a folder and those above it where they are missing."""
        self._folders(VPath.parse(path))

    def data(self, path: str) -> bytes:
        """Return a file's bytes."""
        return self._file(VPath.parse(path)).data or b""

    # FileSystem

    async def stat(self, path: VPath) -> Entry:
        await self._called("stat", path)
        return self._at(path).entry()

    async def list(self, path: VPath) -> Sequence[Entry]:
        await self._called("list", path)
        return [child.entry() for child in self._folder(path).children.values()]

    async def at_hand(
        self, folder: VPath, names: Collection[str]
    ) -> Mapping[str, Entry]:
        await self._called("at_hand", folder)
        there = self._folder(folder).children
        found = {}
        for name in names:
            item = there.get(self._key(name))
            if item is not None and not (entry := item.entry()).is_folder:
                found[name] = entry
        return found

    async def make_folder(self, path: VPath) -> Entry:
        await self._called("make_folder", path)
        folder = self._free(path, None)
        item = _Item(path.name, self._new_id(), folder, self._now())
        folder.children[self._key(path.name)] = item
        return item.entry()

    async def move(self, source: VPath, target: VPath) -> Entry:
        await self._called("move", source)
        item = self._at(source)
        if source.is_root or target.is_root:
            raise Denied("the root folder cannot be moved or replaced")
        folder = self._folder(target.parent)
        if item in folder.chain():
            raise Denied(f"{source} cannot be moved into itself")
        self._free(target, item)
        self._detach(item)
        self._attach(item, folder, target.name)
        return item.entry()

    async def read(self, path: VPath) -> Content:
        await self._called("read", path)
        return _MemoryContent(self._file(path), path, self.hook)

    async def write(
        self, path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        await self._called("write", path)
        self._target(path, replacing)
        data = bytearray()
        async with content.open() as pieces:
            async for piece in pieces:
                data += piece
        if len(data) != content.size or content.md5 not in {None, _md5(data)}:
            raise Corrupt(f"what arrived for {path} is not what was sent")
        folder, old = self._target(path, replacing)
        self._check_room(len(data) - len((old and old.data) or b""))
        modified = content.modified_ns
        item = old or _Item(path.name, self._new_id(), folder, 0)
        item.data = bytes(data)
        item.modified_ns = self._now() if modified is None else modified
        folder.children[self._key(path.name)] = item
        return item.entry()

    # TrashBin

    async def trash(self, path: VPath) -> str | None:
        await self._called("trash", path)
        item = self._at(path)
        if path.is_root:
            raise Denied("the root folder cannot be trashed")
        self._detach(item)
        item.trashed_ns = self._now()
        self._trash[item.id] = item
        return item.id

    async def list_trash(self) -> Sequence[TrashItem]:
        await self._called("list_trash", VPath())
        return [
            TrashItem(
                id=item.id,
                entry=item.entry(),
                origin=item.path.parent,
                trashed_ns=item.trashed_ns,
            )
            for item in self._trash.values()
        ]

    async def restore(self, item_id: str, *, to: VPath | None = None) -> VPath:
        await self._called("restore", to or VPath())
        item = self._trash.get(item_id)
        if item is None:
            raise NotFound("it is not in the trash any more")
        if to is not None:
            folder, name = self._free(to, None), to.name
        else:
            assert item.parent is not None
            folder, name = item.parent, item.name
            if folder.in_trash:
                raise FolderNotFound(f"{folder.path} is in the trash itself")
            self._free(folder.path / name, None)
        del self._trash[item_id]
        item.trashed_ns = None
        self._attach(item, folder, name)
        return item.path

    # Quota

    async def space(self, path: VPath) -> Space:
        await self._called("space", path)
        used = self._used()
        free = None if self.capacity is None else max(0, self.capacity - used)
        return Space(total=self.capacity, used=used, free=free)

    async def search(self, text: str, limit: int) -> Sequence[Found]:
        await self._called("search", VPath())
        query = parse_query(text)
        for folder in query.folders:
            self._folder(folder)
        items = self._root.below()
        if query.trashed:
            items = (i for top in self._trash.values() for i in (top, *top.below()))
        there = (
            Found(entry=i.entry(), folder=i.path.parent, trashed=query.trashed)
            for i in items
        )
        hits = [found for found in there if not query.is_empty and query.matches(found)]
        hits.sort(key=lambda hit: (not hit.entry.is_folder, hit.entry.name.lower()))
        return hits[:limit]

    async def _called(self, operation: str, path: VPath) -> None:
        if self.hook is not None:
            await self.hook(operation, path)

    def _now(self) -> int:
        return round(self._clock.now() * 1000) * 1_000_000

    def _new_id(self) -> str:
        return f"{self.name}-{next(self._ids)}"

    def _key(self, name: str) -> str:
        return name.lower() if self.features.case_insensitive else name

    def _find(self, path: VPath) -> _Item | None:
        item: _Item | None = self._root
        for name in path.parts:
            item = item.children.get(self._key(name)) if item else None
        return item

    def _at(self, path: VPath) -> _Item:
        item = self._find(path)
        if item is None:
            raise NotFound(f"there is no {path}")
        return item

    def _folder(self, path: VPath) -> _Item:
        item = self._find(path)
        if item is None or not item.is_folder:
            raise FolderNotFound(f"there is no folder {path}")
        return item

    def _file(self, path: VPath) -> _Item:
        item = self._at(path)
        if item.is_folder:
            raise NotFound(f"{path} is a folder")
        return item

    def _folders(self, path: VPath) -> _Item:
        item = self._root
        for name in path.parts:
            new = _Item(name, self._new_id(), item, self._now())
            item = item.children.setdefault(self._key(name), new)
        return item

    def _free(self, path: VPath, besides: _Item | None) -> _Item:
        """Return the folder of `path` if nothing but `besides` is at that path."""
        if path.is_root:
            raise Exists("the root folder is there already")
        folder = self._folder(path.parent)
        there = folder.children.get(self._key(path.name))
        if there is not None and there is not besides:
            raise Exists(f"{path} is there already")
        return folder

    def _target(
        self, path: VPath, replacing: Entry | None
    ) -> tuple[_Item, _Item | None]:
        there = self._find(path)
        if there is None or there.is_folder or replacing is None:
            return self._free(path, None), None
        now = there.entry()
        if (now.id, now.size, now.md5) != (
            replacing.id,
            replacing.size,
            replacing.md5,
        ):
            raise Exists(f"{path} is not what it was any more")
        return self._free(path, there), there

    def _detach(self, item: _Item) -> None:
        assert item.parent is not None
        del item.parent.children[self._key(item.name)]

    def _attach(self, item: _Item, folder: _Item, name: str) -> None:
        item.parent, item.name = folder, name
        folder.children[self._key(name)] = item

    def _used(self) -> int:
        return self._root.size() + sum(item.size() for item in self._trash.values())

    def _check_room(self, more: int) -> None:
        if self.capacity is not None and self._used() + more > self.capacity:
            raise Full(f"no room left in {self.name}")


def _md5(data: bytes | bytearray) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
