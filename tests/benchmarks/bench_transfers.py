"""How fast copies are, beside stock rclone, `curl`, `md5sum` and a bare walk in one run.

Run by hand: `python -m tests.benchmarks.bench_transfers [--only small …] [--dir DIR]`.
Best in memory (`--dir /dev/shm`, some 10 GiB for all of it): a disk makes new files slow
after many were removed.
rclone is led to the server by a TLS front in Python, so its large files are measured
through that; its small ones are held back by its own pace (20 ms a call).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.vfs.path import VPath
from tests.benchmarks.measure import (
    MIB,
    Bench,
    Cost,
    compare,
    cost,
    make_files,
    middle,
    show,
    show_ratio,
    walked,
)
from tests.peers.rclone import Rclone
from tests.peers.tls_front import tls_front
from tests.server_process import free_port, running_server

T = TypeVar("T")

_DELAY = 0.03  # seconds one way, of the long line


def small(bench: Bench, given: argparse.Namespace) -> None:
    """Many new files of 4 KiB, up and down, by so many at a time."""
    source = make_files(bench.folder / "small", given.files, 4096)
    ways: dict[tuple[str, int], list[Cost]] = {}
    for turn in range(given.rounds):
        for width in (16, 4, 32):
            name, slots = f"small{turn}-{width}", f"--transfers={width}"
            up = bench.ours("copy", source, f"x:{name}", slots)
            ways.setdefault(("up", width), []).append(up)
            down = bench.ours("copy", f"x:{name}", bench.folder / name, slots)
            ways.setdefault(("down", width), []).append(down)
            compare(source, bench.folder / name)
    theirs = {
        "up": bench.rclone("copy", source, "acd:small", "--transfers=16"),
        "down": bench.rclone(
            "copy", "acd:small", bench.folder / "rclone", "--transfers=16"
        ),
    }
    for way, spent in theirs.items():
        best = {width: middle(ways[way, width]) for width in (4, 16, 32)}
        show(f"4 KiB files {way}", best[16], given.files, bench.start)
        if spent is not None:
            speed = spent.wall / best[16].wall
            show_ratio("the speed of rclone", speed, "10 or more")
        narrow, wide = (best[n].wall - bench.start.wall for n in (4, 32))
        show_ratio("at 32 the files/s at 4", narrow / wide, "0.9 or more")


def bookkeeping(bench: Bench, given: argparse.Namespace) -> None:
    """What of a copy of small files is the queue's part: the same is done without it."""
    source = make_files(bench.folder / "kept", given.files, 4096)
    noted = bench.folder / "transactions"
    whole: list[Cost] = []
    bare: list[Cost] = []
    shares: list[float] = []
    for turn in range(given.rounds):
        whole.append(bench.ours("copy", source, f"x:kept{turn}", "--transfers=16"))
        program = (sys.executable, "-m", "tests.benchmarks.without_queue")
        command = (*program, source, "x", f"bare{turn}", "16")
        bare.append(cost(command, bench.environment))
        program = (sys.executable, "-m", "tests.benchmarks.queue_share")
        copying = ("copy", source, f"x:noted{turn}", "--transfers=16")
        spent = cost((*program, noted, *copying), bench.environment).processor
        spent -= bench.start.processor
        shares.append(float(noted.read_text()) / spent)
    copy, without = middle(whole), middle(bare)
    show(f"{given.files} files", copy, given.files, bench.start)
    show("the same without a queue", without, given.files, bench.start)
    share = statistics.median(shares)
    of = "the processor's time after the start"
    show_ratio(f"of {of} are the queue's transactions", share, "0.25 or less")
    for of, all_, part in (
        ("the processor's time", copy.processor, without.processor),
        ("the time", copy.wall, without.wall),
    ):
        start = bench.start.processor if "processor" in of else bench.start.wall
        share = (all_ - part) / (all_ - start)
        show_ratio(
            f"of {of} after the start is all for the queue", share, "0.25 or less"
        )


def again(bench: Bench, given: argparse.Namespace) -> None:
    """A copy of a tree that is there already: the first time after it, and later."""
    source = make_files(bench.folder / "again", given.again, 4096, a_folder=100)
    bench.ours("copy", source, "x:again", "--transfers=16")
    spent: list[tuple[Cost, Cost, float]] = []
    for _ in range(1 + given.rounds):
        start, copy = bench.ours("lsd", "x:"), bench.ours("copy", source, "x:again")
        spent.append((start, copy, walked(source)))
    theirs = bench.rclone("copy", "--checksum", source, "acd:again")
    for when, some in (("a second time", spent[:1]), ("later", spent[1:])):
        start, ours = middle(s for s, _, _ in some), middle(o for _, o, _ in some)
        bare = statistics.median(each[2] for each in some)
        show(f"{given.again} files {when}", ours, given.again, start)
        more = ours.wall - start.wall
        show_ratio(
            f"a bare walk ({bare:.3f} s), after the start", more / bare, "2 or less"
        )
        if theirs is not None:
            show_ratio("as fast as rclone --checksum", theirs.wall / ours.wall, "10")
            show_ratio("as fast, after the start", theirs.wall / more, "10")


