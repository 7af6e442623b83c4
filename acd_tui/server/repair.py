"""Mend what an outside hand or a dying disk broke, and say what was done.

Nothing is deleted: what cannot stay where it is goes to `DIR/lost-and-found`, and whatever
a node loses is written down there before. Clients hear of every change by the feed.

- Content that is gone: it is copied from a file with the same MD5 if there is one. Else
  the node is purged. If it stayed listed with its old size and MD5, every program that
  compares these would take it for whole and never send it again.
- Content that has changed: likewise copied if the right bytes are to be had. Else the
  bytes that are there stay the content of the node, as a new version with their own size
  and MD5, under the name `NAME (damaged).EXT`: most of a damaged film can still be seen,
  the owner finds it where it was, a program that still has the right file sends it again
  under the right name, and none overwrites its right file with the damaged one.
- Content without a node goes to lost-and-found.
- The index: see `mend`; if its file itself is damaged, see `salvage`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from acd_tui.clock import SystemClock
from acd_tui.server import admin, check, histories, index, laws, mend
from acd_tui.server.check import Content, Found, Report, difference, measured
from acd_tui.server.disk import FOLDERS, ContentFolder, Stored, sync_folder
from acd_tui.server.lost import LostAndFound
from acd_tui.server.salvage import salvage
from acd_tui.server.storage import Storage
from acd_tui.server.tree import Tree
from acd_tui.server.whereabouts import AlreadyServed, locked
from acd_tui.server.wire import ApiFault

T = TypeVar("T")

_PIECE = 1024 * 1024


def repair(directory: Path) -> Report:
    """Mend a server's directory, and check it then; only while no server runs on it.

    Raises:
        NotFound: there is no drive.
        AlreadyServed: a server runs.
        Denied: nothing can be written there.
        DatabaseError: the index cannot be read any more.
    """
    admin.expect_drive(directory)
    with _alone(directory):
        lost = LostAndFound(directory, SystemClock().now())
        did = _mend_folders(directory, lost)
        did += salvage(directory, lost)
        with admin.opened(directory) as storage:
            # It may be a backup that was put back.
            storage.db.write_now(histories.begin)
            repairer = Repairer(storage, lost)
            repairer.run()
            report = check.check(storage)
    report.repaired = did + repairer.did
    return report


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(directory))
        except AlreadyServed:
            raise AlreadyServed(
                f"a server is running on {directory}",
                hint="stop it first; without --repair it can be checked while it runs",
            ) from None
        yield


def _mend_folders(directory: Path, lost: LostAndFound) -> list[str]:
    did: list[str] = []
    content = directory / "content"
    if ContentFolder(content).is_bare:
        if content.is_file():
            did.append(f"content is no folder; it is in {lost.take(content)}")
        return did  # whether there should be more is seen when the index is opened
    for folder in (content, *(content / name for name in FOLDERS)):
        if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
            if folder.is_dir():
                continue  # somebody gave it another disk
            place = lost.take(folder)
            did.append(f"{folder.name} is no folder; it is in {place}")
        if not folder.is_dir():
            folder.mkdir(mode=0o700)
            lost.give(folder)
            did.append(f"the folder {folder.relative_to(directory)} is made again")
    return did


class Repairer:
    """Mends an index that can be read, and the content files with it.

    Attributes:
        did: what was done, one sentence each.
    """

    def __init__(self, storage: Storage, lost: LostAndFound) -> None:
        self.did: list[str] = []
        self._storage = storage
        self._lost = lost
        self._spare: dict[tuple[int | None, str | None], list[Path]] = {}

    def run(self) -> None:
        """Mend everything."""
        for path in check.open_to_others(self._storage):
            path.chmod(path.stat().st_mode & 0o700)
            self.did.append(f"{path.name} can no longer be read by others")
        self._settle()
        self._mend_index()
        self._put_back()
        self._look_for_spare()
        for content in check.contents(self._storage):
            self._mend_content(content)
        self._take_away()
        self._mend_index()

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return self._storage.db.write_now(work)

    def _settle(self) -> None:
        """Have every content be a file from here on."""
        lost = set(self._storage.db.read_now(laws.lost_small))
        for name in self._storage.settler.settle_all():
            self._lost.give(self._storage.content.path(name))
            if name in lost:
                self.did.append(
                    f"content {name} was with no node; it has a file of its own now"
                )

    def _mend_index(self) -> None:
        now = self._storage.now()
        self.did += self._write(
            lambda db: mend.mend_index(db, now, self._lost.keeper(db))
        )

    def _orphans(self) -> list[str]:
        found = list(self._storage.content)
        folder = self._storage.content
        under_way = {*folder.leftovers(), *folder.partials()}
        return sorted(check.orphans(self._storage, found) - under_way)

    def _put_back(self) -> None:
        """Bring content files that lie in a wrong folder to where they belong."""
        folder = self._storage.content
        paths = [folder.directory / name for name in self._orphans() if "/" in name]
        paths += [folder.directory / name for name in check.strangers(self._storage)]
        paths += [folder.tmp(name) for name in folder.leftovers()]
        for path in paths:
            right = folder.path(path.name)
            if path.is_file() and self._wanted(path.name) and not right.exists():
                os.link(path, right)
                if path.parent != folder.directory / "tmp":
                    path.unlink()
                self.did.append(f"content {path.name} is back in its folder")

    def _wanted(self, content: str) -> bool:
        names = [content]
        return bool(self._storage.db.read_now(lambda db: index.referenced(db, names)))

    def _look_for_spare(self) -> None:
        """See what bytes nobody uses: they may be those that somebody misses."""
        for name in self._orphans():
            path = self._path_of(name)
            if path.is_file():
                found = measured(path)
                if found.problem is None:
                    self._spare[found.size, found.md5] = [path]

    def _path_of(self, orphan: str) -> Path:
        folder = self._storage.content
        return folder.directory / orphan if "/" in orphan else folder.path(orphan)

    def _mend_content(self, content: Content) -> None:
        path = self._storage.content.path(content.name)
        found = self._measured(path)
        problem = difference(content, found)
        if problem is None:
            return
        if found.problem is not None and os.path.lexists(path):
            return  # what cannot be read may be read again some day; the check tells
        known = content.md5 is not None and content.size is not None
        stored = self._copy(content) if known else None
        if stored is not None:
            self._replace(content, problem, stored)
        elif content.kind == "ASSET":
            self._make_anew(content)
        elif found.problem is not None or (known and not found.size):
            self._forget(content)
        else:
            self._accept(content, found, problem if known else None)

    def _measured(self, path: Path) -> Found:
        """Read a file; one that is none, or that is closed to us, is dealt with."""
        with contextlib.suppress(FileNotFoundError):
            mode = path.lstat().st_mode
            if not stat.S_ISREG(mode):
                place = self._lost.take(path)
                self.did.append(f"content {path.name} is no file; it is in {place}")
            elif mode & 0o400 == 0:
                path.chmod(0o600)
                self.did.append(f"content {path.name} can be read again by its owner")
        return measured(path)

    def _copy(self, content: Content) -> Stored | None:
        """The right bytes from elsewhere, stored anew; None if they cannot be had."""
        for source in self._sources(content):
            incoming = self._storage.content.incoming()
            try:
                incoming.write(())
                with source.open("rb") as file:
                    while piece := file.read(_PIECE):
                        incoming.write([piece])
                stored = incoming.finish()
            except OSError:
                incoming.discard()
                continue
            if (stored.size, stored.md5) == (content.size, content.md5):
                incoming.settle()
                self._lost.give(self._storage.content.path(stored.id))
                return stored
            incoming.discard()
        return None

    def _sources(self, content: Content) -> Iterator[Path]:
        if content.size == 0:
            yield Path(os.devnull)
        yield from self._spare.get((content.size, content.md5), ())
        twins = self._storage.db.read_now(
            lambda db: db.execute(
                "SELECT content FROM nodes WHERE md5 = ? AND size = ?"
                " AND content IS NOT NULL AND content <> ?",
                (content.md5, content.size, content.name),
            ).fetchall()
        )
        for (name,) in twins:
            yield self._storage.content.path(name)

    def _replace(self, content: Content, problem: str, stored: Stored) -> None:
        self._write(
            lambda db: (
                db.execute(
                    "UPDATE nodes SET content = ? WHERE id = ?",
                    (stored.id, content.node),
                ).rowcount
            )
        )
        said = f"node {content.node}: its content {problem}; the right bytes were found"
        old = self._storage.content.path(content.name)
        if old.exists():
            said += f"; those it had are in {self._lost.take(old)}"
        self.did.append(said)

    def _forget(self, content: Content) -> None:
        old = self._storage.content.path(content.name)
        if old.exists():  # of no size: there is nothing to keep
            self._lost.take(old)
        now = self._storage.now()

        def work(db: sqlite3.Connection) -> str:
            row = _row(db, content.node)
            return mend.forget(db, now, self._lost.keeper(db), row)

        self.did.append(self._write(work))

    def _accept(self, content: Content, found: Found, problem: str | None) -> None:
        """Let what is there be the content; `problem` is None if nobody knows better."""
        now, folder = self._storage.now(), self._storage.content
        stored = Stored(folder.incoming().id, found.size, found.md5)
        os.link(folder.path(content.name), folder.path(stored.id))
        sync_folder(folder.path(stored.id).parent)

        def work(db: sqlite3.Connection) -> str:
            row = _row(db, content.node)
            tree = Tree(db, row["user"], now)
            said = mend.called(row)
            if problem is None:
                said += ": its size and MD5 are those of what is there"
            else:
                kept = self._lost.keeper(db)(row, f"its content {problem}")
                said += (
                    f": its content {problem}; what is there stays, as"
                    f" {_renamed(tree, row)!r} with its own size and MD5; what was known"
                    f" of it is in {kept}"
                )
            kind = row["content_type"] or "application/octet-stream"
            tree.put_content(index.by_number(db, row["num"]), stored, kind)
            return said

        self.did.append(self._write(work))
        asyncio.run(self._storage.collect())

    def _make_anew(self, content: Content) -> None:
        """Have a thumbnail made again, for it was made of another file's content."""
        old = self._storage.content.path(content.name)
        if old.exists():
            self._lost.take(old)

        def work(db: sqlite3.Connection) -> None:
            (asset,) = db.execute(
                "SELECT num FROM nodes WHERE id = ?", (content.node,)
            ).fetchone()
            db.execute(
                "INSERT OR IGNORE INTO unseen (node)"
                " SELECT parent FROM edges WHERE child = ?",
                (asset,),
            )
            db.execute("DELETE FROM nodes WHERE num = ?", (asset,))

        self._write(work)
        self.did.append(f"thumbnail {content.node}: broken; the server makes a new one")

    def _take_away(self) -> None:
        """Put what belongs to no node into lost-and-found."""
        folder = self._storage.content.directory
        paths = [self._path_of(name) for name in self._orphans()]
        paths += [folder / name for name in check.strangers(self._storage)]
        for path in paths:
            place = self._lost.take(path)
            said = f"{path.relative_to(folder.parent)} belongs to no node"
            self.did.append(f"{said}; it is in {place}")


def _row(db: sqlite3.Connection, node_id: str) -> dict[str, Any]:
    cursor = db.execute("SELECT * FROM nodes WHERE id = ?", (node_id,))
    names = [name for name, *_ in cursor.description]
    return dict(zip(names, cursor.fetchone(), strict=True))


def _renamed(tree: Tree, row: dict[str, Any]) -> str:
    """Give a file the name that says that it is damaged."""
    for name in itertools.islice(mend.variants(row["name"], "damaged"), 1, None):
        with contextlib.suppress(ApiFault):
            tree.patch(tree.node(row["id"]), {"name": name})
            return name
    raise AssertionError("there is no end of names")
