"""Is all well in a server's directory? Also while a server runs on it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from acd_tui.server import index
from acd_tui.server.storage import Storage

_PIECE = 1024 * 1024
_AT_ONCE = 500


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
    """

    users: int = 0
    nodes: int = 0
    files: int = 0
    bytes: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        names = ("users", "nodes", "files", "bytes", "problems", "notes")
        return {"ok": not self.problems} | {name: getattr(self, name) for name in names}


def check(storage: Storage) -> Report:
    """Read every content file and compare it with its node; look at the laws of the index."""
    report = Report()
    # First the files: what comes after this moment cannot look like an orphan.
    found = list(storage.content)
    being_written = set(storage.content.leftovers())
    for problem in storage.db.read_now(_index_problems):
        report.problems.append(problem)
    report.users, report.nodes = storage.db.read_now(_counts)
    for node_id, content, size, md5 in _files(storage):
        _check_content(storage, report, (node_id, content, size, md5))
    orphans = _orphans(storage, found)
    interrupted = being_written & orphans
    report.problems += [
        f"content {name} belongs to no node" for name in sorted(orphans - interrupted)
    ]
    if being_written:
        report.notes.append(
            f"{len(being_written)} uploads are under way or were cut off;"
            " the next start clears away what is left of them"
        )
    return report


def _files(storage: Storage) -> Iterator[tuple[str, str, int, str]]:
    last = 0
    while True:
        rows = storage.db.read_now(partial(_some_files, last=last))
        if not rows:
            return
        last = rows[-1][0]
        for row in rows:
            yield row[1:]


def _some_files(
    db: sqlite3.Connection, last: int
) -> list[tuple[int, str, str, int, str]]:
    return db.execute(
        "SELECT num, id, content, size, md5 FROM nodes WHERE num > ?"
        " AND content IS NOT NULL ORDER BY num LIMIT ?",
        (last, _AT_ONCE),
    ).fetchall()


def _check_content(
    storage: Storage, report: Report, file: tuple[str, str, int, str]
) -> None:
    node_id, content, size, md5 = file
    problem = _content_problem(storage, content, size, md5)
    report.files += 1
    report.bytes += size
    if problem is not None and _still_refers(storage, node_id, content):
        report.problems.append(f"the content of node {node_id} {problem}")


def _content_problem(storage: Storage, content: str, size: int, md5: str) -> str | None:
    read, digest = 0, hashlib.md5(usedforsecurity=False)
    try:
        with storage.content.path(content).open("rb") as file:
            while piece := file.read(_PIECE):
                read += len(piece)
                digest.update(piece)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if read != size:
        return f"has {read} bytes instead of {size}"
    return None if digest.hexdigest() == md5 else "does not have its MD5"


def _still_refers(storage: Storage, node_id: str, content: str) -> bool:
    """Tell whether it was not overwritten while it was looked at."""
    return storage.db.read_now(
        lambda db: bool(
            db.execute(
                "SELECT 1 FROM nodes WHERE id = ? AND content = ?", (node_id, content)
            ).fetchone()
        )
    )


def _orphans(storage: Storage, found: list[str]) -> set[str]:
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


# Each asks for what must not be; a row's first column says where.
_LAWS = {
    "the database is damaged": "SELECT integrity_check FROM pragma_integrity_check"
    " WHERE integrity_check <> 'ok'",
    "a reference leads nowhere": 'SELECT "table" FROM pragma_foreign_key_check',
    "the change feed is behind a node": "SELECT n.id FROM nodes n JOIN users u"
    " ON u.num = n.user WHERE n.changed > u.sequence OR n.changed < 1",
    "a file has no content": "SELECT id FROM nodes WHERE kind = 'FILE'"
    " AND status <> 'PURGED' AND (content IS NULL OR size IS NULL OR md5 IS NULL)",
    "a user has no root": "SELECT u.name FROM users u LEFT JOIN nodes n ON n.id = u.root"
    " AND n.user = u.num AND n.status = 'AVAILABLE' WHERE n.num IS NULL",
    "the bytes used are counted wrong": "SELECT u.name FROM users u WHERE u.used <>"
    " (SELECT coalesce(sum(n.size), 0) FROM nodes n WHERE n.user = u.num"
    " AND n.kind = 'FILE' AND n.status <> 'PURGED')",
    "a node's folders are recorded in two ways": "SELECT n.id FROM nodes n"
    " WHERE n.status <> 'PURGED' AND (SELECT count(*) FROM edges e WHERE"
    " e.child = n.num) <> json_array_length(n.parents)",
    "a node's name is recorded in two ways": "SELECT n.id FROM edges e JOIN nodes n"
    " ON n.num = e.child WHERE e.name <> n.name_key"
    " OR e.live <> (n.status = 'AVAILABLE')",
    "a node is in another user's folder": "SELECT c.id FROM edges e JOIN nodes c"
    " ON c.num = e.child JOIN nodes p ON p.num = e.parent WHERE c.user <> p.user",
    "a node in no folder of the trash is in the trash": "SELECT n.id FROM nodes n"
    " WHERE n.status = 'TRASH' AND n.trashed IS NULL AND NOT EXISTS (SELECT 1 FROM edges e"
    " JOIN nodes p ON p.num = e.parent WHERE e.child = n.num AND p.status = 'TRASH')",
}


def _index_problems(db: sqlite3.Connection) -> list[str]:
    problems: list[str] = []
    for law, question in _LAWS.items():
        rows = db.execute(question).fetchmany(20)
        problems += [f"{law}: {row[0]}" for row in rows]
    return problems
