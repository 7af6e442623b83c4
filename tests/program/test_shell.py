"""Ctrl-O in a real terminal: a shell gets it, and the panes get it back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.program.support import DEMO
from tests.program.terminal import terminal

pytestmark = pytest.mark.socket

SHELL = """\
#!/bin/sh
test -t 0 && test -t 1 || exit 9
printf 'in %s? ' "$(basename "$PWD")"
read answer
echo "$answer" > made.txt
"""


def test_a_shell_in_the_folder_of_the_pane(work: Path, tmp_path: Path) -> None:
    (work / "deep").mkdir()
    script = tmp_path / "shell"
    script.write_text(SHELL)
    script.chmod(0o700)
    environment = {**os.environ, "SHELL": str(script)}
    with terminal(DEMO, cwd=work, env=environment) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        screen.press("/", "deep", "enter", "enter")
        screen.wait_for("This folder is empty")
        screen.press("\x0f")
        text = screen.wait_for("in deep?")
        assert "exit or Ctrl-D goes back to acd-tui" in text
        screen.press("yes", "enter")
        screen.wait_for("made.txt")
        screen.press("tab", "\x0f")  # a drive has no folder of the disk
        screen.wait_for("in deep?")
        screen.press("yes", "enter")
        screen.wait_for("Welcome.md")
        script.unlink()
        screen.press("\x0f")
        screen.wait_for("cannot be started: No such file or directory")
        screen.press("q")
        assert screen.wait_end() == 0
