"""The disk of this machine; its root folder is `/`."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import os
import stat
import threading
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from itertools import islice
from typing import TypeVar

from acd_tui.errors import (
    AcdError,
    Changed,
    Corrupt,
    Denied,
    Exists,
    Transient,
)
from acd_tui.local import (
    following,
    looking,
    partial,
    reading,
    surveying,
    trashing,
)
from acd_tui.local.disk import ended, errors_named, in_thread, rename_to_free
from acd_tui.local.hashes import HashCache
from acd_tui.local.helpers import Helpers
from acd_tui.local.lane import on_trip
from acd_tui.local.looking import Looked, entry_of
from acd_tui.local.names import on_disk, problem_of, shown
from acd_tui.local.partial import Partial, kind_of, real
from acd_tui.local.receiving import receive
from acd_tui.local.spelling import other_spelling
from acd_tui.vfs.content import whole
from acd_tui.vfs.entries import gathered
from acd_tui.vfs.entry import Details, Entry, Features, Kind, Space, Weight
from acd_tui.vfs.filesystem import Content, Streamed
from acd_tui.vfs.offered import offers
from acd_tui.vfs.path import VPath
from acd_tui.vfs.survey import Survey

T = TypeVar("T")

_SMALL = 256 * 1024
_PAGE = 1000
_LARGE_PAGE = 10_000


class LocalFileSystem:
    """Files and folders of the disk.

    Names are shown as `local/names.py` says; bytes that are no valid UTF-8 are
    surrogates in them, as from `os.fsdecode`. Symbolic links are shown as such; one given as a folder to list is followed.

    Args:
        name: see `FileSystem.name`.
        hashes: the MD5s that are known.
        follow: whether links are taken for what they lead to instead.
        confined: see `Linked.confined_to`; None for no such folder.
        helpers: hash small files; None for some of its own.
    """

    def __init__(
        self,
        name: str = "local",
        *,
        hashes: HashCache,
        follow: bool = False,
        confined: VPath | None = None,
        helpers: Helpers | None = None,
    ) -> None:
        self.name = name
        self.features = Features()
        self._hashes = hashes
        self._follow = follow
        self._confined = confined
        self._helpers = helpers or Helpers()

    def close(self) -> None:
        """End what was begun for it. Blocks."""
        self._helpers.close()

    async def stat(self, path: VPath) -> Entry:
        return await on_trip(lambda: self._stat(path))

    async def list(self, path: VPath) -> Sequence[Entry]:
        return await in_thread(lambda: self._list(path))

    async def glance(self, path: VPath, count: int) -> Sequence[Entry]:
        return await in_thread(
            lambda: self._look_at(path, looking.first_items_in(path, count))
        )

    async def weigh(self, folders: Sequence[VPath]) -> Sequence[Weight | AcdError]:
        return await in_thread(lambda: [_weight(path) for path in folders])

    async def make_folder(self, path: VPath) -> Entry:
        def work() -> Entry:
            with errors_named(path, folder=True):
                os.mkdir(real(path))  # noqa: PTH102 - names may be no UTF-8
            return self._stat(path)

        return await in_thread(work)

    async def move(self, source: VPath, target: VPath) -> Entry:
        if source.is_root or target.is_root:
            raise Denied("the root folder cannot be moved or replaced")
        if target.is_within(source) and target != source:
            raise Denied(f"{source} cannot be moved into itself")
        return await in_thread(lambda: self._move(source, target))

    async def read(self, path: VPath) -> Content:
        def work() -> Content:
            status = reading.file_status(path)
            md5 = self._hashes.get(status, on_disk(path.name))
            return reading.DiskContent(path, status, md5)

        return await on_trip(work)

    async def write(
        self, path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        if path.is_root:
            raise Exists("the root folder is there already")
        if content.size <= _SMALL:
            return await self._write_small(path, content, replacing)
        # Even if cancelled here, the partial file is to be closed.
        stop = threading.Event()
        opening = asyncio.create_task(
            asyncio.to_thread(self._partial, path, content, replacing, stop)
        )
        try:
            part = await asyncio.shield(opening)
        except asyncio.CancelledError:
            stop.set()
            await ended(opening)
            if opening.exception() is None:
                opening.result().close(keep=True)
            raise
        keep = True
        try:
            await receive(part, path, content)
            if offers(content, Streamed):
                content.arrived()
            return await in_thread(lambda: _named(path, part.finish))
        except (Corrupt, Changed):
            keep = False
            raise
        except AcdError as error:
            keep = isinstance(error, Transient)
            raise
        finally:
            # In a thread: removing a large file takes a while.
            await in_thread(lambda: part.close(keep=keep))

    async def _write_small(
        self, path: VPath, content: Content, replacing: Entry | None
    ) -> Entry:
        """Fetch all of it, then write it on one trip to a thread.

        For a small file the trips cost more than all that is done on them, and what
        an interrupted fetch had got is not worth keeping.
        """
        data: bytes | bytearray | None = await whole(content)
        if data is None:
            data = await _joined(content)
        if offers(content, Streamed):
            content.arrived()

        def work() -> Entry:
            part = self._partial(path, content, replacing, threading.Event())
            try:
                return _named(path, lambda: part.whole(data))
            finally:
                part.close(keep=False)

        return await in_thread(work)

    async def at_hand(
        self, folder: VPath, names: Collection[str]
    ) -> Mapping[str, Entry]:
        def work() -> Mapping[str, Entry]:
            found = []
            for name in map(on_disk, names):
                with contextlib.suppress(OSError, ValueError):
                    status = os.lstat(f"{real(folder)}/{name}")
                    found.append((name, kind_of(status.st_mode), status))
            wanted = frozenset(names)  # not what only goes by the same name on the disk
            return {
                entry.name: entry
                for entry in self._entries(found)
                if entry.kind is Kind.FILE and entry.name in wanted
            }

        return await in_thread(work)

    # Described

    async def details(self, path: VPath) -> Details:
        return await in_thread(lambda: looking.details(path))

    # Naming

    def name_problem(self, name: str) -> str | None:
        return problem_of(name)

    # Linked

    def following_links(self) -> LocalFileSystem:
        return LocalFileSystem(
            self.name, hashes=self._hashes, follow=True, helpers=self._helpers
        )

    def confined_to(self, folder: VPath) -> LocalFileSystem:
        return LocalFileSystem(
            self.name, hashes=self._hashes, confined=folder, helpers=self._helpers
        )

    # Dated

    async def dates(self, folders: Collection[VPath]) -> Mapping[VPath, int | None]:
        return await in_thread(lambda: {f: looking.date_of(f) for f in folders})

    # Paged

    async def pages(self, path: VPath) -> AsyncIterator[Sequence[Entry]]:
        items = await in_thread(lambda: list(looking.items_in(path)))
        items.sort(key=lambda item: shown(item.name), reverse=True)
        while items:
            some = items[: -_PAGE - 1 : -1]
            del items[-_PAGE:]
            # What was looked at is let go of with its page.
            yield await in_thread(functools.partial(self._look_at, path, some))

    # Surveying

    async def survey(self, folders: Sequence[VPath]) -> Sequence[Survey | None]:
        if self._follow:
            return [None] * len(folders)
        return await in_thread(lambda: surveying.survey(folders, self._hashes))

    async def stamps(self, folders: Sequence[VPath]) -> Sequence[bytes | None]:
        if self._follow:
            return [None] * len(folders)
        return await in_thread(lambda: surveying.stamps(folders))

    # OnDisk

    def disk_path(self, path: VPath) -> str:
        return real(path)

    def other_spelling(self, path: VPath) -> str | None:
        with contextlib.suppress(OSError, ValueError):
            return other_spelling(path, real(path.parent), os.lstat(real(path)))
        return None

    def is_trash(self, path: VPath) -> bool:
        return trashing.is_trash(path)

    # Trash

    async def trash(self, path: VPath) -> str | None:
        if path.is_root:
            raise Denied("the root folder cannot be trashed")
        return await in_thread(lambda: trashing.trash(path))

    async def restore(self, item_id: str, *, to: VPath | None = None) -> VPath:
        return await in_thread(lambda: trashing.restore(item_id, to))

    # Quota

    async def space(self, path: VPath) -> Space:
        def work() -> Space:
            with errors_named(path):
                found = os.statvfs(real(path))
            total = found.f_blocks * found.f_frsize
            return Space(
                total=total,
                used=total - found.f_bfree * found.f_frsize,
                free=found.f_bavail * found.f_frsize,
            )

        return await in_thread(work)

    # Partials

    async def discard_partial(self, path: VPath, md5: str | None) -> None:
        await in_thread(lambda: _named(path, lambda: partial.discard(path, md5)))

    # Vouching

    async def vouches_for(self, content: Content) -> bool:
        def work() -> bool:
            if not isinstance(content, reading.DiskContent):
                return False
            return reading.same(content.status, reading.file_status(content.path))

        return await on_trip(work)

    # Hashing

    async def learn_md5(self, path: VPath, content: Content, md5: str) -> Entry:
        def work() -> Entry:
            # Of the status it was read with: the file may be another one by now.
            if isinstance(content, reading.DiskContent):
                self._hashes.put(content.status, on_disk(content.path.name), md5)
            with errors_named(path):
                status = self._status(path)
            return entry_of(on_disk(path.name), status, None)

        return await on_trip(work)

    async def forget_md5(self, content: Content) -> None:
        if isinstance(content, reading.DiskContent):
            status, name = content.status, on_disk(content.path.name)
            await in_thread(lambda: self._hashes.forget(status, name))

    async def md5(self, path: VPath) -> str:
        return await _until_stopped(
            lambda stop: in_thread(lambda: reading.hash_file(path, self._hashes, stop))
        )

    async def md5s(
        self, paths: Sequence[VPath], *, at_a_time: int
    ) -> Sequence[str | AcdError]:
        threads = min(at_a_time, os.cpu_count() or 1)
        try:
            return await _until_stopped(
                lambda stop: reading.Hasher(
                    paths, self._hashes, self._helpers, stop
                ).run(threads)
            )
        finally:
            self._helpers.rest()

    def _stat(self, path: VPath) -> Entry:
        with errors_named(path):
            status = self._status(path)
        known = kind = None
        name = on_disk(path.name)
        if stat.S_ISREG(status.st_mode):
            known = self._hashes.get(status, name)
        elif self._follow and stat.S_ISLNK(status.st_mode):
            kind = Kind.LOST_LINK
        return entry_of(name, status, known, kind)

    def _status(self, path: VPath) -> os.stat_result:
        name = real(path)
        return following.status_behind(name) if self._follow else os.lstat(name)

    def _list(self, path: VPath) -> Sequence[Entry]:
        return gathered(self._pages(path))

    def _pages(self, path: VPath) -> Iterator[Sequence[Entry]]:
        items = looking.items_in(path)
        while some := list(islice(items, _LARGE_PAGE)):
            yield self._look_at(path, some)

    def _look_at(
        self, path: VPath, items: Iterable[os.DirEntry[str]]
    ) -> Sequence[Entry]:
        found = looking.looked_at(items)
        if self._follow:
            found = following.through_links(path, found)
        return self._entries(found)

    def _entries(self, found: Sequence[Looked]) -> Sequence[Entry]:
        by_device: dict[int, list[tuple[os.stat_result, str]]] = {}
        for name, kind, status in found:
            if status is not None and kind is Kind.FILE:
                by_device.setdefault(status.st_dev, []).append((status, name))
        known = {
            device: self._hashes.get_many(files) for device, files in by_device.items()
        }
        return [
            Entry(name=shown(name), kind=kind)
            if status is None
            else entry_of(
                name, status, known.get(status.st_dev, {}).get(status.st_ino), kind
            )
            for name, kind, status in found
        ]

    def _move(self, source: VPath, target: VPath) -> Entry:
        with errors_named(source):
            before = os.lstat(real(source))
        known = None
        if stat.S_ISREG(before.st_mode):
            known = self._hashes.get(before, on_disk(source.name))
        if source != target:
            with errors_named(target.parent, folder=True):
                os.lstat(real(target.parent))
            with _moving_named(source, target):
                _rename(real(source), real(target), before)
        with errors_named(target):
            after = os.lstat(real(target))
        name = on_disk(target.name)
        if known and not self._hashes.put_renamed(before, after, name, known):
            known = None
        return entry_of(name, after, known)

    def _partial(
        self,
        path: VPath,
        content: Content,
        replacing: Entry | None,
        stop: threading.Event,
    ) -> Partial:
        if self._confined is not None:
            following.refuse_links(path.parent, below=self._confined)
        return _named(
            path, lambda: Partial(path, content, replacing, self._hashes, stop=stop)
        )


async def _until_stopped(
    work: Callable[[threading.Event], Coroutine[None, None, T]],
) -> T:
    """Do `work`, which a cancelled caller stops and waits for."""
    stop = threading.Event()
    task = asyncio.create_task(work(stop))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await ended(task)
        raise


async def _joined(content: Content) -> bytearray:
    data = bytearray()
    async with content.open() as pieces:
        async for piece in pieces:
            data += piece
            if len(data) > content.size:
                break
    return data


def _named(path: VPath, work: Callable[[], T]) -> T:
    with errors_named(path):
        return work()


@contextlib.contextmanager
def _moving_named(source: VPath, target: VPath) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise Denied(
                f"{source} and {target} are on different disks",
                hint="copy it, then trash the original",
            ) from error
        if error.errno == errno.EINVAL:
            raise Denied(f"{source} cannot be moved into itself") from error
        with errors_named(target):
            raise


def _rename(source: str, target: str, before: os.stat_result) -> None:
    try:
        rename_to_free(os.fsencode(source), os.fsencode(target))
    except FileExistsError:
        # On a disk that does not tell case apart, `A` is in the way of `a` itself.
        only_case = source.lower() == target.lower()
        there = os.lstat(target)
        if not (only_case and before.st_nlink == 1 and os.path.samestat(before, there)):
            raise
        os.rename(source, target)  # noqa: PTH104 - names may be no UTF-8


def _weight(path: VPath) -> Weight | AcdError:
    try:
        return looking.weight_of(path)
    except AcdError as error:
        return error
