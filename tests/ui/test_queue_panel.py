"""The queue panel and what is said of the queue elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from acd_tui.errors import Denied, Transient
from acd_tui.transfers.model import ConflictPolicy, CopyRequest, State
from acd_tui.ui.app import AcdApp
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, lines, text, until


def request(*names: str, folder: str = "new") -> CopyRequest:
    return CopyRequest(
        source="local",
        paths=tuple(VPath(("home", name)) for name in names),
        target="photos",
        folder=VPath((folder,)),
    )


class Gate:
    """Lets a transfer begin and then hold its breath."""

    def __init__(self, session: FakeSession) -> None:
        self.open = asyncio.Event()
        session.local.hook = self

    async def __call__(self, operation: str, path: VPath) -> None:
        if operation == "piece":
            await self.open.wait()


def row(app: AcdApp, name: str) -> str:
    found = [line for line in lines(app)[12:] if name in line]
    return found[-1] if found else ""


def counted(app: AcdApp, state: State) -> int:
    return app.queue.counts.get(state, 0)


async def test_w_goes_through_the_sizes(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        panel = app.browser.parts.queue_panel
        heights = []
        for _ in range(4):
            await pilot.press("w")
            await pilot.pause()
            heights.append(panel.size.height if panel.display else 0)
        assert heights == [7, 14, 28, 0]
        await pilot.press("w")
        assert "Nothing here yet" in text(app)


@pytest.mark.parametrize("key", ["escape", "tab"])
async def test_who_goes_back_to_the_panes_sees_them(app: AcdApp, key: str) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("w", "w", "w")
        assert "same.txt" not in text(app)
        await pilot.press(key)
        await until(pilot, lambda: "same.txt" in text(app))
        assert app.focused is app.browser.active.table
        assert app.browser.parts.queue_panel.display


async def test_where_there_is_little_room_what_matters_stays(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await session.transfers.enqueue(request("img1.jpg"))
        await until(pilot, lambda: counted(app, State.RUNNING))
        busy = replace(
            session.transfers.snapshot(),
            counts={State.RUNNING: 1, State.CONFLICT: 2, State.CANCELLED: 97_122},
            size=1000,
            done=450,
            rate=1.3 * 1024 * 1024,
            bandwidth=2 << 20,
            left=235.0,
        )
        monkeypatch.setattr(session.transfers, "snapshot", lambda: busy)
        await pilot.press("w")
        shown = "45% · 1.3 MiB/s · 3m 55s left · 2 conflicts"
        await until(pilot, lambda: lines(app)[0].endswith(f" {shown} "))
        assert lines(app)[0].startswith(" acd-tui  photos ")
        assert any(line.startswith(f" Queue  {shown} ") for line in lines(app))
        gate.open.set()


async def test_progress_is_shown_while_it_runs(
    app: AcdApp, session: FakeSession
) -> None:
    session.local.put("/home/big.bin", b"x" * 300_000)
    gate = Gate(session)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("w")
        await session.transfers.enqueue(request("big.bin"))
        await until(pilot, lambda: "▸↑ big.bin" in row(app, "big.bin"))
        assert "0 of 1" in lines(app)[0]
        await until(pilot, lambda: "↑   big.bin" in [line[:11] for line in lines(app)])
        gate.open.set()
        await until(pilot, lambda: "done → photos:new" in row(app, "big.bin"))
        assert "1 finished" in lines(app)[0]


async def test_when_what_waits_goes_on_is_counted_down(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd_tui.ui.widgets.queue_panel._TICK_SECONDS", 0.02)

    async def away(operation: str, path: VPath) -> None:
        if operation == "write":
            raise Transient("not now", retry_after=500.0)

    session.photos.hook = away
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("w")
        await session.transfers.enqueue(request("img1.jpg"))
        await until(pilot, lambda: "in 8m" in row(app, "img1.jpg"))
        first = row(app, "img1.jpg")
        await until(pilot, lambda: row(app, "img1.jpg") != first)
        assert "waiting" in row(app, "img1.jpg")


async def test_pause_resume_cancel_retry_clear(
    app: AcdApp, session: FakeSession
) -> None:
    gate = Gate(session)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await session.transfers.enqueue(request("img10.jpg"))
        await until(pilot, lambda: counted(app, State.RUNNING))
        await pilot.press("W")
        await until(pilot, lambda: app.browser.parts.queue_panel.current)
        await pilot.press("p")
        await until(pilot, lambda: counted(app, State.PAUSED))
        await until(pilot, lambda: "‖↑ img10.jpg" in text(app))
        await pilot.press("p")
        await until(pilot, lambda: counted(app, State.RUNNING))
        await until(pilot, lambda: "▸↑ img10.jpg" in text(app))
        await pilot.press("x")
        await until(pilot, lambda: counted(app, State.CANCELLED))
        await until(pilot, lambda: "–↑ img10.jpg" in text(app))
        gate.open.set()
        await pilot.press("r")
        await until(pilot, lambda: counted(app, State.DONE))
        await until(pilot, lambda: "✓↑ img10.jpg" in text(app))
        await pilot.press("C")
        await until(pilot, lambda: not app.queue.counts.get(State.DONE))
        await until(pilot, lambda: "Nothing here yet" in text(app))


async def test_holding_the_queue(app: AcdApp, session: FakeSession) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("W", "P")
        await until(pilot, lambda: app.queue.paused)
        await session.transfers.enqueue(request("img1.jpg"))
        await until(pilot, lambda: "held, 1 job to look at" in lines(app)[0])
        await pilot.press("P")
        await until(pilot, lambda: counted(app, State.DONE))


async def test_a_failure_says_why_and_has_details(
    app: AcdApp, session: FakeSession
) -> None:
    async def deny(operation: str, path: VPath) -> None:
        if operation in {"read", "piece"}:
            raise Denied("not [/red] allowed", hint="ask the owner")

    session.local.hook = deny
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await session.transfers.enqueue(request("img1.jpg"))
        await until(pilot, lambda: counted(app, State.FAILED))
        await pilot.press("W")
        await until(pilot, lambda: "failed: not [/red] allowed" in text(app))
        assert "1 failed" in lines(app)[0]
        await pilot.press("enter")
        await until(pilot, lambda: "Ask the owner" in text(app))
        await pilot.press("escape")
        session.local.hook = None
        await pilot.press("R")
        await until(pilot, lambda: counted(app, State.DONE))


async def test_a_conflict_is_announced_and_decided(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await session.transfers.enqueue(request("img1.jpg", folder="2019"))
        await until(pilot, lambda: "1 conflict to decide: press !" in text(app))
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "Decision" in text(app))
        await pilot.press("escape")
        await pilot.pause()
        ids = [t.id for t in await session.transfers.transfers(states=[State.CONFLICT])]
        await session.transfers.decide(ids, ConflictPolicy.OVERWRITE)
        await until(pilot, lambda: counted(app, State.DONE))
        await until(pilot, lambda: "conflict" not in lines(app)[0])


async def test_thousands_of_transfers_are_one_widget(
    app: AcdApp, session: FakeSession
) -> None:
    for number in range(1500):
        session.local.put(f"/home/many/{number:04}.txt", b"x")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        gate = Gate(session)
        await session.transfers.enqueue(request("many"))
        await until(pilot, lambda: counted(app, State.QUEUED) == 1496)
        await session.transfers.hold()
        await pilot.press("W")
        table = app.browser.parts.queue_panel.table
        await until(pilot, lambda: table.row_count == 1500)
        await pilot.press("end")
        await until(pilot, lambda: "1499.txt" in text(app))
        await pilot.press("home")
        await until(pilot, lambda: "0000.txt" in row(app, "0000.txt"))
        gate.open.set()


async def _quit(
    app: AcdApp, session: FakeSession, key: str, then: Callable[[], object]
) -> None:
    gate = Gate(session)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await session.transfers.enqueue(request("img1.jpg"))
        await until(pilot, lambda: counted(app, State.RUNNING))
        await pilot.press("q")
        await until(pilot, lambda: "still to be finished: 1" in text(app))
        await pilot.press(key)
        await until(pilot, then)
        if key == "f":
            assert "quits when done" in text(app)
            gate.open.set()
            await until(pilot, lambda: not app.is_running)
            assert session.photos.data("/new/img1.jpg") == b"x" * 100
        gate.open.set()


async def test_quitting_waits_if_that_is_wanted(
    app: AcdApp, session: FakeSession
) -> None:
    await _quit(app, session, "f", lambda: app.is_leaving)


async def test_quitting_leaves_the_rest_for_next_time(
    app: AcdApp, session: FakeSession
) -> None:
    await _quit(app, session, "k", lambda: not app.is_running)


async def test_quitting_can_be_thought_better_of(
    app: AcdApp, session: FakeSession
) -> None:
    await _quit(app, session, "c", lambda: len(app.screen_stack) == 2)
    assert not app.is_leaving


async def test_an_empty_queue_is_called_that_once(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("w")
        await until(pilot, lambda: " Queue  empty " in text(app))


async def test_with_nothing_to_lose_quitting_is_quick(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
