from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd_tui.api.models import ChangeSet, Node
from acd_tui.db import DatabaseError
from acd_tui.drive import mending
from acd_tui.drive.folders import Listing, listing
from acd_tui.drive.lookup import walk_down
from acd_tui.drive.mirror import Mirror, Overtaken
from acd_tui.drive.names import Encoder
from acd_tui.errors import Full
from tests.drive.nodes import ROOT, file, folder, root

ENCODER = Encoder("Slash,InvalidUtf8,Dot")


async def complete(mirror: Mirror, *nodes: Node) -> None:
    """Have the mirror hold exactly these."""
    after = (await mirror.position()).checkpoint
    change = ChangeSet(checkpoint=f"{after}+", reset=True, nodes=[root(), *nodes])
    await mirror.follow(change, after=after, afresh=True)
    await mirror.settle(1.0, after=f"{after}+")


async def names(mirror: Mirror, *path: str) -> set[str] | None:
    listing = await mirror.listing(path, ENCODER)
    return None if listing.entries is None else {e.name for e in listing.entries}


async def test_children_before_their_parents(mirror: Mirror) -> None:
    await complete(
        mirror, file("f", "inner"), folder("inner", "outer"), folder("outer")
    )
    assert await names(mirror) == {"outer"}
    assert await names(mirror, "outer", "inner") == {"f"}
    assert await names(mirror, "outer", "nothing") is None


async def test_parents_that_never_come_and_cycles(mirror: Mirror) -> None:
    await complete(
        mirror,
        file("lost", "nowhere"),
        folder("a", "b"),
        folder("b", "a"),
        folder("own", "own"),
        file("floating", parents=[]),
    )
    assert await names(mirror) == set()
    assert await mirror.path("a") is None
    assert await mirror.path("own") is None
    assert await mirror.path("lost") is None


async def test_what_many_learn_at_once_is_there_for_each_that_waited(
    mirror: Mirror,
) -> None:
    await complete(mirror, folder("a"), folder("b"))

    async def learn(number: int) -> None:
        parent = "ab"[number % 2]
        told = await mirror.learn([file(f"f{number}", parent)], own=number % 3 == 0)
        assert told is not None
        assert (parent,) in told
        assert f"f{number}" in (await names(mirror, parent) or ())

    who = [asyncio.create_task(learn(number)) for number in range(40)]
    await asyncio.sleep(0)
    who[7].cancel()  # the others do not go with it
    results = await asyncio.gather(*who, return_exceptions=True)
    assert [r for r in results if r is not None] == [results[7]]
    await mirror.learn([file("last", "a")])
    found = (await names(mirror, "a") or set()) | (await names(mirror, "b") or set())
    assert found == {f"f{number}" for number in range(40)} | {"last"}


async def test_what_nobody_waits_for_any_more_is_learned_before_it_closes(
    tmp_path: Path,
) -> None:
    mirror = Mirror.open(tmp_path / "mirror")
    await complete(mirror, folder("a"))
    impatient = asyncio.create_task(mirror.learn([file("f", "a")]))
    await asyncio.sleep(0)
    impatient.cancel()
    await mirror.close()
    assert impatient.cancelled()
    mirror = Mirror.open(tmp_path / "mirror")
    assert await names(mirror, "a") == {"f"}
    await mirror.close()


async def test_an_older_answer_changes_no_further_parents(mirror: Mirror) -> None:
    both = file("f", parents=["one", "two"], version=5)
    await complete(mirror, folder("one"), folder("two"), both)
    await mirror.learn([file("f", "one", version=4)])
    assert await names(mirror, "two") == {"f"}
    await mirror.learn([file("f", "one", version=6)])
    assert await names(mirror, "two") == set()
    await mirror.learn([both])
    assert await names(mirror, "two") == set()


