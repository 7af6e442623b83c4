"""The application in its terminal, whatever is on its screens."""

from __future__ import annotations

import pytest
from textual.events import Resize
from textual.geometry import Size

from acd_tui.ui.app import AcdApp
from tests.ui.fake_session import lines, until


async def test_the_size_is_that_of_the_terminal_whichever_is_told_last(
    app: AcdApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        with monkeypatch.context() as terminal:
            terminal.setattr(AcdApp, "is_headless", False)
            terminal.setenv("COLUMNS", "120")
            terminal.setenv("LINES", "36")
            for told in [(120, 36), (50, 10)]:
                await app.on_event(Resize.from_dimensions(told, None))
        await until(pilot, lambda: len(lines(app)) == 36)
        assert app.size == Size(120, 36)
        assert app.browser.size == Size(120, 36)
