"""The linear interface: what is typed, and what is said in which order."""

from __future__ import annotations

import os
import pty
import select
import sys
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from acd_tui.clock import SystemClock
from acd_tui.errors import SignInNeeded, Unreachable, UsageError
from acd_tui.session.events import Hindered
from acd_tui.transfers.model import State
from acd_tui.ui.keymap import keymap
from acd_tui.ui.linear.commands import COMMANDS, Words
from acd_tui.ui.linear.talk import Talk
from acd_tui.vfs.entry import Entry, Kind, MirrorStatus
from acd_tui.vfs.path import VPath
from acd_tui.vfs.usage import NONE, Usage, usages_of
from tests.ui.dialogue import Talking, follows
from tests.ui.fake_session import HOSTILE_NAMES, FakeSession, place


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
        "/home/docs, 1 folder and 1 file (11 B)",
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
        "Name of the new folder, a/b makes both: And another",
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


async def test_a_drive_that_is_asked_again_and_again_is_named(
    session: FakeSession, said: Talking, monkeypatch: pytest.MonkeyPatch
) -> None:
    makes = session.local.make_folder

    async def make(path: VPath) -> Entry:
        session.bus.publish(Hindered("photos", "the service is in trouble (503)"))
        session.bus.publish(Hindered("photos", None))
        return await makes(path)

    monkeypatch.setattr(session.local, "make_folder", make)
    assert follows(
        await said("mkdir new"),
        "photos: the service is in trouble (503). It is asked again and again.",
        "photos answers again.",
    )


async def test_folders_in_each_other_are_made_at_once(
    session: FakeSession, said: Talking
) -> None:
    lines = await said("mkdir new/in it/too", "mkdir /home2/x", "mkdir a/..")
    assert follows(
        lines,
        "Made new/in it/too.",
        "2 of 7: new, folder",
        "Made /home2/x.",
        "Error: ",
    ), "\n".join(lines)
    for made in ("/home/new/in it/too", "/home2/x"):
        assert (await session.local.stat(VPath.parse(made))).is_folder


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
        "Copy 3 items to photos:2019? Type yes, no, or o for options: yes",
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
        "Queue: 3 cancelled, nothing new starts.",
    ), "\n".join(lines)
    await session.transfers.release()
    lines = await said("mark *.jpg", "copy", "yes", "WAIT", "conflicts", "skip all")
    assert "2 conflicts. What is to be done?" in lines
    counts = session.transfers.snapshot().counts
    assert not counts.get(State.CONFLICT)


async def test_the_queue_is_limited_drained_reordered_and_cleared(
    session: FakeSession, said: Talking
) -> None:
    lines = await said(
        *("drain", "mark *.jpg", "copy", "yes", "PLANNED"),
        *("queue", "1", "run it last", "queue", ""),
        *("limits", "2", "3M", "limits", "many", "limits", "", "fast"),
        *("cancel_all", "no", "cancel_all", "yes", "cancel_all"),
        *("clear_finished", "queue", "drain"),
    )
    assert follows(
        lines,
        "What is under way ends, and nothing new starts.",
        "Queue: 3 queued, 0 percent, nothing new starts.",
        "1: img1.jpg, queued",
        "3: run it next",
        "4: run it last",
        "> queue",
        "3: img1.jpg, queued",
        "Transfers at a time, or nothing for 4: 2",
        "Bytes a second, such as 500K or 2M, or off, or nothing for off: 3M",
        "2 at a time, 3.0 MiB a second.",
        "Error: 'many' is no number",
        "Transfers at a time, or nothing for 2: ",
        "Bytes a second, such as 500K or 2M, or off, or nothing for 3M: fast",
        "Error: 'fast' is not a size",
        "Cancel 3 transfers? Type yes or no: no",
        "Nothing is done.",
        "Cancelled.",
        "All of it is done.",
        "3 transfers cleared away.",
        "Queue: nothing new starts.",
        "The queue goes on.",
    ), "\n".join(lines)
    snapshot = session.transfers.snapshot()
    assert (snapshot.slots, snapshot.bandwidth) == (2, 3 << 20)


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
    assert follows(lines, "/home, ", "photos:2019, 3 files, 114 B, offline, "), lines


