"""A plan whose copies another process carries out."""

from __future__ import annotations

import asyncio
from pathlib import Path

from acd_tui.transfers.model import CopyRequest, State
from acd_tui.ui.syncing import ended
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import fake_session


async def test_jobs_that_another_process_carries_out_are_seen_to_be_over(
    tmp_path: Path,
) -> None:
    request = CopyRequest(
        source="local",
        paths=[VPath.parse("/home/a")],
        target="photos",
        folder=VPath.parse("/2019"),
    )
    async with fake_session(tmp_path) as other, fake_session(tmp_path) as session:
        other.local.put("/home/a", b"content")
        other.photos.put_folder("/2019")
        job = await session.transfers.enqueue(request)
        waiting = asyncio.create_task(ended(session, [job]))

        assert (await session.transfers.wait(job)).finished

        (over,) = await waiting
        assert over.counts == {State.DONE: 1}
        assert other.photos.data("/2019/a") == b"content"
