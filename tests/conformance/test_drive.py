from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from acd_tui.vfs.path import VPath
from tests.conformance.laws import Laws, Subject
from tests.drive_service import Service, running_service

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("service")) as service:
        yield service


class TestDriveThatIsKnown(Laws):
    """The mirror holds the whole tree and the feed is followed."""

    @pytest.fixture
    async def subject(self, service: Service, tmp_path: Path) -> AsyncIterator[Subject]:
        async with service.drive(
            service.new_account(), tmp_path / "mirror.sqlite"
        ) as drive:
            await drive.refresh()
            assert (await drive.mirror_status()).complete
            yield Subject(drive, VPath())


class TestDriveThatIsNew(Laws):
    """The mirror is empty and no feed fills it: all must be asked for."""

    @pytest.fixture
    async def subject(self, service: Service, tmp_path: Path) -> AsyncIterator[Subject]:
        async with service.drive(
            service.new_account(), tmp_path / "mirror.sqlite", follow=False
        ) as drive:
            yield Subject(drive, VPath())
