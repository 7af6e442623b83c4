"""Small contents that are had at once on their way through a transfer."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator

import pytest

from acd_tui.errors import Changed
from acd_tui.transfers.limiter import Limiter
from acd_tui.transfers.metered import Metered
from tests.fakes import FakeClock

BYTES = b"all of it"


class AtOnce:
    """A small content, or what became of it."""

    size, modified_ns = len(BYTES), None

    def __init__(self, md5: str | None, error: Changed | None = None) -> None:
        self.md5 = md5
        self._error = error

    async def whole(self) -> bytes | None:
        if self._error is not None:
            raise self._error
        return BYTES

    @contextlib.asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        async def pieces() -> AsyncIterator[bytes]:
            yield BYTES[offset:]

        yield pieces()


def metered(content: AtOnce, *, rate: int | None = None) -> tuple[Metered, list[int]]:
    moved: list[int] = []
    limiter = Limiter(FakeClock(), rate)
    return Metered(content, moved.append, limiter, arrived=lambda: None), moved


@pytest.mark.parametrize("known", [None, "0" * 32])
async def test_it_is_counted_and_hashed_where_its_md5_is_not_known(
    known: str | None,
) -> None:
    content, moved = metered(AtOnce(known))

    assert await content.whole() == BYTES

    md5 = hashlib.md5(BYTES).hexdigest()
    assert content.streamed_md5 == (md5 if known is None else None)
    assert (content.began, content.done, moved) == (0, len(BYTES), [len(BYTES)])


async def test_under_a_limit_it_goes_in_pieces() -> None:
    content, moved = metered(AtOnce(None), rate=1000)

    assert await content.whole() is None

    assert moved == []
    async with content.open() as pieces:
        assert b"".join([piece async for piece in pieces]) == BYTES
    assert sum(moved) == len(BYTES)


async def test_what_the_source_failed_with_is_known() -> None:
    changed = Changed("it changed")
    content, moved = metered(AtOnce(None, changed))

    with pytest.raises(Changed):
        await content.whole()

    assert content.error is changed
    assert moved == []
