from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.keys import key_to_character

from acd_tui.ui.actions import ACTIONS, BY_ID, of_context
from acd_tui.ui.app import AcdApp
from acd_tui.ui.keymap import keys_of, problems, show_key
from tests.ui.fake_session import text, until

SEQUENCES = {
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f9": "\x1b[20~",
    "f10": "\x1b[21~",
    "shift+f6": "\x1b[17;2~",
    "alt+f1": "\x1b[1;3P",
    "alt+f2": "\x1b[1;3Q",
    "alt+f7": "\x1b[18;3~",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "shift+up": "\x1b[1;2A",
    "shift+down": "\x1b[1;2B",
    "alt+left": "\x1b[1;3D",
    "alt+right": "\x1b[1;3C",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "insert": "\x1b[2~",
    "delete": "\x1b[3~",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "ctrl+pageup": "\x1b[5;5~",
    "ctrl+pagedown": "\x1b[6;5~",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "enter": "\r",
    "backspace": "\x7f",
    "alt+c": "\x1bc",
    "alt+i": "\x1bi",
    "alt+o": "\x1bo",
}
"""What a plain xterm sends for keys that are not characters."""

NOT_EVERYWHERE = {"add", "subtract", "multiply", "f18"}
"""Twins for terminals with the Kitty protocol (keypad) and those without it (F18)."""


_NAMED = {"plus": "+", "minus": "-", "slash": "/", "backslash": "\\"}


def sequence(key: str) -> str:
    if key in SEQUENCES:
        return SEQUENCES[key]
    if key.startswith("ctrl+") and len(key) == 6:
        return chr(ord(key[-1]) & 0x1F)
    character = _NAMED.get(key) or key_to_character(key) or key
    assert len(character) == 1, f"{key}: say what a terminal sends"
    return character


@pytest.mark.parametrize(
    "key",
    sorted(
        {key for action in ACTIONS for key in action.key_names}
        - NOT_EVERYWHERE
        - {"escape"}
    ),
)
def test_every_default_key_arrives_from_a_terminal(key: str) -> None:
    parsed = [
        event.key
        for parser in [XTermParser()]
        for event in [*parser.feed(sequence(key)), *parser.feed("")]
        if isinstance(event, events.Key)
    ]
    assert parsed == [key]


def test_the_default_keys_are_in_order() -> None:
    assert problems({}) == []
    assert len(BY_ID) == len(ACTIONS)


@pytest.mark.parametrize(
    ("keymap", "problem"),
    [
        ({"fly": "f"}, "there is no action 'fly'"),
        ({"hidden": "f5"}, "f5 is wanted by copy and hidden"),
        ({"pause": "w"}, "w is wanted by queue and pause"),
        ({"hidden": "ctrl+m"}, "does not reach the program everywhere"),
        ({"hidden": "Alt + x"}, "is not the name of a key"),
        ({"copy": "y"}, "f5 must stay with copy"),
    ],
)
def test_what_is_wrong_with_keys_is_named(keymap: dict[str, str], problem: str) -> None:
    assert any(problem in found for found in problems(keymap))


def test_keys_of_contexts_apart_may_be_the_same() -> None:
    keys = keys_of({})
    assert "space" in keys["pause"]
    assert "space" in keys["mark"]
    assert problems({"refresh": "ctrl+r, F"}) == []
    assert keys_of({"refresh": "ctrl+r, F"})["refresh"] == ("ctrl+r", "F")


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("f5", "F5"),
        ("ctrl+r", "Ctrl-R"),
        ("shift+f6", "Shift-F6"),
        ("question_mark", "?"),
        ("G", "G"),
        ("alt+left", "Alt-←"),
    ],
)
def test_keys_as_they_are_shown(key: str, shown: str) -> None:
    assert show_key(key) == shown


async def test_every_action_has_a_method(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await pilot.pause()
        for action in ACTIONS:
            owner = app if action.context == "global" else app.browser.target_of(action)
            assert callable(getattr(owner, f"do_{action.id}")), action.id


async def test_an_action_that_is_not_possible_says_why(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("alt+c")
        await until(pilot, lambda: "there are no conflicts" in text(app))


async def test_changed_keys_work_and_are_shown(session: object, app: AcdApp) -> None:
    app._keymap_asked = {"queue": "w,Q", "refresh": "ctrl+r,f12"}
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("Q")
        assert app.browser.queue_panel.display
        assert app.keys_of("queue") == ("w", "Q")


async def test_wrong_keys_are_reported_and_the_defaults_stay(app: AcdApp) -> None:
    app._keymap_asked = {"hidden": "f5"}
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: "f5 is wanted by copy and hidden" in text(app))
        assert app.keys_of("hidden") == ("full_stop",)


async def test_the_palette_finds_actions_and_does_them(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("colon")
        await until(pilot, lambda: "Search for commands" in text(app))
        await pilot.press(*"by size")
        await until(pilot, lambda: "Sort by size" in text(app))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "Size ▼" in text(app))


async def test_the_key_bar_can_be_clicked(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        bar = text(app).splitlines()[-1]
        for label in (a.label for a in of_context("pane") if a.label):
            assert label in bar
        await pilot.click("KeyBar", offset=(bar.index("Queue"), 0))
        await until(pilot, lambda: app.browser.queue_panel.display)
