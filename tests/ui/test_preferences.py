"""What the settings say about the screen."""

from __future__ import annotations

from acd_tui.ui import theme
from acd_tui.ui.app import AcdApp, Preferences
from acd_tui.ui.engine import InlineEngine
from tests.ui.fake_session import FakeSession, place, until


def app_with(session: FakeSession, preferences: Preferences) -> AcdApp:
    return AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        right=place("photos:/2019"),
        preferences=preferences,
    )


async def test_the_theme_is_the_users(session: FakeSession) -> None:
    app = app_with(session, Preferences(theme=theme.LIGHT.name))
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        assert app.theme == theme.LIGHT.name


async def test_a_theme_that_is_none_is_named(session: FakeSession) -> None:
    app = app_with(session, Preferences(theme="[/no] such"))
    async with app.run_test(notifications=True) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        assert app.theme == theme.DARK.name
        told = [str(notification.message) for notification in app._notifications]
        assert any("there is no theme [/no] such" in text for text in told)


async def test_names_that_begin_with_a_dot(session: FakeSession) -> None:
    for shown in (True, False):
        app = app_with(session, Preferences(show_hidden=shown))
        async with app.run_test() as pilot:
            pane = app.browser.left
            await until(pilot, lambda pane=pane: pane.is_complete)
            names = [pane.files.row(n).entry.name for n in range(len(pane.files))]
            assert (".hidden" in names) is shown
