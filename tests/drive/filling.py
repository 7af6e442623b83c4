"""A drive to be read, and a program that reads it until it is killed.

`python -m tests.drive.filling MIRROR NODES MOMENT` says `now` at a moment, and waits.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from acd_tui.api.models import ChangeSet, Node
from acd_tui.clock import SystemClock
from acd_tui.drive import feed, new_tree
from acd_tui.drive.mirror import Mirror
from tests.drive.nodes import file, folder, root

LINE = 10


def plain_nodes(count: int) -> Iterator[Node]:
    """Files in folders, children before their parents."""
    yield root()
    for number in range(count):
        place = f"d{number // 20}"
        yield file(f"f{number}", place) if number % 20 else folder(place)


class Plain:
    """A service that tells of those nodes, from any checkpoint on."""

    def __init__(self, count: int) -> None:
        self.changes = self.nodes = self
        self._all = list(plain_nodes(count))

    async def seal(self, *words: str) -> bytes:
        return repr(words).encode()

    async def look_again(self) -> None:
        pass

    async def root(self) -> Node:
        return root()

    async def stream(self, checkpoint: str | None) -> AsyncIterator[ChangeSet]:
        start = int(checkpoint or 0)
        for at in range(start, len(self._all), LINE):
            end = min(at + LINE, len(self._all))
            reset = at == 0
            yield ChangeSet(checkpoint=f"{end}", reset=reset, nodes=self._all[at:end])


def wait() -> None:
    """Say that it is the moment, and do nothing more: perhaps in a transaction."""
    print("now", flush=True)
    threading.Event().wait()


async def main(path: str, count: str, moment: str) -> None:
    feed._LOT_NODES = 50
    add, take_over = new_tree.add, new_tree._take_over
    lots = 0

    def noted(*arguments: Any) -> None:
        nonlocal lots
        add(*arguments)
        lots += 1
        if moment == f"lot {lots}":
            wait()

    def slow(*arguments: Any) -> None:
        take_over(*arguments)
        if moment == "taking over":
            wait()

    patched: Any = new_tree
    patched.add, patched._take_over = noted, slow
    mirror = Mirror.open(Path(path))
    client: Any = Plain(int(count))
    await feed.Feed(
        client, mirror, clock=SystemClock(), changed=lambda _: None
    ).refresh()
    wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
