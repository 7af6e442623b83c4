"""Against the real server; what all filesystems do is in `tests/conformance`."""

from __future__ import annotations

import asyncio
import io
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from acd_tui.db import DatabaseError
from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.errors import (
    Changed,
    Denied,
    Exists,
    FolderNotFound,
    NotFound,
    Transient,
)
from acd_tui.events import EventBus
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given, read_all
from tests.drive_service import Service

pytestmark = pytest.mark.socket

A = VPath.parse("a")
B = VPath.parse("b")


def without_answers(drive: DriveFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_call(*_: Any, **__: Any) -> None:
        raise Transient("the cable is out")

    for section in ("metadata", "upload"):
        monkeypatch.setattr(drive._client._transport, section, no_call)


async def test_a_search_needs_no_request(
    service: Service, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service.drive(user, tmp_path / "mirror.sqlite") as drive:
        await drive.make_folder(A)
        await drive.write(A / "a／B.txt", Given(b"data"))
        await drive.refresh()
        without_answers(drive, monkeypatch)
        (found,) = await drive.search("b.TXT", 10)
        assert (found.entry.name, found.folder) == ("a／B.txt", A)
        assert found.entry == await drive.stat(A / "a／B.txt")
        assert [f.entry.name for f in await drive.search("a", 1)] == ["a"]


async def test_what_is_gone_since_an_earlier_run_was_cut_off_is_not_listed(
    service: Service, user: str, tmp_path: Path, other: DriveFileSystem
) -> None:
    mirror = tmp_path / "mirror.sqlite"
    await other.write(A, Given(b"data"))
    async with service.drive(user, mirror, follow=False) as drive:
        assert [entry.name for entry in await drive.list(VPath())] == ["a"]
        await drive._tree.feed._stream(None)  # and is ended before it has settled
    await other.trash(A)

    async with service.drive(user, mirror, follow=False) as drive:
        assert not (await drive.mirror_status()).complete
        assert await drive.list(VPath()) == []


async def test_a_known_folder_needs_no_request(
    service: Service, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = tmp_path / "mirror.sqlite"
    async with service.drive(user, mirror) as drive:
        await drive.make_folder(A)
        await drive.write(A / "file", Given(b"data"))
        await drive.refresh()
        before = await drive.list(A)
    async with service.drive(user, mirror, follow=False) as drive:
        without_answers(drive, monkeypatch)
        assert await drive.list(A) == before
        assert (await drive.stat(A / "file")) == before[0]
        status = await drive.mirror_status()
        assert (status.complete, status.nodes, status.problem) == (True, 3, None)
        with pytest.raises(NotFound):
            await drive.stat(A / "nothing")
        with pytest.raises(Transient):
            await drive.write(A / "new", Given(b"data"))


async def test_a_mirror_that_turns_out_to_be_damaged_is_read_anew_at_once(
    service: Service, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd_tui.drive.feed._SETTLING", 0.0)
    async with service.drive(user, tmp_path / "m.sqlite") as drive:
        await drive.make_folder(A)
        await drive.refresh()
        cause = sqlite3.DatabaseError("malformed")
        cause.sqlite_errorcode = sqlite3.SQLITE_CORRUPT

        async def broken(_work: object) -> None:
            raise DatabaseError("damaged") from cause

        monkeypatch.setattr(drive._mirror.file.db, "read", broken)
        assert not (await drive.mirror_status()).complete
        async with asyncio.timeout(20):  # of the 30 s between two looks
            while not (await drive.mirror_status()).complete:
                await asyncio.sleep(0.01)
        assert [entry.name for entry in await drive.list(VPath())] == ["a"]


async def test_a_folder_once_listed_is_shown_without_network(
    service: Service, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        await drive.write(A, Given(b"data"))
        before = await drive.list(VPath())
        monkeypatch.setattr("acd_tui.drive.tree._LISTING_FRESH", -1.0)
        without_answers(drive, monkeypatch)
        assert await drive.list(VPath()) == before


async def test_what_others_do_is_told_and_seen(
    service: Service, user: str, tmp_path: Path, other: DriveFileSystem
) -> None:
    bus, told = EventBus(), asyncio.Queue[FoldersChanged]()
    with bus.subscribed(FoldersChanged, told.put_nowait):
        async with service.drive(user, tmp_path / "m.sqlite", bus=bus) as drive:
            await drive.make_folder(A)
            await drive.refresh()
            while not told.empty():
                told.get_nowait()
            await other.write(A / "theirs", Given(b"data"))
            await drive.refresh()
            event = await told.get()
            assert event == FoldersChanged("drive", frozenset({A}))
            assert [entry.name for entry in await drive.list(A)] == ["theirs"]
            await other.trash(A)
            await drive.refresh()
            assert await told.get() == FoldersChanged("drive", None)
            with pytest.raises(FolderNotFound):
                await drive.list(A)


@pytest.mark.parametrize("size", [4, 100_000])
@pytest.mark.parametrize("theirs", ["a", "A"])
async def test_a_name_that_another_takes_first(
    service: Service,
    user: str,
    tmp_path: Path,
    other: DriveFileSystem,
    theirs: str,
    size: int,
) -> None:
    """What the mirror takes for free is not overwritten, and then is known to be taken."""
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        await drive.refresh()
        with pytest.raises(NotFound):
            await drive.stat(A)
        await other.write(VPath.parse(theirs), Given(b"theirs"))
        for data in (bytes(size), b"theirs"):
            with pytest.raises(Exists):
                await drive.write(A, Given(data))
        entry = await drive.stat(A)
        assert (entry.name, entry.size) == (theirs, 6)
        assert [each.name for each in await other.list(VPath())] == [theirs]


async def test_own_changes_are_told_at_once(
    service: Service, user: str, tmp_path: Path
) -> None:
    bus, told = EventBus(), list[FoldersChanged]()
    with bus.subscribed(FoldersChanged, told.append):
        async with service.drive(
            user, tmp_path / "m.sqlite", follow=False, bus=bus
        ) as drive:
            await drive.make_folder(A)
            await drive.write(A / "file", Given(b"data"))
    assert told == [
        FoldersChanged("drive", frozenset({VPath()})),
        FoldersChanged("drive", frozenset({A})),
    ]


async def test_acting_on_what_is_gone(
    service: Service, user: str, tmp_path: Path, other: DriveFileSystem
) -> None:
    async with service.drive(user, tmp_path / "m.sqlite") as drive:
        await drive.write(A, Given(b"old"))
        await drive.refresh()
        known = await drive.stat(A)
        await other.write(A, Given(b"theirs"), replacing=known)
        # The mirror still has the old one; the second look finds that out.
        content = await drive.read(A)
        with pytest.raises(Changed):
            await read_all(content)
        assert await read_all(await drive.read(A)) == b"theirs"
        await other.trash(A)
        assert (await drive.write(A, Given(b"anew"))).size == 4
        assert await read_all(await other.read(A)) == b"anew"


async def test_the_service_itself_is_asked(
    service: Service, user: str, tmp_path: Path, other: DriveFileSystem
) -> None:
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        written = await drive.write(A, Given(b"1"))
        await drive.refresh()
        assert await drive.confirm(A) == written
        await other.trash(A)
        assert (await drive.stat(A)).id == written.id  # the mirror is behind
        assert await drive.confirm(A) is None
        anew = await other.write(A, Given(b"2"))
        assert await drive.confirm(A) == anew
        await other.trash(A)
        await other.make_folder(A)
        folder = await drive.confirm(A)
        assert folder is not None
        assert folder.is_folder


async def test_what_is_in_the_trash_with_its_folder_is_not_said_to_be_there(
    service: Service, user: str, tmp_path: Path, other: DriveFileSystem
) -> None:
    file = A / "b" / "c"
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        await drive.make_folder(A)
        await drive.make_folder(A / "b")
        written = await drive.write(file, Given(b"1"))
        await drive.refresh()
        item = await other.trash(A)
        assert (await drive.stat(file)).id == written.id  # the mirror is behind
        assert await drive.confirm(file) is None
        await other.make_folder(A)
        await other.make_folder(A / "b")
        anew = await other.write(file, Given(b"2"))
        assert await drive.confirm(file) == anew
        await other.trash(A)
        assert item is not None
        await other.restore(item)
        assert await drive.confirm(file) == written


async def test_the_service_itself_lists(
    service: Service, user: str, tmp_path: Path, other: DriveFileSystem
) -> None:
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        await drive.make_folder(A)
        await drive.write(A / "mine", Given(b"1"))
        await drive.refresh()
        await drive.trash(A / "mine")
        assert await drive.list_now(A) == []
        theirs = await other.write(A / "theirs", Given(b"2"))
        assert await drive.list(A) == []  # the mirror is behind
        assert await drive.list_now(A) == [theirs]
        with pytest.raises(FolderNotFound):
            await drive.list_now(B)


async def test_large_files_come_through_a_link(
    service: Service, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service.drive(
        user, tmp_path / "m.sqlite", follow=False, templink_threshold=10
    ) as drive:
        links: list[str] = []
        opened = drive._client.content.open_link

        def open_link(link: str, *, offset: int = 0) -> Any:
            links.append(link)
            return opened(link, offset=offset)

        monkeypatch.setattr(drive._client.content, "open_link", open_link)
        for name, data in (("small", b"x" * 9), ("large", b"y" * 10)):
            await drive.write(VPath.parse(name), Given(data))
        assert await read_all(await drive.read(VPath.parse("small"))) == b"x" * 9
        assert links == []
        content = await drive.read(VPath.parse("large"))
        assert await read_all(content, 4) == b"y" * 6
        assert len(links) == 1


async def test_the_whole_node(service: Service, user: str, tmp_path: Path) -> None:
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        entry = await drive.write(A, Given(b"data", modified_ns=5))
        node = await drive.node(A)
        assert (node.id, node.name) == (entry.id, "a")
        assert node.properties == {"acdtui": {"mtime": "5"}}
        assert (await drive.node(VPath())).is_root


async def test_a_time_belongs_to_the_content_that_came_with_it(
    service: Service, user: str, tmp_path: Path
) -> None:
    """Other clients overwrite a file and leave its properties, or the service does."""
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        first = await drive.write(A, Given(b"data", modified_ns=5))
        assert first.id is not None
        again = await drive.write(A, Given(b"more", modified_ns=6), replacing=first)
        await drive.refresh()
        assert (again.modified_ns, (await drive.stat(A)).modified_ns) == (6, 6)

        async def body() -> AsyncIterator[bytes]:
            yield b"theirs"

        await drive._client.content.overwrite(first.id, body(), 6, name="a")
        await drive.refresh()
        theirs = await drive.stat(A)
        assert theirs.size == 6
        assert theirs.modified_ns is not None
        assert theirs.modified_ns > 6
        ours = await drive.write(A, Given(b"theirs", modified_ns=7), replacing=theirs)
        assert ours.modified_ns == 7
        await drive.refresh()
        assert (await drive.stat(A)).modified_ns == 7


async def test_details_and_what_the_user_writes(
    service: Service, user: str, tmp_path: Path, other: DriveFileSystem
) -> None:
    async with service.drive(user, tmp_path / "mirror.sqlite") as drive:
        await drive.make_folder(A)
        entry = await drive.write(A / "b.txt", Given(b"data"))
        details = await drive.details(A / "b.txt")
        facts = dict(details.facts)
        assert facts["Node id"] == entry.id
        assert facts["MD5"] == entry.md5
        assert not any("mtime" in name for name in facts)  # it is what was modified
        assert (details.description, details.labels) == ("", ())
        said = await drive.annotate(
            A / "b.txt", description="a «letter»", labels=["tax", "2021"]
        )
        assert (said.description, said.labels) == ("a «letter»", ("tax", "2021"))
        assert await drive.stat(A / "b.txt") == entry
        await other.refresh()
        assert await other.details(A / "b.txt") == said
        for wrong in (
            {"description": "x" * 501, "labels": []},
            {"description": "", "labels": [str(n) for n in range(11)]},
            {"description": "", "labels": ["x" * 257]},
        ):
            with pytest.raises(Denied, match=r"characters|labels"):
                await drive.annotate(A, **wrong)  # type: ignore[arg-type]


async def test_a_node_in_two_folders_says_so(
    service: Service, user: str, tmp_path: Path
) -> None:
    async with service.drive(user, tmp_path / "mirror.sqlite") as drive:
        await drive.make_folder(A)
        await drive.make_folder(VPath.parse("c"))
        await drive.write(A / "b.txt", Given(b"data"))
        node, folder = [await drive.node(VPath.parse(p)) for p in ("a/b.txt", "c")]
        await drive._client.nodes.add_parent(node.id, folder.id)
        await drive.refresh()
        facts = (await drive.details(A / "b.txt")).facts
        assert [value for name, value in facts if name == "Also in"] == ["/c"]


async def test_the_account(service: Service, user: str, tmp_path: Path) -> None:
    async with service.drive(user, tmp_path / "mirror.sqlite") as drive:
        await drive.write(VPath.parse("letter.txt"), Given(b"data"))
        account = await drive.account()
        assert account.space.used == 4
        taken = {kind.name: (kind.files, kind.size) for kind in account.taken}
        assert taken == {
            "Photos": (0, 0),
            "Videos": (0, 0),
            "Documents": (1, 4),
            "Others": (0, 0),
        }


async def test_a_server_that_is_down(
    service: Service, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        without_answers(drive, monkeypatch)
        for call in (drive.list(VPath()), drive.refresh(), drive.space(VPath())):
            with pytest.raises(Transient, match="the cable is out"):
                await call
        status = await drive.mirror_status()
        assert (status.complete, status.problem) == (False, "the cable is out")


async def test_pictures_are_scaled_by_the_service(
    service: Service, user: str, tmp_path: Path
) -> None:
    data = io.BytesIO()
    Image.new("RGB", (400, 200), "red").save(data, "PNG")
    async with service.drive(user, tmp_path / "m.sqlite") as drive:
        await drive.write(A, Given(data.getvalue()))
        await drive.write(B, Given(b"no picture"))
        small = await drive.thumbnail(A, 100)
        assert small is not None
        assert Image.open(io.BytesIO(small.data)).size == (100, 50)
        assert await drive.thumbnail(B, 100) is None
        with pytest.raises(NotFound):
            await drive.thumbnail(A / "nothing", 100)
