from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd_tui.api.models import ChangeSet, ContentProperties, Node
from acd_tui.db import DatabaseError
from acd_tui.drive import shares
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.drive.rows import Row, entry_of
from acd_tui.drive.usage import Total
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath
from acd_tui.vfs.query import parse_query
from acd_tui.vfs.usage import Asked, By, Usages, usages_of
from tests.drive.nodes import ROOT, file, folder, root

ENCODER = Encoder("Slash,InvalidUtf8,Dot")


def sized(size: int) -> dict[str, Any]:
    return {"content_properties": ContentProperties(size=size)}


async def fill(mirror: Mirror, *nodes: Node) -> None:
    change = ChangeSet(checkpoint="1", reset=True, nodes=[root(), *nodes])
    await mirror.follow(change, after=None, afresh=True)
    await mirror.settle(1.0, after="1")


async def usage(mirror: Mirror, path: str = "") -> dict[str, Total]:
    asked = Asked(files=False)
    found = (await mirror.usage(VPath.parse(path), ENCODER, asked)).first
    return {
        each.entry.name: Total(each.size, each.files, each.folders) for each in found
    }


async def test_sums_of_every_folder_as_they_change(mirror: Mirror) -> None:
    await fill(
        mirror,
        file("1", "deep", **sized(5)),
        folder("deep", "a"),
        folder("a"),
        folder("b"),
        file("2", "a", **sized(7)),
        file("3", "b", content_properties=None),
        file("4", **sized(100)),
    )
    assert await usage(mirror) == {"a": Total(12, 2, 1), "b": Total(0, 1, 0)}
    assert await usage(mirror, "A") == {"deep": Total(5, 1, 0)}
    await mirror.learn([folder("deep", "b", version=2)])
    assert await usage(mirror) == {"a": Total(7, 1, 0), "b": Total(5, 2, 1)}
    await mirror.forget("1")
    assert await usage(mirror, "b") == {"deep": Total(0, 0, 0)}


async def test_only_what_a_listing_leads_to_counts(mirror: Mirror) -> None:
    trashed: dict[str, Any] = {"status": "TRASH", "exclusively_trashed": True}
    await fill(
        mirror,
        folder("a"),
        file("1", "a", **sized(1)),
        file("2", "a", **sized(2), **trashed),
        folder("bin", "a", **trashed),
        file("3", "bin", **sized(4)),
        folder("x", "y"),
        folder("y", "x"),
        file("4", "x", **sized(8)),
        file("5", "nowhere", **sized(16)),
        file("6", "a", status="PENDING", **sized(32)),
        Node(id="asset", kind="ASSET", status="AVAILABLE", parents=["a"]),
    )
    assert await usage(mirror) == {"a": Total(1, 1, 0)}


async def test_a_root_that_says_it_lies_in_itself(mirror: Mirror) -> None:
    node = Node(
        id="root",
        kind="FOLDER",
        status="AVAILABLE",
        is_root=True,
        parents=["a"],
        version=9,
    )
    await fill(mirror, folder("a"), file("1", "a", **sized(1)))
    await mirror.learn([node])
    assert await usage(mirror) == {"a": Total(1, 1, 0)}


async def test_a_chain_of_many_folders(mirror: Mirror) -> None:
    nodes = [folder(f"f{n}", f"f{n - 1}" if n else "root") for n in range(3000)]
    await fill(mirror, *nodes, file("1", "f2999", **sized(9)))
    assert await usage(mirror) == {"f0": Total(9, 1, 2999)}


IDS = st.sampled_from("abcde")
NODES = st.tuples(
    IDS,
    st.sampled_from(["a", "b", "c", ROOT, "nowhere"]),
    st.sampled_from(["FILE", "FOLDER"]),
    st.sampled_from(["AVAILABLE", "AVAILABLE", "TRASH", "PURGED"]),
    st.integers(0, 9),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.lists(NODES, max_size=3), max_size=6))
async def test_totals_that_are_kept_are_those_of_a_count(
    mirror: Mirror, steps: list[list[tuple[str, str, str, str, int]]]
) -> None:
    after = (await mirror.position()).checkpoint
    change = ChangeSet(checkpoint=f"{after}+", reset=True, nodes=[root()])
    await mirror.follow(change, after=after, afresh=True)
    await mirror.settle(1.0, after=change.checkpoint)
    for number, step in enumerate(steps):
        nodes = [
            Node(
                id=node_id,
                name=node_id,
                parents=[parent],
                kind=kind,
                status=status,
                version=number,
                content_properties=ContentProperties(size=size),
            )
            for node_id, parent, kind, status, size in step
        ]
        await mirror.learn(nodes)
        if number % 2:
            await mirror.settle(1.0, after=change.checkpoint)
        entries = (await mirror.listing((), ENCODER)).entries or ()
        counted = {
            entry.name: await count(mirror, (entry.name,))
            for entry in entries
            if entry.is_folder
        }
        assert await usage(mirror) == counted


