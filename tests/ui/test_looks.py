"""Every theme is readable on every screen: contrast is computed, not felt."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.pilot import Pilot
from textual.theme import Theme

from acd_tui.config.file import SettingsFile
from acd_tui.config.settings import Settings
from acd_tui.transfers.model import ConflictPolicy, CopyRequest
from acd_tui.ui import theme
from acd_tui.ui.app import AcdApp, OwnFiles
from acd_tui.ui.engine import InlineEngine
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, lines, place, text, until

AA, AAA = 4.5, 7.0
"""What WCAG asks of text, and of text with high contrast."""

_VGA = [
    (0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0),
    (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170),
]  # fmt: skip
_VGA_BRIGHT = [
    (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85),
    (85, 85, 255), (255, 85, 255), (85, 255, 255), (255, 255, 255),
]  # fmt: skip
_DARK = TerminalTheme((0, 0, 0), (170, 170, 170), _VGA, _VGA_BRIGHT)
_LIGHT = TerminalTheme((255, 255, 255), (0, 0, 0), _VGA, _VGA_BRIGHT)


def contrast(style: Style, colours: TerminalTheme) -> float:
    """The contrast of text and background (WCAG 2, 1.4.3), the terminal's for ours."""

    def luminance(colour: Color | None, *, foreground: bool) -> float:
        usual = Color.default() if colour is None else colour
        parts = usual.get_truecolor(colours, foreground=foreground)
        linear = [
            c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4
            for c in parts
        ]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    one = luminance(style.color, foreground=True)
    other = luminance(style.bgcolor, foreground=False)
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def is_read(text: str) -> bool:
    """Whether something is text or a sign, and not a frame, a track or a bar."""
    return any(not (c.isspace() or 0x2500 <= ord(c) <= 0x259F) for c in text)


def unreadable(app: AcdApp, chosen: Theme) -> Iterator[str]:
    """What is on the screen, or may be, in too little contrast."""
    least = AAA if chosen is theme.CONTRAST else AA
    colours = _DARK if chosen.dark else _LIGHT
    for strip in app.screen._compositor.render_strips():
        for part, style, _ in strip:
            if style and is_read(part) and (got := contrast(style, colours)) < least:
                yield f"{part!r} {style}: {got:.1f}"
    for widget in (app.screen, *app.screen.query("*")):
        for name in widget.COMPONENT_CLASSES:
            if name in _NO_TEXT:
                continue
            style = widget.rich_style + widget.get_component_rich_style(
                name, partial=True
            )
            if (got := contrast(style, colours)) < least:
                yield f"{widget} {name} {style}: {got:.1f}"


_NO_TEXT = {
    "option-list--separator",
    "line--thumb",
    "line--track",
    "queue--bar",
    "queue--bar-rest",
}
"""Component classes that no text is drawn in."""

SCREENS = {
    "browser": ("space", "w"),
    "a chord": ("g",),
    "help": ("f1",),
    "palette": ("f9",),
    "menu": ("f2",),
    "copy": ("f5",),
    "trash question": ("f8",),
    "new folder": ("f7",),
    "filter": ("f", "x"),
    "path": ("ctrl+l",),
    "settings": ("g", "comma"),
    "log": ("g", "l"),
    "properties": ("i",),
    "view": ("end", "f3"),
    "compare": ("equals_sign", "equals_sign"),
    "conflicts": ("exclamation_mark",),
    "space": ("g", "d"),
    "duplicates": ("g", "u"),
    "trash": ("tab", "g", "t"),
    "search": ("s",),
}
"""Name → the keys that lead there from the panes."""


async def home(app: AcdApp, pilot: Pilot[None]) -> None:
    """Back to the panes, however deep one is in."""
    while app.screen is not app.browser:
        await pilot.press("escape")
    app.browser.go_to(app.browser.left)
    await pilot.press("escape", "escape", "home")


_NOT_MORE = {theme.CONTRAST.name, theme.NO_COLOUR.name}
_MORE = [t for t in theme.THEMES if t.name not in _NOT_MORE]


