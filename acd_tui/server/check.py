"""Is all well in a server's directory? Also while a server runs on it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from acd_tui.db import DatabaseError
from acd_tui.server import index
from acd_tui.server.disk import FOLDERS
from acd_tui.server.laws import violations
from acd_tui.server.storage import INDEX, Storage

LOST_AND_FOUND = "lost-and-found"
_PIECE = 1024 * 1024
_AT_ONCE = 500
_MOST_SAID = 20  # of one law
# What nobody but the owner may read; what lies below `content` is safe with it.
_PRIVATE = ("content", INDEX, f"{INDEX}-wal", LOST_AND_FOUND)


@dataclass(slots=True)
class Report:
    """What a check found.

    Attributes:
        users: how many.
        nodes: how many, without purged ones.
        files: how many contents were read.
        bytes: of them.
        problems: one sentence each; none means all is well.
        notes: what is not wrong, but there.
        repaired: what a repair did before, one sentence each.
    """

    users: int = 0
    nodes: int = 0
    files: int = 0
    bytes: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        names = ("users", "nodes", "files", "bytes", "problems", "notes", "repaired")
        return {"ok": not self.problems} | {name: getattr(self, name) for name in names}


class Content(NamedTuple):
    """A content as its node describes it; a broken one may not know its size.

    Attributes:
        has_row: it had no file yet, a moment ago.
    """

    node: str
    name: str
    size: int | None
    md5: str | None
    kind: str
    has_row: bool


class Found(NamedTuple):
    """A content file as it is.

    Attributes:
        size: in bytes.
        md5: of them.
        problem: why the bytes cannot be had; None if they can.
    """

    size: int
    md5: str
    problem: str | None = None


def check(storage: Storage) -> Report:
    """Read every content file and compare it with its node; look at the laws of the index.

    Changes nothing; the storage may be open to read only.
    """
    report = Report()
    # First the files: what comes after this moment cannot look like an orphan.
    found = list(storage.content)
    leftovers = storage.content.leftovers()
    being_written = {*leftovers, *storage.content.partials()}
    _check_folders(storage, report)
    try:
        report.problems += storage.db.read_now(_index_problems)
        report.users, report.nodes = storage.db.read_now(_counts)
        for content in contents(storage):
            _check_content(storage, report, content)
        unwanted = orphans(storage, found) - being_written
        cut_off = set(leftovers) - storage.db.read_now(
            lambda db: index.referenced(db, leftovers)
        )
    except DatabaseError as error:
        report.problems.append(f"the index cannot be read to its end: {error}")
        return report
    report.problems += [
        f"content {name} belongs to no node" for name in sorted(unwanted)
    ]
    if cut_off:
        report.notes.append(
            f"{len(cut_off)} uploads are under way or were cut off;"
            " the next start clears away what is left of them"
        )
    return report


def _check_folders(storage: Storage, report: Report) -> None:
    report.problems += [
        f"content/{name} belongs to no node" for name in strangers(storage)
    ]
    report.problems += [
        f"{path.name} can be read by others" for path in open_to_others(storage)
    ]
    if storage.content.is_bare:
        report.notes.append(
            "content has none of its folders; the next start makes them, unless there are"
            " to be files: is the disk mounted that they are on?"
        )
    elif missing := missing_folders(storage):
        report.notes.append(
            f"{len(missing)} folders below content are missing, as {missing[0]};"
            " the next start makes them"
        )
    if any((storage.directory / LOST_AND_FOUND).glob("*")):
        report.notes.append(f"{LOST_AND_FOUND} holds what a repair took out of the way")


def contents(storage: Storage) -> Iterator[Content]:
    """What the nodes say of their content files."""
    last = 0
    while True:
        rows = storage.db.read_now(partial(_some_contents, last=last))
        if not rows:
            return
        last = rows[-1][0]
        for row in rows:
            yield Content._make(row[1:])


def _some_contents(db: sqlite3.Connection, last: int) -> list[tuple[Any, ...]]:
    return db.execute(
        "SELECT num, id, content, size, md5, kind, EXISTS (SELECT 1 FROM small s"
        " WHERE s.node = nodes.num AND s.content = nodes.content)"
        " FROM nodes WHERE num > ?"
        " AND content IS NOT NULL ORDER BY num LIMIT ?",
        (last, _AT_ONCE),
    ).fetchall()


def _check_content(storage: Storage, report: Report, content: Content) -> None:
    path = storage.content.path(content.name)
    opened = partial(storage.opened, content.name) if content.has_row else None
    problem = difference(content, measured(path, opened))
    report.files += 1
    report.bytes += content.size or 0
    if problem is not None and _still_refers(storage, content):
        report.problems.append(f"the content of node {content.node} {problem}")


def measured(path: Path, opened: Callable[[], BinaryIO] | None = None) -> Found:
    """Read a file to its end; or what opens in its place."""
    read, digest = 0, hashlib.md5(usedforsecurity=False)
    try:
        with opened() if opened else path.open("rb") as file:
            while piece := file.read(_PIECE):
                read += len(piece)
                digest.update(piece)
    except FileNotFoundError:
        return Found(0, "", "is missing")
    except OSError as error:
        return Found(read, "", f"cannot be read: {error.strerror}")
    return Found(read, digest.hexdigest())


def difference(content: Content, found: Found) -> str | None:
    """What is wrong with a content file, if anything is."""
    if found.problem is not None:
        return found.problem
    if found.size != content.size:
        return f"has {found.size} bytes instead of {content.size}"
    return None if found.md5 == content.md5 else "does not have its MD5"


def _still_refers(storage: Storage, content: Content) -> bool:
    """Tell whether it was not overwritten while it was looked at."""
    return storage.db.read_now(
        lambda db: bool(
            db.execute(
                "SELECT 1 FROM nodes WHERE id = ? AND content = ?",
                (content.node, content.name),
            ).fetchone()
        )
    )


def missing_folders(storage: Storage) -> list[str]:
    """The folders for content that are not there."""
    content = storage.content.directory
    return [name for name in FOLDERS if not (content / name).is_dir()]


def strangers(storage: Storage) -> list[str]:
    """What lies beside the folders for content."""
    try:
        names = {path.name for path in storage.content.directory.iterdir()}
    except FileNotFoundError:
        return []
    return sorted(names.difference(FOLDERS))


def open_to_others(storage: Storage) -> list[Path]:
    """What others than its owner can reach and read."""
    if not storage.directory.stat().st_mode & 0o077:
        return []
    secrets = storage.directory.glob("client-*.json")
    paths = [*(storage.directory / name for name in _PRIVATE), *secrets]
    return [path for path in paths if _mode(path) & 0o077]


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return 0  # a journal, say, of a server that has just ended


def orphans(storage: Storage, found: list[str]) -> set[str]:
    """Which of some content files no node refers to."""

    def work(db: sqlite3.Connection) -> set[str]:
        garbage = {name for (name,) in db.execute("SELECT content FROM garbage")}
        return set(found) - index.referenced(db, found) - garbage

    # An overwrite may have removed some of them since.
    return {
        name
        for name in storage.db.read_now(work)
        if "/" in name or storage.content.path(name).exists()
    }


def _counts(db: sqlite3.Connection) -> tuple[int, int]:
    (users,) = db.execute("SELECT count(*) FROM users").fetchone()
    (nodes,) = db.execute(
        "SELECT count(*) FROM nodes WHERE status <> 'PURGED'"
    ).fetchone()
    return users, nodes


def _index_problems(db: sqlite3.Connection) -> list[str]:
    said: list[str] = []
    seen: Counter[str] = Counter()
    for violation in violations(db):
        seen[violation.law] += 1
        if seen[violation.law] <= _MOST_SAID:
            said.append(str(violation))
    return said + [
        f"{law}: {count - _MOST_SAID} more times"
        for law, count in seen.items()
        if count > _MOST_SAID
    ]
