"""Two clients of the real server overwrite the same file."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from acd_tui.errors import Exists
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given, read_all
from tests.drive_service import running_service

pytestmark = pytest.mark.socket

A = VPath.parse("a")
THEIRS = b"theirs" * 50_000


@dataclass
class Interrupted:
    """A content in the middle of which something else is done."""

    data: bytes
    midway: Callable[[], Awaitable[None]]
    modified_ns: int | None = None
    md5: str | None = None

    @property
    def size(self) -> int:
        return len(self.data)

    @contextlib.asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        yield self._pieces(offset)

    async def _pieces(self, offset: int) -> AsyncIterator[bytes]:
        half = self.size // 2
        yield self.data[offset:half]
        await self.midway()
        yield self.data[half:]


async def test_what_another_client_wrote_meanwhile_is_kept(tmp_path: Path) -> None:
    with running_service(tmp_path) as service:
        user = service.new_account()
        async with (
            service.drive(user, tmp_path / "ours.sqlite") as ours,
            service.drive(user, tmp_path / "theirs.sqlite", follow=False) as theirs,
        ):
            known = await ours.write(A, Given(b"old" * 100_000))

            async def edit() -> None:
                await theirs.refresh()
                await theirs.write(A, Given(THEIRS), replacing=await theirs.stat(A))

            content = Interrupted(b"ours" * 100_000, edit)
            with pytest.raises(Exists):
                await ours.write(A, content, replacing=known)
            await theirs.refresh()
            assert await read_all(await theirs.read(A)) == THEIRS
            # It was looked at again: asked anew, the user sees what is there.
            now = await ours.stat(A)
            content = Interrupted(b"ours" * 100_000, theirs.refresh)
            done = await ours.write(A, content, replacing=now)
            assert (done.id, done.size) == (known.id, 400_000)
