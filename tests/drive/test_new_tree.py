"""A new tree, put together beside the old one: whatever comes, and whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from acd_tui import db_rows
from acd_tui.api.models import ChangeSet, Node
from acd_tui.drive import new_tree
from acd_tui.drive.feed import Feed
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.drive.rows import Row
from acd_tui.errors import Transient
from tests.drive.filling import Plain, plain_nodes
from tests.drive.nodes import ROOT, file, folder, root
from tests.fakes import FakeClock

ENCODER = Encoder("Slash,InvalidUtf8,Dot")
IDS = st.sampled_from("abcdef")
# Id, parents, name, kind, state.
CHANGES = st.tuples(
    IDS,
    st.lists(st.sampled_from(["a", "b", ROOT, "nowhere"]), max_size=3),
    st.sampled_from([None, "", "x", "X", "y"]),
    st.sampled_from(["FILE", "FOLDER", "ASSET"]),
    st.sampled_from(["AVAILABLE", "TRASH", "PENDING"]),
)
Change = tuple[str, list[str], str | None, str, str]


@contextlib.contextmanager
def rows(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        yield connection


def content(path: Path) -> tuple[set[Any], set[Any]]:
    """All nodes and links, without what tells where they came from."""
    with rows(path) as connection:
        nodes = connection.execute(
            "SELECT id, parent, kind, key, state, name, version FROM node"
        )
        links = connection.execute("SELECT child, parent FROM link")
        return set(nodes), set(links)


async def feed_lines(mirror: Mirror, lines: list[list[Node]], *, whole: bool) -> None:
    after = (await mirror.position()).checkpoint
    for number, nodes in enumerate(lines):
        change = ChangeSet(checkpoint=f"{after}{number}", nodes=nodes)
        afresh = whole and number == 0
        await mirror.follow(change, after=after, afresh=afresh)
        after = change.checkpoint
    await mirror.settle(1.0, after=after)


@pytest.mark.parametrize("more", [-1, 0, 1])
async def test_all_come_in_however_many_one_statement_takes(
    mirror: Mirror, more: int
) -> None:
    count = 2 * (db_rows._MOST_VALUES // len(Row._fields)) + more
    nodes = [file(f"f{n}", name=f"name {n}", version=n + 1) for n in range(count)]
    shortly = Node(id="f0", kind="FILE", status="TRASH", version=count + 9)
    await feed_lines(mirror, [[root(), *nodes], [shortly]], whole=True)
    rows = [await mirror.get(node.id) for node in nodes]
    assert [row and (row.name, row.version) for row in rows] == [
        ("name 0", count + 9),
        *((node.name, node.version) for node in nodes[1:]),
    ]


async def test_repeated_nodes_are_one_in_whatever_order_the_indexes_were_made(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mirror.sqlite"
    await Mirror.open(path).close()
    with rows(path) as connection:
        connection.execute("DROP INDEX by_id")
        connection.execute("CREATE UNIQUE INDEX by_id ON node (id)")
    mirror = Mirror.open(path)
    try:
        lines = [[root(), file("f", name="old")], [file("f", name="new", version=2)]]
        await feed_lines(mirror, lines, whole=True)
        row = await mirror.get("f")
        assert row is not None
        assert row.name == "new"
    finally:
        await mirror.close()


async def learn_each(mirror: Mirror, nodes: list[Node]) -> None:
    for node in nodes:
        await mirror.learn([node])


@settings(
    max_examples=25, deadline=None, phases=[Phase.reuse, Phase.generate, Phase.shrink]
)
@given(
    old=st.lists(CHANGES, max_size=4),
    lines=st.lists(st.lists(CHANGES, max_size=6), max_size=4),
    learned=st.lists(CHANGES.filter(lambda c: bool(c[1] and c[2])), max_size=3),
    again=st.booleans(),
)
async def test_a_new_tree_is_what_the_same_news_would_make_of_none(
    tmp_path_factory: pytest.TempPathFactory,
    old: list[Change],
    lines: list[list[Change]],
    learned: list[Change],
    again: bool,
) -> None:
    """Versions rise, as a service has them; lines may come again as they were."""
    versions = itertools.count(1)

    def nodes(changes: list[Change]) -> list[Node]:
        return [
            Node(id=i, parents=p, name=n, kind=k, status=s, version=next(versions))
            for i, p, n, k, s in changes
        ]

    before = nodes(old)
    news = [nodes(line) for line in lines]
    answers = nodes(learned)
    mentioned = {n.id for n in itertools.chain(*news, answers) if n.kind != "ASSET"}
    kept = [node for node in before if node.id in mentioned]
    told = [[root()], *news] * (1 + again)
    folder = tmp_path_factory.mktemp("mirrors")
    paths = folder / "whole.sqlite", folder / "bit by bit.sqlite"
    for path, whole in zip(paths, (True, False), strict=True):
        mirror = Mirror.open(path)
        await mirror.adopt(root())
        # What an old tree told of nodes that come shortened is still good.
        await feed_lines(mirror, [[root()], before if whole else kept], whole=True)
        first, rest = told[:1], told[1:]
        if not whole:
            rest = [[node] for line in rest for node in line]
        after = (await mirror.position()).checkpoint
        change = ChangeSet(checkpoint="begun", nodes=first[0])
        await mirror.follow(change, after=after, afresh=whole)
        if whole:  # while the tree is put together
            await learn_each(mirror, answers)
        await feed_lines(mirror, rest, whole=False)
        if not whole:
            await learn_each(mirror, answers)
        await mirror.close()
    assert content(paths[0])[0] == content(paths[1])[0]


async def test_links_are_those_of_the_version_that_stays(
    mirror: Mirror, tmp_path: Path
) -> None:
    several = file("f", parents=["a", "b", "c"], version=1)
    fewer = file("f", parents=["a", "c"], version=2)
    other = file("g", parents=["a", "b"], version=7)
    tree = [root(), folder("a"), folder("b"), folder("c")]
    await feed_lines(mirror, [[*tree, fewer, several], [other, other]], whole=True)
    assert content(tmp_path / "mirror.sqlite")[1] == {("f", "c"), ("g", "b")}
    await feed_lines(mirror, [[*tree, several]], whole=True)
    assert content(tmp_path / "mirror.sqlite")[1] == {("f", "b"), ("f", "c")}


async def test_what_is_purged_is_gone_whatever_else_is_told(mirror: Mirror) -> None:
    gone = Node(id="f", status="PURGED", version=1)
    lines = [[root(), file("f", version=9), file("g")], [gone], [file("f", version=9)]]
    await feed_lines(mirror, lines, whole=True)
    assert await names(mirror) == {"g"}


async def test_what_we_found_gone_stays_gone(mirror: Mirror) -> None:
    await feed_lines(mirror, [[root(), file("f"), file("g")]], whole=True)
    change = ChangeSet(checkpoint="1", nodes=[root(), file("f"), file("g")])
    after = (await mirror.position()).checkpoint
    await mirror.follow(change, after=after, afresh=True)
    await mirror.forget("f")
    await mirror.settle(2.0, after="1")
    assert await names(mirror) == {"g"}


async def test_a_reset_in_the_middle_begins_again(mirror: Mirror) -> None:
    for number, node in enumerate([file("a"), file("b")]):
        change = ChangeSet(checkpoint=f"{number}", nodes=[root(), node])
        after = (await mirror.position()).checkpoint
        await mirror.follow(change, after=after, afresh=True)
    await mirror.settle(1.0, after="1")
    assert await names(mirror) == {"b"}


async def test_the_checkpoint_comes_with_its_nodes_or_not_at_all(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = new_tree.add

    def broken(*arguments: Any) -> None:
        add(*arguments)
        raise OSError("broken")

    monkeypatch.setattr(new_tree, "add", broken)
    change = ChangeSet(checkpoint="1", nodes=[root(), file("f")])
    with pytest.raises(OSError, match="broken"):
        await mirror.follow(change, after=None, afresh=True)
    position = await mirror.position()
    assert (position.checkpoint, position.filling) == (None, 0)


async def test_every_index_is_there_again(mirror: Mirror, tmp_path: Path) -> None:
    def schema() -> set[Any]:
        with rows(tmp_path / "mirror.sqlite") as connection:
            listed = connection.execute(
                "SELECT type, name, tbl_name FROM sqlite_master"
            )
            return set(listed)

    before = schema()
    for _ in range(2):
        await feed_lines(mirror, [[root(), file("f"), file("f")]], whole=True)
        assert schema() == before
        assert await names(mirror) == {"f"}


async def names(mirror: Mirror, *path: str) -> set[str] | None:
    listing = await mirror.listing(path, ENCODER)
    return None if listing.entries is None else {e.name for e in listing.entries}


async def test_while_it_is_put_together_one_looks_at_what_was_listed(
    mirror: Mirror,
) -> None:
    change = ChangeSet(checkpoint="1", nodes=[root(), folder("d"), file("f", "d")])
    await mirror.follow(change, after=None, afresh=True)
    assert await names(mirror) is None
    listed = [folder("d"), file("f2")]
    await mirror.learn_children(ROOT, listed, now=1.0, encoder=ENCODER)
    assert await names(mirror) == {"d", "f2"}
    assert not (await mirror.walk(["unheard of"], ENCODER)).sure
    assert await mirror.count() == 3
    await mirror.settle(1.0, after="1")
    assert await names(mirror, "d") == {"f"}


async def test_a_listing_does_not_wait_until_the_tree_is_in_order(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    take_over = new_tree.take_over

    def slow(connection: sqlite3.Connection, generation: int) -> None:
        begun.set()
        assert goes_on.wait(60)
        take_over(connection, generation)

    monkeypatch.setattr(new_tree, "take_over", slow)
    change = ChangeSet(checkpoint="1", nodes=[root(), folder("d"), file("f", "d")])
    await mirror.follow(change, after=None, afresh=True)
    settling = asyncio.create_task(mirror.settle(1.0, after="1"))
    await asyncio.to_thread(begun.wait, 60)
    trashed = file("t", "d", status="TRASH", exclusively_trashed=True)
    nodes = [file("f", "d"), file("g", "d"), trashed]
    entries = await mirror.learn_children("d", nodes, now=1.0, encoder=ENCODER)
    await mirror.note([folder("e")])
    assert {entry.name for entry in entries} == {"f", "g"}
    assert not settling.done()
    goes_on.set()
    assert await settling
    assert await names(mirror, "d") == {"f"}


class Rounds(Plain):
    """A service whose stream can be had by several who follow it."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.asked: list[str | None] = []

    async def stream(self, checkpoint: str | None) -> AsyncIterator[ChangeSet]:
        self.asked.append(checkpoint)
        async for change in super().stream(checkpoint):
            await asyncio.sleep(0)
            yield change


