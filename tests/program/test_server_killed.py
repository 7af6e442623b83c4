"""The server killed in the middle of uploads, and started again."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program.support import digests, make_tree
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket

ACD = [sys.executable, "-m", "acd_tui"]
FILES = 100


def contents(server: ServerProcess) -> int:
    """How many files' content the server has durably taken."""
    folder = server.directory / "content"
    return sum(1 for path in folder.rglob("*") if path.is_file())


def remote_environment(server: ServerProcess) -> dict[str, str]:
    options = {
        "type": "amazon cloud drive",
        "client_id": server.client_id,
        "client_secret": server.client_secret,
        "token": json.dumps(server.token()),
        "auth_url": server.auth_url,
        "token_url": server.token_url,
        "endpoint_url": server.endpoint_url,
    }
    named = {f"RCLONE_CONFIG_PHOTOS_{k.upper()}": v for k, v in options.items()}
    return os.environ | named


@pytest.mark.parametrize(
    "moments",
    [(20, 60), pytest.param((10, 25, 40, 55, 70), marks=pytest.mark.long)],
    ids=len,
)
def test_nothing_is_lost_doubled_or_half_there(
    tmp_path: Path, work: Path, moments: tuple[int, ...]
) -> None:
    sent = make_tree(work / "Sent", FILES, 200_000)
    with running_server(tmp_path) as server:
        environment = remote_environment(server)
        copy = subprocess.Popen(
            [*ACD, "copy", str(work / "Sent"), "photos:Sent"],
            env=environment,
            stderr=subprocess.PIPE,
        )
        for enough in moments:
            while contents(server) < enough:
                assert copy.poll() is None, (
                    "the copy ended before the server was killed"
                )
                select.select([], [], [], 0.01)
            server.kill()
            check = subprocess.run(
                [*ACD, "server", "check", str(server.directory)],
                capture_output=True,
                check=False,
            )
            assert check.returncode == 0, check.stdout + check.stderr
            server.start()
        _, errors = copy.communicate(timeout=90)
        assert copy.returncode == 0, errors.decode()

        listed = subprocess.run(
            [*ACD, "md5sum", "photos:Sent"],
            env=environment,
            capture_output=True,
            check=True,
        ).stdout.decode()
        pairs = [line.split("  ", 1) for line in listed.splitlines()]
        assert sorted((path, md5) for md5, path in pairs) == sorted(sent.items())

        subprocess.run(
            [*ACD, "copy", "photos:Sent", str(work / "back")],
            env=environment,
            check=True,
            stderr=subprocess.DEVNULL,
        )
        assert digests(work / "back") == sent
