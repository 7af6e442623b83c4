"""Whose drive a mirror is of, and where that account lives; see `api.hosts`."""

from __future__ import annotations

import logging
import sqlite3

from acd_tui.api.models import Endpoint, Node, Remembered
from acd_tui.drive import chronicle, learning, lookup, new_tree, statements
from acd_tui.drive.news import Touched

_log = logging.getLogger(__name__)


def recall(connection: sqlite3.Connection) -> Remembered | None:
    """Return what was kept last."""
    row = connection.execute(
        "SELECT content_url, metadata_url, asked, seal FROM host"
    ).fetchone()
    return None if row is None else Remembered(Endpoint(*row[:2]), *row[2:])


def remember(connection: sqlite3.Connection, answer: Remembered | None) -> None:
    """Keep an answer of the service; None: forget the one that is kept."""
    if answer is None:
        connection.execute("DELETE FROM host")
        return
    urls = answer.endpoint.metadata_url, answer.endpoint.content_url
    connection.execute(
        "REPLACE INTO host VALUES (1, ?, ?, ?, ?)", (*urls, answer.asked, answer.seal)
    )


def adopt(
    connection: sqlite3.Connection, root: Node, seal: bytes | None, touched: Touched
) -> bool:
    """Make `root` the tree's root; see `Mirror.adopt`."""
    known = lookup.read_position(connection).root
    if known == root.id:
        if seal is not None:
            connection.execute("UPDATE position SET seal = ?", (seal,))
        return False
    if known is not None:
        _log.warning("the mirror is of another account and begun anew")
        connection.execute(statements.CLEAR_NODES)
        connection.execute(statements.CLEAR_LINKS)
        connection.execute(statements.CLEAR_LISTED)
        connection.execute(statements.CLEAR_TOTALS)
        connection.execute(statements.CLEAR_POSITION)
        chronicle.clear(connection)
        new_tree.drop(connection)
        touched.lose_track()
    connection.execute("UPDATE position SET root = ?, seal = ?", (root.id, seal))
    learning.store(connection, [root], fed=False, touched=touched)
    return known is not None
