"""The remotes there are, listed and changed."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from acd_tui.config.shown import RemoteInfo
from acd_tui.errors import AcdError, Denied, SignInNeeded
from acd_tui.transfers.events import SignInWanted
from acd_tui.transfers.model import CopyRequest
from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.screens.remotes import RemotesScreen
from acd_tui.vfs.entry import Account, Entry, MirrorStatus
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.ui import fake_session
from tests.ui.fake_session import FakeSession, place, text
from tests.ui.screen_fakes import (
    FORBIDDEN,
    HOSTILE,
    FakeServices,
    Here,
    results,
    seen,
    showing,
    until,
)


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


def screen_of(services: FakeServices) -> RemotesScreen:
    return RemotesScreen(Here(), services)


def words(pilot: Pilot[None]) -> list[list[str]]:
    """The words of each line inside the box."""
    return [line.strip("│ ").split() for line in seen(pilot).splitlines()]


async def typed(pilot: Pilot[None], value: str) -> None:
    """Answer the question that is asked."""
    await until(pilot, lambda: bool(pilot.app.screen.query(Input)))
    pilot.app.screen.query_one(Input).value = value
    await pilot.press("enter")


async def two_passwords(pilot: Pilot[None], *values: str) -> None:
    """Answer the question for a new password."""
    await until(pilot, lambda: len(pilot.app.screen.query(Input)) == 2)
    for value in values:
        await pilot.press(*value, "enter")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_all_are_listed_without_their_secrets(
    services: FakeServices, size: tuple[int, int]
) -> None:
    async with showing(screen_of(services), size) as pilot:
        await until(pilot, lambda: "plain-file" in seen(pilot))
        assert ["encoding", "Slash"] in words(pilot)
        assert "In the system's keyring" in seen(pilot)
        assert "d removes" in seen(pilot)  # the last of the keys
        bar = pilot.app.screen.query_one(".bar")
        assert bar.size.height <= 2
        await pilot.press("down")
        await until(pilot, lambda: ["token", "***"] in words(pilot))
        assert "unencrypted, for you alone" in seen(pilot)
        await pilot.press("enter")
        assert results(pilot) == [("open", "home")]


@pytest.mark.parametrize(
    ("key", "wish"), [("a", ("add", "")), ("s", ("sign in", "photos")), ("q", None)]
)
async def test_what_is_done_elsewhere(
    services: FakeServices, key: str, wish: object
) -> None:
    async with showing(screen_of(services)) as pilot:
        await until(pilot, lambda: "plain-file" in seen(pilot))
        await pilot.press(key)
        assert results(pilot) == [wish]


async def test_one_is_renamed_copied_changed_and_removed(
    services: FakeServices,
) -> None:
    async with showing(screen_of(services), (100, 30)) as pilot:
        await until(pilot, lambda: "plain-file" in seen(pilot))
        await pilot.press("c")
        await typed(pilot, "second")
        await until(pilot, lambda: "✓ added second" in seen(pilot))
        await pilot.press("end", "r")
        await typed(pilot, "third")
        await until(pilot, lambda: "second is called third now" in seen(pilot))
        await pilot.press("end", "e")
        await until(pilot, lambda: "templink_threshold = 9Gi" in seen(pilot))
        await pilot.press("end", "up", "enter")
        await until(pilot, lambda: "empty is 9Gi" in seen(pilot))
        await typed(pilot, " 1M ")
        await until(pilot, lambda: "changed templink_threshold" in seen(pilot))
        assert services.infos["third"].options["templink_threshold"] == "1M"
        await pilot.press("end", "e")
        await until(pilot, lambda: "client_secret = " in seen(pilot))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "The application's secret" in seen(pilot))
        await pilot.press(*"hunter2")
        await until(pilot, lambda: "•••••••" in seen(pilot))
        assert "hunter" not in seen(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "changed client_secret" in seen(pilot))
        assert services.infos["third"].options["client_secret"] == "hunter2"
        await pilot.press("end", "m")
        await until(pilot, lambda: "Where are they to be kept" in seen(pilot))
        await pilot.press("2")
        await two_passwords(pilot, "sesame", "sesame")
        await until(pilot, lambda: "which is encrypted" in seen(pilot))
        assert services.password == "sesame"
        await until(pilot, lambda: services.infos["third"].secrets == "encrypted-file")
        await pilot.press("end", "d")
        await until(pilot, lambda: "from this machine?" in seen(pilot))
        await pilot.press("n")
        assert "third" in services.infos
        await pilot.press("end", "d")
        await until(pilot, lambda: "from this machine?" in seen(pilot))
        await pilot.press("y")
        await until(pilot, lambda: "✓ removed third" in seen(pilot))
        assert set(services.infos) == {"photos", "home", "demo"}


async def test_one_is_exported_and_the_file_encrypted_and_decrypted(
    services: FakeServices,
) -> None:
    async with showing(screen_of(services)) as pilot:
        await until(pilot, lambda: "plain-file" in seen(pilot))
        await pilot.press("x")
        await typed(pilot, "/tmp/\x1b.conf ")
        await until(pilot, lambda: "✓ written to" in seen(pilot))
        assert services.exported == [("photos", "/tmp/␛.conf")]
        await pilot.press("p")
        await two_passwords(pilot, "one", "two")
        await until(pilot, lambda: "The two passwords differ" in seen(pilot))
        assert not services.encrypted
        await pilot.press("ctrl+u", *"one", "enter")
        await until(pilot, lambda: "✓ the file is encrypted" in seen(pilot))
        passwords = [services.password]
        await pilot.press("p")
        await until(pilot, lambda: "give it another password" in seen(pilot))
        await pilot.press("2")
        await until(pilot, lambda: "not encrypted any more" in seen(pilot))
        assert [*passwords, services.password] == ["one", None]


async def test_what_is_not_in_the_file_cannot_be_changed(
    services: FakeServices,
) -> None:
    async with showing(screen_of(services)) as pilot:
        await until(pilot, lambda: "built-in" in seen(pilot))
        for key in ("r", "c", "e", "m", "d", "s"):
            await pilot.press("end", key)
            await until(pilot, lambda: "the drive of this run" in seen(pilot))
        assert not results(pilot)


@pytest.mark.parametrize(
    ("step", "key", "answer"),
    [("rename", "r", "new"), ("copy", "c", "new"), ("option", "e", "id")],
)
async def test_a_change_that_fails_says_why(
    services: FakeServices, step: str, key: str, answer: str
) -> None:
    services.problems[step] = Denied("that will \x1bnot do", hint="do it otherwise")
    async with showing(screen_of(services)) as pilot:
        await until(pilot, lambda: "plain-file" in seen(pilot))
        await pilot.press(key)
        if step == "option":
            await until(pilot, lambda: "client_id = " in seen(pilot))
            await pilot.press("enter")
        await typed(pilot, answer)
        await until(pilot, lambda: "Do it otherwise" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))


async def test_none_and_a_configuration_that_cannot_be_read(
    services: FakeServices,
) -> None:
    services.infos = {}
    services.problems["remotes"] = AcdError("remotes.conf cannot be read")
    async with showing(screen_of(services)) as pilot:
        await until(pilot, lambda: "cannot be read" in seen(pilot))
        await pilot.press("enter", "r", "ctrl+r")
        await until(pilot, lambda: "a adds one" in seen(pilot))


async def test_hostile_names_are_shown_harmlessly(services: FakeServices) -> None:
    services.infos = {
        name: RemoteInfo(name, "keyring", {name: name}) for name in HOSTILE
    }
    async with showing(screen_of(services), (120, 40)) as pilot:
        await until(pilot, lambda: "[/red]x[bold" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))


async def test_it_opens_from_the_panes_and_at_once(
    session: FakeSession, services: FakeServices
) -> None:
    app = AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        setup=services,
        at_remotes=True,
    )
    async with app.run_test(size=(100, 30)) as pilot:
        await fake_session.until(pilot, lambda: "plain-file" in text(app))
        await pilot.press("escape")
        await fake_session.until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("A")
        await fake_session.until(pilot, lambda: "plain-file" in text(app))
        await pilot.press("enter")
        await fake_session.until(
            pilot, lambda: app.browser.left.place == place("photos:/")
        )


async def test_whoever_makes_transfers_wait_is_signed_in_to_first(
    session: FakeSession, services: FakeServices
) -> None:
    app = AcdApp(InlineEngine(session), left=place("local:/home"), setup=services)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await fake_session.until(pilot, lambda: "same.txt" in text(app))
        session.bus.publish(SignInWanted("photos", "revoked"))
        await fake_session.until(
            pilot, lambda: "photos wants you to sign in again" in text(app)
        )
        await pilot.press("A")
        await fake_session.until(pilot, lambda: "Sign in again to photos" in text(app))
        await pilot.press("escape")
        await fake_session.until(pilot, lambda: len(app.screen_stack) == 2)
        # Who does not want to is not kept from the list.
        await pilot.press("A")
        await fake_session.until(pilot, lambda: "plain-file" in text(app))


async def test_among_the_transfers_that_wait_for_it_one_can_sign_in(
    session: FakeSession, services: FakeServices
) -> None:
    async def refuse(operation: str, path: VPath) -> None:
        if operation == "write":
            raise SignInNeeded("the sign-in was refused")

    session.photos.hook = refuse
    app = AcdApp(InlineEngine(session), left=place("local:/home"), setup=services)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await fake_session.until(pilot, lambda: "same.txt" in text(app))
        await pilot.press("g", "w", "A")
        await fake_session.until(
            pilot, lambda: "no transfers wait for a sign-in" in text(app)
        )
        await session.transfers.enqueue(
            CopyRequest(
                source="local",
                paths=(VPath.parse("/home/same.txt"),),
                target="photos",
                folder=VPath.parse("/new"),
            )
        )
        await fake_session.until(pilot, lambda: "its transfers wait" in text(app))
        for _ in range(2):  # who thinks better of it can do so once more
            await pilot.press("A")
            await fake_session.until(
                pilot, lambda: "Sign in again to photos" in text(app)
            )
            await pilot.press("escape")
            await fake_session.until(
                pilot, lambda: "Sign in again to photos" not in text(app)
            )


async def test_after_something_was_refused_the_same_key_signs_in(
    session: FakeSession, services: FakeServices
) -> None:
    """Before anything else has noticed that the sign-in is not good any more."""

    async def refuse(operation: str, path: VPath) -> None:
        if operation == "make_folder":
            raise SignInNeeded("the sign-in was refused")

    app = AcdApp(InlineEngine(session), left=place("local:/home"), setup=services)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await fake_session.until(pilot, lambda: "same.txt" in text(app))
        session.photos.hook = refuse
        await pilot.press("tab", "f7", "x", "enter")
        await fake_session.until(
            pilot, lambda: "Sign in again with A in its pane" in text(app)
        )
        await pilot.press("tab", "A")  # the disk needs no sign-in
        await fake_session.until(pilot, lambda: "plain-file" in text(app))
        await pilot.press("escape")
        await fake_session.until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("tab", "A")
        await fake_session.until(pilot, lambda: "Sign in again to photos" in text(app))


class Revoked(MemoryFileSystem):
    """Answers from a copy; the service wants the user to sign in."""

    signed_out = False

    async def refresh(self) -> None: ...
    async def confirm(self, path: VPath) -> Entry | None: ...
    async def first_look(self) -> None: ...
    async def rebuild(self) -> None: ...

    async def mirror_status(self, *, count: bool = True) -> MirrorStatus:
        problem = "the sign-in was refused" if self.signed_out else None
        return MirrorStatus(
            complete=True,
            nodes=1,
            filling=False,
            checked=0.0,
            problem=problem,
            signed_out=self.signed_out,
        )

    async def account(self) -> Account:
        raise SignInNeeded("the sign-in was refused")


async def test_a_sign_in_that_was_taken_back_is_said_and_does_not_bar_the_remotes(
    session: FakeSession, services: FakeServices
) -> None:
    session.photos = photos = Revoked("photos")
    app = AcdApp(InlineEngine(session), left=place("photos:"), setup=services)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:

        async def shown(*words: str) -> None:
            for each in words:
                await fake_session.until(pilot, lambda: each in text(app))  # noqa: B023

        await shown("This folder is empty", "checked")
        photos.signed_out = True
        app.browser._look_at_mirrors()  # as it does every few seconds
        await shown("signed out", "photos wants you to sign in again")
        await fake_session.until(pilot, lambda: text(app).count("signed out") == 2)
        await pilot.pause()
        assert text(app).count("wants you to sign in") == 1  # not once a pane
        await pilot.press("A")
        await shown("Sign in again to photos")
        await pilot.press("escape", "A")
        await shown("signed out · Amazon", "plain-file")
        await pilot.press("escape", "A")
        await shown("Sign in again to photos")
        await pilot.press("escape", "g", "q")
        await shown("✗ The sign-in was refused")
        await pilot.click("#sign-in")
        await shown("Sign in again to photos")


async def test_the_account_of_the_header_is_shown_from_the_other_pane_as_well(
    session: FakeSession, services: FakeServices
) -> None:
    session.photos = Revoked("photos")
    left, right = place("local:/home"), place("photos:")
    app = AcdApp(InlineEngine(session), left=left, right=right, setup=services)
    async with app.run_test(size=(100, 30)) as pilot:
        await fake_session.until(pilot, lambda: "This folder is empty" in text(app))
        assert app.browser.active is app.browser.left
        await pilot.press("g", "q")
        await fake_session.until(pilot, lambda: "Account of photos" in text(app))
        await pilot.press("escape")
        await fake_session.until(pilot, lambda: app.screen is app.browser)
        await pilot.click(offset=(text(app).index("photos"), 0))
        await fake_session.until(pilot, lambda: "Account of photos" in text(app))
        await pilot.press("escape")
        await fake_session.until(pilot, lambda: app.screen is app.browser)
        await pilot.click(offset=(50, 0))  # nothing stands there
        await pilot.pause()
        assert app.screen is app.browser
        await pilot.press("f2")
        await fake_session.until(pilot, lambda: "Duplicates" in text(app))
        assert "Account" not in text(app)  # that menu is of the disk


async def test_a_configuration_that_cannot_be_read_is_said_where_remotes_are_listed(
    session: FakeSession, services: FakeServices
) -> None:
    def unreadable() -> list[str]:
        raise AcdError("cannot read remotes.conf: it is a directory")

    app = AcdApp(InlineEngine(session), left=place("local:/home"), setup=services)
    async with app.run_test(size=(100, 30)) as pilot:
        await fake_session.until(pilot, lambda: "same.txt" in text(app))
        session.remote_names = unreadable  # type: ignore[method-assign]
        services.problems["remotes"] = AcdError(
            "cannot read remotes.conf: it is a directory"
        )
        await pilot.press("A")
        await fake_session.until(pilot, lambda: "✗ Cannot read remotes" in text(app))
        assert "Ctrl-R tries again" in text(app)
        await pilot.press("ctrl+r")
        await fake_session.until(pilot, lambda: "plain-file" in text(app))
        await pilot.press("escape")
        await fake_session.until(pilot, lambda: len(app.screen_stack) == 2)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_the_list_of_remotes_is_as_large_as_what_it_holds(
    services: FakeServices, size: tuple[int, int]
) -> None:
    async with showing(screen_of(services), size) as pilot:
        await until(pilot, lambda: "plain-file" in seen(pilot))
        box = pilot.app.screen.query_one(".box")
        before = box.region
        assert before.width <= 104
        assert before.height < size[1]
        await pilot.press("down", "down")  # less is said of these
        await until(pilot, lambda: "In memory" in seen(pilot))
        assert box.region == before


@pytest.mark.parametrize(
    ("secrets", "options", "said"),
    [
        ("built-in", {}, "built-in, on this machine"),
        ("keyring", {"client_id": "x"}, "Amazon"),
        ("keyring", {"region_tld": "de"}, "Amazon (de)"),
        (
            "keyring",
            {"token_url": "https://me@proxy.example/token"},
            "Amazon, through proxy.example",
        ),
        (
            "plain-file",
            {
                "endpoint_url": "http://127.0.0.1:8753/drive/v1/account/endpoint",
                "token_url": "http://127.0.0.1:8753/auth/o2/token",
            },
            "127.0.0.1:8753",
        ),
        ("environment", {"endpoint_url": "http://[bad"}, "http://[bad"),
        ("keyring", {"endpoint_url": "a\x1b]0;b"}, "a␛]0;b"),
    ],
)
async def test_a_remote_says_where_its_drive_is(
    services: FakeServices, secrets: str, options: dict[str, str], said: str
) -> None:
    services.infos = {"one": RemoteInfo("one", secrets, options)}
    async with showing(screen_of(services), (120, 36)) as pilot:
        await until(pilot, lambda: f"  {said}  " in seen(pilot))


async def test_without_remotes_there_is_nothing_to_say_of_one(
    services: FakeServices,
) -> None:
    services.infos = {}
    async with showing(screen_of(services)) as pilot:
        await until(pilot, lambda: "There are no remotes yet" in seen(pilot))
        assert not pilot.app.screen.query_one(".about").display
