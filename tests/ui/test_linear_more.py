"""The linear interface: places, the editor, duplicates, and the way out."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from acd_tui.config.places import PlacesFile
from acd_tui.transfers.model import State
from acd_tui.vfs.path import VPath
from tests.ui.dialogue import Dialogue, Talking, follows
from tests.ui.fake_session import FakeSession

Script = Callable[[str], None]


@pytest.fixture
def edit_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Make a shell script the editor; it is given the file's path."""

    def edit_with(script: str) -> None:
        path = tmp_path / "editor"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(stat.S_IRWXU)
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", str(path))

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv("ACD_TUI_HOME", str(tmp_path / "acd"))
    return edit_with


# --- places ---------------------------------------------------------------------------


async def test_folders_get_letters_and_are_gone_to(said: Talking) -> None:
    lines = await said(
        *("enter docs", "m d", "home", "jump_mark", "d"),
        *("bookmarks", "1", "2", "' d", "m 5"),
    )
    assert follows(
        lines,
        "/home/docs, 1 folder",
        "Bookmark d: /home/docs. jump_mark d goes there.",
        "Letter: d",
        "/home/docs, 1 folder",
        "1: d: /home/docs",
        "2: forget it",
        "Nothing has the letter d any more.",
        "Error: no bookmark has the letter d.",
        "Error: 5 is no letter",
    ), "\n".join(lines)


async def test_where_one_was_is_remembered(
    said: Talking, session: FakeSession, tmp_path: Path
) -> None:
    await said("enter docs", "enter old", "h", "h")
    lines = await Dialogue(
        session, tmp_path, *("recent", ""), *("jump old", "1"), *("z nothing",)
    ).run()
    assert follows(
        lines,
        "/home, ",
        "Number to go to, or nothing: ",
        "> jump old",
        "1: /home/docs/old",
        "/home/docs/old, ",
        "You were in no other folder of that kind.",
    ), "\n".join(lines)


async def test_bookmarks_are_those_of_the_panes(
    session: FakeSession, tmp_path: Path
) -> None:
    PlacesFile(tmp_path / "places.json").bookmark("p", "photos:2019")
    lines = await Dialogue(session, tmp_path, "' p").run()
    assert follows(lines, "> ' p", "photos:2019, "), "\n".join(lines)


# --- the editor -----------------------------------------------------------------------


async def test_a_file_of_a_drive_is_edited_and_written_back(
    session: FakeSession, said: Talking, edit_with: Script
) -> None:
    edit_with('printf more >> "$1"')
    session.photos.put("/2019/a.txt", b"some ")
    lines = await said("other", "find a.txt", "edit")
    assert "Saved to photos:2019/a.txt." in lines
    assert session.photos.data("/2019/a.txt") == b"some more"
    edit_with("exit 0")
    assert "Nothing was changed." in await said("other", "find a.txt", "e")


async def test_what_somebody_changed_meanwhile_is_not_overwritten(
    session: FakeSession, said: Talking, edit_with: Script
) -> None:
    session.photos.put("/2019/a.txt", b"old")
    write = session.photos.write

    async def changed_first(path: VPath, *rest: object, **more: object) -> object:
        session.photos.put("/2019/a.txt", b"theirs")
        session.photos.write = write  # type: ignore[method-assign]
        return await write(path, *rest, **more)  # type: ignore[arg-type]

    session.photos.write = changed_first  # type: ignore[method-assign,assignment]
    edit_with('printf mine > "$1"')
    lines = await said("other", "find a.txt", "edit", "2")
    assert follows(
        lines,
        "Not saved: somebody changed photos:2019/a.txt meanwhile",
        "What you edited is kept in ",
        "2: save it beside, as a (2).txt",
        "Saved to photos:2019/a (2).txt.",
    ), "\n".join(lines)
    assert session.photos.data("/2019/a.txt") == b"theirs"
    assert session.photos.data("/2019/a (2).txt") == b"mine"