async def test_several_parents(mirror: Mirror) -> None:
    node = file("f", parents=["one", "two"])
    await complete(mirror, folder("one"), folder("two"), node)
    assert await names(mirror, "one") == await names(mirror, "two") == {"f"}
    assert len((await mirror.walk(["two", "F"], ENCODER)).found) == 2
    concerned = await mirror.learn([file("f", "two", version=2)])
    assert concerned == frozenset({("one",), ("two",)})
    assert await names(mirror, "one") == set()
    assert await names(mirror, "two") == {"f"}


@pytest.mark.parametrize("whole", [True, False])
async def test_a_way_that_was_walked_before_leads_to_the_same(
    mirror: Mirror, *, whole: bool
) -> None:
    nodes = [folder("a"), folder("b", "a"), file("f", "b"), file("g", "a")]
    if whole:
        await complete(mirror, *nodes)
    else:
        await mirror.adopt(root())
        await mirror.learn(nodes)
    ways = ["", "a", "A/B/F", "a/b/f/x", "a/b/x", "a/b/x/y", "a/g", "a/g/h/i", "x/y"]
    for way in [*ways, *reversed(ways)]:
        parts = way.split("/") if way else []
        walk = await mirror.walk(parts, ENCODER)
        assert walk == await mirror._read(
            partial(walk_down, parts=parts, encoder=ENCODER)
        )
        if whole or "g/h" in way:
            assert walk.sure
    await mirror.learn([folder("b", version=2)])
    assert len((await mirror.walk(["a", "b", "f"], ENCODER)).found) == 1
    assert len((await mirror.walk(["b", "f"], ENCODER)).found) == 2


@pytest.mark.parametrize("whole", [True, False])
async def test_listing_a_tree_shows_each_folder_as_if_it_were_listed_alone(
    mirror: Mirror, *, whole: bool
) -> None:
    nodes = [folder("a"), folder("b", "a"), folder("c", "b"), file("f", "c")]
    if whole:
        await complete(mirror, *nodes)
    else:
        await mirror.adopt(root())
        await mirror.learn(nodes)
        for each in ("a", "b"):
            await mirror.learn_children(each, [], now=1.0, encoder=ENCODER)
        await mirror.learn(nodes)
    changes = [
        [],
        [folder("b", "a", name="new", version=2)],
        [file("late", "b")],
        [folder("b", version=3, name="new"), folder("c", "a", version=2)],
        [folder("a", version=2, status="TRASH")],
        [folder("a", version=3)],
    ]
    ways = ["", "a", "a/b", "a/b/c", "a/b/c/f", "a/new", "a/new/c", "new", "new/c", "x"]
    for change in changes:
        await mirror.learn(change)
        for way in [*ways, *reversed(ways)]:
            parts = tuple(way.split("/")) if way else ()
            fresh = await mirror._read(partial(listing, parts=parts, encoder=ENCODER))
            found = await mirror.listing(parts, ENCODER)
            assert found.walk == fresh.walk, (way, change)
            assert found.listed == fresh.listed
            assert _names(found) == _names(fresh), (way, change)
    if whole:
        await mirror.settle(77.0, after=(await mirror.position()).checkpoint)
        assert (await mirror.listing(("a", "c"), ENCODER)).walk.checked == 77.0


def _names(listing: Listing) -> list[str] | None:
    entries = listing.entries
    return None if entries is None else [entry.name for entry in entries]


async def test_names_that_are_missing_alike_or_strange(mirror: Mirror) -> None:
    await complete(
        mirror,
        file("id1", name=""),
        Node(id="id/2", kind="FILE", status="AVAILABLE", parents=[ROOT]),
        file("z", name="Same"),
        file("a", name="same"),
        folder("x", name="SAME"),
        file("dots", name=".."),
        file("slash", name="a/b"),
        file("quoted", name="c‛2Fd"),
    )
    shown = await names(mirror)
    assert shown == {"id1", "id／2", "SAME", "．．", "a／b", "c／d"}
    found = {name: await mirror.walk([name], ENCODER) for name in shown}
    ids = {name: walk.found[0].id for name, walk in found.items()}
    assert ids == {
        "id1": "id1",
        "id／2": "id/2",
        "SAME": "x",
        "．．": "dots",
        "a／b": "slash",
        "c／d": "quoted",
    }