async def count(mirror: Mirror, path: tuple[str, ...]) -> Total:
    """What a folder holds, by a walk through all that is below."""
    size = files = folders = 0
    for entry in (await mirror.listing(path, ENCODER)).entries or ():
        if entry.is_folder:
            inside = await count(mirror, (*path, entry.name))
            size, files = size + inside.size, files + inside.files
            folders += inside.folders + 1
        else:
            size, files = size + (entry.size or 0), files + 1
    return Total(size, files, folders)


def told(usages: Usages) -> list[tuple[str, int, int, int]]:
    return [(u.entry.name, u.size, u.files, u.folders) for u in usages.first]


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("most", [None, 0, 1, 2, 5, 99])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("by", By)
async def test_the_first_children_of_an_order_beside_the_sum_of_all(
    mirror: Mirror, by: By, reverse: bool, most: int | None, stored: bool
) -> None:
    linked: dict[str, Any] = {"parents": ["elsewhere", ROOT]}
    await fill(
        mirror,
        *(file(f"f{n}", **sized(n % 3)) for n in range(5)),
        file("unknown", content_properties=None),
        *(folder(name) for name in ("a", "b", "empty", "elsewhere")),
        folder("deep", "a"),
        file("1", "deep", **sized(7)),
        file("2", "b", **sized(7)),
        file("3", "b", **sized(1)),
        file("both", **sized(4), **linked),
    )
    if not stored:
        await mirror.learn([file("4", "b", **sized(1))])  # takes totals away
    every = await mirror.usage(VPath(), ENCODER, Asked())
    names = {entry.name for entry in (await mirror.listing((), ENCODER)).entries or ()}
    assert {usage.entry.name for usage in every.first} == names

    asked = Asked(by=by, reverse=reverse, most=most)
    found = await mirror.usage(VPath(), ENCODER, asked)
    expected = usages_of(every.first, asked)
    assert told(found) == told(expected)
    sums = [(u.count, u.size, u.files, u.folders, u.largest) for u in (found, expected)]
    assert sums[0] == sums[1]


async def test_of_many_children_only_those_asked_for_are_made(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Entry] = []

    def counted(row: Row, encoder: Encoder) -> Entry:
        made.append(entry_of(row, encoder))
        return made[-1]

    monkeypatch.setattr(shares, "entry_of", counted)
    files = [file(f"f{n}", **sized(n)) for n in range(3000)]
    await fill(
        mirror, *files, folder("a"), *(folder(f"a{n}", "a") for n in range(3000))
    )
    found = await mirror.usage(VPath(), ENCODER, Asked(most=10))
    assert (found.count, found.files, found.largest) == (3001, 3000, 2999)
    assert [usage.size for usage in found.first] == list(range(2999, 2989, -1))
    assert len(made) == 11  # the folder is one of them
    found = await mirror.usage(VPath(("a",)), ENCODER, Asked(most=10))
    assert [usage.entry.name for usage in found.first][:3] == ["a0", "a1", "a10"]
    assert len(made) == 21


async def test_a_damaged_mirror_does_not_answer_that_there_is_nothing(
    mirror: Mirror, tmp_path: Path
) -> None:
    await fill(mirror, *(file(f"f{n}", **sized(n)) for n in range(3000)))
    path = tmp_path / "mirror.sqlite"
    whole = tmp_path / "whole.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM INTO ?", (str(whole),))
    size = whole.stat().st_size
    asked: list[Callable[[Mirror], Awaitable[object]]] = [
        lambda damaged: damaged.usage(VPath(), ENCODER, Asked()),
        lambda damaged: damaged.search(parse_query("f"), 10**6, ENCODER),
    ]
    for number, ask in enumerate(asked):
        copy = tmp_path / f"{number}.sqlite"
        content = bytearray(whole.read_bytes())
        # What the tables are, SQLite may write at either end.
        content[size // 8 : -size // 8] = b"\xde" * (size - 2 * (size // 8))
        copy.write_bytes(content)
        damaged = Mirror.open(copy)
        try:
            with pytest.raises(DatabaseError, match="damaged and is made anew"):
                await ask(damaged)
            assert await damaged.count() == 0
            assert damaged.file.problem is not None
        finally:
            await damaged.close()


async def test_sizes_beyond_all_bounds(mirror: Mirror) -> None:
    nodes = [file(str(number), "a", **sized(2**63 - 1)) for number in range(3)]
    await fill(mirror, folder("a"), *nodes)
    assert (await usage(mirror))["a"].files == 3
    await mirror.learn([file("1", "a", version=2, **sized(1))])
    assert (await usage(mirror))["a"].size > 2**62
    await mirror.settle(2.0, after="1")
    assert (await usage(mirror))["a"].files == 3
