"""`DIR/lost-and-found`: what a repair takes out of the way; it deletes nothing."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from acd_tui.server.check import LOST_AND_FOUND
from acd_tui.server.disk import sync_folder

_DEEPEST = 200


class LostAndFound:
    """The folder, made when the first thing is put there.

    Args:
        directory: of the drives; its owner shall own what is put there, whoever repairs.
        now: seconds since 1970.
    """

    def __init__(self, directory: Path, now: float) -> None:
        self._top = directory
        self._now = now

    def take(self, path: Path, name: str | None = None) -> str:
        """Move a file or folder here; where it is then, as seen from the directory.

        Raises:
            OSError: it cannot be moved.
        """
        place = self.place(name or path.name)
        path.rename(place)
        sync_folder(path.parent)
        sync_folder(place.parent)
        return str(place.relative_to(self._top))

    def keeper(
        self, connection: sqlite3.Connection
    ) -> Callable[[Mapping[str, Any], str], str]:
        """What writes down the rows of nodes; it tells where."""

        def keep(row: Mapping[str, Any], why: str) -> str:
            user = connection.execute(
                "SELECT name FROM users WHERE num = ?", (row["user"],)
            ).fetchone()
            record = {
                "why": why,
                "when": datetime.fromtimestamp(self._now, UTC).isoformat(),
                "user": user[0] if user else None,
                "path": _path(connection, row),
                "node": row,
            }
            text = msgspec.json.format(
                msgspec.json.encode(record, enc_hook=str), indent=2
            )
            place = self.place(f"{row['id']}.json")
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self.give(place)
            sync_folder(place.parent)
            return str(place.relative_to(self._top))

        return keep

    def place(self, name: str) -> Path:
        """A path for something of that name; nothing is there yet."""
        folder = self._top / LOST_AND_FOUND
        if not folder.is_dir():
            folder.mkdir(mode=0o700)
            self.give(folder)
            sync_folder(self._top)
        stem, dot, end = name.rpartition(".")
        number, place = 1, folder / name
        while os.path.lexists(place):
            number += 1
            place = folder / (f"{stem}-{number}.{end}" if dot else f"{name}-{number}")
        return place

    def give(self, path: Path) -> None:
        """Let the owner of the directory own what root has made."""
        if os.geteuid() == 0:
            owner = self._top.stat()
            os.chown(path, owner.st_uid, owner.st_gid)


def _path(connection: sqlite3.Connection, row: Mapping[str, Any]) -> str:
    """Where a node was, by its first folder and that one's first folder."""
    names: list[str] = []
    num, name = row["num"], row["name"]
    while name is not None and len(names) < _DEEPEST:
        names.insert(0, name)
        above = connection.execute(
            "SELECT p.num, p.name FROM edges e JOIN nodes p ON p.num = e.parent"
            " WHERE e.child = ? ORDER BY p.num LIMIT 1",
            (num,),
        ).fetchone()
        if above is None:
            break
        num, name = above
    return "/" + "/".join(names)
