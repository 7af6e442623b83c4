"""Prompt, confirm, choose, copy, properties."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.screen import Screen
from textual.widgets import Button, Input, Select

from acd_tui.printable import printable
from acd_tui.transfers.model import ConflictPolicy, Place
from acd_tui.ui.screens.command_line import copy_commands, quoted
from acd_tui.ui.screens.confirm import Choose, Confirm
from acd_tui.ui.screens.copy import ConfirmCopy
from acd_tui.ui.screens.log import LogScreen
from acd_tui.ui.screens.login import Login
from acd_tui.ui.screens.prompt import Prompt, stem_length
from acd_tui.ui.screens.properties import Properties
from acd_tui.ui.screens.trash import TrashScreen
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.ui.screen_fakes import (
    FORBIDDEN,
    HOSTILE,
    FakeServices,
    FakeTrash,
    Here,
    results,
    seen,
    showing,
    trash_item,
    until,
)

SIZES = [(80, 24), (120, 36)]


@pytest.mark.parametrize("size", SIZES)
async def test_typing_replaces_the_stem_and_keeps_the_extension(
    size: tuple[int, int],
) -> None:
    async with showing(Prompt("Rename", "New name", "photo.jpg"), size) as pilot:
        await pilot.press(*"x1", "enter")
        assert results(pilot) == ["x1.jpg"]


async def test_escape_and_the_button_cancel_a_prompt() -> None:
    async with showing(Prompt("Rename", "New name", "a")) as pilot:
        await pilot.press("escape")
        assert results(pilot) == [None]
    async with showing(Prompt("Rename", "New name", "a")) as pilot:
        await pilot.click("#no")
        assert results(pilot) == [None]


async def test_tab_goes_from_the_field_to_the_button_that_does_it() -> None:
    async with showing(Prompt("Mkdir", "Name", "a")) as pilot:
        await pilot.press("tab", "enter")
        assert results(pilot) == ["a"]
    async with showing(Prompt("Mkdir", "Name", "a")) as pilot:
        await pilot.press("tab", "tab", "enter")
        assert results(pilot) == [None]


@pytest.mark.parametrize("width", [16, 18, 20, 22])
async def test_buttons_that_have_no_room_do_not_end_the_program(width: int) -> None:
    dialog = Confirm("Trash", ["Move a to the trash?"], yes="Trash", commands=[])
    async with showing(dialog, (width, 6)) as pilot:
        await pilot.pause()
        await pilot.press("y")
        assert results(pilot) == [True]


async def test_arrows_go_from_button_to_button_but_not_in_a_field() -> None:
    async with showing(Prompt("Rename", "New name", "a")) as pilot:
        await pilot.press("tab")
        for key, button in (("left", "no"), ("right", "yes"), ("right", "no")):
            await pilot.press(key)
            focused = pilot.app.focused
            assert focused is not None
            assert focused.id == button
        await pilot.press("tab", "left", "b", "enter")
        assert results(pilot) == ["ba"]


async def test_up_and_down_go_from_field_to_field() -> None:
    async with showing(ConfirmCopy("1 file", "photos:")) as pilot:
        await pilot.press("down")
        assert isinstance(pilot.app.focused, Select)
        await pilot.press("tab", "down")
        assert pilot.app.focused is pilot.app.screen.query_one("#no")
        await pilot.press("up", "enter")
        assert results(pilot) == [("photos:", ConflictPolicy.ASK)]


@pytest.mark.parametrize(
    ("size", "width"), [((60, 24), 60), ((80, 24), 68), ((200, 60), 120)]
)
async def test_names_and_commands_have_room_where_there_is(
    size: tuple[int, int], width: int
) -> None:
    path = f"/home/u/{'long/' * 14}x"
    for screen in (
        ConfirmCopy("1 file", "photos:", sources=[(path, False)]),
        Prompt("Rename", "New name", path),
        Confirm("Trash", ["Trash it?"], commands=[f"acd-tui trash {path}"]),
    ):
        async with showing(screen, size) as pilot:
            assert pilot.app.screen.query_one(".box").outer_size.width == width
            assert (path in seen(pilot)) == (width > 100)


async def test_a_prompt_says_what_is_wrong_and_stays() -> None:
    def problem(text: str) -> str | None:
        return f"There is {text} already" if text == "a[/b]" else None

    async with showing(Prompt("Mkdir", "Name", "a[/b]", validate=problem)) as pilot:
        await pilot.press("enter")
        assert "There is a[/b] already" in seen(pilot)
        assert results(pilot) == []
        await pilot.press("end", "2")
        assert "There is" not in seen(pilot)
        await pilot.click("#yes")
        assert results(pilot) == ["a[/b]2"]


BIN = FakeTrash([trash_item(1, "a.txt")])


@pytest.mark.parametrize(
    ("screen", "says"),
    [
        (ConfirmCopy("1 file", "x:", sources=[("/a", False)]), "(Ctrl-Y copies it)"),
        (Login(Here(), FakeServices(), "photos"), "Ctrl-Y copies the address"),
        (LogScreen(Path("a.log")), "Ctrl-Y copies the path"),
        (TrashScreen(Here(), BIN, BIN), "Ctrl-Y copies the command"),
    ],
    ids=["copy", "sign-in", "log", "trash"],
)
async def test_what_copies_is_spelt_alike_and_is_the_key(
    screen: Screen[Any], says: str
) -> None:
    async with showing(screen, (110, 30)) as pilot:
        await until(pilot, lambda: says in seen(pilot))
        assert "ctrl+y" in screen._bindings.key_to_bindings
        assert "ctrl+y" not in seen(pilot)


async def test_long_commands_leave_room_to_say_that_there_are_more() -> None:
    many = [(f"/home/u/{'long' * 9}/{n}", False) for n in range(5)]
    screen = ConfirmCopy("5 files", "photos:/a/long/way/down", sources=many)
    async with showing(screen) as pilot:
        assert "and 2 more" in seen(pilot)


@pytest.mark.parametrize("name", HOSTILE)
async def test_an_unchanged_name_comes_back_as_it_was(name: str) -> None:
    async with showing(Prompt("Rename", f"New name of {name}", name)) as pilot:
        assert not FORBIDDEN & set(seen(pilot))
        await pilot.press("enter")
        assert results(pilot) == [name]


async def test_pasted_text_is_one_line_and_cannot_control_the_terminal() -> None:
    async with showing(Prompt("Rename", "New name", "")) as pilot:
        pilot.app.screen.query_one(Input).post_message(
            events.Paste("https://x/?a=\n  b\x1b]0;no\x07")
        )
        await pilot.pause()
        assert not FORBIDDEN & set(seen(pilot))
        await pilot.press("enter")
        assert results(pilot) == ["https://x/?a=b␛]0;no␇"]


@pytest.mark.parametrize(
    ("name", "length"), [("a.tar.gz", 5), (".profile", 8), ("a", 1), ("", 0)]
)
def test_the_stem_of_a_name(name: str, length: int) -> None:
    assert stem_length(name) == length


@pytest.mark.parametrize(
    ("key", "answer"),
    [("y", True), ("n", False), ("escape", False), ("enter", False)],
)
async def test_confirm_takes_the_safe_choice_by_default(key: str, answer: bool) -> None:
    async with showing(Confirm("Trash", ["Trash it?"])) as pilot:
        assert pilot.app.focused is pilot.app.screen.query_one("#no")
        await pilot.press(key)
        assert results(pilot) == [answer]


async def test_confirm_by_arrow_and_enter_and_by_mouse() -> None:
    async with showing(Confirm("Trash", ["Trash it?"])) as pilot:
        await pilot.press("right", "enter")
        assert results(pilot) == [True]
    async with showing(Confirm("Trash", ["Trash it?"], danger=True)) as pilot:
        await pilot.click("#yes")
        assert results(pilot) == [True]


@pytest.mark.parametrize("size", SIZES)
async def test_confirm_with_thousands_of_hostile_names(size: tuple[int, int]) -> None:
    lines = ["Trash all these?", *HOSTILE, *(f"file {n}" for n in range(5000))]
    screen = Confirm("[/red]", lines, yes="[/b]", no="[x")
    async with showing(screen, size) as pilot:
        text = seen(pilot)
        assert not FORBIDDEN & set(text)
        assert "[@click=app.quit]x[/]" in text
        assert "[/b] (y)" in text
        # The buttons are in sight however much stands above them.
        assert screen.query_one("#yes", Button).region.bottom < size[1]


OPTIONS = [("f", "finish", "Finish [/first]"), ("k", "keep", "Keep"), ("", "s", "Stay")]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], "finish"),
        (["down", "enter"], "keep"),
        (["k"], "keep"),
        (["up", "enter"], "s"),
        (["escape"], None),
    ],
)
async def test_choosing_one_of_a_few(keys: list[str], answer: str | None) -> None:
    async with showing(Choose("Quit", "2 run [/x]", OPTIONS)) as pilot:
        assert "Finish [/first]" in seen(pilot)
        await pilot.press(*keys)
        assert results(pilot) == [answer]


SOURCES = [("/home/u/it's $x", False), ("photos:/Old albums", True)]


@pytest.mark.parametrize("size", SIZES)
async def test_copy_gives_target_and_policy(size: tuple[int, int]) -> None:
    screen = ConfirmCopy("2 things", "photos:/a", sources=SOURCES)
    async with showing(screen, size) as pilot:
        await pilot.press(*"/b", "tab", "enter", "down", "down", "enter")
        text = seen(pilot)
        assert "--conflict overwrite" in text
        assert "photos:/a/b" in text
        await pilot.click("#yes")
        assert results(pilot) == [("photos:/a/b", ConflictPolicy.OVERWRITE)]


async def test_copy_wants_a_target_and_can_be_cancelled() -> None:
    async with showing(ConfirmCopy("1 file", "")) as pilot:
        await pilot.press("enter")
        assert "Say which folder" in seen(pilot)
        await pilot.press("escape")
        assert results(pilot) == [None]


async def test_copy_puts_the_whole_command_on_the_clipboard() -> None:
    many = [(f"/home/u/{n}", False) for n in range(9)]
    screen = ConfirmCopy(
        "9 files", "photos:/a", ConflictPolicy.SKIP, sources=many, verb="move"
    )
    async with showing(screen) as pilot:
        assert "and 6 more" in seen(pilot)
        await pilot.press("ctrl+y")
        lines = pilot.app.clipboard.splitlines()
        assert lines[8] == "acd-tui move /home/u/8 photos:/a --conflict skip"
        assert screen.query_one(Select).value is ConflictPolicy.SKIP


@pytest.mark.parametrize("name", HOSTILE)
async def test_copy_shows_and_quotes_hostile_names(name: str) -> None:
    screen = ConfirmCopy(name, f"x:/{name}", sources=[(f"/home/{name}", True)])
    async with showing(screen) as pilot:
        assert not FORBIDDEN & set(seen(pilot))
        await pilot.press("ctrl+y")
        assert not FORBIDDEN & set(pilot.app.clipboard)
        await pilot.press("enter")
        assert results(pilot) == [(f"x:/{name}", ConflictPolicy.ASK)]


@pytest.mark.parametrize("name", [*HOSTILE, "plain", "two words", "it's", "-n", ""])
def test_a_shell_reads_a_quoted_name_back(name: str) -> None:
    name = name.replace("\0", "")
    said = subprocess.run(
        ["bash", "-c", f"printf %s {quoted(name)}"], capture_output=True, check=True
    )
    assert said.stdout == name.encode("utf-8", "surrogateescape")
    assert printable(quoted(name)) == quoted(name)


def test_a_folder_is_copied_to_its_own_name() -> None:
    commands = copy_commands(SOURCES, "/tmp/x", ConflictPolicy.ASK)
    assert [shlex.split(line)[2:4] for line in commands] == [
        ["/home/u/it's $x", "/tmp/x"],
        ["photos:/Old albums", "/tmp/x/Old albums"],
    ]
    (root,) = copy_commands([("/home/u/a/", True)], "photos:", ConflictPolicy.ASK)
    assert root == "acd-tui copy /home/u/a/ photos:a --conflict ask"


@pytest.mark.parametrize(
    ("source", "to"),
    [
        ("/home/u/10:30", "photos:Old/10:30"),
        ("photos:10:30", "photos:Old/10:30"),
        ("photos:a:b/c:d", "photos:Old/c:d"),
        ("photos:", "photos:Old"),
        ("/", "photos:Old"),
    ],
)
def test_a_folder_whose_name_holds_a_colon_keeps_it(source: str, to: str) -> None:
    (line,) = copy_commands([(source, True)], "photos:Old", ConflictPolicy.ASK)
    assert shlex.split(line)[2:4] == [source, to]


@pytest.mark.parametrize("name", [n for n in HOSTILE if "/" not in n and "\0" not in n])
async def test_properties_show_all_that_is_known(name: str) -> None:
    entry = Entry(
        name=name,
        kind=Kind.FILE,
        size=3_400_000,
        modified_ns=1_700_000_000 * 10**9,
        md5="d41d8cd98f00b204e9800998ecf8427e",
        id="Zk3[/x]",
    )
    place = Place("photos", VPath.parse("/Photos") / name)
    screen = Properties(Here(), MemoryFileSystem("photos"), entry, place)
    async with showing(screen) as pilot:
        text = seen(pilot)
        assert not FORBIDDEN & set(text)
        assert "3.2 MiB (3,400,000 bytes)" in text
        assert "Zk3[/x]" in text
        await pilot.press("enter")
        assert results(pilot) == [None]


async def test_a_prompt_without_a_text_shows_what_the_command_will_be_like() -> None:
    prompt = Prompt(
        "New folder", "Name", commands=lambda text: [f"acd-tui mkdir {text}"]
    )
    async with showing(prompt) as pilot:
        assert "acd-tui mkdir …" in seen(pilot)
        await pilot.press("ctrl+y")
        copied = [pilot.app.clipboard]
        await pilot.press("a", "ctrl+y")
        copied.append(pilot.app.clipboard)
        assert copied == ["", "acd-tui mkdir a\n"]
        await pilot.press("b")
        lines = seen(pilot).splitlines()
        (y,) = (at for at, line in enumerate(lines) if "Ctrl-Y copies it" in line)
        await pilot.click(offset=(lines[y].index("Ctrl-Y"), y))
        await until(pilot, lambda: pilot.app.clipboard == "acd-tui mkdir ab\n")