@pytest.mark.parametrize(
    "chosen",
    [theme.CONTRAST, *(pytest.param(t, marks=pytest.mark.long) for t in _MORE)],
    ids=lambda chosen: chosen.name,
)
async def test_contrast(session: FakeSession, tmp_path: Path, chosen: Theme) -> None:
    log = tmp_path / "log"
    log.write_text("2026-01-01 00:00:00 ERROR x: went wrong\n  more of it\n")
    app = AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        right=place("photos:/2019"),
        files=OwnFiles(SettingsFile(tmp_path / "settings.toml"), log=log),
    )
    request = CopyRequest(
        source="local",
        paths=(VPath.parse("/home/img1.jpg"),),
        target="photos",
        folder=VPath.parse("/2019"),
        policy=ConflictPolicy.ASK,
    )
    await session.transfers.wait(await session.transfers.enqueue(request))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        app.theme = chosen.name
        problems = []
        for name, keys in SCREENS.items():
            await home(app, pilot)
            await pilot.press(*keys)
            if app.screen.is_modal:  # what is dimmed behind it is not to be read
                app.screen.styles.background = chosen.background
                await pilot.pause()
            found = dict.fromkeys(unreadable(app, chosen))
            problems += [f"{name}: {each}" for each in found]
        assert not problems, "\n".join(problems)


def shows(app: AcdApp, part: str) -> bool:
    return part in text(app)


