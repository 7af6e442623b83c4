"""F4 in a real terminal: the editor gets it, and the panes get it back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.program.support import DEMO
from tests.program.terminal import terminal

pytestmark = pytest.mark.socket

EDITOR = """\
#!/bin/sh
test -t 0 && test -t 1 || exit 9
kill -INT "$PPID"  # as Ctrl-C does, which reaches all in the foreground
printf 'the editor asks: '
read answer
printf '%s\\n' "$answer" >> "$1"
"""


def test_edit_a_file_of_the_drive_and_go_on(work: Path, tmp_path: Path) -> None:
    script = tmp_path / "editor"
    script.write_text(EDITOR)
    script.chmod(0o700)
    environment = {**os.environ, "VISUAL": "", "EDITOR": str(script)}
    with terminal(DEMO, cwd=work, env=environment) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        screen.press("tab", "/", "Welcome", "enter", "f4")
        screen.wait_for("the editor asks:")
        screen.press("a line of my own", "\r")
        screen.wait_for("Saved to demo:Welcome.md")
        screen.press("f3")
        screen.wait_for("a line of my own")
        screen.press("escape", "f1")
        screen.wait_for("Keys")
        screen.press("escape", "q")
        assert screen.wait_end() == 0
