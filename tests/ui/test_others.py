"""What others change in a folder of this machine is seen without a key."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest

from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.screens import browser
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, place, text, until

LONG_AGO = 1_000_000_000


class Disk(LocalFileSystem):
    """One whose looks are counted, and which may not answer."""

    looks = 0
    answers = True

    async def dates(self, folders: Collection[VPath]) -> Mapping[VPath, int | None]:
        self.looks += 1
        if not self.answers:
            await asyncio.Event().wait()
        return await super().dates(folders)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    for name in ("one", "two", "three"):
        (folder / name).write_bytes(b"here")
    os.utime(folder, (LONG_AGO, LONG_AGO))
    return folder


@pytest.fixture
def disk(
    session: FakeSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Disk]:
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    disk = Disk("local", hashes=hashes)
    monkeypatch.setattr(session, "local", disk)
    monkeypatch.setattr(browser, "_MIRROR_SECONDS", 0.05)
    yield disk
    hashes.close()


@pytest.fixture
def app(session: FakeSession, disk: Disk, folder: Path) -> AcdApp:
    return AcdApp(
        InlineEngine(session),
        left=place(f"local:{folder}"),
        right=place("photos:/2020"),
    )


async def test_what_comes_and_goes_is_seen(
    app: AcdApp, disk: Disk, folder: Path
) -> None:
    async with app.run_test(size=(100, 24)) as pilot:
        pane = app.browser.left
        await until(pilot, lambda: disk.looks > 1)
        await pilot.press("end", "space", "up")
        cursor = pane.current
        assert cursor is not None
        (folder / "four").write_bytes(b"new")
        await until(pilot, lambda: "four" in text(app))
        (folder / "one").unlink()
        await until(pilot, lambda: " one " not in text(app))
        assert pane.current is not None
        assert pane.current.path == cursor.path
        assert pane.marks.count == 1


async def test_a_folder_opened_in_place_is_looked_at_as_well(
    app: AcdApp, folder: Path
) -> None:
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("home", "right")
        inner = VPath.parse(str(folder / "inner"))
        await until(pilot, lambda: inner in app.browser.left.files.listings)
        (folder / "inner" / "deep").write_bytes(b"new")
        await until(pilot, lambda: "deep" in text(app))


async def test_who_is_in_a_folder_that_goes_is_led_out(
    app: AcdApp, disk: Disk, folder: Path
) -> None:
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: disk.looks > 1)
        shutil.rmtree(folder)
        parent = VPath.parse(str(folder.parent))
        await until(pilot, lambda: app.browser.left.place.path == parent)


async def test_what_came_while_it_was_listed_is_seen(
    app: AcdApp, disk: Disk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = asyncio.Event()
    list_ = disk.list

    async def list_and_wait(path: VPath) -> object:
        found = await list_(path)
        if not listed.is_set():
            listed.set()
            (folder / "four").write_bytes(b"new")
        return found

    monkeypatch.setattr(disk, "list", list_and_wait)
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: "four" in text(app))


async def test_nothing_is_listed_again_for_nothing(
    app: AcdApp, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: disk.looks > 1)
        lists: list[VPath] = []

        async def never(path: VPath) -> object:
            lists.append(path)
            raise AssertionError

        monkeypatch.setattr(disk, "list", never)
        looks = disk.looks
        await until(pilot, lambda: disk.looks > looks + 3)
    assert lists == []


async def test_a_disk_that_does_not_answer_is_asked_once(
    app: AcdApp, disk: Disk
) -> None:
    disk.answers = False
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: disk.looks)
        for _ in range(10):
            await pilot.pause(0.05)
    assert disk.looks == 1


async def test_a_disk_that_does_not_answer_is_left_behind(
    app: AcdApp, disk: Disk, folder: Path
) -> None:
    disk.answers = False
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: disk.looks)
        disk.answers = True
        await pilot.press("home", "enter")
        inner = VPath.parse(str(folder / "inner"))
        await until(pilot, lambda: app.browser.left.place.path == inner)
        await until(pilot, lambda: disk.looks > 2)
        (folder / "inner" / "deep").write_bytes(b"new")
        await until(pilot, lambda: "deep" in text(app))
