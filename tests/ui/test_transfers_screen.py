"""The Transfers screen: lists, finding, details, and each control of the queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from acd_tui.clock import SystemClock
from acd_tui.db import Database
from acd_tui.errors import AcdError, Denied, Transient, Unreachable
from acd_tui.transfers.jobs import Folder
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import (
    ConflictPolicy,
    CopyOptions,
    CopyRequest,
    Filters,
    Running,
    State,
    Transfer,
)
from acd_tui.transfers.skimming import Skimmed
from acd_tui.transfers.story import StoryLine
from acd_tui.ui.actions import ACTIONS
from acd_tui.ui.app import AcdApp
from acd_tui.ui.screens.transfers import TransfersScreen
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import HOSTILE_NAMES, FakeSession, lines, text, until

NAMES = ("img1.jpg", "img2.jpg", "img10.jpg")


def request(
    *names: str, folder: str = "new", options: CopyOptions | None = None
) -> CopyRequest:
    return CopyRequest(
        source="local",
        paths=tuple(VPath(("home", name)) for name in names),
        target="photos",
        folder=VPath((folder,)),
        policy=ConflictPolicy.SKIP,
        options=options or CopyOptions(),
    )


async def queued(session: FakeSession, *requests: CopyRequest) -> None:
    """Queue something of which nothing starts."""
    await session.transfers.drain()
    for each in requests:
        await session.transfers.enqueue(each)
    while session.transfers.snapshot().planning:
        await asyncio.sleep(0.005)


class Shown:
    """The Transfers screen of a running program."""

    def __init__(self, app: AcdApp, pilot: Pilot[None], session: FakeSession) -> None:
        self.app, self.pilot, self.session = app, pilot, session

    @property
    def queue(self) -> TransferManager:
        return self.session.transfers

    @property
    def screen(self) -> TransfersScreen:
        return cast("TransfersScreen", self.app.front)

    @property
    def names(self) -> list[str]:
        """The names in the list, from the top."""
        table = self.screen.list_in_use
        below = lines(self.app)[4 : 4 + min(table.page, table.row_count)]
        return [(*line.split(), "")[1] for line in below]

    @property
    def counts(self) -> dict[State, int]:
        counts = self.queue.snapshot().counts
        return {state: number for state, number in counts.items() if number}

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def see(self, *words: str) -> None:
        await until(
            self.pilot, lambda: all(w in text(self.app) for w in words), str(words)
        )

    async def see_names(self, *names: str) -> None:
        await until(self.pilot, lambda: self.names == list(names), str(names))

    async def see_marks(self, *names: str) -> None:
        def marked() -> list[str]:
            return [line.split()[1] for line in lines(self.app) if line[0] == "●"]

        await until(self.pilot, lambda: marked() == list(names), str(names))

    async def have(self, **counts: int) -> None:
        wanted = {State(name): number for name, number in counts.items()}
        await until(self.pilot, lambda: self.counts == wanted, str(counts))


@pytest.fixture
async def shown(app: AcdApp, session: FakeSession) -> AsyncIterator[Shown]:
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("g", "w")
        await until(pilot, lambda: isinstance(app.front, TransfersScreen))
        yield Shown(app, pilot, session)


async def test_an_empty_queue_says_what_to_do(shown: Shown) -> None:
    await shown.see("Nothing here yet: F5 in the panes copies what is marked")
    for key, words in (
        ("2", "Nothing runs now"),
        ("3", "Nothing waits"),
        ("4", "Nothing has failed"),
        ("5", "Nothing is done yet"),
        ("6", "No job yet"),
    ):
        await shown.press(key)
        await shown.see(words)
    await shown.press("escape")
    await until(shown.pilot, lambda: shown.app.front is shown.app.browser)


async def test_a_held_queue_says_that_it_is_held(shown: Shown) -> None:
    await shown.queue.hold()
    await shown.queue.enqueue(request("img1.jpg"))
    await shown.see("The queue is held: P releases it")
    await shown.press("4")
    await shown.see("Nothing has failed")
    await shown.press("1", "P")
    await shown.have(done=1)


async def test_a_job_says_which_drive_it_waits_for(shown: Shown) -> None:
    async def hook(operation: str, path: VPath) -> None:
        raise Unreachable("nobody is there")

    shown.session.photos.hook = hook
    await shown.queue.enqueue(request("img1.jpg"))
    await shown.press("6")
    await shown.see("Copy img1.jpg", "waits for photos", "photos cannot be used now")


async def test_each_list_has_what_it_says(shown: Shown) -> None:
    denied, held = "img2.jpg", asyncio.Event()

    async def hook(operation: str, path: VPath) -> None:
        if operation == "piece" and path.name == denied:
            raise Denied("it is [/red] not allowed", hint="ask the owner")
        if operation == "piece" and path.name == "img10.jpg":
            await held.wait()

    shown.session.local.hook = hook
    await shown.queue.limits.set_slots(1)
    await shown.queue.enqueue(request(*NAMES, "same.txt", folder="2020"))
    await shown.see("All 4", "Running 1", "Waiting 1", "Failed 1", "Done 1", "Jobs 1")
    await shown.press("2")
    await shown.see_names("img10.jpg")
    await shown.press("right")
    await shown.see_names("same.txt")
    await shown.see("queued · for its turn")
    await shown.press("tab")
    await shown.see_names("img2.jpg")
    await shown.see("failed: it is [/red] not allowed", "Ask the owner", "Story")
    await shown.press("5")
    await shown.see_names("img1.jpg")
    await shown.see("Verified: what arrived has the MD5 of what was sent")
    await shown.press("left", "left", "left")
    await shown.see_names("img10.jpg")
    assert await shown.pilot.click("FilterBar", offset=(3, 0))
    await shown.see_names("img10.jpg", "img2.jpg", "same.txt", "img1.jpg")
    held.set()
    await shown.have(done=3, failed=1)


async def test_what_was_cancelled_is_not_called_failed(shown: Shown) -> None:
    async def deny(operation: str, path: VPath) -> None:
        if operation == "write" and path.name == "img2.jpg":
            raise Denied("not allowed")

    shown.session.photos.hook = deny
    await shown.see("4 Failed 0")
    await queued(shown.session, request("img1.jpg", "img10.jpg"))
    await shown.queue.cancel(None)
    await shown.see("4 Cancelled 2")
    await shown.queue.release()
    await shown.queue.enqueue(request("img2.jpg"))
    await shown.see("4 Failed 1, cancelled 2")
    await shown.press("4")
    await shown.see_names("img2.jpg", "img10.jpg", "img1.jpg")


async def test_jobs_with_their_transfers_and_back(shown: Shown) -> None:
    await queued(
        shown.session, request("img1.jpg"), request("img2.jpg", "docs", "gone")
    )
    await shown.press("6")
    await shown.see("Copy img2.jpg and 2 more → photos:new", "Copy img1.jpg", "0/2")
    await shown.see("/home/gone is not copied", "1 problem")
    await shown.press("enter")
    await shown.see_names("img2.jpg", "letter.txt")
    await shown.see("only job 2")
    await shown.press("down", "slash", *"DOCS")
    await shown.see_names("letter.txt")
    await shown.press("enter")
    await shown.see("only job 2, only `DOCS`", "All 1")
    await shown.press("escape")
    await shown.see_names("img2.jpg", "letter.txt")
    await shown.press("escape")
    await shown.see("Copy img1.jpg")
    await shown.press("escape")
    await until(shown.pilot, lambda: shown.app.front is shown.app.browser)


async def test_what_was_passed_over_is_counted_but_no_row(shown: Shown) -> None:
    await queued(shown.session, request("img1.jpg"))
    job, folder = 1, Folder(0, None, None)
    await shown.queue._store.write(
        lambda c: c.execute("UPDATE jobs SET planning = 1 WHERE id = ?", (job,))
    )
    await shown.queue._jobs.pass_over(job, folder, Skimmed(1234, 5000, []))
    await shown.see("All 1", "Done 0", "1,234 more were the same already")
    await shown.see_names("img1.jpg")
    await shown.pilot.resize_terminal(80, 24)
    await shown.see("All 1", "6 Jobs 1")
    await shown.press("5")
    await shown.see("Nothing is done yet")
    await shown.press("6")
    await shown.see("All 1", "Done 0", "1,234/1,235", "queued · 1,234 same")
    await shown.see("1 queued, 1,234 skipped, 1,234 of them as whole folders")


async def test_a_narrow_title_says_how_long_it_takes(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queued(shown.session, request(*NAMES))
    await shown.see("queued")
    transfer = await shown.queue.transfer(1)
    snapshot = replace(
        shown.queue.snapshot(),
        counts={State.DONE: 1000, State.RUNNING: 1, State.FAILED: 12, State.QUEUED: 99},
        size=5 << 30,
        done=1 << 30,
        rate=1.2 * 1024 * 1024,
        bandwidth=2 << 20,
        left=972.0,
        draining=False,
        running=(Running(transfer=transfer, done=0, rate=0.0, left=None),),
    )
    monkeypatch.setattr(shown.queue, "snapshot", lambda: snapshot)
    await shown.see("20%", "12 failed")
    await shown.pilot.resize_terminal(80, 24)
    await shown.see("20% · 1.2 MiB/s · 16m 12s left ")
    await shown.see("1,000 of 1,100 files, 1.0 GiB of 5.0 GiB")
    many = {State.CANCELLED: 97_122, State.DONE: 2_889, State.QUEUED: 0}
    ended = replace(snapshot, counts=many, running=(), revision=snapshot.revision + 1)
    monkeypatch.setattr(shown.queue, "snapshot", lambda: ended)
    await shown.see("1 All 100,011 2 Running 0", "4 Cancelled 97,122", "6 Jobs 1")


async def test_controls_of_one_transfer(shown: Shown) -> None:
    await queued(shown.session, request(*NAMES))
    await shown.see_names(*NAMES)
    await shown.press("alt+down")
    await shown.see_names("img2.jpg", "img1.jpg", "img10.jpg")
    await shown.press("home", "alt+j", "alt+k")
    await shown.see_names("img2.jpg", "img1.jpg", "img10.jpg")
    await shown.press("home", "B")
    await shown.see_names("img1.jpg", "img10.jpg", "img2.jpg")
    await shown.press("end", "T")
    await shown.see_names("img2.jpg", "img1.jpg", "img10.jpg")
    await shown.press("end", "plus")
    await shown.see("queued · high priority · ")
    await shown.see_names("img10.jpg", "img2.jpg", "img1.jpg")
    await shown.press("home", "p")
    await shown.have(queued=2, paused=1)
    await shown.see("paused · high priority · ")
    await shown.press("p")
    await shown.have(queued=3)
    await shown.press("x")
    await shown.have(queued=2, cancelled=1)
    await shown.press("4")
    await shown.see_names("img10.jpg")
    await shown.press("r")
    await shown.have(queued=3)
    await shown.press("P")
    await until(shown.pilot, lambda: shown.app.queue.paused)
    await shown.see("held 0 of 3")
    await shown.press("P", "1")
    await shown.have(done=3)
    await shown.press("C")
    await shown.have()


async def test_controls_of_a_whole_job(shown: Shown) -> None:
    await queued(shown.session, request(*NAMES), request("docs"))
    await shown.press("6")
    await shown.see("Copy img1.jpg and 2 more")
    await shown.press("down")
    await shown.see("as job 1")
    await shown.press("p")
    await shown.have(queued=1, paused=3)
    await until(shown.pilot, lambda: (c := shown.screen.chosen) and c.is_paused)
    await shown.press("p")
    await shown.have(queued=4)
    await shown.press("minus")
    await until(shown.pilot, lambda: _priority(shown) == -1)
    await shown.press("T")
    await shown.press("1")
    await shown.see_names(*NAMES, "letter.txt")
    await shown.press("6")
    await shown.see("Copy img1.jpg and 2 more")
    await shown.press("end", "x")
    await shown.see("What is not done yet of job 1 is given up")
    await shown.press("y")
    await shown.have(queued=1, cancelled=3)
    await shown.press("r")
    await shown.see("cancelled")
    assert shown.counts == {State.QUEUED: 1, State.CANCELLED: 3}  # only if named


async def test_what_is_marked_is_steered_together(shown: Shown) -> None:
    for number in range(300):  # more than are fetched at once
        shown.session.local.put(f"/home/many/{number:03}.txt", b"x")
    await queued(shown.session, request("img1.jpg", "img2.jpg"), request("many"))
    table = shown.screen.table
    await until(shown.pilot, lambda: table.row_count == 302)

    async def marked(number: int) -> None:
        await until(shown.pilot, lambda: len(table.marks.ids) == number)
        if number:
            await shown.see(f"{number} marked · Esc")

    await shown.press("down", "space", "shift+up")
    await shown.see_marks("img2.jpg", "000.txt")
    await shown.press("p")
    await shown.have(queued=300, paused=2)
    await shown.press("p", "escape")
    await marked(0)
    await shown.press("home", "down", "v", "end", "p")  # over rows nobody has fetched
    await shown.have(queued=1, paused=301)
    await marked(301)
    await shown.press("3", "ctrl+a")
    await marked(302)
    await shown.press("p")
    await shown.have(paused=302)
    await shown.press("home", "V", "down", "V", "end", "p")
    await marked(300)
    await shown.have(queued=300, paused=2)
    await until(shown.pilot, lambda: _on(shown) == "299.txt")
    await shown.press("plus")
    await until(shown.pilot, lambda: _priority(shown) == 1)
    assert _on(shown) == "299.txt"  # though it is 299th now
    await shown.press("asterisk")
    await marked(2)
    await shown.press("x")
    await shown.see("What is not done yet of the 2 marked is given up")
    await shown.press("y")
    await shown.have(queued=300, cancelled=2)
    await marked(0)
    assert await shown.pilot.click("TransferList", offset=(0, 2))
    assert await shown.pilot.click("TransferList", offset=(9, 4), control=True)
    await marked(2)
    assert await shown.pilot.click("TransferList", offset=(9, 6), shift=True)
    await marked(4)


def _on(shown: Shown) -> str:
    current = shown.screen.table.current
    return "" if current is None else current.target.path.name


def _priority(shown: Shown) -> int | None:
    chosen = shown.screen.chosen
    return None if chosen is None else chosen.priority


async def test_the_story_of_a_transfer_is_told(shown: Shown) -> None:
    errors = [Transient("it was [b]down", retry_after=0.01), Denied("not allowed")]

    async def hook(operation: str, path: VPath) -> None:
        if operation == "piece" and errors:
            raise errors.pop(0)

    shown.session.local.hook = hook
    await shown.queue.enqueue(request("img1.jpg"))
    await shown.have(failed=1)
    await shown.press("4")
    await shown.see_names("img1.jpg")
    await shown.press("enter")
    await shown.see("Transfer 1", "Did not work, to be tried again: it was [b]down")
    await shown.see("Tried again", "Failed: not allowed", "/home/img1.jpg", "Attempts")
    await shown.press("escape", "r")
    await shown.have(done=1)
    await shown.press("5")
    await shown.see_names("img1.jpg")
    await shown.press("enter")
    await shown.see("Transfer 1", "Queued again", "Verified: what arrived has the MD5")
    await shown.queue.clear_finished()
    await shown.see("It is not in the queue any more")


async def test_keys_keep_their_places_while_rows_are_read(
    app: AcdApp, session: FakeSession
) -> None:
    await queued(session, request(*NAMES))
    found, read = session.transfers.transfers, asyncio.Event()

    async def late(**what: Any) -> list[Transfer]:
        await read.wait()
        return await found(**what)

    def keys() -> str:
        return lines(app)[-1]

    session.transfers.transfers = late  # type: ignore[method-assign]
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("g", "w")
        await until(pilot, lambda: isinstance(app.front, TransfersScreen))
        shown = Shown(app, pilot, session)
        before = keys()
        assert "p Pause" in before  # though nothing can be paused yet
        read.set()
        await shown.see_names(*NAMES)
        assert keys() == before
        read.clear()
        await pilot.press("3")
        await until(pilot, lambda: not shown.screen.is_read)
        assert keys() == before
        read.set()
        await shown.see_names(*NAMES)
        assert keys() == before
        await pilot.press("4")
        await shown.see("Nothing has failed")
        assert keys() != before


async def test_who_leaves_before_the_story_is_found_is_not_told_of_it(
    shown: Shown,
) -> None:
    await queued(shown.session, request("img1.jpg"))
    await shown.see("img1.jpg", "Attempts")
    asked, found = asyncio.Event(), asyncio.Event()
    story = shown.queue.story

    async def late(number: int) -> list[StoryLine]:
        asked.set()
        await found.wait()
        return await story(number)

    shown.queue.story = late  # type: ignore[method-assign, assignment]
    await shown.queue.enqueue(request("img2.jpg"))
    await asked.wait()
    await shown.press("escape")
    await until(shown.pilot, lambda: shown.app.front is shown.app.browser)
    left = [w for w in shown.app.workers if w.group == "queue-rows"]
    found.set()
    await until(shown.pilot, lambda: all(worker.is_finished for worker in left))
    await shown.pilot.pause()
    assert "unexpected" not in text(shown.app).casefold()


async def test_hostile_names_are_shown_and_found(shown: Shown) -> None:
    for name in HOSTILE_NAMES:
        shown.session.local.put(f"/home/odd/{name}", b"x")
    await queued(shown.session, request("odd"))
    table = shown.screen.table
    await until(shown.pilot, lambda: table.row_count == len(HOSTILE_NAMES))
    for _ in HOSTILE_NAMES:
        await shown.press("down")
        await shown.see(f"{table.cursor + 1}, of job 1")
        assert "\x1b" not in text(shown.app)
    await shown.press("slash", *"half", "enter")
    await until(shown.pilot, lambda: table.row_count == 1)
    await shown.press("y")
    await shown.see("Copied:", "half")
    await shown.press("escape", "6", "enter")
    await shown.see("only job 1")


async def test_to_the_panes_and_as_a_command(shown: Shown) -> None:
    copied: list[str] = []
    shown.app.copy_to_clipboard = copied.append  # type: ignore[assignment, method-assign]
    filters = Filters(rules=("- *.tmp",), max_size=9)
    options = CopyOptions(filters=filters, size_only=True)
    await queued(shown.session, request("img2.jpg", "docs", options=options))
    await shown.see("img2.jpg")
    await shown.press("y")
    await shown.see("Copied:")
    await shown.press("6")
    await shown.see("as job 1")
    await shown.press("y")
    await until(shown.pilot, lambda: len(copied) == 2)
    assert copied == [
        "acd-tui copy /home/img2.jpg photos:new --conflict skip --size-only",
        "acd-tui copy /home/img2.jpg photos:new --conflict skip"
        " --filter '- *.tmp' --max-size 9B --size-only\n"
        "acd-tui copy /home/docs photos:new/docs --conflict skip"
        " --filter '- *.tmp' --max-size 9B --size-only",
    ]
    await shown.press("1")
    await shown.see_names("img2.jpg")
    await shown.press("O")
    app = shown.app
    await until(shown.pilot, lambda: app.front is app.browser)
    await until(shown.pilot, lambda: _cursor(app) == "img2.jpg")
    await shown.press("alt+t")
    await until(shown.pilot, lambda: app.front is not app.browser)
    await shown.see_names("img2.jpg")
    await shown.press("o")
    await until(shown.pilot, lambda: app.browser.active.place.filesystem == "photos")


def _cursor(app: AcdApp) -> str | None:
    row = app.browser.active.current
    return None if row is None else row.entry.name


async def test_what_another_process_does_is_seen(shown: Shown, tmp_path: Path) -> None:
    await queued(shown.session, request(*NAMES))
    await shown.see_names(*NAMES)
    other_file = Database(
        tmp_path / "transfers.sqlite",
        files("acd_tui.transfers") / "schema",
        synchronous="FULL",
    )
    await asyncio.to_thread(other_file.open)
    other = TransferManager(
        other_file,
        shown.session.filesystem,
        shown.session.bus,
        SystemClock(),
        lock_file=tmp_path / "queue.lock",
    )
    try:
        await other.look()
        rows = await other.transfers(matching="img10")
        await other.pause([row.id for row in rows])
        await shown.see("paused · until it is resumed")
        await other.cancel(None)
        await shown.see("Cancelled 3")
    finally:
        await other.close()
        await asyncio.to_thread(other_file.close)


async def test_a_queue_that_cannot_be_read_says_so(shown: Shown) -> None:
    async def broken(**_: object) -> list[object]:
        raise AcdError("the disk is broken", hint="mend it")

    queue = shown.queue
    queue.transfers = broken  # type: ignore[assignment, method-assign]
    await shown.queue.enqueue(request("img1.jpg"))
    await shown.see("✗ The disk is broken", "Mend it")
    del queue.transfers
    await shown.queue.enqueue(request("img2.jpg"))
    await shown.see("img1.jpg")
    await until(shown.pilot, lambda: "broken" not in text(shown.app))


async def test_of_a_queue_at_rest_all_that_is_in_sight_is_shown(
    app: AcdApp, session: FakeSession
) -> None:
    async def hook(operation: str, path: VPath) -> None:
        if operation == "piece" and path.name != "img1.jpg":
            raise Denied("not allowed")

    session.local.hook = hook
    await session.transfers.limits.set_slots(1)
    job = await session.transfers.enqueue(request(*NAMES))
    await session.transfers.wait(job)
    found, laid_out = session.transfers.transfers, asyncio.Event()

    async def late(**what: Any) -> list[Transfer]:
        await laid_out.wait()
        return await found(**what)

    session.transfers.transfers = late  # type: ignore[method-assign]
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await pilot.press("g", "w")
        shown = Shown(app, pilot, session)
        await until(pilot, lambda: isinstance(app.front, TransfersScreen))
        await until(pilot, lambda: shown.screen.table.page > len(NAMES))
        laid_out.set()  # what was asked for before fills no page
        await shown.see_names("img2.jpg", "img10.jpg", "img1.jpg")


async def test_by_mouse_alone_and_small(app: AcdApp, session: FakeSession) -> None:
    await queued(session, request(*NAMES))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        shown = Shown(app, pilot, session)
        await until(pilot, lambda: "0 of 3" in lines(app)[0])
        assert await pilot.click("#header", offset=(75, 0))
        await until(pilot, lambda: isinstance(app.front, TransfersScreen))
        await shown.see_names(*NAMES)
        assert all(len(line) == 80 for line in lines(app))
        assert await pilot.click("TransferList", offset=(6, 2), button=3)
        await shown.see("Copy it as a command")
        assert await pilot.click(offset=_where(app, "Cancel  "))
        await shown.have(queued=2, cancelled=1)
        assert await pilot.click(offset=_where(app, "Cancelled"))
        await shown.see_names("img2.jpg")
        await shown.see(
            "r Retry"
        )  # for which there is no room where nothing has failed
        assert await pilot.click("TransferList", offset=(6, 1), times=2)
        await shown.see("Transfer 2")
        await pilot.press("escape")
        assert await pilot.click(offset=_where(app, "Esc Back"))
        await until(pilot, lambda: not isinstance(app.front, TransfersScreen))


def _where(app: AcdApp, words: str) -> tuple[int, int]:
    """The cell where some words begin."""
    y = next(y for y, line in enumerate(lines(app)) if words in line)
    return lines(app)[y].index(words), y


async def test_every_action_can_be_chosen_here_or_says_where(shown: Shown) -> None:
    told: list[str] = []
    shown.app.show_error = lambda error: told.append(str(error))  # type: ignore[method-assign]
    for action in ACTIONS:
        if action.id != "quit":
            shown.app.do(action.id)
            await shown.pilot.pause()
        while len(shown.app.screen_stack) > 3:
            await shown.app.pop_screen()
        if not isinstance(shown.app.front, TransfersScreen):
            shown.app.do("transfers")
            await shown.pilot.pause()
    assert "Rename: this is done in the panes" in told


async def test_that_nothing_runs_while_the_queue_is_held_is_explained(
    shown: Shown,
) -> None:
    await shown.press("2")
    await shown.see("Nothing runs now")
    await shown.queue.hold()
    await shown.queue.enqueue(request(*NAMES))
    await shown.see("The queue is held: P releases it")
