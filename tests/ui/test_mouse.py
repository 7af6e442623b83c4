"""Everything can be done with a mouse, and what it moves stays where it is put."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.events import Click, MouseDown, MouseUp
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widget import Widget

from acd_tui.config.file import SettingsFile
from acd_tui.ui.app import AcdApp, OwnFiles
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.screens.compare import CompareScreen
from acd_tui.ui.screens.menu import Menu
from acd_tui.ui.screens.rows import Rows
from acd_tui.ui.screens.space import SpaceScreen
from acd_tui.ui.widgets.path_bar import PathInput
from tests.ui.fake_session import FakeSession, lines, place, text, until


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    return SettingsFile(tmp_path / "settings.toml")


@pytest.fixture
def app(session: FakeSession, file: SettingsFile) -> AcdApp:
    return AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        right=place("photos:/2019"),
        files=OwnFiles(file),
    )


def at(app: AcdApp, words: str) -> tuple[int, int]:
    """The cell some words begin at on the screen."""
    for y, line in enumerate(lines(app)):
        if words in line:
            return line.index(words), y
    raise AssertionError(f"no {words!r} in\n{text(app)}")


async def click(pilot: Pilot[None], app: AcdApp, words: str) -> None:
    await until(pilot, lambda: words in text(app))
    await pilot.click(offset=at(app, words))


async def right_click(pilot: Pilot[None], app: AcdApp, words: str) -> None:
    await until(pilot, lambda: words in text(app))
    events = [MouseDown, MouseUp, Click]
    await pilot._post_mouse_events(events, offset=at(app, words), button=3)


async def drag(pilot: Pilot[None], widget: Widget, to: tuple[int, int]) -> None:
    await pilot.mouse_down(widget)
    await pilot.hover(offset=to)
    await pilot.mouse_up(offset=to)


async def test_the_line_between_the_panes_is_dragged(
    app: AcdApp, file: SettingsFile
) -> None:
    async with app.run_test(size=(100, 24)) as pilot:
        browser = app.browser
        await until(pilot, lambda: browser.left.is_complete)
        await drag(pilot, browser.splitter, (30, 10))
        await until(pilot, lambda: file.load().split == 30)
        assert abs(browser.left.size.width - 30) <= 1
        assert browser.left.size.width + browser.right.size.width == 99
        await drag(pilot, browser.splitter, (1, 10))  # no pane is lost
        await until(pilot, lambda: file.load().split == 10)
        await pilot.double_click(browser.splitter)
        await until(pilot, lambda: file.load().split == 50)
        await pilot.press("ctrl+w", "greater_than_sign")
        await until(pilot, lambda: file.load().split == 55)
        assert browser.left.size.width > browser.right.size.width
        app.do("orientation")
        await until(pilot, lambda: browser.left.size.width == 100)
        await drag(pilot, browser.splitter, (50, 7))
        await until(pilot, lambda: browser.left.size.height in {5, 6})


@pytest.mark.parametrize(
    ("width", "clicked", "leads_to"),
    [
        (100, "photos:", "photos:"),
        (100, "2019", "photos:/2019"),
        (100, "日本", "photos:/2019/日本"),
        (100, "long", "photos:/2019/日本/long"),
        (24, "photos:", "photos:"),
        (24, "long", "photos:/2019/日本/long"),
    ],
)
async def test_a_click_on_the_path_leads_to_a_folder_around(
    app: AcdApp, session: FakeSession, width: int, clicked: str, leads_to: str
) -> None:
    session.photos.put("/2019/日本/long/deepest/a.jpg", b"x")
    async with app.run_test(size=(width, 20)) as pilot:
        pane = app.browser.right
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("tab")
        pane.go(place("photos:/2019/日本/long/deepest"))
        await until(pilot, lambda: "a.jpg" in text(app) and "deepest" in text(app))

        async def click(name: str) -> None:
            line = lines(app)[1]
            await pilot.click(offset=(cell_len(line[: line.index(name)]), 1))

        await click(clicked)
        await until(pilot, lambda: pane.place == place(leads_to) and pane.is_complete)
        below = {"photos:": "2019", "2019": "日本", "日本": "long", "long": "deepest"}
        assert pane.current is not None
        assert pane.current.entry.name == below[clicked]
        if clicked != "photos:":
            await click(clicked)  # which is the folder itself now
            await until(pilot, lambda: isinstance(app.focused, PathInput))


async def test_the_top_of_the_queue_is_dragged(app: AcdApp, file: SettingsFile) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("w")
        await until(pilot, lambda: len(app.browser.query("#queue-title")) == 1)
        panel = app.browser.parts.queue_panel
        title = app.browser.query_one("#queue-title")
        await until(pilot, lambda: panel.size.height == 7)
        await pilot.mouse_down(title)
        await pilot.hover(offset=(50, 18))
        await pilot._post_mouse_events([MouseUp, Click], title)  # as the driver does
        await until(pilot, lambda: file.load().queue_lines == 10)
        assert (panel.region.y, panel.size.height) == (18, 11)
        assert app.front is app.browser  # it was no click
        await drag(pilot, title, (50, 0))  # no pane is lost
        await until(pilot, lambda: file.load().queue_lines == 21)
        await pilot.press("ctrl+w", "minus")
        await until(pilot, lambda: file.load().queue_lines == 20)
        await pilot.resize_terminal(100, 24)
        await until(pilot, lambda: panel.size.height == 16)
        await pilot.press("w")  # half of the screen
        await until(pilot, lambda: panel.size.height == 11)
        await drag(pilot, title, (50, 20))
        await until(pilot, lambda: panel.size.height == 3)


async def test_a_plan_is_made_with_the_mouse_alone(app: AcdApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.browser.right.is_complete)
        app.do("compare")
        await until(pilot, lambda: "img10.jpg" in text(app))
        await click(pilot, app, "img10.jpg")
        await right_click(pilot, app, "img10.jpg")
        await until(pilot, lambda: isinstance(app.screen, Menu))
        await click(pilot, app, "In or out")
        await until(pilot, lambda: "Copy as command" not in text(app))
        assert "·  img10.jpg" in text(app)
        await click(pilot, app, "f filter")
        await until(pilot, lambda: "showing: to do" in text(app))
        await click(pilot, app, "Mode (m)")
        await until(pilot, lambda: "mirror: there" in text(app))
        await click(pilot, app, "Esc Close")
        await until(pilot, lambda: app.screen is app.browser)


async def test_compare_starts_on_a_narrow_terminal(app: AcdApp) -> None:
    async with app.run_test(size=(40, 20)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        app.do("compare")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: "Start" in text(app))
        for button in app.screen.query("Button"):
            assert Region(0, 0, 40, 20).contains_region(button.region)


async def test_every_list_has_a_menu(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        app.do("space")
        await until(pilot, lambda: isinstance(app.screen, SpaceScreen))
        await until(pilot, lambda: "img10.jpg" in text(app))
        await click(pilot, app, "F2 Menu")
        await until(pilot, lambda: isinstance(app.screen, Menu))
        shown = text(app)
        for words in ("Out of the folder", "By number", "Trash", "Mark", "Undo"):
            assert words in shown
        await pilot.press("n")  # the keys work there as well
        await until(pilot, lambda: isinstance(app.screen, SpaceScreen))
        await until(pilot, lambda: "n name ↓" in text(app))
        rows = app.screen.query_one(Rows)
        await right_click(pilot, app, "img10.jpg")
        await until(pilot, lambda: isinstance(app.screen, Menu))
        await click(pilot, app, "Mark ")
        await until(pilot, lambda: len(rows.marks) == 1)


@pytest.mark.parametrize("key", ["home", "end"])
async def test_notifications_are_not_over_the_cursor(
    session: FakeSession, app: AcdApp, key: str
) -> None:
    for number in range(40):
        session.local.put(f"/home/more{number}.txt")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("end" if key == "home" else "home")
        app.tell("something is so\nand a line more")
        await until(pilot, lambda: "something is so" in text(app))
        await pilot.press(key)
        name = "docs" if key == "home" else "same.txt"
        await until(pilot, lambda: app.screen.query_one("Toast").region.height > 0)
        table = app.browser.left.table
        await until(
            pilot,
            lambda: (
                not app.screen.query_one("Toast").region.overlaps(
                    Region(0, table.beside_cursor.y - 1, 80, 1)
                )
            ),
        )
        assert name in text(app)
        await pilot.press("g")
        popup, toast = app.browser.which_key, app.screen.query_one("Toast")
        await until(pilot, lambda: popup.display and popup.region.height)
        await until(pilot, lambda: not toast.region.overlaps(popup.region))
        await pilot.press("escape")
        app.do("help")  # news of what one leaves goes away
        await until(pilot, lambda: "Command palette" in text(app))
        assert not app.screen.query("Toast")


async def test_a_notification_is_shown_once_when_a_dialog_opens_over_it(
    session: FakeSession, app: AcdApp
) -> None:
    for number in range(40):
        session.local.put(f"/home/more{number}.txt")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("end")
        app.tell("something is so")
        # It is at the top, for the cursor is low; in the dialog it is at the bottom.
        await until(pilot, lambda: "something is so" in "".join(lines(app)[:6]))
        await pilot.press("f7")
        await until(pilot, lambda: "something is so" in "".join(lines(app)[-6:]))
        await until(pilot, lambda: text(app).count("something is so") == 1)
        await pilot.press("escape")
        await until(pilot, lambda: "something is so" in "".join(lines(app)[:6]))
        assert text(app).count("something is so") == 1


async def test_the_terminals_cursor_is_on_the_current_row(app: AcdApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("home", "down", "down", "down")
        y = at(app, "img2.jpg")[1]
        await until(pilot, lambda: app.cursor_position == (0, y))
        app.do("space")
        await until(pilot, lambda: "img10.jpg" in text(app))
        await pilot.press("home", "down")
        rows = app.screen.query_one(Rows)
        await until(pilot, lambda: app.cursor_position.y == rows.region.y + 2)
