"""What the program does to the terminal, and what is left of it afterwards."""

from __future__ import annotations

import os
import pty
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program.support import DEMO, alive, children_of, make_tree
from tests.program.terminal import Terminal, terminal

pytestmark = pytest.mark.socket

LEFT = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1003l", b"\x1b[?2004l")
"""The usual screen, a cursor, no mouse, no marked pastes."""

BROKEN = """
import sys
from acd_tui.ui.app import AcdApp

def do_help(self):
    secret = "correct horse"
    raise RuntimeError("a word that only the log may hold")

AcdApp.do_help = do_help
sys.argv = ["acd-tui", "demo"]
from acd_tui.__main__ import main
main()
"""


def assert_left(screen: Terminal, since: int = 0) -> None:
    """The terminal is again as it was found."""
    for sequence in LEFT:
        assert sequence in bytes(screen.raw[since:]), sequence
    assert screen.is_cooked


def pause(screen: Terminal) -> None:
    """Stop the program as a shell does, and have it go on."""
    shown = len(screen.raw)
    os.kill(screen.process.pid, signal.SIGTSTP)
    screen.wait_for(lambda _: screen.is_stopped)
    screen.wait_for(lambda _: all(s in bytes(screen.raw[shown:]) for s in LEFT))
    assert_left(screen, shown)
    shown = len(screen.raw)
    os.kill(screen.process.pid, signal.SIGCONT)
    screen.wait_for(lambda _: not screen.is_cooked)
    screen.wait_for(lambda _: b"Welcome.md" in bytes(screen.raw[shown:]))


@pytest.mark.skipif(not shutil.which("setsid"), reason="needs util-linux")
def test_ctrl_z_gives_the_terminal_to_the_shell_until_fg(work: Path) -> None:
    shell = ["setsid", "-c", "-w", "bash", "--norc", "--noprofile", "-i"]
    with terminal(shell, cwd=work) as screen:
        screen.wait_for("bash-")
        for command in (shlex.join(DEMO), "fg"):  # a second time as well
            screen.press(command, "enter")
            screen.wait_for("6 folders", seconds=60)
            screen.press("\x1a")
            screen.wait_for("Stopped")
            screen.press("clear; echo $((6 * 7))", "enter")
            text = screen.wait_for("42")
            assert "F10 Quit" not in text
        screen.press("fg", "enter")
        screen.wait_for("6 folders")
        screen.press("f7", "still here", "enter")
        screen.wait_for(lambda text: "▸ still here" in text)
        shown = len(screen.raw)
        screen.press("q")
        screen.wait_for(lambda _: LEFT[0] in bytes(screen.raw[shown:]))
        screen.press("exit", "enter")
        assert screen.wait_end() == 0


def test_without_a_shell_ctrl_z_changes_nothing(work: Path) -> None:
    with terminal(DEMO, cwd=work) as screen:
        screen.wait_for("6 folders", seconds=60)
        screen.press("\x1a", "f7", "still here", "enter")
        screen.wait_for(lambda text: "▸ still here" in text)
        screen.press("q")
        assert screen.wait_end() == 0


def test_sizes_a_pause_and_the_end_of_a_session(work: Path) -> None:
    stale = {**os.environ, "COLUMNS": "80", "LINES": "24"}  # as readline leaves it
    with terminal(DEMO, columns=80, rows=24, cwd=work, env=stale) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        servers = children_of(screen.process.pid)
        screen.press("f7")
        screen.wait_for("New folder")
        screen.press("typed before")
        shown = len(screen.raw)
        screen.resize(40, 10)
        # Cut off by the terminal at once, and then drawn anew by the program.
        screen.wait_for(lambda _: b"typed before" in bytes(screen.raw[shown:]))
        screen.wait_for(lambda text: "typed before" in text and "w Queue" not in text)
        screen.resize(200, 60)
        screen.wait_for(lambda text: "typed before" in text and "Welcome.md" in text)
        dice = random.Random(1)
        for _ in range(40):
            screen.resize(dice.randrange(20, 200), dice.randrange(5, 60))
        screen.resize(100, 30)
        screen.wait_for(lambda text: "typed before" in text and "F10" in text)
        screen.press("escape")
        screen.wait_for(lambda text: "New folder" not in text)
        screen.wait_for(lambda text: "F10 Quit" in text.split("\n")[29])

        for _ in range(2):
            pause(screen)
        screen.press("f7")
        screen.wait_for("New folder")

        shown = len(screen.raw)
        os.kill(screen.process.pid, signal.SIGTERM)
        assert screen.wait_end() == 128 + signal.SIGTERM
        screen.read_all()
        assert_left(screen, shown)
        assert not any(alive(pid) for pid in servers)


def test_why_it_ended_by_itself_is_left_on_the_terminal(work: Path) -> None:
    make_tree(work / "Sent", 12, 3000)
    with terminal(DEMO, cwd=work) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        screen.press("W", "E")
        screen.wait_for("Now: nothing")
        screen.press("q", "escape", "home", "space", "f5")
        screen.wait_for("To folder")
        shown = len(screen.raw)
        screen.press("enter")
        assert screen.wait_end() == 0
        screen.read_all()
        assert_left(screen, shown)
        _, _, after = bytes(screen.raw).rpartition(LEFT[0])
        said = re.sub(r"\x1b\[[?0-9;]*[a-z]", "", after.decode()).strip()
        assert said == "acd-tui: the queue is empty, 12 files copied; quit as asked"


def test_who_is_told_to_hang_up_leaves_the_terminal_in_order(work: Path) -> None:
    with terminal(DEMO, columns=80, rows=24, cwd=work) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        servers, shown = children_of(screen.process.pid), len(screen.raw)
        os.kill(screen.process.pid, signal.SIGHUP)
        assert screen.wait_end() == 128 + signal.SIGHUP
        screen.read_all()
        assert_left(screen, shown)
        assert not any(alive(pid) for pid in servers)


def test_a_terminal_that_goes_away_without_a_signal_ends_it(work: Path) -> None:
    """As one does that does not control the program; nobody sends SIGHUP then."""
    ours, its = pty.openpty()
    is_ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # as by nohup
    with subprocess.Popen(
        DEMO, cwd=work, stdin=its, stdout=its, stderr=its, start_new_session=True
    ) as process:
        os.close(its)
        shown = b""
        while b"Welcome.md" not in shown:
            shown += os.read(ours, 65536)
        os.close(ours)
        code = 128 + signal.SIGHUP if is_ignored else -signal.SIGHUP
        assert process.wait(timeout=60) == code


@pytest.mark.parametrize("keys", [["f1"], ["tab", "f1"]], ids=["at once", "held back"])
def test_an_error_that_nobody_foresaw_leaves_a_sentence(
    work: Path, home: Path, keys: list[str]
) -> None:
    with terminal([sys.executable, "-c", BROKEN], cwd=work) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        screen.burst(*keys)
        assert screen.wait_end() == 1
        screen.read_all()
        text = screen.text()
        assert "error: unexpected RuntimeError" in text
        assert "hint: the full story is in" in text
        assert_left(screen)
        shown = bytes(screen.raw)
    for secret in (b"Traceback", b"correct horse", b"only the log"):
        assert secret not in shown
    (log,) = (home / "acd-tui").rglob("*.log")
    story = log.read_text("utf-8")
    assert "Traceback" in story
    assert "a word that only the log may hold" in story
    assert "correct horse" not in story


@pytest.mark.parametrize("tmux", [False, True])
def test_the_desktop_is_told_of_a_job_when_nobody_looks(work: Path, tmux: bool) -> None:
    with (work / "letter.txt").open("w") as file:
        file.truncate(256 * 1024 * 1024)  # under way when the focus goes
    terminals = {"TMUX", "STY", "VTE_VERSION"}
    env = {key: value for key, value in os.environ.items() if key not in terminals}
    words = b"\x1b]9;acd-tui: Copied 1 file to demo:\x1b\\"
    if tmux:
        env["TMUX"] = "/tmp/tmux-0/default,1,0"
        words = b"\x1bPtmux;" + words.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\"
    with terminal(DEMO, columns=80, rows=24, cwd=work, env=env) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        screen.press("/", "letter", "enter", "f5")
        screen.wait_for("To folder")
        screen.press("enter")
        screen.wait_for(lambda text: "To folder" not in text)
        screen.burst("\x1b[O")  # the terminal's window has lost the focus
        screen.wait_for(lambda _: words in bytes(screen.raw))
