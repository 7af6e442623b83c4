"""What every filesystem must do; `acd_tui/vfs/filesystem.py` has the laws in words."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from acd_tui.errors import (
    Changed,
    Corrupt,
    Denied,
    Exists,
    FolderNotFound,
    NotFound,
    Transient,
)
from acd_tui.vfs.capabilities import (
    AtHand,
    Paged,
    Quota,
    Trash,
    TrashBin,
)
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import Content, FileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.survey import Surveying

MODIFIED = 1_234_567_890_123_456_789

HOSTILE_NAMES = [
    "[red]",
    "[@click=app.bell]x[／]",
    "[bold]x",
    "a\x1b[31mb\x1b]0;title\x07",
    "two\nlines",
    "tab\tand\rreturn",
    " space before",
    "space behind ",
    " ",
    "dot.",
    "...",
    ".hidden",
    "~tilde",
    "-dash",
    "ﬁ",
    "e\u0301 apart",
    "\u00e9 joined",
    "a／b",
    "‛",
    "‛‛",
    "‛／",
    "a‛2Fb",
    "．",
    "．．",
    "␀",
    "␁",
    "\u202egnp.exe",
    "zero\u200bwidth",
    "日本語 😀",
    "İstanbul",
    "ΟΔΟΣ",
    "straße",
    "\"quoted\" 'name'",
    "back\\slash",
    "a:b*c?d|e<f>",
    "+-&|!(){}[]^~",
    "%2e%2e%2f",
    "$HOME `id`",
    "x" * 200,
]


def md5_of(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


async def read_all(content: Content, offset: int = 0) -> bytes:
    async with content.open(offset) as pieces:
        return b"".join([piece async for piece in pieces])


@dataclass
class Given:
    """A content under a test's control.

    Attributes:
        data: what is given out.
        claimed_size: what it says its size is; None for the truth.
        stop_after: bytes after which it waits for ever, or raises `error`.
        opened: offsets it was opened at.
        waiting: set when it waits.
    """

    data: bytes
    modified_ns: int | None = MODIFIED
    md5: str | None = None
    claimed_size: int | None = None
    stop_after: int | None = None
    error: Exception | None = None
    piece: int = 64 * 1024
    opened: list[int] = field(default_factory=list)
    waiting: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def size(self) -> int:
        return len(self.data) if self.claimed_size is None else self.claimed_size

    @contextlib.asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        self.opened.append(offset)
        yield self._pieces(offset)

    async def _pieces(self, offset: int) -> AsyncIterator[bytes]:
        for start in range(offset, len(self.data), self.piece):
            if self.stop_after is not None and start >= self.stop_after:
                self.waiting.set()
                if self.error is not None:
                    raise self.error
                await asyncio.Event().wait()
            yield self.data[start : start + self.piece]


@dataclass
class Subject:
    """A filesystem to be tested, and an empty folder in it.

    Attributes:
        shown: under which name something written as that is shown.
    """

    fs: FileSystem
    base: VPath
    shown: Callable[[str], str] = str

    def __truediv__(self, name: str) -> VPath:
        return self.base / name

    async def put(self, path: VPath, data: bytes = b"data") -> Entry:
        return await self.fs.write(path, Given(data))

    async def get(self, path: VPath, offset: int = 0) -> bytes:
        return await read_all(await self.fs.read(path), offset)

    async def names(self, path: VPath | None = None) -> set[str]:
        listing: Sequence[Entry] = await self.fs.list(path or self.base)
        names = [entry.name for entry in listing]
        assert len(set(names)) == len(names)
        return set(names)


class LawsOfListing:
    async def test_the_root_is_a_folder_without_a_name(self, subject: Subject) -> None:
        root = await subject.fs.stat(VPath())
        assert root.is_folder
        assert root.name == ""

    async def test_an_empty_folder(self, subject: Subject) -> None:
        assert await subject.names() == set()
        assert (await subject.fs.stat(subject.base)).is_folder

    async def test_what_is_missing_is_not_found(self, subject: Subject) -> None:
        for path in (subject / "no", subject / "no" / "nothing"):
            with pytest.raises(NotFound):
                await subject.fs.stat(path)
            with pytest.raises(FolderNotFound):
                await subject.fs.list(path)
            with pytest.raises(NotFound):
                await subject.fs.read(path)

    async def test_a_file_is_no_folder(self, subject: Subject) -> None:
        await subject.put(subject / "file")
        with pytest.raises(FolderNotFound):
            await subject.fs.list(subject / "file")
        with pytest.raises(NotFound):
            await subject.fs.stat(subject / "file" / "below")
        with pytest.raises(NotFound):
            await subject.fs.read(subject.base)

    async def test_listing_and_stat_agree(self, subject: Subject) -> None:
        await subject.put(subject / "file", b"12345")
        await subject.fs.make_folder(subject / "folder")
        listing = {entry.name: entry for entry in await subject.fs.list(subject.base)}
        for name in ("file", "folder"):
            assert listing[name] == await subject.fs.stat(subject / name)
        assert listing["file"].kind is Kind.FILE
        assert listing["file"].size == 5
        assert listing["folder"].kind is Kind.FOLDER
        assert listing["folder"].size is None


class LawsOfFolders:
    async def test_a_new_folder_is_seen_at_once(self, subject: Subject) -> None:
        made = await subject.fs.make_folder(subject / "new")
        assert made.is_folder
        assert made.name == "new"
        assert await subject.names() == {"new"}
        assert await subject.names(subject / "new") == set()

    async def test_making_a_folder_leaves_a_taken_name_alone(
        self, subject: Subject
    ) -> None:
        await subject.put(subject / "file", b"old")
        await subject.fs.make_folder(subject / "folder")
        await subject.put(subject / "folder" / "inside")
        for name in ("file", "folder"):
            with pytest.raises(Exists):
                await subject.fs.make_folder(subject / name)
        with pytest.raises(Exists):
            await subject.fs.make_folder(VPath())
        assert await subject.get(subject / "file") == b"old"
        assert await subject.names(subject / "folder") == {"inside"}

    async def test_its_own_folder_must_be_there(self, subject: Subject) -> None:
        await subject.put(subject / "file")
        for parent in ("no", "file"):
            with pytest.raises(FolderNotFound):
                await subject.fs.make_folder(subject / parent / "new")

    @pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
    async def test_any_name_is_kept(self, subject: Subject, name: str) -> None:
        entry = await subject.put(subject / name, name.encode())
        (shown,) = await subject.names()
        assert shown == entry.name == subject.shown(name)
        for spelt in {name, shown}:
            assert (await subject.fs.stat(subject / spelt)).name == shown
            assert await subject.get(subject / spelt) == name.encode()
        await subject.fs.make_folder(subject / "folder")
        moved = await subject.fs.move(subject / shown, subject / "folder" / shown)
        assert moved.name == shown
        assert await subject.names(subject / "folder") == {shown}
        await subject.fs.make_folder(subject / name)
        assert await subject.names() == {shown, "folder"}

    async def test_what_is_at_hand_is_what_a_look_shows(self, subject: Subject) -> None:
        files = ["plain", *HOSTILE_NAMES[:12]]
        for name in files:
            await subject.put(subject / name, name.encode())
        await subject.fs.make_folder(subject / "folder")
        assert isinstance(subject.fs, AtHand)
        wanted = [*files, "folder", "missing"]
        found = await subject.fs.at_hand(subject.base, wanted)
        assert "plain" in found
        assert found.keys() <= set(files)
        for name, entry in found.items():
            assert entry == await subject.fs.stat(subject / name)

    async def test_a_survey_tells_what_a_listing_does(self, subject: Subject) -> None:
        if not isinstance(subject.fs, Surveying):
            return
        plain, odd, empty = (subject / name for name in ("plain", "odd", "empty"))
        for folder in plain, odd, empty, plain / "sub":
            await subject.fs.make_folder(folder)
        for name in "a", "B", "nothing":
            await subject.put(plain / name, name.encode() if name != "nothing" else b"")
        for name in HOSTILE_NAMES[:12]:
            await subject.put(odd / name, name.encode())
        folders = [plain, odd, empty, subject.base, plain / "a", subject / "missing"]
        surveys = await subject.fs.survey(folders)
        assert surveys[4:] == [None, None]
        for folder, survey in zip(folders, surveys, strict=True):
            if survey is None:
                continue
            entries = await subject.fs.list(folder)
            files = {
                (entry.name, entry.size, bytes.fromhex(entry.md5))
                for entry in entries
                if entry.kind is Kind.FILE and entry.md5 is not None
            }
            below = {entry.name for entry in entries if entry.is_folder}
            assert (survey.files, set(survey.folders)) == (files, below)
            assert survey.rest == (len(files) + len(below) < len(entries))

    async def test_pages_are_the_listing_in_order(self, subject: Subject) -> None:
        if not isinstance(subject.fs, Paged):
            return
        assert [page async for page in subject.fs.pages(subject.base)] == []
        for number in range(1001):  # more than a page
            await subject.fs.make_folder(subject / f"{number}")
        await subject.put(subject / "file", b"data")
        pages = [page async for page in subject.fs.pages(subject.base)]
        assert len(pages) > 1
        found = [entry for page in pages for entry in page]
        names = [entry.name for entry in found]
        assert names == sorted(names)
        assert set(found) == set(await subject.fs.list(subject.base))
        with pytest.raises(FolderNotFound):
            await anext(subject.fs.pages(subject / "missing"), None)

    async def test_letter_case(self, subject: Subject) -> None:
        await subject.put(subject / "Name", b"1")
        if not subject.fs.features.case_insensitive:
            await subject.put(subject / "name", b"2")
            assert await subject.names() == {"Name", "name"}
            return
        with pytest.raises(Exists):
            await subject.put(subject / "name", b"2")
        with pytest.raises(Exists):
            await subject.fs.make_folder(subject / "NAME")
        assert await subject.names() == {"Name"}
        assert await subject.get(subject / "nAME") == b"1"


class LawsOfMoving:
    async def test_to_another_name(self, subject: Subject) -> None:
        before = await subject.put(subject / "old", b"data")
        after = await subject.fs.move(subject / "old", subject / "new")
        assert after.name == "new"
        assert after.id == before.id
        assert await subject.names() == {"new"}
        assert await subject.get(subject / "new") == b"data"
        with pytest.raises(NotFound):
            await subject.fs.stat(subject / "old")

    @pytest.mark.parametrize("name", ["thing", "other"])
    async def test_to_another_folder(self, subject: Subject, name: str) -> None:
        await subject.fs.make_folder(subject / "thing")
        await subject.put(subject / "thing" / "inside", b"data")
        await subject.fs.make_folder(subject / "to")
        await subject.fs.move(subject / "thing", subject / "to" / name)
        assert await subject.names() == {"to"}
        assert await subject.names(subject / "to") == {name}
        assert await subject.get(subject / "to" / name / "inside") == b"data"

    @pytest.mark.parametrize("taken", ["from/new", "to/old", "both"])
    async def test_names_on_the_way_do_not_matter(
        self, subject: Subject, taken: str
    ) -> None:
        for folder in ("from", "to"):
            await subject.fs.make_folder(subject / folder)
        await subject.put(subject / "from" / "old", b"moved")
        if taken != "to/old":
            await subject.put(subject / "from" / "new", b"stays")
        if taken != "from/new":
            await subject.put(subject / "to" / "old", b"stays")
        await subject.fs.move(subject / "from" / "old", subject / "to" / "new")
        assert await subject.get(subject / "to" / "new") == b"moved"
        assert "old" not in await subject.names(subject / "from")
        if taken != "to/old":
            assert await subject.get(subject / "from" / "new") == b"stays"
        if taken != "from/new":
            assert await subject.get(subject / "to" / "old") == b"stays"

    async def test_moving_leaves_a_taken_name_alone(self, subject: Subject) -> None:
        await subject.put(subject / "one", b"1")
        await subject.put(subject / "two", b"2")
        await subject.fs.make_folder(subject / "folder")
        await subject.put(subject / "folder" / "one", b"3")
        for target in (
            subject / "two",
            subject / "folder",
            subject / "folder" / "one",
        ):
            with pytest.raises(Exists):
                await subject.fs.move(subject / "one", target)
        assert await subject.get(subject / "one") == b"1"
        assert await subject.get(subject / "two") == b"2"
        assert await subject.get(subject / "folder" / "one") == b"3"

    async def test_what_is_missing(self, subject: Subject) -> None:
        await subject.put(subject / "file")
        with pytest.raises(NotFound):
            await subject.fs.move(subject / "no", subject / "new")
        with pytest.raises(NotFound):
            await subject.fs.move(subject / "file", subject / "no" / "new")
        assert await subject.names() == {"file"}

    async def test_not_into_itself_and_not_the_root(self, subject: Subject) -> None:
        await subject.fs.make_folder(subject / "a")
        await subject.fs.make_folder(subject / "a" / "b")
        with pytest.raises(Denied):
            await subject.fs.move(subject / "a", subject / "a" / "c")
        with pytest.raises(Denied):
            await subject.fs.move(subject / "a", subject / "a" / "b" / "c")
        with pytest.raises(Denied):
            await subject.fs.move(VPath(), subject / "c")
        assert await subject.names(subject / "a") == {"b"}

    async def test_to_another_letter_case(self, subject: Subject) -> None:
        await subject.put(subject / "name", b"data")
        after = await subject.fs.move(subject / "name", subject / "NAME")
        assert after.name == "NAME"
        assert await subject.names() == {"NAME"}
        assert await subject.get(subject / "NAME") == b"data"

    async def test_to_where_it_is(self, subject: Subject) -> None:
        before = await subject.put(subject / "name", b"data")
        after = await subject.fs.move(subject / "name", subject / "name")
        assert (after.name, after.id) == (before.name, before.id)
        assert await subject.get(subject / "name") == b"data"


class LawsOfReadingAndWriting:
    @pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_001])
    async def test_bytes_come_back_as_they_went(
        self, subject: Subject, size: int
    ) -> None:
        data = bytes(range(251)) * (size // 251 + 1)
        data = data[:size]
        entry = await subject.fs.write(subject / "file", Given(data, md5=md5_of(data)))
        assert (entry.name, entry.kind, entry.size) == ("file", Kind.FILE, size)
        assert entry == await subject.fs.stat(subject / "file")
        assert await subject.get(subject / "file") == data
        content = await subject.fs.read(subject / "file")
        assert content.size == size
        assert content.md5 in {None, md5_of(data)}
        if subject.fs.features.knows_md5:
            assert entry.md5 == content.md5 == md5_of(data)

    async def test_the_time_is_kept(self, subject: Subject) -> None:
        entry = await subject.put(subject / "file")
        content = await subject.fs.read(subject / "file")
        if subject.fs.features.keeps_modified:
            assert entry.modified_ns == content.modified_ns == MODIFIED

    async def test_without_a_time(self, subject: Subject) -> None:
        entry = await subject.fs.write(subject / "f", Given(b"x", modified_ns=None))
        assert entry.modified_ns is not None
        assert entry.modified_ns > MODIFIED

    async def test_reading_from_an_offset(self, subject: Subject) -> None:
        data = bytes(range(256)) * 1000
        await subject.put(subject / "file", data)
        for offset in (0, 1, 100_000, len(data) - 1, len(data)):
            assert await subject.get(subject / "file", offset) == data[offset:]

    async def test_nothing_is_overwritten_unasked(self, subject: Subject) -> None:
        await subject.put(subject / "file", b"old")
        await subject.fs.make_folder(subject / "folder")
        for name, data in (("file", b"new"), ("file", b"old"), ("folder", b"new")):
            with pytest.raises(Exists):
                await subject.put(subject / name, data)
        with pytest.raises(Exists):
            await subject.put(VPath(), b"new")
        assert await subject.get(subject / "file") == b"old"
        assert await subject.names(subject / "folder") == set()

    async def test_overwriting_what_is_known_to_be_there(
        self, subject: Subject
    ) -> None:
        old = await subject.put(subject / "file", b"old")
        new = await subject.fs.write(
            subject / "file", Given(b"newer", MODIFIED + 10**9), replacing=old
        )
        assert new.id == old.id
        assert new.modified_ns == MODIFIED + 10**9
        assert new == await subject.fs.stat(subject / "file")
        assert await subject.get(subject / "file") == b"newer"
        assert await subject.names() == {"file"}

    async def test_not_if_it_is_not_what_was_known(self, subject: Subject) -> None:
        old = await subject.put(subject / "file", b"old")
        await subject.fs.write(
            subject / "file", Given(b"theirs", MODIFIED + 10**9), replacing=old
        )
        with pytest.raises(Exists):
            await subject.fs.write(subject / "file", Given(b"ours"), replacing=old)
        assert await subject.get(subject / "file") == b"theirs"

    async def test_replacing_what_is_gone_is_writing_anew(
        self, subject: Subject
    ) -> None:
        old = await subject.put(subject / "file", b"old")
        await subject.fs.move(subject / "file", subject / "moved")
        await subject.fs.write(subject / "file", Given(b"new"), replacing=old)
        assert await subject.get(subject / "file") == b"new"
        assert await subject.get(subject / "moved") == b"old"

    async def test_the_folder_must_be_there(self, subject: Subject) -> None:
        await subject.put(subject / "file")
        for parent in ("no", "file"):
            with pytest.raises(FolderNotFound):
                await subject.put(subject / parent / "new")

    @pytest.mark.parametrize(
        "wrong",
        [
            Given(b"x" * 100_000, md5="0" * 32),
            Given(b"", md5="0" * 32),
            Given(b"x" * 100_000, claimed_size=100_001),
            Given(b"x" * 100_000, claimed_size=99_999),
            Given(b"x", claimed_size=0),
        ],
        ids=["md5", "md5 of nothing", "too short", "too long", "not empty"],
    )
    async def test_nothing_wrong_stays(self, subject: Subject, wrong: Given) -> None:
        with pytest.raises(Corrupt):
            await subject.fs.write(subject / "new", wrong)
        assert await subject.names() == set()
        old = await subject.put(subject / "old", b"old")
        with pytest.raises(Corrupt):
            await subject.fs.write(subject / "old", wrong, replacing=old)
        assert await subject.names() == {"old"}
        assert await subject.get(subject / "old") == b"old"
        await subject.put(subject / "new", b"right")
        assert await subject.get(subject / "new") == b"right"

    @pytest.mark.parametrize("error", [Transient("later"), Changed("not now")])
    async def test_trouble_with_the_source_is_told_as_it_is(
        self, subject: Subject, error: Exception
    ) -> None:
        failing = Given(b"x" * 3_000_000, stop_after=1_500_000, error=error)
        with pytest.raises(type(error), match=str(error)):
            await subject.fs.write(subject / "file", failing)
        assert await subject.names() == set()

    async def test_a_cancelled_write_leaves_nothing_in_sight(
        self, subject: Subject
    ) -> None:
        data = b"y" * 3_000_000
        stuck = Given(data, md5=md5_of(data), stop_after=2_000_000)
        writing = asyncio.create_task(subject.fs.write(subject / "file", stuck))
        await stuck.waiting.wait()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert await subject.names() == set()
        await subject.fs.write(subject / "file", Given(data, md5=md5_of(data)))
        assert await subject.get(subject / "file") == data
        assert await subject.names() == {"file"}

    async def test_many_writes_at_once(self, subject: Subject) -> None:
        async def put(number: int) -> None:
            await subject.put(
                subject / f"{number}", b"same" if number % 2 else b"%d" % number
            )

        await asyncio.gather(*map(put, range(12)))
        assert await subject.names() == {str(number) for number in range(12)}
        assert await subject.get(subject / "10") == b"10"
        assert await subject.get(subject / "11") == b"same"

    async def test_a_change_before_reading_is_noticed(self, subject: Subject) -> None:
        old = await subject.put(subject / "file", b"old")
        content = await subject.fs.read(subject / "file")
        await subject.fs.write(
            subject / "file", Given(b"longer", MODIFIED + 10**9), replacing=old
        )
        with pytest.raises(Changed):
            await read_all(content)


class LawsOfTrash:
    @pytest.fixture
    def trash(self, subject: Subject) -> TrashBin:
        if not isinstance(subject.fs, TrashBin):
            pytest.skip("this trash cannot be looked into")
        return subject.fs

    async def test_trashed_things_are_out_of_sight(self, subject: Subject) -> None:
        assert isinstance(subject.fs, Trash)
        await subject.put(subject / "file")
        await subject.fs.make_folder(subject / "folder")
        await subject.put(subject / "folder" / "inside")
        for name in ("file", "folder"):
            await subject.fs.trash(subject / name)
        assert await subject.names() == set()
        with pytest.raises(NotFound):
            await subject.fs.stat(subject / "folder" / "inside")
        await subject.put(subject / "file", b"the name is free again")

    async def test_what_cannot_be_trashed(self, subject: Subject) -> None:
        assert isinstance(subject.fs, Trash)
        with pytest.raises(NotFound):
            await subject.fs.trash(subject / "no")
        with pytest.raises(Denied):
            await subject.fs.trash(VPath())

    async def test_there_and_back(self, subject: Subject, trash: TrashBin) -> None:
        await subject.fs.make_folder(subject / "folder")
        await subject.put(subject / "folder" / "inside", b"data")
        before = {item.id for item in await trash.list_trash()}
        item_id = await trash.trash(subject / "folder")
        assert item_id is not None
        items = {item.id: item for item in await trash.list_trash()}
        assert items[item_id].entry.name == "folder"
        assert items[item_id].entry.is_folder
        assert items[item_id].origin == subject.base
        assert items.keys() - before == {item_id}  # not what lies in it
        assert await trash.restore(item_id) == subject / "folder"
        assert await subject.get(subject / "folder" / "inside") == b"data"
        assert await subject.names(subject / "folder") == {"inside"}
        assert {item.id for item in await trash.list_trash()} == before
        with pytest.raises(NotFound):
            await trash.restore(item_id)

    async def test_restoring_leaves_a_taken_name_alone(
        self, subject: Subject, trash: TrashBin
    ) -> None:
        await subject.put(subject / "file", b"old")
        item_id = await trash.trash(subject / "file")
        assert item_id is not None
        await subject.put(subject / "file", b"new")
        with pytest.raises(Exists):
            await trash.restore(item_id)
        assert await subject.get(subject / "file") == b"new"
        assert await trash.restore(item_id, to=subject / "again") == subject / "again"
        assert await subject.get(subject / "again") == b"old"
        assert await subject.names() == {"file", "again"}

    async def test_its_folder_is_gone(self, subject: Subject, trash: TrashBin) -> None:
        await subject.fs.make_folder(subject / "folder")
        await subject.put(subject / "folder" / "file", b"data")
        file_id = await trash.trash(subject / "folder" / "file")
        folder_id = await trash.trash(subject / "folder")
        assert file_id is not None
        assert folder_id is not None
        await subject.fs.make_folder(subject / "folder")  # another one
        with pytest.raises(FolderNotFound):
            await trash.restore(file_id)
        with pytest.raises(FolderNotFound):
            await trash.restore(file_id, to=subject / "no" / "file")
        await subject.fs.make_folder(subject / "elsewhere")
        target = subject / "elsewhere" / "file"
        assert await trash.restore(file_id, to=target) == target
        assert await subject.get(target) == b"data"
        assert await subject.names(subject / "folder") == set()
        moved = subject / "folder 2"
        assert await trash.restore(folder_id, to=moved) == moved
        assert await subject.names(moved) == set()

    async def test_unknown_items(self, trash: TrashBin) -> None:
        with pytest.raises(NotFound):
            await trash.restore("AAAAAAAAAAAAAAAAAAAAAA")


class LawsOfRoom:
    async def test_numbers_make_sense(self, subject: Subject) -> None:
        assert isinstance(subject.fs, Quota)
        space = await subject.fs.space(VPath())
        if space.total is not None and space.used is not None:
            assert 0 <= space.used <= space.total
        if space.total is not None and space.free is not None:
            assert 0 <= space.free <= space.total


class Laws(
    LawsOfListing,
    LawsOfFolders,
    LawsOfMoving,
    LawsOfReadingAndWriting,
    LawsOfTrash,
    LawsOfRoom,
):
    """All of them, for a test class with a fixture `subject`."""