async def test_what_is_known_of_a_drive_is_said_where_it_cannot_be_asked(
    session: FakeSession, said: Talking, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = MirrorStatus(
        complete=True,
        nodes=3,
        filling=False,
        checked=SystemClock().now() - 7200,
        problem="the sign-in was refused",
        signed_out=True,
    )
    refused = SignInNeeded("the sign-in was refused", hint="sign in again")
    one = Usage(entry=Entry(name="a", kind=Kind.FILE), size=5 << 20, files=3, folders=0)
    for name, answer in {
        "refresh": AsyncMock(side_effect=refused),
        "confirm": AsyncMock(),
        "first_look": AsyncMock(),
        "rebuild": AsyncMock(),
        "mirror_status": AsyncMock(return_value=status),
        "usage": AsyncMock(return_value=usages_of([one], NONE)),
        "account": AsyncMock(side_effect=refused),
    }.items():
        monkeypatch.setattr(session.photos, name, answer, raising=False)
    lines = await said("other", "account", "refresh")
    assert follows(
        lines,
        "> account",
        "In the drive: 5.0 MiB in 3 files, as it was known 2h 00m ago.",
        "Error: the sign-in was refused.",
        "The command remotes signs in again.",
        "> refresh",
        "Error: the sign-in was refused.",
        "The command remotes signs in again.",
    ), "\n".join(lines)


async def test_a_job_that_waits_for_its_drive_is_in_the_queue(
    session: FakeSession, said: Talking
) -> None:
    async def away(operation: str, path: VPath) -> None:
        raise Unreachable("photos is away")

    session.photos.hook = away
    lines = await said("mark img*", "copy", "yes", "AFTER Queued", "BLOCKED", "queue")
    assert follows(
        lines,
        "> queue",
        "Queue: 1 job still to be looked at, photos cannot be used now.",
    ), "\n".join(lines)


async def test_names_cannot_speak_for_the_program(
    session: FakeSession, said: Talking
) -> None:
    for name in HOSTILE_NAMES:
        session.local.put(f"/home/odd/{name.replace('/', '')}", b"\x1b[2Jtext")
    lines = await said("path odd", "page_down", "view", "find esc", "o")
    assert not set("\x1b\x9b\n\r\u202e") & set("".join(lines))


async def test_what_is_none_of_the_choices_is_asked_again(said: Talking) -> None:
    """It was taken for the first of them."""
    lines = await said("settings", "3x", "99", "\x1b[2J", "LEAVE them", "o")
    assert follows(
        lines,
        "Number, or nothing for the first: 3x",
        "3x is none of these.",
        "Number, or nothing for the first: 99",
        "99 is none of these.",
        "␛[2J is none of these.",
        "> o",
    ), "\n".join(lines)
    lines = await said("search same", "0", "", "o")
    assert follows(lines, "0 is none of these.", "> o"), "\n".join(lines)


async def test_the_end_of_input_ends_it(session: FakeSession, said: Talking) -> None:
    assert (await said())[-1] == "Goodbye."


def test_each_command_has_what_does_it_and_a_key_is_its_action() -> None:
    assert all(hasattr(Talk, f"do_{action}") for action in COMMANDS)
    words = Words(keymap().keys)
    assert words.understand("r new name") == ("rename", "new name")
    assert words.understand("C") == ("copy", "")
    assert words.understand("g g") == ("top", "")
    assert words.understand("page-d") == ("page_down", "")
    assert words.understand("m x") == ("set_mark", "x")
    assert words.understand("' x") == ("jump_mark", "x")


def test_help_is_a_line_for_each_group_and_says_more_about_a_word() -> None:
    words = Words(keymap().keys)
    groups = words.help("")
    assert len(groups) < 10
    assert all(any(f" {action}" in line for line in groups) for action in COMMANDS)
    assert words.help("mkdir") == words.help("a")
    assert words.help("mkdir")[0].startswith("mkdir [name or a/b], or a: Make")
    assert len(words.help("Moving about")) > 5
    assert words.help("program") == words.help("the program")
    with pytest.raises(UsageError):
        words.help("nonsense")


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
    for line in (b"remotes", b"1", b"5", b"no.conf"):
        read(b"> " if line == b"remotes" else b": ")
        os.write(terminal, line + b"\n")
    read(b"it is not shown: ")
    os.write(terminal, b"hush\n")
    read(b"there is no file")
    assert b"hush" not in got
    os.write(terminal, b"quit\n")
    read(b"Goodbye.")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)
    assert not set(got) - set(b"\r\n") - set(range(0x20, 0x7F))
