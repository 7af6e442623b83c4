"""Stock rclone, led to a server of ours."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.tls_front import Front
from tests.server_process import ServerProcess


@dataclass
class Rclone:
    """rclone with one remote, `acd:`, whose rclone.conf can be looked at."""

    program: str
    config: Path
    server: ServerProcess
    front: Front
    user: str

    def issue(self, **options: Any) -> dict[str, str]:
        """A token of its user."""
        return self.server.token(user=self.user, **options)

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

    def command(self, *arguments: str) -> list[str]:
        return [
            self.program,
            *("--config", str(self.config), "--ca-cert", str(self.front.ca_file)),
            *("--retries", "1", "--low-level-retries", "2", "--use-json-log"),
            *arguments,
        ]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "HTTPS_PROXY": self.front.proxy_url,
            "TZ": "UTC",
        }

    def run(
        self, *arguments: str, given: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self.command(*arguments),
            capture_output=True,
            input=given,
            env=self.environment,
            timeout=100,
            check=False,
        )

    def __call__(self, *arguments: str, given: bytes = b"") -> str:
        """Run a command that must succeed, and give what it printed."""
        done = self.run(*arguments, given=given)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments))
