"""What is seen first: what is known of the first remote, before anything is open."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import pytest
from rich.console import RenderableType
from textual.events import Key
from textual.screen import Screen

from acd_tui.errors import Denied
from acd_tui.ui import type_ahead
from acd_tui.ui.app import AcdApp
from acd_tui.ui.compositor import LeanCompositor
from acd_tui.ui.engine import InlineEngine, Session
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, lines, place, text, until


class SlowEngine(InlineEngine):
    """Has its session open when the test says so."""

    def __init__(self, session: FakeSession) -> None:
        super().__init__(session)
        self.opens = asyncio.Event()

    async def ready(self) -> Session:
        await self.opens.wait()
        return await super().ready()

    @property
    def session(self) -> Session:
        assert self.opens.is_set(), "it is not open yet"
        return super().session


def known(entries: Sequence[Entry] | None) -> Future[Sequence[Entry]]:
    future: Future[Sequence[Entry]] = Future()
    if entries is not None:
        future.set_result(entries)
    return future


@pytest.fixture
async def seen(session: FakeSession) -> list[Entry]:
    """What is known of a folder: all of it but the last one."""
    entries = sorted(await session.photos.list(VPath(("2019",))), key=lambda e: e.name)
    session.photos.put("/2019/sub/deep.txt", b"deep")
    return [*entries, Entry(name="sub", kind=Kind.FOLDER)]


def started(engine: SlowEngine, entries: Sequence[Entry] | None, **more: Any) -> AcdApp:
    return AcdApp(
        engine,
        left=place("local:/home"),
        right=place("photos:/2019"),
        known=known(entries),
        **more,
    )


async def test_what_is_known_is_shown_before_the_session_is_open(
    session: FakeSession, seen: list[Entry]
) -> None:
    engine = SlowEngine(session)
    app = started(engine, seen)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "IMG2.JPG" in text(app))
        assert "Opening…" in text(app)
        right = app.browser.right
        assert not right.is_complete
        assert "photos:2019" in text(app)
        engine.opens.set()
        await until(pilot, lambda: right.is_complete and app.browser.left.is_complete)
        assert "img10.jpg" in text(app)
        names = [right.files.row(n).entry.name for n in range(len(right.files))]
        assert names == ["sub", "img1.jpg", "IMG2.JPG", "same.txt"]
        assert right.back == []


async def test_keys_that_come_before_wait_and_then_count(
    session: FakeSession, seen: list[Entry]
) -> None:
    engine = SlowEngine(session)
    app = started(engine, seen)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "IMG2.JPG" in text(app))
        await pilot.press("f7", *"new", "enter")
        assert len(app.screen_stack) == 2
        engine.opens.set()
        await until(pilot, lambda: "▸ new" in text(app))
        assert {e.name for e in await session.local.list(VPath(("home",)))} >= {"new"}


async def test_keys_that_are_about_no_row_do_not_wait(
    session: FakeSession, seen: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type_ahead, "_LONGEST_START", 3600)
    engine = SlowEngine(session)
    app = started(engine, seen)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "IMG2.JPG" in text(app))
        assert app.browser.active is app.browser.left
        await pilot.press("tab")
        await until(pilot, lambda: app.browser.active is app.browser.right)
        await pilot.press("tab", "f1", *"trash")
        await until(pilot, lambda: "Open the trash" in text(app))
        await pilot.press("escape", "f7", "tab")  # the first of them waits
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert app.browser.active is app.browser.left
        engine.opens.set()
        await until(pilot, lambda: "New folder" in text(app))


async def test_keys_that_come_as_the_program_ends_do_no_harm(
    session: FakeSession, seen: list[Entry]
) -> None:
    engine = SlowEngine(session)
    engine.opens.set()
    app = started(engine, seen)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "IMG2.JPG" in text(app))
        ended = app._screen_stack[:]
        app._screen_stack.clear()
        bubbling = Key("x", "x")
        bubbling._set_forwarded()
        for event in (bubbling, Key("enter", None)):
            await app.on_event(event)
        app._screen_stack.extend(ended)


async def test_a_slow_start_costs_no_key(
    session: FakeSession, seen: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type_ahead, "_LONGEST_WAY", 0.01)
    engine = SlowEngine(session)
    app = started(engine, seen)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "IMG2.JPG" in text(app))
        await pilot.press("tab", "tab", "f7")
        await pilot.pause(0.3)
        assert "this pane has no listing" not in text(app)
        engine.opens.set()
        await until(pilot, lambda: "New folder" in text(app))


async def test_one_can_quit_before_it_is_open(
    session: FakeSession, seen: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type_ahead, "_LONGEST_START", 3600)
    app = started(SlowEngine(session), seen)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "IMG2.JPG" in text(app))
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.return_code == 0


async def test_where_the_user_goes_before_it_is_open_is_gone_to_then(
    session: FakeSession, seen: list[Entry]
) -> None:
    engine = SlowEngine(session)
    app = started(engine, seen)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "IMG2.JPG" in text(app))
        right = app.browser.right
        right.go(place("photos:/2019/sub"))  # as a double click does
        await until(pilot, lambda: "Loading…" in text(app))
        engine.opens.set()
        await until(pilot, lambda: "deep.txt" in text(app))
        await until(pilot, lambda: app.browser.left.is_complete)
        assert right.place == place("photos:/2019/sub")


async def test_the_cursor_stays_where_it_was_put_before(
    session: FakeSession, seen: list[Entry]
) -> None:
    engine = SlowEngine(session)
    app = started(engine, seen)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "IMG2.JPG" in text(app))
        right = app.browser.right
        line = next(n for n, each in enumerate(lines(app)) if "IMG2.JPG" in each)
        await pilot.click(offset=(60, line))
        assert right.current is not None
        engine.opens.set()
        await until(pilot, lambda: right.is_complete)
        assert right.current.entry.name == "IMG2.JPG"


async def test_what_takes_long_to_know_is_not_waited_for(session: FakeSession) -> None:
    engine = SlowEngine(session)
    app = started(engine, None)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: text(app).count("Opening…") == 2)
        engine.opens.set()
        await until(pilot, lambda: "IMG2.JPG" in text(app))


async def test_what_is_known_goes_when_the_place_has_a_problem(
    session: FakeSession, seen: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_path: VPath) -> Sequence[Entry]:
        raise Denied("not for you")

    monkeypatch.setattr(session.photos, "list", refuse)
    engine = SlowEngine(session)
    app = started(engine, seen)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "IMG2.JPG" in text(app))
        engine.opens.set()
        await until(pilot, lambda: "Not for you" in text(app))
        assert "IMG2.JPG" not in text(app)


async def test_the_first_frame_is_whole_and_drawn_once(
    session: FakeSession, seen: list[Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is drawn that nobody sees; the first that is seen lacks nothing."""
    drawn: list[bool] = []
    shown: list[str] = []
    render = LeanCompositor.render_update

    def counted(
        self: LeanCompositor, *args: Any, **named: Any
    ) -> RenderableType | None:
        update: RenderableType | None = render(self, *args, **named)
        drawn.append(type(update).__name__ == "LayoutUpdate")
        return update

    display = AcdApp._display

    def watched(self: AcdApp, screen: Screen[Any], renderable: Any) -> None:
        if renderable is not None and self.shows:
            shown.append(text(self))
        display(self, screen, renderable)

    monkeypatch.setattr(LeanCompositor, "render_update", counted)
    monkeypatch.setattr(AcdApp, "_display", watched)
    app = started(SlowEngine(session), seen)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: shown)
        assert drawn[0], "all of it, not only what has changed"
        assert len(drawn) == len(shown)
        for part in ("acd-tui", "IMG2.JPG", "photos:2019", "F10 Quit"):
            assert part in shown[0]


