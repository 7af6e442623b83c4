"""Uploads that can be gone on with, as the index knows them (amazon-drive-api.md §4.7).

An upload is written down here before anybody can be told of it, and forgotten in the
transaction that makes its node. Every function takes a connection and the user's number.
"""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import NamedTuple

from acd_tui.db import Database
from acd_tui.server import wire
from acd_tui.server.disk import ContentFolder
from acd_tui.server.index import referenced

DAYS = 7
_LIFE = DAYS * 24 * 3600 * 1000
LONGEST_LOCAL_ID = 100


class Partial(NamedTuple):
    """A row of `partials`, in the order of its columns."""

    num: int
    user: int
    owner: str
    node: str
    local_id: str
    content: str
    size: int
    md5: str | None
    plan: str
    started: int
    touched: int


_COLUMNS = ", ".join(Partial._fields)


def of_local_id(db: sqlite3.Connection, user: int, local_id: str) -> Partial | None:
    """The upload that a client calls by that name."""
    return _one(db, "user = ? AND local_id = ?", user, local_id)


def of_node(db: sqlite3.Connection, user: int, node_id: str) -> Partial | None:
    """The upload that will be that node."""
    return _one(db, "user = ? AND node = ?", user, node_id)


def _one(db: sqlite3.Connection, where: str, user: int, value: str) -> Partial | None:
    asking = f"SELECT {_COLUMNS} FROM partials WHERE {where}"  # noqa: S608 - one of two
    row = db.execute(asking, (user, value)).fetchone()
    return None if row is None else Partial._make(row)


def node_of_local_id(db: sqlite3.Connection, user: int, local_id: str) -> str | None:
    """The id of the node that was made under that name; also of one that is purged."""
    row = db.execute(
        "SELECT id FROM nodes WHERE user = ? AND local_id = ?", (user, local_id)
    ).fetchone()
    return None if row is None else str(row[0])


def refuse_used(db: sqlite3.Connection, user: int, owner: str, local_id: str) -> None:
    """Raise a 409 if a node, or an upload of another application, has that name."""
    node = node_of_local_id(db, user, local_id)
    if node is None:
        partial = of_local_id(db, user, local_id)
        if partial is not None and partial.owner != owner:
            node = partial.node
    if node is not None:
        raise local_id_used(node)


def claim(db: sqlite3.Connection, user: int, owner: str, local_id: str) -> str | None:
    """Take a local id for a node that is about to be made.

    Returns:
        the id that the node must have; None leaves it open.

    Raises:
        ApiFault: 409, see `refuse_used`.
    """
    refuse_used(db, user, owner, local_id)
    row = db.execute(
        "DELETE FROM partials WHERE user = ? AND local_id = ? RETURNING node",
        (user, local_id),
    ).fetchone()
    return None if row is None else str(row[0])


def remember(db: sqlite3.Connection, folder: ContentFolder, new: Partial) -> None:
    """Write an upload down, in place of one that its client called the same.

    Its `num` does not matter, and its `node` not if there was one: a name always means
    the same node.

    Raises:
        ApiFault: 409, see `refuse_used`; or the other one is under way.
    """
    old = of_local_id(db, new.user, new.local_id)
    if old is not None and not folder.drop_partial(old.content, lambda: False):
        raise local_id_used(old.node)
    node = claim(db, new.user, new.owner, new.local_id) or new.node
    marks = ", ".join("?" * (len(new) - 1))
    db.execute(
        f"INSERT INTO partials ({_COLUMNS.partition(', ')[2]}) VALUES ({marks})",  # noqa: S608 - names of columns
        new._replace(node=node)[1:],
    )


def touch(db: sqlite3.Connection, content: str, now: int) -> bool:
    """Put off the day an upload is given up; False if it is gone."""
    changed = db.execute(
        "UPDATE partials SET touched = max(touched, ?) WHERE content = ?",
        (now, content),
    )
    return changed.rowcount > 0


def forget(db: sqlite3.Connection, content: str) -> None:
    """Nobody will go on with that upload."""
    db.execute("DELETE FROM partials WHERE content = ?", (content,))


def untouched(db: sqlite3.Connection, before: int) -> list[str]:
    """The files of the uploads that nobody has gone on with since."""
    rows = db.execute("SELECT content FROM partials WHERE touched < ?", (before,))
    return [content for (content,) in rows]


def forget_old(db: sqlite3.Connection, content: str, before: int) -> bool:
    """Forget an upload if nobody has gone on with it since; whether it is unknown now."""
    db.execute(
        "DELETE FROM partials WHERE content = ? AND touched < ?", (content, before)
    )
    left = db.execute("SELECT 1 FROM partials WHERE content = ?", (content,))
    return left.fetchone() is None


def known(db: sqlite3.Connection) -> set[str]:
    """The files of all uploads, of all users."""
    return {content for (content,) in db.execute("SELECT content FROM partials")}


def reserved(db: sqlite3.Connection, user: int) -> int:
    """The bytes that a user's uploads will have when they are whole."""
    row = db.execute(
        "SELECT coalesce(sum(size), 0) FROM partials WHERE user = ?", (user,)
    ).fetchone()
    return int(row[0])


def checked_local_id(given: str | None) -> str | None:
    """Check what a client calls a node; nothing at all is None.

    Raises:
        ApiFault: 400, it is too long.
    """
    if not given:
        return None
    if len(given) > LONGEST_LOCAL_ID:
        raise wire.bad_request(
            f"1 validation error detected: Value '{given[:1000]}' at 'localId' failed to"
            " satisfy constraint: Member must have length less than or equal to"
            f" {LONGEST_LOCAL_ID}"
        )
    return given


def complete(node: str) -> wire.ApiFault:
    """409, nothing of that node is missing."""
    return wire.fault(
        409, "The upload is complete", "UPLOAD_COMPLETED", {"nodeId": node}
    )


def local_id_used(node: str) -> wire.ApiFault:
    """409, a client has called another node that."""
    return wire.fault(
        409,
        f"The localId is used already, conflicting NodeId: {node}",
        "LOCAL_ID_ALREADY_EXISTS",
        {"nodeId": node},
    )


def sweep(index: Database, folder: ContentFolder) -> None:
    """Bring files and index together after a kill; only while nobody uploads. Blocks."""
    names = index.read_now(known)
    for name in folder.partials():
        wanted = index.read_now(partial(referenced, contents=[name]))
        if not wanted:
            folder.remove([name])  # linked, but its node was not committed
        if wanted or name not in names:
            folder.drop_partial(name, lambda: False)


def tidy(index: Database, folder: ContentFolder, now: int) -> None:
    """Give up what nobody has gone on with for a week. Blocks."""
    before = now - _LIFE
    old = index.read_now(partial(untouched, before=before))
    strangers = set(folder.partials()) - index.read_now(known)
    for content in (*old, *strangers):

        def needed(content: str = content) -> bool:
            return not index.write_now(
                partial(forget_old, content=content, before=before)
            )

        if folder.drop_partial(content, needed) and content in old:
            index.write_now(partial(forget, content=content))
