from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.events import AppBlur

from acd_tui.config.file import SettingsFile
from acd_tui.config.settings import KeySettings, Preset, Settings
from acd_tui.ui.actions import ACTIONS, BY_ID, of_context
from acd_tui.ui.app import AcdApp
from acd_tui.ui.chords import Chords, Taken
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.keymap import PRESETS, TOGETHER, Where, keymap, preset_problems
from acd_tui.ui.keys import ALIASES, SIGNS, expand, parse_keys, show_key
from acd_tui.ui.presets import CORE
from acd_tui.ui.widgets.which_key import WhichKey
from tests.ui.fake_session import FakeSession, place, text, until

SEQUENCES = {
    **dict(
        zip(
            ("f1", "f2", "f3", "f4"),
            ("\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS"),
            strict=True,
        )
    ),
    **{
        f"f{number}": f"\x1b[{code}~"
        for number, code in zip(
            range(5, 13), (15, 17, 18, 19, 20, 21, 23, 24), strict=True
        )
    },
    **{
        f"{modifiers}+f{number}": f"\x1b[{code};{sign}~"
        for modifiers, sign in (("shift", 2), ("alt", 3))
        for number, code in zip(
            range(5, 13), (15, 17, 18, 19, 20, 21, 23, 24), strict=True
        )
    },
    "shift+f4": "\x1b[1;2S",
    "alt+f1": "\x1b[1;3P",
    "alt+f2": "\x1b[1;3Q",
    **{
        name: f"\x1b[{letter}"
        for name, letter in zip(("up", "down", "right", "left"), "ABCD", strict=True)
    },
    **{
        f"{modifiers}+{name}": f"\x1b[1;{sign}{letter}"
        for modifiers, sign in (("shift", 2), ("alt", 3), ("ctrl", 5))
        for name, letter in zip(("up", "down", "right", "left"), "ABCD", strict=True)
    },
    "home": "\x1b[H",
    "end": "\x1b[F",
    "insert": "\x1b[2~",
    "delete": "\x1b[3~",
    "shift+delete": "\x1b[3;2~",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "alt+pageup": "\x1b[5;3~",
    "alt+pagedown": "\x1b[6;3~",
    "ctrl+pageup": "\x1b[5;5~",
    "ctrl+pagedown": "\x1b[6;5~",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "enter": "\r",
    "escape": "\x1b",
    "backspace": "\x7f",
    "space": " ",
    "ctrl+space": "\x00",
    "ctrl+backslash": "\x1c",
}
"""What a plain xterm sends for keys that are not characters."""


def sequence(key: str) -> str:
    if key in SEQUENCES:
        return SEQUENCES[key]
    if key.startswith("ctrl+") and len(key) == 6:
        return chr(ord(key[-1]) & 0x1F)
    if key.startswith("alt+") and len(key) == 5:
        return "\x1b" + key[-1]
    character = SIGNS.get(key, key)
    assert len(character) == 1, f"{key}: say what a terminal sends"
    return character


def arriving(data: str) -> list[str]:
    """The keys Textual's parser makes of what a terminal sends."""
    parser = XTermParser()
    tokens = [*parser.feed(data), *parser.feed("")]
    return [event.key for event in tokens if isinstance(event, events.Key)]


def all_keys() -> list[tuple[str, str, str]]:
    return [
        (preset, action.id, keys)
        for preset in PRESETS
        for action in ACTIONS
        for own in keymap(preset).keys[action.id]
        for keys in (expand(own)[0], expand(own)[-1])
    ]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_key_does_its_action_when_a_terminal_sends_it(preset: str) -> None:
    chords = Chords(keymap(preset))
    for name, action, keys in all_keys():
        if name != preset:
            continue
        context = BY_ID[action].context
        where: Where = context if context in {"queue", "transfers"} else "pane"
        taken = None
        for key in keys.split(" "):
            (arrived,) = arriving(sequence(key))
            taken = chords.take(arrived, where)
        assert taken is not None, keys
        assert taken.action == action, keys
        assert not chords.pending


@pytest.mark.parametrize("number", range(1, 11))
def test_escape_and_a_digit_is_a_function_key(number: int) -> None:
    (arrived,) = arriving(f"\x1b{number % 10}")
    assert ALIASES[arrived] == f"f{number}"
    keys = keymap(changes={"hidden": "f2"})
    taken = Chords(keys).take(arrived, "pane")
    assert taken is not None
    assert f"f{number}" in keys.keys[str(taken.action)]


