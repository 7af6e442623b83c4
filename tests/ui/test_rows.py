"""The list that most screens have."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult

from acd_tui.ui.appearance import Appearance
from acd_tui.ui.screens.rows import Column, Rows

COLUMNS = (
    Column("Name", cut="middle"),
    Column("Where", cut="start"),
    Column("What"),
    Column("Size", 6, right=True),
)
LONG = ("a-name-of-some-length.txt", "/a/path/of/some/length", "one word after another")


class Alone(Appearance):
    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def compose(self) -> ComposeResult:
        yield Rows(COLUMNS, lambda _: (*LONG, "12 B"))

    def on_mount(self) -> None:
        self.rows.set_count(self._count)

    @property
    def rows(self) -> Rows:
        return self.query_one(Rows)

    def line(self, y: int) -> str:
        return self.rows.render_line(y).text


async def test_what_says_most_is_kept_where_there_is_little_room() -> None:
    async with Alone(1).run_test(size=(48, 6)) as pilot:
        assert isinstance(pilot.app, Alone)
        shown = pilot.app.line(1)
        assert shown.split()[:2] == ["a-name-o….txt", "…some/length"]
        assert "one word af…" in shown
        assert shown.rstrip().endswith("12 B")


@pytest.mark.parametrize("width", [48, 16])
async def test_where_there_are_no_rows_it_says_why(width: int) -> None:
    words = "There is nothing of that kind.\nF7 makes one."
    async with Alone(0).run_test(size=(width, 12)) as pilot:
        assert isinstance(pilot.app, Alone)
        pilot.app.rows.say(words)
        said = [pilot.app.line(y).rstrip() for y in range(1, 12)]
        assert said[0] == ""  # a line apart from the header
        assert " ".join("\n".join(said).split()) == " ".join(words.split())
        assert max(map(len, said)) <= width
        pilot.app.rows.set_count(2)
        assert "nothing" not in pilot.app.line(2)
