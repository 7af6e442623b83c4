"""The mirror's SQL that is longer than a line; `schema/` explains the columns."""

from __future__ import annotations

from pathlib import Path

from acd_tui.drive.rows import SHOWN, Row

SCHEMA = Path(__file__).with_name("schema")

_COLUMNS = ", ".join(Row._fields)
_NODE_COLUMNS = ", ".join(f"node.{column}" for column in Row._fields)
_SHOWN = f"({', '.join(map(str, SHOWN))})"

BY_ID = f"SELECT {_COLUMNS} FROM node WHERE id = ?"  # noqa: S608 - our own columns
BY_IDS = f"SELECT {_COLUMNS} FROM node WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - as above
STEPS = """
    SELECT id, parent, state, name FROM node
    WHERE kind = 0 AND id IN (SELECT value FROM json_each(?))
"""
LINKS_OF = (
    "SELECT child, parent FROM link WHERE child IN (SELECT value FROM json_each(?))"
)

# A listing is answered from its index alone: two columns that it does not show, and
# the index does not hold, are given as nothing.
CHILDREN = f"""
    SELECT id, parent, kind, key, state, name, size, modified_ns, md5, NULL, 0
    FROM node INDEXED BY listing
    WHERE parent = ? AND kind IN (0, 1) AND state IN {_SHOWN}
"""  # noqa: S608 - our own numbers
FIRST_CHILDREN = f"""
    SELECT id, parent, kind, key, state, name, size, modified_ns, md5, NULL, 0
    FROM node INDEXED BY listing
    WHERE parent = ? AND kind <= 1 AND state IN {_SHOWN} ORDER BY kind, key LIMIT ?
"""  # noqa: S608 - our own numbers
LINKED_CHILDREN = f"""
    SELECT {_NODE_COLUMNS} FROM link JOIN node ON node.id = link.child
    WHERE link.parent = ? AND node.state IN {_SHOWN}
"""  # noqa: S608 - as above
CHILD = f"""
    SELECT {_COLUMNS} FROM node INDEXED BY listing
    WHERE parent = ?1 AND kind IN (0, 1) AND key = ?2 AND state IN {_SHOWN}
    UNION ALL
    SELECT {_NODE_COLUMNS} FROM link JOIN node ON node.id = link.child
    WHERE link.parent = ?1 AND node.key = ?2 AND node.state IN {_SHOWN}
"""  # noqa: S608 - as above

IS_LINKED = "SELECT 1 FROM link WHERE child = ? LIMIT 1"
HAS_LINKED = "SELECT 1 FROM link WHERE parent = ? LIMIT 1"
SOME_CHILDREN = f"""
    SELECT node.id, node.parent, kind, node.key, state, name, size, modified_ns, md5,
        NULL, 0
    FROM json_each(?2) AS wanted CROSS JOIN node INDEXED BY listing
    WHERE node.parent = ?1 AND kind IN (0, 1) AND node.key = wanted.value
    AND state IN {_SHOWN}
"""  # noqa: S608 - as above

FOLDERS = f"""
    SELECT id, parent FROM node INDEXED BY listing
    WHERE parent IS NOT NULL AND kind = 0 AND state IN {_SHOWN}
"""  # noqa: S608 - our own numbers
# Not `sum`, which fails beyond 63 bits: a service can say any size.
FILES_BY_FOLDER = f"""
    SELECT parent, count(*), CAST(total(size) AS INTEGER) FROM node INDEXED BY listing
    WHERE parent IS NOT NULL AND kind = 1 AND state IN {_SHOWN} GROUP BY parent
"""  # noqa: S608 - as above

FOLDERS_IN = f"""
    SELECT node.id, total.size, total.files, total.folders
    FROM node INDEXED BY listing LEFT JOIN total ON total.id = node.id
    WHERE node.parent = ? AND kind = 0 AND state IN {_SHOWN}
"""  # noqa: S608 - as above
FILES_IN = f"""
    SELECT count(*), CAST(total(size) AS INTEGER) FROM node INDEXED BY listing
    WHERE parent = ? AND kind = 1 AND state IN {_SHOWN}
"""  # noqa: S608 - as above
SUM_OF_FILES = f"""
    SELECT count(*), CAST(total(size) AS INTEGER), coalesce(max(size), 0)
    FROM node INDEXED BY listing WHERE parent = ? AND kind = 1 AND state IN {_SHOWN}
"""  # noqa: S608 - as above
TOTALS_OF = "SELECT * FROM total WHERE id IN (SELECT value FROM json_each(?))"
FILES_OF = f"""
    SELECT name, size, md5 FROM node INDEXED BY listing
    WHERE parent = ? AND kind = 1 AND state IN {_SHOWN} LIMIT ?
"""  # noqa: S608 - as above
SEAL_OF = "SELECT text FROM seal WHERE id = ? AND encoding = ?"
FOLDERS_OF = f"""
    SELECT name FROM node INDEXED BY listing
    WHERE parent = ? AND kind = 0 AND state IN {_SHOWN}
"""  # noqa: S608 - as above

