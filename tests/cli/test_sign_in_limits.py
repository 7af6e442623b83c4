"""A sign-in that cannot be answered: the port is taken, or nobody comes."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import time
from pathlib import Path

import httpx
import pytest

import acd_tui.auth.sign_in
from acd_tui.asgi import listen
from acd_tui.auth import loopback
from acd_tui.locations import Locations
from tests.cli.conftest import Command

pytestmark = pytest.mark.socket

APPLICATION = ("client_id=an.id", "auth_url=http://127.0.0.1:9/ap/oa")
WAYS = (
    ("authorize", *APPLICATION),
    ("config", "create", "photos", *APPLICATION, "--plain-file"),
)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """The port of a sign-in: a free one, since other programs may sign in meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    real = acd_tui.auth.sign_in.sign_in
    monkeypatch.setattr(
        acd_tui.auth.sign_in, "sign_in", functools.partial(real, port=port)
    )
    return port


@pytest.mark.parametrize("way", WAYS)
def test_a_busy_port(
    way: tuple[str, ...], port: int, here: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(acd_tui.auth.sign_in, "show_in_browser", opened.append)
    with listen("127.0.0.1", port):
        refused = here(*way)
    assert refused.returncode == 1
    assert f"port {port} on 127.0.0.1 is used by another program" in (
        refused.stderr.decode()
    )
    assert f"{port}" in refused.stderr.decode().partition("hint: ")[2]
    assert (refused.stdout, opened) == (b"", [])
    assert not Locations.from_environment().remotes_file.exists()


@pytest.mark.parametrize("way", WAYS)
def test_nobody_signs_in(
    way: tuple[str, ...],
    port: int,
    here: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For ten minutes, of which the clock of the event loop alone has heard."""
    ahead = 0.0
    monkeypatch.setattr(
        asyncio.BaseEventLoop, "time", lambda _: time.monotonic() + ahead
    )

    def browse(url: str) -> bool:
        nonlocal ahead
        with httpx.Client(trust_env=False) as browser:
            ahead = 590.0
            assert browser.get(url).status_code == 307  # still waiting
            ahead = 601.0
            # Whoever asks now wakes the loop, which then sees how late it is.
            with contextlib.suppress(httpx.TransportError):
                browser.get(url)
        return True

    monkeypatch.setattr(acd_tui.auth.sign_in, "show_in_browser", browse)
    given_up = here(*way)
    assert given_up.returncode == 7, given_up.stderr.decode()
    assert b"nobody signed in within 10 minutes" in given_up.stderr
    assert given_up.stdout == b""
    assert not Locations.from_environment().remotes_file.exists()
    listen("127.0.0.1", port).close()  # free again


def test_the_port_is_the_one_that_applications_are_registered_with() -> None:
    assert (loopback.HOST, loopback.PORT) == ("127.0.0.1", 53682)
