"""Reading the nodes: one by one, the change feed, what they hold (SQLite).

Every function takes a connection and the user's number, and sees no other user's nodes.
`classes` are those of the files that an application may know of, None is all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from acd_tui.server.classes import CLASS, within
from acd_tui.server.wire import SELECT_NODES, VIEWED, NodeRow, NodeView

_USAGE = f"""SELECT {CLASS}, sum(n.size), count(*)
FROM nodes n WHERE n.user = ? AND n.kind = 'FILE' AND n.status <> 'PURGED'"""  # noqa: S608 - fixed texts


def get(
    connection: sqlite3.Connection, user: int, node_id: str, *, albums: bool = False
) -> NodeRow | None:
    """A node that is not purged; an album only if asked for."""
    row = connection.execute(
        SELECT_NODES + "WHERE n.id = ? AND n.user = ? AND n.status <> 'PURGED'",
        (node_id, user),
    ).fetchone()
    if row is None or (row[2] == "VISUAL_COLLECTION" and not albums):
        return None
    return NodeRow._make(row)


def find(connection: sqlite3.Connection, number: int) -> NodeRow | None:
    """A node of any user."""
    row = connection.execute(SELECT_NODES + "WHERE n.num = ?", (number,)).fetchone()
    return None if row is None else NodeRow._make(row)


def find_linked(
    connection: sqlite3.Connection, number: int, made: int
) -> NodeRow | None:
    """The node a link leads to that was made at a second, if it can still be had.

    The numbers of a user who was removed are given again: a younger node is another one.
    """
    row = find(connection, number)
    if row is None or row.status != "AVAILABLE" or row.created // 1000 > made:
        return None
    return row


def user_of(connection: sqlite3.Connection, number: int) -> int:
    """Whose a node is that is known to be there."""
    row = connection.execute("SELECT user FROM nodes WHERE num = ?", (number,))
    return int(row.fetchone()[0])


def by_number(connection: sqlite3.Connection, number: int) -> NodeRow:
    """A node that is known to be there."""
    row = find(connection, number)
    assert row is not None
    return row


def changed_since(
    connection: sqlite3.Connection,
    user: int,
    sequence: int,
    *,
    limit: int,
    purged: bool,
    classes: Collection[str] | None = None,
) -> list[NodeView]:
    """The nodes that changed after a moment, each in its present state, in order."""
    hidden = "" if purged else " AND n.status <> 'PURGED'"
    hidden += f" AND n.kind IN ('FILE', 'FOLDER'){within(classes)}"
    rows = connection.execute(
        f"SELECT {VIEWED} FROM nodes n WHERE n.user = ? AND n.changed > ?{hidden}"  # noqa: S608 - fixed texts
        " ORDER BY n.changed LIMIT ?",
        (user, sequence, limit),
    )
    return rows.fetchall()


def sequence(connection: sqlite3.Connection, user: int) -> int:
    """The number of the user's last change; 0 if the user is gone."""
    row = connection.execute(
        "SELECT sequence FROM users WHERE num = ?", (user,)
    ).fetchone()
    return 0 if row is None else int(row[0])


def used(connection: sqlite3.Connection, user: int) -> int:
    """The bytes a user's files take, the trash's and unfinished uploads' included."""
    row = connection.execute(
        "SELECT used + (SELECT coalesce(sum(size), 0) FROM partials"
        " WHERE user = users.num) FROM users WHERE num = ?",
        (user,),
    ).fetchone()
    return 0 if row is None else int(row[0])


def usage(
    connection: sqlite3.Connection, user: int, classes: Collection[str] | None = None
) -> dict[str, tuple[int, int]]:
    """Bytes and files by class: photo, video, doc, other."""
    rows = connection.execute(f"{_USAGE}{within(classes)} GROUP BY 1", (user,))
    return {name: (size, count) for name, size, count in rows}


def holds(connection: sqlite3.Connection, folder: int, name: str) -> bool:
    """Tell whether a folder holds a name, in whichever case."""
    row = connection.execute(
        "SELECT 1 FROM edges WHERE parent = ? AND name = ? AND live = 1",
        (folder, name.lower()),
    ).fetchone()
    return row is not None


def twin(connection: sqlite3.Connection, user: int, md5: str) -> str | None:
    """The id of a file with the same content."""
    row = connection.execute(
        "SELECT id FROM nodes WHERE user = ? AND md5 = ? AND status = 'AVAILABLE'"
        " AND kind = 'FILE'"
        " LIMIT 1",
        (user, md5),
    ).fetchone()
    return None if row is None else str(row[0])


def with_md5(
    connection: sqlite3.Connection,
    user: int,
    digests: Iterable[str],
    classes: Collection[str] | None = None,
) -> list[NodeView]:
    """The files whose content has one of some MD5s."""
    found: list[NodeView] = []
    for some in batches(digests, 500):
        marks = ", ".join("?" * len(some))
        rows = connection.execute(
            f"SELECT {VIEWED} FROM nodes n WHERE n.user = ? AND n.md5 IN ({marks})"  # noqa: S608 - marks
            f" AND n.kind = 'FILE' AND n.status = 'AVAILABLE'{within(classes)}",
            (user, *(one.lower() for one in some)),
        )
        found += rows.fetchall()
    return found


def unseen(
    connection: sqlite3.Connection,
    user: int,
    ids: Iterable[str],
    classes: Collection[str],
) -> set[str]:
    """Which of some ids are of files that are none of these classes."""
    found: set[str] = set()
    for some in batches(ids, 500):
        marks = ", ".join("?" * len(some))
        rows = connection.execute(
            f"SELECT n.id FROM nodes n WHERE n.user = ? AND n.id IN ({marks})"  # noqa: S608 - marks
            f" AND NOT (1{within(classes)})",
            (user, *some),
        )
        found.update(node_id for (node_id,) in rows)
    return found


def referenced(connection: sqlite3.Connection, contents: Iterable[str]) -> set[str]:
    """Which of some content files a node refers to."""
    found: set[str] = set()
    for some in batches(contents, 500):
        marks = ", ".join("?" * len(some))
        asking = f"SELECT content FROM nodes WHERE content IN ({marks})"  # noqa: S608 - marks
        rows = connection.execute(asking, some)
        found.update(content for (content,) in rows)
    return found


def has_files(connection: sqlite3.Connection) -> bool:
    """Tell whether a node refers to a content file."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM nodes n WHERE n.content IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM small s WHERE s.node = n.num AND s.content = n.content))"
    ).fetchone()
    return bool(row[0])


def batches(items: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    """Cut into tuples of at most that size."""
    iterator = iter(items)
    while some := tuple(islice(iterator, size)):
        yield some