async def test_what_is_not_to_be_shown(mirror: Mirror) -> None:
    await complete(
        mirror,
        file("trashed", status="TRASH", exclusively_trashed=True),
        file("pending", status="PENDING"),
        file("odd", status="ODD"),
        Node(id="asset", name="a", kind="ASSET", status="AVAILABLE", parents=[ROOT]),
        Node(id="nothing"),
        file("shown"),
    )
    assert await names(mirror) == {"shown"}
    ((row, origin),) = await mirror.trashed()
    assert (row.id, origin) == ("trashed", ())


async def test_a_trashed_folder_hides_its_own_and_shows_them_again(
    mirror: Mirror,
) -> None:
    await complete(mirror, folder("d"), file("f", "d"))
    gone: dict[str, Any] = {"status": "TRASH", "version": 2}
    await mirror.learn([folder("d", exclusively_trashed=True, **gone)])
    await mirror.learn([file("f", "d", recursively_trashed=True, **gone)])
    assert await names(mirror) == set()
    assert [row.id for row, _ in await mirror.trashed()] == ["d"]
    await mirror.learn([folder("d", version=3)])
    assert await names(mirror, "d") == {"f"}  # before the feed says so


async def test_the_trash_keeps_what_a_short_row_lacks(mirror: Mirror) -> None:
    await complete(mirror, folder("d"), file("f", "d", name="name"))
    short = Node(id="f", kind="FILE", status="TRASH", version=2)
    await mirror.learn([short])
    ((row, origin),) = await mirror.trashed()
    assert (row.name, origin) == ("name", ("d",))


async def test_older_news_are_no_news(mirror: Mirror) -> None:
    await complete(mirror, file("f", name="new", version=5))
    assert await mirror.learn([file("f", name="old", version=4)]) == frozenset()
    assert await names(mirror) == {"new"}
    assert await mirror.learn([file("f", name="new", version=6)]) == frozenset()
    # A new tree is believed whatever it says.
    await complete(mirror, file("f", name="old", version=4))
    assert await names(mirror) == {"old"}


async def test_which_folders_look_different(mirror: Mirror) -> None:
    await complete(mirror, folder("d"), folder("e"), file("f", "d"))
    moved = file("f", "e", version=2)
    assert await mirror.learn([moved]) == frozenset({("d",), ("e",)})
    assert await mirror.learn([moved]) == frozenset()
    assert await mirror.learn([folder("new")]) == frozenset({()})
    assert await mirror.learn([folder("d", name="renamed", version=2)]) is None
    assert await mirror.learn([Node(id="f", status="PURGED")]) == frozenset({("e",)})
    assert await names(mirror, "e") == set()


async def test_the_old_tree_is_shown_until_the_new_one_is_whole(
    mirror: Mirror,
) -> None:
    await complete(mirror, file("old"), file("both"))
    first = ChangeSet(checkpoint="1", reset=True, nodes=[root(), file("both")])
    after = (await mirror.position()).checkpoint
    await mirror.follow(first, after=after, afresh=True)
    assert await names(mirror) == {"old", "both"}
    await mirror.learn([file("ours")])  # made meanwhile by us
    second = ChangeSet(checkpoint="2", nodes=[file("new")])
    await mirror.follow(second, after="1", afresh=False)
    with pytest.raises(Overtaken):
        await mirror.settle(2.0, after="1")
    assert await mirror.settle(2.0, after="2")
    assert await names(mirror) == {"both", "new", "ours"}
    assert not await mirror.settle(3.0, after="2")


