"""What a move trashes on a real server that another client changes meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.errors import Transient
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, State
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import Content
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given, read_all
from tests.drive_service import Service
from tests.transfers.conftest import Rig, copy, run

pytestmark = pytest.mark.socket

FILE = VPath.parse("f")


@pytest.fixture
async def drive(
    service: Service, user: str, tmp_path: Path
) -> AsyncIterator[DriveFileSystem]:
    """Holds `f`, of which its mirror knows."""
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        await drive.write(FILE, Given(b"old"))
        yield drive


async def changes(other: DriveFileSystem, *, gone: bool) -> None:
    if gone:
        await other.trash(FILE)
    else:
        known = await other.stat(FILE)
        await other.write(FILE, Given(b"theirs"), replacing=known)


async def moved(manager: TransferManager, *, attempts: int = 1) -> State:
    """Move `f` from the drive to `there`."""
    options = CopyOptions(move=True, attempts=attempts)
    request = copy("f", source="drive", policy=ConflictPolicy.FAIL)
    job = await run(manager, replace(request, options=options))
    (state,) = job.counts
    return state


@pytest.mark.parametrize("gone", [False, True])
async def test_what_was_changed_while_it_came_is_not_trashed(
    rig: Rig,
    manager: TransferManager,
    drive: DriveFileSystem,
    other: DriveFileSystem,
    gone: bool,
) -> None:
    rig.filesystems["drive"] = drive
    wrote = rig.there.write

    async def write(
        path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        stored = await wrote(path, content, replacing=replacing)
        await changes(other, gone=gone)
        return stored

    rig.there.write = write  # type: ignore[method-assign]
    assert await moved(manager) is (State.SKIPPED if gone else State.FAILED)
    assert rig.there.data("/in/f") == b"old"
    if not gone:
        assert await read_all(await other.read(FILE)) == b"theirs"


async def test_what_was_changed_and_seems_there_already_is_not_trashed(
    rig: Rig, manager: TransferManager, drive: DriveFileSystem, other: DriveFileSystem
) -> None:
    rig.filesystems["drive"] = drive
    rig.there.put("/in/f", b"old")

    async def hook(operation: str, path: VPath) -> None:
        if (operation, path.name) == ("stat", "f"):
            rig.there.hook = None
            await changes(other, gone=False)

    rig.there.hook = hook
    assert await moved(manager) is State.FAILED
    assert await read_all(await other.read(FILE)) == b"theirs"


async def test_what_nobody_changes_is_asked_for_once(
    rig: Rig,
    manager: TransferManager,
    drive: DriveFileSystem,
    other: DriveFileSystem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig.filesystems["drive"] = drive
    asked: list[str] = []
    get = drive._client.nodes.get

    async def counted(node_id: str, *, temp_link: bool = False) -> object:
        asked.append(node_id)
        return await get(node_id, temp_link=temp_link)

    monkeypatch.setattr(drive._client.nodes, "get", counted)
    assert await moved(manager) is State.DONE
    assert len(asked) == 1
    assert await other.confirm(FILE) is None


async def test_a_lost_answer_about_the_trash_fails_no_move(
    rig: Rig,
    manager: TransferManager,
    drive: DriveFileSystem,
    other: DriveFileSystem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig.filesystems["drive"] = drive
    add = drive._client.trash.add

    async def lost(node_id: str) -> object:
        await add(node_id)
        raise Transient("no answer came")

    monkeypatch.setattr(drive._client.trash, "add", lost)
    assert await moved(manager, attempts=2) is State.SKIPPED
    assert rig.there.data("/in/f") == b"old"
    assert await other.confirm(FILE) is None
