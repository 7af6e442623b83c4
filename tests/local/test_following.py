"""The disk as it looks through its symbolic links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.vfs.entry import Kind
from acd_tui.vfs.path import VPath
from tests.conformance.laws import md5_of, read_all


@pytest.fixture
def through(fs: LocalFileSystem) -> LocalFileSystem:
    return fs.following_links()


async def kinds(fs: LocalFileSystem, folder: VPath) -> dict[str, Kind]:
    return {entry.name: entry.kind for entry in await fs.list(folder)}


async def test_links_are_what_they_lead_to(
    through: LocalFileSystem, base: VPath, disk: Path
) -> None:
    (disk / "file").write_bytes(b"data")
    (disk / "folder").mkdir()
    (disk / "to file").symlink_to("file")
    (disk / "to folder").symlink_to(disk / "folder")
    (disk / "to a link").symlink_to("to file")
    os.mkfifo(disk / "pipe")
    (disk / "to pipe").symlink_to("pipe")
    (disk / "broken").symlink_to("nowhere")
    (disk / "itself").symlink_to("itself")
    assert await kinds(through, base) == {
        "file": Kind.FILE,
        "folder": Kind.FOLDER,
        "to file": Kind.FILE,
        "to folder": Kind.FOLDER,
        "to a link": Kind.FILE,
        "pipe": Kind.OTHER,
        "to pipe": Kind.OTHER,
        "broken": Kind.LOST_LINK,
        "itself": Kind.LOST_LINK,
    }
    assert (await through.stat(base / "broken")).kind is Kind.LOST_LINK
    link = base / "to file"
    (listed,) = [e for e in await through.list(base) if e.name == "to file"]
    assert await through.stat(link) == listed
    assert (listed.size, listed.modified_ns) == (4, (disk / "file").stat().st_mtime_ns)
    assert await read_all(await through.read(link)) == b"data"
    assert await through.md5(link) == md5_of(b"data")
    assert (await through.stat(link)).md5 == md5_of(b"data")


async def test_what_leads_back_stays_a_link(
    through: LocalFileSystem, base: VPath, disk: Path
) -> None:
    (disk / "a" / "b").mkdir(parents=True)
    (disk / "a" / "b" / "up").symlink_to(disk / "a")
    (disk / "a" / "b" / "root").symlink_to("/")
    (disk / "a" / "b" / "here").symlink_to(".")
    (disk / "c").mkdir()
    (disk / "c" / "to a").symlink_to(disk / "a")
    (disk / "a" / "to c").symlink_to(disk / "c")
    back = dict.fromkeys(("up", "root", "here"), Kind.BACK_LINK)
    assert await kinds(through, base / "a" / "b") == back
    # Round about, too: each leads to the other.
    assert await kinds(through, base / "c") == {"to a": Kind.FOLDER}
    by_way_of_c = base / "c" / "to a"
    assert await kinds(through, by_way_of_c) == {
        "b": Kind.FOLDER,
        "to c": Kind.BACK_LINK,
    }
    # `up` leads to where one has been on this way, although not by that name.
    assert (await kinds(through, by_way_of_c / "b"))["up"] is Kind.BACK_LINK


async def test_a_trashed_link_leaves_alone_what_it_led_to(
    through: LocalFileSystem,
    base: VPath,
    disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(disk / "data"))
    (disk / "file").write_bytes(b"data")
    (disk / "link").symlink_to("file")
    await through.trash(base / "link")
    assert not (disk / "link").is_symlink()
    assert (disk / "file").read_bytes() == b"data"
