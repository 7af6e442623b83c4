"""`authorize` of the one, and what it printed put into the other."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from acd_tui.auth.token import Token
from tests.cli.test_sign_in import consent, options
from tests.peers.rclone import Rclone
from tests.ports import rclones_port

pytestmark = [pytest.mark.peer, pytest.mark.socket]


def blob_of(rclone: Rclone) -> str:
    """Return what rclone's own set-up would have one copy to the other machine."""
    server = rclone.server
    given = {
        "client_id": server.client_id,
        "client_secret": server.client_secret,
        "auth_url": server.auth_url,
        "token_url": server.token_url,
    }
    return base64.b64encode(json.dumps(given).encode()).decode().rstrip("=")


def test_rclones_authorize_signs_in_here_and_its_output_can_be_pasted(
    rclone: Rclone, tmp_path: Path
) -> None:
    server = rclone.server
    command = [
        *(rclone.program, "authorize", "amazon cloud drive", blob_of(rclone)),
        *("--auth-no-open-browser", "--config", str(tmp_path / "none.conf")),
    ]
    with (
        rclones_port(),
        subprocess.Popen(
            command,
            env=rclone.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr is not None
        while "http://127.0.0.1:53682/auth" not in (line := process.stderr.readline()):
            assert line, "it ended"
        back = consent("http" + line.rpartition("http")[2].strip(), server)
        # The code may be all that gets through: rclone closes its listener as soon as it
        # has that (v1.60, `configSetup` and `authServer.Stop` in lib/oauthutil), and with
        # it the connection that its page, then still in a buffer, was to go out by.
        with contextlib.suppress(httpx.RemoteProtocolError, httpx.ReadError):
            httpx.get(back, trust_env=False)
        printed, _ = process.communicate(timeout=60)
        assert process.returncode == 0
    assert "<---End paste" in printed
    assert Token.from_paste(printed).refresh_token

    made = subprocess.run(
        [
            *(sys.executable, "-m", "acd_tui", "config", "create", "photos"),
            *(*options(server), f"endpoint_url={server.endpoint_url}"),
            *("--no-browser", "--plain-file"),
        ],
        input=printed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    listed = subprocess.run(
        [sys.executable, "-m", "acd_tui", "about", "photos:"],
        capture_output=True,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr.decode()


_START = "http://127.0.0.1:53682/auth"


@pytest.mark.parametrize("as_rclone_asks", [False, True])
def test_what_our_authorize_printed_signs_rclone_in(
    rclone: Rclone, as_rclone_asks: bool
) -> None:
    server = rclone.server
    words = options(server)
    if as_rclone_asks:
        words = ["amazon cloud drive", blob_of(rclone)]
    with (
        rclones_port(),
        subprocess.Popen(
            [
                *(sys.executable, "-m", "acd_tui", "authorize", *words),
                "--auth-no-open-browser",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr is not None
        while (start := process.stderr.readline().strip()) != _START:
            assert start, (
                "it ended"
            )  # after a remark on secrets in `ps`, and what to do
        httpx.get(consent(start, server), trust_env=False)
        printed, _ = process.communicate(timeout=60)
        assert process.returncode == 0
    pasted = printed.splitlines()[1]
    rclone.configure({})
    if as_rclone_asks:
        # The last question of rclone's own set-up on a machine without a browser.
        rclone(
            *("config", "update", "acd", "--non-interactive", "--continue"),
            *("--state", "*oauth-authorize,,,", "--result", pasted),
        )
    else:
        rclone.configure(json.loads(pasted))
    rclone("rcat", "acd:mine", given=b"content")
    assert rclone("cat", "acd:mine") == "content"
