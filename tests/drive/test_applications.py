"""A drive that one has signed in to with another application than ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.server import admin
from acd_tui.vfs.path import VPath
from tests.conformance.laws import MODIFIED, Given
from tests.drive_service import Service, running_service

pytestmark = pytest.mark.socket

F, G = VPath.parse("f"), VPath.parse("g")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("service")) as service:
        uris = ["http://127.0.0.1:53682/"]
        admin.add_client(service.server.directory, "rclone", uris, owner="Theirs")
        yield service


@pytest.fixture
async def drive(
    service: Service, user: str, tmp_path: Path
) -> AsyncIterator[DriveFileSystem]:
    mirror = tmp_path / "m.sqlite"
    async with service.drive(user, mirror, follow=False, client_id="rclone") as drive:
        yield drive


async def times(drive: DriveFileSystem) -> list[int | None]:
    await drive.rebuild()
    return [each.modified_ns for each in await drive.list(VPath())]


async def test_files_and_their_times_are_kept(drive: DriveFileSystem) -> None:
    await drive.write(F, Given(b"first"))
    await drive.write(G, Given(b"second"))
    assert await times(drive) == [MODIFIED] * 2
    node = await drive.node(G)
    assert node.properties is not None
    assert list(node.properties) == ["Theirs"]
    assert node.version == 1  # its time came together with it
    assert not [fact for fact in (await drive.details(G)).facts if "mtime" in fact[0]]


async def test_many_files_at_once(drive: DriveFileSystem) -> None:
    paths = [VPath.parse(str(number)) for number in range(20)]
    await asyncio.gather(*(drive.write(path, Given(b"x")) for path in paths))
    assert await times(drive) == [MODIFIED] * 20


async def test_a_file_is_overwritten(drive: DriveFileSystem) -> None:
    there = await drive.write(F, Given(b"first"))
    await drive.write(F, Given(b"next", MODIFIED + 1), replacing=there)
    assert await times(drive) == [MODIFIED + 1]


async def test_a_file_that_another_application_has_made_is_overwritten(
    service: Service, user: str, drive: DriveFileSystem, tmp_path: Path
) -> None:
    other = tmp_path / "other.sqlite"
    async with service.drive(user, other, follow=False) as ours:
        await ours.write(F, Given(b"first"))
    there = await drive.stat(F)
    await drive.write(F, Given(b"next", MODIFIED + 1), replacing=there)
    assert not (await drive.node(F)).properties
    async with service.drive(user, other, follow=False) as ours:
        await ours.refresh()
        assert await times(ours) != [MODIFIED]  # that was of what is overwritten


async def test_the_time_of_a_file_that_another_application_has_made_is_kept(
    service: Service, user: str, drive: DriveFileSystem, tmp_path: Path
) -> None:
    async with service.drive(user, tmp_path / "o.sqlite", follow=False) as ours:
        await ours.write(F, Given(b"first"))
    await drive.write(G, Given(b"second"))  # which tells whose the properties are
    there = await drive.stat(F)
    await drive.write(F, Given(b"next", MODIFIED + 1), replacing=there)
    assert await times(drive) == [MODIFIED + 1, MODIFIED]
