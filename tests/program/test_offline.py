"""The whole program with a server that is down, and then is back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program.terminal import terminal
from tests.server_process import running_server

pytestmark = [pytest.mark.socket, pytest.mark.timeout(240)]

PROGRAM = [sys.executable, "-m", "acd_tui"]


def test_a_known_drive_is_browsed_and_searched_and_what_is_queued_waits(
    tmp_path: Path, work: Path
) -> None:
    (work / "deep" / "er").mkdir(parents=True)
    (work / "deep" / "er" / "needle.txt").write_bytes(b"found")
    with running_server(tmp_path) as server:
        settings = {
            "TYPE": "amazon cloud drive",
            "CLIENT_ID": server.client_id,
            "CLIENT_SECRET": server.client_secret,
            "TOKEN": json.dumps(server.token()),
            "AUTH_URL": server.auth_url,
            "TOKEN_URL": server.token_url,
            "ENDPOINT_URL": server.endpoint_url,
        }
        env = os.environ | {f"RCLONE_CONFIG_X_{k}": v for k, v in settings.items()}

        def run(*arguments: str) -> None:
            subprocess.run([*PROGRAM, *arguments], cwd=work, env=env, check=True)

        run("copy", "deep", "x:deep")
        run("mirror", "refresh", "x:")
        server.kill()
        (work / "late.txt").write_bytes(b"late")
        run("queue", "add", "late.txt", "x:")
        with terminal([*PROGRAM, "x:"], cwd=work, env=env) as screen:
            screen.wait_for(lambda text: "offline" in text and "deep" in text)
            screen.press("tab", "s")
            screen.wait_for("how the name ends")
            screen.press(*"needle")
            screen.wait_for("/deep/er")
            screen.press("enter")
            screen.wait_for(lambda text: "x:deep/er" in text and "needle.txt" in text)
            server.start()
            screen.wait_for("2 finished", seconds=120)  # both copies
        listed = subprocess.run(
            [*PROGRAM, "lsf", "x:"], cwd=work, env=env, capture_output=True, check=True
        )
        assert listed.stdout == b"deep/\nlate.txt\n"
