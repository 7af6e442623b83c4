"""Searching the whole drive."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest
from textual.widgets import Input

from acd_tui.db import DatabaseError
from acd_tui.errors import Transient
from acd_tui.ui.app import AcdApp
from acd_tui.ui.screens import search
from acd_tui.ui.screens.rows import Rows
from acd_tui.ui.screens.search import LIMIT, SearchScreen
from acd_tui.vfs.capabilities import Searchable
from acd_tui.vfs.entry import Entry, Features, Found, Kind, MirrorStatus
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.ui import fake_session
from tests.ui.fake_session import FakeSession, text
from tests.ui.screen_fakes import (
    FORBIDDEN,
    HOSTILE,
    Here,
    results,
    seen,
    showing,
    until,
)


def drive() -> MemoryFileSystem:
    memory = MemoryFileSystem("photos")
    memory.put_folder("/2019/beach")
    memory.put("/2019/beach/beach-1.jpg", b"x" * 2048)
    memory.put("/2020/Beach-2.jpg", b"y")
    memory.put("/2020/hill.jpg", b"z")
    return memory


def screen_of(filesystem: Searchable) -> SearchScreen:
    return SearchScreen(Here(), "photos", filesystem)


def result_paths(found: Sequence[Found | None]) -> list[str]:
    return [str(f.folder / f.entry.name) for f in found if f is not None]


class Many:
    """Finds as many as are asked for."""

    async def search(self, text: str, limit: int) -> Sequence[Found]:
        entries = (Entry(name=f"{text}{n}", kind=Kind.FILE) for n in range(limit))
        return [Found(entry=entry, folder=VPath()) for entry in entries]


class Unsearchable:
    """As much of a filesystem as the action looks at."""

    name = "local"
    features = Features()


class Filling(Many):
    """Is still being read."""

    async def refresh(self) -> None:
        raise AssertionError

    async def confirm(self, path: VPath) -> Entry | None:
        raise AssertionError

    async def mirror_status(self) -> MirrorStatus:
        return MirrorStatus(complete=False, nodes=3, filling=True, checked=None)


class Away(Filling):
    """Cannot be reached; its copy is whole, and old."""

    async def mirror_status(self) -> MirrorStatus:
        return MirrorStatus(
            complete=True, nodes=3, filling=False, checked=0, problem="it is away"
        )


async def test_offline_it_finds_what_is_known_and_says_how_old_it_is() -> None:
    async with showing(screen_of(Away()), (120, 36)) as pilot:
        await pilot.press("x")
        await until(pilot, lambda: "· offline, " in seen(pilot))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_it_finds_while_one_types(size: tuple[int, int]) -> None:
    async with showing(screen_of(drive()), size) as pilot:
        assert "how the name ends" in seen(pilot)
        await pilot.press(*"BEACH")
        await until(pilot, lambda: "3 matches" in seen(pilot))
        line = next(line for line in seen(pilot).splitlines() if "beach-1" in line)
        assert "/2019/beach" in line
        assert "2.0 KiB" in line
        assert "hill.jpg" not in seen(pilot)
        await pilot.press("down")
        assert pilot.app.focused is pilot.app.screen.query_one(Rows)
        await pilot.press("down", "enter")
        assert result_paths(results(pilot)) == ["/2019/beach/beach-1.jpg"]


async def test_a_double_click_chooses() -> None:
    async with showing(screen_of(drive())) as pilot:
        await pilot.press(*"beach")
        await until(pilot, lambda: "3 matches" in seen(pilot))
        await pilot.double_click(Rows, offset=(5, 3))
        await until(pilot, lambda: bool(results(pilot)))
        assert result_paths(results(pilot)) == ["/2020/Beach-2.jpg"]


async def test_enter_before_the_answer_waits_for_it() -> None:
    async with showing(screen_of(drive())) as pilot:
        await pilot.press(*"beach")
        await until(pilot, lambda: "3 matches" in seen(pilot))
        await pilot.press("ctrl+u", *"hill", "enter")
        await until(pilot, lambda: bool(results(pilot)))
        assert result_paths(results(pilot)) == ["/2020/hill.jpg"]


async def test_all_in_the_pane_is_all_of_what_was_typed() -> None:
    async with showing(screen_of(drive())) as pilot:
        await pilot.press(*"hill")
        await until(pilot, lambda: "1 match" in seen(pilot))
        pilot.app.screen.query_one(Input).value = "beach"
        await pilot.press("ctrl+o")
        await until(pilot, lambda: bool(results(pilot)))
        assert results(pilot) == ["beach"]


async def test_nothing_found_nothing_typed_and_escape() -> None:
    async with showing(screen_of(drive())) as pilot:
        await pilot.press("down", "enter", *"hills")
        await until(pilot, lambda: "Nothing matches" in seen(pilot))
        await pilot.press("enter", "down", "backspace")
        await until(pilot, lambda: "1 match" in seen(pilot))
        await pilot.press("ctrl+u")
        await until(pilot, lambda: "after:2019" in seen(pilot))
        assert "Nothing matches" not in seen(pilot)
        assert "hill" not in seen(pilot)
        await pilot.press("escape")
        assert results(pilot) == [None]


async def test_a_late_answer_to_an_older_question_is_dropped() -> None:
    asked = asyncio.Event()
    answer = asyncio.Event()

    class Slow(Many):
        async def search(self, text: str, limit: int) -> Sequence[Found]:
            if text == "old":
                asked.set()
                await answer.wait()
            return await super().search(text, 1 if limit else 0)

    async with showing(screen_of(Slow())) as pilot:
        await pilot.press(*"old")
        await until(pilot, asked.is_set)
        pilot.app.screen.query_one(Input).value = "new"
        answer.set()
        await until(pilot, lambda: "1 match" in seen(pilot))
        assert "new0" in seen(pilot)
        assert "old0" not in seen(pilot)


async def test_more_than_fits_and_a_drive_not_yet_read() -> None:
    async with showing(screen_of(Filling())) as pilot:
        assert "still being read" not in seen(pilot)
        await pilot.press("a")
        await until(pilot, lambda: f"The first {LIMIT} matches" in seen(pilot))
        await until(pilot, lambda: "still being read; there may be more" in seen(pilot))
        assert pilot.app.screen.query_one(Rows).count == LIMIT


class MadeAnew(Filling):
    """Was damaged; knows one file of two until it is read."""

    def __init__(self) -> None:
        self.is_known = self.is_whole = False

    async def search(self, text: str, limit: int) -> Sequence[Found]:
        if not self.is_known:
            raise DatabaseError("the copy was damaged and is made anew")
        names = ["a1", "b1", "b2"] if self.is_whole else ["b2"]
        entries = (Entry(name=name, kind=Kind.FILE) for name in names)
        return [Found(entry=entry, folder=VPath()) for entry in entries]

    async def mirror_status(self) -> MirrorStatus:
        return MirrorStatus(
            complete=self.is_whole, nodes=3, filling=not self.is_whole, checked=None
        )


async def test_a_drive_that_is_read_meanwhile_is_searched_again_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "_AGAIN_SECONDS", 0.01)
    drive = MadeAnew()
    async with showing(screen_of(drive)) as pilot:
        await pilot.press("1")
        await until(pilot, lambda: "was damaged and is made anew" in seen(pilot))
        drive.is_known = drive.is_whole = True
        await until(pilot, lambda: "3 matches" in seen(pilot))
        assert "damaged" not in seen(pilot)


async def test_who_is_in_the_list_stays_there_when_more_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "_AGAIN_SECONDS", 0.01)
    drive = MadeAnew()
    drive.is_known = True
    async with showing(screen_of(drive)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "there may be more" in seen(pilot))
        await pilot.press("down")
        drive.is_whole = True
        await until(pilot, lambda: "3 matches" in seen(pilot))
        assert "there may be more" not in seen(pilot)
        await pilot.press("enter")
        assert result_paths(results(pilot)) == ["/b2"]


async def test_an_error_is_shown_and_typing_on_tries_again() -> None:
    class Broken(MemoryFileSystem):
        async def search(self, text: str, limit: int) -> Sequence[Found]:
            if text == "b":
                raise Transient("the copy is \x1bbusy", hint="wait")
            return await super().search(text, limit)

    broken = Broken("photos")
    broken.put("/bee")
    async with showing(screen_of(broken)) as pilot:
        await pilot.press("b")
        await until(pilot, lambda: "✗" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))
        await pilot.press("e")
        await until(pilot, lambda: "1 match" in seen(pilot))
        await until(pilot, lambda: "✗" not in seen(pilot))


async def test_query_words_and_one_that_is_not_finished() -> None:
    async with showing(screen_of(drive())) as pilot:
        await pilot.press(*"beach ")
        await until(pilot, lambda: "3 matches" in seen(pilot))
        await pilot.press(*"size:")
        await until(
            pilot, lambda: "something is missing after the colon" in seen(pilot)
        )
        assert "✗" not in seen(pilot)
        await pilot.press(*">1k")
        await until(pilot, lambda: "1 match" in seen(pilot))
        await until(pilot, lambda: "something is missing" not in seen(pilot))
        await pilot.press("ctrl+u", *"in:/2")
        await until(pilot, lambda: "there is no folder /2" in seen(pilot))
        await pilot.press(*"020")
        await until(pilot, lambda: "2 matches" in seen(pilot))


async def test_what_is_in_the_trash_is_found_but_nowhere_to_go() -> None:
    memory = drive()
    await memory.trash(VPath.parse("/2020/hill.jpg"))
    async with showing(screen_of(memory)) as pilot:
        await pilot.press(*"trashed:yes", "enter")
        await until(pilot, lambda: "It is in the trash" in seen(pilot))
        assert "hill.jpg" in seen(pilot)
        assert not results(pilot)


async def test_hostile_names_are_shown_harmlessly() -> None:
    class Hostile(Many):
        async def search(self, text: str, limit: int) -> Sequence[Found]:
            return [
                Found(entry=Entry(name=name, kind=Kind.FILE), folder=VPath((name,)))
                for name in HOSTILE
            ]

    async with showing(screen_of(Hostile()), (120, 36)) as pilot:
        await pilot.press("x")
        await until(pilot, lambda: f"{len(HOSTILE)} matches" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))
        for _ in HOSTILE:
            await pilot.press("down")
        await pilot.press("enter")
        assert result_paths(results(pilot)) == [f"/{HOSTILE[-1]}/{HOSTILE[-1]}"]


async def test_the_pane_goes_to_what_was_found(
    session: FakeSession, app: AcdApp
) -> None:
    session.photos.put("/2021/a.txt")
    session.photos.put("/2021/.needle")
    async with app.run_test(size=(100, 30)) as pilot:
        right = app.browser.right
        await fake_session.until(pilot, lambda: len(right.files))
        await pilot.press("tab", "full_stop", "s")
        await fake_session.until(pilot, lambda: isinstance(app.screen, SearchScreen))
        await pilot.press(*"needle", "enter")
        await fake_session.until(
            pilot, lambda: right.current and right.current.entry.name == ".needle"
        )
        assert right.place == fake_session.place("photos:/2021")
        assert app.screen is app.browser
        await pilot.press("alt+left")
        await fake_session.until(
            pilot, lambda: right.place == fake_session.place("photos:/2019")
        )


async def test_only_remotes_can_be_searched(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await fake_session.until(pilot, lambda: len(app.browser.left.files))
        app.browser.left.filesystem = cast("FileSystem", Unsearchable())
        await pilot.press("s")
        await fake_session.until(pilot, lambda: "only remotes can be" in text(app))
        assert app.screen is app.browser


async def test_where_hardly_anything_matches_names_that_are_alike_are_shown() -> None:
    async with showing(screen_of(drive()), (100, 30)) as pilot:
        await pilot.press(*"bch-")
        await until(pilot, lambda: "No match, 2 alike" in seen(pilot))
        assert "beach-1.jpg" in seen(pilot)
        assert "hill.jpg" not in seen(pilot)
        await pilot.press(*"2")
        await until(pilot, lambda: "No match, 1 alike" in seen(pilot))
        await pilot.press("ctrl+o")
        assert results(pilot) == ["fuzzy:bch-2"]
