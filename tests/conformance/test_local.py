from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from acd_tui.local import names
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Laws, Subject


class TestLocal(Laws):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Iterator[Subject]:
        base = tmp_path / "disk"
        base.mkdir()
        hashes = HashCache.open(tmp_path / "hashes.sqlite")
        yield Subject(
            LocalFileSystem(hashes=hashes),
            VPath.parse(str(base)),
            shown=lambda name: names.shown(names.on_disk(name)),
        )
        hashes.close()