class Large:
    """One large file, up and down.

    A virtual machine gets memory that was never used but slowly, so each begins with as
    much as it needs that was used and freed just before.
    """

    def __init__(self, bench: Bench, mib: int) -> None:
        self._bench, self._folder = bench, bench.folder
        (self._path,) = make_files(self._folder / "large", 1, mib * MIB).iterdir()
        self._url = f"{bench.server.content_url}nodes"

    def _in_used_memory(self, run: Callable[[], T]) -> T:
        shutil.copy(self._path, self._folder / "freed")
        (self._folder / "freed").unlink()
        return run()

    def bare(self, turn: int) -> tuple[Cost, Cost]:
        """What `curl` and `md5sum` take, up and down."""
        curl, environment = self._bench.curl, self._bench.environment
        meta = f'metadata={{"name":"curl{turn}","kind":"FILE"}};type=application/json'
        form = ("-F", meta, "-F", f"content=@{self._path};filename=f")
        url = f"{self._url}?suppress=deduplication"
        up = cost(["md5sum", self._path], environment)
        up += self._in_used_memory(lambda: curl(*form, url))
        node, found = (
            found_node(self._bench, f"name:curl{turn}"),
            self._folder / "found",
        )
        got = ("-o", found, f"{self._url}/{node}/content")
        down = self._in_used_memory(lambda: curl(*got))
        down += cost(["md5sum", found], environment)
        found.unlink()
        return up, down

    def ours(self, turn: int) -> tuple[Cost, Cost]:
        """What we take; the file is to be hashed anew."""
        (self._folder / "home/cache/hashes.sqlite").unlink()
        return self._both(self._bench.ours, f"x:large{turn}")

    def rclone(self, turn: int) -> tuple[Cost, Cost] | None:
        """What rclone takes; None if it is not there."""
        with contextlib.suppress(LookupError):
            return self._both(self._bench.rclone_there, f"acd:rclone{turn}")
        return None

    def _both(self, run: Callable[..., Cost], remote: str) -> tuple[Cost, Cost]:
        folder, down = self._path.parent, self._folder / "large_down"
        up = self._in_used_memory(lambda: run("copy", folder, remote))
        got = self._in_used_memory(lambda: run("copy", remote, down))
        compare(folder, down)
        shutil.rmtree(down)
        return up, got


def large(bench: Bench, given: argparse.Namespace) -> None:
    """One large file, up and down, beside `curl` and `md5sum` and rclone in turn."""
    file = Large(bench, given.mib)
    turns = [
        (file.bare(turn), file.ours(turn), file.rclone(turn))
        for turn in range(given.rounds)
    ]
    for way, (name, what) in enumerate(
        (("up", "md5sum; curl -F"), ("down", "curl; md5sum"))
    ):
        spent = middle(ours[way] for _, ours, _ in turns)
        show(f"{given.mib} MiB {name}", spent, given.mib, bench.start)
        show(f"... by {what}", middle(bare[way] for bare, _, _ in turns), given.mib)
        for ratio in sorted(ours[way].wall / bare[way].wall for bare, ours, _ in turns):
            show_ratio(f"the time of {what}", ratio, "1 or less")
        if others := [theirs[way] for _, _, theirs in turns if theirs]:
            ratio = spent.wall / middle(others).wall
            show_ratio("the time of rclone", ratio, "1 or less")


def found_node(bench: Bench, filters: str) -> str:
    """The id of the node that a filter finds."""
    bearer = f"Authorization: Bearer {bench.server.token()['access_token']}"
    url = f"{bench.server.metadata_url}nodes?filters={filters}"
    found = subprocess.run(
        ["curl", "-sSf", "-H", bearer, url], capture_output=True, check=True
    )
    return str(json.loads(found.stdout)["data"][0]["id"])


