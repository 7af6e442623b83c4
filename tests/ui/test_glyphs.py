"""Without Unicode: everything drawn is plain, as wide, and nothing is forgotten."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from rich.cells import cell_len

from acd_tui import ui
from acd_tui.config.settings import Settings
from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.glyphs import PlainGlyphs
from acd_tui.ui.terminal import charset
from tests.ui.fake_session import FakeSession, lines, place, text, until

_NO_SIGNS = {"keys.py"}  # what arrives from keyboards, which is not drawn


def drawn() -> set[str]:
    """Every character beyond ASCII in a literal of the interface."""
    found: set[str] = set()
    for path in Path(str(ui.__file__)).parent.rglob("*.py"):
        if path.name in {*_NO_SIGNS, "glyphs.py"}:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        told = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set() if id(node) in told else set(node.value)
    return {character for character in found if not character.isascii()}


def test_each_sign_of_ours_has_a_plain_one() -> None:
    plain = PlainGlyphs()
    missing = {sign for sign in drawn() if not plain.text(sign).isascii()}
    assert not missing


@pytest.mark.parametrize("encoding", [None, "ascii", "iso8859-1"])
@pytest.mark.parametrize(
    "name",
    ["…·●━─│╭╮", "a · b", "Grüße", "日本語.txt", "e\u0301tude", "␛[31m", "\ufffd"],
)
def test_it_is_as_wide_and_can_be_written(name: str, encoding: str | None) -> None:
    plain = PlainGlyphs(encoding).text(name)
    assert cell_len(plain) == cell_len(name)
    if encoding:
        assert plain.encode(encoding)


def test_names_stay_what_they_are_where_the_terminal_has_them() -> None:
    assert PlainGlyphs().text("Grüße 日本.txt…") == "Grüße 日本.txt~"
    assert PlainGlyphs("iso8859-1").text("Grüße 日本") == "Grüße ????"
    assert PlainGlyphs("ascii").text("Grüße é") == "Gru?e e"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"LANG": "en_US.UTF-8"}, None),
        ({"LANG": "en_US.utf8"}, None),
        ({"LC_CTYPE": "UTF-8"}, None),
        ({"LANG": "C"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "ascii"),  # Python's doing
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"}, "ascii"),
        ({"LANG": "de_DE.ISO-8859-15@euro"}, "ISO-8859-15"),
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, None),
        ({"LANG": "xx.no-such"}, "ascii"),
    ],
)
def test_what_the_locale_says(
    environment: dict[str, str], expected: str | None
) -> None:
    assert charset(environment) == expected


async def test_the_whole_screen_is_plain(session: FakeSession) -> None:
    app = AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        right=place("photos:/2019"),
        settings=Settings(glyphs="ascii"),
    )
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("space", "w")
        for keys in ((), ("f2",), ("escape", "f5"), ("escape", "f1"), ("escape", "f9")):
            await pilot.press(*keys)
            await pilot.pause()
            assert text(app).isascii(), lines(app)
        await pilot.press("escape")
        app.preferences.apply(Settings(glyphs="unicode"))
        await until(pilot, lambda: "▸" in text(app) and "●" in text(app))
        app.preferences.apply(Settings(glyphs="ascii"))
        await until(pilot, lambda: text(app).isascii())
