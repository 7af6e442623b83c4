"""Changing the nodes, inside one transaction.

The laws kept here: names are unique among the AVAILABLE children of a folder, files and
folders alike, without regard to case; no folder lies in itself; a node is in the trash if
it was put there or if all its folders are; every change gets the next number of the
user's change feed (amazon-drive-api.md §4.4, §4.10-4.13, §5.2).
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from acd_tui.server import index, partials, wire
from acd_tui.server.disk import Stored
from acd_tui.server.statuses import Statuses
from acd_tui.server.wire import NodeRow

T = TypeVar("T")

LONGEST_NAME = 280

_ANCESTORS = """WITH RECURSIVE above (num) AS (
  SELECT ? UNION SELECT e.parent FROM edges e JOIN above a ON e.child = a.num
) SELECT 1 FROM above WHERE num = ?"""

_INSERT = (
    "INSERT INTO nodes (id, user, kind, name, name_key, status, version, created,"
    " modified, created_by, description, labels, properties, parents, changed,"
    " extension, local_id, content, size, md5, content_type, content_date,"
    " content_version) VALUES (?, ?, ?, ?, ?, 'AVAILABLE', 1" + ", ?" * 16 + ")"
)


class NewContent(NamedTuple):
    """What a new file holds.

    Attributes:
        stored: the content file.
        type: of the content.
        date: when a picture was taken, in milliseconds since 1970.
    """

    stored: Stored
    type: str
    date: int | None = None


class Tree:
    """One user's nodes in one transaction.

    Args:
        connection: inside a transaction.
        user: the user's number.
        now: milliseconds since 1970.
    """

    def __init__(self, connection: sqlite3.Connection, user: int, now: int) -> None:
        self._db = connection
        self._user = user
        self._now = now
        self._statuses = Statuses(connection, self._numbers)

    @property
    def connection(self) -> sqlite3.Connection:
        return self._db

    def attempt(self, work: Callable[[], T]) -> T:
        """Do something that may fail without harm to the rest of the transaction."""
        self._db.execute("SAVEPOINT attempt")
        try:
            result = work()
        except Exception:
            if self._db.in_transaction:  # a full disk ends it altogether
                self._db.execute("ROLLBACK TO attempt")
                self._db.execute("RELEASE attempt")
            raise
        self._db.execute("RELEASE attempt")
        return result

    def node(self, node_id: str, *, albums: bool = False) -> NodeRow:
        """A node that may be changed.

        Args:
            node_id: of the node.
            albums: also an album, which most clients must not see.

        Raises:
            ApiFault: 404.
        """
        row = index.get(self._db, self._user, node_id, albums=albums)
        if row is None:
            raise wire.node_not_found()
        return row

    def parents(self, ids: Sequence[str]) -> list[NodeRow]:
        """The folders that shall hold a node; none given means the root.

        Raises:
            ApiFault: one is missing, no folder, or in the trash.
        """
        if not ids:
            root = self._db.execute(
                "SELECT root FROM users WHERE num = ?", (self._user,)
            ).fetchone()
            if root is None:
                raise wire.token_expired()
            ids = [root[0]]
        return [self._folder(one) for one in dict.fromkeys(ids)]

    def file(self, node_id: str) -> NodeRow:
        """A file whose content may be changed.

        Raises:
            ApiFault: 404; or it is a folder, or in the trash.
        """
        row = self.node(node_id)
        if row.kind != "FILE":
            raise wire.forbidden("Only a file has content")
        if row.status != "AVAILABLE":
            raise wire.forbidden("The node is in the trash")
        return row

    def refuse_twin(self, md5: str) -> None:
        """Raise a 409 if a file has that content already."""
        if (twin := index.twin(self._db, self._user, md5)) is not None:
            raise wire.duplicate_content(twin)

    def refuse_name(self, name: str, parents: Iterable[NodeRow]) -> None:
        """Raise a 409 if a folder holds that name."""
        for parent in parents:
            self._refuse_clash(name, parent, but=0)

    def refuse_over(
        self, quota: int | None, more: int, *, counted: bool = False
    ) -> None:
        """Raise a 403 if so many more bytes do not fit, or did not when counted."""
        if quota is None or more <= 0:
            return
        if index.used(self._db, self._user) + (0 if counted else more) > quota:
            raise wire.over_quota()

    def create(
        self,
        kind: str,
        metadata: Mapping[str, Any],
        parents: Sequence[NodeRow],
        created_by: str,
        *,
        content: NewContent | None = None,
    ) -> NodeRow:
        """Make a node.

        Args:
            kind: FILE, FOLDER, ASSET or VISUAL_COLLECTION.
            metadata: checked: name, labels, description, properties, local_id.
            parents: from `parents`.
            created_by: the application's name.
            content: of a file or an asset.

        Raises:
            ApiFault: the name or the local id is taken.
        """
        name: str = metadata["name"]
        local_id = metadata.get("local_id")
        node_id = self._id_for(local_id, created_by)
        self.refuse_name(name, parents)
        properties = metadata.get("properties")
        held: tuple[object, ...] = (None,) * 6
        size = 0
        if content is not None:
            held = (*content.stored, content.type, content.date, 1)
            size = content.stored.size if kind == "FILE" else 0
        number = self._db.execute(
            _INSERT,
            (
                node_id,
                self._user,
                kind,
                name,
                name.lower(),
                self._now,
                self._now,
                created_by,
                metadata.get("description"),
                _json(metadata.get("labels", [])),
                _json(properties) if properties else None,
                _json([parent.id for parent in parents]),
                self._numbers(1, size),
                _extension(kind, name),
                local_id,
                *held,
            ),
        ).lastrowid
        assert number is not None
        if content is not None and kind == "FILE":
            self._have_seen(number, content.type)
        self._db.executemany(
            "INSERT INTO edges (parent, child, name, live) VALUES (?, ?, ?, 1)",
            [(parent.num, number, name.lower()) for parent in parents],
        )
        return index.by_number(self._db, number)

    def _id_for(self, local_id: str | None, created_by: str) -> str:
        """Take a new id, or that of the upload this goes on with."""
        if local_id is None:
            return new_id()
        return partials.claim(self._db, self._user, created_by, local_id) or new_id()

    def put_content(self, row: NodeRow, stored: Stored, content_type: str) -> NodeRow:
        """Give a file its content, in place of what it had."""
        if row.content is not None:
            self._db.execute("INSERT INTO garbage VALUES (?)", (row.content,))
            self._touch(row)
            self._drop_assets(row)
        self._db.execute(
            "UPDATE nodes SET content = ?, size = ?, md5 = ?, content_type = ?,"
            " content_date = NULL, media = NULL,"
            " content_version = coalesce(content_version, 0) + 1 WHERE num = ?",
            (stored.id, stored.size, stored.md5, content_type, row.num),
        )
        if row.kind == "FILE":
            self._use(stored.size - (row.size or 0))
            self._db.execute("DELETE FROM unseen WHERE node = ?", (row.num,))
            self._have_seen(row.num, content_type)
        return index.by_number(self._db, row.num)

    def _have_seen(self, number: int, content_type: str) -> None:
        if content_type.lower().startswith("image/"):
            self._db.execute("INSERT INTO unseen (node) VALUES (?)", (number,))

    def put_media(
        self, row: NodeRow, media: Mapping[str, Any], taken: int | None = None
    ) -> NodeRow:
        """Say more of a file's content; its version stays, for nobody changed it.

        Args:
            row: the file.
            media: more of `contentProperties`.
            taken: when a picture was taken, in milliseconds since 1970.
        """
        self._db.execute(
            "UPDATE nodes SET media = ?, content_date = coalesce(?, content_date),"
            " changed = ? WHERE num = ?",
            (_json(media), taken, self._numbers(1), row.num),
        )
        return self._again(row)

    def put_asset(
        self, row: NodeRow, name: str, stored: Stored, content_type: str
    ) -> NodeRow:
        """Give a file something that was made of its content."""
        content = NewContent(stored, content_type)
        asset = self.create(
            "ASSET", {"name": name}, [row], row.created_by, content=content
        )
        self._statuses.settle(asset.num)
        return self._again(asset)

    def _drop_assets(self, row: NodeRow) -> None:
        """Remove what was made of a file's content."""
        assets = (
            "FROM nodes WHERE kind = 'ASSET' AND num IN"
            " (SELECT child FROM edges WHERE parent = ?)"
        )
        self._db.execute(
            f"INSERT INTO garbage SELECT content {assets} AND content IS NOT NULL",
            (row.num,),
        )
        self._db.execute(f"DELETE {assets}", (row.num,))

    def patch(self, row: NodeRow, changes: Mapping[str, Any]) -> NodeRow:
        """Change name, labels, description, properties, settings or parents, checked before.

        Raises:
            ApiFault: of the root; or the name is taken; or see `set_parents`.
        """
        if (
            "parents" in changes
            or row.kind == "ASSET"
            or (row.name is None and "name" in changes)
        ):
            _refuse_fixed(row)
        if "name" in changes and changes["name"] != row.name:
            self._rename(row, changes["name"])
        for column in ("labels", "description", "properties", "settings"):
            if column in changes:
                value = changes[column]
                text = value if column == "description" else _json(value)
                statement = f"UPDATE nodes SET {column} = ? WHERE num = ?"  # noqa: S608 - one of four
                self._db.execute(statement, (text, row.num))
        if "parents" in changes:
            self._set_parents(self._again(row), changes["parents"])
        self._touch(row)
        return self._again(row)

    def move(self, row: NodeRow, from_parent: str, to_parent: str) -> NodeRow:
        """Take a node from one folder to another.

        Raises:
            ApiFault: it is in the trash or not in `from_parent`; or see `set_parents`.
        """
        _refuse_fixed(row)
        if row.status != "AVAILABLE":
            raise wire.forbidden("A node in the trash cannot be moved")
        parents = parents_of(row)
        if from_parent not in parents:
            raise wire.fault(404, "The node is not in fromParent", "NODE_NOT_FOUND")
        kept = [one for one in parents if one not in {from_parent, to_parent}]
        self._set_parents(row, [*kept, to_parent])
        self._touch(row)
        return self._again(row)

    def add_parent(self, row: NodeRow, parent: str) -> NodeRow:
        """Let a folder hold a node as well.

        Raises:
            ApiFault: see `set_parents`.
        """
        _refuse_fixed(row)
        if parent not in parents_of(row):
            self._set_parents(row, [*parents_of(row), parent])
            self._touch(row)
        return self._again(row)

    def remove_parent(self, row: NodeRow, parent: str) -> NodeRow:
        """Let a folder hold a node no more; it may be left without any.

        Raises:
            ApiFault: 404, it is not in that folder.
        """
        self.node(parent)
        _refuse_fixed(row)
        if parent not in parents_of(row):
            raise wire.node_not_found()
        self._set_parents(row, [one for one in parents_of(row) if one != parent])
        self._touch(row)
        return self._again(row)

    def trash(self, row: NodeRow) -> NodeRow:
        """Put a node into the trash, and all that lies only below it.

        Raises:
            ApiFault: of the root.
        """
        if row.name is None:
            raise wire.forbidden("The root cannot be trashed")
        if row.kind == "ASSET":
            _refuse_fixed(row)
        if row.trashed is None:
            self._db.execute(
                "UPDATE nodes SET trashed = ? WHERE num = ?", (self._now, row.num)
            )
            self._touch(row)
            self._statuses.settle(row.num)
        return self._again(row)

    def restore(self, row: NodeRow) -> NodeRow:
        """Take a node out of the trash, and what came into it with it.

        Raises:
            ApiFault: 409, its folder is in the trash or its name is taken.
        """
        if row.status == "AVAILABLE":
            return row
        if row.kind == "ASSET":
            _refuse_fixed(row)
        self._db.execute("UPDATE nodes SET trashed = NULL WHERE num = ?", (row.num,))
        self._touch(row)
        self._statuses.settle(row.num)
        after = self._again(row)
        if after.status != "AVAILABLE":
            raise wire.parent_in_trash(409)
        return after

    def purge(self, row: NodeRow) -> int:
        """Delete a trashed node for good, and all that lies only below it.

        Returns:
            how many nodes.
        """
        gone = self._statuses.only_below(
            row.num, "n.status = 'TRASH'", "n.status <> 'PURGED'"
        )
        first = self._numbers(len(gone))
        freed = 0
        for number, num in enumerate(sorted(gone), start=first):
            kind, content, size = self._db.execute(
                "UPDATE nodes SET status = 'PURGED', trashed = NULL, changed = ?,"
                " version = version + 1, modified = max(modified, ?) WHERE num = ?"
                " RETURNING kind, content, size",
                (number, self._now, num),
            ).fetchone()
            if content is not None:
                freed += size if kind == "FILE" else 0
                self._db.execute("INSERT INTO garbage VALUES (?)", (content,))
            self._db.execute("UPDATE nodes SET content = NULL WHERE num = ?", (num,))
            self._db.execute("DELETE FROM edges WHERE child = ?", (num,))
            self._db.execute(
                "DELETE FROM members WHERE node = ? OR album = ?", (num, num)
            )
        for num in gone:
            self._orphan(num)
        self._use(-freed)
        return len(gone)

    def _orphan(self, num: int) -> None:
        """Take a purged folder from the parents of what other folders hold as well."""
        (folder,) = self._db.execute(
            "SELECT id FROM nodes WHERE num = ?", (num,)
        ).fetchone()
        for (child,) in self._db.execute(
            "DELETE FROM edges WHERE parent = ? RETURNING child", (num,)
        ).fetchall():
            row = index.by_number(self._db, child)
            left = [one for one in parents_of(row) if one != folder]
            self._db.execute(
                "UPDATE nodes SET parents = ? WHERE num = ?", (_json(left), child)
            )
            self._touch(row)

    def _folder(self, node_id: str) -> NodeRow:
        row = index.get(self._db, self._user, node_id)
        if row is None or row.kind != "FOLDER":
            raise wire.parent_missing()
        if row.status != "AVAILABLE":
            raise wire.parent_in_trash()
        return row

    def _again(self, row: NodeRow) -> NodeRow:
        return index.by_number(self._db, row.num)

    def _rename(self, row: NodeRow, name: str) -> None:
        if row.status == "AVAILABLE":
            for parent in parents_of(row):
                self._refuse_clash(name, self.node(parent), but=row.num)
        self._db.execute(
            "UPDATE nodes SET name = ?, name_key = ?, extension = ? WHERE num = ?",
            (
                name,
                name.lower(),
                _extension(row.kind, name),
                row.num,
            ),
        )
        self._db.execute(
            "UPDATE edges SET name = ? WHERE child = ?", (name.lower(), row.num)
        )

    def _set_parents(self, row: NodeRow, ids: Sequence[str]) -> None:
        """Have exactly these folders hold a node.

        Raises:
            ApiFault: a new one is missing, in the trash, below the node itself, or holds
                that name already.
        """
        before = set(parents_of(row))
        for parent_id in dict.fromkeys(ids):
            if parent_id in before:
                continue
            parent = self._folder(parent_id)
            if self._db.execute(_ANCESTORS, (parent.num, row.num)).fetchone():
                raise wire.forbidden("A folder cannot be moved into itself or below")
            live = row.status == "AVAILABLE"
            if live:
                self._refuse_clash(row.name or "", parent, but=row.num)
            self._db.execute(
                "INSERT INTO edges (parent, child, name, live) VALUES (?, ?, ?, ?)",
                (parent.num, row.num, (row.name or "").lower(), live),
            )
        for parent_id in before.difference(ids):
            self._db.execute(
                "DELETE FROM edges WHERE child = ? AND parent ="
                " (SELECT num FROM nodes WHERE id = ?)",
                (row.num, parent_id),
            )
        self._db.execute(
            "UPDATE nodes SET parents = ? WHERE num = ?",
            (_json(list(dict.fromkeys(ids))), row.num),
        )
        self._statuses.settle(row.num)

    def _refuse_clash(self, name: str, parent: NodeRow, *, but: int) -> None:
        taken = self._db.execute(
            "SELECT n.id FROM edges e JOIN nodes n ON n.num = e.child"
            " WHERE e.parent = ? AND e.name = ? AND e.live = 1 AND e.child <> ?",
            (parent.num, name.lower(), but),
        ).fetchone()
        if taken is not None:
            raise wire.name_taken(name, parent.id, taken[0])

    def _touch(self, row: NodeRow) -> None:
        self._db.execute(
            "UPDATE nodes SET version = version + 1, modified = max(modified, ?),"
            " changed = ? WHERE num = ?",
            (self._now, self._numbers(1), row.num),
        )

    def _numbers(self, count: int, size: int = 0) -> int:
        """Take the next numbers of the change feed, and so many bytes; the first number."""
        row = self._db.execute(
            "UPDATE users SET sequence = sequence + ?, used = used + ? WHERE num = ?"
            " RETURNING sequence",
            (count, size, self._user),
        ).fetchone()
        if row is None:  # the user was removed meanwhile
            raise wire.token_expired()
        return int(row[0]) - count + 1

    def _use(self, size: int) -> None:
        self._db.execute(
            "UPDATE users SET used = used + ? WHERE num = ?", (size, self._user)
        )


def new_id() -> str:
    """22 characters; the first is no dash, for clients write ids bare into filters."""
    while (node_id := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return node_id


def parents_of(row: NodeRow) -> list[str]:
    """The ids of the folders that hold a node."""
    return msgspec.json.decode(row.parents, type=list[str])


def extension(name: str) -> str | None:
    """What follows the last dot, in lower case."""
    stem, dot, end = name.rpartition(".")
    return end.lower() if dot and stem and end else None


def _extension(kind: str, name: str) -> str | None:
    return extension(name) if kind in {"FILE", "ASSET"} else None


def _refuse_fixed(row: NodeRow) -> None:
    """Raise a 403 for what stays where it is."""
    if row.name is None:
        raise wire.forbidden("The root can be neither renamed nor moved")
    if row.kind == "ASSET":
        raise wire.forbidden("An asset goes with its file")
    if row.kind == "VISUAL_COLLECTION":
        raise wire.forbidden("An album is in no folder")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
