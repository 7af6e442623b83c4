"""How the Transfers screen looks: its columns, and what is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from acd_tui.transfers.model import CopyRequest, Place, Running, State
from acd_tui.ui.app import AcdApp
from acd_tui.ui.screens.transfers import TransfersScreen
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, lines, text, until
from tests.ui.test_transfers_screen import Shown, queued, request


@asynccontextmanager
async def transfers(
    app: AcdApp, session: FakeSession, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[Shown]:
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("g", "w")
        await until(pilot, lambda: isinstance(app.front, TransfersScreen))
        yield Shown(app, pilot, session)


def line_of(app: AcdApp, word: str) -> str:
    return next((line for line in lines(app) if word in line), "")


async def test_where_there_is_nothing_nothing_is_kept_free_for_it(
    app: AcdApp, session: FakeSession
) -> None:
    """What is said stands below the names; there is no room for what is known of none."""
    async with transfers(app, session) as shown:
        about = shown.screen.query_one("#about")
        await until(shown.pilot, lambda: "Nothing here yet" in text(app))
        await until(shown.pilot, lambda: not about.display)
        assert line_of(app, "Nothing here").index("N") == line_of(app, "When").index(
            "N"
        )
        await shown.press("6")
        await shown.see("No job yet")
        assert line_of(app, "No job").index("N") == line_of(app, "Files").index("What")
        await queued(session, request("img1.jpg"))
        await shown.press("1")
        await until(shown.pilot, lambda: about.display)
        await shown.see("none yet")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_the_way_back_is_in_the_key_bar(
    app: AcdApp, session: FakeSession, size: tuple[int, int]
) -> None:
    async with transfers(app, session, size) as shown:
        await until(shown.pilot, lambda: "Esc Back" in lines(app)[-1])
        await shown.pilot.click(offset=(lines(app)[-1].index("Back"), size[1] - 1))
        await until(shown.pilot, lambda: app.front is app.browser)


async def test_a_wide_row_says_where_it_goes(app: AcdApp, session: FakeSession) -> None:
    await queued(session, request("img1.jpg", folder="far/away"))
    async with transfers(app, session, (200, 60)) as shown:
        await shown.see("img1.jpg", "queued")
        head, row = line_of(app, "When"), line_of(app, "img1.jpg")
        assert head[head.index("To") :].split() == ["To"]
        assert row[head.index("To") :].split() == ["photos:far/away"]
        assert row[head.index("State") :].startswith("queued")
        await shown.pilot.resize_terminal(120, 36)
        await until(shown.pilot, lambda: len(lines(app)[0]) <= 120)
        assert not line_of(app, "When").rstrip().endswith("To")


async def test_a_reason_is_not_cut_for_the_place_beside_it(
    app: AcdApp, session: FakeSession
) -> None:
    await queued(session, request("img1.jpg"))
    why = "the file has changed while it was being read, five times"
    await session.transfers._store.write(
        lambda c: c.execute("UPDATE transfers SET state = 'failed', reason = ?", (why,))
    )
    async with transfers(app, session, (200, 60)) as shown:
        await shown.see(f"failed: {why}")
        same = "the same content is at /old/img1.jpg as well"
        await session.transfers._store.write(
            lambda c: c.execute(
                "UPDATE transfers SET state = 'done', finished = 1, reason = ?", (same,)
            )
        )
        await shown.press("6", "1")
        await shown.see(f"done: {same}")


async def test_what_was_sent_of_a_stopped_upload_counts_for_nothing(
    app: AcdApp, session: FakeSession
) -> None:
    """It begins anew, as the number at the top says; a download goes on."""
    back = CopyRequest(
        source="photos",
        paths=(VPath.parse("/2019/img1.jpg"),),
        target="local",
        folder=VPath.parse("/home/new"),
    )
    await queued(session, request("img2.jpg"), back)
    await session.transfers._store.write(
        lambda c: c.execute("UPDATE transfers SET done = size * 3 / 10")
    )
    async with transfers(app, session) as shown:
        await shown.see("img1.jpg", "img2.jpg")
        assert line_of(app, "img2.jpg").split()[3] == "0%"
        assert line_of(app, "img1.jpg").split()[3] == "30%"


async def test_what_is_sent_and_not_answered_is_not_about_to_end(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queued(session, request("img1.jpg"))
    transfer = await session.transfers.transfer(1)
    transfer = replace(transfer, state=State.RUNNING)
    await session.transfers._store.write(
        lambda c: c.execute("UPDATE transfers SET state = 'running'")
    )
    running = Running(transfer=transfer, done=transfer.size, rate=5000.0, left=0.0)
    snapshot = replace(
        session.transfers.snapshot(), counts={State.RUNNING: 1}, running=(running,)
    )
    monkeypatch.setattr(session.transfers, "snapshot", lambda: snapshot)
    async with transfers(app, session) as shown:
        await shown.see("sent · waits for the answer")
        assert "0s left" not in text(app)
        here = replace(transfer, target=Place("local", VPath.parse("/home/x")))
        arrives = replace(running, transfer=here, done=0, left=3.0)
        again = replace(snapshot, running=(arrives,), revision=snapshot.revision + 1)
        monkeypatch.setattr(session.transfers, "snapshot", lambda: again)
        await shown.see("3s left")


async def test_of_a_queue_that_has_ended_no_rates_are_drawn(
    app: AcdApp, session: FakeSession
) -> None:
    job = await session.transfers.enqueue(request("img1.jpg"))
    await session.transfers.wait(job)
    async with transfers(app, session) as shown:
        await shown.see("1 finished")
        app.rates.whole.extend([9e6, 5e6, 0.0, 0.0])
        shown.screen._tick()
        await shown.pilot.pause()
        assert lines(app)[1].strip() == ""
