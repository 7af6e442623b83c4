"""The menu of what is under the cursor or the mouse."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from acd_tui.ui.app import AcdApp
from acd_tui.ui.screens.menu import Menu
from acd_tui.ui.screens.properties import Properties
from acd_tui.ui.screens.view import View
from tests.ui.fake_session import text, until


async def opened(pilot: Pilot[None], app: AcdApp, *keys: str) -> str:
    await until(pilot, lambda: app.browser.left.is_complete)
    await pilot.press(*keys)
    await until(pilot, lambda: isinstance(app.screen, Menu) and "Rename" in text(app))
    return text(app)


async def test_it_offers_what_applies_with_its_keys(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        shown = await opened(pilot, app, "home", "f2")
        assert "View " not in shown.split("F1 Help")[0]  # the cursor is on a folder
        await pilot.press("escape", "end")
        shown = await opened(pilot, app, "shift+f10")
        assert "View" in shown.split("F1 Help")[0]
        line = next(line for line in shown.splitlines() if "Copy to the other" in line)
        assert "F5" in line


async def test_lines_and_keys_do_what_they_say(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, app, "end", "f2")
        await pilot.press("i")
        await until(pilot, lambda: isinstance(app.screen, Properties))
        await pilot.press("escape")
        await opened(pilot, app, "f2")
        await pilot.press("enter")  # the first line: open, which views a file
        await until(pilot, lambda: isinstance(app.screen, View))


async def test_the_right_button_opens_it_where_the_mouse_is(app: AcdApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        table = app.browser.left.table
        await pilot.click(table, offset=(10, 4), button=3)
        await until(pilot, lambda: "Rename" in text(app))
        assert table.cursor == 3
        menu = app.screen.query_one("OptionList")
        assert menu.region.x == 10
        assert menu.region.bottom <= 24
        await pilot.click(menu, offset=(4, 1))
        await until(pilot, lambda: not isinstance(app.screen, Menu))


async def test_a_click_beside_it_closes_it(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, app, "f2")
        await pilot.click(offset=(90, 2))
        await until(pilot, lambda: app.screen is app.browser)


@pytest.mark.parametrize("height", [10, 40])
async def test_a_line_is_one_line_where_not_all_have_room(
    app: AcdApp, height: int
) -> None:
    async with app.run_test(size=(80, height)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("end", "f2")
        await until(pilot, lambda: "Properties" in text(app))
        lines = text(app).splitlines()
        assert next(line for line in lines if "Open " in line).count("Enter") == 1
        await pilot.press("end")
        await until(pilot, lambda: "Duplicates" in text(app))


async def test_the_queue_has_one_of_its_own(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("W", "f2")
        await until(pilot, lambda: isinstance(app.screen, Menu))
        await until(pilot, lambda: "Limit the transfers" in text(app))
        shown = text(app).partition("Details")
        assert not shown[1] or "Limit the transfers" in shown[2]
        assert "Rename" not in text(app)
