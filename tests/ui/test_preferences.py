"""What the settings say about the screen."""

from __future__ import annotations

import pytest

from acd_tui.config.settings import Settings
from acd_tui.ui import theme
from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from tests.ui.fake_session import FakeSession, place, text, until


def app_with(session: FakeSession, settings: Settings) -> AcdApp:
    return AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        right=place("photos:/2019"),
        settings=settings,
    )


@pytest.mark.parametrize("name", [theme.LIGHT.name, "nord", "ansi-light"])
async def test_the_theme_is_the_users(session: FakeSession, name: str) -> None:
    app = app_with(session, Settings(theme=name))
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        assert app.theme == name
        assert "img10.jpg" in text(app)


async def test_a_theme_may_be_called_as_the_settings_call_it(
    session: FakeSession,
) -> None:
    app = app_with(session, Settings(theme="high contrast"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.theme == theme.CONTRAST.name)


async def test_a_theme_that_is_none_is_named(session: FakeSession) -> None:
    app = app_with(session, Settings(theme="[/no] such"))
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        assert app.theme == theme.DARK.name
        told = [str(notification.message) for notification in app._notifications]
        assert any("there is no theme [/no] such" in message for message in told)


async def test_what_a_pane_is_sorted_by(session: FakeSession) -> None:
    app = app_with(session, Settings(sort="size"))
    async with app.run_test() as pilot:
        pane = app.browser.left
        await until(pilot, lambda: pane.is_complete)
        sizes = [row.entry.size or 0 for row in pane.files.rows()]
        assert sizes[1:] == sorted(sizes[1:], reverse=True)
        app.preferences.apply(Settings(sort="name"))
        await until(pilot, lambda: pane.files.row(1).entry.name == ".hidden")


@pytest.mark.parametrize("shown", [True, False])
async def test_names_that_begin_with_a_dot(session: FakeSession, shown: bool) -> None:
    app = app_with(session, Settings(show_hidden=shown))
    async with app.run_test() as pilot:
        pane = app.browser.left
        await until(pilot, lambda: pane.is_complete)
        names = [pane.files.row(n).entry.name for n in range(len(pane.files))]
        assert (".hidden" in names) is shown