def hashes(bench: Bench, given: argparse.Namespace) -> None:
    """MD5s of local trees, beside `md5sum` on all processors."""
    one = make_files(bench.folder / "one", 1, 10)
    for count, size in ((given.again, 4096), (4, given.mib * MIB // 4)):
        tree = make_files(bench.folder / f"tree{count}", count, size, a_folder=1000)
        at_once = max(1, min(500, count // 4))
        listed = f"find {tree} -type f -print0"
        bare = f"{listed} | xargs -0 -P $(nproc) -n {at_once} md5sum"
        for _ in range(given.rounds):
            (bench.folder / "home/cache/hashes.sqlite").unlink()
            start = bench.ours("md5sum", one)
            ours = bench.ours("md5sum", tree)
            theirs = cost(["sh", "-c", bare], bench.environment)
            show(f"MD5 of {count} files", ours, count, start)
            ratio = (ours.wall - start.wall) / theirs.wall
            show_ratio("the time of md5sum, after the start", ratio, "1.2 or less")
            alone = asyncio.run(hashed(tree, bench.folder / f"{count}.sqlite"))
            show_ratio("the same, of MD5s alone", alone / theirs.wall, "1.2 or less")


async def hashed(tree: Path, known: Path) -> float:
    """Seconds that the MD5s of a tree take, which is listed before."""
    known.unlink(missing_ok=True)
    paths = [VPath.parse(str(path)) for path in tree.rglob("*") if path.is_file()]
    hashes = HashCache.open(known)
    local = LocalFileSystem(hashes=hashes)
    started = time.perf_counter()
    found = await local.md5s(paths, at_a_time=8)
    hashes.close()
    spent = time.perf_counter() - started
    local.close()
    assert all(isinstance(md5, str) for md5 in found)
    return spent


def planning(bench: Bench, given: argparse.Namespace) -> None:
    """How soon the first file of a huge folder is there, and in how much memory."""
    source = make_files(bench.folder / "huge", given.huge, 10)
    environment = bench.environment | {"ACD_TUI_HOME": str(bench.folder / "home2")}
    for target in ("x:huge", bench.folder / "elsewhere"):
        cost(bench.command("lsd", "x:"), environment)
        started = time.perf_counter()
        process = subprocess.Popen(
            bench.command("copy", "-v", source, target),
            env=environment,
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        process.stderr.readline()
        first = Cost(time.perf_counter() - started)
        for _ in range(given.files):
            process.stderr.readline()
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.kill()
        process.wait()
        process.stderr.close()
        (most,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        more = first.wall - bench.start.wall
        print(
            f"first of {given.huge} files to {target}: {first.wall:.2f} s,"
            f" {more:.2f} after the start (aim: 1 or less);"
            f" {int(most.split()[1]) / 1024:.0f} MiB after {given.files} files"
        )


@contextlib.contextmanager
def long_line(folder: Path) -> Iterator[Bench]:
    """A server behind a line with a delay, and our client on its other end."""
    relay = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.relay", str(_DELAY)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert relay.stdin is not None
    assert relay.stdout is not None
    url = f"http://127.0.0.1:{relay.stdout.readline().strip()}"
    try:
        port = free_port()
        arguments = ["--port", str(port), "--public-url", url]
        with running_server(folder, arguments) as server:
            print(port, file=relay.stdin, flush=True)
            yield Bench(server, folder, None)
    finally:
        relay.kill()
        relay.wait()
        relay.stdin.close()
        relay.stdout.close()


def far(bench: Bench, given: argparse.Namespace) -> None:
    """Small files over a line with a round trip of 60 ms."""
    with long_line(bench.folder / "far") as long:
        source = make_files(long.folder / "small", given.files, 4096)
        one = make_files(long.folder / "one", 1, 4096)
        for turn in range(given.rounds):
            for width, aim in ((16, "1.25"), (64, "2")):
                slots, name = f"--transfers={width}", f"{turn}-{width}"
                start = long.ours("copy", one, f"x:one{name}", slots)
                up = long.ours("copy", source, f"x:small{name}", slots)
                down = long.ours("copy", f"x:small{name}", long.folder / name, slots)
                ideal = 2 * _DELAY * given.files / width
                for way, spent in (("up", up), ("down", down)):
                    show(f"far, {width} at a time, {way}", spent, given.files, start)
                    ratio = (spent.wall - start.wall) / ideal
                    show_ratio("the ideal, after a copy of one file", ratio, aim)


_PARTS = {
    "small": small,
    "bookkeeping": bookkeeping,
    "again": again,
    "large": large,
    "hashes": hashes,
    "planning": planning,
    "far": far,
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", nargs="+", choices=_PARTS, default=list(_PARTS))
    options.add_argument("--files", type=int, default=1000, help="of 4 KiB each")
    options.add_argument("--again", type=int, default=10_000, help="of a second run")
    options.add_argument("--huge", type=int, default=100_000, help="in one folder")
    options.add_argument("--mib", type=int, default=1024, help="size of the large file")
    options.add_argument("--rounds", type=int, default=3, help="of each, by turns")
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
        show("a command by itself", bench.start, 1)
        for part in given.only:
            _PARTS[part](bench, given)


if __name__ == "__main__":
    main()
