"""Secrets on the way from one place to another, whatever happens meanwhile."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.session.moving_secrets import KEYRING, PLACES, PLAIN

ROOT = Path(__file__).parents[2]
MOVES = [*itertools.permutations(PLACES, 2), *((p, "renamed") for p in PLACES)]


@pytest.mark.parametrize(("source", "target"), MOVES)
def test_killed_at_any_moment(tmp_path: Path, source: str, target: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.session.moving_secrets"),
            *(str(tmp_path), source, target),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert len(found["deaths"]) > 10

    arrived = source if target == "renamed" else target
    end = {
        "whole": True,
        "open": ["remotes.conf"] if arrived == PLAIN else [],
        "keyring": 2 if arrived == KEYRING else 0,
    }
    for number, death in enumerate(found["deaths"], start=1):
        assert death["token"], number
        assert death["secret"], number
        assert death["for all"] == [], number
        if PLAIN not in {source, arrived}:
            assert death["open"] == [], number
        if target != "renamed":
            assert death["after"] == end, number
        else:
            assert death["after"]["whole"], number
    assert found["end"] == end
