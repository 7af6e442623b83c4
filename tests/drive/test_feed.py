from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acd_tui.api.errors import BadRequest, Cut
from acd_tui.api.models import ChangeSet, Node
from acd_tui.drive import feed as feed_module
from acd_tui.drive.feed import Feed
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.errors import Transient
from tests.drive.nodes import ROOT, file, folder, root
from tests.fakes import FakeClock

Line = ChangeSet | Exception


class Changes:
    """A service that plays given streams, one a call; then there is nothing new."""

    def __init__(self) -> None:
        self.streams: list[list[Line]] = []
        self.asked: list[str | None] = []
        self.nodes = self
        self.changes = self
        self.held: asyncio.Event | None = None
        self.reachable = asyncio.Event()
        self.reachable.set()
        self.who = "somebody"
        self.root_id = ROOT
        self.roots = 0

    async def seal(self, *words: str) -> bytes:
        return repr((self.who, *words)).encode()

    async def look_again(self) -> None:
        pass

    async def root(self) -> Node:
        await self.reachable.wait()
        self.roots += 1
        return msgspec.structs.replace(root(), id=self.root_id)

    async def stream(self, checkpoint: str | None) -> AsyncIterator[ChangeSet]:
        self.asked.append(checkpoint)
        lines = self.streams.pop(0) if self.streams else []
        if self.held is not None:
            await self.held.wait()
        for line in lines:
            if isinstance(line, Exception):
                raise line
            yield line


@pytest.fixture
def service() -> Changes:
    return Changes()


@pytest.fixture
def told() -> list[Any]:
    return []


@pytest.fixture
def feed(service: Changes, mirror: Mirror, clock: FakeClock, told: list[Any]) -> Feed:
    client: Any = service
    return Feed(client, mirror, clock=clock, changed=told.append)


async def names(mirror: Mirror) -> set[str] | None:
    entries = (await mirror.listing((), Encoder("Slash"))).entries
    return None if entries is None else {entry.name for entry in entries}


async def test_the_first_fill(
    feed: Feed, service: Changes, mirror: Mirror, told: list[Any]
) -> None:
    service.streams = [
        [
            ChangeSet(checkpoint="1", reset=True, nodes=[root(), file("a")]),
            ChangeSet(checkpoint="2", reset=True, nodes=[file("b")]),
            ChangeSet(checkpoint="3", nodes=[file("c")]),
        ],
        [ChangeSet(checkpoint="4", nodes=[file("made meanwhile")])],
    ]
    await feed.refresh()
    assert service.asked == [None, "3"]
    assert await names(mirror) == {"a", "b", "c", "made meanwhile"}
    assert (await mirror.position()).complete
    assert told == [None]


async def test_lines_that_bring_no_checkpoint_go_on_with_the_tree(
    feed: Feed, service: Changes, mirror: Mirror
) -> None:
    service.streams = [
        [
            ChangeSet(reset=True, nodes=[root(), file("a")]),
            ChangeSet(nodes=[file("b")]),
            ChangeSet(nodes=[file("c")]),
            ChangeSet(checkpoint="1", nodes=[file("d")]),
        ]
    ]
    await feed.refresh()
    assert await names(mirror) == {"a", "b", "c", "d"}


