"""Set right what contradicts itself in the index.

A node's own row is believed before everything that is kept twice: the edges, the names in
lower case, the sums and the rendered JSON are made anew from the rows. What then has no
place goes into a folder "Recovered" below the root. A node that looks different
afterwards gets the next number of the change feed, so that clients hear of it.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from acd_tui.server import index, laws
from acd_tui.server.accounts import digest
from acd_tui.server.tree import LONGEST_NAME, Tree, extension

RECOVERED = "Recovered"
_MOST_ROUNDS = 20
_JSON = ("labels", "properties", "media", "settings")
_CONTENT = ("content", "content_version", "size", "md5", "content_type")
_KINDS = {"FILE", "FOLDER", "ASSET", "VISUAL_COLLECTION"}
_WORDS = {
    "name_key": "name to search by",
    "parents": "folders",
    "edges": "place in its folders",
    "trashed": "date of trashing",
    "json": "rendering",
}

Row = dict[str, Any]
Keep = Callable[[Mapping[str, Any], str], str]


def mend_index(connection: sqlite3.Connection, now: int, keep: Keep) -> list[str]:
    """Mend all that the laws find, until they find nothing that can be mended.

    Args:
        connection: inside a transaction.
        now: milliseconds since 1970.
        keep: takes the row of a node that loses something, and why; tells where it is.

    Returns:
        what was done, one sentence each.
    """
    did: list[str] = []
    for _ in range(_MOST_ROUNDS):
        mender = Mender(connection, now, keep)
        for violation in laws.violations(connection):
            mender.mend(violation)
        if not mender.did:
            break
        did += mender.did
    return did


class Mender:
    """One round over all that is broken.

    Attributes:
        did: what was done.
    """

    def __init__(self, connection: sqlite3.Connection, now: int, keep: Keep) -> None:
        self.did: list[str] = []
        self._db = connection
        self._now = now
        self._keep = keep

    def mend(self, violation: laws.Violation) -> None:
        """Set one thing right, if it still is wrong."""
        special = {
            laws.DAMAGED: lambda _: None,
            laws.DANGLING: self._drop_dangling,
            laws.NO_ROOT: self._make_root,
            laws.BEHIND: self._go_on_counting,
            laws.MISCOUNTED: self._count,
            laws.NO_CONTENT: self._forget_empty,
            laws.CIRCLE: self._cut_circle,
        }
        special.get(violation.law, self._settle)(violation.where)

    def _say(self, where: str, what: str) -> None:
        self.did.append(f"{where}: {what}")

    def _row(self, column: str, value: object) -> Row | None:
        cursor = self._db.execute(f"SELECT * FROM nodes WHERE {column} = ?", (value,))  # noqa: S608 - a column's name
        found = cursor.fetchone()
        names = [name for name, *_ in cursor.description]
        return None if found is None else dict(zip(names, found, strict=True))

    def _root(self, user: int) -> str | None:
        row = self._db.execute(
            "SELECT root FROM users WHERE num = ?", (user,)
        ).fetchone()
        return None if row is None else str(row[0])

    # One node, with all that is kept of it twice.

    def _settle(self, node_id: str) -> None:
        pending = [node_id]
        while pending:
            row = self._row("id", pending.pop())
            if row is None or self._root(row["user"]) is None:
                continue
            changed = self._settle_columns(row)
            changed += self._settle_place(row)
            if not changed and self._stale(row):
                self._render(row)
                changed.append("json")
            if not changed:
                continue
            touch(self._db, self._now, row)
            words = ", ".join(
                _WORDS.get(name, name.replace("_", " ")) for name in changed
            )
            self._say(called(row), f"set right: {words}")
            if "status" in changed:
                pending += self._children(row)

    def _settle_columns(self, row: Row) -> list[str]:
        unreadable = [one for one in _JSON if not laws.readable(one, row[one])]
        wanted = row | dict.fromkeys(unreadable)
        if wanted["labels"] is None:
            wanted["labels"] = "[]"
        if row["kind"] not in _KINDS:
            wanted["kind"] = "FOLDER" if row["content"] is None else "FILE"
        if wanted["kind"] not in {"FILE", "ASSET"}:
            wanted |= dict.fromkeys(_CONTENT)
        if row["status"] == "PURGED":
            wanted |= {"content": None, "trashed": None}
        elif row["status"] not in {"AVAILABLE", "TRASH"}:
            wanted["status"] = "AVAILABLE"  # whether it is will be seen by its folders
        return self._update(row, wanted | self._name(row, wanted["kind"]))

    def _name(self, row: Row, kind: str) -> Row:
        name = row["name"]
        if name is None and self._root(row["user"]) != row["id"]:
            name = f"recovered-{row['id'][:8]}"
        named = {"name": name, "name_key": None if name is None else name.lower()}
        if kind == "FILE" and row["status"] != "PURGED":
            named["extension"] = extension(name or "")
        return named

    def _update(self, row: Row, wanted: Row) -> list[str]:
        changed = [name for name, value in wanted.items() if row[name] != value]
        if any(name in {*_JSON, *_CONTENT, "parents"} for name in changed):
            self._keep(row, "not everything that was recorded of it could be kept")
        for name in changed:
            self._db.execute(
                f"UPDATE nodes SET {name} = ? WHERE num = ?",  # noqa: S608 - a column's name
                (wanted[name], row["num"]),
            )
        row.update(wanted)
        return changed

    def _settle_place(self, row: Row) -> list[str]:
        """Bring parents, edges and status in line."""
        edges = self._edges("child", row["num"])
        if row["status"] == "PURGED":
            self._db.execute(
                "DELETE FROM edges WHERE ? IN (child, parent)", (row["num"],)
            )
            return ["edges"] if edges or self._edges("parent", row["num"]) else []
        parents = self._parents(row)
        ids = [parent_id for _, parent_id, _ in parents]
        text = row["parents"]
        if not laws.readable("parents", text) or msgspec.json.decode(text) != ids:
            text = msgspec.json.encode(ids).decode()
        changed = self._update(row, row | {"parents": text})
        held = not parents or any(status == "AVAILABLE" for *_, status in parents)
        status = "AVAILABLE" if row["trashed"] is None and held else "TRASH"
        changed += self._update(row, row | {"status": status})
        live = int(status == "AVAILABLE")
        right = {(row["num"], num, row["name_key"] or "", live) for num, *_ in parents}
        if edges != right:
            self._db.execute("DELETE FROM edges WHERE child = ?", (row["num"],))
            if live and self._clashes(row, parents):
                changed += self._update(row, row | self._free_name(row, parents))
            self._db.executemany(
                "INSERT INTO edges (child, parent, name, live) VALUES (?, ?, ?, ?)",
                [(row["num"], num, row["name_key"] or "", live) for num, *_ in parents],
            )
            changed.append("edges")
        return changed

    def _edges(self, column: str, num: int) -> set[tuple[int, int, str, int]]:
        asking = f"SELECT child, parent, name, live FROM edges WHERE {column} = ?"  # noqa: S608 - one of two
        return set(self._db.execute(asking, (num,)))

    def _parents(self, row: Row) -> list[tuple[int, str, str]]:
        """Number, id and status of the folders that hold a node or should do so."""
        if row["id"] == self._root(row["user"]):
            return []
        recorded = row["parents"]
        ids = (
            msgspec.json.decode(recorded, type=list[str])
            if laws.readable("parents", recorded)
            else []
        )
        other = (
            "SELECT p.id FROM edges e JOIN nodes p ON p.num = e.parent WHERE child = ?"
        )
        by_edges = [one for (one,) in self._db.execute(other, (row["num"],))]
        for some in (ids, by_edges):
            if found := [
                one for one in map(self._holder(row), dict.fromkeys(some)) if one
            ]:
                return found
        if not ids and not by_edges and laws.readable("parents", recorded):
            return []  # taken out of its last folder, as clients may do
        if row["kind"] == "ASSET":
            return []
        return [self._recovered(row["user"])]

    def _holder(self, row: Row) -> Callable[[str], tuple[int, str, str] | None]:
        kind = "FILE" if row["kind"] == "ASSET" else "FOLDER"

        def find(node_id: str) -> tuple[int, str, str] | None:
            found: tuple[int, str, str] | None = self._db.execute(
                "SELECT num, id, status FROM nodes WHERE id = ? AND user = ? AND kind = ?"
                " AND status <> 'PURGED' AND num <> ?",
                (node_id, row["user"], kind, row["num"]),
            ).fetchone()
            return found

        return find

    def _clashes(self, row: Row, parents: list[tuple[int, str, str]]) -> bool:
        return any(
            self._db.execute(
                "SELECT 1 FROM edges WHERE parent = ? AND name = ? AND live = 1",
                (num, row["name_key"] or ""),
            ).fetchone()
            for num, *_ in parents
        )

    def _free_name(self, row: Row, parents: list[tuple[int, str, str]]) -> Row:
        names = (
            {"name": name, "name_key": name.lower()}
            for name in variants(row["name"], "recovered")
        )
        return next(one for one in names if not self._clashes(row | one, parents))

    def _children(self, row: Row) -> list[str]:
        asking = (
            "SELECT n.id FROM edges e JOIN nodes n ON n.num = e.child WHERE parent = ?"
        )
        return [one for (one,) in self._db.execute(asking, (row["num"],))]

    def _stale(self, row: Row) -> bool:
        asking = "SELECT json FROM rendered WHERE num = ?"
        found = self._db.execute(asking, (row["num"],)).fetchone()
        return found is not None and found[0] != row["json"]

    def _render(self, row: Row) -> None:
        self._db.execute(
            "UPDATE nodes SET json = (SELECT json FROM rendered r WHERE r.num = ?1)"
            " WHERE num = ?1",
            (row["num"],),
        )

    # What is not about one node alone.

    def _recovered(self, user: int) -> tuple[int, str, str]:
        """The folder for what has lost its place."""
        row = self._row("id", self._root(user))
        assert row is not None, "roots are made before nodes are settled"
        root = index.by_number(self._db, row["num"])
        for name in variants(RECOVERED, "found"):
            found = self._db.execute(
                "SELECT n.num, n.id, n.status, n.kind FROM edges e JOIN nodes n"
                " ON n.num = e.child WHERE parent = ? AND e.name = ? AND live = 1",
                (root.num, name.lower()),
            ).fetchone()
            if found is None:
                break
            if found[3] == "FOLDER":
                return found[0], found[1], found[2]
        made = self._tree(user).create(
            "FOLDER", {"name": name}, [root], "CloudDriveFiles"
        )
        self._say(f"folder {name}", "made for nodes that have lost their place")
        return made.num, made.id, made.status

    def _tree(self, user: int) -> Tree:
        return Tree(self._db, user, self._now)

    def _drop_dangling(self, table: str) -> None:
        if table == "nodes":
            self._make_users()
            return
        keys = self._db.execute(
            'SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)', (table,)
        ).fetchall()
        for ours, other, theirs in keys:
            gone = self._db.execute(
                f"DELETE FROM {table} WHERE {ours} IS NOT NULL AND NOT EXISTS"  # noqa: S608 - names of the schema
                f" (SELECT 1 FROM {other} o WHERE o.{theirs} = {table}.{ours})"
            ).rowcount
            if gone:
                self._say(table, f"removed {gone} rows that refer to nothing")

    def _make_users(self) -> None:
        """Make users anew for nodes whose user is gone; nobody can sign in as them yet."""
        lost = self._db.execute(
            "SELECT DISTINCT user FROM nodes WHERE user NOT IN (SELECT num FROM users)"
        ).fetchall()
        for (num,) in lost:
            root = self._db.execute(
                "SELECT id FROM nodes WHERE user = ? AND name IS NULL AND kind = 'FOLDER'"
                " ORDER BY status, num",
                (num,),
            ).fetchone()
            name = f"recovered-{num}"
            tag = digest(f"{name}").hex()[:14].upper()
            self._db.execute(
                "INSERT INTO users (num, name, name_key, account_id, password, root)"
                " VALUES (?, ?, ?, ?, 'scrypt$$', ?)",
                (num, name, name, f"A{tag}", root[0] if root else f"lost{tag}"),
            )
            self._say(
                f"user {name}",
                "made for nodes whose user is gone; give a password to sign in",
            )

    def _make_root(self, name: str) -> None:
        num, root = self._db.execute(
            "SELECT num, root FROM users WHERE name = ?", (name,)
        ).fetchone()
        row = self._row("id", root)
        other = self._db.execute(
            "SELECT id FROM nodes WHERE user = ? AND name IS NULL AND kind = 'FOLDER'"
            " AND status = 'AVAILABLE' AND id <> ? ORDER BY num LIMIT 1",
            (num, root),
        ).fetchone()
        ours = row is not None and row["user"] == num and row["kind"] == "FOLDER"
        if row is not None and ours and (row["name"] is None or other is None):
            self._keep(row, "it was no good root")
            self._db.execute("DELETE FROM edges WHERE child = ?", (row["num"],))
            self._db.execute(
                "UPDATE nodes SET name = NULL, name_key = NULL, status = 'AVAILABLE',"
                " trashed = NULL, parents = '[]' WHERE num = ?",
                (row["num"],),
            )
        elif other is not None:
            root = other[0]
        else:
            # Under the same id, so that what it held finds it again.
            root = f"{root}-root" if row is not None else root
            self._db.execute(
                "INSERT INTO nodes (id, user, kind, status, version, created, modified,"
                " created_by, labels, parents, changed) VALUES (?1, ?2, 'FOLDER',"
                " 'AVAILABLE', 1, ?3, ?3, 'CloudDriveFiles', '[]', '[]', 1 + (SELECT"
                " coalesce(max(changed), 0) FROM nodes WHERE user = ?2))",
                (root, num, self._now),
            )
        self._db.execute("UPDATE users SET root = ? WHERE num = ?", (root, num))
        row = self._row("id", root)
        assert row is not None
        touch(self._db, self._now, row)
        for child in self._children(row):
            self._settle(child)
        self._say(f"user {name}", f"has a root again, {root}")

    def _go_on_counting(self, name: str) -> None:
        rows = self._db.execute(
            "SELECT n.id FROM nodes n JOIN users u ON u.num = n.user"
            " WHERE u.name = ? AND n.changed < 1",
            (name,),
        ).fetchall()
        self._db.execute(
            "UPDATE users SET sequence = max(sequence, coalesce((SELECT max(changed)"
            " FROM nodes n WHERE n.user = users.num), 0)) WHERE name = ?",
            (name,),
        )
        for (node_id,) in rows:
            row = self._row("id", node_id)
            assert row is not None
            touch(self._db, self._now, row)
        self._say(f"user {name}", "the change feed goes on behind the last change")

    def _count(self, name: str) -> None:
        (used,) = self._db.execute(
            "UPDATE users SET used = (SELECT coalesce(sum(size), 0) FROM nodes n"
            " WHERE n.user = users.num AND n.kind = 'FILE' AND n.status <> 'PURGED') WHERE name = ?"
            " RETURNING used",
            (name,),
        ).fetchone()
        self._say(f"user {name}", f"the bytes used are counted anew: {used}")

    def _forget_empty(self, node_id: str) -> None:
        row = self._row("id", node_id)
        if row is not None and row["content"] is None:
            self.did.append(forget(self._db, self._now, self._keep, row))

    def _cut_circle(self, node_id: str) -> None:
        circles = laws.circles(self._db)
        row = self._row("id", node_id)
        if row is None or row["num"] not in circles:
            return  # another cut has opened it
        inside = set(circles.values())
        ids = msgspec.json.decode(row["parents"], type=list[str])
        left = [one for one in ids if one not in inside]
        if not left:
            left = [self._recovered(row["user"])[1]]
        text = msgspec.json.encode(left).decode()
        self._update(row, row | {"parents": text})
        self._settle(row["id"])


def forget(connection: sqlite3.Connection, now: int, keep: Keep, row: Row) -> str:
    """Purge a file whose content is gone for good, and keep what is known of it.

    Listed on, it would be taken for whole by all who compare sizes and MD5s, and never be
    sent again by those who have it.
    """
    kept = keep(row, "its content is gone")
    tree = Tree(connection, row["user"], now)
    # By way of the trash, so that what was made of its content goes too.
    tree.purge(tree.trash(index.by_number(connection, row["num"])))
    return (
        f"{called(row)}: purged, for its content is gone; what is known of it is in"
        f" {kept}"
    )


def touch(connection: sqlite3.Connection, now: int, row: Mapping[str, Any]) -> None:
    """Give a node its next version and place in the change feed."""
    (number,) = connection.execute(
        "UPDATE users SET sequence = 1 + max(sequence, coalesce((SELECT max(changed)"
        " FROM nodes WHERE user = users.num), 0)) WHERE num = ? RETURNING sequence",
        (row["user"],),
    ).fetchone()
    connection.execute(
        "UPDATE nodes SET version = version + 1, modified = max(modified, ?),"
        " changed = ? WHERE num = ?",
        (now, number, row["num"]),
    )


def variants(name: str, word: str) -> Iterator[str]:
    """A name, and others to take if it is taken: `stem (word).ext`, `stem (word 2).ext`."""
    yield name
    end = extension(name)
    stem, dot = (name[: -len(end) - 1], name[-len(end) - 1 :]) if end else (name, "")
    for number in itertools.count(1):
        mark = f" ({word})" if number == 1 else f" ({word} {number})"
        yield stem[: max(0, LONGEST_NAME - len(mark) - len(dot))] + mark + dot


def called(row: Mapping[str, Any]) -> str:
    """How a node is spoken of."""
    return f"node {row['id']} ({row['name'] or 'the root'})"
