"""An app on a session of filesystems in memory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.message_pump import MessagePump
from textual.pilot import Pilot

from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from tests.ui.dialogue import Dialogue, Talking
from tests.ui.fake_session import FakeSession, fake_session, place


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal with colours and Unicode, wherever the tests run and however slowly."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(AcdApp, "NOTIFICATION_TIMEOUT", 120)


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """Read each stylesheet once for all apps: a sixth of such a test's processor time.

    Textual keeps what it read for one app, and reads all anew for most new screens.
    """
    known: dict[Any, list[RuleSet]] = {}
    parse = Stylesheet._parse_rules

    def parse_rules(sheet: Stylesheet, *what: Any, **more: Any) -> list[RuleSet]:
        key = (*what, *more.values(), *sheet._variables.items())
        if key not in known:
            known[key] = parse(sheet, *what, **more)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_rules)
        yield


@pytest.fixture(scope="session", autouse=True)
def waiting_for_what_is_there() -> Iterator[None]:
    """A pilot that does not wait for widgets that were taken away meanwhile.

    Textual's own does, for half a minute, and fails: a dialog that ends by itself, just
    when a key was pressed, was enough.
    """

    async def wait_for_screen(pilot: Pilot[Any], timeout: float = 30) -> bool:
        app = pilot.app
        waiting = set[MessagePump]()
        news = asyncio.Event()

        def got_there(pump: MessagePump) -> None:
            waiting.discard(pump)
            news.set()

        pumps: list[MessagePump] = [app, *app.screen.walk_children(with_self=True)]
        waiting |= {p for p in pumps if p.call_later(got_there, p)}
        async with asyncio.timeout(timeout):
            while waiting and app._exception is None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), 0.1)
                news.clear()
                waiting -= {p for p in waiting if p._closing or p._closed}
        return not waiting

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pilot, "_wait_for_screen", wait_for_screen)
        yield


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[FakeSession]:
    """Two filesystems with a few files, and a queue that runs."""
    async with fake_session(tmp_path) as session:
        session.local.put_folder("/home/docs/old")
        session.local.put("/home/docs/letter.txt", b"Dear Amazon")
        for number in (1, 2, 10):
            session.local.put(f"/home/img{number}.jpg", b"x" * (number * 100))
        session.local.put("/home/.hidden", b"dot")
        session.local.put("/home/same.txt", b"the same")
        session.photos.put("/2019/same.txt", b"the same")
        session.photos.put("/2019/img1.jpg", b"y" * 100)
        session.photos.put("/2019/IMG2.JPG", b"longer")
        session.photos.put_folder("/2020")
        yield session


@pytest.fixture
def app(session: FakeSession) -> AcdApp:
    """The two panes on `local:/home` and `photos:2019`."""
    return AcdApp(
        InlineEngine(session), left=place("local:/home"), right=place("photos:/2019")
    )


@pytest.fixture
def said(session: FakeSession, tmp_path: Path) -> Talking:
    """Returns what is said when lines are typed."""
    return lambda *typed: Dialogue(session, tmp_path, *typed).run()
