"""The linear interface: what is typed, and what is said in which order."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from acd_tui.config.file import SettingsFile
from acd_tui.transfers.model import State
from acd_tui.ui.keymap import keymap
from acd_tui.ui.linear.commands import COMMANDS, Words
from acd_tui.ui.linear.talk import Talk
from acd_tui.vfs.entry import MirrorStatus
from tests.ui.fake_session import HOSTILE_NAMES, FakeSession, place
from tests.ui.screen_fakes import FakeServices

Talking = Callable[..., Awaitable[list[str]]]


class Dialogue:
    """Types lines, and keeps what was said up to then.

    `WAIT` lets the queue come to rest before the next line, `AFTER x` waits until x is
    said. Where Enter would give up
    something that goes on, nothing is typed but by `GIVE UP`.
    """

    def __init__(self, session: FakeSession, folder: Path, *typed: str) -> None:
        self._typed = list(typed)
        self.said: list[str] = []
        self.secrets: list[str] = []
        self.services = FakeServices()
        self.settings = SettingsFile(folder / "settings.toml")
        self.talk = Talk(
            session,
            self.said.append,
            self._ask,
            left=place("local:/home"),
            right=place("photos:/2019"),
            settings=self.settings,
            services=self.services,
        )
        self._session = session

    async def run(self) -> list[str]:
        await self.talk.run()
        return self.said

    async def _ask(self, question: str, *, secret: bool = False) -> str | None:
        if not question and self._typed[:1] != ["GIVE UP"]:
            await asyncio.Event().wait()
        typed = self._typed.pop(0) if self._typed else None
        if typed == "WAIT":
            await self._rest()
            typed = self._typed.pop(0) if self._typed else None
        if typed == "PLANNED":
            async with asyncio.timeout(10):
                while self._session.transfers.snapshot().planning:
                    await asyncio.sleep(0.01)
            typed = self._typed.pop(0) if self._typed else None
        if typed is not None and typed.startswith("AFTER "):
            async with asyncio.timeout(10):
                while not any(typed[6:] in line for line in self.said):
                    await asyncio.sleep(0.01)
            typed = self._typed.pop(0) if self._typed else None
        if secret:
            self.secrets.append(typed or "")
        self.said.append(question if secret else f"{question}{typed}")
        return typed

    async def _rest(self) -> None:
        async with asyncio.timeout(10):
            while self._session.transfers.snapshot().planning or any(
                state in {State.QUEUED, State.CHECKING} or state.is_active
                for state, n in self._session.transfers.snapshot().counts.items()
                if n
            ):
                await asyncio.sleep(0.01)


@pytest.fixture
def said(session: FakeSession, tmp_path: Path) -> Talking:
    """Returns what is said when lines are typed."""
    return lambda *typed: Dialogue(session, tmp_path, *typed).run()


def follows(lines: list[str], *wanted: str) -> bool:
    """Whether lines that begin so come one after the other, with others between."""
    rest = iter(lines)
    return all(any(line.startswith(each) for line in rest) for each in wanted)


async def test_one_hears_where_one_is(session: FakeSession, said: Talking) -> None:
    lines = await said("", "j", "down", "k", "99", "G", "enter docs", "h")
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


async def test_files_are_changed_and_that_is_taken_back(
    session: FakeSession, said: Talking
) -> None:
    lines = await said(
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


async def test_what_is_copied_is_said_when_it_is_there(
    session: FakeSession, said: Talking
) -> None:
    lines = await said(
        "mark *.jpg",
        "copy",
        "yes",
        "WAIT",
        *("queue", ""),
        *("!", "", "2", ""),
        "other",
        "i",
    )
    assert follows(
        lines,
        "3 items marked.",
        "Copy 3 items to photos:2019? Type yes or no: yes",
        "Queued. What comes of it is said here.",
        "Queue: ",
        "Number to decide about, or nothing: ",
        "2 conflicts. What is to be done?",
        "1: decide one by one",
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


async def test_a_server_of_ones_own_is_set_up(
    session: FakeSession, tmp_path: Path
) -> None:
    dialogue = Dialogue(
        session,
        tmp_path,
        *("remotes", "2", "2", "photos"),  # a name that is taken
        *("remotes", "2", "2", "mine", "127.0.0.1", "", "sesame", "3", "1"),
    )
    dialogue.services.signed_in.set()
    lines = await dialogue.run()
    assert follows(
        lines,
        "photos, secrets: keyring",
        "2: set up another one",
        "Where is the drive?",
        "2: A server of yours: ",
        "What is it to be called, or nothing for drive: photos",
        "Error: There is a remote photos already",
        "Every server knows the client acd-tui",
        "Address of the server: 127.0.0.1",
        "Client id, or nothing for acd-tui: ",
        "Client secret, or nothing; it is not shown: ",
        "Asking http://127.0.0.1:8753 for its addresses.",
        "The sign-in and its secret let anyone in. Where to keep them?",
        "Where do you sign in?",
        "A browser opens. If it does not, open this address here:",
        FakeServices.URL,
        "mine is ready, with 12 items at its top.",
    ), "\n".join(lines)
    name, options, token, where = dialogue.services.saved[0]
    assert (name, token, where) == ("mine", "TOKEN", "file")
    assert options["client_secret"] == "sesame"
    assert dialogue.secrets == ["sesame"]


async def test_a_sign_in_is_given_up_or_pasted(
    session: FakeSession, tmp_path: Path
) -> None:
    dialogue = Dialogue(
        session,
        tmp_path,
        *("remotes", "sign in again to one", "photos", "1", "GIVE UP"),
        *("remotes", "sign in again to one", "home", "2", "http://pasted"),
    )
    lines = await dialogue.run()
    assert follows(
        lines,
        "Waiting for the browser. Enter gives up.",
        "Error: given up, and nothing is done.",
        "Open this address in a browser on any machine",
        "https://www.amazon.com/ap/oa",
        "Signed in to home.",
    ), "\n".join(lines)
    assert not dialogue.services.waiting
    assert dialogue.services.renewed == [("home", "PASTED")]
    assert dialogue.secrets == ["http://pasted"]


async def test_without_a_keyring_a_file_is_encrypted_first(
    session: FakeSession, tmp_path: Path
) -> None:
    import_it = ("remotes", "2", "5", "/their.conf", "theirs", "")
    dialogue = Dialogue(
        session, tmp_path, *import_it, "one", "two", *import_it, "one", "one"
    )
    dialogue.services.keyring = "there is none"
    lines = await dialogue.run()
    assert follows(
        lines,
        "It has old, second.",
        "The system's keyring cannot be used: there is none.",
        "1: an encrypted file",
        "Error: the two passwords differ.",
        "Taken over: old, second.",
        "old is ready",
    ), "\n".join(lines)
    assert dialogue.services.imported == ("/their.conf", "theirs", "encrypted")
    assert dialogue.services.password == "one"


async def test_a_remote_is_renamed_and_removed(
    session: FakeSession, tmp_path: Path
) -> None:
    rename, remove = ("remotes", "4", "1", "pictures"), ("remotes", "5", "2")
    dialogue = Dialogue(session, tmp_path, *rename, *remove, "no", *remove, "yes")
    lines = await dialogue.run()
    assert follows(
        lines,
        "photos is called pictures now.",
        "Nothing is done.",
        "Removed pictures.",
    ), "\n".join(lines)
    assert set(dialogue.services.infos) == {"home", "demo"}


async def test_two_folders_are_compared_and_made_alike(
    session: FakeSession, said: Talking
) -> None:
    session.photos.put("/2019/only.txt", b"there")
    lines = await said(
        *("compare", "2", "2", "1", "1"),  # leave the first row on both sides
        *("start", "yes", "AFTER as planned", "queue"),
    )
    assert follows(
        lines,
        "Here: /home. There: photos:2019.",
        "2: mirror: there becomes like here",
        "Comparing. Enter gives up.",
        "2: hear the rows and decide about one",
        "1: .hidden, here 3 B",
        "What is to be done about it?",
        "1: leave it on both sides",
        ".hidden, here 3 B, ",
        "1 file (5 B) of photos:2019 go to the trash.",
        "Start? Type yes or no: yes",
        "Queued. What comes of it is said here.",
        "1 file trashed, as planned. undo takes it back.",
    ), "\n".join(lines)
    listed = await session.photos.list(place("p:/2019").path)
    assert "img10.jpg" in {entry.name for entry in listed}
    assert ".hidden" not in {entry.name for entry in listed}


async def test_nothing_happens_to_two_folders_without_a_yes(
    session: FakeSession, said: Talking
) -> None:
    session.photos.put("/2019/only.txt", b"there")
    await said("compare", "2", "")
    await said("compare", "2", "start", "no")
    await said("compare", "2", "start")
    assert not session.transfers.requests
    assert session.photos.data("/2019/only.txt") == b"there"


async def test_what_takes_the_room_and_what_was_trashed(said: Talking) -> None:
    lines = await said(
        *("space", "1"),
        *("mkdir Gone", "trash", "yes", "trash_s", "1", "find gone"),
    )
    assert follows(
        lines,
        "1.3 KiB in 6 files and 2 folders.",
        "1: img10.jpg, 1000 B, 76 percent",
        "Number to go to, or nothing: 1",
        "5 of 6: img10.jpg",
        "Trashed Gone.",
        "1: Gone/, from /home, trashed ",
        "Number to put back, or nothing: 1",
        "Gone is back.",
        "2 of 7: Gone, folder",
    ), "\n".join(lines)


async def test_settings_are_written_and_gone_by(
    session: FakeSession, tmp_path: Path
) -> None:
    dialogue = Dialogue(
        session,
        tmp_path,
        *("settings", "5", "99", "settings", "5", "7", "settings", "2", "1"),
        *("G", "settings", "3", "left out", "settings", "4", "size", "", "2"),
    )
    lines = await dialogue.run()
    assert follows(
        lines,
        "2: Lines in place of panes: no",
        "5: Files at the same time: 4",
        "Error: ",
        "Written to ",
        "5: Files at the same time: 7",
        "6 of 6: same.txt",
        "3: Names that begin with a dot: listed",
        "4: Sorted by: name",
        "5 of 5: same.txt",  # where one was, with the largest first
        "2 of 5: img10.jpg",
    ), "\n".join(lines)
    settings = dialogue.settings.load()
    assert (settings.transfers.slots, settings.linear) == (7, True)


async def test_transfers_are_paused_cancelled_and_conflicts_decided_alike(
    session: FakeSession, said: Talking
) -> None:
    await session.transfers.drain()  # nothing of it starts meanwhile
    lines = await said(
        *("mark *.jpg", "copy", "yes", "PLANNED"),
        *("queue", "1", "pause it", "queue", "1", "2"),
        *("queue", "2", "cancel it", "queue", "1", "cancel its whole job", "queue"),
    )
    assert follows(
        lines,
        "1: img1.jpg, queued, to photos:2019/img1.jpg",
        "2: pause it",
        "img1.jpg, paused",
        "2: let it go on",
        "img1.jpg, queued",
        "img2.jpg, cancelled",
        "img1.jpg, cancelled",
        "Queue: 3 cancelled.",
    ), "\n".join(lines)
    await session.transfers.release()
    lines = await said("mark *.jpg", "copy", "yes", "WAIT", "conflicts", "skip all")
    assert "2 conflicts. What is to be done?" in lines
    counts = session.transfers.snapshot().counts
    assert not counts.get(State.CONFLICT)


async def test_a_drive_out_of_reach_is_said_to_be(
    session: FakeSession, said: Talking, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = MirrorStatus(
        complete=True, nodes=3, filling=False, checked=0, problem="it is away"
    )
    for name in ("refresh", "confirm", "mirror_status"):
        answer = AsyncMock(return_value=status)
        monkeypatch.setattr(session.photos, name, answer, raising=False)
    lines = await said("other")
    assert follows(lines, "/home, ", "photos:2019, 3 files, 114 B, offline "), lines


async def test_names_cannot_speak_for_the_program(
    session: FakeSession, said: Talking
) -> None:
    for name in HOSTILE_NAMES:
        session.local.put(f"/home/odd/{name.replace('/', '')}", b"\x1b[2Jtext")
    lines = await said("path odd", "page_down", "view", "find esc", "o")
    assert not set("\x1b\x9b\n\r\u202e") & set("".join(lines))


async def test_the_end_of_input_ends_it(session: FakeSession, said: Talking) -> None:
    assert (await said())[-1] == "Goodbye."


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
