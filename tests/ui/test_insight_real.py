"""Space, duplicates and changes in the program, on the real engine and server."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.screens.confirm import Confirm
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given
from tests.drive_service import Service
from tests.ui.fake_session import fake_session, place, text, until

pytestmark = pytest.mark.socket


class Shown:
    """The program with a drive on both sides, and somebody else at the same drive."""

    def __init__(
        self, pilot: Pilot[None], drive: DriveFileSystem, other: DriveFileSystem
    ) -> None:
        self.pilot, self.drive, self.other = pilot, drive, other

    async def until_shown(self, *words: str) -> None:
        app: Any = self.pilot.app
        await until(self.pilot, lambda: all(w in text(app) for w in words), str(words))

    async def yes(self) -> None:
        await until(self.pilot, lambda: isinstance(self.pilot.app.screen, Confirm))
        await self.pilot.press("y")


@pytest.fixture
async def shown(service: Service, tmp_path: Path) -> AsyncIterator[Shown]:
    """`a/big`, `a/twin` and `b/twin`, and a program that knows them."""
    user = service.new_account()
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        other = await enter(service.drive(user, tmp_path / "other", follow=False))
        for folder in ("a", "b"):
            await other.make_folder(VPath.parse(folder))
        await other.write(VPath.parse("a/big"), Given(b"x" * 9000))
        for name in ("a/twin", "b/twin"):
            await other.write(VPath.parse(name), Given(b"t" * 3000))
        session: Any = await enter(fake_session(tmp_path))
        drive = await enter(
            service.drive(user, tmp_path / "mirror", follow=False, bus=session.bus)
        )
        session.photos = drive
        await drive.refresh()
        app = AcdApp(InlineEngine(session), left=place("drive:"), right=place("drive:"))
        pilot = await enter(app.run_test(size=(120, 36), notifications=True))
        shown = Shown(pilot, drive, other)
        await shown.until_shown("a", "2 folders")
        yield shown


async def test_space_follows_the_feed_and_shows_where_it_is(shown: Shown) -> None:
    pilot = shown.pilot
    await pilot.press("g", "d")
    await shown.until_shown("14.6 KiB in 3 files and 2 folders", "80.0%")
    await shown.other.write(VPath.parse("b/new"), Given(b"n" * 50_000))
    await shown.drive.refresh()
    await shown.until_shown("63.5 KiB in 4 files")
    await pilot.press("enter")  # the cursor has stayed on `a`
    await shown.until_shown("drive:a", "big")
    await pilot.press("d")
    await shown.yes()
    await shown.until_shown("big trashed", "2.9 KiB in 1 file")
    await pilot.press("u")
    await shown.until_shown("11.7 KiB in 2 files")
    await pilot.press("home", "o")
    await until(pilot, lambda: isinstance(pilot.app, AcdApp) and _on(pilot.app, "big"))


async def test_what_another_folder_holds_too_is_said_to_have_only_left_its_own(
    shown: Shown,
) -> None:
    pilot, other = shown.pilot, shown.other
    held = "it only left its folder, another one holds it still"
    twin, b = [await other.node(VPath.parse(path)) for path in ("a/twin", "b")]
    await other.move(VPath.parse("b/twin"), VPath.parse("b/its-own"))
    await other._client.nodes.add_parent(twin.id, b.id)
    await shown.drive.refresh()
    await pilot.press("enter", "end", "f8")  # a/twin
    await shown.yes()
    await shown.until_shown("Trashed twin", "it only left its folder", "holds it still")
    await pilot.press("u")
    await shown.until_shown("Undone: trashing /a/twin")
    await pilot.press("g", "d")
    await shown.until_shown("drive:a", "2 files")
    await pilot.press("end", "d")
    await shown.yes()
    await shown.until_shown("twin trashed", held)
    assert (await other.stat(VPath.parse("b/twin"))).size == 3000


async def test_duplicates_go_by_the_services_word(shown: Shown) -> None:
    pilot = shown.pilot
    await pilot.press("g", "u")
    await shown.until_shown("1 group, 2.9 KiB wasted", "drive:b/twin")
    await shown.other.trash(VPath.parse("a/twin"))  # which the mirror does not know
    await pilot.press("p", "d")
    await shown.yes()
    await shown.until_shown("0 files trashed", "is not what it was")
    assert (await shown.other.stat(VPath.parse("b/twin"))).size == 3000


async def test_changes_since_the_last_look_and_back_from_the_trash(
    shown: Shown,
) -> None:
    pilot = shown.pilot
    await shown.other.write(VPath.parse("b/first"), Given(b"1"))
    await shown.drive.refresh()
    await pilot.press("g", "c")
    await shown.until_shown("1 change", "appeared", "first")
    await pilot.press("escape")
    await until(pilot, lambda: pilot.app.screen is _browser(pilot))

    await shown.other.move(VPath.parse("b/first"), VPath.parse("a/second"))
    await shown.other.trash(VPath.parse("a/big"))
    await shown.drive.refresh()
    await pilot.press("g", "c")
    await shown.until_shown("New since your last look", "2 changes", "/a ← /b")
    await shown.until_shown("trashed   big", "Before that")
    await pilot.press("ctrl+a", "r")
    await shown.until_shown("1 item restored", "restored  big")
    assert (await shown.drive.stat(VPath.parse("a/big"))).size == 9000


async def test_what_lies_in_folders_is_said_without_a_look_into_them(
    shown: Shown,
) -> None:
    pilot = shown.pilot
    await shown.until_shown("2 folders · 14.6 KiB in all")
    await shown.other.write(VPath.parse("b/new"), Given(b"n" * 50_000))
    await shown.drive.refresh()  # and what is listed is as it was
    await shown.until_shown("2 folders · 63.5 KiB in all")
    await shown.other.trash(VPath.parse("b/new"))
    await shown.drive.refresh()
    await shown.until_shown("2 folders · 14.6 KiB in all")
    await pilot.press("ctrl+a", "f5")
    await shown.until_shown("2 folders, 14.6 KiB in all from drive:")
    await pilot.press("escape", "escape", "f8")
    await shown.until_shown("Move a/, 11.7 KiB from drive: to the trash?")


def _browser(pilot: Pilot[None]) -> Any:
    app: Any = pilot.app
    return app.browser


def _on(app: AcdApp, name: str) -> bool:
    row = app.browser.active.current
    return row is not None and row.entry.name == name
