"""What is said of a file that another folder of the drive holds as well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command, api

pytestmark = pytest.mark.socket


@pytest.fixture
def linked(here: Command, remote: str, tmp_path: Path) -> str:
    """A remote with `kept`, `in/twin` and `in/single`; `kept` holds the twin as well."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("twin", "single"):
        (folder / name).write_text(name)
    assert here("copy", str(folder), f"{remote}:in").returncode == 0
    assert here("mkdir", f"{remote}:kept").returncode == 0
    found = json.loads(here("lsjson", "-R", f"{remote}:").stdout)
    ids = {each["Path"]: each["ID"] for each in found}
    api("PUT", f"nodes/{ids['kept']}/children/{ids['in/twin']}", remote)
    return remote


def test_trash_says_what_only_left_its_folder(here: Command, linked: str) -> None:
    gone = here("trash", f"{linked}:in/twin", f"{linked}:in/single")
    assert gone.returncode == 0
    assert gone.stderr.decode().splitlines() == [
        f"`{linked}:in/twin`: it only left its folder, another one holds it still"
    ]
    assert here("cat", f"{linked}:kept/twin").stdout == b"twin"
    again = here("trash", f"{linked}:kept/twin")
    assert (again.returncode, again.stderr) == (0, b"")


def test_sync_says_it_too(here: Command, linked: str, tmp_path: Path) -> None:
    for name in ("twin", "single"):
        (tmp_path / "in" / name).unlink()
    (tmp_path / "in" / "new").write_text("new")
    made = here("sync", "--yes", str(tmp_path / "in"), f"{linked}:in")
    assert made.returncode == 0
    said = [line for line in made.stderr.decode().splitlines() if "only left" in line]
    assert said == [
        f"`{linked}:in/twin`: it only left its folder, another one holds it still"
    ]
    assert here("cat", f"{linked}:kept/twin").stdout == b"twin"
