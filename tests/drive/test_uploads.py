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
from acd_tui.vfs.entry import Entry
from tests.conformance.laws import Given, md5_of
from tests.drive.nodes import ROOT, file
from tests.fakes import FakeClock

DATA = b"data" * 30_000
TROUBLE = ServiceTrouble("timed out", status=504, body_sent=True)


def stored(data: bytes, version: int | None = None, **more: Any) -> Node:
    content = ContentProperties(size=len(data), md5=md5_of(data), version=version)
    return file("new", name="name", content_properties=content, **more)


def shown_as(node: Node) -> Entry:
    row = row_of(node)
    assert row is not None
    return entry_of(row, Encoder("Slash"))


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
    replacing = shown_as(old)
    service.shown = [old, old, stored(b"else"), stored(b"else")]
    service.answers = [stored(b"else"), stored(DATA)]
    node = await uploads.overwrite("new", "name", Given(DATA, 5), replacing)
    assert service.properties == [("acdtui", "mtime", "5")]
    assert node.properties == {"acdtui": {"mtime": "5"}}
    service.shown, service.answers = [old] * 7, [stored(b"else")] * 3
    with pytest.raises(Corrupt):
        await uploads.overwrite("new", "name", Given(DATA, 5), replacing)


async def test_an_unclear_answer_to_overwriting(
    uploads: Uploads, service: Service
) -> None:
    old = stored(b"old")
    replacing = shown_as(old)
    service.shown, service.answers = [old, old, old, stored(DATA)], [TROUBLE]
    node = await uploads.overwrite("new", "name", Given(DATA, None), replacing)
    assert node.content_properties is not None
    assert node.content_properties.md5 == md5_of(DATA)


@pytest.mark.parametrize("now", [stored(b"theirs"), stored(b"old", status="TRASH")])
async def test_what_changes_while_it_is_overwritten_is_kept(
    uploads: Uploads, service: Service, now: Node
) -> None:
    old = stored(b"old")
    service.shown, service.answers = [old, now], [stored(DATA)]
    with pytest.raises(Exists):
        await uploads.overwrite("new", "name", Given(DATA), shown_as(old))
    assert service.got == []


async def test_a_small_content_costs_no_second_look(
    uploads: Uploads, service: Service
) -> None:
    old = stored(b"old")
    service.shown, service.answers = [old], [stored(b"new")]
    await uploads.overwrite("new", "name", Given(b"new", None), shown_as(old))
    assert service.got == [b"new"]


PENDING = file("new", content_properties=None)


@pytest.mark.parametrize(
    ("before", "answer", "shown"),
    [
        # Overwritten before the answer was complete, after it, and before ours.
        (None, PENDING, [stored(b"theirs")] * 2),
        (None, stored(b"else"), [stored(b"theirs")]),
        (3, stored(b"theirs", 5), [stored(b"theirs", 5)]),
    ],
)
async def test_trying_again_does_not_overwrite_what_somebody_else_wrote(
    uploads: Uploads,
    service: Service,
    before: int | None,
    answer: Node,
    shown: list[Node | None],
) -> None:
    old = stored(b"old", before)
    service.shown = [old, *shown]
    service.answers = [answer, stored(b"new")]
    with pytest.raises(Exists):
        await uploads.overwrite("new", "name", Given(b"new", None), shown_as(old))
    assert service.got == [b"new"]


async def test_an_answer_that_is_behind_is_not_sent_again(
    uploads: Uploads, service: Service
) -> None:
    old = stored(b"old")
    service.shown, service.answers = [old, stored(b"new")], [old]
    await uploads.overwrite("new", "name", Given(b"new", None), shown_as(old))
    assert service.got == [b"new"]


@pytest.mark.parametrize("version", [None, 4, 5])
@pytest.mark.parametrize("is_clear", [True, False])
async def test_what_was_lost_in_the_last_moment_is_told(
    uploads: Uploads,
    service: Service,
    caplog: pytest.LogCaptureFixture,
    version: int | None,
    is_clear: bool,
) -> None:
    old, new = stored(b"old", 3), stored(b"new", version)
    service.shown = [old] if is_clear else [old, new]
    service.answers = [new if is_clear else TROUBLE]
    await uploads.overwrite("new", "name", Given(b"new", None), shown_as(old))
    told = [record.message for record in caplog.records]
    assert [message.split()[0] for message in told] == ["name"] * (version == 5)
