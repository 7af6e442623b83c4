from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd_tui.api.models import Node
from acd_tui.drive.mirror import Mirror
from tests.drive.nodes import ROOT


@pytest.fixture
async def mirror(tmp_path: Path) -> AsyncIterator[Mirror]:
    mirror = Mirror.open(tmp_path / "mirror.sqlite")
    await mirror.adopt(Node(id=ROOT, kind="FOLDER", status="AVAILABLE", is_root=True))
    yield mirror
    await mirror.close()