_FOUND = "id, parent, kind, key, state, name, size, modified_ns, md5, NULL, 0"
COPIES = f"""
    SELECT {_FOUND} FROM node INDEXED BY content
    WHERE md5 = ? AND kind = 1 AND size > 0 AND state IN {_SHOWN}
"""  # noqa: S608 - as above
SEVERAL_COPIES = f"""
    SELECT {_FOUND} FROM node INDEXED BY content
    WHERE kind = 1 AND size > 0 AND state IN {_SHOWN} AND md5 IN (
        SELECT md5 FROM node INDEXED BY content
        WHERE md5 IS NOT NULL GROUP BY md5 HAVING count(*) > 1
    )
"""  # noqa: S608 - as above
CONTENTS = f"""
    SELECT parent, md5 FROM node INDEXED BY listing
    WHERE parent IS NOT NULL AND kind = 1 AND size > 0 AND md5 IS NOT NULL
    AND state IN {_SHOWN}
"""  # noqa: S608 - as above

# In the order of what a search finds.
NAMES = f"""
    SELECT n, key FROM node WHERE kind <= 1 AND state IN {_SHOWN} ORDER BY kind, key, id
"""  # noqa: S608 - as above

SHOWN_FOLDERS = f"""
    SELECT id, parent, name FROM node WHERE kind = 0 AND state IN {_SHOWN}
"""  # noqa: S608 - as above

HOLDING = "SELECT id FROM node WHERE md5 = ? AND id IS NOT ? AND state = 0 LIMIT 8"

TRASHED = f"SELECT {_COLUMNS} FROM node WHERE state = 1"  # noqa: S608 - as above

# An older version is what is known already, unless it opens a new generation. In the
# trash nodes may come without name and parents (§4.14); they keep those they had.
_ALL_COLUMNS = f"{_COLUMNS}, fed, generation"
STORE = f"INSERT INTO node ({_ALL_COLUMNS})"
UNLESS_NEWER = """
    ON CONFLICT (id) DO UPDATE SET
        parent = CASE WHEN excluded.parent IS NULL AND excluded.state <> 0
            THEN node.parent ELSE excluded.parent END,
        kind = excluded.kind,
        key = CASE WHEN excluded.name = excluded.id THEN node.key ELSE excluded.key END,
        state = excluded.state,
        name = CASE WHEN excluded.name = excluded.id
            THEN node.name ELSE excluded.name END,
        size = excluded.size,
        modified_ns = excluded.modified_ns,
        md5 = excluded.md5,
        changed_ns = excluded.changed_ns,
        version = excluded.version,
        fed = max(node.fed, excluded.fed),
        generation = max(node.generation, excluded.generation)
    WHERE excluded.version >= node.version OR excluded.generation > node.generation
"""

# A new tree is put together in tables of its own; see `drive.new_tree`.
_TO_LATE = f"INSERT INTO new_late ({_ALL_COLUMNS})"
KEEP_LEARNED = f"""
    {_TO_LATE} SELECT {_ALL_COLUMNS} FROM node
    WHERE generation >= ? OR id IN (SELECT id FROM new_late)
"""  # noqa: S608 - our own columns
KEEP_LEARNED_LINKS = """
    INSERT INTO new_link SELECT link.child, link.parent, node.version
    FROM link JOIN node ON node.id = link.child WHERE node.generation >= ?
"""
SET_REPEATED_ASIDE = f"""
    {_TO_LATE} SELECT {_ALL_COLUMNS} FROM node
    WHERE id IN (SELECT id FROM node GROUP BY id HAVING count(*) > 1)
    OR id IN (SELECT id FROM new_late)
"""  # noqa: S608 - our own columns
SET_LATE_ASIDE = f"""
    {_TO_LATE} SELECT {_ALL_COLUMNS} FROM node WHERE id IN (SELECT id FROM new_late)
"""  # noqa: S608 - our own columns
DROP_LATE = "DELETE FROM node WHERE id IN (SELECT id FROM new_late)"
STORE_LATE = f"""
    {STORE} SELECT {_ALL_COLUMNS} FROM new_late WHERE TRUE
    ORDER BY generation, version, n {UNLESS_NEWER}
"""  # noqa: S608 - our own columns
TAKE_LINKS = """
    INSERT OR IGNORE INTO link SELECT new_link.child, new_link.parent FROM new_link
    JOIN node ON node.id = new_link.child AND node.version = new_link.version
"""

