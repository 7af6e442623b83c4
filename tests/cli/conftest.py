"""Commands run as a user runs them: in a process of their own."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import httpx
import pytest

import acd_tui.cli
from acd_tui.api.wire import Wire
from acd_tui.server import admin
from tests.server_process import PASSWORD, ServerProcess, running_server
from tests.starter import Starter

_numbers = itertools.count(1)


class Command(Protocol):
    """Runs `acd-tui` to its end."""

    def __call__(
        self, *arguments: str | bytes, cwd: Path | None = None, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]: ...


# What nearly every command imports, or none can be without: a third of a second's work.
_MODULES = (
    *("acd_tui.__main__", "acd_tui.cli.carrying", "acd_tui.cli.host"),
    *("acd_tui.api.wire", "acd_tui.drive.filesystem", "acd_tui.local.filesystem"),
    *("acd_tui.transfers.manager", "keyring"),
)


@pytest.fixture(scope="session")
def commands() -> Iterator[Starter]:
    """What starts the commands; how they start in earnest, others try."""
    program = Path(sys.executable).parent / "acd-tui"
    with contextlib.closing(Starter(program, _MODULES)) as starter:
        yield starter


@pytest.fixture
def acd(tmp_path: Path, commands: Starter) -> Command:
    def run(
        *arguments: str | bytes, cwd: Path | None = None, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        with contextlib.ExitStack() as stack:
            asked, said, complained = (
                stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)
            )
            asked.write(stdin)
            asked.seek(0)
            with contextlib.chdir(cwd or tmp_path):
                process = commands.fork(
                    [os.fsdecode(each) for each in arguments],
                    files=(asked.fileno(), said.fileno(), complained.fileno()),
                    environment=os.environ,
                )
            try:
                code = process.wait(90)
            finally:
                process.kill()
            for file in (said, complained):
                file.seek(0)
            result = subprocess.CompletedProcess(
                arguments, code, said.read(), complained.read()
            )
        assert b"Traceback" not in result.stderr, result.stderr.decode()
        return result

    return run


@pytest.fixture
def here(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Command:
    """The same without a process of its own, which takes a second to start."""
    logger = logging.getLogger()
    before = (logger.level, tuple(logger.handlers))

    def run(
        *arguments: str | bytes, cwd: Path | None = None, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        monkeypatch.chdir(cwd or tmp_path)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            code = acd_tui.cli.run([os.fsdecode(each) for each in arguments])
        finally:
            logger.setLevel(before[0])
            for handler in set(logger.handlers).difference(before[1]):
                logger.removeHandler(handler)
                handler.close()
        said = capfdbinary.readouterr()
        assert b"Traceback" not in said.err, said.err.decode()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return run


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def remote(shared_server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a remote, defined by the environment, whose drive is empty."""
    user = f"user{next(_numbers)}"
    admin.add_user(shared_server.directory, user, PASSWORD)
    define(monkeypatch, "photos", shared_server, shared_server.token(user=user))
    return "photos"


@pytest.fixture
def unplug(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Cut `here` off from all servers from then on, as with the cable out."""

    async def refuse(_: Wire, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no network", request=request)

    return lambda: monkeypatch.setattr(Wire, "handle_async_request", refuse)


def define(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    server: ServerProcess,
    token: dict[str, str],
) -> None:
    """Define a remote by the environment alone."""
    for key, value in {
        "type": "amazon cloud drive",
        "client_id": server.client_id,
        "client_secret": server.client_secret,
        "token": json.dumps(token),
        "auth_url": server.auth_url,
        "token_url": server.token_url,
        "endpoint_url": server.endpoint_url,
    }.items():
        monkeypatch.setenv(f"RCLONE_CONFIG_{name.upper()}_{key.upper()}", value)


def api(method: str, path: str, remote: str = "photos") -> None:
    """Do with a drive what another program would."""
    told = f"RCLONE_CONFIG_{remote.upper()}_"
    token = json.loads(os.environ[f"{told}TOKEN"])["access_token"]
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as client:
        hosts = client.get(os.environ[f"{told}ENDPOINT_URL"]).json()
        client.request(method, f"{hosts['metadataUrl']}{path}").raise_for_status()
