"""The program as a process of its own, killed at random points."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

from tests.transfers.faults.world import World

_ACD = [sys.executable, "-m", "acd_tui"]


def environment(world: World) -> dict[str, str]:
    """The remote `drive`, defined by the environment alone."""
    server = world.server
    options = {
        "type": "amazon cloud drive",
        "client_id": server.client_id,
        "client_secret": server.client_secret,
        "token": json.dumps(server.token(user=world.drive.user)),
        "auth_url": server.auth_url,
        "token_url": server.token_url,
        "endpoint_url": server.endpoint_url,
    }
    named = {f"RCLONE_CONFIG_DRIVE_{k.upper()}": v for k, v in options.items()}
    return os.environ | named


def copy_and_kill(world: World, source: str, target: str, *, ends: int) -> bool:
    """Run `acd-tui copy`, and kill -9 it when so many files have ended.

    Returns:
        Whether it was killed; it may have been through before.
    """
    with subprocess.Popen(
        [*_ACD, "copy", "-v", source, target],
        env=environment(world),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        seen = 0
        for line in process.stderr:
            assert "Traceback" not in line
            # A copy says this much of each file only when all is on disk.
            seen += line.startswith(("done", "skipped"))
            if seen >= ends:
                process.kill()
                return True
    return False


def copy_to_the_end(world: World, source: str, target: str) -> None:
    done = subprocess.run(
        [*_ACD, "copy", source, target],
        env=environment(world),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def kill_again_and_again(
    world: World, source: str, target: str, *, times: int, seed: int, most: int
) -> None:
    """Kill a copy that often at points that the seed decides, then let one finish."""
    dice = random.Random(seed)
    for _ in range(times):
        copy_and_kill(world, source, target, ends=dice.randint(1, most))
    copy_to_the_end(world, source, target)


def folder_of(path: Path) -> str:
    return str(path)
