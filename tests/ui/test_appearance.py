"""The application in its terminal, whatever is on its screens."""

from __future__ import annotations

from typing import ClassVar

import pytest
from rich.segment import Segment
from textual.app import ComposeResult
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from acd_tui.ui.app import AcdApp
from acd_tui.ui.appearance import Appearance
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


class Lamp(Widget):
    COMPONENT_CLASSES: ClassVar[set[str]] = {"lamp--light", "lamp--cord"}
    DEFAULT_CSS = """
    Lamp > .lamp--light { color: #000000; }
    Lamp.-on > .lamp--light { color: #ffffff; }
    """

    def render_line(self, y: int) -> Strip:
        return Strip([Segment("x", self.get_component_rich_style("lamp--light"))])


async def test_a_part_is_drawn_anew_when_it_looks_different() -> None:
    class Room(Screen[None]):
        def compose(self) -> ComposeResult:
            yield Lamp()

    class House(Appearance):
        def get_default_screen(self) -> Screen[None]:
            return Room()

    house = House()
    async with house.run_test() as pilot:
        lamp = house.query_one(Lamp)

        def colour() -> object:
            strips = house.screen._compositor.render_strips()
            style = next(iter(strips[0])).style
            return style and style.color and style.color.name

        await until(pilot, lambda: colour() == "#000000")
        lamp.add_class("-on")
        await until(pilot, lambda: colour() == "#ffffff")
        assert lamp.get_component_styles("lamp--cord").color == lamp.styles.color
        with pytest.raises(KeyError):
            lamp.get_component_styles("lamp--bulb")
