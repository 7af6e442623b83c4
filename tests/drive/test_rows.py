from __future__ import annotations

from collections.abc import Iterator

from acd_tui.drive.names import Encoder
from acd_tui.drive.rows import FILE, FOLDER, Row, entries_of
from acd_tui.vfs.entries import PackedEntries

ENCODER = Encoder("Slash,InvalidUtf8,Dot")


def row(name: str, kind: int = FILE, node_id: str | None = None) -> Row:
    return Row(
        id=node_id or f"id of {name}",
        parent="p",
        kind=kind,
        key=name.lower(),
        state=0,
        name=name,
        size=7,
        modified_ns=8,
        md5=bytes(range(16)),
        changed_ns=9,
        version=1,
    )


def many(*others: Row) -> Iterator[Row]:
    yield row("Folder", FOLDER)
    yield from (row(f"File {n}") for n in range(25_000))
    yield from others


def test_a_large_folder_lists_what_small_ones_would() -> None:
    listed = entries_of(many(), ENCODER)
    assert isinstance(listed, PackedEntries)
    some = list(many())
    small = [
        entry
        for start in range(0, len(some), 1_000)
        for entry in entries_of(some[start : start + 1_000], ENCODER)
    ]
    assert list(listed) == small


def test_in_a_large_folder_one_of_each_name_is_shown() -> None:
    listed = entries_of(many(row("FOLDER"), row("file 7", node_id="an id")), ENCODER)
    by_name = {entry.name.lower(): entry for entry in listed}
    assert len(listed) == len(by_name) == 25_001
    assert by_name["folder"].is_folder
    assert by_name["file 7"].id == "an id"
