"""A file that somebody saves at the very moment in which we write it is not lost."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acd_tui.errors import Exists
from acd_tui.local.disk import exchange
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.partial import Partial
from acd_tui.local.spelling import check_spelling
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given

_LARGE = b"new" * 200_000


@pytest.fixture
def file(disk: Path) -> Path:
    file = disk / "file"
    file.write_bytes(b"old")
    return file


def save(file: Path, data: bytes) -> None:
    """Save as editors do."""
    file.with_name("saved").write_bytes(data)
    file.with_name("saved").replace(file)


def last_look(monkeypatch: pytest.MonkeyPatch, then: Callable[[], object]) -> None:
    """Do something after the last look at what is replaced."""
    looks = 0

    def look(*arguments: Any) -> None:
        nonlocal looks
        check_spelling(*arguments)
        looks += 1
        if looks == 2:
            then()

    monkeypatch.setattr("acd_tui.local.partial.check_spelling", look)


@pytest.mark.parametrize("data", [b"new", _LARGE], ids=["small", "large"])
async def test_what_is_saved_after_the_last_look_stays(
    fs: LocalFileSystem,
    base: VPath,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    data: bytes,
) -> None:
    there = await fs.stat(base / "file")
    last_look(monkeypatch, lambda: save(file, b"theirs"))
    with pytest.raises(Exists):
        await fs.write(base / "file", Given(data), replacing=there)
    assert {each.name: each.read_bytes() for each in file.parent.iterdir()} == {
        "file": b"theirs"
    }


async def test_what_is_saved_twice_meanwhile_is_there_as_it_was_saved_last(
    fs: LocalFileSystem, base: VPath, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = await fs.stat(base / "file")
    calls = 0

    def busy(one: bytes, other: bytes) -> bool:
        nonlocal calls
        calls += 1
        if calls < 3:
            save(file, b"theirs %d" % calls)
        return exchange(one, other)

    monkeypatch.setattr("acd_tui.local.partial.exchange", busy)
    with pytest.raises(Exists):
        await fs.write(base / "file", Given(b"new"), replacing=there)
    assert {each.name: each.read_bytes() for each in file.parent.iterdir()} == {
        "file": b"theirs 2"
    }


async def test_what_is_put_aside_is_no_partial_file_of_the_same_content(
    fs: LocalFileSystem, base: VPath, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = await fs.stat(base / "file")
    content = Given(b"new", md5=hashlib.md5(b"new").hexdigest())
    parts: list[Partial] = []

    def meanwhile(one: bytes, other: bytes) -> bool:
        done = exchange(one, other)
        stop = threading.Event()
        parts.append(fs._partial(base / "copy", content, None, stop))
        return done

    monkeypatch.setattr("acd_tui.local.partial.exchange", meanwhile)
    await fs.write(base / "file", content, replacing=there)
    (part,) = parts
    try:
        part.whole(b"new")
    finally:
        part.close(keep=False)
    assert {each.name: each.read_bytes() for each in file.parent.iterdir()} == {
        "file": b"new",
        "copy": b"new",
    }


@pytest.mark.parametrize("refused", [0, errno.EINVAL, errno.EXDEV])
async def test_nothing_is_left_of_what_was_replaced(
    fs: LocalFileSystem,
    base: VPath,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    refused: int,
) -> None:
    if refused:
        monkeypatch.setattr("acd_tui.local.disk._rename", lambda *_: refused)
    there = await fs.stat(base / "file")
    written = await fs.write(base / "file", Given(b"new"), replacing=there)
    assert os.listdir(file.parent) == ["file"]  # noqa: PTH208 - names alone
    assert file.read_bytes() == b"new"
    assert await fs.stat(base / "file") == written  # its MD5 included


@pytest.fixture
def old_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk know no flags of renaming, as NFS does not."""
    monkeypatch.setattr("acd_tui.local.disk._rename", lambda *_: errno.EINVAL)


@pytest.mark.usefixtures("old_disk")
async def test_what_is_saved_where_nothing_was_stays(
    fs: LocalFileSystem, base: VPath, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fs.write(base / "new", Given(b"new"))
    save(file, b"theirs")
    monkeypatch.setattr(os.path, "lexists", lambda _: False)  # it came after that
    with pytest.raises(Exists):
        await fs.move(base / "new", base / "file")
    assert file.read_bytes() == b"theirs"
    assert sorted(os.listdir(file.parent)) == ["file", "new"]  # noqa: PTH208


@pytest.mark.usefixtures("old_disk")
@pytest.mark.parametrize("links", [True, False])
async def test_all_is_renamed_on_an_old_disk(
    fs: LocalFileSystem,
    base: VPath,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    links: bool,
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    if not links:
        monkeypatch.setattr(os, "link", refused)
    folder = file.parent / "folder"
    folder.mkdir()
    (file.parent / "link").symlink_to("file")
    await fs.write(base / "new", Given(b"new"))
    for name in ("file", "folder", "link", "new"):
        await fs.move(base / name, base / f"{name} 2")
    names = ["file 2", "folder 2", "link 2", "new 2"]
    assert sorted(os.listdir(file.parent)) == names  # noqa: PTH208 - names alone
    assert (file.parent / "link 2").readlink() == Path("file")
