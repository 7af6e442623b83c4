"""What commands cost, ours and those of others, and how that is told."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.peers.rclone import Rclone
from tests.server_process import ServerProcess

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took.

    Attributes:
        wall: seconds.
        processor: seconds, user and system.
        memory: the most that was resident, MiB.
    """

    wall: float
    processor: float = 0.0
    memory: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.wall + other.wall,
            self.processor + other.processor,
            max(self.memory, other.memory),
        )


def middle(costs: Iterable[Cost]) -> Cost:
    """The cost of median wall time, of several runs of the same."""
    costs = list(costs)
    return min(
        costs,
        key=lambda cost: abs(cost.wall - statistics.median(c.wall for c in costs)),
    )


def cost(command: Sequence[str | Path], environment: dict[str, str]) -> Cost:
    """Run a command that must succeed."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=said
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            raise SystemExit(f"{command} failed: {said.read().decode()}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def client_environment(server: ServerProcess, folder: Path) -> dict[str, str]:
    """What our command needs to be signed in to a server as `x:`, all else in a folder."""
    options = {
        "TYPE": "amazon cloud drive",
        "CLIENT_ID": server.client_id,
        "CLIENT_SECRET": server.client_secret,
        "AUTH_URL": server.auth_url,
        "TOKEN_URL": server.token_url,
        "ENDPOINT_URL": server.endpoint_url,
        "TOKEN": json.dumps(server.token(expires_in=86400)),
    }
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a start would be a compilation
    environment |= {f"RCLONE_CONFIG_X_{key}": value for key, value in options.items()}
    return environment | {"ACD_TUI_HOME": str(folder / "home")}


class Bench:
    """A server, and two clients that are signed in there.

    Args:
        server: runs.
        folder: for all files.
        rclone: stock; None if it is not there.

    Attributes:
        start: what our command costs that does nothing but ask the drive.
    """

    def __init__(
        self, server: ServerProcess, folder: Path, rclone: Rclone | None
    ) -> None:
        self.server = server
        self.folder = folder
        self._rclone = rclone
        self.environment = client_environment(server, folder)
        self.ours("lsd", "x:")  # the first one fills the mirror
        self.start = middle(self.ours("lsd", "x:") for _ in range(3))

    def command(self, *arguments: str | Path) -> list[str | Path]:
        return [sys.executable, "-m", "acd_tui", *arguments]

    def ours(self, *arguments: str | Path) -> Cost:
        return cost(self.command(*arguments), self.environment)

    def rclone(self, *arguments: str | Path) -> Cost | None:
        return None if self._rclone is None else self.rclone_there(*arguments)

    def rclone_there(self, *arguments: str | Path) -> Cost:
        """The same of one that is there.

        Raises:
            LookupError: it is not.
        """
        if self._rclone is None:
            raise LookupError
        command = self._rclone.command(*map(str, arguments))
        return cost(command, self._rclone.environment)

    def curl(self, *arguments: str | Path) -> Cost:
        bearer = f"Authorization: Bearer {self.server.token()['access_token']}"
        return cost(["curl", "-sSf", "-H", bearer, *arguments], self.environment)


def show(name: str, spent: Cost, count: int, start: Cost | None = None) -> None:
    """Tell what something cost, all in all and for each of a number of things."""
    line = f"{name:24} {spent.wall:7.2f} s"
    if start is not None:
        line += f" ({spent.wall - start.wall:5.2f} after the start)"
    each = (spent.processor - (start.processor if start else 0.0)) / count * 1e6
    line += f"  {count / spent.wall:7.0f}/s  {each:6.0f} us of processor each"
    print(f"{line}  {spent.memory:4.0f} MiB", flush=True)


def show_ratio(what: str, ratio: float, aim: str) -> None:
    """Tell how something compares with what is aimed at."""
    print(f"{'':24} {ratio:7.2f} x {what} (aim: {aim})", flush=True)


def make_files(folder: Path, count: int, size: int, *, a_folder: int = 10**9) -> Path:
    """Make files of random bytes, so many in each folder."""
    for number in range(count):
        place = folder / str(number // a_folder) if count > a_folder else folder
        place.mkdir(parents=True, exist_ok=True)
        with (place / f"file {number}").open("wb") as file:
            for start in range(0, size, MIB):
                file.write(os.urandom(min(MIB, size - start)))
    return folder


def walked(folder: Path) -> float:
    """Seconds of a bare scandir of a tree with a stat of each file."""
    started = time.perf_counter()
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as items:
            for item in items:
                item.stat()
                if item.is_dir():
                    waiting.append(item.path)
    return time.perf_counter() - started


def compare(one: Path, other: Path) -> None:
    """Make sure that two trees are the same."""
    subprocess.run(["diff", "-r", one, other], check=True)
