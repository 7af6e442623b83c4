"""The linear interface: what is typed, and what is said in which order."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import sys
from pathlib import Path

import pytest

from acd_tui.transfers.model import State
from acd_tui.ui.keymap import keymap
from acd_tui.ui.linear.commands import COMMANDS, Words
from acd_tui.ui.linear.talk import Talk
from tests.ui.fake_session import HOSTILE_NAMES, FakeSession, place


class Dialogue:
    """Types lines, and keeps what was said up to then."""

    def __init__(self, session: FakeSession, *typed: str | None) -> None:
        self._typed = list(typed)
        self.said: list[str] = []
        self.talk = Talk(
            session,
            self.said.append,
            self._ask,
            left=place("local:/home"),
            right=place("photos:/2019"),
            keys=keymap().keys,
        )
        self._session = session

    async def _ask(self, question: str) -> str | None:
        typed = self._typed.pop(0) if self._typed else None
        if typed == "WAIT":
            async with asyncio.timeout(10):
                while self._session.transfers.snapshot().planning or any(
                    state in {State.QUEUED, State.CHECKING} or state.is_active
                    for state, n in self._session.transfers.snapshot().counts.items()
                    if n
                ):
                    await asyncio.sleep(0.01)
            typed = self._typed.pop(0) if self._typed else None
        self.said.append(f"{question}{typed}")
        return typed


async def said(session: FakeSession, *typed: str) -> list[str]:
    dialogue = Dialogue(session, *typed)
    await dialogue.talk.run()
    return dialogue.said


def follows(lines: list[str], *wanted: str) -> bool:
    """Whether lines that begin so come one after the other, with others between."""
    rest = iter(lines)
    return all(any(line.startswith(each) for line in rest) for each in wanted)


async def test_one_hears_where_one_is(session: FakeSession) -> None:
    lines = await said(session, "", "j", "down", "k", "99", "G", "enter docs", "h")
    assert follows(
        lines,
        "/home, 1 folder and 5 files",
        "1 of 6: docs, folder",
        "> ",
        "1 of 6: docs, folder",
        "> j",
        "2 of 6: .hidden, 3 B",
        "> down",
        "3 of 6: img1.jpg, 100 B",
        "> k",
        "2 of 6: .hidden",
        "> 99",
        "This is the last row.",
        "> G",
        "6 of 6: same.txt",
        "> enter docs",
        "/home/docs, 1 folder and 1 file, 11 B",
        "1 of 2: old, folder",
        "> h",
        "1 of 6: docs, folder",
    ), "\n".join(lines)


async def test_files_are_changed_and_that_is_taken_back(session: FakeSession) -> None:
    lines = await said(
        session,
        "mkdir New one",
        "a",
        "And another",
        "r Renamed",
        "undo",
        "find letter",
        "enter docs",
        "d",
        "no",
        "d",
        "yes",
        "u",
        "o",
    )
    assert follows(
        lines,
        "Made New one.",
        "Name of the new folder: And another",
        "Made And another.",
        "Renamed to Renamed.",
        "No name here holds that.",
        "Move old to the trash? Type yes or no: no",
        "Nothing is done.",
        "Trashed old. undo takes it back.",
        "Error: this row is no file.",
    ), "\n".join(lines)
    names = {entry.name for entry in await session.local.list(place("l:/home").path)}
    assert {"New one", "And another"} < names
    assert "Renamed" not in names


async def test_what_is_copied_is_said_when_it_is_there(session: FakeSession) -> None:
    lines = await said(
        session,
        "mark *.jpg",
        "copy",
        "yes",
        "WAIT",
        "queue",
        "!",
        "2",
        "",
        "other",
        "i",
    )
    assert follows(
        lines,
        "3 items marked.",
        "Copy 3 items to photos:2019? Type yes or no: yes",
        "Queued. What comes of it is said here.",
        "Queue: ",
        "Conflict 1 of 2: photos:2019/",
        "What is to be done?",
        "1: leave",
        "2: skip",
        "Number, or nothing for the first: 2",
        "Conflict 2 of 2",
        "photos:2019, ",
        "Name: ",
        "MD5: ",
    ), "\n".join(lines)
    held = {entry.name for entry in await session.photos.list(place("p:/2019").path)}
    assert "img10.jpg" in held


async def test_names_cannot_speak_for_the_program(session: FakeSession) -> None:
    for name in HOSTILE_NAMES:
        session.local.put(f"/home/odd/{name.replace('/', '')}", b"\x1b[2Jtext")
    lines = await said(session, "path odd", "page_down", "view", "find esc", "o")
    assert not set("\x1b\x9b\n\r\u202e") & set("".join(lines))


async def test_the_end_of_input_ends_it(session: FakeSession) -> None:
    assert (await said(session))[-1] == "Goodbye."


def test_each_command_has_what_does_it_and_a_key_is_its_action() -> None:
    assert all(hasattr(Talk, f"do_{action}") for action in COMMANDS)
    words = Words(keymap().keys)
    assert words.understand("r new name") == ("rename", "new name")
    assert words.understand("C") == ("copy", "")
    assert words.understand("g g") == ("top", "")
    assert words.understand("page-d") == ("page_down", "")
    assert any(line.startswith("mkdir [name], or a: Make a") for line in words.help())


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such terminal")
def test_a_terminal_gets_lines_and_nothing_else(tmp_path: Path) -> None:
    """What a screen reader would read is all there is: text and ends of lines."""
    (tmp_path / "a.txt").write_text("x")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.environ.update(ACD_TUI_HOME=str(tmp_path / "acd"), TERM="xterm-256color")
        os.execv(sys.executable, [sys.executable, "-m", "acd_tui", "--linear"])
    got = b""

    def read(until: bytes) -> None:
        nonlocal got
        while until not in got:
            assert select.select([terminal], [], [], 30)[0], got
            try:
                got += os.read(terminal, 65536)
            except OSError:
                return

    read(b"> ")
    os.write(terminal, b"find a.txt\n")
    read(b"a.txt, 1 B")
    os.write(terminal, b"quit\n")
    read(b"Goodbye.")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)
    assert not set(got) - set(b"\r\n") - set(range(0x20, 0x7F))
