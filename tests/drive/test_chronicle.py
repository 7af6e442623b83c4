"""What changed in a drive, as its mirror learns of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from acd_tui.api.models import ChangeSet, ContentProperties, Node
from acd_tui.drive import chronicle
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.vfs.timeline import Change, folded
from tests.drive.nodes import file, folder, root
from tests.fakes import FakeClock

ENCODER = Encoder("Slash,InvalidUtf8,Dot")
TRASHED: dict[str, Any] = {"status": "TRASH", "exclusively_trashed": True}
WITH_FOLDER: dict[str, Any] = {"status": "TRASH", "recursively_trashed": True}


class Followed:
    """A mirror that follows a feed."""

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self._checkpoint = 0

    async def feed(self, *nodes: Node, afresh: bool = False) -> None:
        after = str(self._checkpoint) if self._checkpoint else None
        self._checkpoint += 1
        change = ChangeSet(checkpoint=str(self._checkpoint), nodes=list(nodes))
        await self.mirror.follow(change, after=after, afresh=afresh)

    async def settle(self) -> None:
        await self.mirror.settle(0.0, after=str(self._checkpoint))

    async def changes(self) -> list[Change]:
        return list((await self.mirror.timeline(ENCODER, 100)).changes)

    async def told(self) -> list[str]:
        return [shown(change) for change in await self.changes()]


def shown(change: Change) -> str:
    folder = "?" if change.folder is None else str(change.folder).rstrip("/")
    text = f"{change.kind.value} {folder}/{change.entry.name}"
    return text if change.before is None else f"{text} from {change.before}"


def content(md5: str) -> dict[str, Any]:
    return {"content_properties": ContentProperties(size=3, md5=md5 * 32)}


@pytest.fixture
async def drive(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Followed]:
    """A whole tree: /a/1, /a/deep/2, /b."""
    mirror = Mirror.open(tmp_path / "mirror.sqlite", clock=clock)
    drive = Followed(mirror)
    await mirror.adopt(root())
    await drive.feed(
        root(),
        folder("a"),
        folder("deep", "a"),
        file("1", "a"),
        file("2", "deep"),
        folder("b"),
        afresh=True,
    )
    await drive.feed(file("3", "a", version=2))
    await drive.settle()
    yield drive
    await mirror.close()


async def test_filling_the_tree_is_no_change(drive: Followed) -> None:
    assert await drive.changes() == []


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (file("new", "deep", "n.txt"), "appeared /a/deep/n.txt"),
        (file("1", "a", version=2, **content("1")), "changed /a/1"),
        (file("1", "a", "one", version=2), "moved /a/one from /a/1"),
        (folder("deep", "b", version=2), "moved /b/deep from /a/deep"),
        (file("1", "a", version=2, **TRASHED), "trashed /a/1"),
        (Node(id="1", kind="FILE", status="PURGED"), "vanished /a/1"),
    ],
)
async def test_what_becomes_of_a_node(drive: Followed, node: Node, told: str) -> None:
    await drive.feed(node)
    assert await drive.told() == [told]
    await drive.feed(node)  # feeds repeat themselves
    assert await drive.told() == [told]


@pytest.mark.parametrize(
    "node",
    [
        file("1", "a", version=2, description="said"),
        file("1", "a", version=2, content_properties=ContentProperties(size=3)),
        file("1", "a", version=2, status="PENDING"),
        folder("b", "root", version=2),
        root(),
    ],
    ids=["labels", "not processed", "pending", "folder", "root"],
)
async def test_what_nobody_would_call_a_change(drive: Followed, node: Node) -> None:
    await drive.feed(node)
    assert await drive.changes() == []


async def test_a_folder_goes_with_all_in_it_and_comes_back(drive: Followed) -> None:
    await drive.feed(
        folder("a", version=2, **TRASHED),
        folder("deep", "a", version=2, **WITH_FOLDER),
        file("1", "a", version=2, **WITH_FOLDER),
    )
    assert await drive.told() == ["trashed /a"]
    await drive.feed(file("2", "deep", version=3, **TRASHED))
    await drive.feed(folder("a", version=3), file("1", "a", version=3))
    assert await drive.told() == ["restored /a", "trashed /a"]


async def test_what_is_purged_out_of_the_trash_had_gone_before(drive: Followed) -> None:
    await drive.feed(folder("a", version=2, **TRASHED))
    await drive.feed(*(Node(id=i, kind="FILE", status="PURGED") for i in "a1"))
    assert await drive.told() == ["trashed /a"]


async def test_the_service_says_when(drive: Followed, clock: FakeClock) -> None:
    clock.time = 1_800_000_000.0
    await drive.feed(file("x", modified_date="2026-11-20T10:00:00.000Z"))
    await drive.feed(file("y", modified_date="2100-01-01T00:00:00.000Z"))
    await drive.feed(Node(id="1", kind="FILE", status="PURGED"))
    assert [(c.entry.name, c.at_ns) for c in await drive.changes()] == [
        ("1", 1_800_000_000 * 10**9),
        ("y", 1_800_000_000 * 10**9),
        ("x", 1_795_168_800 * 10**9),
    ]


async def test_a_folder_that_is_told_of_later_is_known_then(drive: Followed) -> None:
    await drive.feed(file("early", "late"))
    assert await drive.told() == ["appeared ?/early"]
    await drive.feed(folder("late", "b"))
    assert sorted(await drive.told()) == [
        "appeared /b/late",
        "appeared /b/late/early",
    ]


async def test_who_did_it(drive: Followed) -> None:
    await drive.mirror.learn([file("ours")], own=True)
    await drive.mirror.learn([file("found")])
    await drive.feed(file("theirs"), file("ours"))  # the feed repeats what we did
    assert {(c.entry.name, c.own) for c in await drive.changes()} == {
        ("ours", True),
        ("found", False),
        ("theirs", False),
    }


async def test_what_the_service_does_not_know_any_more(drive: Followed) -> None:
    await drive.mirror.forget("2")
    assert await drive.told() == ["vanished /a/deep/2"]


async def test_reading_the_drive_anew_tells_what_is_another(drive: Followed) -> None:
    await drive.feed(
        root(),
        folder("a"),
        file("1", "a", version=2, **content("1")),
        file("2", "a", version=2),
        file("3", "a", version=3, **TRASHED),
        folder("new"),
        afresh=True,
    )
    await drive.feed(file("inside", "new"))
    await drive.mirror.learn([file("ours", "a")], own=True)
    await drive.settle()
    assert {(shown(c), c.own) for c in await drive.changes()} == {
        ("changed /a/1", False),
        ("moved /a/2 from /a/deep/2", False),
        ("trashed /a/3", False),
        ("vanished /a/deep", False),
        ("vanished /b", False),
        ("appeared /new", False),
        ("appeared /new/inside", False),
        ("appeared /a/ours", True),
    }
    await drive.feed(file("later"))
    assert "appeared /later" in await drive.told()


async def test_a_drive_that_is_another_altogether(
    drive: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chronicle, "MOST", 4)
    await drive.feed(root(), *(file(f"x{n}") for n in range(4)), afresh=True)
    await drive.settle()
    assert [c.kind.value for c in await drive.changes()] == ["unknown"]


async def test_where_it_is_now(drive: Followed) -> None:
    await drive.feed(folder("deep", "b", "DEEP", version=2))
    assert await drive.mirror.whereabouts("2") == ("b", "DEEP", "2")
    await drive.feed(folder("b", version=2, **TRASHED))
    assert await drive.mirror.whereabouts("2") is None
    assert await drive.mirror.whereabouts("unheard of") is None


async def test_visits_last(drive: Followed, clock: FakeClock, tmp_path: Path) -> None:
    await drive.feed(file("x"))
    (change,) = await drive.changes()
    await drive.mirror.mark_seen(change.number)
    await drive.feed(file("y"))
    await drive.mirror.close()
    drive.mirror = Mirror.open(tmp_path / "mirror.sqlite", clock=clock)
    timeline = await drive.mirror.timeline(ENCODER, 100)
    assert (timeline.seen, timeline.seen_at) == (change.number, clock.time)
    assert [c.number > timeline.seen for c in timeline.changes] == [True, False]


async def test_only_the_newest_are_kept(
    drive: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chronicle, "MOST", 3)
    await drive.feed(*(file(f"new {number}") for number in range(5)))
    assert [c.entry.name for c in await drive.changes()] == ["new 4", "new 3", "new 2"]


async def test_another_account_has_another_past(drive: Followed) -> None:
    await drive.feed(file("x"))
    await drive.mirror.adopt(Node(id="other", kind="FOLDER", is_root=True))
    assert await drive.changes() == []


async def test_what_befell_a_folder_is_told_once(drive: Followed) -> None:
    await drive.feed(
        file("f1", "trip"),
        folder("day", "trip"),
        folder("trip", "b"),
        file("f2", "day"),
        file("else", "b"),
    )
    found = folded(await drive.changes())
    assert {(shown(c), c.inside) for c in found} == {
        ("appeared /b/trip", 3),
        ("appeared /b/else", 0),
    }


async def test_folders_that_lie_in_each_other(drive: Followed) -> None:
    await drive.feed(folder("x", "y"), folder("y", "x"))
    assert len(folded(await drive.changes())) == 2
