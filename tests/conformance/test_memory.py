from __future__ import annotations

import pytest

from acd_tui.errors import Full
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given, Laws, Subject


class TestMemory(Laws):
    @pytest.fixture
    def subject(self) -> Subject:
        return Subject(MemoryFileSystem(), VPath())

    async def test_no_room(self) -> None:
        fs = MemoryFileSystem(capacity=10)
        old = await fs.write(VPath.parse("old"), Given(b"12345"))
        with pytest.raises(Full):
            await fs.write(VPath.parse("new"), Given(b"123456"))
        with pytest.raises(Full):
            await fs.write(VPath.parse("old"), Given(b"x" * 11), replacing=old)
        assert fs.data("old") == b"12345"
        assert (await fs.space(VPath())).free == 5

    async def test_the_hook_can_refuse(self) -> None:
        fs = MemoryFileSystem()
        fs.put("file", b"data")

        async def refuse(operation: str, path: VPath) -> None:
            if operation == "piece":
                raise Full(f"no {path}")

        fs.hook = refuse
        content = await fs.read(VPath.parse("file"))
        with pytest.raises(Full):
            await fs.write(VPath.parse("copy"), content)


class TestMemoryWithoutLetterCase(Laws):
    @pytest.fixture
    def subject(self) -> Subject:
        return Subject(MemoryFileSystem(case_insensitive=True), VPath())
