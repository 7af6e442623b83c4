"""Undoing and redoing in a drive where another program has been at work meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import pytest

from acd_tui.db import Database
from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.errors import AcdError
from acd_tui.operations import Operations
from acd_tui.transfers.model import Place
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given
from tests.drive_service import Service, running_service

pytestmark = pytest.mark.socket

A, B, C = [VPath.parse(name) for name in "abc"]


class Two(NamedTuple):
    """A drive with `a`, whose mirror is behind, and another program at the same drive."""

    operations: Operations
    drive: DriveFileSystem
    other: DriveFileSystem


@pytest.fixture
async def two(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Two]:
    with running_service(tmp_path_factory.mktemp("service")) as service:
        async with _opened(service, tmp_path) as two:
            yield two


@contextlib.asynccontextmanager
async def _opened(service: Service, tmp_path: Path) -> AsyncIterator[Two]:
    user = service.new_account()
    journal = Database(tmp_path / "undo.sqlite", files("acd_tui.operations") / "schema")
    journal.open()
    async with (
        service.drive(user, tmp_path / "m.sqlite", follow=False) as drive,
        service.drive(user, tmp_path / "o.sqlite", follow=False) as other,
    ):

        async def filesystem(_: str) -> DriveFileSystem:
            return drive

        await drive.write(A, Given(b"a"))
        await drive.refresh()
        operations = Operations(filesystem, journal)
        await operations.move(Place("drive", A), Place("drive", B))
        await other.refresh()
        yield Two(operations, drive, other)
    journal.close()


async def test_what_another_has_renamed_since_keeps_that_name(two: Two) -> None:
    await two.other.move(B, C)
    with pytest.raises(AcdError, match="cannot undo renaming /a to b: there is no /b"):
        await two.operations.undo()
    await two.drive.refresh()
    assert [entry.name for entry in await two.drive.list(VPath())] == ["c"]


async def test_what_another_has_trashed_since_stays_there(two: Two) -> None:
    await two.operations.undo()
    await two.other.refresh()
    await two.other.trash(A)
    with pytest.raises(AcdError, match="cannot redo renaming /a to b: there is no /a"):
        await two.operations.redo()
    await two.other.refresh()
    assert len(await two.other.list_trash()) == 1


async def test_another_file_of_that_name_is_left_alone(two: Two) -> None:
    await two.other.trash(B)
    await two.other.write(B, Given(b"another"))
    with pytest.raises(AcdError, match="/b is another one now"):
        await two.operations.undo()
    await two.drive.refresh()
    assert [entry.name for entry in await two.drive.list(VPath())] == ["b"]
