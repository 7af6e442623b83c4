"""A drive as a user has it: first looked at, looked at again, beside stock rclone.

Run by hand: `python -m tests.benchmarks.bench_drive [--nodes 50000]`. Ours and rclone's
commands ask one server for the same drive in one run, and the server counts requests.
rclone speaks to it through a TLS proxy of the tests, for it knows Amazon's addresses
only: its processor time is its own, its wall time has that in it. What the mirror, the
panes and the compare plan cost by themselves, at 1,000,000 nodes, is told behind it by the
benchmarks for that; with `--parts 0` it is not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from acd_tui.api.models import Node
from acd_tui.server.storage import Storage
from tests.benchmarks import bench_library
from tests.benchmarks.measure import Cost, cost
from tests.peers.rclone import Rclone
from tests.peers.tls_front import tls_front
from tests.program.terminal import terminal
from tests.server_process import ServerProcess, running_server

_MOST_SECONDS = 3600.0
_spawned = multiprocessing.get_context("spawn")


def fill(directory: Path, nodes: Iterable[Node]) -> None:
    """Give the owner a drive of these nodes, without the cost of sending them.

    Args:
        directory: of the server, which does not run.
        nodes: the root first, each folder before what it holds, no name twice in it.
    """
    storage = Storage(directory)
    storage.open()

    def work(db) -> None:  # type: ignore[no-untyped-def]
        user, root, sequence = db.execute(
            "SELECT num, root, sequence FROM users WHERE name = 'owner'"
        ).fetchone()
        rows, its_root = [], ""
        for node in nodes:
            if node.is_root:
                its_root = node.id
                continue
            sequence += 1
            parent = node.parents[0]
            content = node.content_properties
            assert node.name is not None
            rows.append(
                (
                    node.id,
                    user,
                    node.kind,
                    node.name,
                    node.name.lower(),
                    1_700_000_000_000 + sequence,
                    1_700_000_000_000 + sequence,
                    json.dumps([root if parent == its_root else parent]),
                    sequence,
                    *((content.size, content.md5, 1) if content else (None,) * 3),
                )
            )
        db.executemany(
            "INSERT INTO nodes (id, user, kind, name, name_key, status, version, created,"
            " modified, created_by, labels, parents, changed, size, md5, content_version)"
            " VALUES (?, ?, ?, ?, ?, 'AVAILABLE', 1, ?, ?, 'bench', '[]', ?, ?, ?, ?, ?)",
            rows,
        )
        db.execute(
            "INSERT INTO edges SELECT above.num, nodes.num, nodes.name_key, 1"
            " FROM nodes JOIN nodes AS above ON above.id = nodes.parents ->> 0"
        )
        db.execute("UPDATE users SET sequence = ? WHERE num = ?", (sequence, user))

    try:
        storage.db.write_now(work)
    finally:
        storage.close()


def library(count: int) -> Iterator[Node]:
    """The drive of `bench_library`; there a large folder has many of one name."""
    for number, node in enumerate(bench_library.nodes(count)):
        if node.content_properties is not None:
            node.name = f"{number}-{node.name}"
        yield node


def _fill_with_library(directory: Path, count: int) -> None:
    fill(directory, library(count))


@dataclass
class Drive:
    """A served drive, and who looks at it.

    Attributes:
        home: of our program; a new one knows nothing.
        token: of the one sign-in that all its commands share.
    """

    server: ServerProcess
    log: Path
    folder: Path
    rclone: Rclone
    home: Path
    token: dict[str, str]

    def requests(self) -> int:
        return sum(1 for _ in self.log.open("rb"))

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
            **{
                f"RCLONE_CONFIG_X_{key}": value
                for key, value in {
                    "TYPE": "amazon cloud drive",
                    "CLIENT_ID": self.server.client_id,
                    "CLIENT_SECRET": self.server.client_secret,
                    "AUTH_URL": self.server.auth_url,
                    "TOKEN_URL": self.server.token_url,
                    "ENDPOINT_URL": self.server.endpoint_url,
                    "TOKEN": json.dumps(self.token),
                }.items()
            },
            "ACD_TUI_HOME": str(self.home),
        }

    def new_home(self, name: str) -> None:
        self.home = self.folder / name

    def tell(self, what: str, work: Callable[[], Cost]) -> Cost:
        before = self.requests()
        spent = work()
        print(
            f"{what:<44}{spent.wall:9.2f} s {spent.processor:9.2f} s cpu"
            f" {self.requests() - before:7,} requests {spent.memory:6.0f} MiB",
            flush=True,
        )
        return spent

    def ours(self, *arguments: str) -> Cost:
        command = [sys.executable, "-m", "acd_tui", *arguments]
        return self.tell(
            f"acd-tui {' '.join(arguments)}", lambda: cost(command, self.environment)
        )

    def theirs(self, *arguments: str) -> Cost:
        command = self.rclone.command(*arguments)
        return self.tell(
            f"rclone {' '.join(arguments)}",
            lambda: cost(command, self.rclone.environment),
        )

    def ncdu(self) -> Cost:
        """`rclone ncdu`, in a terminal, until it has looked at everything."""

        def work() -> Cost:
            started = time.perf_counter()
            command = self.rclone.command("ncdu", "acd:")
            command.remove("--use-json-log")
            # It opens /dev/tty, which a session gets by opening the terminal anew.
            shell = ["sh", "-c", 'exec "$0" "$@" < "$(tty)"']
            with terminal(
                [*shell, *command], cwd=self.folder, env=self.rclone.environment
            ) as screen:
                screen.wait_for(
                    lambda text: "Total usage" in text and "in progress" not in text,
                    seconds=_MOST_SECONDS,
                )
                wall = time.perf_counter() - started
                used = processor(screen.process.pid)
                return Cost(wall, used, resident(screen.process.pid, "VmHWM"))

        return self.tell("rclone ncdu", work)

    def panes(self) -> None:
        """Our panes on the drive: the time to its first rows, and their memory."""

        def work() -> Cost:
            started = time.perf_counter()
            command = [sys.executable, "-m", "acd_tui", "x:"]
            with terminal(command, cwd=self.folder, env=self.environment) as screen:
                screen.wait_for("large 100", seconds=60)
                wall = time.perf_counter() - started
                pid = screen.process.pid
                print(f"{'the panes, memory of their own':<44}{anon(pid):9.0f} MiB")
                screen.press("tab", "s")
                screen.wait_for("how the name ends", seconds=60)
                screen.press(*"beach")
                screen.wait_for("matches", seconds=60)
                screen.press(*" snow")
                screen.wait_for("snow", seconds=60)
                time.sleep(5)  # the names are being indexed
                print(f"{'the same, after searches':<44}{anon(pid):9.0f} MiB")
                return Cost(wall, processor(pid), resident(pid, "VmHWM"))

        self.tell("acd-tui x: (first rows)", work)


def processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int, what: str) -> float:
    """Memory as /proc/PID/status names it, MiB."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1024
    raise LookupError(what)


