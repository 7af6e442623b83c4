"""Everything at once, at random: thousands of files, hundreds of kills.

`pytest -m long tests/transfers/faults` runs this and all the rows of the matrix, for
minutes. `FAULTS_SEED=…` repeats what a run has printed.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from typing import Any

import pytest

from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import Job, State, TransferFinished
from tests.transfers.faults.ledger import (
    check_disk,
    check_job,
    check_remote,
    check_source,
    check_words,
)
from tests.transfers.faults.test_killed import killed
from tests.transfers.faults.world import World, everything, make_tree, write_tree

pytestmark = [pytest.mark.socket, pytest.mark.timeout(3600)]

PUTS = ["upload", "overwrite"]
BOTH = [*PUTS, "download"]
WEATHER: list[dict[str, Any]] = [
    *(
        {"do": "answer", "error": error}
        for error in (
            *("rate-exceeded", "429-empty", "back-off", "internal-failure"),
            *("502-html", "503-empty", "504-html", "credential", "token-expired"),
        )
    ),
    *({"do": "answer", "error": "504-empty", "when": w} for w in ("received", "done")),
    *({"do": "reset", "when": w} for w in ("start", "received", "done")),
    {"operation": PUTS, "do": "reset", "when": "body", "bytes": 2_000},
    {"operation": BOTH, "do": "reset", "when": "answer", "bytes": 10},
    {"operation": "download", "do": "truncate", "bytes": 500},
    {"operation": "download", "do": "flip", "byte": 0},
    {"operation": PUTS, "do": "wrong-md5"},
    {"operation": PUTS, "do": "pending"},
    {"operation": PUTS, "do": "late", "error": "408-empty", "seconds": 0.5},
    {"operation": PUTS, "do": "late", "error": "504-empty", "seconds": 3.0},
    {"operation": PUTS, "do": "late", "error": "504-empty"},
    {"operation": "list_nodes", "do": "stale", "fresh": 1},
    {"operation": "changes", "do": "changes", "cut": 1},
    {"operation": "changes", "do": "changes", "repeat": True},
]


class Storm:
    """Other faults now and then, and a server that is killed and comes back."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self._world, self._dice = world, dice
        self._finished = 0
        self._next_fault = self._next_kill = 0
        self.kills = 0
        self._back: asyncio.Task[None] | None = None

    def after_one(self, _: TransferFinished) -> None:
        self._finished += 1
        if self._finished >= self._next_fault:
            self._next_fault = self._finished + self._dice.randint(1, 60)
            chosen = self._dice.sample(WEATHER, 3)
            chance = self._dice.choice([0.02, 0.1, 0.3])
            rules = [{**rule, "probability": chance} for rule in chosen]
            self._world.faults.set(*rules, seed=self._dice.getrandbits(30))
        is_up = self._back is None or self._back.done()
        if self._finished >= self._next_kill and is_up:
            self._next_kill = self._finished + self._dice.randint(1, 30)
            self.kills += 1
            self._world.server.kill()
            self._back = asyncio.create_task(
                asyncio.to_thread(self._world.server.start)
            )

    async def end(self) -> None:
        if self._back is not None:
            await self._back
        self._next_fault = self._next_kill = 1 << 60
        self._world.faults.clear()


async def signing_in_again(manager: TransferManager, number: int) -> Job:
    """Wait until a job is over, as a user who signs in whenever that is asked for.

    The service says so often that the token has expired that it is taken to mean it.
    """
    while not (job := await manager.wait(number)).finished:
        assert not set(job.counts) & {State.CONFLICT, State.PAUSED}, job
        await manager.filesystem_ready("drive")
    return job


async def stormy(world: World, way: str, *, files: int, seed: int) -> int:
    """Copy a tree through it all, and look at what came of it.

    Returns:
        How often the server was killed.
    """
    dice = random.Random(seed)
    tree = make_tree(seed, files, largest=400_000)
    disk = world.folder / "disk"
    if way == "up":
        write_tree(disk, tree)
    else:
        world.drive.put_tree("Kept", tree)
    async with world.session() as session:
        manager = session.transfers
        storm = Storm(world, dice)
        await manager.start()
        request = world.up(disk) if way == "up" else world.down(disk)
        with session.bus.subscribed(TransferFinished, storm.after_one):
            number = await manager.enqueue(request)
            job = await signing_in_again(manager, number)
        await storm.end()
        for transfer in await everything(manager):
            if transfer.state is State.FAILED:
                check_words(transfer.reason)
        await manager.retry(None)
        job = await signing_in_again(manager, number)
        transfers = await everything(manager)
    for problem in job.problems:
        check_words(problem)
    if job.problems:  # a folder that could not be looked into, as was said
        job, transfers = await world.run(request)
        transfers = [each for each in transfers if each.job == job.id]
    check_job(job, transfers, files=files)
    if way == "up":
        check_remote(world.drive, transfers, tree, folder="Sent")
        check_source(disk, tree)
    else:
        check_disk(disk, transfers, tree)
        check_remote(world.drive, [], tree, folder="Kept", before=tree)
    return storm.kills


@pytest.fixture
def seed() -> int:
    chosen = int(os.environ.get("FAULTS_SEED") or secrets.randbits(30))
    print(f"FAULTS_SEED={chosen}")
    return chosen


@pytest.mark.parametrize("way", ["up", "down"])
async def test_some_weather(world: World, way: str) -> None:
    assert await stormy(world, way, files=25, seed=4)


@pytest.mark.long
@pytest.mark.parametrize("way", ["up", "down"])
async def test_everything_at_once(world: World, way: str, seed: int) -> None:
    assert await stormy(world, way, files=2_000, seed=seed) > 50


@pytest.mark.long
@pytest.mark.parametrize("way", ["up", "down"])
async def test_the_program_is_killed_a_hundred_times(
    world: World, way: str, seed: int
) -> None:
    await killed(world, way, files=1_000, times=100, seed=seed)
