"""`move` within one drive, or the disk, where others change it meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from acd_tui.operations.service import Operations, Placed
from tests.cli.conftest import Command


def make(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def after_the_first_move(
    monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]
) -> None:
    """Let another program do something once both folders were listed."""
    real = Operations.move
    told: list[None] = []

    async def move(self: Operations, source: Placed, target: Placed) -> None:
        await real(self, source, target)
        if not told:
            told.append(None)
            await asyncio.to_thread(meanwhile)

    monkeypatch.setattr(Operations, "move", move)


@pytest.mark.parametrize("policy", ["overwrite", "newer"])
@pytest.mark.parametrize("edited", ["box/z", "to/z"])
def test_nothing_takes_the_place_of_what_is_not_what_it_was(
    here: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    edited: str,
    policy: str,
) -> None:
    make(tmp_path / "to", z="old")
    make(tmp_path / "box", a="1", z="new one")
    after_the_first_move(
        monkeypatch, lambda: (tmp_path / edited).write_text("another thing now")
    )
    result = here("move", "box", "to", "--conflict", policy)
    assert result.returncode == 6
    texts = {"box/z": "new one", "to/z": "old", edited: "another thing now"}
    assert {path: (tmp_path / path).read_text() for path in texts} == texts
    assert f"/{edited} has changed meanwhile)" in result.stdout.decode()


@pytest.mark.parametrize("gone", ["box/d", "to/d", "box/m", "to/m"])
def test_one_that_is_gone_keeps_none_of_the_others(
    here: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    for place in ("box", "to"):
        make(tmp_path / place / "d")
        (tmp_path / place / "m").write_text(f"{place:<4}")
    (tmp_path / "box" / "a").write_text("1")
    (tmp_path / "box" / "z").write_text("2")

    def meanwhile() -> None:
        path = tmp_path / gone
        (path.rmdir if path.is_dir() else path.unlink)()

    after_the_first_move(monkeypatch, meanwhile)
    result = here("move", "box", "to", "--conflict", "overwrite")
    assert result.returncode == 6, result.stderr
    assert f"{gone}" in result.stdout.decode()
    assert (tmp_path / "to" / "z").read_text() == "2"


def test_who_stops_it_finds_the_file_under_way_whole(
    here: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "to", a="old", b="old")
    make(tmp_path / "box", a="new one", b="new one")
    real = Operations.move

    async def move(self: Operations, source: Placed, target: Placed) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(3):  # rounds of the loop, in which it is heard
            await asyncio.sleep(0)
        await real(self, source, target)

    monkeypatch.setattr(Operations, "move", move)
    assert here("move", "box", "to", "--conflict", "overwrite").returncode == 130
    assert not (tmp_path / "box" / "a").exists()
    texts = {"to/a": "new one", "box/b": "new one", "to/b": "old"}
    assert {path: (tmp_path / path).read_text() for path in texts} == texts
