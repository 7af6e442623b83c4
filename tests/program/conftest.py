from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The folder the program is started in."""
    work = tmp_path / "work"
    work.mkdir()
    return work
