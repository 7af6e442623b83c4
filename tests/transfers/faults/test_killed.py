"""kill -9 of the program while it copies; what it left is gone on with."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.transfers.faults.killing import kill_again_and_again
from tests.transfers.faults.ledger import check_disk, check_remote, check_source
from tests.transfers.faults.world import World, everything, make_tree, write_tree

pytestmark = pytest.mark.socket

FILES = 40


async def finish_the_queue(world: World) -> None:
    """Go on with all that was left in the queue: nothing of it is stuck."""
    async with world.session() as session:
        manager = session.transfers
        await manager.start()
        for job in await manager.jobs(limit=1000):
            ended = await manager.wait(job.id)
            assert ended.finished, ended
            assert not ended.problems
        states = {transfer.state.value for transfer in await everything(manager)}
        assert states <= {"done", "skipped"}
    queue = next(Path(session.locations.state).glob("queue.sqlite"))
    with sqlite3.connect(queue) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.parametrize("way", ["up", "down"])
async def test_the_program_is_killed_while_it_copies(world: World, way: str) -> None:
    await killed(world, way, files=FILES, times=2, seed=1)


async def killed(world: World, way: str, *, files: int, times: int, seed: int) -> None:
    tree = make_tree(seed, files)
    disk = world.folder / "disk"
    source, target = str(disk), "drive:Sent"
    if way == "up":
        write_tree(disk, tree)
    else:
        world.drive.put_tree("Kept", tree)
        source, target = "drive:Kept", str(disk)
    kill_again_and_again(world, source, target, times=times, seed=seed, most=files // 2)
    await finish_the_queue(world)
    if way == "up":
        check_remote(world.drive, [], tree, folder="Sent")
        assert len(world.drive.files()) == files
        check_source(disk, tree)
    else:
        check_disk(disk, [], tree)
        check_source(disk, tree)  # all of it, and nothing hidden is left