async def test_without_colours_the_cursor_is_reversed(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_COLOR leaves no colour at all, and nothing that only a colour would tell."""
    monkeypatch.setenv("NO_COLOR", "1")
    app = AcdApp(
        InlineEngine(session), left=place("local:/home"), right=place("photos:/2019")
    )
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("space", "up")
        assert "●" in text(app)
        for keys, part in _CURSORS.items():
            await pilot.press(*keys)
            await until(pilot, partial(shows, app, part))
            colours, on_cursor = set(), ""
            for strip in app.screen._compositor.render_strips():
                for segment in strip:
                    style = segment.style or Style()
                    colours |= {c for c in (style.color, style.bgcolor) if c}
                    if style.reverse or style.underline:
                        on_cursor += segment.text
            assert colours <= {Color.default()}
            assert part in on_cursor


_CURSORS = {
    (): "docs",
    ("f2", "down"): "Parent folder",
    ("escape", "f8"): "Cancel (n)",
    ("escape", "f1", "down"): "Command palette",
}
"""Keys, one after the other → what is under the cursor then."""


async def test_a_theme_is_seen_while_it_is_chosen(
    session: FakeSession, tmp_path: Path
) -> None:
    file = SettingsFile(tmp_path / "settings.toml")
    app = AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        right=place("photos:/2019"),
        files=OwnFiles(file),
    )
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        app.do("theme")
        await until(pilot, lambda: "high contrast" in text(app))
        await pilot.press("down", "down")
        assert app.theme == theme.CONTRAST.name
        await pilot.press("escape")
        assert app.theme == theme.DARK.name
        app.do("theme")
        await until(pilot, lambda: "high contrast" in text(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: file.load().theme == theme.LIGHT.name)
        assert app.theme == theme.LIGHT.name


async def test_the_first_dialog_is_in_the_middle(app: AcdApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("i")
        await until(pilot, lambda: "Kind" in text(app))
        box = app.screen.query_one(".box").region
        assert abs(box.x - (120 - box.right)) <= 1
        assert abs(box.y - (36 - box.bottom)) <= 1


async def test_a_reversed_cursor_looks_like_a_mark_nowhere(app: AcdApp) -> None:
    """Where nothing is marked, no blank cell of its row has a colour of its own."""
    request = CopyRequest(
        source="local",
        paths=(VPath.parse("/home/img1.jpg"),),
        target="photos",
        folder=VPath(),
    )
    async with app.run_test(size=(100, 24)) as pilot:
        app.theme = "acd-contrast"
        await until(pilot, lambda: app.browser.left.is_complete)
        await app.session.transfers.enqueue(request)
        for keys, part in (((), "docs"), (("g", "w"), "img1.jpg")):
            await pilot.press(*keys)
            await until(pilot, partial(shows, app, part))
            rows = [
                [each for each in strip if each.style and each.style.reverse]
                for strip in app.screen._compositor.render_strips()
            ]
            row = next(row for row in rows if part in "".join(s.text for s in row))
            blank = {s.style.color for s in row if s.style and not s.text.strip()}
            written = {s.style.color for s in row if s.style and s.text.strip()}
            assert blank <= written


async def test_a_reversed_cursor_is_one_bar(app: AcdApp) -> None:
    async with app.run_test(size=(100, 24)) as pilot:
        app.theme = "acd-contrast"
        await until(pilot, lambda: app.browser.left.is_complete)
        request = CopyRequest(
            source="local",
            paths=(VPath.parse("/home/img1.jpg"),),
            target="photos",
            folder=VPath.parse("/2019"),
        )
        for keys, part in (
            ((), "docs"),
            (("equals_sign", "equals_sign"), ".hidden"),
            (("escape", "g", "w"), "img1.jpg"),
            (("6",), "Copy img1.jpg"),
        ):
            await pilot.press(*keys)
            if part == ".hidden":
                await app.session.transfers.enqueue(request)
            await until(pilot, partial(shows, app, part))
            await until(pilot, partial(colours_of_bar, app, part))
            assert len(colours_of_bar(app, part)) == 1


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


@pytest.mark.parametrize("chosen", [theme.DARK, theme.LIGHT, theme.CONTRAST])
def test_what_is_selected_in_a_field_can_be_seen_and_read(chosen: Theme) -> None:
    """A name's stem is selected when it is to be typed over."""
    field, selected = (
        luminance(chosen.variables[name])
        for name in ("highlight", "input-selection-background")
    )
    written = luminance(chosen.foreground or "")
    lighter, darker = max(written, selected), min(written, selected)
    assert (lighter + 0.05) / (darker + 0.05) > 4.5
    assert (max(field, selected) + 0.05) / (min(field, selected) + 0.05) > 1.4


def colours_of_bar(app: AcdApp, part: str) -> set[Color | None]:
    """The colours of what is reversed in the line that holds a text."""
    strips = app.screen._compositor.render_strips()
    strip = next(strip for strip in strips if part in strip.text)
    return {s.style.color for s in strip if s.style and s.style.reverse}


async def test_in_the_terminals_own_colours_an_empty_field_can_be_seen(
    app: AcdApp,
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = "acd-ansi-dark"
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("f7")
        await until(pilot, partial(shows, app, "New folder"))
        drawn = [
            cell_len(segment.text)
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.underline and not segment.text.strip()
        ]
        assert max(drawn, default=0) > 30


async def test_what_is_said_already_is_not_said_twice(app: AcdApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        for words in ("the same", "something else", "the same"):
            app.tell(words)
            await pilot.pause()
        assert [n.message for n in app._notifications] == ["the same", "something else"]


async def test_in_a_narrow_pane_what_is_there_comes_before_the_room(
    session: FakeSession,
) -> None:
    app = AcdApp(
        InlineEngine(session), left=place("local:/home"), settings=Settings(split=22)
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, partial(shows, app, "6 items"))
        await until(pilot, lambda: app.browser.left.facts.space is not None)
        await pilot.pause()
        assert shows(app, "6 items")


async def test_in_the_terminals_own_colours_what_is_chosen_is_one_bar(
    app: AcdApp,
) -> None:
    """The pane one is in, the list of transfers that is shown; nothing at a box's edges."""
    async with app.run_test(size=(120, 36)) as pilot:
        app.theme = "acd-ansi-dark"
        await until(pilot, lambda: app.browser.right.is_complete)
        await pilot.press("tab")
        await until(pilot, lambda: len(colours_of_bar(app, "photos:2019")) == 1)
        await pilot.press("g", "w")
        await until(pilot, partial(shows, app, "Nothing here yet"))
        await until(pilot, lambda: len(colours_of_bar(app, "1 All")) == 1)
        await pilot.press("escape", "f1")
        await until(pilot, partial(shows, app, "Command palette"))
        box = app.screen.query_one(".box").region
        assert (box.width, box.height) == (120, 36)


async def test_the_palette_has_edges_where_all_else_is_as_bright(app: AcdApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        app.show_theme(theme.ANSI_LIGHT.name)
        await pilot.press("f9", *"tra")
        await until(pilot, lambda: "Open the trash" in text(app))
        await until(pilot, lambda: "╰" in text(app))
        shown = lines(app)
        top, bottom = (
            next(y for y, line in enumerate(shown) if corner in line) for corner in "╭╰"
        )
        left, right = shown[top].index("╭"), shown[top].index("╮")
        assert bottom - top > 6
        assert {line[left] + line[right] for line in shown[top + 1 : bottom]} == {"││"}
