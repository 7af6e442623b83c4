"""The wizard, its rules, and signing in again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList

from acd_tui.errors import AcdError, Denied, SignInNeeded, Transient
from acd_tui.ui.engine import Engine
from acd_tui.ui.screens import setup_rules as rules
from acd_tui.ui.screens.login import Login
from acd_tui.ui.screens.setup import Setup
from acd_tui.ui.screens.setup_rules import Draft, Origin
from tests.ui.screen_fakes import (
    FORBIDDEN,
    FakeServices,
    Here,
    results,
    seen,
    showing,
    until,
)

SIZES = [(80, 24), (120, 36)]
URL = "http://127.0.0.1:8753"
TO_SERVER = ["enter", "down", "enter"]
TO_AMAZON = ["enter", "down", "down", "enter"]


def wizard(services: FakeServices, **how: object) -> Setup:
    return Setup(Here(), services, **how)  # type: ignore[arg-type]


async def reads(pilot: Pilot[None], text: str) -> None:
    """Wait until the terminal shows `text`, wherever its lines break."""
    wanted = _squeezed(text)
    await until(pilot, lambda: wanted in _squeezed(seen(pilot)))


def _squeezed(text: str) -> str:
    return "".join(text.replace("│", "").split()).casefold()


async def fill(pilot: Pilot[None], **values: str) -> None:
    for key, value in values.items():
        pilot.app.screen.query_one(f"#{key}", Input).value = value
    await pilot.pause()


async def to_secrets(pilot: Pilot[None]) -> None:
    await reads(pilot, "drive")
    await pilot.press(*TO_SERVER)
    await fill(pilot, server_url=URL, client_secret="s3cret")
    await pilot.press("enter")
    await reads(pilot, "Where to keep them?")


async def to_sign_in(pilot: Pilot[None]) -> None:
    await to_secrets(pilot)
    await pilot.press("enter")
    await reads(pilot, "Waiting for the browser")


@pytest.mark.parametrize("size", SIZES)
async def test_from_nothing_to_the_first_listing(size: tuple[int, int]) -> None:
    services = FakeServices()
    async with showing(wizard(services), size) as pilot:
        await to_sign_in(pilot)
        assert services.URL in seen(pilot)
        assert "gives up in 10:00" in seen(pilot) or "9:5" in seen(pilot)
        await pilot.press("ctrl+y")
        assert pilot.app.clipboard == services.URL
        await pilot.click("#back")  # one step, and nothing is lost
        await reads(pilot, "Where to keep them?")
        await pilot.press("enter")
        await reads(pilot, "Waiting for the browser")
        services.signed_in.set()
        await reads(pilot, "drive is ready. In its first folder: 12 entries.")
        assert services.saved == [
            (
                "drive",
                {
                    "client_id": "acd-tui",
                    "client_secret": "s3cret",
                    "endpoint_url": f"{URL}/drive/v1/account/endpoint",
                },
                "TOKEN",
                "keyring",
            )
        ]
        assert "s3cret" not in seen(pilot)
        await pilot.press("enter")
        assert results(pilot) == ["drive"]


@pytest.mark.parametrize("size", SIZES)
async def test_two_keys_start_the_built_in_drive(size: tuple[int, int]) -> None:
    async with showing(wizard(FakeServices(), welcome=True), size) as pilot:
        assert "Welcome" in seen(pilot)
        await pilot.press("enter", "enter")
        await reads(pilot, "demo is ready")
        await pilot.press("enter")
        assert results(pilot) == ["demo"]


async def test_the_built_in_drive_gets_the_name_that_was_chosen() -> None:
    async with showing(wizard(FakeServices())) as pilot:
        field = pilot.app.screen.query_one("#name", Input)
        await until(pilot, lambda: field.value == "demo")
        await pilot.press("enter", "down")
        await until(pilot, lambda: field.value == "drive")
        await pilot.press("up")
        await until(pilot, lambda: field.value == "demo")
        await fill(pilot, name="photos")
        await pilot.press("enter")
        await reads(pilot, "There is a remote photos already")
        await fill(pilot, name="mine")
        await pilot.press("enter", "down", "up")  # what was written stays
        assert field.value == "mine"
        await pilot.press("enter")
        await reads(pilot, "mine is ready")


async def test_an_address_without_its_beginning_is_completed_and_shown() -> None:
    services = FakeServices()
    async with showing(wizard(services)) as pilot:
        await pilot.press(*TO_SERVER)
        services.problems["probe"] = Transient("nothing answers there")
        await fill(pilot, server_url="127.0.0.1:8753")
        await pilot.press("enter")
        await reads(pilot, "nothing answers there")
        field = pilot.app.screen.query_one("#server_url", Input)
        assert field.value == URL
        await pilot.press("backspace")  # at its end, where one mends it
        assert field.value == URL[:-1]


async def test_a_click_that_changes_the_name_does_not_hide_what_is_done() -> None:
    """The suggested name came after the step had begun, and took its notice away."""
    services = FakeServices()
    started = asyncio.Event()

    async def start(name: str) -> str:
        await started.wait()
        return name

    services.start_built_in = start  # type: ignore[method-assign]
    async with showing(wizard(services)) as pilot:
        field = pilot.app.screen.query_one("#name", Input)
        await until(pilot, lambda: field.value == "demo")
        await pilot.press("enter", "down")
        await until(pilot, lambda: field.value == "drive")
        await pilot.click("#origins", offset=(4, 0))
        await until(pilot, lambda: field.value == "demo")
        await pilot.pause()
        assert "Starting the built-in drive…" in seen(pilot)
        await pilot.press("down")  # it goes by the name that stands there
        assert field.value == "demo"
        started.set()
        await reads(pilot, "demo is ready")


async def test_a_typed_name_takes_the_place_of_the_suggested_one() -> None:
    async with showing(wizard(FakeServices())) as pilot:
        field = pilot.app.screen.query_one("#name", Input)
        await until(pilot, lambda: field.value == "demo")
        await pilot.press(*"mine")
        assert field.value == "mine"


async def test_drives_that_cannot_be_imported_are_named() -> None:
    services = FakeServices()
    services.broken = {"[/left]": "this is not a token"}
    async with showing(wizard(services)) as pilot:
        await reads(pilot, "drive")
        await pilot.press("enter", "end", "enter")
        await reads(pilot, "/home/me/rclone.conf")
        await pilot.press("enter")
        await reads(pilot, "Where to keep them?")
        await pilot.press("enter")
        await reads(pilot, "[/left] was left out: this is not a token.")


async def test_the_built_in_drive_that_does_not_start_says_why() -> None:
    services = FakeServices()
    services.problems["start_built_in"] = Denied("no room [/left]", hint="make some")
    async with showing(wizard(services)) as pilot:
        await pilot.press("enter", "enter")
        await reads(pilot, "no room [/left] make some")
        await pilot.press("enter")
        await reads(pilot, "demo is ready")


async def test_amazon_and_proxy_want_their_fields() -> None:
    services = FakeServices()
    async with showing(wizard(services)) as pilot:
        await pilot.press(*TO_AMAZON)
        await reads(pilot, "closed Amazon Drive")
        await pilot.press("enter")
        assert "The client id is missing" in seen(pilot)
        await fill(pilot, client_id="amzn1.application")
        await pilot.press("enter")
        assert "The client secret is missing" in seen(pilot)
        await fill(pilot, client_secret="s3cret", region_tld="amazon.de")
        await pilot.press("enter")
        assert "A site is what follows amazon." in seen(pilot)
        await pilot.click("#back")
        await pilot.press("enter", "down", "enter", "enter")
        assert "The sign-in address is missing" in seen(pilot)
        await fill(pilot, auth_url="https://p.example/auth", token_url="nonsense")
        await pilot.press("enter")
        assert "The token address is no address" in seen(pilot)
        await fill(pilot, client_secret="", token_url="https://p.example/token")
        await pilot.press("enter")
        await reads(pilot, "Where to keep them?")
        await pilot.press("enter")
        await until(pilot, lambda: bool(services.waiting))
        assert services.options == {
            "client_id": "amzn1.application",
            "auth_url": "https://p.example/auth",
            "token_url": "https://p.example/token",
        }


async def test_an_account_of_another_country() -> None:
    services = FakeServices()
    async with showing(wizard(services), (80, 24)) as pilot:
        await pilot.press(*TO_AMAZON)
        await fill(pilot, client_id="id", client_secret="s3cret", region_tld="co.uk")
        await pilot.press("enter")
        await reads(pilot, "Where to keep them?")
        await pilot.press("enter")
        await until(pilot, lambda: bool(services.waiting))
        assert services.options["region_tld"] == "co.uk"


@pytest.mark.parametrize("size", SIZES)
async def test_importing_from_rclone_needs_no_sign_in(size: tuple[int, int]) -> None:
    services = FakeServices()
    services.problems["import_names"] = Denied("its password is not known")
    async with showing(wizard(services), size) as pilot:
        await reads(pilot, "drive")
        await pilot.press("enter", "end", "enter")
        await reads(pilot, "/home/me/rclone.conf")
        await pilot.press("enter")
        await reads(pilot, "its password is not known")
        await fill(pilot, rclone_password="hunter2")
        assert "hunter2" not in seen(pilot)
        await pilot.press("enter")
        await reads(pilot, "Where to keep them?")
        await pilot.press("alt+left")
        await reads(pilot, "/home/me/rclone.conf")
        await pilot.press("enter")
        await reads(pilot, "Where to keep them?")
        await pilot.press("enter")
        await reads(pilot, "old is ready")
        assert services.imported == ("/home/me/rclone.conf", "hunter2", "keyring")
        assert services.waiting == 0
        await pilot.press("enter")
        assert results(pilot) == ["old"]


async def test_a_taken_name_stays_on_the_first_page() -> None:
    async with showing(wizard(FakeServices())) as pilot:
        await reads(pilot, "drive")
        await fill(pilot, name="photos")
        await pilot.press(*TO_SERVER)
        assert "There is a remote photos already" in seen(pilot)
        assert pilot.app.focused is pilot.app.screen.query_one("#name")


async def test_a_server_that_does_not_answer_can_be_tried_again() -> None:
    services = FakeServices()
    services.problems["probe"] = Transient("nothing answers there", hint="start it")
    async with showing(wizard(services)) as pilot:
        await pilot.press(*TO_SERVER)
        await pilot.press("enter")
        assert "The address is missing" in seen(pilot)
        await fill(pilot, server_url="ftp://x")
        await pilot.press("enter")
        assert "The address is no address like" in seen(pilot)
        await fill(pilot, server_url=URL)
        await pilot.press("enter")
        await reads(pilot, "nothing answers there start it")
        await pilot.press("enter")
        await reads(pilot, "Where to keep them?")


async def test_an_address_without_encryption_is_warned_of_once() -> None:
    async with showing(wizard(FakeServices())) as pilot:
        await pilot.press(*TO_SERVER)
        await fill(pilot, server_url="http://nas.example:8753")
        await pilot.press("enter")
        assert "Without encryption" in seen(pilot)
        await pilot.press("enter")
        await reads(pilot, "Where to keep them?")


async def test_without_a_keyring_nothing_is_chosen_silently() -> None:
    services = FakeServices()
    services.keyring = "no service [/x] answers"
    async with showing(wizard(services)) as pilot:
        await pilot.press(*TO_SERVER)
        await fill(pilot, server_url=URL)
        await pilot.press("enter")
        await reads(pilot, "keyring cannot be used: no service [/x] answers")
        await reads(pilot, "plain file")
        places = pilot.app.screen.query_one("#places", OptionList)
        assert places.highlighted is None
        await pilot.press("enter")
        await reads(pilot, "Choose where to keep the secrets")
        await pilot.click("#next")
        await reads(pilot, "Choose where to keep the secrets")
        # The safer place comes first.
        await pilot.press("down")
        assert places.highlighted_option is places.get_option("encrypted")
        await pilot.press("down", "enter")
        await until(pilot, lambda: bool(services.waiting))
        services.signed_in.set()
        await reads(pilot, "is ready")
        assert services.saved[0][3] == "file"
        assert services.password is None


@pytest.mark.parametrize("size", SIZES)
async def test_an_encrypted_file_wants_a_password_twice(size: tuple[int, int]) -> None:
    services = FakeServices()
    services.keyring = "this machine offers no keyring"
    async with showing(wizard(services), size) as pilot:
        await pilot.press(*TO_SERVER)
        await fill(pilot, server_url=URL)
        await pilot.press("enter")
        await reads(pilot, "plain file")
        await pilot.press("down", "enter")
        await reads(pilot, "Once more")
        await pilot.press("enter")
        await reads(pilot, "A password is needed")
        await pilot.press(*"hunter2", "enter")
        await reads(pilot, "The two passwords differ")
        assert "hunter2" not in seen(pilot)
        await pilot.press("alt+left")
        await reads(pilot, "plain file")
        await pilot.press("enter")
        await fill(pilot, **{"password-again": "hunter2"})
        await pilot.press("enter")
        await until(pilot, lambda: bool(services.waiting))
        await pilot.press("alt+left")
        await reads(pilot, "plain file")
        await pilot.press("enter", "enter")
        services.signed_in.set()
        await reads(pilot, "is ready")
        assert services.saved[0][3] == "encrypted"
        assert services.password == "hunter2"


async def test_a_file_that_is_encrypted_already_is_not_offered_plain() -> None:
    services = FakeServices()
    services.encrypted = True
    async with showing(wizard(services)) as pilot:
        await pilot.press(*TO_SERVER)
        await fill(pilot, server_url=URL)
        await pilot.press("enter")
        await reads(pilot, "it has its password already")
        assert "plain file" not in seen(pilot)
        await pilot.press("down", "enter")
        services.signed_in.set()
        await reads(pilot, "is ready")
        assert services.saved[0][3] == "encrypted"
        assert services.password is None


@pytest.mark.parametrize(
    "error",
    [
        Denied("port 53682 is taken by another program", hint="close rclone"),
        Denied("this answer belongs to another sign-in"),
        SignInNeeded("the sign-in was refused: access_denied"),
    ],
)
async def test_a_failed_sign_in_is_explained_and_can_be_tried_again(
    error: AcdError,
) -> None:
    services = FakeServices()
    services.problems["answer"] = error
    async with showing(wizard(services)) as pilot:
        await to_sign_in(pilot)
        services.signed_in.set()
        await reads(pilot, f"{error.message} {error.hint or ''}")
        assert services.saved == []
        await pilot.click("#again")
        await reads(pilot, "is ready")


async def test_a_port_that_is_taken_leaves_nothing_to_open() -> None:
    services = FakeServices()
    services.problems["sign_in"] = Denied("port 53682 is used", hint="stop it")
    async with showing(wizard(services)) as pilot:
        await to_secrets(pilot)
        await pilot.press("enter")
        await reads(pilot, "port 53682 is used stop it")
        assert "A browser opens" not in seen(pilot)
        assert "copies the address" not in seen(pilot)
        # What is done about it stands apart from what leaves the page.
        again = pilot.app.screen.query_one("#again").region
        back = pilot.app.screen.query_one("#back").region
        assert again.right < back.x
        await pilot.click("#again")
        await reads(pilot, "A browser opens")


async def test_nobody_signing_in_ends_the_waiting() -> None:
    services = FakeServices()
    async with showing(wizard(services, patience=0.2)) as pilot:
        await reads(pilot, "drive")
        await pilot.press(*TO_SERVER)
        await fill(pilot, server_url=URL)
        await pilot.press("enter")
        await reads(pilot, "Where to keep them?")
        await pilot.press("enter")
        await reads(pilot, "Nobody signed in within")
        assert services.waiting == 0


@pytest.mark.parametrize("how", ["escape", "back"])
async def test_leaving_the_sign_in_stops_listening(how: str) -> None:
    services = FakeServices()
    async with showing(wizard(services)) as pilot:
        await to_sign_in(pilot)
        assert services.waiting == 1
        if how == "back":
            await pilot.click("#back")
            await reads(pilot, "Where to keep them?")
        else:
            await pilot.press("escape")
            assert results(pilot) == [None]
        await until(pilot, lambda: services.waiting == 0)


async def test_a_browser_elsewhere_shows_its_address_and_takes_what_is_pasted() -> None:
    services = FakeServices()
    services.problems["finish_pasted"] = Denied("this is no [/address]")
    async with showing(wizard(services)) as pilot:
        await to_sign_in(pilot)
        await pilot.click("#elsewhere")
        await reads(pilot, "https://www.amazon.com/ap/oa?client_id=x&state=sss")
        assert services.waiting == 0
        await pilot.press("ctrl+y")
        assert pilot.app.clipboard.startswith("https://www.amazon.com/ap/oa?")
        field = pilot.app.screen.query_one("#paste", Input)
        assert pilot.app.focused is field
        field.post_message(events.Paste("nonsense"))
        await pilot.press("enter")
        await reads(pilot, "this is no [/address]")
        field.value = ""
        field.focus()
        field.post_message(events.Paste("http://127.0.0.1:53682/?co\nde=1&state=2"))
        await pilot.pause()
        await pilot.press("enter")
        await reads(pilot, "is ready")
        assert services.pasted == ["http://127.0.0.1:53682/?code=1&state=2"]
        assert services.saved[0][2] == "PASTED"


async def test_all_of_the_longest_page_can_be_seen_at_80x24() -> None:
    services = FakeServices()
    services.problems["finish_pasted"] = Denied("x" * 60, hint="y" * 60)
    async with showing(wizard(services)) as pilot:
        await to_sign_in(pilot)
        await pilot.click("#elsewhere")
        await reads(pilot, "oa?client_id=x&state=sss")
        await pilot.press("x", "enter")
        await reads(pilot, "y" * 60)
        for button in ("again", "elsewhere", "back", "cancel"):
            assert pilot.app.screen.query_one(f"#{button}").region.bottom < 24


async def test_the_output_of_authorize_can_be_pasted_while_the_browser_waits() -> None:
    services = FakeServices()
    async with showing(wizard(services)) as pilot:
        await to_sign_in(pilot)
        field = pilot.app.screen.query_one("#paste", Input)
        field.value = '{"access_token": "x"}'
        field.focus()
        await pilot.press("enter")
        await reads(pilot, "is ready")
        assert services.waiting == 0
        assert services.pasted == ['{"access_token": "x"}']


@pytest.mark.parametrize("step", ["save", "first_listing"])
async def test_the_end_can_be_tried_again_without_signing_in_again(step: str) -> None:
    services = FakeServices()
    services.problems[step] = Denied("cannot write [/there]", hint="look at it")
    async with showing(wizard(services)) as pilot:
        await to_sign_in(pilot)
        services.signed_in.set()
        await reads(pilot, "cannot write [/there] look at it")
        added = "drive is added, but it could not be opened:" in seen(pilot)
        assert added is (step == "first_listing")
        await pilot.press("enter")
        await reads(pilot, "is ready")
        assert not pilot.app.screen.query_one("#cancel").display
        assert [saved[0] for saved in services.saved] == ["drive"]


async def test_a_remote_that_was_saved_is_the_result_even_if_it_cannot_be_listed() -> (
    None
):
    services = FakeServices()
    services.problems["first_listing"] = Transient("not now")
    async with showing(wizard(services)) as pilot:
        await to_sign_in(pilot)
        services.signed_in.set()
        await reads(pilot, "Finish anyway")
        await pilot.press("escape")
        assert results(pilot) == ["drive"]


async def test_what_was_entered_is_there_again_after_going_back() -> None:
    async with showing(wizard(FakeServices())) as pilot:
        await pilot.press(*TO_SERVER)
        await fill(pilot, server_url=URL, client_secret="abc")
        await pilot.press("enter")
        await reads(pilot, "Where to keep them?")
        await pilot.press("alt+left")
        await reads(pilot, URL)
        await pilot.press("alt+left")
        await reads(pilot, "Where is the drive?")
        assert pilot.app.screen.query_one("#name", Input).value == "drive"


async def test_signing_in_through_an_engine_with_a_thread_of_its_own() -> None:
    services = FakeServices()

    @contextlib.asynccontextmanager
    async def session() -> AsyncIterator[Any]:
        yield object()

    engine = Engine(session)
    await engine.ready()
    try:
        async with showing(Setup(engine, services)) as pilot:
            await to_sign_in(pilot)
            await reads(pilot, services.URL)
            await pilot.click("#elsewhere")
            await until(pilot, lambda: services.waiting == 0)
            await reads(pilot, "s" * 120)
            await reads(pilot, "Use a browser here")
            # A click would miss it where the layout is still to move it.
            pilot.app.screen.query_one("#elsewhere", Button).press()
            await reads(pilot, services.URL)
            await engine.call(services.signed_in.set)
            await reads(pilot, "is ready")
    finally:
        engine.close()


async def test_signing_in_again() -> None:
    services = FakeServices()
    name = "ph[/x]\x1botos"
    async with showing(Login(Here(), services, name)) as pilot:
        await reads(pilot, "Waiting for the browser")
        assert not FORBIDDEN & set(seen(pilot))
        services.signed_in.set()
        await until(pilot, lambda: bool(results(pilot)))
        assert results(pilot) == [True]
        assert services.renewed == [(name, "TOKEN")]


async def test_what_is_pasted_arrives_without_a_word_about_where() -> None:
    services = FakeServices()
    async with showing(Login(Here(), services, "photos")) as pilot:
        await reads(pilot, "Waiting for the browser")
        await pilot.press("enter")  # which is neither a sign-in nor the end of it
        await pilot.press(*"blob", "enter")
        await until(pilot, lambda: bool(results(pilot)))
        assert services.pasted == ["blob"]
        assert services.renewed == [("photos", "PASTED")]


@pytest.mark.parametrize("step", ["remote_options", "renew"])
async def test_signing_in_again_that_fails(step: str) -> None:
    services = FakeServices()
    services.problems[step] = Denied("cannot [/do] that")
    services.signed_in.set()
    async with showing(Login(Here(), services, "photos")) as pilot:
        await reads(pilot, "cannot [/do] that")
        await pilot.press("escape")
        assert results(pilot) == [False]


# --- rules


@pytest.mark.parametrize(
    ("name", "fine"),
    [
        ("photos", True),
        ("My photos-2", True),
        ("fötos", True),
        ("a+b@c.d_e", True),
        ("", False),
        ("-x", False),
        ("x ", False),
        ("a:b", False),
        ("a/b", False),
        ("[x]", False),
        ("a\nb", False),
        ("local", False),
        ("taken", False),
    ],
)
def test_names_of_remotes(name: str, fine: bool) -> None:
    assert (rules.name_problem(name, ["taken"]) is None) == fine


def test_a_free_name() -> None:
    assert rules.free_name("drive", []) == "drive"
    assert rules.free_name("drive", ["drive", "drive2"]) == "drive3"


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://example.org/x", True),
        ("http://[::1]:8753", True),
        ("", False),
        ("example.org", False),
        ("file:///etc/passwd", False),
        ("http://", False),
        ("http://[::1", False),
        ("http://x:99999", False),
        ("http://u:p@x", False),
        ("http://a b", False),
    ],
)
def test_addresses(url: str, fine: bool) -> None:
    assert (rules.url_problem(url, "It") is None) == fine


@pytest.mark.parametrize(
    ("url", "unsafe"),
    [
        ("http://127.0.0.1:1", False),
        ("http://[::1]", False),
        ("http://localhost/x", False),
        ("https://example.org", False),
        ("http://example.org", True),
        ("http://192.168.1.2", True),
        ("http://[::1", False),
    ],
)
def test_what_is_not_encrypted(url: str, unsafe: bool) -> None:
    assert rules.is_unencrypted(url) == unsafe


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("127.0.0.1:8753", "http://127.0.0.1:8753"),
        ("127.0.0.1", "http://127.0.0.1:8753"),
        ("localhost:80/x", "http://localhost:80/x"),
        ("[::1]", "http://[::1]:8753"),
        ("192.168.1.2:9", "http://192.168.1.2:9"),
        ("nas.local", "http://nas.local:8753"),
        ("drive.example.org", "https://drive.example.org"),
        ("8.8.8.8:1", "https://8.8.8.8:1"),
        ("http://drive.example.org", "http://drive.example.org"),
        ("ftp://x", "ftp://x"),
        ("x:port", "x:port"),
        ("two words", "two words"),
        ("", ""),
    ],
)
def test_an_address_is_completed(typed: str, whole: str) -> None:
    assert rules.completed(typed) == whole


def test_a_draft_does_not_show_its_secret() -> None:
    draft = Draft(origin=Origin.AMAZON, client_id="i", client_secret="s3cret")
    assert "s3cret" not in repr(draft)
    assert draft.options() == {"client_id": "i", "client_secret": "s3cret"}
