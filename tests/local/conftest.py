from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.vfs.path import VPath


@pytest.fixture
def hashes(tmp_path: Path) -> Iterator[HashCache]:
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    yield hashes
    hashes.close()


@pytest.fixture
def fs(hashes: HashCache) -> LocalFileSystem:
    return LocalFileSystem(hashes=hashes)


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    disk = tmp_path / "disk"
    disk.mkdir()
    return disk


@pytest.fixture
def base(disk: Path) -> VPath:
    return VPath.parse(str(disk))
