"""Many small files are hashed by helper processes, and none of it is taken on trust."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acd_tui.errors import AcdError, Denied, NotFound
from acd_tui.local import helpers as module
from acd_tui.local import small_files
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.local.helpers import Helpers
from acd_tui.vfs.path import VPath


@pytest.fixture(autouse=True)
def _cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.fixture
def helpers() -> Iterator[Helpers]:
    helpers = Helpers()
    yield helpers
    helpers.close()


@pytest.fixture
def fs(hashes: HashCache, helpers: Helpers) -> LocalFileSystem:
    return LocalFileSystem(hashes=hashes, helpers=helpers)


@pytest.fixture
def many(disk: Path) -> list[Path]:
    """More files than are hashed without help, written some time ago."""
    files = [disk / f"{number}" for number in range(1200)]
    for number, file in enumerate(files):
        file.write_bytes(b"%d" % number * (number % 7))
        os.utime(file, (1, 1))
    return files


async def hashed(fs: LocalFileSystem, files: list[Path]) -> list[str | AcdError]:
    paths = [VPath.parse(os.fsdecode(file)) for file in files]
    return list(await fs.md5s(paths, at_a_time=8))


def right(files: list[Path]) -> list[str]:
    return [hashlib.md5(file.read_bytes()).hexdigest() for file in files]


def children() -> set[int]:
    """The helper processes of this one: the one it has begun, and those that one has."""
    shown = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,pgid=,args="],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [
        [int(number) for number in line.split()[:3]]
        for line in shown.stdout.splitlines()
        if small_files.__file__ in line
    ]
    begun = {pid for pid, parent, _ in lines if parent == os.getpid()}
    return {pid for pid, _, group in lines if group in begun}


async def test_the_md5s_are_right_and_remembered(
    fs: LocalFileSystem, hashes: HashCache, many: list[Path]
) -> None:
    assert await hashed(fs, many) == right(many)
    assert len(children()) == 2
    assert all(hashes.get(file.stat(), file.name) for file in many)
    many[5].write_bytes(b"another")
    assert await hashed(fs, many) == right(many)
    fs.close()
    assert children() == set()


async def test_they_end_when_there_is_nothing_to_do(
    fs: LocalFileSystem, many: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_REST", 0.0)
    await hashed(fs, many)
    while children():
        await asyncio.sleep(0.05)
    monkeypatch.setattr(module, "_REST", 100.0)
    assert await hashed(fs, many) == right(many)
    assert children()


async def test_what_is_no_small_file_is_looked_at_by_itself(
    fs: LocalFileSystem, many: list[Path], disk: Path
) -> None:
    many[1].write_bytes(bytes(small_files.LARGEST + 1))
    many[2].write_bytes(bytes(small_files.LARGEST))
    many[3].unlink()
    many[4].unlink()
    os.mkfifo(many[4])
    many[6] = disk / os.fsdecode(b"no utf-8 \xff")
    many[6].write_bytes(b"odd")
    found = await hashed(fs, many)
    assert isinstance(found[3], NotFound)
    assert "3" in found[3].message
    assert isinstance(found[4], Denied)
    del found[3:5], many[3:5]
    assert found == right(many)


@pytest.mark.parametrize("which", [min, max], ids=["the first", "one of its own"])
async def test_helpers_that_are_killed_are_done_without(
    fs: LocalFileSystem,
    many: list[Path],
    caplog: pytest.LogCaptureFixture,
    which: Callable[[set[int]], int],
) -> None:
    await hashed(fs, many)
    os.kill(which(children()), signal.SIGKILL)
    assert await hashed(fs, many) == right(many)
    assert "without helper processes" in caplog.text
    assert children() == set()
    assert await hashed(fs, many) == right(many)


async def test_what_they_were_asked_when_they_were_killed_is_not_lost(
    fs: LocalFileSystem, hashes: HashCache, many: list[Path]
) -> None:
    await hashed(fs, many[:400])
    asking = asyncio.create_task(hashed(fs, many * 20))
    last = many[-1]
    while not await asyncio.to_thread(hashes.get, last.stat(), last.name):
        await asyncio.sleep(0)
    for pid in children():
        os.kill(pid, signal.SIGKILL)
    assert await asking == right(many) * 20


async def test_where_none_can_be_begun(
    fs: LocalFileSystem, many: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert await hashed(fs, many) == right(many)


async def test_who_gives_up_does_not_wait_for_all(
    fs: LocalFileSystem, hashes: HashCache, many: list[Path]
) -> None:
    asking = asyncio.create_task(hashed(fs, many * 50))
    while not await asyncio.to_thread(
        hashes.get, many[0].stat(), many[0].name
    ):  # it has begun
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert children() == set()  # they would have gone on with what they were asked
    assert await hashed(fs, many) == right(many)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_they_end_with_the_process_that_began_them(many: list[Path]) -> None:
    program = (
        "import os, signal\n"
        "from acd_tui.local.helpers import Helpers\n"
        "helpers = Helpers()\n"
        "os.cpu_count = lambda: 2\n"
        "helpers.begin(1000)\n"
        "with helpers.lent(2) as lent:\n"
        "    for helper in lent:\n"
        f"        helper.ask([{str(many[0])!r}])\n"
        "        helper.answer()\n"
        "    print(helpers._process.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    group = ["ps", "-A", "-o", "stat=,pgid="]
    while any(
        int(line.split()[1]) == int(ended.stdout) and not line.startswith("Z")
        for line in subprocess.check_output(group, text=True).splitlines()
    ):
        os.sched_yield()
