from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd_tui.drive.filesystem import ENCODING, DriveFileSystem
from acd_tui.drive.names import Encoder
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Laws, Subject
from tests.drive_service import Service

pytestmark = pytest.mark.socket


def _shown(name: str) -> str:
    encoder = Encoder(ENCODING)
    return encoder.decode(encoder.encode(name))


@pytest.fixture(scope="module")
def user(service: Service) -> str:
    return service.new_account()


async def _subject(drive: DriveFileSystem) -> Subject:
    base = VPath.parse(uuid.uuid4().hex)
    await drive.make_folder(base)
    return Subject(drive, base, shown=_shown)


class TestDriveThatIsKnown(Laws):
    """The mirror holds the whole tree and the feed is followed."""

    @pytest.fixture
    async def subject(
        self, service: Service, user: str, tmp_path: Path
    ) -> AsyncIterator[Subject]:
        async with service.drive(user, tmp_path / "mirror.sqlite") as drive:
            await drive.refresh()
            assert (await drive.mirror_status()).complete
            yield await _subject(drive)


class TestDriveThatIsNew(Laws):
    """The mirror is empty and no feed fills it: all must be asked for."""

    @pytest.fixture
    async def subject(
        self, service: Service, user: str, tmp_path: Path
    ) -> AsyncIterator[Subject]:
        mirror_file = tmp_path / "mirror.sqlite"
        async with service.drive(user, mirror_file, follow=False) as drive:
            yield await _subject(drive)
