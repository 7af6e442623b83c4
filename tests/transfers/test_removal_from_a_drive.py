"""What a sync removes on a real server that another client changes meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.errors import Changed
from acd_tui.transfers.compare import Comparison
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import Filters
from acd_tui.transfers.sync_plan import check_unchanged, make_plan
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given
from tests.drive_service import Service
from tests.fakes import FakeClock

pytestmark = pytest.mark.socket


async def test_a_folder_into_which_somebody_else_has_just_put_a_file_stays(
    service: Service,
    user: str,
    other: DriveFileSystem,
    tmp_path: Path,
    clock: FakeClock,
) -> None:
    old = VPath.parse("old/below")
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        for path in (old.parent, old):
            await drive.make_folder(path)
        await drive.write(old / "f", Given(b"1"))
        await drive.refresh()
        empty = MemoryFileSystem("here", clock=clock)
        comparison = Comparison(empty, drive, filters=Filter(Filters()))
        plan = await make_plan(comparison.run(VPath(), VPath()))
        (removal,) = plan.removals
        await check_unchanged(drive, removal)
        await other.write(old / "theirs", Given(b"2"))
        with pytest.raises(Changed, match="old is not removed"):
            await check_unchanged(drive, removal)
