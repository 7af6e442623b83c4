"""acd_cli as PyPI has it, led to a server of ours by its own files and a proxy."""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers import environments
from tests.peers.tls_front import Front
from tests.server_process import ServerProcess
from tests.starter import Starter

CLIENT_ID = "acd_cli"
REDIRECT_URI = "http://localhost"  # the one it has built in

# It names its needs loosely; these are what it was last seen to work with.
_PACKAGES = (
    "acdcli==0.3.2",
    "appdirs==1.4.4",
    "colorama<1",
    "fusepy==3.0.1",
    "python-dateutil<5",
    "requests>=2.31,<3",
    "requests-toolbelt==1.0.0",
    "setuptools<81",  # for pkg_resources, which it imports
)

# What half a second of each start goes to.
MODULES = (
    "colorama",
    "logging.handlers",
    "multiprocessing",
    "pkg_resources",
    "distutils.version",
    "acdcli.api.client",
    "acdcli.cache.db",
    "acdcli.plugins",
    "acdcli.utils.hashing",
    "acdcli.utils.progress",
    "acdcli.utils.threading",
)


def install(folder: Path) -> Path:
    """Install it, and give the program; see `environments.install`."""
    return environments.install(folder, "acd_cli", _PACKAGES) / "acd_cli"


@dataclass
class AcdCli:
    """acd_cli with folders of its own.

    Attributes:
        starter: runs it.
        folder: where it keeps its cache and finds its settings.
        user: who is signed in.
    """

    starter: Starter
    folder: Path
    server: ServerProcess
    front: Front
    user: str

    def configure(self, secret: str) -> None:
        """Give it its application's key."""
        self.cache.mkdir(parents=True)
        self.settings.mkdir()
        (self.cache / "client_data").write_text(
            json.dumps({"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": secret})
        )

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    @property
    def settings(self) -> Path:
        return self.folder / "settings"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "HTTPS_PROXY": self.front.proxy_url,
            "REQUESTS_CA_BUNDLE": str(self.front.ca_file),
            "ACD_CLI_CACHE_PATH": str(self.cache),
            "ACD_CLI_SETTINGS_PATH": str(self.settings),
            "BROWSER": "true",  # it opens one, and asks on its standard input as well
            "PYTHONWARNINGS": "ignore",
        }

    def sign_in(self, expires_in: int = 3600) -> dict[str, Any]:
        """Give it tokens, as if its sign-in had been gone through."""
        token = self.server.token(
            user=self.user, client_id=CLIENT_ID, expires_in=expires_in
        )
        data: dict[str, Any] = {
            "access_token": token["access_token"],
            "refresh_token": token["refresh_token"],
            "token_type": "bearer",
            "expires_in": expires_in,
        }
        self.token_file.write_text(json.dumps(data))
        return data

    @property
    def token_file(self) -> Path:
        return self.cache / "oauth_data"

    def set(self, file: str, section: str, **values: object) -> None:
        """Write one of its settings files."""
        settings = configparser.ConfigParser()
        settings[section] = {name: str(value) for name, value in values.items()}
        with (self.settings / file).open("w") as text:
            settings.write(text)

    def command(self, *arguments: str) -> list[str]:
        return [str(self.starter.program), *self._as_told(arguments)]

    def _as_told(self, arguments: Sequence[str]) -> list[str]:
        # Without -nw it sleeps up to a second before each request.
        return ["-nw", *arguments]

    def run(
        self, *arguments: str, given: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        with contextlib.ExitStack() as stack:
            # `cat` asks where in its output it is: a pipe has no such place.
            asked, said, complained = (
                stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)
            )
            asked.write(given)
            asked.seek(0)
            told = self._as_told(arguments)
            process = self.starter.fork(
                told,
                files=(asked.fileno(), said.fileno(), complained.fileno()),
                environment=self.environment,
            )
            code = process.wait(100)
            for file in (said, complained):
                file.seek(0)
            return subprocess.CompletedProcess(
                told, code, said.read(), complained.read()
            )

    def raw(self, *arguments: str, given: bytes = b"") -> bytes:
        """Run a command that must succeed, and give what it printed."""
        done = self.run(*arguments, given=given)
        assert done.returncode == 0, (done.stdout[-2000:] + done.stderr).decode(
            errors="replace"
        )
        return done.stdout

    def __call__(self, *arguments: str, given: bytes = b"") -> str:
        return self.raw(*arguments, given=given).decode()

    def lines(self, *arguments: str) -> list[str]:
        return self(*arguments).splitlines()

    def fails(self, *arguments: str, given: bytes = b"") -> str:
        """Run a command that must fail properly, and give all it printed."""
        done = self.run(*arguments, given=given)
        said = (done.stdout + done.stderr).decode()
        assert done.returncode != 0, said
        assert "Traceback" not in said, said
        return said

    def id(self, path: str) -> str:
        """The node its cache has under a path."""
        found = re.fullmatch(r"Node\('([\w-]{22})', .*\)\n", self("resolve", path))
        assert found
        return found[1]

    def metadata(self, node: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("metadata", "--", node))
        return found