async def test_only_one_process_follows(mirror: Mirror) -> None:
    await complete(mirror)
    with pytest.raises(Overtaken):
        await mirror.follow(
            ChangeSet(checkpoint="x", nodes=[file("f")]), after="else", afresh=False
        )
    assert await names(mirror) == set()


async def test_a_listing_forgets_what_only_a_listing_told(mirror: Mirror) -> None:
    assert await names(mirror) is None
    nodes = [file("stays"), file("goes")]
    await mirror.learn_children(ROOT, nodes, now=1.0, encoder=ENCODER)
    assert await names(mirror) == {"stays", "goes"}
    fed = ChangeSet(checkpoint="1", reset=True, nodes=[file("fed")])
    await mirror.follow(fed, after=None, afresh=True)
    entries = await mirror.learn_children(ROOT, nodes[:1], now=2.0, encoder=ENCODER)
    assert {entry.name for entry in entries} == {"stays"}
    await mirror.settle(3.0, after="1")
    assert await names(mirror) == {"stays", "fed"}


async def test_another_account_begins_anew(mirror: Mirror) -> None:
    await complete(mirror, file("f"))
    other = Node(id="other", kind="FOLDER", status="AVAILABLE", is_root=True)
    assert await mirror.adopt(other)
    assert not await mirror.adopt(other)
    assert await names(mirror) is None
    position = await mirror.position()
    assert (position.root, position.complete, position.checkpoint) == (
        "other",
        False,
        None,
    )


async def test_numbers_and_dates_beyond_all_bounds(mirror: Mirror) -> None:
    mad = file("mad", version=-(10**30), modified_date="not a date")
    assert mad.content_properties is not None
    mad.content_properties.size = 10**30
    mad.content_properties.md5 = "zz"
    mad.properties = {"acdtui": {"mtime": "9" * 400}}
    late = file("late", version=10**30, modified_date="9999-12-31T23:59:59Z")
    await complete(mirror, mad, late)
    await mirror.learn([mad, late])
    listed = (await mirror.listing((), ENCODER)).entries or ()
    found = {each.name: (each.size, each.md5, each.modified_ns) for each in listed}
    assert found == {"mad": (None, None, None), "late": (3, "0" * 32, None)}


async def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    path.write_bytes(b"no database" * 1000)
    mirror = Mirror.open(path)
    told = mirror.file.problem
    await mirror.adopt(root())
    await complete(mirror, file("f"))
    assert told is not None
    assert mirror.file.problem is None
    await mirror.close()


@pytest.mark.parametrize("left", [0, 50, 4096, 8192, 50_000])
async def test_a_file_that_was_cut_off_is_begun_anew(tmp_path: Path, left: int) -> None:
    path = tmp_path / "mirror.sqlite"
    mirror = Mirror.open(path)
    await mirror.adopt(root())
    await complete(mirror, *(file(f"{n:06d}" * 20) for n in range(3000)))
    await mirror.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(path, left)
    mirror = Mirror.open(path)
    assert await names(mirror) is None
    told = mirror.file.problem
    await mirror.adopt(root())
    await complete(mirror, file("f"))
    assert told is not None
    assert mirror.file.problem is None
    await mirror.close()


@pytest.mark.parametrize("left", [0, 4096, 50_000])
async def test_a_file_that_is_cut_off_while_in_use(tmp_path: Path, left: int) -> None:
    path = tmp_path / "mirror.sqlite"
    mirror = Mirror.open(path)
    await mirror.adopt(root())
    await complete(mirror, *(file(f"{n:06d}" * 20) for n in range(3000)))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(path, left)
    assert await names(mirror) is None
    assert mirror.file.problem is not None
    await mirror.close()