LOADED = """
import sys
import acd_tui.cli.tui, acd_tui.cli.host, acd_tui.session.first_look
acd_tui.cli.tui.import_textual()
import acd_tui.session.glance, acd_tui.session.setup, acd_tui.ui.app
import acd_tui.ui.screens.browser
print(*(name for name, module in sys.modules.items() if module))
"""


def test_what_is_not_needed_to_be_seen_is_loaded_after_that() -> None:
    words = subprocess.check_output([sys.executable, "-c", LOADED], text=True)
    later = {
        "acd_tui.drive.mirror",
        "acd_tui.local.filesystem",
        "acd_tui.operations.commands",
        "acd_tui.session.core",
        "acd_tui.transfers.manager",
        "acd_tui.transfers.planner",
        "acd_tui.ui.screens.browser_parts",
        "acd_tui.ui.screens.dialog",
        "acd_tui.ui.screens.preview",
        "acd_tui.ui.widgets.transfer_table",
        "ctypes",
        "httpx",
        "keyring",
        "textual.widgets._tree",
        "tomlkit",
        "tomllib",
    }
    assert not later & set(words.split())


def test_all_of_textual_is_there_for_whoever_asks_for_it_later() -> None:
    code = """if True:
        import acd_tui.cli.tui
        acd_tui.cli.tui.import_textual()
        import textual.types
        from textual.types import DirEntry
        print(textual.types.DirEntry is DirEntry)
    """
    words = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert words == "True\n"
