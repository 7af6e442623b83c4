"""What folders of the mirror hold, told with next to nothing for each file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from acd_tui.drive import lookup, statements
from acd_tui.drive.names import LONGEST, Encoder
from acd_tui.drive.rows import key_of
from acd_tui.vfs.path import VPath
from acd_tui.vfs.survey import Seal, Survey

_MOST = 20_000  # in one folder; larger ones are listed


def survey(
    connection: sqlite3.Connection, paths: Sequence[VPath], encoder: Encoder
) -> list[Survey | None]:
    """Return what each of some folders holds; see `Surveying.survey`."""
    stamp = _stamp(connection)
    return [
        None if folder is None else _survey(connection, folder, encoder, stamp)
        for folder in _ids(connection, paths, encoder)
    ]


def seals(
    connection: sqlite3.Connection, paths: Sequence[VPath], encoder: Encoder
) -> list[bytes | None]:
    """Return the texts of the folders' seals; see `Sealing.seals`."""
    rows = [
        folder
        and connection.execute(
            statements.SEAL_OF, (folder, encoder.encoding)
        ).fetchone()
        for folder in _ids(connection, paths, encoder)
    ]
    return [row[0] if row else None for row in rows]


def seal(
    connection: sqlite3.Connection, seals: Sequence[Seal], encoder: Encoder
) -> None:
    """Seal folders that are what they were when they were surveyed."""
    stamp = _stamp(connection)
    seals = [seal for seal in seals if seal.stamp == stamp]
    ids = _ids(connection, [seal.folder for seal in seals], encoder)
    connection.executemany(
        "REPLACE INTO seal VALUES (?, ?, ?)",
        [
            (folder, encoder.encoding, seal.text)
            for folder, seal in zip(ids, seals, strict=True)
            if folder is not None
        ],
    )


def _stamp(connection: sqlite3.Connection) -> bytes:
    """Return what is another one after any change of the tree, and in any other file."""
    identity, edition = connection.execute(statements.IDENTITY).fetchone()
    return b"%b %d" % (identity, edition)


def _ids(
    connection: sqlite3.Connection, paths: Sequence[VPath], encoder: Encoder
) -> list[str | None]:
    """Return the ids of folders; None for those that are not there, as far as is known."""
    position = lookup.read_position(connection)
    if not position.complete or position.root is None:
        return [None] * len(paths)
    ids: dict[tuple[str, ...], str | None] = {(): position.root}
    return [_id(connection, path.parts, encoder, ids) for path in paths]


def _id(
    connection: sqlite3.Connection,
    parts: tuple[str, ...],
    encoder: Encoder,
    ids: dict[tuple[str, ...], str | None],
) -> str | None:
    """Return the id of a folder; None if there is none. `ids` is what was found before."""
    if parts not in ids:
        above = _id(connection, parts[:-1], encoder, ids)
        row = above and lookup.child(connection, above, parts[-1], encoder)
        ids[parts] = row.id if row and row.is_folder else None
    return ids[parts]


def _survey(
    connection: sqlite3.Connection, folder: str, encoder: Encoder, stamp: bytes
) -> Survey | None:
    if connection.execute(statements.HAS_LINKED, (folder,)).fetchone():
        return None
    files = connection.execute(statements.FILES_OF, (folder, _MOST + 1)).fetchall()
    folders = [name for (name,) in connection.execute(statements.FOLDERS_OF, (folder,))]
    names = [row[0] for row in files]
    names += folders
    if len(names) > _MOST or not encoder.are_plain(names):
        return None
    if max(map(len, names), default=0) > LONGEST:
        return None
    if len(set(map(key_of, names))) < len(names):
        return None
    known = {row for row in files if None not in row}
    return Survey(known, folders, len(known) < len(files), stamp)
