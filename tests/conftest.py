"""Every test runs in a home of its own, with no keyring of the machine's."""

from __future__ import annotations

import fcntl
import functools
import gc
import os
import ssl
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from acd_tui.__main__ import _COLLECT_AFTER
from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.server import accounts
from tests.drive_service import Service, running_service
from tests.fakes import FakeClock

# To count lines takes nearly as long again as the tests themselves. Of the screens nobody
# asks how many were reached, nor of the server, which runs in processes of its own.
_UNCOUNTED = {"conformance", "peers", "server", "ui"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in _UNCOUNTED:
            item.add_marker("no_cover")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Let two workers compile the tests for all: at once each would for itself."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    turn = Path(__file__).with_name(("conftest.py", "__init__.py")[number % 2])
    with turn.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return (yield)


def pytest_collection_finish(session: pytest.Session) -> None:
    # Of what all those tests and modules are made, nothing goes before the end. To look
    # through it again and again for what may go took a tenth of the time of small tests,
    # and as often as Python looks by itself a tenth of that of the screens: now it looks as
    # seldom as in the program.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


@pytest.fixture(scope="session", autouse=True)
def hashed_once() -> Iterator[None]:
    """Hash a password once for all drives: that takes a tenth of a second on purpose."""
    known: dict[tuple[str, str], str] = {}
    real = accounts.hash_password

    @functools.wraps(real)
    def hash_password(password: str) -> str:
        key = password, accounts._COST
        if key not in known:
            known[key] = real(password)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "hash_password", hash_password)
        yield


@pytest.fixture(scope="session", autouse=True)
def authorities_read_once() -> Iterator[None]:
    """Read whom to believe once for all clients, most of which never speak TLS."""
    known: dict[Any, ssl.SSLContext] = {}
    real = httpx.create_ssl_context

    def create_ssl_context(*what: Any, **more: Any) -> ssl.SSLContext:
        places = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
        key = (*what, *more.items(), places)
        if key not in known:
            known[key] = real(*what, **more)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "create_ssl_context", create_ssl_context)
        patch.setattr(
            "httpx._transports.default.create_ssl_context", create_ssl_context
        )
        yield


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, where configuration, queue and caches go as well."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("ACD_TUI_HOME", str(home / "acd-tui"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "RCLONE_CONFIG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The real server, in its own process."""
    with running_service(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture
def user(service: Service) -> str:
    """Somebody with an empty drive."""
    return service.new_account()


@pytest.fixture
async def other(
    service: Service, user: str, tmp_path: Path
) -> AsyncIterator[DriveFileSystem]:
    """The drive of `user`, used by somebody else."""
    async with service.drive(user, tmp_path / "other.sqlite", follow=False) as other:
        yield other
