"""Stock rclone, led to a server of ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.peers.tls_front import Front, tls_front
from tests.server_process import ServerProcess, running_server


@dataclass
class Rclone:
    """rclone with one remote, `acd:`, whose rclone.conf can be looked at."""

    program: str
    config: Path
    server: ServerProcess
    front: Front

    def configure(self, token: dict[str, str]) -> None:
        self.config.write_text(
            "[acd]\n"
            "type = amazon cloud drive\n"
            f"client_id = {self.server.client_id}\n"
            f"client_secret = {self.server.client_secret}\n"
            f"auth_url = {self.server.auth_url}\n"
            f"token_url = {self.server.token_url}\n"
            f"token = {json.dumps(token)}\n"
        )

    def token(self) -> dict[str, Any]:
        """The token as rclone keeps it."""
        for line in self.config.read_text().splitlines():
            if line.startswith("token = "):
                token: dict[str, Any] = json.loads(line.removeprefix("token = "))
                return token
        raise AssertionError("no token in rclone.conf")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "HTTPS_PROXY": self.front.proxy_url,
            "TZ": "UTC",
        }
        return subprocess.run(
            [
                self.program,
                *("--config", str(self.config), "--ca-cert", str(self.front.ca_file)),
                *("--retries", "1", "--low-level-retries", "2", "--use-json-log"),
                *arguments,
            ],
            capture_output=True,
            env=environment,
            timeout=100,
            check=False,
        )

    def __call__(self, *arguments: str) -> str:
        """Run a command that must succeed, and give what it printed."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments))


@pytest.fixture(scope="session")
def rclone_program() -> str:
    program = shutil.which("rclone")
    if program is None:
        missing = "rclone is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    backends = subprocess.run(
        [program, "help", "backends"], capture_output=True, check=True
    )
    if b"Amazon Drive" not in backends.stdout:
        unfit = "this rclone no longer knows Amazon Drive (the last one is 1.65)"
        if os.environ.get("CI") == "true":
            pytest.fail(unfit)
        pytest.skip(unfit)
    return program


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running_server(tmp_path) as server:
        yield server


@pytest.fixture
def rclone(
    rclone_program: str, server: ServerProcess, tmp_path: Path
) -> Iterator[Rclone]:
    port = int(server.addresses["url"].rpartition(":")[2])
    folder = tmp_path / "rclone"
    folder.mkdir()
    with tls_front(port, folder) as front:
        rclone = Rclone(rclone_program, folder / "rclone.conf", server, front)
        rclone.configure(server.token(expires_in=7 * 86400))
        yield rclone