def test_the_signs_are_named_as_they_arrive() -> None:
    assert [arriving(sign) for sign in SIGNS.values()] == [[name] for name in SIGNS]


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_in_order(preset: str) -> None:
    assert preset_problems(preset) == []
    assert len(BY_ID) == len(ACTIONS)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_screen_has_a_key(preset: str) -> None:
    keys = keymap(preset).keys
    screens = (
        *("transfers", "conflicts", "compare", "trash_screen", "remotes", "search"),
        *("space", "duplicates", "account", "changes", "properties", "log"),
        *("settings", "help", "preview"),
    )
    assert [screen for screen in screens if not keys[screen]] == []


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_takes_the_core_away(preset: str) -> None:
    keys = keymap(preset).keys
    for action, core in CORE.items():
        assert set(core.split(",")) <= set(keys[action]), action


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"fly": "f"}, "there is no such action"),
        ({"hidden": "f5"}, "f5 is the key of copy already"),
        ({"pause": "w"}, "w is the key of queue already"),
        ({"hidden": "ctrl+m"}, "ctrl+m arrives as Enter"),
        ({"hidden": "ctrl+["}, "arrives as Escape"),
        ({"hidden": "g x, Alt+Hyper+x"}, "'Alt+Hyper+x' is not the name of a key"),
        ({"hidden": "g"}, "begin alike"),
        ({"hidden": "w w"}, "w w and w, the key of queue, begin alike"),
        ({"hidden": "alt+b"}, "alt+b arrives as Ctrl-Left"),
        ({"quit": ""}, "it must keep a key"),
        ({"hidden": "alt+."}, "not every terminal sends alt+full_stop"),
        ({"hidden": "ctrl+shift+a"}, "not every terminal sends ctrl+shift+a"),
    ],
)
def test_what_is_wrong_with_keys_is_named(
    changes: dict[str, str], problem: str
) -> None:
    keys = keymap(changes=changes)
    assert any(problem in found.text for found in keys.problems)
    assert [found.action for found in keys.problems] == list(changes)


def test_what_is_wrong_is_left_out_and_the_rest_taken_over() -> None:
    keys = keymap(changes={"hidden": "f5", "refresh": "ctrl+r, F", "fly": "f"})
    assert keys.keys["hidden"] == ("full_stop",)
    assert keys.keys["refresh"] == ("ctrl+r", "F")
    assert {problem.action for problem in keys.problems} == {"hidden", "fly"}


def test_keys_may_change_places() -> None:
    changes = {"filter": "n", "find_next": "f"}
    keys = keymap(changes=changes)
    assert keys.problems == ()
    assert keys.find("n", "pane") == (True, "filter")
    assert keys.find("f", "pane") == (True, "find_next")


def test_keys_of_contexts_apart_may_be_the_same() -> None:
    keys = keymap()
    assert keys.find("x", "queue") == (True, "cancel")
    assert keys.find("x", "pane") == (True, "cut")
    assert keys.find("x", "global") == (False, None)


def test_keys_that_few_terminals_send_are_fine_beside_others() -> None:
    keys = keymap(changes={"hidden": "ctrl+shift+a, full_stop"})
    assert keys.problems == ()


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("f5, g g", ("f5", "g g")),
        ("Ctrl-R,C-r,ctrl+r", ("ctrl+r",)),
        ("Shift+F6, shift-a", ("shift+f6", "A")),
        ("?, /", ("question_mark", "slash")),
        ("alt+shift+left", ("alt+shift+left",)),
        ("PgUp,Del,Esc", ("pageup", "delete", "escape")),
        ("G, g", ("G", "g")),
        ("-, +", ("minus", "plus")),
        ("ctrl+-", ("ctrl+minus",)),
        ("multiply, f18", ("asterisk", "shift+f6")),
        ("é", ("é",)),
        ("", ()),
    ],
)
def test_keys_as_they_may_be_written(written: str, keys: tuple[str, ...]) -> None:
    assert parse_keys(written) == keys


