"""What a dry run writes while it goes through a tree of any size."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from acd_tui.cli.foreseen import tell_copy
from acd_tui.transfers.compared import Compared, Verdict
from acd_tui.transfers.model import ConflictPolicy, CopyOptions
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.hashing import Located
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath


@pytest.mark.parametrize("number", [0, 3])
async def test_actions_are_written_as_they_are_found(
    capfdbinary: pytest.CaptureFixture[bytes], number: int
) -> None:
    fs = MemoryFileSystem()
    written = b""

    async def compared(*_: object, **__: object) -> AsyncIterator[Compared]:
        nonlocal written
        for name in map(str, range(number)):
            entry = Entry(name=name, kind=Kind.FILE, size=2)
            source = Located(fs, VPath((name,)), entry)
            yield Compared(names=(name,), verdict=Verdict.SOURCE_ONLY, source=source)
            written += capfdbinary.readouterr().out
            assert b'"path": "%b"' % name.encode() in written

    ends = SimpleNamespace(compared=compared, goal=fs, shown=("a", "b"))
    how = SimpleNamespace(
        options=CopyOptions(),
        checkers=1,
        policy=ConflictPolicy.ASK,
        verbose=False,
        as_json=True,
    )
    await tell_copy(ends, how)  # type: ignore[arg-type] # parts of them
    document = json.loads(written + capfdbinary.readouterr().out)
    assert [action["path"] for action in document["actions"]] == list("012"[:number])
    assert (document["files"]["copy"], document["size"]) == (number, 2 * number)
