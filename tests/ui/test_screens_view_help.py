"""The viewer (F3) and the help."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from acd_tui.errors import NotFound
from acd_tui.ui.actions import ACTIONS
from acd_tui.ui.code import coloured
from acd_tui.ui.key_table import HelpLine, action_lines
from acd_tui.ui.keymap import keymap
from acd_tui.ui.reading import (
    LIMIT,
    Piece,
    decoded,
    hex_lines,
    is_binary,
    read_piece,
    text_lines,
)
from acd_tui.ui.screens.help import HelpScreen
from acd_tui.ui.screens.rows import Rows
from acd_tui.ui.screens.view import View
from acd_tui.ui.widgets.lines import Lines, wrapped
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.ui.screen_fakes import (
    FORBIDDEN,
    HOSTILE,
    Here,
    results,
    seen,
    showing,
    until,
)

SIZES = [(80, 24), (120, 36)]


class Bytes:
    """A content in memory that counts what is taken of it."""

    modified_ns: int | None = None
    md5: str | None = None

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.given = 0

    @property
    def size(self) -> int:
        return len(self.data)

    @contextlib.asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        async def pieces() -> AsyncIterator[bytes]:
            for at in range(offset, len(self.data), 100_000):
                self.given = at
                yield self.data[at : at + 100_000]

        yield pieces()


async def filesystem_with(data: bytes, name: str) -> tuple[MemoryFileSystem, VPath]:
    filesystem = MemoryFileSystem()
    path = VPath() / name
    await filesystem.write(path, Bytes(data))
    return filesystem, path


@pytest.mark.parametrize("size", SIZES)
async def test_text_is_shown_with_its_controls_made_visible(
    size: tuple[int, int],
) -> None:
    filesystem, path = await filesystem_with(
        b"first [/line]\r\n\tsecond \x1b]0;PWNED\x07\n\xc3\xa9t\xc3\xa9", "a[b.txt"
    )
    async with showing(View(Here(), filesystem, path), size) as pilot:
        await until(pilot, lambda: "UTF-8" in seen(pilot))
        text = seen(pilot)
        assert not FORBIDDEN & set(text)
        assert "a[b.txt" in text
        assert "first [/line]" in text
        assert "        second ␛]0;PWNED␇" in text
        assert "été" in text
        await pilot.press("f3")
        assert results(pilot) == [None]


CODE = """
# a comment

def f(x):  # 漢字 and \x1b[31m
\treturn "[/red]" + x
"""


async def test_code_is_shown_in_its_colours_and_nothing_else_changes() -> None:
    memory = MemoryFileSystem("photos")
    memory.put("/a.py", CODE.encode())
    memory.put("/a.dat", CODE.encode())
    shown = {}
    for name in ("a.py", "a.dat"):
        async with showing(View(Here(), memory, VPath((name,)))) as pilot:
            await until(pilot, lambda: "return" in seen(pilot))
            view = pilot.app.screen.query_one(Lines)
            if name == "a.py":
                await until(pilot, lambda: len(_colours(view)) > 2)  # noqa: B023 - awaited at once
            assert not FORBIDDEN & set(seen(pilot))
            shown[name] = [line[2:70] for line in seen(pilot).splitlines()[1:8]]
            if name == "a.dat":
                assert len(_colours(view)) == 1
    assert shown["a.py"] == shown["a.dat"]


def _colours(view: Lines) -> set[object]:
    """The colours of the text in the first lines."""
    return {
        segment.style.color
        for y in range(5)
        for segment in view.render_line(y)
        if segment.style is not None and segment.text.strip()
    }


@pytest.mark.parametrize(
    "lines",
    [["", "", "x = 1", "", ""], [""], ['"""', "open"], ["x" * 300, " "], ["é", "漢"]],
)
def test_colours_never_move_the_text(lines: list[str]) -> None:
    found = coloured("a.py", lines, dark=True)
    assert found is None or [line.plain for line in found] == lines


def test_what_is_no_known_language_has_no_colours() -> None:
    assert coloured("a.unknown", ["x = 1"], dark=True) is None
    assert coloured("a.py", ["x = 1"] * 100_000, dark=True) is None
    assert coloured("a.md", ["# title", "text"], dark=False) is not None


async def test_bytes_are_shown_as_such_and_h_shows_the_other() -> None:
    filesystem, path = await filesystem_with(bytes(range(256)), "x.bin")
    async with showing(View(Here(), filesystem, path)) as pilot:
        await until(pilot, lambda: "000010  10 11 12" in seen(pilot))
        await pilot.press("h")
        assert "Latin-1" in seen(pilot)
        assert not FORBIDDEN & set(seen(pilot))


async def test_only_the_beginning_is_read_and_it_says_so() -> None:
    content = Bytes(b"0123456789abcdef" * 100_000)

    class Remote(MemoryFileSystem):
        async def read(self, path: VPath) -> Bytes:
            return content

    async with showing(View(Here(), Remote(), VPath(("big.txt",)))) as pilot:
        await until(pilot, lambda: "first 256.0 KiB of 1.5 MiB" in seen(pilot))
        assert content.given < LIMIT + 100_000
        await pilot.press("G")
        lines = pilot.app.screen.query_one(Lines)
        assert lines.scroll_offset.y > 1000


async def test_what_is_read_is_never_more_than_the_limit() -> None:
    filesystem, path = await filesystem_with(b"x" * 1000, "x")
    piece = await read_piece(filesystem, path, 10)
    assert (piece.data, piece.size) == (b"x" * 10, 1000)


