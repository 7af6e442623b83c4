"""How fast copies are, beside stock rclone, `curl`, `md5sum` and a bare walk in one run.

Run by hand: `python -m tests.benchmarks.bench_transfers [--files 1000] [--mib 1024]`.
rclone is led to the server by a TLS front in Python, so its large files are measured
through that; its small ones are held back by its own pace (20 ms a call).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.peers.rclone import Rclone
from tests.peers.tls_front import tls_front
from tests.server_process import ServerProcess, running_server

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took.

    Attributes:
        wall: seconds.
        processor: seconds, user and system.
        memory: the most that was resident, MiB.
    """

    wall: float
    processor: float
    memory: float


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


class Bench:
    """A server, and two clients that are signed in there.

    Args:
        server: runs.
        folder: for all files.
        rclone: stock; None if it is not there.
    """

    def __init__(
        self, server: ServerProcess, folder: Path, rclone: Rclone | None
    ) -> None:
        self.server = server
        self.folder = folder
        self._rclone = rclone
        self._remote = {
            f"RCLONE_CONFIG_X_{name}": value
            for name, value in {
                "TYPE": "amazon cloud drive",
                "CLIENT_ID": server.client_id,
                "CLIENT_SECRET": server.client_secret,
                "AUTH_URL": server.auth_url,
                "TOKEN_URL": server.token_url,
                "ENDPOINT_URL": server.endpoint_url,
                "TOKEN": json.dumps(server.token(expires_in=86400)),
            }.items()
        }

    def ours(self, *arguments: str | Path) -> Cost:
        environment = os.environ | self._remote
        environment["ACD_TUI_HOME"] = str(self.folder / "home")
        return cost([sys.executable, "-m", "acd_tui", *arguments], environment)

    def rclone(self, *arguments: str | Path) -> Cost | None:
        if self._rclone is None:
            return None
        command = self._rclone.command(*map(str, arguments))
        return cost(command, self._rclone.environment)


def show(name: str, spent: Cost, count: int, than: Cost | None, what: str) -> None:
    line = (
        f"{name:24} {spent.wall:7.2f} s  {count / spent.wall:7.0f}/s"
        f"  {spent.processor / count * 1e6:6.0f} us of processor each"
        f"  {spent.memory:4.0f} MiB"
    )
    if than is not None:
        line += f"  {than.wall / spent.wall:6.2f} x the speed of {what}"
    print(line, flush=True)


def small(bench: Bench, count: int, transfers: int) -> None:
    """Many files of 4 KiB, up, up again, down."""
    source = bench.folder / "small"
    source.mkdir()
    for number in range(count):
        (source / f"file {number}").write_bytes(os.urandom(4096))
    slots = f"--transfers={transfers}"
    ours = bench.ours("copy", source, "x:small", slots)
    theirs = bench.rclone("copy", source, "acd:small2", slots)
    show("4 KiB files up", ours, count, theirs, "rclone")
    again = bench.ours("copy", source, "x:small", slots)
    theirs = bench.rclone("copy", "--checksum", source, "acd:small2", slots)
    show("the same again", again, count, theirs, "rclone --checksum")
    print(f"{'':24} {again.wall / walked(source):.1f} x a bare walk of the folder")
    ours = bench.ours("copy", "x:small", bench.folder / "down", slots)
    theirs = bench.rclone("copy", "acd:small2", bench.folder / "down2", slots)
    show("4 KiB files down", ours, count, theirs, "rclone")
    compare(source, bench.folder / "down")


def walked(folder: Path) -> float:
    """Seconds of a bare scandir with a stat of each file."""
    started = time.perf_counter()
    with os.scandir(folder) as items:
        for item in items:
            item.stat()
    return time.perf_counter() - started


def compare(one: Path, other: Path) -> None:
    subprocess.run(["diff", "-r", one, other], check=True)


def large(bench: Bench, mib: int) -> None:
    """One large file, up and down."""
    path = bench.folder / "large" / "file"
    path.parent.mkdir()
    with path.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(_MIB))
    environment = dict(os.environ)
    bearer = f"Authorization: Bearer {bench.server.token()['access_token']}"
    url = f"{bench.server.content_url}nodes"
    meta = 'metadata={"name":"curl","kind":"FILE"};type=application/json'
    md5sum = cost(["md5sum", path], environment)
    send: list[str | Path] = ["curl", "-sSf", "-H", bearer, "-F", meta]
    send += ["-F", f"content=@{path};filename=f", f"{url}?suppress=deduplication"]
    curl = cost(send, environment)
    ours = bench.ours("copy", path.parent, "x:large")
    show("a large file up", ours, mib, _both(md5sum, curl), "md5sum; curl -F (MiB/s)")
    theirs = bench.rclone("copy", path.parent, "acd:large2")
    show("", ours, mib, theirs, "rclone")
    found = bench.folder / "found"
    node = found_node(bench, "name:curl")
    receive: list[str | Path] = [
        "curl",
        "-sSf",
        "-H",
        bearer,
        "-o",
        found,
        f"{url}/{node}/content",
    ]
    curl = cost(receive, environment)
    md5sum = cost(["md5sum", found], environment)
    ours = bench.ours("copy", "x:large", bench.folder / "large_down")
    show("a large file down", ours, mib, _both(md5sum, curl), "curl; md5sum (MiB/s)")
    theirs = bench.rclone("copy", "acd:large2", bench.folder / "large_down2")
    show("", ours, mib, theirs, "rclone")
    compare(path.parent, bench.folder / "large_down")


def found_node(bench: Bench, filters: str) -> str:
    """The id of the node that a filter finds."""
    bearer = f"Authorization: Bearer {bench.server.token()['access_token']}"
    url = f"{bench.server.metadata_url}nodes?filters={filters}"
    found = subprocess.run(
        ["curl", "-sSf", "-H", bearer, url], capture_output=True, check=True
    )
    return str(json.loads(found.stdout)["data"][0]["id"])


def _both(one: Cost, other: Cost) -> Cost:
    return Cost(
        one.wall + other.wall, one.processor + other.processor, max(one.memory, 0)
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=1000, help="of 4 KiB each")
    options.add_argument("--mib", type=int, default=1024, help="size of the large file")
    options.add_argument("--transfers", type=int, default=16, help="at a time")
    options.add_argument("--dir", type=Path, help="on which disk")
    given = options.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=given.dir) as name,
        running_server(Path(name) / "server") as server,
        tls_front(int(server.url.rpartition(":")[2]), Path(name)) as front,
    ):
        rclone = None
        if program := shutil.which("rclone"):
            config = Path(name) / "rclone.conf"
            rclone = Rclone(program, config, server, front, "owner")
            rclone.configure(rclone.issue(expires_in=86400))
        bench = Bench(server, Path(name), rclone)
        idle = bench.ours("lsd", "x:")
        print(f"a command that does nothing: {idle.wall:.2f} s")
        if given.files:
            small(bench, given.files, given.transfers)
        if given.mib:
            large(bench, given.mib)


if __name__ == "__main__":
    main()
