"""A change that leaves no trace in a file's times is never taken for what was read."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from acd_tui.errors import Changed
from acd_tui.local import partial, reading, small_files
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.vfs.content import BytesContent, whole
from acd_tui.vfs.path import VPath


def age(path: Path) -> int:
    """Nanoseconds since a file was changed."""
    status = path.stat()
    return time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns)


def grow_up(path: Path) -> None:
    while age(path) < small_files.TICK_NS:
        time.sleep(0.001)


@pytest.fixture
def ages(disk: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long ago `disk/f` was changed each time that something is read."""
    found = []
    read = os.read

    def noting(fd: int, count: int) -> bytes:
        found.append(age(disk / "f"))
        return read(fd, count)

    monkeypatch.setattr(os, "read", noting)
    return found


async def test_no_file_is_read_in_the_tick_of_its_last_change(
    fs: LocalFileSystem, hashes: HashCache, disk: Path, base: VPath, ages: list[int]
) -> None:
    (disk / "f").write_bytes(b"first")
    assert reading.hash_file(base / "f", hashes, threading.Event())
    (disk / "f").write_bytes(b"other")
    assert await whole(await fs.read(base / "f")) == b"other"
    (disk / "f").write_bytes(b"third")
    async with (await fs.read(base / "f")).open(2) as pieces:
        assert [piece async for piece in pieces] == [b"ird"]
    assert len(ages) == 3
    assert min(ages) >= small_files.TICK_NS


def test_nor_by_a_helper_however_slow_the_disk(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = disk / "f"
    path.write_bytes(b"first")
    read = os.read

    def slow(fd: int, count: int) -> bytes:
        data = read(fd, count)
        grow_up(path)
        return data

    monkeypatch.setattr(os, "read", slow)
    assert small_files.hashed(str(path)) is None
    grow_up(path)
    assert small_files.hashed(str(path)) is not None


def test_what_is_changed_while_a_helper_reads_is_not_known(
    hashes: HashCache, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = disk / "f"
    path.write_bytes(b"first")
    grow_up(path)
    read = os.read

    def changed(fd: int, count: int) -> bytes:
        data = read(fd, count)
        path.write_bytes(b"other")
        return data

    monkeypatch.setattr(os, "read", changed)
    known = small_files.hashed(str(path))
    assert known is not None
    hashes.put_many([known])
    assert hashes.get(path.stat(), "f") is None


def test_a_change_while_a_file_is_hashed_is_told(
    hashes: HashCache, disk: Path, base: VPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    (disk / "f").write_bytes(b"first")
    read = reading._digest

    def changed(*given: Any) -> str:
        digest = read(*given)
        (disk / "f").write_bytes(b"other")
        return digest

    monkeypatch.setattr(reading, "_digest", changed)
    with pytest.raises(Changed):
        reading.hash_file(base / "f", hashes, threading.Event())


async def test_what_is_changed_just_after_it_arrived_is_not_known(
    fs: LocalFileSystem,
    hashes: HashCache,
    disk: Path,
    base: VPath,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sync = partial._sync_folder

    def changed(folder: str) -> None:
        (disk / "f").write_bytes(b"other")
        sync(folder)

    monkeypatch.setattr(partial, "_sync_folder", changed)
    entry = await fs.write(base / "f", BytesContent(b"first", None))
    assert entry.md5 == hashlib.md5(b"first").hexdigest()
    assert hashes.get((disk / "f").stat(), "f") is None
    assert entry.modified_ns != (disk / "f").stat().st_mtime_ns


async def test_a_file_that_arrives_without_a_time_gets_none_of_the_kernels_ticks(
    fs: LocalFileSystem, base: VPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_700_000_000_123_456_789
    monkeypatch.setattr(time, "time_ns", lambda: now)
    entry = await fs.write(base / "f", BytesContent(b"first", None))
    assert entry.modified_ns == now


async def test_an_md5_is_learnt_of_what_was_read_only(
    fs: LocalFileSystem, hashes: HashCache, disk: Path, base: VPath
) -> None:
    path, md5 = base / "f", hashlib.md5(b"first").hexdigest()
    (disk / "f").write_bytes(b"first")
    content = await fs.read(path)
    assert await whole(content) == b"first"
    was = (disk / "f").stat()
    (disk / "other").write_bytes(b"other")
    os.utime(disk / "other", ns=(was.st_mtime_ns, was.st_mtime_ns))
    (disk / "other").replace(disk / "f")
    assert await fs.learn_md5(path, content, md5) == await fs.stat(path)
    assert hashes.get((disk / "f").stat(), "f") is None
    assert hashes.get(was, "f") == md5


async def test_a_file_with_the_number_of_another_is_not_taken_for_it(
    hashes: HashCache, disk: Path, base: VPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on FAT and sshfs, mounted again, where both were made within one second."""
    (disk / "other").write_bytes(b"other")
    (disk / "first").write_bytes(b"first")
    was = (disk / "first").stat()
    hashes.put(was, "first", hashlib.md5(b"first").hexdigest())

    def alike(*_: Any, **__: Any) -> os.stat_result:
        return was

    fs = LocalFileSystem(hashes=hashes)
    with monkeypatch.context() as patched:
        for look in ("fstat", "lstat", "stat"):
            patched.setattr(os, look, alike)
        assert (await fs.stat(base / "first")).md5 is not None
        assert (await fs.stat(base / "other")).md5 is None
        assert (await fs.read(base / "other")).md5 is None
        assert await fs.md5(base / "other") == hashlib.md5(b"other").hexdigest()


async def test_nor_where_whole_folders_are_looked_at(
    fs: LocalFileSystem, hashes: HashCache, disk: Path, base: VPath
) -> None:
    (disk / "f").write_bytes(b"first")
    md5 = hashlib.md5(b"first").hexdigest()
    hashes.put((disk / "f").stat(), "other", md5)
    (survey,) = await fs.survey([base])
    assert survey is not None
    assert survey.rest
    assert not survey.files
    assert [entry.md5 for entry in await fs.list(base)] == [None]
    hashes.put((disk / "f").stat(), "f", md5)
    (survey,) = await fs.survey([base])
    assert survey is not None
    assert not survey.rest
    assert [entry.md5 for entry in await fs.list(base)] == [md5]