def anon(pid: int) -> float:
    return resident(pid, "RssAnon")


def ratio(what: str, theirs: Cost, ours: Cost) -> None:
    print(
        f"{what:<44}{theirs.wall / ours.wall:9.1f} x faster by the clock,"
        f" {theirs.processor / ours.processor:.1f} x less processor time",
        flush=True,
    )


def compare(drive: Drive) -> None:
    listed = drive.theirs("lsf", "-R", "acd:")
    scanned = drive.ncdu()
    drive.new_home("cold")
    read = drive.ours("mirror", "refresh", "x:")
    summed = drive.ours("du", "x:", "--max-depth", "1")
    again = drive.ours("lsf", "-R", "x:")
    cached = drive.ours("lsf", "-R", "--cached", "x:")
    searched = drive.ours("search", "x:", "beach")
    drive.new_home("colder")
    cold = drive.ours("lsf", "-R", "x:")
    ratio("listing all, cold", listed, cold)
    ratio("reading the drive and its sizes, cold", scanned, read + summed)
    ratio("listing all, again", listed, again)
    ratio("listing all, without asking", listed, cached)
    ratio("sizes, again", scanned, summed)
    ratio("search, again, beside a listing", listed, searched)


def large(drive: Drive) -> None:
    """What only we do in reasonable time."""
    drive.ours("mirror", "refresh", "x:")
    drive.ours("du", "x:", "--max-depth", "1")
    drive.ours("search", "x:", "beach")
    drive.ours("lsf", "x:large 100")
    drive.panes()


@contextmanager
def served(folder: Path, count: int) -> Iterator[Drive]:
    print(f"\n{count:,} nodes; load {os.getloadavg()[0]:.1f}", flush=True)
    program = shutil.which("rclone")
    if program is None:
        raise SystemExit("rclone is not installed")
    folder.mkdir()
    log = folder / "requests.log"
    log.touch()
    # Apart: what a command takes at most counts what this process held when it began it.
    directory = ServerProcess(folder / "drive").directory
    filling = _spawned.Process(target=_fill_with_library, args=(directory, count))
    filling.start()
    filling.join()
    if filling.exitcode:
        raise SystemExit("the drive could not be filled")
    with (
        running_server(folder, ["--access-log", str(log)]) as server,
        tls_front(int(server.url.rpartition(":")[2]), folder) as front,
    ):
        rclone = Rclone(program, folder / "rclone.conf", server, front, "owner")
        rclone.configure(rclone.issue(expires_in=86400))
        token = server.token(expires_in=86400)
        yield Drive(server, log, folder, rclone, folder / "home", token)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--nodes", type=int, default=50_000, help="beside rclone")
    options.add_argument("--large", type=int, default=1_000_000, help="without rclone")
    options.add_argument(
        "--parts", type=int, default=3, help="how many other benchmarks follow"
    )
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        with served(Path(name) / "both", given.nodes) as drive:
            compare(drive)
        with served(Path(name) / "large", given.large) as drive:
            large(drive)
    for module in ("bench_library", "bench_panes", "bench_compare")[: given.parts]:
        print(f"\n{module}; load {os.getloadavg()[0]:.1f}", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{module}"], check=True)


if __name__ == "__main__":
    main()
