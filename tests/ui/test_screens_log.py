"""The log on the screen, and what the desktop is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.style import Style
from textual.pilot import Pilot

from acd_tui.transfers.model import CopyRequest
from acd_tui.ui.app import AcdApp, OwnFiles
from acd_tui.ui.desktop import notification
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.screens.log import LogScreen, end_of
from acd_tui.ui.widgets.lines import Lines
from acd_tui.vfs.path import VPath
from tests.ui import fake_session
from tests.ui.fake_session import FakeSession, place, text
from tests.ui.screen_fakes import FORBIDDEN, HOSTILE, results, seen, showing, until

INFO = "2026-01-01 10:00:00,000 INFO acd_tui.feed: all is well"
ERROR = "2026-01-01 10:00:01,000 ERROR acd_tui.app: something broke"
STORY = "    Traceback (most recent call last):"


def look_of(pilot: Pilot[None], words: str) -> Style | None:
    """The style of the line of the log that holds some words."""
    lines = pilot.app.screen.query_one(Lines)
    strips = (lines.render_line(y) for y in range(lines.size.height))
    return next(each._segments[0].style for each in strips if words in each.text)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_end_of_it_grows_as_one_looks(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    log = tmp_path / "x.log"
    log.write_text("\n".join(f"{INFO} {number}" for number in range(100)) + "\n")
    async with showing(LogScreen(log), size) as pilot:
        await until(pilot, lambda: "well 99" in seen(pilot))
        with log.open("a") as file:
            file.write(f"{ERROR}\n{STORY}\n{INFO} later\n")
        await until(pilot, lambda: "well later" in seen(pilot))
        await pilot.press("e")
        assert "something broke" in seen(pilot)
        assert "All of it (e)" in seen(pilot)
        error, story = (look_of(pilot, words) for words in ("broke", "Traceback"))
        assert error != story
        assert "Traceback" in seen(pilot)
        assert "well" not in seen(pilot)
        await pilot.press("escape")
        assert results(pilot) == [None]


async def test_who_reads_further_up_stays_there(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("\n".join(f"line {number}." for number in range(200)) + "\n")
    async with showing(LogScreen(log)) as pilot:
        await until(pilot, lambda: "line 199." in seen(pilot))
        await pilot.press("home")
        await until(pilot, lambda: "line 0." in seen(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, LogScreen)
        log.write_text(log.read_text() + "more\n")
        await until(pilot, lambda: "more" in (screen._text or ""))
        assert "line 0." in seen(pilot)


async def test_no_log_and_an_empty_one(tmp_path: Path) -> None:
    async with showing(LogScreen(tmp_path / "none.log")) as pilot:
        await until(pilot, lambda: "Nothing is in the log" in seen(pilot))
    async with showing(LogScreen(tmp_path)) as pilot:
        await until(pilot, lambda: "The log cannot be read" in seen(pilot))


def test_only_whole_lines_of_a_large_log_are_read(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("first\nsecond é\nthird\n")
    assert end_of(log, 17) == "second é\nthird\n"
    assert end_of(log, 16) == "third\n"


async def test_hostile_lines_are_shown_harmlessly(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes("\n".join(HOSTILE).encode("utf-8", "surrogateescape"))
    async with showing(LogScreen(log), (120, 40)) as pilot:
        await until(pilot, lambda: "[/red]x[bold" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))


async def test_it_opens_from_the_panes(session: FakeSession, tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text(f"{INFO}\n")
    app = AcdApp(
        InlineEngine(session), left=place("local:/home"), files=OwnFiles(log=log)
    )
    async with app.run_test(size=(100, 30)) as pilot:
        await fake_session.until(pilot, lambda: "same.txt" in text(app))
        await pilot.press("g", "l")
        await fake_session.until(pilot, lambda: "all is well" in text(app))


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"TERM": "xterm-256color"}, "\x1b]9;acd-tui: done, all\x1b\\"),
        ({"TERM": "foot"}, "\x1b]777;notify;acd-tui;done, all\x1b\\"),
        (
            {"TERM": "xterm", "VTE_VERSION": "7000"},
            "\x1b]777;notify;acd-tui;done, all\x1b\\",
        ),
        ({"TERM": "linux"}, None),
        ({}, None),
        ({"TERM": "screen-256color", "STY": "1.pts"}, None),
        (
            {"TERM": "tmux-256color", "TMUX": "/tmp/tmux"},
            "\x1bPtmux;\x1b\x1b]9;acd-tui: done, all\x1b\x1b\\\x1b\\",
        ),
    ],
)
def test_each_terminal_is_told_in_its_own_way(
    environment: dict[str, str], wanted: str | None
) -> None:
    assert notification("acd-tui", "done; all", environment) == wanted


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_cannot_end_the_notification(name: str) -> None:
    words = notification("acd-tui", name, {"TERM": "xterm"})
    assert words is not None
    assert words.startswith("\x1b]9;acd-tui: ")
    assert not FORBIDDEN & set(words[1:-2])


async def test_the_desktop_hears_of_a_job_when_nobody_looks(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", {"TERM": "xterm"})
    request = CopyRequest(
        source="local",
        paths=(VPath.parse("/home/same.txt"),),
        target="photos",
        folder=VPath.parse("/new"),
    )
    async with app.run_test() as pilot:
        await fake_session.until(pilot, lambda: "same.txt" in text(app))
        written: list[str] = []
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", written.append)
        app.app_focus = False
        await session.transfers.enqueue(request)
        await fake_session.until(pilot, lambda: written)
        assert written == ["\x1b]9;acd-tui: Copied 1 file to photos:new\x1b\\"]
