"""`sync` where the source changes while its plan is looked at."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.terminal import Terminal, on_a_terminal

pytestmark = pytest.mark.socket


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "src"
    (source / "d").mkdir(parents=True)
    (source / "d/old").write_bytes(b"bytes")
    (source / "same").write_bytes(b"same")
    return source


@pytest.fixture
def synced(source: Path, remote: str, here: Command) -> str:
    """A folder of the drive that holds what `src` does."""
    place = f"{remote}:t"
    assert here("sync", "src", place, "--yes").returncode == 0
    return place


@pytest.fixture
def asking(source: Path, synced: str, tmp_path: Path) -> Iterator[Terminal]:
    """A sync that wants an answer: `d/old` is `d/new` by now."""
    (source / "d/old").rename(source / "d/new")
    with on_a_terminal("sync", "src", synced, cwd=tmp_path) as terminal:
        terminal.waits_for("Do this?")
        yield terminal


def listed(here: Command, place: str) -> set[str]:
    found = json.loads(here("lsjson", "-R", place).stdout)
    return {each["Path"] for each in found if not each["IsDir"]}


def test_nothing_goes_where_what_was_to_come_is_gone(
    source: Path, synced: str, asking: Terminal, here: Command
) -> None:
    (source / "d/new").unlink()  # as where a disk is unmounted
    asking.types("y")
    assert asking.ends() == 6, asking.shown
    assert listed(here, synced) == {"same", "d/old"}
    assert "d/new" in asking.shown


def test_what_the_source_has_again_stays(
    source: Path, synced: str, asking: Terminal, here: Command
) -> None:
    shutil.copy2(source / "d/new", source / "d/old")
    asking.types("y")
    assert asking.ends() == 6, asking.shown
    assert listed(here, synced) == {"same", "d/old", "d/new"}
