"""What the mirror tells of a large folder that somebody has a listing of."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from acd_tui.api.models import ChangeSet, ContentProperties, Node
from acd_tui.db import DatabaseError
from acd_tui.drive import news as module
from acd_tui.drive import rows
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.vfs.entries import PackedEntries
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.news import Known, News, differences
from tests.drive import nodes
from tests.drive.nodes import folder
from tests.drive.test_mirror import complete

ENCODER = Encoder("Slash,InvalidUtf8,Dot")
COUNT = 50


def file(node_id: str, *where: str, **more: Any) -> Node:
    content = ContentProperties(size=3, md5="1f" * 16)
    return nodes.file(node_id, *where, content_properties=content, **more)


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_AT_ONCE", 10)


@pytest.fixture
async def mirror(mirror: Mirror) -> Mirror:
    inner = [file(f"f{n:02}", "big") for n in range(COUNT)]
    await complete(mirror, folder("big"), folder("other"), *inner)
    return mirror


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One for each time that the whole folder was read."""
    times: list[object] = []

    def counted(known: Known, pages: object, as_of: object) -> News | None:
        times.append(as_of)
        return differences(known, pages, as_of)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "differences", counted)
    return times


async def listed(mirror: Mirror) -> PackedEntries:
    entries = (await mirror.listing(["big"], ENCODER)).entries
    assert isinstance(entries, PackedEntries)
    return entries


async def heard(mirror: Mirror, known: Known) -> News | None:
    return (await mirror.news(["big"], known, ENCODER)).news


def renewed(known: Known, news: News) -> dict[str, Entry]:
    now = {entry.name: entry for entry in known if entry.name not in set(news.gone)}
    return now | {entry.name: entry for entry in news.put}


async def test_what_we_changed_is_told_without_a_look_at_all_of_it(
    mirror: Mirror, compared: list[object]
) -> None:
    known = await listed(mirror)
    assert await heard(mirror, known) == News([], [], known.as_of)
    await mirror.learn([folder("new", "big")], own=True)
    await mirror.learn([file("f03", "big", "renamed", version=2)], own=True)
    await mirror.learn([file("f04", "other", version=2)], own=True)
    await mirror.learn([file("f05", "big", version=2, status="TRASH")], own=True)
    await mirror.learn([file("x", "other")], own=True)
    await mirror.forget("f06")
    news = await heard(mirror, known)
    assert news is not None
    assert set(news.gone) == {"f03", "f04", "f05", "f06"}
    assert {entry.name for entry in news.put} == {"new", "renamed"}
    now = await listed(mirror)
    assert renewed(known, news) == {entry.name: entry for entry in now}
    known.as_of = news.as_of
    assert await heard(mirror, known) == News([], [], now.as_of)
    assert not compared


async def test_what_the_feed_told_and_what_came_back_is_as_well(
    mirror: Mirror, compared: list[object]
) -> None:
    known = await listed(mirror)
    after = (await mirror.position()).checkpoint
    purged = Node(id="f07", kind="FILE", status="PURGED", version=9)
    told = [file("a", "big"), purged]
    change = ChangeSet(checkpoint="next", nodes=told)
    await mirror.follow(change, after=after, afresh=False)
    await mirror.learn([file("f01", "big", version=2, status="TRASH")])
    await mirror.learn([file("f01", "big", version=3)])
    news = await heard(mirror, known)
    assert news is not None
    assert news.gone == ["f07"]
    assert {entry.name for entry in news.put} == {"a", "f01"}
    assert not compared


async def test_what_another_process_changed_is_found_by_a_look_at_all(
    mirror: Mirror, tmp_path: Path, compared: list[object]
) -> None:
    known = await listed(mirror)
    other = Mirror.open(tmp_path / "mirror.sqlite")
    await other.learn([file("a", "big")])
    await mirror.learn([file("b", "big")])
    await other.forget("f08")
    await other.close()
    news = await heard(mirror, known)
    assert news is not None
    assert news.gone == ["f08"]
    assert {entry.name for entry in news.put} == {"a", "b"}
    assert len(compared) == 1


async def test_a_new_tree_is_compared(mirror: Mirror, compared: list[object]) -> None:
    known = await listed(mirror)
    kept = [file(f"f{n:02}", "big") for n in range(1, COUNT)]
    await complete(mirror, folder("big"), *kept)
    news = await heard(mirror, known)
    assert news is not None
    assert (news.gone, news.put) == (["f00"], [])
    assert len(compared) == 1


async def test_of_two_of_one_name_the_other_comes_into_sight(mirror: Mirror) -> None:
    known = await listed(mirror)
    await mirror.learn([file("f09b", "big", "F09")])
    news = await heard(mirror, known)
    if news is not None:  # the one is shown that a look-up finds
        shown = {
            entry.name
            for entry in (await mirror.listing(["big"], ENCODER)).entries or ()
        }
        assert renewed(known, news).keys() == shown
    await mirror.forget("f09")
    news = await heard(mirror, known)
    assert news is not None
    assert renewed(known, news).keys() == {e.name for e in await listed(mirror)}


async def test_nodes_that_are_in_several_folders_are_compared(
    mirror: Mirror, compared: list[object]
) -> None:
    known = await listed(mirror)
    await mirror.learn([file("shared", "other", parents=["other", "big"])])
    news = await heard(mirror, known)
    assert news is not None
    assert [entry.name for entry in news.put] == ["shared"]
    assert compared


async def test_another_folder_of_that_name_is_listed(mirror: Mirror) -> None:
    known = await listed(mirror)
    await mirror.learn([folder("big", name="was big", version=2)])
    assert await heard(mirror, known) is None
    await mirror.learn([folder("big2", name="big"), file("z", "big2")])
    assert await heard(mirror, known) is None


async def test_names_that_are_written_otherwise_are_compared(
    mirror: Mirror, compared: list[object]
) -> None:
    known = await listed(mirror)
    await mirror.learn([file("odd", "big", "a／b")])
    news = await heard(mirror, known)
    assert news is not None
    assert renewed(known, news).keys() == {e.name for e in await listed(mirror)}
    assert compared


async def test_only_so_much_is_remembered(
    mirror: Mirror, compared: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_NAMES", 3)
    known = await listed(mirror)
    for number in range(4):
        await mirror.learn([file(f"new {number}", "big")])
    news = await heard(mirror, known)
    assert news is not None
    assert len(news.put) == 4
    assert compared


async def test_of_an_earlier_file_nothing_is_remembered(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mirror.learn([file("a", "big")])
    cause = sqlite3.DatabaseError("malformed")
    cause.sqlite_errorcode = sqlite3.SQLITE_CORRUPT

    async def broken(_work: object) -> None:
        raise DatabaseError("damaged") from cause

    monkeypatch.setattr(mirror.file.db, "read", broken)
    await mirror.adopt(nodes.root())
    await mirror.position()
    await mirror.adopt(nodes.root())
    inner = [file(f"f{n:02}", "big") for n in range(COUNT)]
    await complete(mirror, folder("big"), folder("other"), *inner)
    known = await listed(mirror)
    other = Mirror.open(tmp_path / "mirror.sqlite")
    await other.learn([file("b", "big")])
    await other.close()
    news = await heard(mirror, known)
    assert news is not None
    assert [entry.name for entry in news.put] == ["b"]
