"""What SQL must not use: SQLite 3.35 is enough, and Ubuntu 22.04 has 3.37."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SINCE_3_38 = re.compile(r"->>|->\s*'|\bunixepoch\(|\b(?:RIGHT|FULL) (?:OUTER )?JOIN\b")


def test_nothing_newer_than_the_oldest_sqlite() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for pattern in ("*.py", "*.sql")
        for path in (ROOT / "acd_tui").rglob(pattern)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if _SINCE_3_38.search(line)
    }
    assert not found
