"""A mirror that an earlier version has made is taken over as it is."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from acd_tui.db import Database
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.vfs.path import VPath
from acd_tui.vfs.query import parse_query
from acd_tui.vfs.usage import Asked

ENCODER = Encoder("Slash,InvalidUtf8,Dot")
MD5 = b"\x11" * 16
NODES = (
    # n, id, parent, kind, key, state, name, size, modified, md5, changed, version
    (1, "root", None, 0, "root", 0, "root", None, None, None, None, 1),
    (2, "a", "root", 0, "a", 0, "A", None, None, None, None, 1),
    (3, "f", "a", 1, "f.txt", 0, "F.txt", 5, 7, MD5, 9, 3),
    (4, "g", "root", 1, "g.txt", 0, "g.txt", 6, 8, MD5, 9, 1),
    (5, "t", "root", 1, "t.txt", 1, "t.txt", 1, 8, None, 9, 1),
)


def earlier(path: Path, folder: Path, *, versions: int, filling: int) -> None:
    """Make a mirror as it was when there were so many versions of its schema."""
    folder.mkdir()
    with as_file(files("acd_tui.drive") / "schema") as schema:
        for each in sorted(schema.glob("*.sql"))[:versions]:
            shutil.copy(each, folder)
    database = Database(path, folder)
    database.open()
    database.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO node VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1)", NODES
        )
        connection.execute(
            "UPDATE position SET root = 'root', checkpoint = 'C7', complete = 1,"
            " filling = ?, checked = 1.0",
            (filling,),
        )


@pytest.mark.parametrize("versions", [2, 3])
async def test_it_is_all_there(tmp_path: Path, versions: int) -> None:
    path = tmp_path / "mirror.sqlite"
    earlier(path, tmp_path / "schema", versions=versions, filling=0)
    mirror = Mirror.open(path)
    try:
        position = await mirror.position()
        assert (position.checkpoint, position.complete) == ("C7", True)
        listing = await mirror.listing((), ENCODER)
        assert {entry.name for entry in listing.entries or ()} == {"A", "g.txt"}
        (a,) = (await mirror.usage(VPath(), ENCODER, Asked(files=False))).first
        assert (a.entry.name, a.size, a.files, a.folders) == ("A", 5, 1, 0)
        assert [row.id for row, _ in await mirror.trashed()] == ["t"]
        (hit,) = await mirror.search(parse_query("f.txt"), 10, ENCODER)
        assert hit.row.id == "f"
        assert len(await mirror.copies(VPath(), None, ENCODER)) == 2
    finally:
        await mirror.close()


async def test_one_that_was_being_read_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    earlier(path, tmp_path / "schema", versions=2, filling=2)
    mirror = Mirror.open(path)
    try:
        position = await mirror.position()
        assert (position.checkpoint, position.filling) == (None, 0)
        listing = await mirror.listing(("A",), ENCODER)
        assert {entry.name for entry in listing.entries or ()} == {"F.txt"}
    finally:
        await mirror.close()