def test_a_chord_goes_on_back_and_away() -> None:
    chords = Chords(keymap())
    assert chords.take("g", "pane") == Taken()
    assert chords.pending == "g"
    assert {next_.key for next_ in chords.keymap.following("g", "pane")} >= {"g", "t"}
    assert chords.take("backspace", "pane") == Taken()
    assert not chords.pending
    assert chords.take("backspace", "pane") == Taken("parent", "backspace")
    chords.take("g", "pane")
    assert chords.take("escape", "pane") == Taken()
    assert not chords.pending
    chords.take("g", "pane")
    assert chords.take("f5", "pane") == Taken()  # given up, not copied
    assert chords.take("f24", "pane") is None
    assert chords.take("g", "global") is None


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("f5", "F5"),
        ("ctrl+r", "Ctrl-R"),
        ("shift+f6", "Shift-F6"),
        ("question_mark", "?"),
        ("G", "G"),
        ("alt+left", "Alt-←"),
        ("g g", "g g"),
        ("ctrl+x d", "Ctrl-X d"),
        ("m letter", "m a…z"),
    ],
)
def test_keys_as_they_are_shown(key: str, shown: str) -> None:
    assert show_key(key) == shown


async def test_every_action_has_a_method(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await pilot.pause()
        for where in ("pane", "queue", "transfers"):
            if where == "transfers":
                await pilot.press("g", "w")
                await until(pilot, lambda: app.front is not app.browser)
            for action in of_context(*TOGETHER[where]):
                deed = getattr(app.target_of(action), f"do_{action.id}")
                assert callable(deed), action.id


async def test_an_action_that_is_not_possible_says_why(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("alt+c")
        await until(pilot, lambda: "there are no conflicts" in text(app))


def with_keys(session: FakeSession, **keys: Any) -> AcdApp:
    return AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        right=place("photos:/2019"),
        settings=Settings(keys=KeySettings(**keys)),
    )


async def test_changed_keys_work_and_are_shown(session: FakeSession) -> None:
    app = with_keys(session, bind={"queue": "w,Q", "sort_name": "ctrl+t z", "mark": ""})
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("Q")
        assert app.browser.parts.queue_panel.display
        assert app.keys_of("queue") == ("w", "Q")
        await pilot.press("ctrl+t")
        await until(pilot, lambda: "Sort by name" in text(app))


async def test_wrong_keys_are_reported_and_the_defaults_stay(
    session: FakeSession,
) -> None:
    app = with_keys(session, bind={"hidden": "f5"})
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: "f5 is the key of copy" in text(app))
        assert app.keys_of("hidden") == ("full_stop",)


def test_the_settings_know_the_presets() -> None:
    assert set(get_args(Preset)) == set(PRESETS)


async def test_wrong_keys_are_named_with_their_line(
    session: FakeSession, tmp_path: Path
) -> None:
    file = SettingsFile(tmp_path / "settings.toml")
    file.path.write_text('[keys.bind]\n# mine\nfly = "f"\n"hidden" = "ctrl+i"\n')
    app = with_keys(session, bind=file.load().keys.bind)
    app.preferences.file = file
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: len(app._notifications) == 2)
        told = [str(notification.message) for notification in app._notifications]
        assert "settings.toml, line 3: keys.bind.fly: there is no such" in told[0]
        assert "settings.toml, line 4: keys.bind.hidden: ctrl+i arrives" in told[1]


async def test_letters_search_where_the_preset_says_so(session: FakeSession) -> None:
    app = with_keys(session, preset="explorer")
    async with app.run_test(size=(100, 30)) as pilot:
        table = app.browser.left.table
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press(*"img10", "enter")
        assert table.current is not None
        assert table.current.entry.name == "img10.jpg"
        assert table.has_focus
        await pilot.press("f", *"docs")  # of the core, so it is the filter still
        assert app.browser.left.files.pattern == "docs"


