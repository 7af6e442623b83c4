"""`mirror changes`: what became of a drive since it was first read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

pytestmark = pytest.mark.socket


def test_what_changed_in_a_drive(tmp_path: Path, remote: str, here: Command) -> None:
    (tmp_path / "tree/deep").mkdir(parents=True)
    for name in ("a", "b\x1b[1m", "deep/c"):
        (tmp_path / "tree" / name).write_text(name)
    assert here("mirror", "refresh", f"{remote}:").returncode == 0
    found = here("mirror", "changes", f"{remote}:", "--json")
    assert (found.returncode, json.loads(found.stdout)) == (0, [])

    assert here("copy", "tree", f"{remote}:tree").returncode == 0
    assert here("trash", f"{remote}:tree/a").returncode == 0
    found = here("mirror", "changes", f"{remote}:", "--since", "1h", "--json")
    trashed, appeared = json.loads(found.stdout)
    assert (trashed["what"], trashed["path"]) == ("trashed", "/tree/a")
    assert (appeared["what"], appeared["path"]) == ("appeared", "/tree/")
    assert (appeared["inside"], appeared["own"]) == (4, True)

    shown = here("mirror", "changes", f"{remote}:").stdout.decode().splitlines()
    assert shown[0].endswith("trashed  * /tree/a")
    assert shown[1].endswith("appeared * /tree/ (with 4 inside)")
    for since in ("2100-01-01", "0s"):
        assert here("mirror", "changes", f"{remote}:", "--since", since).stdout == b""
    wrong = here("mirror", "changes", f"{remote}:", "--since", "off")
    assert wrong.returncode == 2
    assert b"neither a duration nor a day" in wrong.stderr
