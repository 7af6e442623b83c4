from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from acd_tui.db import DatabaseError
from acd_tui.local.hashes import HashCache
from acd_tui.local.small_files import facts

MD5 = "0123456789abcdef0123456789abcdef"


def status(
    *,
    inode: int = 5,
    device: int = 7,
    links: int = 1,
    size: int = 3,
    mtime: int = 10,
    ctime: int = 11,
) -> os.stat_result:
    times = {"st_mtime_ns": mtime, "st_ctime_ns": ctime}
    plain = (0o100644, inode, device, links, 0, 0, size, 0, 0, 0)
    return os.stat_result(plain, times)


def test_any_difference_forgets(hashes: HashCache) -> None:
    hashes.put(status(), "f", MD5)
    assert hashes.get(status(), "f") == MD5
    for other in (
        status(inode=6),
        status(device=8),
        status(size=4),
        status(mtime=9),
        status(ctime=12),
    ):
        assert hashes.get(other, "f") is None
    assert hashes.get(status(), "g") is None


def test_a_file_with_several_names_is_known_by_all(hashes: HashCache) -> None:
    hashes.put(status(links=2), "f", MD5)
    assert hashes.get(status(links=2), "g") == MD5
    assert hashes.get(status(), "f") is None


def test_numbers_of_64_bits(hashes: HashCache) -> None:
    far = status(inode=2**64 - 1, device=2**63)
    hashes.put(far, "f", MD5)
    assert hashes.get_many([(far, "f")]) == {2**64 - 1: MD5}


@pytest.mark.parametrize("step", [1, 1000], ids=["close", "scattered"])
def test_many_of_a_device_are_known_by_all_that_is_known(
    hashes: HashCache, step: int
) -> None:
    inodes = [10 + step * number for number in range(20)]
    for inode in inodes:
        hashes.put(status(inode=inode), "f", MD5)
        hashes.put(status(inode=inode, device=8), "f", MD5)
    hashes.put(status(inode=10 + step * 20), "f", MD5)  # not asked for
    known = hashes.known(7, [*inodes, 11 + step * 30])
    assert set(inodes) <= known.keys()
    its = facts("f", 1, size=3, mtime=10, ctime=11)
    assert set(known.values()) == {its + bytes.fromhex(MD5)}
    assert hashes.known(9, inodes) == hashes.known(7, []) == {}


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "hashes.sqlite"
    path.write_bytes(b"this is no database at all" * 100)
    hashes = HashCache.open(path)
    hashes.put(status(), "f", MD5)
    assert hashes.get(status(), "f") == MD5
    hashes.close()


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hashes.sqlite"
    hashes = HashCache.open(path)
    hashes._db.write_now(lambda c: c.execute("PRAGMA user_version = 99"))
    hashes.close()
    with pytest.raises(DatabaseError, match="newer version"):
        HashCache.open(path)


def test_a_full_disk_costs_only_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "hashes.sqlite"
    hashes = HashCache.open(path)
    hashes._db.write_now(lambda c: c.execute("PRAGMA max_page_count = 1"))
    for inode in range(300):
        hashes.put(status(inode=inode), "f", MD5)
    hashes.close()
    again = HashCache.open(path)
    assert again.get(status(inode=0), "f") is None
    again.close()


def test_what_was_told_is_known_at_once_and_after_a_close(tmp_path: Path) -> None:
    path = tmp_path / "hashes.sqlite"
    hashes = HashCache.open(path)
    assert hashes.get(status(inode=1), "f") is None
    hashes.put(status(inode=1), "f", MD5)
    assert hashes.get(status(inode=1), "f") == MD5
    assert hashes.get(status(inode=1, size=4), "f") is None
    hashes.close()
    again = HashCache.open(path)
    assert again.get(status(inode=1), "f") == MD5
    again.close()


@pytest.mark.parametrize("written", [False, True])
def test_what_is_wrong_is_forgotten_for_good(tmp_path: Path, *, written: bool) -> None:
    path = tmp_path / "hashes.sqlite"
    hashes = HashCache.open(path)
    hashes.put(status(inode=1), "f", MD5)
    hashes.put(status(inode=2), "f", MD5)
    if written:
        hashes.close()
        hashes = HashCache.open(path)
    hashes.forget(status(inode=1), "f")
    assert hashes.get(status(inode=1), "f") is None
    hashes.close()
    hashes = HashCache.open(path)
    assert hashes.get(status(inode=1), "f") is None
    assert hashes.get(status(inode=2), "f") == MD5
    hashes.put(status(inode=1), "f", MD5)
    assert hashes.get(status(inode=1), "f") == MD5
    hashes.close()


@pytest.mark.parametrize("age", [0, 1])
def test_a_file_that_could_change_unseen_is_not_remembered(
    hashes: HashCache, age: int
) -> None:
    second = time.time_ns() // 10**9 * 10**9
    now = second - age * 10**9
    hashes.put(status(mtime=now, ctime=now), "f", MD5)
    assert hashes.get(status(mtime=now, ctime=now), "f") is None
    # A disk that counts finer shows a change.
    hashes.put(status(mtime=now, ctime=now + 5_000_000), "f", MD5)
    assert hashes.get(status(mtime=now, ctime=now + 5_000_000), "f") == MD5
    long_ago = now - 60 * 10**9
    hashes.put(status(mtime=long_ago, ctime=long_ago), "f", MD5)
    assert hashes.get(status(mtime=long_ago, ctime=long_ago), "f") == MD5


def test_times_beyond_the_table_harm_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "hashes.sqlite"
    hashes = HashCache.open(path)
    hashes.put(status(inode=1, mtime=2**63), "f", MD5)
    hashes.put(status(inode=2), "f", MD5)
    hashes.close()
    hashes = HashCache.open(path)
    assert hashes.get(status(inode=1, mtime=2**63), "f") is None
    assert hashes.get(status(inode=2), "f") == MD5
    hashes.close()