async def test_a_chord_shows_what_may_follow(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("end", "g")
        assert app.browser.query_one(WhichKey).display
        assert "First line" in text(app)
        await pilot.press("escape")
        assert not app.browser.query_one(WhichKey).display
        assert app.browser.left.table.cursor > 0
        await pilot.press("g", "g")
        assert not app.browser.query_one(WhichKey).display
        assert app.browser.left.table.cursor == 0
        await pilot.press("g")
        await pilot.click("FileTable", offset=(5, 5))
        assert not app.browser.query_one(WhichKey).display


async def test_an_action_with_two_keys_is_shown_once(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("ctrl+w")
        assert text(app).count("one above the other") == 1
        await pilot.press("v")  # which works all the same
        await until(pilot, lambda: not app.browser.which_key.display)


async def test_a_dialog_that_opens_meanwhile_ends_the_chord(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("g")
        app.do_help()
        await until(pilot, lambda: "type to search" in text(app))
        await pilot.press("h", "escape")
        await until(pilot, lambda: app.screen is app.browser)
        assert not app.browser.query_one(WhichKey).display
        assert app.browser.left.place == place("local:/home")


async def test_a_key_of_the_popup_can_be_clicked(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("end", "g")
        line = next(
            (y, row.index("First line"))
            for y, row in enumerate(text(app).splitlines())
            if "First line" in row
        )
        await pilot.click(offset=(line[1], line[0]))
        await until(pilot, lambda: app.browser.left.table.cursor == 0)
        assert not app.browser.which_key.display


async def test_a_key_counts_although_the_terminal_is_not_looked_at(
    app: AcdApp,
) -> None:
    """It may be sent by a program, or typed into several terminals at once."""
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        app.post_message(AppBlur())
        await until(pilot, lambda: app.focused is None)
        await pilot.press("down")
        await until(pilot, lambda: app.browser.left.table.cursor == 1)
        app.post_message(AppBlur())
        await until(pilot, lambda: app.focused is None)
        await pilot.press("f7", *"x", "enter")
        await until(pilot, lambda: "▸ x" in text(app))


async def test_keys_typed_into_a_field_are_text(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("f", *"gq")
        assert app.browser.left.files.pattern == "gq"
        await pilot.press("f1")
        await until(pilot, lambda: "type to search" in text(app))


async def test_the_palette_finds_actions_and_does_them(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("colon")
        await until(pilot, lambda: "What would you like to do?" in text(app))
        await pilot.press(*"by size")
        await until(pilot, lambda: "Sort by size" in text(app))
        line = next(row for row in text(app).splitlines() if "Sort by size" in row)
        assert ", s" in line
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "Size ▼" in text(app))


async def test_what_an_action_does_stands_back_behind_its_name(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("f9")
        await until(pilot, lambda: "All keys and what they do" in text(app))
        strips = app.screen._compositor.render_strips()
        looks = {
            words: part.style is not None and bool(part.style.bold)
            for part in (part for strip in strips for part in strip)
            for words in ("All keys and what they do", "Menu  ")
            if words in part.text
        }
        assert looks == {"All keys and what they do": False, "Menu  ": True}


async def test_the_palette_says_why_something_is_not_possible(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("f9", *"decide")
        await until(pilot, lambda: "Not now: there are no conflicts" in text(app))
        await pilot.press(*["backspace"] * 6, *"tab completes")  # a word of its help
        await until(pilot, lambda: "Go to a path" in text(app))


async def test_the_palette_of_a_pane_has_what_concerns_the_whole_queue(
    app: AcdApp,
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("f9", *"bandwidth")
        await until(pilot, lambda: "Limit the transfers" in text(app))
        lines = text(app).splitlines()
        assert "W L" in next(line for line in lines if "Limit the" in line)
        await pilot.press("enter")
        await until(pilot, lambda: "bytes a second: " in text(app))
        await pilot.press("escape", "f9", *"clear")
        await until(pilot, lambda: "Not now: no transfer is finished" in text(app))


async def test_an_action_that_wants_a_letter_asks_for_it_from_the_palette(
    app: AcdApp,
) -> None:
    """It is as if its first key had been pressed."""
    wanting = [action for action in ACTIONS if action.argument == "letter"]
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        for action in wanting:
            app.do(action.id)
            await until(pilot, lambda: app.browser.query_one(WhichKey).display)
            await pilot.press("escape")


@pytest.mark.parametrize("width", [20, 31, 40, 60, 79, 80, 120, 200])
async def test_the_key_bar_fits_and_keeps_the_way_out(app: AcdApp, width: int) -> None:
    async with app.run_test(size=(width, 24)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        bar = text(app).splitlines()[-1]
        parts = re.findall(r"\S+ \S+", bar)
        labels = {a.label for a in ACTIONS}
        assert {part.split(" ")[1] for part in parts} <= labels  # none is cut
        shown = bar.split()
        assert shown[:2] == ["F1", "Help"]
        assert shown[shown.index("F10") :][:2] == ["F10", "Quit"]
        assert len(parts) >= min(10, width // 10)


async def test_ctrl_q_asks_in_dialogs_as_well(
    app: AcdApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd_tui.ui.app.still_moving", lambda _: True)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("f1", "ctrl+q")
        await until(pilot, lambda: "finish them first" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "type to search" in text(app))


async def test_the_key_bar_can_be_clicked(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        bar = text(app).splitlines()[-1]
        for label in (a.label for a in of_context("pane") if a.label):
            assert label in bar
        await pilot.click("KeyBar", offset=(bar.index("Queue"), 0))
        await until(pilot, lambda: app.browser.parts.queue_panel.display)
