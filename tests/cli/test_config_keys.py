"""`config keys`: what can be done in the panes, as the settings have it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from acd_tui.ui.actions import ACTIONS
from acd_tui.ui.keymap import PRESETS
from tests.cli.conftest import Command


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACD_TUI_HOME", str(tmp_path))
    (tmp_path / "config").mkdir(exist_ok=True)
    return tmp_path / "config" / "settings.toml"


def test_it_knows_the_settings(settings: Path, here: Command) -> None:
    settings.write_text(
        '[keys]\npreset = "vim"\n[keys.bind]\nrefresh = "f12"\nfly = "z"\n'
    )
    result = here("config", "keys")
    said = result.stdout.decode()
    assert re.search(r"^refresh +F12 +Refresh$", said, re.MULTILINE)
    assert re.search(r"^trash +F8, Del, d d +Trash$", said, re.MULTILINE)
    problem = b"settings.toml, line 5: keys.bind.fly: there is no such action"
    assert problem in result.stderr


def test_another_set_as_json(settings: Path, here: Command) -> None:
    settings.write_text('[keys.bind]\nrefresh = "f12"\n')
    listed = json.loads(here("config", "keys", "--json", "--preset", "mc").stdout)
    assert {each["action"] for each in listed} == {action.id for action in ACTIONS}
    keys = {each["action"]: each["keys"] for each in listed}
    assert keys["refresh"] == ["ctrl+r"]
    assert "ctrl+n" in keys["down"]


def test_a_set_that_is_none(settings: Path, here: Command) -> None:
    result = here("config", "keys", "--preset", "emacs")
    assert result.returncode == 2
    assert ", ".join(PRESETS) in result.stderr.decode()