def following(service: Plain, mirror: Mirror) -> Feed:
    client: Any = service
    return Feed(client, mirror, clock=FakeClock(), changed=lambda _: None)


async def test_two_who_follow_one_feed_into_one_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd_tui.drive.feed._LOT_NODES", 7)
    service = Rounds(300)
    mirrors = [Mirror.open(tmp_path / "mirror.sqlite") for _ in range(2)]
    feeds = [following(service, mirror) for mirror in mirrors]
    outcomes = await asyncio.gather(
        *(feed.refresh() for feed in feeds), return_exceptions=True
    )
    assert [o for o in outcomes if o is not None and not isinstance(o, Transient)] == []
    for feed in feeds:
        await feed.refresh()
    for mirror in mirrors:
        assert await all_ids(mirror) == {node.id for node in plain_nodes(300)}
        await mirror.close()


async def all_ids(mirror: Mirror) -> set[str]:
    return await mirror._read(
        lambda connection: {id_ for (id_,) in connection.execute("SELECT id FROM node")}
    )


@pytest.mark.parametrize("moment", ["lot 1", "lot 4", "taking over", "taken over"])
async def test_killed_while_a_drive_is_read_it_goes_on(
    tmp_path: Path, moment: str
) -> None:
    path = tmp_path / "mirror.sqlite"
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.drive.filling", path, "300", moment),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"now\n"
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    mirror = Mirror.open(path)
    service = Rounds(300)
    assert mirror.file.problem is None
    assert (await mirror.position()).complete == (moment == "taken over")
    await following(service, mirror).refresh()
    # From where it stopped; nothing was stored of the first lot.
    assert (None in service.asked) == (moment == "lot 1")
    assert await all_ids(mirror) == {node.id for node in plain_nodes(300)}
    with rows(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    await mirror.close()
