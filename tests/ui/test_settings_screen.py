"""Settings and keys: what is chosen takes effect and is in the file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from acd_tui.config.file import SettingsFile
from acd_tui.ui.app import AcdApp, OwnFiles
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.screens.confirm import Choose
from acd_tui.ui.screens.key_catcher import KeyCatcher
from acd_tui.ui.screens.settings import SettingsScreen
from tests.ui.fake_session import FakeSession, place, text, until


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    file = SettingsFile(tmp_path / "settings.toml")
    file.path.write_text("# mine\nshow_hidden = true  # all of them\n")
    return file


@asynccontextmanager
async def opened(
    session: FakeSession, file: SettingsFile, *typed: str
) -> AsyncIterator[tuple[AcdApp, Pilot[None]]]:
    """The screen, narrowed to what is typed, with Enter pressed."""
    app = AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        right=place("photos:/2019"),
        settings=file.load(),
        files=OwnFiles(file),
    )
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("g", "comma")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        await pilot.press(*typed, "enter")
        yield app, pilot


async def rebind(app: AcdApp, pilot: Pilot[None], how: str, *keys: str) -> None:
    await until(pilot, lambda: isinstance(app.screen, Choose))
    await pilot.press(how)
    await until(pilot, lambda: isinstance(app.screen, KeyCatcher))
    await pilot.press(*keys)


async def test_what_is_called_so_comes_before_what_only_mentions_it(
    session: FakeSession, file: SettingsFile
) -> None:
    async with opened(session, file, *"rename") as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "Keys now: r, Shift-F6" in text(app)


async def test_a_key_is_added_by_pressing_it(
    session: FakeSession, file: SettingsFile
) -> None:
    async with opened(session, file, *"dot files") as (app, pilot):
        await rebind(app, pilot, "a", "ctrl+t", "escape")
        await until(pilot, lambda: isinstance(app.screen, Choose) is False)
        await pilot.press("enter")
        await rebind(app, pilot, "a", "g", "x")
        await until(pilot, lambda: "Written to" in text(app))
        assert "., g x" in text(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.browser)
        shown = len(app.browser.left.files)
        await pilot.press("g", "x")
        await until(pilot, lambda: len(app.browser.left.files) == shown - 1)
    written = file.path.read_text()
    assert written.startswith("# mine\nshow_hidden = true  # all of them\n")
    assert file.load().keys.bind == {"hidden": "full_stop, g x"}


async def test_a_key_that_is_taken_changes_hands_if_that_is_meant(
    session: FakeSession, file: SettingsFile
) -> None:
    async with opened(session, file, *"dot files") as (app, pilot):
        await rebind(app, pilot, "r", "n")
        await until(pilot, lambda: "n is the key of: Find next" in text(app))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        assert file.load().keys.bind == {}
        await pilot.press("enter")
        await rebind(app, pilot, "r", "n")
        await until(pilot, lambda: "Take it from there?" in text(app))
        await pilot.press("y")
        await until(pilot, lambda: len(file.load().keys.bind) == 2)
        assert file.load().keys.bind == {"hidden": "n", "find_next": ""}
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("d")
        await until(pilot, lambda: file.load().keys.bind == {"find_next": ""})


async def test_the_way_out_cannot_be_lost(
    session: FakeSession, file: SettingsFile
) -> None:
    async with opened(session, file, *"leave; asks") as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("n")
        await until(pilot, lambda: "must keep a key" in text(app))
        assert file.load().keys.bind == {}


async def test_keys_that_never_arrive_are_not_taken(
    session: FakeSession, file: SettingsFile
) -> None:
    async with opened(session, file, *"dot files") as (app, pilot):
        await rebind(app, pilot, "r", "ctrl+i")
        await until(pilot, lambda: "arrives as Tab" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        assert file.load().keys.bind == {}


async def test_another_set_of_keys_works_at_once(
    session: FakeSession, file: SettingsFile
) -> None:
    async with opened(session, file, *"set of keys") as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("e")
        await until(pilot, lambda: "Written to" in text(app))
        assert app.keys_of("yank") == ("ctrl+c",)
        assert file.load().keys.preset == "explorer"


async def test_columns_are_chosen(session: FakeSession, file: SettingsFile) -> None:
    async with opened(session, file, *"columns") as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("t")
        await until(pilot, lambda: "size, modified, type" in text(app))
        # One after the other, each with a key of its own.
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("5")
        await until(pilot, lambda: file.load().columns[-1] == "md5")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("enter")  # the cursor is still on it
        await until(pilot, lambda: file.load().columns[-1] == "type")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("m")
        await until(pilot, lambda: file.load().columns == ("size", "type"))
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.browser)
        header = text(app).splitlines()[2]
        assert header.replace("│", " ").split() == ["Name", "▲", "Size", "Type"] * 2
        row = next(line for line in text(app).splitlines() if "img10.jpg" in line)
        assert " jpg" in row
        await pilot.click(app.browser.left.table, offset=(header.index("Type"), 0))
        await until(pilot, lambda: "Type ▲" in text(app))


async def test_dot_files_and_theme_and_slots(
    session: FakeSession, file: SettingsFile
) -> None:
    async with opened(session, file, *"begin with a dot") as (app, pilot):
        await until(pilot, lambda: len(app.browser.left.files) == 5)  # of six
        await pilot.press(*["backspace"] * 20, *"theme colours", "enter")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("down", "enter")
        await until(pilot, lambda: file.load().theme != "acd-dark")
        assert app.theme == file.load().theme
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        await pilot.press(*["backspace"] * 20, *"same time", "enter")
        await until(pilot, lambda: "Files at the same time" in text(app))
        await pilot.press("end", "0", "0", "enter")
        await until(pilot, lambda: "A number from 1 to 32" in text(app))
        await pilot.press("backspace", "backspace", "backspace", "7", "enter")
        await until(pilot, lambda: file.load().transfers.slots == 7)
