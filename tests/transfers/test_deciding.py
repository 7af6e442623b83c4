"""Conflicts with what a real server holds, and what is decided about them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, State
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given, read_all
from tests.drive_service import Service, running_service
from tests.transfers.conftest import Rig, copy, run

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture
def folder(rig: Rig, tmp_path: Path) -> Iterator[Path]:
    """A folder of `disk`."""
    folder = tmp_path / "from"
    folder.mkdir()
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    rig.filesystems["disk"] = LocalFileSystem("disk", hashes=hashes)
    yield folder
    hashes.close()


@pytest.mark.parametrize("no_mtime", [False, True])
async def test_to_keep_both_of_two_names_that_the_drive_takes_for_one(
    rig: Rig,
    manager: TransferManager,
    service: Service,
    folder: Path,
    tmp_path: Path,
    no_mtime: bool,
) -> None:
    (folder / "A").write_bytes(b"one")
    (folder / "a").write_bytes(b"two")
    async with service.drive(service.new_account(), tmp_path / "m.sqlite") as drive:
        rig.filesystems["drive"] = drive
        request = copy(str(folder), source="disk", target="drive", to="/")
        options = CopyOptions(no_mtime=no_mtime)
        job = await run(manager, replace(request, options=options))
        assert job.counts == {State.DONE: 1, State.CONFLICT: 1}
        (conflict,) = await manager.transfers(states={State.CONFLICT})
        await manager.decide([conflict.id], ConflictPolicy.RENAME)
        assert (await manager.wait(job.id)).counts == {State.DONE: 2}
        found = {
            entry.name: await read_all(await drive.read(VPath(("from", entry.name))))
            for entry in await drive.list(VPath(("from",)))
        }
        assert found == {"A": b"one", "a (2)": b"two"}


async def test_to_keep_both_holds_whatever_becomes_of_the_other_one(
    rig: Rig,
    manager: TransferManager,
    service: Service,
    folder: Path,
    tmp_path: Path,
) -> None:
    (folder / "log").write_bytes(b"ours")
    path = VPath(("log",))
    async with service.drive(service.new_account(), tmp_path / "m.sqlite") as drive:
        rig.filesystems["drive"] = drive
        there = await drive.write(path, Given(b"theirs"))
        job = await run(
            manager, copy(str(folder / "log"), source="disk", target="drive", to="/")
        )
        (conflict,) = await manager.transfers(states={State.CONFLICT})
        await drive.write(path, Given(b"theirs, longer"), replacing=there)
        await manager.decide([conflict.id], ConflictPolicy.RENAME)
        assert (await manager.wait(job.id)).counts == {State.DONE: 1}
        assert await read_all(await drive.read(path)) == b"theirs, longer"
        assert await read_all(await drive.read(VPath(("log (2)",)))) == b"ours"