async def test_lines_are_stored_in_lots_and_a_reset_begins_one(
    feed: Feed, service: Changes, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots: list[list[str]] = []
    follow = mirror.follow

    async def noted(change: ChangeSet, **how: Any) -> frozenset[str] | None:
        lots.append([node.id for node in change.nodes])
        return await follow(change, **how)

    monkeypatch.setattr(mirror, "follow", noted)
    monkeypatch.setattr("acd_tui.drive.feed._LOT_NODES", 3)
    lines = [ChangeSet(checkpoint=f"C{n}", nodes=[file(f"f{n}")]) for n in range(1, 5)]
    news = ChangeSet(checkpoint="C5", reset=True, nodes=[root(), file("new")])
    service.streams = [
        [ChangeSet(checkpoint="C0", reset=True, nodes=[root()]), *lines, news],
        [ChangeSet(checkpoint="C6")],
    ]
    await feed.refresh()
    assert lots[:3] == [[ROOT, "f1", "f2"], ["f3", "f4"], [ROOT, "new"]]
    assert await names(mirror) == {"new"}


async def test_a_cut_stream_goes_on_where_it_stopped(
    feed: Feed, service: Changes, mirror: Mirror
) -> None:
    service.streams = [
        [ChangeSet(checkpoint="1", reset=True, nodes=[file("a")]), Cut("cut")],
        [Cut("cut")],
        [ChangeSet(checkpoint="2", nodes=[file("b")]), Cut("cut")],
        [],
    ]
    with pytest.raises(Transient):
        await feed.refresh()
    assert service.asked == [None, "1"]  # it got no further
    told = feed.problem
    assert not (await mirror.position()).complete
    await feed.refresh()
    assert service.asked == [None, "1", "1", "2"]
    assert (told, feed.problem) == ("cut", None)
    assert await names(mirror) == {"a", "b"}


async def test_a_reset_and_news(
    feed: Feed, service: Changes, mirror: Mirror, told: list[Any]
) -> None:
    service.streams = [[ChangeSet(checkpoint="1", reset=True, nodes=[file("a")])]]
    await feed.refresh()
    told.clear()
    service.streams = [[ChangeSet(checkpoint="2", nodes=[folder("d"), file("b")])]]
    await feed.refresh()
    assert told == [frozenset({ROOT})]
    service.streams = [[ChangeSet(checkpoint="3", reset=True, nodes=[file("c")])]]
    await feed.refresh()
    assert await names(mirror) == {"c"}
    told.clear()
    service.streams = [[ChangeSet(checkpoint="3", nodes=[file("c")])]]
    await feed.refresh()
    assert told == []  # it said nothing new


async def test_a_refused_checkpoint(
    feed: Feed, service: Changes, mirror: Mirror
) -> None:
    service.streams = [[ChangeSet(checkpoint="1", reset=True, nodes=[file("a")])]]
    await feed.refresh()
    service.streams = [
        [BadRequest("no such checkpoint")],
        [ChangeSet(checkpoint="9", reset=True, nodes=[file("b")])],
    ]
    await feed.refresh()
    assert service.asked[-3:] == ["1", None, "9"]
    assert await names(mirror) == {"b"}


async def test_callers_share_one_more_look(feed: Feed, service: Changes) -> None:
    await feed.refresh()
    service.asked.clear()
    service.held = asyncio.Event()
    first = asyncio.create_task(feed.refresh())
    while not service.asked:
        await asyncio.sleep(0)
    late = [asyncio.create_task(feed.refresh()) for _ in range(5)]
    await asyncio.sleep(0)
    service.held.set()
    await asyncio.gather(first, *late)
    assert len(service.asked) == 2


async def test_it_stops_at_once_whatever_it_does(
    feed: Feed, service: Changes, mirror: Mirror
) -> None:
    service.held = asyncio.Event()
    feed.start()
    while not service.asked:
        await asyncio.sleep(0)
    feed.nudge()
    await feed.stop()
    assert not feed.following


async def test_in_the_background_trouble_is_told_and_got_over(
    feed: Feed, service: Changes, mirror: Mirror
) -> None:
    service.streams = [[Transient("down")], [RuntimeError("a bug")]]
    feed._interval = 0.0
    feed.start()
    while feed.problem is None:
        await asyncio.sleep(0)
    assert feed.problem == "down"
    await feed.stop()


async def test_a_tree_that_another_process_fills_in_is_not_taken_for_whole(
    feed: Feed, service: Changes, mirror: Mirror
) -> None:
    service.streams = [[ChangeSet(checkpoint="0", reset=True, nodes=[file("old")])]]
    await feed.refresh()
    number = 0

    async def overtaking(checkpoint: str | None) -> AsyncIterator[ChangeSet]:
        # The other one is always a line ahead, and has not come to the end.
        nonlocal number
        number += 1
        change = ChangeSet(checkpoint=f"o{number}", nodes=[file(f"n{number}")])
        await mirror.follow(change, after=checkpoint, afresh=number == 1)
        yield ChangeSet(checkpoint="mine", nodes=[])

    service.stream = overtaking  # type: ignore[method-assign]
    with pytest.raises(Transient):
        await feed.refresh()
    assert (await mirror.position()).filling
    assert "old" in (await names(mirror) or set())


async def test_a_tree_begun_just_before_the_end_is_noted_is_left_to_be_filled(
    feed: Feed,
    service: Changes,
    mirror: Mirror,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service.streams = [[ChangeSet(checkpoint="0", reset=True, nodes=[file("old")])]]
    await feed.refresh()
    settle = mirror.settle

    async def late(now: float, **more: Any) -> bool:
        monkeypatch.setattr(mirror, "settle", settle)
        change = ChangeSet(checkpoint="1", reset=True, nodes=[file("new")])
        await mirror.follow(change, after="0", afresh=True)
        service.streams = [[Cut("cut")]]
        return await settle(now, **more)

    monkeypatch.setattr(mirror, "settle", late)
    with pytest.raises(Transient):
        await feed.refresh()
    assert "old" in (await names(mirror) or set())


async def test_who_comes_before_the_service_is_asked_waits_for_that_look(
    feed: Feed, service: Changes
) -> None:
    service.streams = [[ChangeSet(checkpoint="1", nodes=[root()])]]
    await feed.refresh()
    feed = Feed(feed._client, feed._mirror, clock=feed._clock, changed=feed._changed)
    service.reachable.clear()
    looks = [asyncio.create_task(feed.refresh()) for _ in range(2)]
    while not feed.following:
        await asyncio.sleep(0)
    looks.append(asyncio.create_task(feed.refresh()))
    await asyncio.sleep(0)
    service.held = asyncio.Event()
    service.reachable.set()
    while len(service.asked) < 2:
        await asyncio.sleep(0.001)
    late = asyncio.create_task(feed.refresh())
    await asyncio.sleep(0)
    service.held.set()
    await asyncio.gather(*looks, late)
    assert service.asked == [None, "1", "1"]


async def test_whose_drive_it_is_is_asked_once_in_all_runs(
    service: Changes, mirror: Mirror, clock: FakeClock
) -> None:
    client: Any = service
    for _ in range(3):
        feed = Feed(client, mirror, clock=clock, changed=lambda _: None)
        await feed.refresh()
        await feed.refresh()
    assert service.roots == 1


@pytest.mark.parametrize("again", [False, True], ids=["another run", "meanwhile"])
async def test_who_signs_in_to_another_account_sees_nothing_of_the_first(
    feed: Feed, service: Changes, mirror: Mirror, clock: FakeClock, *, again: bool
) -> None:
    client: Any = service
    service.streams = [[ChangeSet(checkpoint="1", reset=True, nodes=[file("secret")])]]
    await feed.refresh()
    assert await names(mirror) == {"secret"}
    service.who, service.root_id = "somebody else", "another root"
    if again:
        feed = Feed(client, mirror, clock=clock, changed=lambda _: None)
    service.streams = [[ChangeSet(checkpoint="1")]]
    await feed.refresh()
    assert (await mirror.position()).root == "another root"
    assert await names(mirror) == set()
    assert service.asked[2] is None


async def test_a_refused_checkpoint_has_it_asked_whose_drive_it_is(
    feed: Feed, service: Changes, mirror: Mirror
) -> None:
    service.streams = [[ChangeSet(checkpoint="1", reset=True, nodes=[file("a")])]]
    await feed.refresh()
    service.root_id = "another root"
    service.streams = [
        [BadRequest("no such checkpoint", status=400)],
        [ChangeSet(checkpoint="1", reset=True, nodes=[file("b")])],
    ]
    await feed.refresh()
    assert (await mirror.position()).root == "another root"
    assert await names(mirror) == set()


async def test_what_another_process_has_learned_is_told(
    feed: Feed, service: Changes, mirror: Mirror, told: list[Any], tmp_path: Path
) -> None:
    service.streams = [
        [ChangeSet(checkpoint="1", reset=True, nodes=[root(), file("a")])]
    ]
    await feed.refresh()
    told.clear()
    await mirror.learn([file("ours")], own=True)
    await feed.refresh()
    await feed.refresh()
    assert told == []
    other = Mirror.open(tmp_path / "mirror.sqlite")
    try:
        await other.learn([file("theirs")], own=True)
        await other.follow(ChangeSet(checkpoint="2"), after="1", afresh=False)
    finally:
        await other.close()
    await feed.refresh()
    assert told == [None]
    assert await names(mirror) == {"a", "ours", "theirs"}
    await feed.refresh()
    assert told == [None]


async def test_a_tree_that_was_read_here_is_no_news_from_elsewhere(
    mirror: Mirror,
) -> None:
    assert not await mirror.changed_elsewhere()
    first = ChangeSet(checkpoint="1", reset=True, nodes=[root(), file("a")])
    await mirror.follow(first, after=None, afresh=True)
    assert await mirror.settle(1.0, after="1")
    assert not await mirror.changed_elsewhere()


async def test_what_another_process_has_learned_is_told_without_a_look_at_the_feed(
    feed: Feed,
    service: Changes,
    mirror: Mirror,
    told: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed_module, "_OTHERS_SECONDS", 0.0)
    service.streams = [
        [ChangeSet(checkpoint="1", reset=True, nodes=[root(), file("a")])]
    ]
    feed.start()
    while len(service.asked) < 2 or feed.following:
        await asyncio.sleep(0)
    told.clear()
    for number in range(200):
        await mirror.learn([file(f"ours{number}")], own=True)
    assert told == []
    other = Mirror.open(tmp_path / "mirror.sqlite")
    try:
        await other.learn([file("theirs")], own=True)
    finally:
        await other.close()
    while not told:
        await asyncio.sleep(0)
    await feed.stop()
    assert told == [None]
    assert len(service.asked) == 2