async def test_names_are_edited_read_out_and_changed(
    session: FakeSession, said: Talking, edit_with: Script
) -> None:
    edit_with('sed -i s/img/photo/ "$1"')
    lines = await said("mark img*", "rename_all", "3", "clear", "rename_all", "1")
    assert follows(
        lines,
        "3 items marked.",
        "img1.jpg becomes photo1.jpg",
        "3: rename them",
        "Renamed 3 items. undo takes it back.",
        "No name was changed.",
    ), "\n".join(lines)
    names = {entry.name for entry in await session.local.list(VPath.parse("/home"))}
    assert "photo1.jpg" in names


async def test_names_that_cannot_be_are_said_and_nothing_is_done(
    session: FakeSession, said: Talking, edit_with: Script
) -> None:
    edit_with('sed -i "s/img.*/same.txt/" "$1"')
    lines = await said("mark img*", "rename_all", "3")
    assert follows(
        lines,
        "3 names cannot be used, so nothing is done yet.",
        "img1.jpg becomes same.txt, but several would have this name",
        "2: edit again",
        "Nothing is done.",
    ), "\n".join(lines)
    assert not any(line.startswith("3: rename them") for line in lines)


async def test_without_an_editor_that_is_said(
    said: Talking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "no-such-editor")
    lines = await said("G", "edit")
    assert "Error: there is no editor no-such-editor (VISUAL)." in lines


# --- duplicates -----------------------------------------------------------------------


async def test_files_of_one_content_are_trashed_but_one(
    session: FakeSession, said: Talking
) -> None:
    for name in ("one", "two", "three"):
        session.local.put(f"/home/docs/{name}", b"the same content")
    lines = await said(
        *("enter docs", "duplicates", "/home/docs", "2", "1", "4", "no"),
        *("duplicates", "/home/docs", "2", "1", "2"),
        *("duplicates", "/home/docs", "4", "yes"),
    )
    assert follows(
        lines,
        "Look where?",
        "Looking. Enter gives up.",
        "3 files in 1 group of the same content, 32 B too many.",
        "1: 3 times 16 B: /home/docs/one, /home/docs/three, /home/docs/two",
        "2: go to /home/docs/one",
        "5: keep only /home/docs/one",
        "/home/docs, ",
        "Move 2 files, 32 B, to the trash? Type yes or no: yes",
        "Trashed 2 files. undo takes it back.",
    ), "\n".join(lines)


# --- copying with options -------------------------------------------------------------


async def test_a_copy_goes_where_one_says_and_overwrites_if_one_says_so(
    session: FakeSession, said: Talking
) -> None:
    session.photos.put("/2020/same.txt", b"other")
    lines = await said("G", "copy", "o", "photos:2020", "3", "yes", "WAIT")
    assert follows(
        lines,
        "To which folder, or nothing for photos:2019: photos:2020",
        "If something else is there:",
        "3: overwrite what is there",
        "Copy same.txt to photos:2020? Type yes or no: yes",
    ), "\n".join(lines)
    assert session.photos.data("/2020/same.txt") == session.local.data("/home/same.txt")


async def test_what_is_still_to_come_is_said_before_what_is_over(
    session: FakeSession, said: Talking, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {State.CANCELLED: 97, State.DONE: 3, State.QUEUED: 1}
    snapshot = replace(session.transfers.snapshot(), counts=counts, left=None)
    monkeypatch.setattr(session.transfers, "snapshot", lambda: snapshot)
    assert "Queue: 1 queued, 97 cancelled, 3 done." in await said("queue", "")


# --- leaving --------------------------------------------------------------------------


async def test_leaving_waits_for_what_is_to_be_finished_first(
    session: FakeSession, tmp_path: Path
) -> None:
    await session.transfers.hold()
    dialogue = Dialogue(
        session,
        tmp_path,
        *("copy", "yes", "quit", "2", "pause_all", "ASKED"),
    )
    lines = await dialogue.run()
    assert follows(
        lines,
        "2: finish them first, then quit",
        "Leaving once all is done; you can go on meanwhile.",
        "All is done.",
        "Goodbye.",
    ), "\n".join(lines)
    counts = session.transfers.snapshot().counts
    assert not counts.get(State.QUEUED)
    assert not counts.get(State.RUNNING)
