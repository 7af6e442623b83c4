"""A server in its own process, as users run it, for tests to talk to."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import tomlkit

from acd_tui.server import admin
from tests.starter import Forked, Starter

PASSWORD = "correct horse battery staple"
_WAIT = 30.0

# What a server imports.
_MODULES = (
    *("acd_tui.__main__", "acd_tui.cli.server", "acd_tui.config.options"),
    *("acd_tui.server.admin", "acd_tui.server.runner", "acd_tui.server.stderr"),
)


@functools.cache
def _starter(_: int) -> Starter:
    """Start what starts servers: one for each process that wants some."""
    return Starter(Path(sys.executable).parent / "acd-tui", _MODULES)


class ServerProcess:
    """`acd-tui server run DIR`, and what one can do to it.

    Attributes:
        directory: of the drives.
        url: without a slash at the end; so are the other addresses as `--json` says them.
        client_id: of the default application.
        client_secret: of it.
        password: of the user `owner`.
    """

    client_id = admin.APPLICATION
    password = PASSWORD

    def __init__(
        self,
        directory: Path,
        arguments: Sequence[str] = (),
        stderr: IO[str] | None = None,
    ) -> None:
        self.directory = directory
        self._stderr = stderr
        self._arguments = list(arguments)
        self._process: Forked | None = None
        self._starting = threading.Lock()
        self._port = 0
        self.addresses: dict[str, Any] = {}
        admin.initialise(directory, password=PASSWORD)
        self.client_secret = admin.application_secret(directory)

    def __getattr__(self, name: str) -> Any:
        """Give `endpoint_url`, `metadata_url`, `content_url`, `auth_url`, `token_url`, `pid`."""
        try:
            return self.__dict__["addresses"][name]
        except KeyError:
            raise AttributeError(name) from None

    def start(self) -> None:
        """Start it, unless it runs or somebody else just starts it."""
        with self._starting:
            if self._process is None:
                self._start()

    def _start(self) -> None:
        said, says = os.pipe()
        stderr = 2 if self._stderr is None else self._stderr.fileno()
        try:
            with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device
                # Kept at once: some kill it before it is ready.
                process = self._process = _starter(os.getpid()).fork(
                    [
                        *("server", "run", str(self.directory)),
                        *("--port", str(self._port), "--json", *self._arguments),
                    ],
                    files=(nothing.fileno(), says, stderr),
                    environment=os.environ,
                )
        finally:
            os.close(says)
        self._said = open(said, "rb")  # noqa: PTH123, SIM115 - closed when it has ended
        line = self._said.readline()
        if not line:
            self._said.close()
            code = process.wait(_WAIT)
            self._process = None
            raise RuntimeError(f"the server did not start: exit code {code}")
        self.addresses = json.loads(line)
        if "--public-url" not in self._arguments:
            self._port = int(self.addresses["url"].rpartition(":")[2])

    @property
    def running(self) -> bool:
        """Whether it was started, and neither killed nor stopped since."""
        return self._process is not None

    def token(self, **options: Any) -> dict[str, str]:
        """A token as rclone stores it; see `admin.issue_token` for the options."""
        return admin.issue_token(self.directory, **options)

    def headers(self, **options: Any) -> dict[str, str]:
        """What a request needs to be let in."""
        return {"Authorization": f"Bearer {self.token(**options)['access_token']}"}

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and give its exit code."""
        return self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Start it again on the same port."""
        self.stop()
        self.start()

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        code = process.wait(_WAIT)
        self._said.close()
        return code


class FaultFile:
    """A file for `--faults`; what is written into it holds for the next request."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clear()

    @property
    def arguments(self) -> list[str]:
        """What the server has to be started with."""
        return ["--faults", str(self.path)]

    def set(self, *rules: dict[str, Any], seed: int = 0) -> None:
        """Replace all rules; `acd-tui server faults` says what they may hold."""
        text = tomlkit.dumps({"seed": seed, "fault": list(rules)})
        new = self.path.with_suffix(".new")
        new.write_text(text, "utf-8")
        new.replace(self.path)

    def clear(self) -> None:
        """Let all go well."""
        self.set()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running_server(
    tmp_path: Path, arguments: Sequence[str] = (), stderr: IO[str] | None = None
) -> Iterator[ServerProcess]:
    """Run a server over `tmp_path/drive` meanwhile.

    Args:
        tmp_path: where its folder is made, unless it is there.
        arguments: more of them for `server run`.
        stderr: where it says what is no data; None is where this process does.
    """
    server = ServerProcess(tmp_path / "drive", arguments, stderr)
    server.start()
    try:
        yield server
    finally:
        server.kill()
