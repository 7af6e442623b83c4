"""Programs of others, each led to a server of ours in a process of its own."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import httpx
import pytest

from acd_tui.server import admin
from tests.peers import acd_cli, amazon_photos, environments
from tests.peers.acd_cli import CLIENT_ID, REDIRECT_URI, AcdCli
from tests.peers.amazon_photos import AmazonPhotos
from tests.peers.rclone import Rclone
from tests.peers.tls_front import Front, tls_front
from tests.server_process import PASSWORD, FaultFile, ServerProcess, running_server
from tests.starter import Starter

_numbers = itertools.count()


def missing(why: str) -> NoReturn:
    """End a test whose program is not there: that is a failure where all must be."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


@dataclass(frozen=True, slots=True)
class Place:
    """A server that stock clients are led to.

    Attributes:
        acd_cli_secret: of the application that acd_cli is there.
    """

    server: ServerProcess
    front: Front
    acd_cli_secret: str


@contextlib.contextmanager
def serving(folder: Path, arguments: Sequence[str] = ()) -> Iterator[Place]:
    with running_server(folder, arguments) as server:
        port = int(server.addresses["url"].rpartition(":")[2])
        secret = admin.add_client(
            server.directory, CLIENT_ID, [REDIRECT_URI], owner=CLIENT_ID
        )
        with tls_front(port, folder) as front:
            yield Place(server, front, secret)


@pytest.fixture(scope="session")
def shared_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(tmp_path_factory.mktemp("peers")) as place:
        yield place


@pytest.fixture
def faults(tmp_path: Path) -> FaultFile:
    """Faults on request, from a server that no other test sees."""
    return FaultFile(tmp_path / "faults.toml")


@pytest.fixture
def server_arguments() -> list[str]:
    """More of them for a `server run` of its own; a test sets them by a parameter."""
    return []


@pytest.fixture
def place(
    tmp_path: Path, server_arguments: list[str], request: pytest.FixtureRequest
) -> Iterator[Place]:
    arguments = list(server_arguments)
    if "faults" in request.fixturenames:
        arguments += request.getfixturevalue("faults").arguments
    if not arguments:
        yield request.getfixturevalue("shared_place")
        return
    with serving(tmp_path, arguments) as place:
        yield place


@pytest.fixture
def user(place: Place) -> str:
    """Somebody with an empty drive."""
    name = f"user{next(_numbers)}"
    admin.add_user(place.server.directory, name, PASSWORD)
    return name


@pytest.fixture
def browser(place: Place, user: str) -> Iterator[httpx.Client]:
    """The metadata address, by cookies: Amazon's own site may do more than others."""
    cookies = admin.issue_cookies(place.server.directory, user)
    with httpx.Client(
        base_url=place.server.metadata_url,
        cookies=cookies,
        headers={"x-amzn-sessionid": cookies["session-id"]},
        trust_env=False,
    ) as client:
        yield client


@pytest.fixture(scope="session")
def rclone_program() -> str:
    program = shutil.which("rclone")
    if program is None:
        missing("rclone is not installed")
    backends = subprocess.run(
        [program, "help", "backends"], capture_output=True, check=True
    )
    if b"Amazon Drive" not in backends.stdout:
        missing("this rclone no longer knows Amazon Drive (the last one is 1.65)")
    return program


@pytest.fixture
def rclone(rclone_program: str, place: Place, user: str, tmp_path: Path) -> Rclone:
    folder = tmp_path / "rclone"
    folder.mkdir()
    config = folder / "rclone.conf"
    rclone = Rclone(rclone_program, config, place.server, place.front, user)
    rclone.configure(rclone.issue(expires_in=7 * 86400))
    return rclone


def installed(
    factory: pytest.TempPathFactory, install: Callable[[Path], Path], name: str
) -> Path:
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # all workers' one
    try:
        return install(folder)
    except environments.NotInstalled as error:
        missing(f"{name} cannot be installed: {error}")


@pytest.fixture(scope="session")
def acd_cli_starter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    program = installed(tmp_path_factory, acd_cli.install, "acd_cli")
    with contextlib.closing(Starter(program, acd_cli.MODULES)) as starter:
        yield starter


@pytest.fixture(scope="session")
def amazon_photos_installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory, amazon_photos.install, "amazon-photos")


@pytest.fixture
def photos(
    amazon_photos_installed: Path, place: Place, user: str, tmp_path: Path
) -> AmazonPhotos:
    folder = tmp_path / "amazon_photos"
    folder.mkdir()
    return AmazonPhotos(
        amazon_photos_installed, folder, place.server, place.front, user
    )


@pytest.fixture
def stranger(
    acd_cli_starter: Starter, place: Place, user: str, tmp_path: Path
) -> AcdCli:
    """acd_cli as it is when just installed, with an application's key."""
    folder = tmp_path / "acd_cli"
    cli = AcdCli(acd_cli_starter, folder, place.server, place.front, user)
    cli.configure(place.acd_cli_secret)
    return cli


@pytest.fixture
def acd(stranger: AcdCli) -> AcdCli:
    """acd_cli, signed in, and with the drive's nodes in its cache."""
    stranger.sign_in()
    stranger("sync")
    return stranger
