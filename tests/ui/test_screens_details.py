"""Properties with what the service knows, and the account."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from acd_tui.errors import AcdError, Denied, SignInNeeded, Transient, Unreachable
from acd_tui.transfers.model import Place
from acd_tui.ui.screens.account import AccountScreen
from acd_tui.ui.screens.dialog import Notice
from acd_tui.ui.screens.properties import Properties
from acd_tui.vfs.entry import (
    Account,
    Details,
    Entry,
    Kind,
    MirrorStatus,
    Space,
    Taken,
)
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.usage import Asked, Usage, Usages, usages_of
from tests.fakes import FakeClock
from tests.ui.screen_fakes import (
    FORBIDDEN,
    HOSTILE,
    Here,
    results,
    seen,
    showing,
    until,
)

FILE = Entry(name="a.jpg", kind=Kind.FILE, size=2048, md5="1" * 32)


class Notes(MemoryFileSystem):
    """Keeps a description and labels, unless there is a problem."""

    def __init__(self) -> None:
        super().__init__("photos")
        self.kept = Details(
            facts=[("Version", "7"), ("Picture", "40 × 30")],
            description="old\nwords",
            labels=("one", "two"),
        )
        self.problem: AcdError | None = None

    async def details(self, path: VPath) -> Details:
        if self.problem is not None:
            raise self.problem
        return self.kept

    async def annotate(
        self, path: VPath, *, description: str, labels: Sequence[str]
    ) -> Details:
        if self.problem is not None:
            raise self.problem
        self.kept = Details(
            facts=self.kept.facts, description=description, labels=tuple(labels)
        )
        return self.kept

    async def usage(self, path: VPath, asked: Asked) -> Usages:
        return usages_of([Usage(entry=FILE, size=2048, files=3, folders=1)], asked)


def properties(notes: MemoryFileSystem, entry: Entry = FILE) -> Properties:
    place = Place("photos", VPath.parse("/Photos") / entry.name)
    return Properties(Here(), notes, entry, place)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_rest_comes_when_the_service_answers(size: tuple[int, int]) -> None:
    async with showing(properties(Notes()), size) as pilot:
        await until(pilot, lambda: "Version      7" in seen(pilot))
        assert "2.0 KiB (2,048 bytes)" in seen(pilot)
        assert "one, two" in seen(pilot)
        assert "Save" in seen(pilot)
        await pilot.press("escape")
        assert results(pilot) == [None]


async def test_moments_are_in_ones_own_zone_and_facts_scroll(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        notes = Notes()
        said = [("Created", "2021-05-01T20:30:00.123Z"), ("Made by", "2021-05-01")]
        said += [(f"app.{number}", "more") for number in range(12)]
        notes.kept = msgspec.structs.replace(notes.kept, facts=said)
        async with showing(properties(notes), (80, 24)) as pilot:
            await until(pilot, lambda: "Created      2021-05-02 05:30" in seen(pilot))
            assert "Made by      2021-05-01" in seen(pilot)
            assert "app.11" not in seen(pilot)
            await pilot.press("end")
            await until(pilot, lambda: "app.11" in seen(pilot))
            await pilot.press("tab")
            assert pilot.app.focused is pilot.app.screen.query_one("#description")
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_what_was_changed_is_saved_and_nothing_else() -> None:
    notes = Notes()
    async with showing(properties(notes)) as pilot:
        await until(pilot, lambda: "one, two" in seen(pilot))
        await pilot.press("ctrl+s")
        assert "Nothing was changed" in seen(pilot)
        labels = pilot.app.screen.query_one("#labels", Input)
        labels.value = " tax, two ,, tax"
        await pilot.click("#save")
        await until(pilot, lambda: "✓ saved" in seen(pilot))
        # Of a description of several lines only a shadow is shown.
        assert notes.kept.description == "old\nwords"
        assert notes.kept.labels == ("tax", "two")
        notes.problem = Denied("a label has 300 characters", hint="256 are kept")
        labels.value = "x" * 300
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "256 are kept" in seen(pilot))


async def test_a_folder_says_what_it_holds_even_offline() -> None:
    notes = Notes()
    notes.problem = Transient("the service cannot be reached")
    folder = Entry(name="Photos", kind=Kind.FOLDER)
    async with showing(properties(notes, folder)) as pilot:
        await until(pilot, lambda: "folder, 3 files, 2.0 KiB" in seen(pilot))
        await until(pilot, lambda: "✗ The service cannot be reached" in seen(pilot))
        assert pilot.app.screen.query_one("#labels", Input).disabled
        notes.problem = None
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "Version      7" in seen(pilot))


async def test_what_the_service_says_cannot_control_the_terminal() -> None:
    notes = Notes()
    notes.kept = Details(
        facts=[(name, name) for name in HOSTILE],
        description=HOSTILE[3],
        labels=tuple(HOSTILE),
    )
    async with showing(properties(notes), (120, 40)) as pilot:
        await until(pilot, lambda: "[/red]x[bold" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))


class Bank:
    """Has an account, unless there is a problem."""

    def __init__(self) -> None:
        self.problem: AcdError | None = None

    async def account(self) -> Account:
        if self.problem is not None:
            raise self.problem
        return Account(
            space=Space(total=4 << 30, used=1 << 30, free=3 << 30),
            taken=[
                Taken(name="Photos", files=1234, size=900 << 20, billable=0),
                Taken(name="Others", files=1, size=124 << 20, billable=124 << 20),
            ],
            calculated="2021-05-01T00:00:00.000Z",
        )


def box_top(pilot: Pilot[None]) -> int:
    return pilot.app.screen.query_one(".box").region.y


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_account_as_bars(size: tuple[int, int]) -> None:
    async with showing(AccountScreen(Here(), "photos", Bank()), size) as pilot:
        await until(pilot, lambda: "25.0% of 4.0 GiB" in seen(pilot))
        photos = next(line for line in seen(pilot).splitlines() if "Photos" in line)
        others = next(line for line in seen(pilot).splitlines() if "Others" in line)
        assert photos.count("━") > others.count("━") > 0
        assert "1,234 files, 0 B counts" in photos
        assert "counted at 2021-0" in seen(pilot)
        assert "T00:00" not in seen(pilot)
        await pilot.press("q")
        assert results(pilot) == [False]


async def test_nothing_of_the_account_is_wrapped_where_there_is_little_room() -> None:
    async with showing(AccountScreen(Here(), "photos", Bank()), (80, 24)) as pilot:
        await until(pilot, lambda: "1,234 files, 0 B counts" in seen(pilot))
        await pilot.resize_terminal(60, 24)
        await until(pilot, lambda: "1,234 files, 0 B counts" in seen(pilot))
        assert "25.0% of 4.0 GiB" in seen(pilot)
        photos = next(line for line in seen(pilot).splitlines() if "Photos" in line)
        assert "━" in photos
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: bars(pilot) == 16)


def bars(pilot: Pilot[None]) -> int:
    photos = next(line for line in seen(pilot).splitlines() if "Photos" in line)
    return sum(photos.count(cell) for cell in "━╸─")


class Branch(Bank):
    """Has a copy of what is in it beside."""

    def __init__(self, nodes: int = 5) -> None:
        super().__init__()
        self.nodes = nodes
        self.answers = asyncio.Event()

    async def account(self) -> Account:
        await self.answers.wait()
        return await super().account()

    async def refresh(self) -> None: ...
    async def confirm(self, path: VPath) -> Entry | None: ...
    async def first_look(self) -> None: ...
    async def rebuild(self) -> None: ...

    async def mirror_status(self, *, count: bool = True) -> MirrorStatus:
        return MirrorStatus(
            complete=True, nodes=self.nodes, filling=False, checked=1000.0
        )

    async def usage(self, path: VPath, asked: Asked) -> Usages:
        one = Usage(entry=FILE, size=5 << 20, files=3, folders=1)
        return usages_of([one], asked)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_is_known_of_an_account_that_cannot_be_asked(
    size: tuple[int, int],
) -> None:
    bank = Branch()
    bank.problem = Unreachable("cannot reach it")
    space = Space(total=4 << 30, used=2 << 30, free=2 << 30)
    screen = AccountScreen(
        Here(), "photos", bank, space=space, can_sign_in=True, clock=FakeClock(8200.0)
    )
    async with showing(screen, size) as pilot:
        await until(pilot, lambda: "50.0% of 4.0 GiB" in seen(pilot))  # while it waits
        assert "Asking the service" in seen(pilot)
        bank.answers.set()
        await until(pilot, lambda: "✗ Cannot reach it" in seen(pilot))
        assert "50.0% of 4.0 GiB" in seen(pilot)
        assert "5.0 MiB in 3 files and 1 folder" in seen(pilot)
        assert "As it was known 2h 00m ago" in seen(pilot)
        assert not pilot.app.screen.query_one("#sign-in").display
        bank.problem = None
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "25.0% of 4.0 GiB" in seen(pilot))
        assert "✗" not in seen(pilot)
        assert "As it was known" not in seen(pilot)


@pytest.mark.parametrize("can_sign_in", [True, False])
async def test_the_account_of_one_who_is_signed_out(can_sign_in: bool) -> None:
    bank = Branch(nodes=0)
    bank.problem = SignInNeeded("the sign-in was refused")
    bank.answers.set()
    screen = AccountScreen(Here(), "photos", bank, can_sign_in=can_sign_in)
    async with showing(screen) as pilot:
        await until(pilot, lambda: "✗ The sign-in was refused" in seen(pilot))
        assert "Local mirror" not in seen(pilot)  # there is nothing in it
        assert pilot.app.screen.query_one("#sign-in").display == can_sign_in
        if can_sign_in:
            await pilot.click("#sign-in")
            assert results(pilot) == [True]


async def test_an_account_that_cannot_be_asked() -> None:
    bank = Bank()
    bank.problem = Transient("the service is away", hint="later")
    async with showing(AccountScreen(Here(), "photos", bank)) as pilot:
        await until(pilot, lambda: "✗ The service is away" in seen(pilot))
        assert pilot.app.screen.query_one(Notice).region.y == box_top(pilot) + 1
        bank.problem = None
        await pilot.click("#reload")
        await until(pilot, lambda: "25.0%" in seen(pilot))
