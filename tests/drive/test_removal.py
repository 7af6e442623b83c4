"""Taking a node away from one of several folders that hold it, against the real server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest

from acd_tui.db import Database
from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.errors import Exists, NotFound
from acd_tui.operations import Operations
from acd_tui.operations.commands import TrashAll, Trashed, from_json, to_json
from acd_tui.operations.turned import still_held
from acd_tui.transfers.model import Place
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given
from tests.drive_service import Service

pytestmark = pytest.mark.socket

T, ALBUM = VPath.parse("T"), VPath.parse("Album")


@pytest.fixture
async def drive(
    service: Service, user: str, tmp_path: Path
) -> AsyncIterator[DriveFileSystem]:
    """An account with T/f and an empty folder Album, its feed not followed."""
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        for folder in (T, ALBUM):
            await drive.make_folder(folder)
        await drive.write(T / "f", Given(b"only copy"))
        await drive.refresh()
        yield drive


async def linked(drive: DriveFileSystem) -> None:
    """Let Album hold T/f as well, without a word to the mirror."""
    node, album = [await drive.node(path) for path in (T / "f", ALBUM)]
    await drive._client.nodes.add_parent(node.id, album.id)


async def holders(drive: DriveFileSystem) -> list[str]:
    """The folders in which `f` is, by the word of the service."""
    await drive.refresh()
    found = []
    for folder in (T, ALBUM):
        with contextlib.suppress(NotFound):
            if await drive.confirm(folder / "f") is not None:
                found.append(folder.name)
    return found


@pytest.mark.parametrize("known", [True, False])
async def test_what_another_folder_holds_too_only_leaves_this_one(
    drive: DriveFileSystem, *, known: bool
) -> None:
    await linked(drive)
    if known:
        await drive.refresh()
    key = await drive.trash(T / "f")
    assert key is not None
    assert await drive.list_trash() == []
    with pytest.raises(NotFound):
        await drive.stat(T / "f")
    assert await holders(drive) == ["Album"]
    assert await drive.restore(key) == T / "f"
    assert await holders(drive) == ["T", "Album"]


async def test_it_is_undone_and_done_again(
    drive: DriveFileSystem, tmp_path: Path
) -> None:
    async def filesystem(_: str) -> DriveFileSystem:
        return drive

    await linked(drive)
    await drive.refresh()
    journal = Database(tmp_path / "undo.sqlite", files("acd_tui.operations") / "schema")
    journal.open()
    operations = Operations(filesystem, journal)
    done = await operations.trash([Place("drive", T / "f")])
    assert still_held(done) == "it only left its folder, another one holds it still"
    assert await holders(drive) == ["Album"]
    assert (await operations.undo()).sentence == "undone: trashing /T/f"
    assert await holders(drive) == ["T", "Album"]
    await operations.redo()
    assert await holders(drive) == ["Album"]
    await operations.undo()
    assert await holders(drive) == ["T", "Album"]
    journal.close()


async def test_what_is_still_held_is_said_of_those_it_is_true_of(
    drive: DriveFileSystem,
) -> None:
    await linked(drive)
    await drive.write(T / "g", Given(b"in one folder"))
    items = tuple(Trashed(path=T / name) for name in "fg")
    both = TrashAll(filesystem="drive", items=items)
    done = await both.do(drive)
    text = "1 of them only left their folder, another one holds them still"
    assert still_held(done) == text
    assert from_json(to_json(done)) == done
    assert still_held(await done.undo(drive)) == ""
    await drive.trash(ALBUM / "f")
    assert still_held(await both.do(drive)) == ""


async def test_the_last_folder_that_holds_it_trashes_it(drive: DriveFileSystem) -> None:
    await linked(drive)
    await drive.refresh()
    await asyncio.gather(drive.trash(T / "f"), drive.trash(ALBUM / "f"))
    assert await holders(drive) == []
    (item,) = await drive.list_trash()
    assert item.entry.name == "f"
    await drive.restore(item.id)
    assert len(await holders(drive)) == 1


async def test_a_folder_in_the_trash_holds_nothing(drive: DriveFileSystem) -> None:
    await linked(drive)
    await drive.refresh()
    await drive.trash(ALBUM)
    await drive.trash(T / "f")
    names = {item.entry.name: item.id for item in await drive.list_trash()}
    assert sorted(names) == ["Album", "f"]
    assert await drive.restore(names["f"]) == T / "f"
    await drive.restore(names["Album"])
    assert await holders(drive) == ["T", "Album"]


async def test_what_another_took_out_of_the_other_folder_goes_to_the_trash(
    drive: DriveFileSystem,
) -> None:
    await linked(drive)
    await drive.refresh()  # and then it is behind
    node, album = [await drive.node(path) for path in (T / "f", ALBUM)]
    await drive._client.nodes.remove_parent(node.id, album.id)
    await drive.trash(T / "f")
    assert [item.entry.name for item in await drive.list_trash()] == ["f"]


async def test_what_was_let_go_does_not_come_back_where_it_must_not(
    drive: DriveFileSystem,
) -> None:
    await linked(drive)
    await drive.refresh()
    key = await drive.trash(T / "f")
    assert key is not None
    await drive.write(T / "f", Given(b"another"))
    with pytest.raises(Exists, match="T/f is there already"):
        await drive.restore(key)
    await drive.trash(T / "f")
    await drive.trash(ALBUM / "f")
    with pytest.raises(NotFound, match="trashed meanwhile"):
        await drive.restore(key)