async def test_an_empty_file_and_a_missing_one() -> None:
    filesystem, path = await filesystem_with(b"", "empty")
    async with showing(View(Here(), filesystem, path)) as pilot:
        await until(pilot, lambda: "The file is empty" in seen(pilot))
    async with showing(View(Here(), filesystem, VPath(("gone",)))) as pilot:
        await until(pilot, lambda: "✗" in seen(pilot))
        await filesystem.write(VPath(("gone",)), Bytes(b"here again"))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "here again" in seen(pilot))
        await pilot.press("q")
        assert results(pilot) == [None]


async def test_the_error_of_a_hostile_name_is_shown_harmlessly() -> None:
    class Broken(MemoryFileSystem):
        async def read(self, path: VPath) -> Bytes:
            raise NotFound(f"no {path.name}", hint="look\x1b elsewhere")

    for name in HOSTILE:
        path = VPath((name,))
        async with showing(View(Here(), Broken(), path)) as pilot:
            await until(pilot, lambda: "✗" in seen(pilot))
            assert not FORBIDDEN & set(seen(pilot))


@pytest.mark.parametrize(
    ("data", "cut", "text", "encoding"),
    [
        (b"\xef\xbb\xbfa", False, "a", "UTF-8"),
        ("aé".encode()[:-1], True, "a", "UTF-8"),
        ("aé".encode()[:-1], False, "aÃ", "Latin-1"),
        (b"caf\xe9 au lait", True, "café au lait", "Latin-1"),
    ],
)
def test_decoding(data: bytes, cut: bool, text: str, encoding: str) -> None:
    assert decoded(Piece(data, len(data) + cut)) == (text, encoding)


def test_what_is_binary() -> None:
    assert is_binary(b"a\0b")
    assert is_binary(b"\x01\x02abc")
    assert not is_binary(b"")
    assert not is_binary(b"text with \x1b[1mcolours\x1b[0m in it and more of it")


def test_lines() -> None:
    assert text_lines("a\r\nb\rc\n") == ["a", "b", "c"]
    assert text_lines("") == []
    assert hex_lines(b"") == []
    assert hex_lines(b"A\xff") == ["000000  41 ff" + " " * 45 + "A·"]


@pytest.mark.parametrize("width", [25, 37, 38, 41, 75])
def test_bytes_fit_into_the_columns_there_are(width: int) -> None:
    lines = hex_lines(bytes(range(256)) * 256, width=width)
    assert max(map(len, lines)) <= width
    assert len({len(line) for line in lines}) == 1
    digits = "".join(line.partition(" ")[2][:-1] for line in lines[:4])
    assert digits.split()[:4] == ["00", "01", "02", "03"]


@pytest.mark.parametrize(
    ("line", "width", "pieces"),
    [
        ("abcde", 2, ["ab", "cd", "e"]),
        ("漢字漢", 4, ["漢字", "漢"]),
        ("漢", 1, ["漢"]),
        ("", 4, [""]),
        ("to be or not", 8, ["to be or ", "not"]),
        ("to be or not", 7, ["to be ", "or not"]),
        ("漢 字漢 字", 6, ["漢 ", "字漢 ", "字"]),
        ("    deeply", 8, ["    deep", "ly"]),
    ],
)
def test_long_lines_go_on_between_words(
    line: str, width: int, pieces: list[str]
) -> None:
    assert wrapped(line, width) == pieces


class Alone(App[None]):
    def compose(self) -> ComposeResult:
        yield Lines()


async def test_coloured_lines_are_cut_where_plain_ones_are() -> None:
    plain = ["value = some_function(argument) + another_one  # and more"]
    colours = coloured("a.py", plain, dark=True)
    assert colours is not None
    async with Alone().run_test(size=(21, 6)) as pilot:
        lines = pilot.app.query_one(Lines)
        lines.show(plain)
        before = [lines.render_line(y).text.rstrip() for y in range(6)]
        lines.recolour(colours)
        assert [lines.render_line(y).text.rstrip() for y in range(6)] == before
        assert before[:2] == ["value =", "some_function(argume"]


# --- help

GIVEN = [
    HelpLine("Pane", "F5, y", "Copy", "Copy to the other pane"),
    HelpLine("Pane", "F8", "Trash", "Can be restored"),
    HelpLine("Queue", "w", "Show [/x]", "In another height\x1b"),
]


@pytest.mark.parametrize("size", SIZES)
async def test_help_narrows_while_one_types(size: tuple[int, int]) -> None:
    async with showing(HelpScreen(GIVEN), size) as pilot:
        text = seen(pilot)
        assert "3 actions" in text
        assert "Show [/x]" in text
        assert not FORBIDDEN & set(text)
        assert pilot.app.focused is pilot.app.screen.query_one(Input)
        await pilot.press(*"OTHER pane")
        assert "1 action ·" in seen(pilot)
        assert "Copy to the other pane" in seen(pilot)
        await pilot.press(*"zzz")
        assert "No action of that kind" in seen(pilot)
        await pilot.press("down", "pagedown", "escape")
        assert results(pilot) == [None]


async def test_help_moves_with_the_arrows_while_one_types() -> None:
    async with showing(HelpScreen(GIVEN)) as pilot:
        await pilot.press("down", "down")
        assert pilot.app.screen.query_one(Rows).cursor == 2
        assert "w  Show [/x]: In another height" in seen(pilot)


async def test_help_knows_every_action() -> None:
    assert {line.title for line in action_lines(keymap().keys)} == {
        action.title for action in ACTIONS
    }
    async with showing(HelpScreen(action_lines(keymap().keys))) as pilot:
        assert f"{len(ACTIONS)} actions" in seen(pilot)


async def test_help_does_what_is_chosen() -> None:
    async with showing(HelpScreen(action_lines(keymap().keys))) as pilot:
        await pilot.press(*"new folder", "enter")
        assert results(pilot) == ["mkdir"]
