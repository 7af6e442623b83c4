"""The linear interface: remotes, comparing, what lies in a drive, settings."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from acd_tui.clock import SystemClock
from acd_tui.vfs.entry import Details, Entry, Kind, TrashItem
from tests.ui.dialogue import Dialogue, Talking, follows
from tests.ui.fake_session import FakeSession, place
from tests.ui.screen_fakes import FakeServices


async def test_a_server_of_ones_own_is_set_up(
    session: FakeSession, tmp_path: Path
) -> None:
    dialogue = Dialogue(
        session,
        tmp_path,
        *("remotes", "2", "2", "photos"),  # a name that is taken
        *("mine", "ftp://x", "127.0.0.1", "", "sesame", "3", "1"),
    )
    dialogue.services.signed_in.set()
    lines = await dialogue.run()
    assert follows(
        lines,
        "photos, Amazon, secrets: keyring",
        "2: set up another one",
        "Where is the drive?",
        "2: A server of yours: ",
        "What is it to be called, or nothing for drive: photos",
        "There is a remote photos already",
        "What is it to be called, or nothing for drive: mine",
        "Every server knows the client acd-tui",
        "Address of the server: ftp://x",
        "The address is no address like",
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


async def test_without_a_key_that_is_needed_no_more_is_asked(
    session: FakeSession, tmp_path: Path
) -> None:
    dialogue = Dialogue(
        session,
        tmp_path,
        *("remotes", "2", "3", "mine", ""),  # no client id
        *("remotes", "2", "3", "mine", "amzn1.x", ""),  # no secret
        *("remotes", "2", "3", "mine", "amzn1.x", "sesame", "denmark", "de", "3", "1"),
    )
    dialogue.services.signed_in.set()
    lines = await dialogue.run()
    assert follows(
        lines,
        "Client id: ",
        "Error: The client id is missing.",
        "> remotes",
        "Client id: amzn1.x",
        "Client secret; it is not shown: ",
        "Error: The client secret is missing.",
        "> remotes",
        "Amazon's site: com, de, co.uk, …, or nothing for com: denmark",
        "A site is what follows amazon., like de or co.uk.",
        "Amazon's site: com, de, co.uk, …, or nothing for com: de",
        "mine is ready",
    ), "\n".join(lines)
    assert dialogue.services.saved[0][1]["region_tld"] == "de"


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


async def test_a_remote_is_changed_in_every_way(
    session: FakeSession, tmp_path: Path
) -> None:
    def wish(deed: str, *answers: str) -> tuple[str, ...]:
        return ("remotes", deed, *answers)

    dialogue = Dialogue(
        session,
        tmp_path,
        *wish("rename one", "photos", "pictures"),
        *wish("copy one", "pictures", "second"),
        *wish("change an option of one", "second", "encoding = Dot"),
        *wish("change an option of one", "second", "encoding"),
        *wish("export one for rclone", "second", "/tmp/x.conf"),
        *wish("keep the secrets of one elsewhere", "home", "2"),
        *wish("keep the secrets of one elsewhere", "home", "2", "key", "key"),
        *wish("encrypt or decrypt the configuration file", "3", "no"),
        *wish("encrypt or decrypt the configuration file", "2", "new", "other"),
        *wish("remove one", "home", "no"),
        *wish("remove one", "home", "yes"),
    )
    lines = await dialogue.run()
    assert follows(
        lines,
        "photos is called pictures now.",
        "Added second.",
        "encoding: Slash",
        "Changed encoding. It counts from the next start on.",
        "Error: an option is changed with KEY=VALUE",
        "Written to /tmp/x.conf, for you alone to read.",
        "They are in the configuration file, unencrypted",
        "The secrets of home are in the system's keyring.",
        "They are in the system's keyring.",
        "The secrets of home are in the configuration file, which is encrypted.",
        "The configuration file is encrypted.",
        "Nothing is done.",
        "Error: the two passwords differ.",
        "Nothing is done.",
        "Removed home.",
    ), "\n".join(lines)
    services = dialogue.services
    assert set(services.infos) == {"pictures", "second", "demo"}
    assert services.infos["second"].options == {"encoding": "Dot"}
    assert services.exported == [("second", "/tmp/x.conf")]
    assert services.password == "key"
    assert "key" in dialogue.secrets


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
        "1 file (5 B) of photos:2019 goes to the trash.",
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


async def test_properties_are_said_and_changed(
    session: FakeSession, said: Talking, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Details(
        facts=[("Version", "2"), ("MD5", "abc")], description="", labels=("sea",)
    )
    details, annotate = AsyncMock(return_value=kept), AsyncMock(return_value=kept)
    monkeypatch.setattr(session.photos, "details", details, raising=False)
    monkeypatch.setattr(session.photos, "annotate", annotate, raising=False)
    lines = await said(
        *("other", "i", "", "i", "2", "At the lake"),
        *("properties", "3", "fun, sea,fun", "i", "the description"),
    )
    assert follows(
        lines,
        "Name: img1.jpg",
        "Size: 100 B",
        "Modified: ",
        "Version: 2",
        "MD5: abc",
        "Description: none",
        "Labels: sea",
        "What is to be changed?",
        "New description, or nothing for none: At the lake",
        "Saved.",
        "Labels, separated by commas, or nothing for none: fun, sea,fun",
        "Saved.",
        "New description, or nothing for none: None",
        "Goodbye.",
    ), "\n".join(lines)
    assert [call.kwargs for call in annotate.await_args_list] == [
        {"description": "At the lake", "labels": ["sea"]},
        {"description": "", "labels": ["fun", "sea"]},
    ]


async def test_how_long_something_stays_in_the_trash_is_said_in_words(
    session: FakeSession, said: Talking, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = SystemClock().now()
    items = [
        TrashItem(
            id=str(days),
            entry=Entry(name="a.txt", kind=Kind.FILE, size=1),
            origin=None,
            trashed_ns=days,
            purged_ns=round((now + (days - 0.5) * 86_400) * 1e9),
        )
        for days in (0, 1, 7)
    ]
    monkeypatch.setattr(session.local, "list_trash", AsyncMock(return_value=items))
    lines = await said("trash_screen", "")
    told = [line.rpartition(", ")[2] for line in lines if "a.txt" in line]
    assert told == ["goes in 7 days", "goes today", "goes now"]