async def test_damage_found_while_in_use(tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    mirror = Mirror.open(path)
    await mirror.adopt(root())
    await complete(mirror, *(file(f"{n:06d}" * 20) for n in range(3000)))
    await mirror.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        # Connections that close at the same time may all leave the journal.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    mirror = Mirror.open(path)
    assert await names(mirror) is None
    assert mirror.file.problem is not None
    assert (await mirror.position()).root is None
    await mirror.close()


async def test_whoever_waits_while_damage_is_found_is_served_from_the_new_file(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    await complete(mirror, file("f"))
    old, cause = mirror.file.db, sqlite3.DatabaseError("malformed")
    cause.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    going_on = asyncio.Event()

    async def broken(_work: object) -> object:
        raise DatabaseError("damaged") from cause

    async def closed(_work: object) -> object:
        await going_on.wait()
        raise DatabaseError("it is closed")

    monkeypatch.setattr(old, "write", closed)
    monkeypatch.setattr(old, "read", broken)
    waiting = asyncio.create_task(mirror.adopt(root()))
    assert (await mirror.position()).root is None
    going_on.set()
    assert await waiting is False
    assert (await mirror.position()).root == ROOT
    monkeypatch.setattr(mirror.file.db, "write", closed)
    with pytest.raises(DatabaseError, match="it is closed"):
        await mirror.forget("f")


async def test_damage_that_another_process_has_mended(tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    ours = Mirror.open(path)
    await ours.adopt(root())
    await complete(ours, *(file(f"{n:06d}" * 20) for n in range(3000)))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as damaged:
        damaged.seek(8192)
        damaged.write(b"\xff" * (path.stat().st_size - 8192))
    theirs = Mirror.open(path)
    assert await names(theirs) is None
    assert theirs.file.problem is not None
    await theirs.adopt(root())
    await complete(theirs, file("new"))

    assert await names(ours) == {"new"}
    await theirs.learn([file("newer")])
    assert await names(ours) == {"new", "newer"}
    await ours.close()
    await theirs.close()


async def checkpointed(mirror: Mirror, path: Path) -> None:
    """Fill it; its journal is empty then."""
    await mirror.adopt(root())
    await complete(mirror, *(file(f"{n:06d}" * 20) for n in range(3000)))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize("left", [0, 0.5])
async def test_a_journal_that_is_cut_off_while_in_use(
    tmp_path: Path, left: float
) -> None:
    path = tmp_path / "mirror.sqlite"
    mirror = Mirror.open(path)
    await checkpointed(mirror, path)
    for number in range(30):
        await mirror.learn([file(f"new {number}")])
    journal = path.with_name(path.name + "-wal")
    os.truncate(journal, round(journal.stat().st_size * left))
    # Whoever reads first, of several at a time.
    found = await asyncio.gather(*(names(mirror) for _ in range(4)))
    told = mirror.file.problem
    assert set(found) == {None}
    assert told is not None
    assert mirror.file.times == 1
    await mirror.adopt(root())
    await complete(mirror, file("f"))
    assert await names(mirror) == {"f"}
    assert mirror.file.problem is None
    await mirror.close()


@pytest.mark.parametrize(
    ("what", "left", "known"),
    [("-shm", 1, 3001), ("-shm", 0.01, 3001), ("-wal", 1, 3000), ("-wal", 0.01, 3000)],
)
async def test_what_a_killed_process_left_beside_the_file_is_garbage(
    tmp_path: Path, what: str, left: float, known: int
) -> None:
    path, copy = tmp_path / "mirror.sqlite", tmp_path / "left.sqlite"
    mirror = Mirror.open(path)
    await checkpointed(mirror, path)
    await mirror.learn([file("new")])
    for suffix in ("", "-wal", "-shm"):
        data = path.with_name(path.name + suffix).read_bytes()
        if suffix == what:
            data = b"\xa5" * round(len(data) * left)
        copy.with_name(copy.name + suffix).write_bytes(data)
    await mirror.close()
    mirror = Mirror.open(copy)
    found = await names(mirror)
    assert mirror.file.problem is None
    assert found is not None
    assert len(found) == known
    await mirror.learn([file("newer")])
    assert await names(mirror) == {*found, "newer"}
    await mirror.close()


async def test_names_that_are_no_text_any_more_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    mirror = Mirror.open(path)
    await mirror.adopt(root())
    await complete(mirror, file("f"))
    await mirror.file.db.write(
        lambda c: c.execute("UPDATE node SET name = CAST(x'ff41' AS TEXT)")
    )
    assert await names(mirror) is None
    assert mirror.file.problem is not None
    await mirror.close()


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_IOERR_READ,
        sqlite3.SQLITE_IOERR_CORRUPTFS,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_SHMMAP,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_ERROR,
    ],
)
async def test_a_disk_that_fails_is_no_reason_to_throw_a_mirror_away(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    await complete(mirror, file("f"))

    def fail(_connection: object) -> None:
        cause = sqlite3.OperationalError("disk I/O error")
        cause.sqlite_errorcode = code
        raise cause

    with pytest.raises((DatabaseError, Full)):
        await mirror._read(fail)
    with pytest.raises((DatabaseError, Full)):
        await mirror._write(fail)
    assert mirror.file.times == 0
    assert await names(mirror) == {"f"}


async def test_a_disk_that_fails_for_a_while_costs_no_mirror_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mirror.sqlite"
    mirror = Mirror.open(path)
    await mirror.adopt(root())
    await complete(mirror, file("f"))
    fails = True

    async def read(_work: object) -> object:
        cause = sqlite3.DatabaseError("malformed")  # what SQLite makes of it
        cause.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise DatabaseError("damaged") from cause

    def must_be_readable(path: Path) -> None:
        if fails:
            raise DatabaseError(f"{path} cannot be read")

    monkeypatch.setattr(mirror.file.db, "read", read)
    monkeypatch.setattr(mending, "must_be_readable", must_be_readable)
    with pytest.raises(DatabaseError, match="cannot be read"):
        await names(mirror)
    fails = False
    assert await names(mirror) == {"f"}
    assert mirror.file.times == 0
    await mirror.close()


@pytest.mark.parametrize("whole", [True, False])
async def test_a_file_that_another_one_takes_the_place_of(
    tmp_path: Path, *, whole: bool
) -> None:
    path, other = tmp_path / "mirror.sqlite", tmp_path / "other.sqlite"
    mirror = Mirror.open(path)
    await mirror.adopt(root())
    await complete(mirror, file("old"))
    theirs = Mirror.open(other)
    await theirs.adopt(root())
    await complete(theirs, file("new"))
    await theirs.close()
    if not whole:
        other.write_bytes(b"no database" * 1000)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink()
    other.replace(path)
    assert await names(mirror) == {"old"}
    await mirror.file.keep_in_place()
    assert await names(mirror) == ({"new"} if whole else None)
    assert mirror.file.times == (0 if whole else 1)
    await mirror.close()


async def test_a_file_that_is_gone_is_still_of_use(tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    mirror = Mirror.open(path)
    await mirror.adopt(root())
    await complete(mirror, file("old"))
    path.unlink()
    await mirror.file.keep_in_place()
    assert await names(mirror) == {"old"}
    await mirror.close()


async def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    mirror = Mirror.open(path)
    await mirror.file.db.write(lambda c: c.execute("PRAGMA user_version = 99"))
    await mirror.close()
    with pytest.raises(DatabaseError, match="newer version"):
        Mirror.open(path)


IDS = st.sampled_from("abcdef")
NODES = st.builds(
    lambda node_id, parents, name, kind, status, version: Node(
        id=node_id,
        parents=parents,
        name=name,
        kind=kind,
        status=status,
        version=version,
    ),
    IDS,
    st.lists(st.one_of(IDS, st.just(ROOT)), max_size=3),
    st.sampled_from([None, "", "x", "X", "y", "a/b", ".."]),
    st.sampled_from(["FILE", "FOLDER"]),
    st.sampled_from(["AVAILABLE", "TRASH", "PURGED", "PENDING"]),
    st.integers(0, 4),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.lists(NODES, max_size=6), max_size=4))
async def test_whatever_comes_can_be_looked_at(
    mirror: Mirror, lines: list[list[Node]]
) -> None:
    await complete(mirror)
    for number, nodes in zip(itertools.count(), lines):
        after = (await mirror.position()).checkpoint
        change = ChangeSet(checkpoint=f"{after}{number}", nodes=nodes)
        await mirror.follow(change, after=after, afresh=False)
        await mirror.follow(change, after=change.checkpoint, afresh=False)
    await mirror.trashed()
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        path = waiting.pop()
        entries = (await mirror.listing(path, ENCODER)).entries
        assert entries is not None
        names = [entry.name for entry in entries]
        files = await mirror.files(path, names, ENCODER)
        assert all(entry == files.get(entry.name, entry) for entry in entries)
        assert files.keys() <= {e.name for e in entries if not e.is_folder}
        for entry in entries:
            walk = await mirror.walk((*path, entry.name), ENCODER)
            assert walk.found[-1].id == entry.id
            if entry.is_folder and len(path) < 3:  # there may be cycles
                waiting.append((*path, entry.name))


async def test_a_glance_at_a_large_folder(mirror: Mirror) -> None:
    files = [file(f"f{n:03}", name=f"Name {n:03}") for n in range(50)]
    late = folder("late", name="zz folder")
    await complete(mirror, *files, late)

    assert await mirror.glance((), ENCODER, 51) == ()
    window = await mirror.glance((), ENCODER, 4)
    assert [entry.name for entry in window] == [
        "zz folder",
        "Name 000",
        "Name 001",
        "Name 002",
    ]
    assert await mirror.glance(("nowhere",), ENCODER, 4) == ()


async def test_files_by_their_names(mirror: Mirror) -> None:
    await complete(
        mirror,
        file("one", name="One"),
        file("gone", name="gone", status="TRASH"),
        folder("sub", name="sub"),
        file("a", name="twice"),
        file("b", name="Twice"),
        file("odd", name="odd．"),
    )

    names = ["one", "gone", "sub", "TWICE", "missing", "odd．", "odd."]
    found = await mirror.files((), names, ENCODER)
    assert found.keys() == {"one"}
    one = found["one"]
    assert (one.id, one.name, one.md5, one.size) == ("one", "One", "0" * 32, 3)
    assert await mirror.files(("nowhere",), names, ENCODER) == {}


async def test_no_glance_at_what_is_not_known(mirror: Mirror) -> None:
    await mirror.adopt(root())
    await mirror.learn([file(f"f{n}") for n in range(9)])

    assert await mirror.glance((), ENCODER, 4) == ()


async def test_a_node_that_is_purged_in_the_line_that_tells_of_it(
    mirror: Mirror,
) -> None:
    await complete(mirror)
    gone = file("f", status="PURGED", version=2)
    for nodes in ([file("f"), gone], [gone, file("f")]):
        after = (await mirror.position()).checkpoint
        change = ChangeSet(checkpoint=f"{after}+", nodes=nodes)
        await mirror.follow(change, after=after, afresh=False)
        assert await names(mirror) == set()


async def test_a_line_with_several_versions_of_a_node(mirror: Mirror) -> None:
    await complete(mirror, folder("d"))
    after = (await mirror.position()).checkpoint
    nodes = [
        file("f", name="newest", version=5),
        file("f", name="older", version=3, parents=[ROOT, "d"]),
    ]
    change = ChangeSet(checkpoint="next", nodes=nodes)
    await mirror.follow(change, after=after, afresh=False)
    assert await names(mirror) == {"newest", "d"}
    assert await names(mirror, "d") == set()
