from __future__ import annotations

from collections.abc import AsyncIterable
from typing import Any

import pytest

from acd_tui.api.errors import NameConflict, ServiceTrouble
from acd_tui.api.models import ContentProperties, Node
from acd_tui.drive.names import Encoder
from acd_tui.drive.rows import entry_of, row_of
from acd_tui.drive.uploads import Uploads
from acd_tui.errors import Corrupt, Exists, Unconfirmed
from tests.conformance.laws import Given, md5_of
from tests.drive.nodes import ROOT, file
from tests.fakes import FakeClock

DATA = b"data" * 30_000
TROUBLE = ServiceTrouble("timed out", status=504, body_sent=True)


def stored(data: bytes, **more: Any) -> Node:
    content = ContentProperties(size=len(data), md5=md5_of(data))
    return file("new", name="name", content_properties=content, **more)


class Service:
    """Takes uploads and answers what a test wants."""

    def __init__(self) -> None:
        self.nodes = self.content = self.trash = self
        self.answers: list[Node | Exception] = []
        self.shown: list[Node | None] = []
        self.trashed: list[str] = []
        self.got: list[bytes] = []
        self.properties: list[tuple[str, str, str]] = []

    async def upload(
        self, parent: str, name: str, body: AsyncIterable[bytes], size: int, **_: Any
    ) -> Node:
        self.got.append(b"".join([piece async for piece in body]))
        return self._answer()

    async def overwrite(
        self, node_id: str, body: AsyncIterable[bytes], size: int, **_: Any
    ) -> Node:
        return await self.upload("", "", body, size)

    def _answer(self) -> Node:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def lookup(self, parent: str, name: str) -> Node | None:
        return self.shown.pop(0) if self.shown else None

    async def get(self, node_id: str) -> Node:
        node = self.shown.pop(0)
        assert node is not None
        return node

    async def add(self, node_id: str) -> None:
        self.trashed.append(node_id)

    async def put_property(self, node_id: str, *rest: str) -> None:
        self.properties.append(rest)  # type: ignore[arg-type]


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def uploads(service: Service, clock: FakeClock) -> Uploads:
    client: Any = service
    return Uploads(client, clock, wait_per_gib=180.0)


async def test_what_arrived_is_compared(uploads: Uploads, service: Service) -> None:
    service.answers = [stored(DATA)]
    assert (await uploads.create(ROOT, "name", Given(DATA))).id == "new"
    assert service.got == [DATA]


async def test_a_wrong_md5_is_trashed(uploads: Uploads, service: Service) -> None:
    service.answers, service.shown = [stored(b"else")], [stored(b"else")]
    with pytest.raises(Corrupt):
        await uploads.create(ROOT, "name", Given(DATA))
    assert service.trashed == ["new"]


async def test_an_answer_without_an_md5_is_waited_for(
    uploads: Uploads, service: Service, clock: FakeClock
) -> None:
    pending = file("new", status="PENDING", content_properties=None)
    service.answers = [pending]
    service.shown = [pending, stored(DATA)]
    await uploads.create(ROOT, "name", Given(DATA))
    service.answers, service.shown = [pending], [pending] * 3
    with pytest.raises(Unconfirmed):
        await uploads.create(ROOT, "name", Given(DATA))


async def test_an_unclear_answer_is_looked_after(
    uploads: Uploads, service: Service, clock: FakeClock
) -> None:
    service.answers, service.shown = [TROUBLE], [None, stored(b"else"), stored(DATA)]
    assert (await uploads.create(ROOT, "name", Given(DATA))).id == "new"
    assert sum(clock.slept) == 3.0


async def test_sent_but_never_shown(uploads: Uploads, service: Service) -> None:
    service.answers = [TROUBLE]
    with pytest.raises(Unconfirmed) as caught:
        await uploads.create(ROOT, "name", Given(DATA))
    assert caught.value.patience == 30.0
    assert service.trashed == []
    assert uploads._unconfirmed(2 << 30).patience == 360.0


async def test_not_sent_whole_is_plain_trouble(
    uploads: Uploads, service: Service
) -> None:
    service.answers = [ServiceTrouble("reset")]
    with pytest.raises(ServiceTrouble):
        await uploads.create(ROOT, "name", Given(DATA))


async def test_a_name_that_is_taken(uploads: Uploads, service: Service) -> None:
    service.answers = [NameConflict("taken")]
    with pytest.raises(Exists):
        await uploads.create(ROOT, "name", Given(DATA))


async def test_overwriting_tries_again_where_another_content_arrived(
    uploads: Uploads, service: Service
) -> None:
    old = stored(b"old")
    row = row_of(old)
    assert row is not None
    replacing = entry_of(row, Encoder("Slash"))
    service.shown = [old]
    service.answers = [stored(b"else"), stored(DATA)]
    node = await uploads.overwrite("new", "name", Given(DATA, 5), replacing)
    assert service.properties == [("acdtui", "mtime", "5")]
    assert node.properties == {"acdtui": {"mtime": "5"}}
    service.shown, service.answers = [old], [stored(b"else")] * 3
    with pytest.raises(Corrupt):
        await uploads.overwrite("new", "name", Given(DATA, 5), replacing)


async def test_an_unclear_answer_to_overwriting(
    uploads: Uploads, service: Service
) -> None:
    old = stored(b"old")
    row = row_of(old)
    assert row is not None
    replacing = entry_of(row, Encoder("Slash"))
    service.shown, service.answers = [old, old, stored(DATA)], [TROUBLE]
    node = await uploads.overwrite("new", "name", Given(DATA, None), replacing)
    assert node.content_properties is not None
    assert node.content_properties.md5 == md5_of(DATA)
