"""The lock under which a token is changed."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

from acd_tui.auth.lock import held
from tests.fakes import FakeClock


async def test_who_is_called_off_leaves_no_file_open(
    tmp_path: Path, clock: FakeClock, recwarn: pytest.WarningsRecorder
) -> None:
    async def take() -> None:
        async with held(tmp_path / "token.lock", clock):
            await asyncio.Event().wait()

    task = asyncio.create_task(take())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await asyncio.get_running_loop().shutdown_default_executor()
    gc.collect()
    assert not [each for each in recwarn if each.category is ResourceWarning]
