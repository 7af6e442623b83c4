"""The wizard: a server of one's own, a real browser, a real keyring."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.chromium import refuses_connections, running_chromium
from tests.ports import rclones_port
from tests.program.terminal import Terminal, terminal
from tests.server_process import ServerProcess, running_server

pytestmark = [pytest.mark.socket, pytest.mark.peer]

ACD = [sys.executable, "-m", "acd_tui"]
START = "http://127.0.0.1:53682/auth"

# What is in the keyring once the program has ended.
LOOK = """
import json, os, sys, keyring
names = "token", "client secret"
whose = f"mine ({os.environ['ACD_TUI_HOME']})"
found = {name: keyring.get_password("acd-tui", f"{whose}: {name}") for name in names}
json.dump(found, open(sys.argv[1], "w"))
"""


def with_keyring(tmp_path: Path, command: list[str], after: Path) -> list[str]:
    """Wrap a command into a session with a Secret Service, and look into it after."""
    missing = [
        name
        for name in ("dbus-run-session", "gnome-keyring-daemon")
        if shutil.which(name) is None
    ]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"{missing[0]} is not installed")
    look = tmp_path / "look.py"
    look.write_text(LOOK)
    start = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null"
    script = f'{start}; "$@"; "{sys.executable}" "{look}" "{after}"'
    return ["dbus-run-session", "--", "sh", "-c", script, "sh", *command]


def desktop_environment(runtime: Path) -> dict[str, str]:
    runtime.mkdir(mode=0o700)
    hidden = {"PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    # A browser that does nothing: the test brings its own.
    return kept | {"XDG_RUNTIME_DIR": str(runtime), "BROWSER": "true"}


def go_to_sign_in(screen: Terminal, server: ServerProcess) -> str:
    """Answer the wizard's questions up to the sign-in; return how secrets are kept."""
    screen.wait_for("Name of the remote", seconds=60)
    screen.press("end", *["backspace"] * 12, "mine", "enter", "down", "enter")
    screen.wait_for("Address of the server")
    screen.press(server.url, "tab", "tab", server.client_secret, "enter")
    text = screen.wait_for("unlocked with your session")
    screen.press("enter")
    screen.wait_for(START)
    return text


async def test_from_nothing_to_the_first_listing_with_token_in_the_keyring(
    tmp_path: Path, work: Path, home: Path
) -> None:
    after = tmp_path / "keyring.json"
    command = with_keyring(tmp_path, ACD, after)
    environment = desktop_environment(tmp_path / "run")
    with running_server(tmp_path) as server, rclones_port():
        async with running_chromium(tmp_path / "profile") as browser:
            with terminal(command, cwd=work, env=environment) as screen:
                await asyncio.to_thread(go_to_sign_in, screen, server)
                await browser.open(START)
                assert "Sign in" in await browser.text(), screen.text()
                await browser.type("#email", "owner")
                await browser.type("#password", server.password)
                await browser.click("button[value=allow]")
                assert "All done" in await browser.text()
                await asyncio.to_thread(screen.wait_for, "mine is ready")
                assert refuses_connections(START)
                screen.press("enter")
                await asyncio.to_thread(screen.wait_for, "mine:")
                screen.press("q")
                assert await asyncio.to_thread(screen.wait_end) == 0
                shown = screen.raw.decode("utf-8", "replace")
    kept = json.loads(after.read_text())
    assert kept["client secret"] == server.client_secret
    token = json.loads(kept["token"])
    assert token["access_token"].startswith("Atza|")
    remotes = (home / "acd-tui/config/remotes.conf").read_text()
    for secret in (server.client_secret, token["access_token"], token["refresh_token"]):
        assert secret not in remotes
        assert secret not in shown
        for log in (home / "acd-tui").rglob("*.log*"):
            assert secret not in log.read_text()
