"""Signing in from the command line, on the real consent page."""

from __future__ import annotations

import functools
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

import acd_tui.auth.sign_in
from acd_tui.auth.token import Token
from acd_tui.cli.account import authorize
from tests.cli.conftest import Command
from tests.server_process import ServerProcess

pytestmark = pytest.mark.socket


def consent(url: str, server: ServerProcess, decision: str = "allow") -> str:
    """Do what a user does in a browser; return the address it is sent to."""
    with httpx.Client(follow_redirects=True, trust_env=False) as browser:
        page = browser.get(url)
        hidden = dict(
            re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        )
        fields = {name: value.replace("&amp;", "&") for name, value in hidden.items()}
        person = {"email": "owner", "password": server.password, "decision": decision}
        answer = browser.post(
            page.url.join("/ap/oa"),
            data=fields | person,
            headers={"Origin": server.url},
            follow_redirects=False,
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]


def options(server: ServerProcess) -> list[str]:
    return [
        f"client_id={server.client_id}",
        f"client_secret={server.client_secret}",
        f"auth_url={server.auth_url}",
        f"token_url={server.token_url}",
    ]


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listen on a free port, since other programs may sign in meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    real = acd_tui.auth.sign_in.sign_in
    monkeypatch.setattr(
        acd_tui.auth.sign_in, "sign_in", functools.partial(real, port=port)
    )


@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_authorize_prints_a_token_to_paste(
    decision: str, shared_server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def browse(url: str) -> bool:
        back = consent(url, shared_server, decision)
        httpx.get(back, trust_env=False)
        return True

    monkeypatch.setattr(acd_tui.auth.sign_in, "show_in_browser", browse)
    result = CliRunner().invoke(authorize, options(shared_server))
    if decision == "deny":
        assert getattr(result.exception, "exit_code", None) == 7
        assert result.stdout == ""
        return
    assert result.exit_code == 0, result.output
    first, blob, last = result.stdout.splitlines()
    assert first == "Paste the following into your remote machine --->"
    assert last == "<---End paste"
    assert Token.from_blob(blob).refresh_token
    assert Token.from_paste(result.stdout) == Token.from_blob(blob)
    assert "go to:" in result.stderr
    assert "Atz" not in result.stderr


def test_a_remote_is_added_with_a_browser_elsewhere(
    shared_server: ServerProcess, acd: Command, tmp_path: Path
) -> None:
    endpoint = f"endpoint_url={shared_server.endpoint_url}"
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "acd_tui", "config", "create", "photos"),
            *(*options(shared_server), endpoint, "--no-browser", "--plain-file"),
        ],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while "open this address" not in (said := process.stderr.readline()):
            assert said
        back = consent(process.stderr.readline().strip(), shared_server)
        said, complaint = process.communicate(back + "\n", timeout=60)
        assert process.returncode == 0, complaint
    assert said == ""
    assert "added photos:" in complaint
    listed = acd("about", "photos:")
    assert listed.returncode == 0, listed.stderr.decode()


@pytest.mark.parametrize("words", [["eyJ"], ["!"], ["W10"], ["MQ"]])
def test_what_rclone_did_not_print(words: list[str], here: Command) -> None:
    refused = here("authorize", "amazon cloud drive", *words)
    assert refused.returncode == 2
    assert b"not what rclone prints" in refused.stderr
    assert here("authorize", "amazon cloud drive", "a", "b", "c").returncode == 2