FORGET_UNLISTED = """
    DELETE FROM node WHERE parent = ? AND fed = 0
    AND id NOT IN (SELECT value FROM json_each(?))
"""
FORGET = "DELETE FROM node WHERE id IN (SELECT value FROM json_each(?))"
LEAVE_OUT = "INSERT OR IGNORE INTO gone SELECT value FROM json_each(?)"
PLACES_OF = """
    SELECT parent, name FROM node
    WHERE id IN (SELECT value FROM json_each(?)) AND parent IS NOT NULL
"""
UNLINK = "DELETE FROM link WHERE child IN (SELECT value FROM json_each(?))"

CLEAR_NODES = "DELETE FROM node"
CLEAR_LINKS = "DELETE FROM link"
CLEAR_LISTED = "DELETE FROM listed"
CLEAR_TOTALS = "DELETE FROM total"
CLEAR_SEALS = "DELETE FROM seal"
CLEAR_POSITION = """
    UPDATE position SET root = NULL, seal = NULL, checkpoint = NULL, complete = 0,
        filling = 0, checked = NULL, edition = edition + 1
"""
EDITION = "SELECT edition FROM position"
IDENTITY = "SELECT identity, edition FROM position"
NEXT_EDITION = "UPDATE position SET edition = edition + 1"
COMPLETE = "UPDATE position SET generation = filling, filling = 0, complete = 1"


def add_new(table: str) -> str:
    """Return how the statement begins that adds rows to a new tree; see `add_rows`."""
    return f"INSERT INTO {table} ({_ALL_COLUMNS})"


def new_row(generation: int, *, fed: bool) -> str:
    """Return the values of such a row.

    Args:
        generation: of the tree.
        fed: whether the feed told of it.
    """
    return f"({', '.join('?' * len(Row._fields))}, {fed:d}, {generation:d})"


IN_ORDER = "kind, key, id"


def first_folders(order: str) -> str:
    """Return the statement that gives the first folders of a folder in an order.

    Each with its total, as far as that is stored.
    """
    return f"""
        SELECT node.id, parent, kind, key, state, name, node.size, modified_ns, md5,
            NULL, 0, total.size, total.files, total.folders
        FROM node INDEXED BY listing LEFT JOIN total ON total.id = node.id
        WHERE parent = ? AND kind = 0 AND state IN {_SHOWN} ORDER BY {order} LIMIT ?
    """  # noqa: S608 - of our own words


def first_files(order: str) -> str:
    """Return the statement that gives the first files of a folder in an order."""
    return f"""
        SELECT {_FOUND} FROM node INDEXED BY listing
        WHERE parent = ? AND kind = 1 AND state IN {_SHOWN} ORDER BY {order} LIMIT ?
    """  # noqa: S608 - of our own words


def search(condition: str, order: str = IN_ORDER) -> str:
    """Return the statement that finds what a condition of `drive.conditions` holds for."""
    return f"""
        SELECT id, parent, kind, key, state, name, size, modified_ns, md5, NULL, 0
        FROM node WHERE {condition} AND kind <= 1 ORDER BY {order} LIMIT ? OFFSET ?
    """  # noqa: S608 - of our own words; what is looked for are parameters


def search_some(condition: str) -> str:
    """Return the statement that gives nodes by their numbers if such a condition holds.

    In the order of the numbers, which come as a JSON list.
    """
    return f"""
        SELECT {_FOUND} FROM (SELECT value AS wanted FROM json_each(?))
        CROSS JOIN node ON n = wanted WHERE kind <= 1 AND {condition}
    """  # noqa: S608 - as above
