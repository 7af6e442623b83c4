"""An app on a session of filesystems in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from tests.ui.fake_session import FakeSession, fake_session, place


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[FakeSession]:
    """Two filesystems with a few files, and a queue that runs."""
    async with fake_session(tmp_path) as session:
        session.local.put_folder("/home/docs/old")
        session.local.put("/home/docs/letter.txt", b"Dear Amazon")
        for number in (1, 2, 10):
            session.local.put(f"/home/img{number}.jpg", b"x" * (number * 100))
        session.local.put("/home/.hidden", b"dot")
        session.local.put("/home/same.txt", b"the same")
        session.photos.put("/2019/same.txt", b"the same")
        session.photos.put("/2019/img1.jpg", b"y" * 100)
        session.photos.put("/2019/IMG2.JPG", b"longer")
        session.photos.put_folder("/2020")
        yield session


@pytest.fixture
def app(session: FakeSession) -> AcdApp:
    """The two panes on `local:/home` and `photos:2019`."""
    return AcdApp(
        InlineEngine(session), left=place("local:/home"), right=place("photos:/2019")
    )
