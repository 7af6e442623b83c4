"""What must hold between the rows of the index, and what to say where it does not."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec

from acd_tui.server.tree import extension

DAMAGED = "the database is damaged"
DANGLING = "a reference leads nowhere"
NO_ROOT = "a user has no root"
BEHIND = "the change feed is behind a node"
MISCOUNTED = "the bytes used are counted wrong"
NO_CONTENT = "a file has no content"
CIRCLE = "a folder lies in itself"
STALE = "a node is shown as it is not"

_LOST_SMALL = (
    "SELECT s.content FROM small s LEFT JOIN nodes n ON n.num = s.node"
    " WHERE n.content IS NOT s.content"
)
# Each asks for what must not be; a row's first column says where: the id of a node or the
# name of a user.
_ASKING = {
    DAMAGED: "SELECT integrity_check FROM pragma_integrity_check"
    " WHERE integrity_check <> 'ok'",
    DANGLING: 'SELECT DISTINCT "table" FROM pragma_foreign_key_check',
    NO_ROOT: "SELECT u.name FROM users u LEFT JOIN nodes n ON n.id = u.root"
    " AND n.user = u.num AND n.status = 'AVAILABLE' AND n.kind = 'FOLDER'"
    " AND n.name IS NULL AND n.trashed IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM edges e WHERE e.child = n.num)"
    " WHERE n.num IS NULL",
    BEHIND: "SELECT u.name FROM users u WHERE EXISTS (SELECT 1 FROM nodes n"
    " WHERE n.user = u.num AND (n.changed > u.sequence OR n.changed < 1))",
    "a node is of no kind": "SELECT n.id FROM nodes n"
    " WHERE n.kind NOT IN ('FILE', 'FOLDER', 'ASSET', 'VISUAL_COLLECTION')",
    "a node has no status": "SELECT n.id FROM nodes n"
    " WHERE n.status NOT IN ('AVAILABLE', 'TRASH', 'PURGED')",
    "what is known of a node cannot be read": "SELECT n.id FROM nodes n"
    " WHERE NOT (readable('labels', n.labels) AND readable('parents', n.parents)"
    " AND readable('properties', n.properties) AND readable('media', n.media)"
    " AND readable('settings', n.settings))",
    "a node has no name": "SELECT n.id FROM nodes n JOIN users u ON u.num = n.user"
    " WHERE n.name IS NULL AND n.id <> u.root",
    "a node's name is recorded in two ways": "SELECT n.id FROM nodes n"
    " WHERE n.name_key IS NOT key_of(n.name)"
    " OR (n.status <> 'PURGED' AND n.kind IN ('FILE', 'FOLDER')"
    " AND n.extension IS NOT extension_of(n.kind, n.name))"
    " UNION SELECT n.id FROM edges e JOIN nodes n ON n.num = e.child"
    " WHERE e.name IS NOT n.name_key OR e.live <> (n.status = 'AVAILABLE')",
    "a purged node is not gone": "SELECT n.id FROM nodes n WHERE n.status = 'PURGED'"
    " AND (n.content IS NOT NULL OR n.trashed IS NOT NULL"
    " OR EXISTS (SELECT 1 FROM edges e WHERE e.child = n.num)"
    " OR EXISTS (SELECT 1 FROM edges e WHERE e.parent = n.num))",
    "a node's folders are recorded in two ways": "SELECT n.id FROM nodes n"
    " WHERE n.status <> 'PURGED' AND (SELECT count(*) FROM edges e"
    " WHERE e.child = n.num) <> json_array_length(folders(n.parents))"
    " UNION SELECT n.id FROM nodes n, json_each(folders(n.parents)) j"
    " WHERE n.status <> 'PURGED' AND NOT EXISTS (SELECT 1 FROM edges e JOIN nodes p ON p.num = e.parent"
    " WHERE e.child = n.num AND p.id = j.value)",
    "a node is in another user's folder": "SELECT c.id FROM edges e JOIN nodes c"
    " ON c.num = e.child JOIN nodes p ON p.num = e.parent WHERE c.user <> p.user",
    "a node is in what is no folder": "SELECT c.id FROM edges e JOIN nodes c"
    " ON c.num = e.child JOIN nodes p ON p.num = e.parent"
    " WHERE (p.kind <> 'FOLDER' AND c.kind <> 'ASSET') OR p.status = 'PURGED'",
    "a node in no folder of the trash is in the trash": "SELECT n.id FROM nodes n"
    " WHERE n.status = 'TRASH' AND n.trashed IS NULL AND (NOT EXISTS (SELECT 1"
    " FROM edges e WHERE e.child = n.num) OR EXISTS (SELECT 1 FROM edges e JOIN nodes p"
    " ON p.num = e.parent WHERE e.child = n.num AND p.status = 'AVAILABLE'))",
    "a node that belongs into the trash is not there": "SELECT n.id FROM nodes n"
    " WHERE n.status = 'AVAILABLE' AND (n.trashed IS NOT NULL OR (EXISTS (SELECT 1"
    " FROM edges e WHERE e.child = n.num) AND NOT EXISTS (SELECT 1 FROM edges e"
    " JOIN nodes p ON p.num = e.parent WHERE e.child = n.num"
    " AND p.status = 'AVAILABLE')))",
    "a folder has content": "SELECT n.id FROM nodes n"
    " WHERE n.kind NOT IN ('FILE', 'ASSET')"
    " AND (n.content IS NOT NULL OR n.size IS NOT NULL)",
    NO_CONTENT: "SELECT n.id FROM nodes n WHERE n.kind IN ('FILE', 'ASSET')"
    " AND n.status <> 'PURGED' AND (n.content IS NULL OR n.size IS NULL OR n.md5 IS NULL"
    " OR n.content_version IS NULL OR n.content_type IS NULL)",
    MISCOUNTED: "SELECT u.name FROM users u WHERE u.used <>"
    " (SELECT coalesce(sum(n.size), 0) FROM nodes n WHERE n.user = u.num"
    " AND n.kind = 'FILE' AND n.status <> 'PURGED')",
    "a small content belongs to no node": _LOST_SMALL,
    STALE: "SELECT n.id FROM nodes n JOIN rendered r ON r.num = n.num"
    " WHERE n.json IS NOT r.json",
}


class Violation(NamedTuple):
    """Where a law is broken.

    Attributes:
        law: what is wrong.
        where: the id of a node, the name of a user or of a table.
    """

    law: str
    where: str

    def __str__(self) -> str:
        return f"{self.law}: {self.where}"


def violations(connection: sqlite3.Connection) -> Iterator[Violation]:
    """Everything that is wrong in the index, law by law."""
    for name, function in _FUNCTIONS.items():
        connection.create_function(name, -1, function, deterministic=True)
    for law, question in _ASKING.items():
        yield from _broken(law, partial(_first_column, connection, question))
    yield from _broken(CIRCLE, lambda: sorted(circles(connection).values()))


def _broken(law: str, look: Callable[[], list[str]]) -> Iterator[Violation]:
    try:
        found = look()
    except sqlite3.DatabaseError as error:
        # Damaged pages: what can still be read shall be looked at all the same.
        law, found = DAMAGED, [str(error)]
    for where in found:
        yield Violation(law, where)


def _first_column(connection: sqlite3.Connection, question: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(question)]


def _key_of(name: object) -> str | None:
    return name.lower() if isinstance(name, str) else None


def _extension_of(kind: str, name: object) -> str | None:
    return extension(name) if kind == "FILE" and isinstance(name, str) else None


def readable(column: str, text: object) -> bool:
    """Tell whether a column of a node holds the JSON that it should."""
    if text is None:
        return column not in {"labels", "parents"}
    try:
        msgspec.json.decode(str(text), type=_SHAPES[column])
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return False
    return True


def _folders(parents: object) -> str:
    return str(parents) if readable("parents", parents) else "[]"


_SHAPES: dict[str, Any] = {
    "labels": list[str],
    "parents": list[str],
    "properties": dict[str, dict[str, str]],
    "media": dict[str, Any],
    "settings": dict[str, Any],
}
_FUNCTIONS: dict[str, Callable[..., str | bool | None]] = {
    "key_of": _key_of,
    "extension_of": _extension_of,
    "readable": readable,
    "folders": _folders,
}


def lost_small(connection: sqlite3.Connection) -> list[str]:
    """The contents that wait for their file beside a node that does not have them."""
    return _first_column(connection, _LOST_SMALL)


def circles(connection: sqlite3.Connection) -> dict[int, str]:
    """Number and id of the folders that lie, at whatever depth, in themselves."""
    above: dict[int, set[int]] = defaultdict(set)
    ids: dict[int, str] = {}
    for child, parent, node_id in connection.execute(
        "SELECT e.child, e.parent, n.id FROM edges e JOIN nodes n ON n.num = e.child"
        " WHERE n.kind = 'FOLDER'"
    ):
        above[child].add(parent)
        ids[child] = node_id
    _peel(above)
    below: dict[int, set[int]] = defaultdict(set)
    for child, parents in above.items():
        for parent in parents:
            below[parent].add(child)
    _peel(below)
    return {num: ids[num] for num in below}


def _peel(edges: dict[int, set[int]]) -> None:
    """Take away, again and again, what leads to nothing that is left."""
    leading_to: dict[int, list[int]] = defaultdict(list)
    for start, ends in edges.items():
        for end in ends:
            leading_to[end].append(start)
    loose = [end for end in leading_to if end not in edges]
    while loose:
        end = loose.pop()
        for start in leading_to[end]:
            if start in edges:
                edges[start].discard(end)
                if not edges[start]:
                    del edges[start]
                    loose.append(start)
