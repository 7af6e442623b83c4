"""The feed from its bytes to the mirror's tree, in all weather that a service may make."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd_tui.api import changes
from acd_tui.api.errors import BadRequest, Cut
from acd_tui.api.models import ChangeSet, Node
from acd_tui.drive.feed import Feed
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.errors import Transient
from tests.drive.nodes import ROOT, file, folder, root
from tests.fakes import FakeClock

ENCODER = Encoder("Slash,InvalidUtf8,Dot")
SAMPLES = Path(__file__).parents[1] / "api" / "samples"


class Weather:
    """A service that tells of what it holds, and of each change, in its own way.

    Args:
        chance: what decides how.
    """

    def __init__(self, chance: random.Random) -> None:
        self.changes = self.nodes = self
        self.held: dict[str, Node] = {ROOT: root()}
        self._log: list[Node] = [root()]
        self._chance = chance
        self._begun = 0  # checkpoints of before are refused
        self._gone: set[str] = set()
        self.calm = False

    def put(self, node: Node) -> None:
        if node.id in self._gone:
            return  # an id does not come back
        node.version = len(self._log) + 1
        self.held[node.id] = node
        self._log.append(msgspec.structs.replace(node))

    def purge(self, node_id: str) -> None:
        if node_id in self.held:
            del self.held[node_id]
            self._gone.add(node_id)
            self._log.append(Node(id=node_id, status="PURGED", version=len(self._log)))

    async def seal(self, *words: str) -> bytes:
        return repr(words).encode()

    async def look_again(self) -> None:
        pass

    async def root(self) -> Node:
        return root()

    async def stream(self, checkpoint: str | None) -> AsyncIterator[ChangeSet]:
        """As `Changes.stream`, with what arrives as the bytes of an answer."""
        epoch, _, place = (checkpoint or ".0").partition(".")
        reset = checkpoint is None
        if not reset and int(epoch) < self._begun:
            if self._chance.random() < 0.5:
                raise BadRequest("no such checkpoint")
            reset = True
        # For reasons of its own, and perhaps not when asked again.
        reset = reset or (not self.calm and self._chance.random() < 0.3)
        answer = self._all() if reset else self._since(int(place))
        answer += b'{"end":true}\n'
        if not self.calm and self._chance.random() < 0.5:
            answer = answer[: self._chance.randrange(len(answer))]
        async for line in changes.lines(self._pieces(answer)):
            change = changes._read(line)
            if change.checkpoint or change.nodes or change.reset:
                yield change
            if change.end:
                return
        raise Cut("cut")

    def _all(self) -> bytes:
        """Everything in any order, some of it twice; one can go on only from its end."""
        news = list(self.held.values())
        news += self._chance.choices(news, k=2)
        self._chance.shuffle(news)
        answer = b""
        while news:
            count = self._chance.choice((1, 2, 50))
            some, news = news[:count], news[count:]
            checkpoint = None if news else f"{self._begun}.{len(self._log)}"
            again = self._chance.random() < 0.5 and not answer.count(b'"reset":false')
            reset = not answer or again
            answer += self._line(ChangeSet(checkpoint, reset=reset, nodes=some))
        return answer

    def _since(self, place: int) -> bytes:
        """The changes since then, some of them told again."""
        answer = b""
        while place < len(self._log):
            begin = max(0, place - self._chance.choice((0, 0, 2)))
            place = min(place + self._chance.choice((1, 2, 50)), len(self._log))
            checkpoint = f"{self._begun}.{place}"
            answer += self._line(ChangeSet(checkpoint, nodes=self._log[begin:place]))
        return answer

    def _line(self, change: ChangeSet) -> bytes:
        change.status_code = 200
        return msgspec.json.encode(change) + self._chance.choice((b"\n", b"\r\n\n"))

    async def _pieces(self, answer: bytes) -> AsyncIterator[bytes]:
        while answer:
            size = self._chance.choice((1, 7, 1000))
            yield answer[:size]
            answer = answer[size:]

    def forget_checkpoints(self) -> None:
        self._begun += 1

    def tree(self, parent: str = ROOT, deep: int = 0) -> dict[str, Any]:
        """What can be seen."""
        return {
            node.id: self.tree(node.id, deep + 1) if node.kind == "FOLDER" else None
            for node in self.held.values()
            if parent in node.parents and node.status == "AVAILABLE" and deep < 4
        }


async def seen(mirror: Mirror, *path: str) -> dict[str, Any]:
    entries = (await mirror.listing(path, ENCODER)).entries
    assert entries is not None
    return {
        entry.name: (
            (await seen(mirror, *path, entry.name) if len(path) < 3 else {})
            if entry.is_folder
            else None
        )
        for entry in entries
    }


IDS = st.sampled_from("abcdef")
PARENTS = st.lists(
    st.sampled_from(["a", "b", "c", ROOT, ROOT, "nowhere"]),
    min_size=1,
    max_size=2,
    unique=True,
)
STEPS = st.one_of(
    st.tuples(st.just("file"), st.sampled_from("xyz"), PARENTS),
    st.tuples(st.just("folder"), IDS, PARENTS),
    st.tuples(st.just("trash"), IDS, PARENTS),
    st.tuples(st.just("purge"), st.sampled_from("abcxyz"), PARENTS),
    st.tuples(st.just("forget checkpoints"), IDS, PARENTS),
    st.tuples(st.just("look"), IDS, PARENTS),
    st.tuples(st.just("look"), IDS, PARENTS),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, max_size=14), seed=st.integers(0, 2**32))
async def test_the_mirror_comes_to_hold_what_the_service_holds(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[tuple[str, str, list[str]]],
    seed: int,
) -> None:
    monkeypatch.setattr("acd_tui.drive.feed._LOT_NODES", 3)
    mirror = Mirror.open(tmp_path_factory.mktemp("weather") / "mirror.sqlite")
    service = Weather(random.Random(seed))
    client: Any = service
    feed = Feed(client, mirror, clock=FakeClock(), changed=lambda _: None)
    for what, node_id, parents in steps:
        match what:
            case "file":
                service.put(file(node_id, parents=parents))
            case "folder":
                service.put(folder(node_id, parents=parents))
            case "trash" if node_id in service.held:
                gone: dict[str, Any] = {"status": "TRASH", "exclusively_trashed": True}
                service.put(folder(node_id, parents=parents, **gone))
            case "purge":
                service.purge(node_id)
            case "forget checkpoints":
                service.forget_checkpoints()
            case _:
                await look(feed)
    service.calm = True
    await feed.refresh()
    assert (await mirror.position()).complete
    assert await seen(mirror) == service.tree()
    await mirror.close()


async def look(feed: Feed) -> None:
    """Look once; a cut is weather."""
    try:
        await feed.refresh()
    except Transient:
        assert feed.problem is not None


async def test_a_line_of_many_megabytes(mirror: Mirror) -> None:
    service = Weather(random.Random(0))
    service.calm = True
    for number in range(5000):
        service.put(file(f"{number}", name="n" * 200 + f"{number}"))
    news = list(service.held.values())
    line = ChangeSet(checkpoint="1", reset=True, nodes=news, status_code=200)
    whole = msgspec.json.encode(line)
    assert len(whole) > 2_000_000

    async def stream(checkpoint: str | None) -> AsyncIterator[ChangeSet]:
        async def pieces() -> AsyncIterator[bytes]:
            for at in range(0, len(whole), 65536):
                yield whole[at : at + 65536]

        if checkpoint is None:
            async for each in changes.lines(pieces()):
                yield changes._read(each)

    service.stream = stream  # type: ignore[method-assign]
    client: Any = service
    feed = Feed(client, mirror, clock=FakeClock(), changed=lambda _: None)
    await feed.refresh()
    assert len((await mirror.listing((), ENCODER)).entries or ()) == 5000


@pytest.mark.parametrize("name", ["changes-stream", "changes-stream-cut"])
async def test_recorded_streams(mirror: Mirror, name: str) -> None:
    text = (SAMPLES / f"{name}.ndjson").read_bytes()
    client: Any = Recorded(text)
    feed = Feed(client, mirror, clock=FakeClock(), changed=lambda _: None)
    if name.endswith("cut"):
        with pytest.raises(Transient):
            await feed.refresh()
    else:
        await feed.refresh()
    # Of both, all that came whole is known.
    assert (await mirror.position()).checkpoint == "foo"


class Recorded:
    """Says the same whatever it is asked."""

    def __init__(self, text: bytes) -> None:
        self.changes = self.nodes = self
        self._text = text

    async def seal(self, *words: str) -> bytes:
        return repr(words).encode()

    async def look_again(self) -> None:
        pass

    async def root(self) -> Node:
        return root()

    async def stream(self, checkpoint: str | None) -> AsyncIterator[ChangeSet]:
        async def pieces() -> AsyncIterator[bytes]:
            yield self._text

        async for line in changes.lines(pieces()):
            change = changes._read(line)
            yield change
            if change.end:
                return
        raise Cut("cut")
