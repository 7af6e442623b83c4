"""The demo, used from a keyboard."""

from __future__ import annotations

import os
import re
import select
import signal
from pathlib import Path

import pytest

from tests.program.support import DEMO, alive, children_of, digests, make_tree
from tests.program.terminal import terminal

pytestmark = pytest.mark.socket

HOSTILE = [
    "[red] not red [",
    "esc \x1b]0;PWNED\x07 name",
    "clipboard \x1b]52;c;UFdORUQ=\x07",
    "csi \x1b[2J\x1b[31mred \x9b31mred",
    "bidi \u202egnp.exe",
    "wide 日本語 \U0001f600 x\u0301\u0301",
    "long " + "x" * 200,
    "new\nline",
    os.fsdecode(b"invalid \xff utf-8"),
]
CONTROLS = ("\x1b]0;", "\x1b]52;", "\x1b[2J\x1b[31m", "\x9b", "\u202e")
"""What of these names no terminal may get to see."""


def some_done(text: str) -> bool:
    """Whether the header shows a queue of 200 that is well under way."""
    found = re.search(r"(\d+) of 200\b", text)
    return found is not None and 5 < int(found[1]) < 190


@pytest.mark.parametrize(("columns", "rows"), [(120, 36), (80, 24)])
def test_copy_both_ways_trash_restore_and_quit(
    work: Path, columns: int, rows: int
) -> None:
    sent = make_tree(work / "Sent", 12, 3000)
    with terminal(DEMO, columns=columns, rows=rows, cwd=work) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        servers = children_of(screen.process.pid)
        assert servers

        # Up: the local folder, marked.
        screen.wait_for("Sent")
        screen.press("home", "space", "f5")
        screen.wait_for("To folder")
        screen.press("enter")
        screen.wait_for(lambda text: "12 finished" in text)

        # Down: a remote one, into a folder of its own.
        screen.press("tab")
        screen.press("/", "Music", "enter", "f5")
        screen.wait_for("To folder")
        screen.press("enter")
        screen.wait_for(lambda text: "14 finished" in text)
        assert sorted(p.name for p in (work / "Music/Tuning").iterdir()) == [
            "a440.wav",
            "d294.wav",
        ]

        # What went up comes down again the same.
        screen.press("/", "Sent", "enter", "f5")
        screen.wait_for("To folder")
        screen.press("end", "/back", "enter")
        screen.wait_for(lambda text: "26 finished" in text)
        assert digests(work / "back/Sent") == sent

        screen.press("/", "Sent", "enter", "f8")
        screen.wait_for("to the trash?")
        screen.press("y")
        screen.wait_for("Trashed")
        screen.press("g", "t")
        screen.wait_for("Trash of demo")
        screen.wait_for("Sent/")
        screen.press("home", "r")
        screen.wait_for("restored")
        screen.press("escape")

        screen.press("w")
        screen.wait_for("Queue")
        screen.press("q")
        assert screen.wait_end() == 0
        assert not any(alive(pid) for pid in servers)


def test_keys_that_come_in_one_burst_go_where_they_belong(work: Path) -> None:
    with terminal(DEMO, cwd=work) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        # Letters are actions in a pane: `u` would undo, `q` quit.
        screen.burst("tab", "/", "Music", "enter", "f8", "y")
        screen.wait_for("Trashed Music/")
        screen.burst("f7", "quux", "enter")
        screen.wait_for(lambda text: "quux" in text and "New folder" not in text)
        # Quitting at once does not drop what is under way.
        screen.burst("r", "end", "2", "enter", "q")
        assert screen.wait_end() == 0
    with terminal(DEMO, cwd=work) as screen:
        text = screen.wait_for("in all", seconds=60)  # before, it is what is known
        assert "quux2" in text
        assert "Music" not in text
        screen.burst("u", "u", "u")
        screen.wait_for(lambda text: "▸ Music" in text and "▸ quux" not in text)
        screen.press("q")
        assert screen.wait_end() == 0


def test_hostile_names_go_up_and_come_back_without_touching_the_terminal(
    work: Path,
) -> None:
    folder = work / "Sent"
    folder.mkdir()
    for number, name in enumerate(HOSTILE):
        (folder / name).write_bytes(b"%d" % number)
    with terminal(DEMO, cwd=work) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        screen.press("home", "enter")
        screen.wait_for("[red] not red [")
        screen.press("backspace", "f5")
        screen.wait_for("To folder")
        screen.press("enter")
        screen.wait_for(f"{len(HOSTILE)} finished")
        screen.press("tab", "/", "Sent", "enter", "enter")
        screen.wait_for(lambda text: text.count("[red] not red [") >= 1)
        screen.press("backspace", "f5")
        screen.wait_for("To folder")
        screen.press("end", "/back", "enter")
        screen.wait_for(f"{2 * len(HOSTILE)} finished")
        screen.press("q")
        assert screen.wait_end() == 0
        shown = bytes(screen.raw)
        assert not [each for each in CONTROLS if each.encode() in shown]
    back = {path.name: path.read_bytes() for path in (work / "back/Sent").iterdir()}
    assert back == {name: b"%d" % n for n, name in enumerate(HOSTILE)}


def test_a_server_that_dies_is_started_again_and_what_was_queued_goes_on(
    work: Path,
) -> None:
    make_tree(work / "Sent", 200, 300_000)
    with terminal(DEMO, cwd=work) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        servers = children_of(screen.process.pid)
        screen.press("home", "f5")
        screen.wait_for("To folder")
        screen.press("enter")
        screen.wait_for(some_done)
        for pid in servers:
            os.kill(pid, signal.SIGKILL)
        screen.wait_for("200 finished", seconds=60)
        assert not set(servers) & set(children_of(screen.process.pid))
        screen.press("q")
        assert screen.wait_end() == 0


def test_killed_in_the_middle_of_a_copy_it_goes_on_when_started_again(
    work: Path,
) -> None:
    sent = make_tree(work / "Sent", 200, 300_000)
    with terminal(DEMO, cwd=work) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        servers = children_of(screen.process.pid)
        screen.press("home", "f5")
        screen.wait_for("To folder")
        screen.press("enter")
        screen.wait_for(some_done)
        screen.kill()
    while any(alive(pid) for pid in servers):
        select.select([], [], [], 0.05)
    with terminal(DEMO, cwd=work) as screen:
        screen.wait_for("Welcome.md", seconds=60)
        screen.wait_for(lambda text: "200 finished" in text, seconds=60)
        screen.press("tab", "/", "Sent", "enter", "f5")
        screen.wait_for("To folder")
        screen.press("end", "/back", "enter")
        screen.wait_for(lambda text: "400 finished" in text, seconds=60)
        screen.press("q")
        assert screen.wait_end() == 0
    assert digests(work / "back/Sent") == sent
