"""Ctrl-O and $ in a real terminal: a shell gets it, and the panes get it back."""

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


def test_a_command_gets_what_is_marked_and_what_it_says_stays(work: Path) -> None:
    for name in ("-a b.txt", "c $x.txt", "d.txt"):
        (work / name).write_text(name)
    environment = {**os.environ, "SHELL": "/bin/sh"}
    with terminal(DEMO, cwd=work, env=environment) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        screen.wait_for("d.txt")
        screen.press("home", "space", "space", "$")
        screen.wait_for("Run a command")
        screen.press('cat "$@" > made.txt; echo "$#"; pwd; exit 3', "enter")
        text = screen.wait_for("Enter goes back to acd-tui")
        assert "It ended with exit code 3." in text
        assert str(work) in text
        screen.press("enter")
        screen.wait_for("made.txt")
        assert (work / "made.txt").read_text() == "-a b.txtc $x.txt"
        screen.press("tab", "end", "$")
        screen.wait_for("Run a command")
        screen.press('echo "<$@>"', "enter")
        screen.wait_for("<demo:Welcome.md>")
        screen.press("enter")
        screen.wait_for("Trash")
        screen.press("q")
        assert screen.wait_end() == 0
