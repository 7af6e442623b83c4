"""What is done can be undone and done again, or says why not."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import pytest

from acd_tui.db import Database
from acd_tui.errors import (
    AcdError,
    Denied,
    Exists,
    NotFound,
    PartlyFailed,
    SignInNeeded,
    Unreachable,
    UsageError,
)
from acd_tui.events import EventBus
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.operations import Operations
from acd_tui.transfers.model import Place
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.entry import Entry, Features
from acd_tui.vfs.filesystem import Content, FileSystem
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath


def place(path: str) -> Place:
    return Place("memory", VPath.parse(path))


async def names(fs: FileSystem, path: str = "/") -> list[str]:
    return sorted(entry.name for entry in await fs.list(VPath.parse(path)))


@pytest.fixture
def fs() -> MemoryFileSystem:
    return MemoryFileSystem()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(
        tmp_path / "undo.sqlite", files("acd_tui.operations") / "schema"
    )
    database.open()
    yield database
    await asyncio.to_thread(database.close)


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


def operations_on(fs: FileSystem, database: Database, bus: EventBus) -> Operations:
    async def find(name: str) -> FileSystem:
        if name != fs.name:
            raise UsageError(f"there is no remote called {name}")
        return fs

    return Operations(find, database, bus=bus)


@pytest.fixture
def operations(fs: MemoryFileSystem, database: Database, bus: EventBus) -> Operations:
    return operations_on(fs, database, bus)


async def test_nothing_is_moved_to_where_it_is(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"1")
    with pytest.raises(Denied, match="/a is already there"):
        await operations.move(place("/a"), place("/a"))
    chain = [(VPath.parse("/a"), VPath.parse("/a"))]
    with pytest.raises(Denied, match="/a is already there"):
        await operations.move_all("memory", [chain], 1)
    with pytest.raises(AcdError, match="nothing to undo"):
        await operations.undo()


async def test_what_went_before_trashing_was_stopped_can_be_undone(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    for name in "abc":
        fs.put(f"/{name}", b"1")
    begun = asyncio.Event()

    async def check(path: VPath) -> None:
        if path.name == "b":
            begun.set()
            await asyncio.Event().wait()

    places = [place(f"/{name}") for name in "abc"]
    trashing = asyncio.create_task(operations.trash(places, check=check))
    await begun.wait()
    trashing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trashing
    assert await names(fs) == ["b", "c"]
    assert (await operations.undo()).sentence == "undone: trashing /a"
    assert await names(fs) == ["a", "b", "c"]
    with pytest.raises(AcdError, match="nothing to undo"):
        await operations.undo()


async def test_what_redo_had_trashed_before_it_was_stopped_can_be_undone(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    for name in "abc":
        fs.put(f"/{name}", b"1")
    await operations.trash([place(f"/{name}") for name in "abc"])
    await operations.undo()
    await stopped_at_second(fs, "trash", operations.redo())
    assert await names(fs) == ["b", "c"]
    assert (await operations.undo()).sentence == "undone: trashing /a"
    assert await names(fs) == ["a", "b", "c"]


async def test_undo_that_was_stopped_is_gone_on_with(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    for name in "abc":
        fs.put(f"/{name}", b"1")
    await operations.trash([place(f"/{name}") for name in "abc"])
    await stopped_at_second(fs, "restore", operations.undo())
    assert await names(fs) == ["c"]
    assert (await operations.undo()).sentence == "undone: trashing /a and 1 more"
    assert await names(fs) == ["a", "b", "c"]


async def stopped_at_second(
    fs: MemoryFileSystem, operation: str, work: Coroutine[object, object, object]
) -> None:
    """Have `work` cancelled when it does something for the second time."""
    times = 0
    waits = asyncio.Event()

    async def hook(name: str, _path: VPath) -> None:
        nonlocal times
        if name == operation and (times := times + 1) == 2:
            waits.set()
            await asyncio.Event().wait()

    fs.hook = hook
    task = asyncio.create_task(work)
    await waits.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    fs.hook = None


async def test_what_a_check_keeps_does_not_go_by_redo_either(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"1")
    fs.put("/b", b"2")

    async def check(path: VPath) -> None:
        if path.name == "b":
            raise Denied("/b stays")

    with pytest.raises(PartlyFailed, match="/b stays"):
        await operations.trash([place("/a"), place("/b")], check=check)
    assert await names(fs) == ["b"]
    await operations.undo()
    assert await names(fs) == ["a", "b"]
    await operations.redo()
    assert await names(fs) == ["b"]
    with pytest.raises(PartlyFailed):
        await operations.trash([place("/b")], check=check)
    assert (await operations.undo()).sentence == "undone: trashing /a"


async def test_what_is_moved_into_a_missing_folder_makes_it(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"1")
    chain = [(VPath.parse("/a"), VPath.parse("/new/in it/a"))]
    await operations.move_into(place("/new/in it"), [chain], 1)
    assert fs.data("/new/in it/a") == b"1"
    await operations.undo()
    assert await names(fs) == ["a", "new"]
    await operations.undo()
    assert await names(fs) == ["a"]
    for _ in range(2):
        await operations.redo()
    await operations.move_into(
        place("/new"), [[(VPath.parse("/new/in it/a"), VPath.parse("/new/b"))]], 1
    )
    assert fs.data("/new/b") == b"1"


async def test_where_nothing_is_moved_no_folder_stays(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/d/a", b"1")
    chain = [(VPath.parse("/d"), VPath.parse("/d/new/d"))]
    with pytest.raises(AcdError):
        await operations.move_into(place("/d/new"), [chain], 1)
    assert await names(fs, "/d") == ["a"]
    with pytest.raises(AcdError, match="nothing to undo"):
        await operations.undo()


async def test_a_folder_is_made_unmade_and_made_again(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    await operations.make_folder(place("/new"))
    assert await names(fs) == ["new"]
    assert (await operations.undo()).sentence == "undone: making the folder /new"
    assert await names(fs) == []
    assert (await operations.redo()).sentence == "done again: making the folder /new"
    assert await names(fs) == ["new"]
    assert (await operations.undo()).sentence == "undone: making the folder /new"
    assert await names(fs) == []


class Behind(MemoryFileSystem):
    """Lists from a copy that does not know of some names yet."""

    unknown: frozenset[str] = frozenset()

    async def list(self, path: VPath) -> Sequence[Entry]:
        return [e for e in await super().list(path) if e.name not in self.unknown]

    async def list_now(self, path: VPath) -> Sequence[Entry]:
        return await super().list(path)


@pytest.mark.parametrize("filled", ["/made/new", "/made"])
async def test_a_folder_that_only_a_copy_says_to_be_empty_is_not_unmade(
    database: Database, bus: EventBus, filled: str
) -> None:
    fs = Behind()
    operations = operations_on(fs, database, bus)
    await operations.make_folder(place("/made/new"))
    fs.put(f"{filled}/file", b"of somebody else")
    fs.unknown = frozenset({"file"})
    with pytest.raises(AcdError, match=r"not empty any more|holds something else"):
        await operations.undo()
    assert fs.data(f"{filled}/file") == b"of somebody else"
    await fs.trash(VPath.parse(f"{filled}/file"))
    await operations.undo()
    assert await names(fs) == []


async def test_a_folder_that_is_filled_meanwhile_is_not_unmade(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    await operations.make_folder(place("/new"))
    fs.put("/new/file", b"x")
    with pytest.raises(AcdError, match=r"cannot undo .*not empty any more") as refused:
        await operations.undo()
    assert refused.value.hint == "trash it instead, with all that lies in it"
    assert fs.data("/new/file") == b"x"
    await fs.trash(VPath.parse("/new/file"))
    await operations.undo()  # emptied, it can be
    assert await names(fs) == []


async def test_renaming_and_moving_are_undone_in_turn(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    fs.put_folder("/d")
    await operations.move(place("/a"), place("/b"))
    await operations.move(place("/b"), place("/d/b"))
    assert (await operations.undo()).sentence == "undone: moving /b to /d/b"
    assert (await operations.undo()).sentence == "undone: renaming /a to b"
    assert await names(fs) == ["a", "d"]
    assert (await operations.redo()).sentence == "done again: renaming /a to b"
    assert (await operations.redo()).sentence == "done again: moving /b to /d/b"
    assert await names(fs, "/d") == ["b"]
    with pytest.raises(NotFound, match="nothing to redo"):
        await operations.redo()


async def test_the_wrong_file_is_never_moved_back(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    await operations.move(place("/a"), place("/b"))
    await fs.trash(VPath.parse("/b"))
    fs.put("/b", b"another")
    with pytest.raises(AcdError, match="/b is another one now"):
        await operations.undo()
    assert fs.data("/b") == b"another"
    with pytest.raises(NotFound, match="nothing to undo"):  # it is not in the way
        await operations.undo()


async def test_a_name_that_is_taken_again_is_left_alone_and_undo_may_be_tried_again(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    await operations.move(place("/a"), place("/b"))
    fs.put("/a", b"new")
    with pytest.raises(AcdError, match="there already"):
        await operations.undo()
    assert (fs.data("/a"), fs.data("/b")) == (b"new", b"a")
    await fs.move(VPath.parse("/a"), VPath.parse("/c"))
    await operations.undo()
    assert fs.data("/a") == b"a"


async def test_what_is_trashed_together_comes_back_together(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/d/x", b"x")
    fs.put("/f", b"f")
    await operations.trash([place("/d"), place("/d/x"), place("/f")])
    assert await names(fs) == []
    assert (await operations.undo()).sentence == "undone: trashing /d and 1 more"
    assert await names(fs) == ["d", "f"]
    assert fs.data("/d/x") == b"x"
    await operations.redo()
    assert await names(fs) == []
    await operations.undo()
    assert await names(fs) == ["d", "f"]


async def test_what_could_be_trashed_can_be_undone_though_the_rest_failed(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    with pytest.raises(PartlyFailed, match="no /gone"):
        await operations.trash([place("/gone"), place("/a")])
    assert await names(fs) == []
    await operations.undo()
    assert await names(fs) == ["a"]


async def test_nothing_is_noted_when_nothing_could_be_trashed(
    operations: Operations,
) -> None:
    with pytest.raises(PartlyFailed, match=r"no /gone \(and 1 more\)"):
        await operations.trash([place("/gone"), place("/away")])
    with pytest.raises(NotFound, match="nothing to undo"):
        await operations.undo()


async def test_what_can_be_restored_is_though_one_name_is_taken(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    fs.put("/b", b"b")
    await operations.trash([place("/a"), place("/b")])
    fs.put("/a", b"new")
    with pytest.raises(
        AcdError, match=r"cannot undo trashing .*there already"
    ) as refused:
        await operations.undo()
    hint = "rename or trash what is there, then put this back by hand"
    assert refused.value.hint == hint
    assert (fs.data("/a"), fs.data("/b")) == (b"new", b"b")
    await fs.trash(VPath.parse("/a"))
    await operations.undo()
    assert fs.data("/a") == b"a"


async def test_restoring_is_undone_and_done_again(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    item = await fs.trash(VPath.parse("/a"))
    assert item is not None
    assert await operations.restore("memory", item) == VPath.parse("/a")
    await operations.undo()
    assert await names(fs) == []
    assert (await operations.redo()).sentence == "done again: restoring /a"
    assert fs.data("/a") == b"a"


async def test_restoring_elsewhere_when_the_name_is_taken(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    item = await fs.trash(VPath.parse("/a"))
    assert item is not None
    fs.put("/a", b"new")
    with pytest.raises(Exists):
        await operations.restore("memory", item)
    to = VPath.parse("/b")
    assert await operations.restore("memory", item, to) == to
    assert fs.data("/b") == b"a"


async def test_a_new_deed_forgets_what_was_undone(operations: Operations) -> None:
    await operations.make_folder(place("/a"))
    await operations.undo()
    await operations.make_folder(place("/b"))
    with pytest.raises(NotFound, match="nothing to redo"):
        await operations.redo()
    assert (await operations.undo()).sentence == "undone: making the folder /b"


async def test_the_journal_outlives_the_program_and_odd_names(
    fs: MemoryFileSystem, database: Database, bus: EventBus
) -> None:
    odd = VPath(("\udcff\x1b[31m.txt",))
    fs.put("/plain", b"x")
    await operations_on(fs, database, bus).move(place("/plain"), Place("memory", odd))
    sentence = (await operations_on(fs, database, bus).undo()).sentence
    assert sentence == "undone: renaming /plain to \ufffd␛[31m.txt"
    assert await names(fs) == ["plain"]


async def test_one_that_stays_in_one_filesystem(operations: Operations) -> None:
    with pytest.raises(Denied, match="one filesystem to another"):
        await operations.move(place("/a"), Place("local", VPath.parse("/a")))
    with pytest.raises(Denied, match="in one filesystem"):
        await operations.trash([place("/a"), Place("local", VPath.parse("/a"))])
    with pytest.raises(Denied, match="in one filesystem"):
        await operations.trash([])


async def test_changed_folders_are_told(
    fs: MemoryFileSystem, operations: Operations, bus: EventBus
) -> None:
    told: list[FoldersChanged] = []
    fs.put("/d/a", b"a")
    with bus.subscribed(FoldersChanged, told.append):
        await operations.move(place("/d/a"), place("/b"))
        await operations.undo()
    folders = frozenset({VPath(), VPath.parse("/d")})
    assert {event.folders for event in told} == {folders}
    assert len(told) >= 2


async def test_a_passing_trouble_keeps_its_class_and_the_entry(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    await operations.make_folder(place("/a"))

    async def refuse(operation: str, path: VPath) -> None:
        raise SignInNeeded("nobody is signed in")

    fs.hook = refuse
    with pytest.raises(SignInNeeded):
        await operations.undo()
    fs.hook = None
    await operations.undo()
    assert await names(fs) == []


class OneWayTrash:
    """A filesystem whose trash, like a desktop's, cannot give back."""

    def __init__(self, inner: MemoryFileSystem) -> None:
        self._inner = inner
        self.name = "local"
        self.features = Features()

    async def stat(self, path: VPath) -> Entry:
        return await self._inner.stat(path)

    async def list(self, path: VPath) -> Sequence[Entry]:
        return await self._inner.list(path)

    async def make_folder(self, path: VPath) -> Entry:
        return await self._inner.make_folder(path)

    async def move(self, source: VPath, target: VPath) -> Entry:
        return await self._inner.move(source, target)

    async def read(self, path: VPath) -> Content:
        return await self._inner.read(path)

    async def write(
        self, path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        return await self._inner.write(path, content, replacing=replacing)


class WithTrash(OneWayTrash):
    async def trash(self, path: VPath) -> str | None:
        await self._inner.trash(path)
        return None


@pytest.mark.parametrize(
    ("deed", "message"),
    [
        (lambda o, p: o.trash([p]), "local has no trash"),
        (lambda o, p: o.restore("local", "1"), "cannot be restored from here"),
    ],
)
async def test_a_filesystem_without_a_trash_says_so(
    fs: MemoryFileSystem,
    database: Database,
    bus: EventBus,
    deed: Callable[[Operations, Place], object],
    message: str,
) -> None:
    fs.put("/a", b"a")
    operations = operations_on(OneWayTrash(fs), database, bus)
    with pytest.raises(AcdError, match=message):
        await deed(operations, Place("local", VPath.parse("/a")))  # type: ignore[misc]


async def test_what_went_to_the_desktops_trash_comes_back_after_a_restart(
    tmp_path: Path,
    home: Path,
    database: Database,
    bus: EventBus,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plat = pytest.importorskip("send2trash.plat_other")
    monkeypatch.setattr(plat, "HOMETRASH_B", os.fsencode(home / "Trash"))
    for name in ("a", "b"):
        (tmp_path / "disk" / name).mkdir(parents=True)
        (tmp_path / "disk" / name / "same").write_text(name)
    folder = VPath.parse(str(tmp_path / "disk"))
    with contextlib.closing(HashCache.open(tmp_path / "hashes.sqlite")) as hashes:
        disk = LocalFileSystem(hashes=hashes)
        places = [Place("local", folder / name / "same") for name in ("a", "b")]
        await operations_on(disk, database, bus).trash(places)
        assert not [*(tmp_path / "disk").glob("*/same")]
        for _ in range(2):
            await operations_on(disk, database, bus).undo()
            for name in ("a", "b"):
                assert (tmp_path / "disk" / name / "same").read_text() == name
            await operations_on(disk, database, bus).redo()
            assert not [*(tmp_path / "disk").glob("*/same")]


@pytest.fixture
def disk(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalFileSystem]:
    plat = pytest.importorskip("send2trash.plat_other")
    monkeypatch.setattr(plat, "HOMETRASH_B", os.fsencode(home / "Trash"))
    with contextlib.closing(HashCache.open(tmp_path / "hashes.sqlite")) as hashes:
        yield LocalFileSystem(hashes=hashes)


def replaced(path: Path, text: str) -> None:
    """Put another file in the place of one, as other programs do."""
    beside = path.with_name("beside")
    beside.write_text(text)
    beside.replace(path)


async def test_another_file_of_that_name_is_not_trashed_by_redo(
    disk: LocalFileSystem, database: Database, bus: EventBus, tmp_path: Path
) -> None:
    operations = operations_on(disk, database, bus)
    file = tmp_path / "a"
    for replace in (replaced, Path.write_text):  # the second has the inode of the first
        file.write_text("mine")
        await operations.trash([Place("local", VPath.parse(str(file)))])
        await operations.undo()
        replace(file, "another one")
        why = "cannot redo trashing .*/a (is another one now|was changed since)"
        with pytest.raises(AcdError, match=why):
            await operations.redo()
        assert file.read_text() == "another one"


async def test_another_file_of_that_name_is_not_moved_back(
    disk: LocalFileSystem, database: Database, bus: EventBus, tmp_path: Path
) -> None:
    operations = operations_on(disk, database, bus)
    (tmp_path / "p").write_text("mine")
    p, q, r = (VPath.parse(str(tmp_path / name)) for name in "pqr")
    await operations.move(Place("local", p), Place("local", q))
    replaced(tmp_path / "q", "another one")
    with pytest.raises(AcdError, match=r"cannot undo renaming .*/q is another one now"):
        await operations.undo()
    await operations.move_all("local", [[(q, r), (r, p)]], 2)
    replaced(tmp_path / "p", "a third one")
    with pytest.raises(AcdError, match=r"cannot undo renaming .*/p is another one now"):
        await operations.undo()
    assert (tmp_path / "p").read_text() == "a third one"


async def test_what_was_only_edited_is_moved_back_and_there_again(
    disk: LocalFileSystem, database: Database, bus: EventBus, tmp_path: Path
) -> None:
    operations = operations_on(disk, database, bus)
    (tmp_path / "p" / "in it").mkdir(parents=True)
    p, q = (VPath.parse(str(tmp_path / name)) for name in "pq")
    await operations.move(Place("local", p), Place("local", q))
    (tmp_path / "q" / "new").write_text("new")
    await operations.undo()
    (tmp_path / "p" / "new").write_text("edited")
    await operations.redo()
    assert (tmp_path / "q" / "new").read_text() == "edited"
    await operations.move(Place("local", q / "new"), Place("local", q / "other"))
    (tmp_path / "q" / "other").write_text("edited once more")
    await operations.undo()
    await operations.trash([Place("local", q)])
    await operations.undo()
    (tmp_path / "q" / "more").touch()
    await operations.redo()
    assert not (tmp_path / "q").exists()


async def test_a_trash_that_cannot_give_back_says_so(
    fs: MemoryFileSystem, database: Database, bus: EventBus
) -> None:
    fs.put("/a", b"a")
    operations = operations_on(WithTrash(fs), database, bus)
    await operations.trash([Place("local", VPath.parse("/a"))])
    with pytest.raises(AcdError, match="cannot be restored from here") as caught:
        await operations.undo()
    assert caught.value.hint == "restore it with the trash of your desktop"


async def test_what_was_purged_does_not_hide_what_was_done_before(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a")
    fs.put("/b")
    await operations.make_folder(place("/new"))
    await operations.trash([place("/a")])
    fs._trash.clear()
    with pytest.raises(AcdError, match="not in the trash"):
        await operations.undo()
    assert (await operations.undo()).sentence == "undone: making the folder /new"


async def test_what_was_purged_in_part_is_undone_in_part(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a")
    fs.put("/b")
    await operations.make_folder(place("/new"))
    await operations.trash([place("/a"), place("/b")])
    del fs._trash[next(iter(fs._trash))]
    with pytest.raises(AcdError, match="not in the trash"):
        await operations.undo()
    assert await names(fs) == ["b", "new"]
    assert (await operations.redo()).sentence == "done again: trashing /b"
    await operations.undo()
    assert (await operations.undo()).sentence == "undone: making the folder /new"


async def test_only_what_one_did_oneself_is_taken_back_if_one_says_so(
    operations: Operations, fs: MemoryFileSystem, database: Database, bus: EventBus
) -> None:
    fs.put("/mine")
    fs.put("/theirs")
    trashed = await operations.trash([place("/mine")])
    await operations_on(fs, database, bus).trash([place("/theirs")])
    with pytest.raises(NotFound, match="not the last thing"):
        await operations.undo(trashed)
    assert await names(fs) == []
    await operations.undo()
    await operations.undo(trashed)
    assert await names(fs) == ["mine", "theirs"]


def moves(*pairs: str) -> list[tuple[VPath, VPath]]:
    """`a>b` as a step in the root folder."""
    split = (pair.split(">") for pair in pairs)
    return [(VPath.parse(source), VPath.parse(target)) for source, target in split]


SWAP = moves("a>.a.renaming", "b>a", ".a.renaming>b")


async def test_many_names_are_one_step(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    fs.put("/b", b"b")
    await operations.move_all("memory", [SWAP], 2)
    assert (fs.data("/a"), fs.data("/b")) == (b"b", b"a")
    assert (await operations.undo()).sentence == "undone: renaming 2 items in /"
    assert (fs.data("/a"), fs.data("/b")) == (b"a", b"b")
    assert (await operations.redo()).sentence == "done again: renaming 2 items in /"
    assert (fs.data("/a"), fs.data("/b")) == (b"b", b"a")
    await operations.undo()
    assert await names(fs) == ["a", "b"]
    with pytest.raises(NotFound, match="nothing to undo"):
        await operations.undo()


class Failing:
    """Lets some moves through, and from then on none or all but one."""

    def __init__(self, fs: MemoryFileSystem, passes: int, *, lasting: bool) -> None:
        self.left, self.lasting = passes, lasting
        fs.hook = self

    async def __call__(self, name: str, _path: VPath) -> None:
        if name == "move":
            self.left -= 1
            if self.left == -1 or (self.left < 0 and self.lasting):
                raise Denied("no such luck")


async def test_if_one_name_cannot_be_changed_none_is(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    fs.put("/b", b"b")
    Failing(fs, 2, lasting=False)
    with pytest.raises(Denied, match=r"^no such luck$"):
        await operations.move_all("memory", [SWAP], 2)
    assert (fs.data("/a"), fs.data("/b")) == (b"a", b"b")
    with pytest.raises(NotFound, match="nothing to undo"):
        await operations.undo()


async def test_what_stays_changed_can_be_undone_later(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    fs.put("/b", b"b")
    Failing(fs, 2, lasting=True)
    with pytest.raises(PartlyFailed, match="some names are changed already"):
        await operations.move_all("memory", [SWAP], 2)
    assert (fs.data("/.a.renaming"), fs.data("/a")) == (b"a", b"b")
    Failing(fs, 1, lasting=True)  # undoing gets stuck half-way, too
    with pytest.raises(AcdError, match="cannot undo renaming 2 items"):
        await operations.undo()
    assert (fs.data("/.a.renaming"), fs.data("/b")) == (b"a", b"b")
    fs.hook = None
    await operations.undo()
    assert (fs.data("/a"), fs.data("/b")) == (b"a", b"b")


async def test_renaming_that_is_cut_off_can_be_undone(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    fs.put("/b", b"b")
    moved = 0
    waits = asyncio.Event()

    async def hook(name: str, _path: VPath) -> None:
        nonlocal moved
        if name == "move" and (moved := moved + 1) == 3:
            waits.set()
            await asyncio.Event().wait()

    fs.hook = hook
    task = asyncio.create_task(operations.move_all("memory", [SWAP], 2))
    await waits.wait()
    task.cancel()
    with pytest.raises(PartlyFailed, match="interrupted"):
        await task
    fs.hook = None
    await operations.undo()
    assert (fs.data("/a"), fs.data("/b")) == (b"a", b"b")


class Killed(BaseException):
    """The program ends here and now."""


@pytest.mark.parametrize("after", range(5))
async def test_renaming_amid_which_the_program_was_killed_can_be_undone(
    fs: MemoryFileSystem, database: Database, bus: EventBus, after: int
) -> None:
    for name in "abcd":
        fs.put(f"/{name}", name.encode())
    moved = 0

    async def hook(name: str, _path: VPath) -> None:
        nonlocal moved
        if name == "move" and (moved := moved + 1) == after + 1:
            raise Killed

    await operations_on(fs, database, bus).move(place("/d"), place("/e"))
    fs.hook = hook
    chains = [moves("c>new"), SWAP]
    renaming = operations_on(fs, database, bus).move_all("memory", chains, 3)
    if after < 4:
        with pytest.raises(Killed):
            await renaming
    else:
        await renaming
    fs.hook = None
    again = operations_on(fs, database, bus)
    if after:
        assert (await again.undo()).sentence == "undone: renaming 3 items in /"
    else:
        with pytest.raises(AcdError, match="none of it was done"):
            await again.undo()
    assert {name: fs.data(f"/{name}") for name in "abce"} == {
        "a": b"a",
        "b": b"b",
        "c": b"c",
        "e": b"d",
    }
    await again.undo()  # what was done before is not hidden by it
    assert await names(fs) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("after", range(1, 4))
async def test_redoing_amid_which_the_program_was_killed_can_be_undone(
    fs: MemoryFileSystem, database: Database, bus: EventBus, after: int
) -> None:
    for name in "abc":
        fs.put(f"/{name}", name.encode())
    operations = operations_on(fs, database, bus)
    await operations.move_all("memory", [moves("c>new"), SWAP], 3)
    await operations.undo()
    moved = 0

    async def hook(name: str, _path: VPath) -> None:
        nonlocal moved
        if name == "move" and (moved := moved + 1) == after + 1:
            raise Killed

    fs.hook = hook
    with pytest.raises(Killed):
        await operations.redo()
    fs.hook = None
    again = operations_on(fs, database, bus)
    assert (await again.undo()).sentence == "undone: renaming 3 items in /"
    assert {name: fs.data(f"/{name}") for name in "abc"} == {
        "a": b"a",
        "b": b"b",
        "c": b"c",
    }


async def test_redoing_that_fails_can_be_tried_again(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    for name in "ab":
        fs.put(f"/{name}", name.encode())
    await operations.move_all("memory", [SWAP], 2)
    await operations.undo()

    async def hook(name: str, _path: VPath) -> None:
        if name == "move":
            raise Unreachable("nobody is there")

    fs.hook = hook
    with pytest.raises(Unreachable):
        await operations.redo()
    fs.hook = None
    await operations.redo()
    assert (fs.data("/a"), fs.data("/b")) == (b"b", b"a")


async def test_another_file_is_never_renamed_back_and_the_others_are(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    for name in "aceg":
        fs.put(f"/{name}", name.encode())
    chains = [moves("a>b"), moves("c>d"), moves("g>h", "e>g")]
    await operations.move_all("memory", chains, 4)
    await fs.trash(VPath.parse("/b"))
    fs.put("/b", b"another's")
    with pytest.raises(AcdError, match=r"cannot undo renaming 4 .*/b is another one"):
        await operations.undo()
    assert await names(fs) == ["b", "c", "e", "g"]
    assert fs.data("/b") == b"another's"
    with pytest.raises(NotFound, match="nothing to undo"):  # it is not in the way
        await operations.undo()


async def test_undoing_that_finds_nobody_can_be_tried_again(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    fs.put("/c", b"c")
    await operations.move_all("memory", [moves("a>b"), moves("c>d")], 2)
    asked = []

    async def hook(name: str, path: VPath) -> None:
        asked.append(path)
        raise Unreachable("nobody answers")

    fs.hook = hook
    with pytest.raises(AcdError, match="nobody answers"):
        await operations.undo()
    assert asked == [VPath.parse("/d")]
    fs.hook = None
    await operations.undo()
    assert await names(fs) == ["a", "c"]


async def test_folders_around_a_folder_are_made_and_unmade_with_it(
    fs: MemoryFileSystem, operations: Operations, bus: EventBus
) -> None:
    fs.put_folder("/a")
    told: list[FoldersChanged] = []
    with bus.subscribed(FoldersChanged, told.append):
        await operations.make_folder(place("/a/b/c"))
    folders = frozenset({VPath.parse("/a"), VPath.parse("/a/b")})
    assert [event.folders for event in told] == [folders]
    assert await names(fs, "/a/b") == ["c"]
    fs.put("/a/b/x", b"")
    with pytest.raises(AcdError, match="/a/b holds something else by now"):
        await operations.undo()
    assert await names(fs, "/a/b") == ["c", "x"]
    await fs.trash(VPath.parse("/a/b/x"))
    assert (await operations.undo()).sentence == "undone: making the folder /a/b/c"
    assert await names(fs, "/a") == []
    await operations.redo()
    assert await names(fs, "/a/b") == ["c"]


async def test_if_a_folder_cannot_be_made_none_around_it_stays(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    async def hook(name: str, path: VPath) -> None:
        if name == "make_folder" and path.name == "c":
            raise Denied("no such luck")

    fs.hook = hook
    with pytest.raises(Denied, match="no such luck"):
        await operations.make_folder(place("/a/b/c"))
    assert await names(fs) == []
    fs.put("/file", b"")
    with pytest.raises(AcdError):
        await operations.make_folder(place("/file/b/c"))
    assert await names(fs) == ["file"]


async def test_what_moves_together_says_where_to(
    fs: MemoryFileSystem, operations: Operations
) -> None:
    fs.put("/a", b"a")
    fs.put("/b", b"b")
    fs.put_folder("/d")
    await operations.move_all("memory", [moves("a>d/a"), moves("b>d/b")], 2)
    assert (await operations.undo()).sentence == "undone: moving 2 items to /d"
    await operations.move_all("memory", [moves("a>d/a")], 1)
    assert (await operations.undo()).sentence == "undone: moving /a to /d/a"
    assert await names(fs) == ["a", "b", "d"]
