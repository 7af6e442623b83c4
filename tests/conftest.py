"""Every test runs in a home of its own, with no keyring of the machine's."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from tests.fakes import FakeClock

# To count lines takes nearly as long again as the tests themselves. Of the screens nobody
# asks how many were reached, nor of the server, which runs in processes of its own.
_UNCOUNTED = {"conformance", "peers", "server", "ui"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in _UNCOUNTED:
            item.add_marker("no_cover")


def pytest_collection_finish(session: pytest.Session) -> None:
    # Of what all those tests and modules are made, nothing goes before the end. To look
    # through it again and again for what may go took a tenth of the time of small tests.
    gc.collect()
    gc.freeze()


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
