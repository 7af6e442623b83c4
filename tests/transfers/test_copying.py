"""What a copy does when nothing goes wrong but names and files are what they are."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from acd_tui.errors import Corrupt, Denied, NotFound, Unreachable
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import (
    ConflictPolicy,
    CopyOptions,
    JobFinished,
    JobWarned,
    Side,
    State,
    TransferFinished,
)
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import Content
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.transfers.conftest import (
    Behind,
    Rig,
    calls_of,
    copy,
    run,
    until_state,
)

POLICIES = ConflictPolicy


async def tree(
    fs: MemoryFileSystem, path: VPath | None = None
) -> dict[str, bytes | None]:
    """All there is, with what files hold; None for a folder."""
    path = path or VPath()
    found: dict[str, bytes | None] = {}
    for entry in await fs.list(path):
        here = path / entry.name
        if entry.is_folder:
            found[str(here)] = None
            found |= await tree(fs, here)
        else:
            found[str(here)] = fs.data(str(here))
    return found


async def test_a_tree_arrives_whole(rig: Rig, manager: TransferManager) -> None:
    finished, jobs = rig.collect(TransferFinished), rig.collect(JobFinished)
    changed = rig.collect(FoldersChanged)
    big = bytes(range(256)) * 2000
    rig.here.put("/a/one", b"1", modified_ns=7)
    rig.here.put("/a/b/two", big)
    rig.here.put("/a/b/none", b"")
    rig.here.put_folder("/a/hollow/deep")
    job = await run(manager, copy("/a", to="/in/new"))
    assert job.finished
    assert job.counts == {State.DONE: 3}
    assert job.problems == ()
    assert (job.size, job.done) == (len(big) + 1, len(big) + 1)
    assert await tree(rig.there) == {
        "/in": None,
        "/in/new": None,
        "/in/new/a": None,
        "/in/new/a/one": b"1",
        "/in/new/a/b": None,
        "/in/new/a/b/two": big,
        "/in/new/a/b/none": b"",
        "/in/new/a/hollow": None,
        "/in/new/a/hollow/deep": None,
    }
    assert (await rig.there.stat(VPath.parse("/in/new/a/one"))).modified_ns == 7
    assert len(finished) == 3
    while not jobs:  # told when what is done for the job's end is done
        await asyncio.sleep(0.01)
    assert [event.job for event in jobs] == [job]
    folders = {f for event in changed for f in event.folders or ()}
    assert VPath.parse("/in/new/a/b") in folders
    assert all(event.filesystem == "there" for event in changed)
    snapshot = manager.snapshot()
    assert snapshot.here
    assert not snapshot.paused
    assert (snapshot.counts, snapshot.planning) == ({State.DONE: 3}, 0)
    assert (snapshot.unfinished, snapshot.left, snapshot.running) == (0, 0.0, ())
    assert (snapshot.past, snapshot.size, snapshot.done) == (3, 0, 0)


async def test_a_second_run_moves_nothing(rig: Rig, manager: TransferManager) -> None:
    rig.here.put("/a/one", b"1")
    await run(manager, copy("/a"))
    calls = calls_of(rig.there)
    job = await run(manager, copy("/a"))
    assert job.counts == {State.SKIPPED: 1}
    assert job.done == 1
    # One look for the whole folder, and none at the file itself.
    operations = [operation for operation, _ in calls]
    assert operations.count("at_hand") == 1
    assert not {"write", "read"} & set(operations)
    (skipped,) = await manager.transfers(job=job.id)
    assert skipped.reason == "the same content is there already"


async def test_what_is_known_to_be_there_is_settled_when_it_is_found(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a/same", b"1")
    rig.here.put("/a/other", b"2")
    rig.here.put("/a/size", b"3")
    rig.here.put("/a/new", b"4")
    rig.there.put("/in/a/same", b"1")
    rig.there.put("/in/a/other", b"9")
    rig.there.put("/in/a/size", b"333")
    calls = calls_of(rig.here)
    finished, jobs = rig.collect(TransferFinished), rig.collect(JobFinished)
    job = await run(manager, copy("/a", policy=POLICIES.SKIP))
    assert job.counts == {State.SKIPPED: 3, State.DONE: 1}
    assert (job.size, job.done) == (4, 4)
    assert "same" not in [path.name for operation, path in calls if operation == "stat"]
    assert rig.there.data("/in/a/other") == b"9"
    reasons = {t.source.path.name: t.reason for t in await manager.transfers()}
    assert reasons["same"] == "the same content is there already"
    assert reasons["other"] == reasons["size"] == "another file of that name is there"
    assert all(t.finished is not None for t in await manager.transfers())
    assert {e.transfer.source.path.name for e in finished} == {"other", "size", "new"}
    while not jobs:
        await asyncio.sleep(0.01)


async def test_a_move_trusts_nothing_that_it_has_not_looked_at(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a/same", b"1")
    rig.there.put("/in/a/same", b"1")
    job = await run(manager, copy("/a", move=True))
    assert job.counts == {State.SKIPPED: 1}
    with pytest.raises(NotFound):
        await rig.here.stat(VPath.parse("/a/same"))


async def test_a_folder_that_must_not_be_listed_is_copied_into(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a/one", b"1")
    rig.there.put_folder("/in/a")

    async def refuse(operation: str, path: VPath) -> None:
        if operation == "at_hand":
            raise Denied(f"{path} may be entered, not read")

    rig.there.hook = refuse
    job = await run(manager, copy("/a"))
    assert job.counts == {State.DONE: 1}
    assert job.problems == ()


async def test_names_survive_however_odd(rig: Rig, manager: TransferManager) -> None:
    names = [
        "\udcff\udc80",
        "[red]x",
        "a\nb",
        "\x1b[31m",
        " ",
        "\xfc",
        "u\u0308",
        "%41",
    ]
    for name in names:
        rig.here.put(f"/d/{name}", name.encode("utf-8", "surrogateescape"))
    job = await run(manager, copy("/d"))
    assert job.counts == {State.DONE: len(names)}
    assert sorted(e.name for e in await rig.there.list(VPath.parse("/in/d"))) == sorted(
        names
    )
    shown = {t.source.path.name for t in await manager.transfers()}
    assert shown == set(names)


async def test_one_file_under_another_name(rig: Rig, manager: TransferManager) -> None:
    rig.here.put("/a", b"1")
    await run(manager, copy("/a", rename="b"))
    assert rig.there.data("/in/b") == b"1"


async def test_what_a_folder_holds(rig: Rig, manager: TransferManager) -> None:
    rig.here.put("/d/a", b"1")
    rig.here.put("/f", b"2")
    await run(manager, copy("/d", contents=True))
    assert rig.there.data("/in/a") == b"1"
    await run(manager, copy("/f", contents=True))
    assert rig.there.data("/in/f") == b"2"


async def test_the_root_folder_can_be_copied_from_and_to(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/d/a", b"1")
    await run(manager, copy("/", to="/", contents=True))
    assert rig.there.data("/d/a") == b"1"


async def test_within_one_filesystem(rig: Rig, manager: TransferManager) -> None:
    rig.here.put("/d/a", b"1")
    await run(manager, copy("/d", to="/e", target="here"))
    assert rig.here.data("/e/d/a") == b"1"
    with pytest.raises(Denied):
        await manager.enqueue(copy("/d", to="/d/x", target="here"))
    assert await manager.jobs() == [await manager.job(1)]


async def test_a_copy_into_itself_under_another_case_is_refused(
    rig: Rig, manager: TransferManager
) -> None:
    fs = MemoryFileSystem("folded", case_insensitive=True)
    rig.filesystems["folded"] = fs
    fs.put("/Dir/a", b"1")
    request = copy("/Dir", to="/dir/x", source="folded", target="folded")
    job = await run(manager, request)
    assert job.counts == {}
    assert "cannot be copied into itself" in job.problems[0]


async def test_names_that_would_meet_at_the_target(
    rig: Rig, manager: TransferManager
) -> None:
    fs = MemoryFileSystem("folded", case_insensitive=True)
    rig.filesystems["folded"] = fs
    rig.here.put("/d/A", b"1")
    rig.here.put("/d/a", b"2")
    rig.here.put("/x/d/other", b"3")
    rig.here.put("/y/D", b"4")
    request = copy("/d", "/x/d", "/y/D", target="folded", policy=POLICIES.OVERWRITE)
    job = await run(manager, request)
    assert job.counts == {State.DONE: 1}
    assert fs.data("/in/d/a") == b"1"
    assert len(job.problems) == 3
    assert all("rename one of them, or keep both" in p for p in job.problems)


async def test_links_and_devices_are_said_and_skipped(
    rig: Rig, manager: TransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.here.put("/d/file", b"1")
    original = rig.here.list

    async def with_a_link(path: VPath) -> Sequence[Entry]:
        return [*await original(path), Entry(name="link", kind=Kind.LINK)]

    monkeypatch.setattr(rig.here, "list", with_a_link)
    job = await run(manager, copy("/d"))
    assert job.counts == {State.DONE: 1}
    assert job.left_out == ("/d/link is not copied: it is a symbolic link",)
    assert job.problems == ()


async def test_what_is_gone_before_it_is_planned(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a", b"1")
    job = await run(manager, copy("/gone", "/a"))
    assert job.counts == {State.DONE: 1}
    assert job.problems == ("/gone is not copied: there is no /gone",)


async def test_many_that_are_named_are_looked_at_together(
    rig: Rig, manager: TransferManager
) -> None:
    """One after the other, 300,000 marked files would take minutes to begin."""
    names = [f"/{number:03}" for number in range(250)]
    for name in names:
        rig.here.put(name, b"1")
    asked: list[VPath] = []
    others = asyncio.Event()

    async def wait_for_others(operation: str, path: VPath) -> None:
        if operation == "stat" and not others.is_set():
            asked.append(path)
            if len(asked) == 10:
                others.set()
            await others.wait()

    rig.here.hook = wait_for_others
    job = await run(manager, copy(*names, "/gone"))
    assert job.counts == {State.DONE: 250}
    assert job.problems == ("/gone is not copied: there is no /gone",)


async def test_a_file_where_the_folder_should_be(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/d/a", b"1")
    rig.there.put("/in", b"a file")
    job = await run(manager, copy("/d"))
    assert job.finished
    assert job.counts == {}
    assert job.problems == ("/d is not copied: something that is no folder is at /in",)
    assert rig.there.data("/in") == b"a file"


async def test_a_subfolder_that_cannot_be_made_costs_only_what_is_in_it(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/d/sub/a", b"1")
    rig.here.put("/d/b", b"2")
    rig.there.put("/in/d/sub", b"a file")
    job = await run(manager, copy("/d"))
    assert job.counts == {State.DONE: 1}
    assert len(job.problems) == 1


async def conflict(rig: Rig, manager: TransferManager, policy: ConflictPolicy) -> State:
    rig.here.put("/a.txt", b"ours", modified_ns=5)
    rig.there.put("/in/a.txt", b"theirs", modified_ns=3)
    job = await run(manager, copy("/a.txt", policy=policy))
    (state,) = job.counts
    return state


@pytest.mark.parametrize(
    ("policy", "state", "there"),
    [
        (POLICIES.ASK, State.CONFLICT, b"theirs"),
        (POLICIES.SKIP, State.SKIPPED, b"theirs"),
        (POLICIES.FAIL, State.FAILED, b"theirs"),
        (POLICIES.OVERWRITE, State.DONE, b"ours"),
        (POLICIES.NEWER, State.DONE, b"ours"),
        (POLICIES.RENAME, State.DONE, b"theirs"),
    ],
)
async def test_conflicts(
    rig: Rig,
    manager: TransferManager,
    policy: ConflictPolicy,
    state: State,
    there: bytes,
) -> None:
    assert await conflict(rig, manager, policy) is state
    assert rig.there.data("/in/a.txt") == there
    if policy is POLICIES.RENAME:
        assert rig.there.data("/in/a (2).txt") == b"ours"
        (transfer,) = await manager.transfers()
        assert transfer.target.path.name == "a (2).txt"


async def test_a_conflict_shows_both_sides_and_waits_for_a_decision(
    rig: Rig, manager: TransferManager
) -> None:
    assert await conflict(rig, manager, POLICIES.ASK) is State.CONFLICT
    (transfer,) = await manager.transfers(states=[State.CONFLICT])
    assert transfer.conflict is not None
    assert transfer.conflict.source == Side(
        size=4, modified_ns=5, md5=hashlib.md5(b"ours").hexdigest()
    )
    assert transfer.conflict.target.size == 6
    assert transfer.reason == "another file of that name is there"
    await manager.decide([transfer.id], POLICIES.OVERWRITE)
    job = await manager.wait(transfer.job)
    assert job.counts == {State.DONE: 1}
    assert rig.there.data("/in/a.txt") == b"ours"
    (transfer,) = await manager.transfers()
    assert (transfer.conflict, transfer.reason) == (None, None)


@pytest.mark.parametrize(
    ("policy", "state"), [(POLICIES.SKIP, State.SKIPPED), (POLICIES.RENAME, State.DONE)]
)
async def test_a_folder_is_never_overwritten_by_a_file(
    rig: Rig, manager: TransferManager, policy: ConflictPolicy, state: State
) -> None:
    rig.here.put("/a", b"1")
    rig.there.put("/in/a/inside", b"2")
    job = await run(manager, copy("/a", policy=POLICIES.OVERWRITE))
    assert job.counts == {State.CONFLICT: 1}
    (transfer,) = await manager.transfers()
    assert transfer.conflict is not None
    assert transfer.conflict.target.is_folder
    await manager.decide(None, POLICIES.OVERWRITE)
    job = await manager.wait(job.id)
    assert job.counts == {State.CONFLICT: 1}
    await manager.decide(None, policy)
    job = await manager.wait(job.id)
    assert job.counts == {state: 1}
    assert rig.there.data("/in/a/inside") == b"2"


async def test_the_first_free_name_is_taken(rig: Rig, manager: TransferManager) -> None:
    rig.there.put("/in/a (2).txt", b"2")
    await conflict(rig, manager, POLICIES.RENAME)
    assert rig.there.data("/in/a (3).txt") == b"ours"


@pytest.mark.parametrize("move", [False, True])
async def test_what_was_put_beside_another_file_is_not_put_there_again(
    rig: Rig, manager: TransferManager, *, move: bool
) -> None:
    rig.here.put("/a.txt", b"ours")
    rig.there.put("/in/a.txt", b"theirs")
    rig.there.put("/in/a (2).txt", b"them")
    for state in (State.DONE, State.SKIPPED):
        job = await run(manager, copy("/a.txt", policy=POLICIES.RENAME))
        assert job.counts == {state: 1}
    job = await run(manager, copy("/a.txt", policy=POLICIES.RENAME, move=move))
    assert job.counts == {State.SKIPPED: 1}
    (transfer,) = await manager.transfers(job=job.id)
    assert str(transfer.target.path) == "/in/a (3).txt"
    assert rig.there.data("/in/a (3).txt") == b"ours"
    names = {entry.name for entry in await rig.there.list(VPath.parse("/in"))}
    assert names == {"a.txt", "a (2).txt", "a (3).txt"}
    assert len(await rig.here.list(VPath())) == (0 if move else 1)


async def test_newer_without_a_time_asks(rig: Rig, manager: TransferManager) -> None:
    rig.here.put("/a.txt", b"ours", modified_ns=5)
    rig.there.put("/in/a.txt", b"theirs", modified_ns=3)
    original = rig.there.stat

    async def timeless(path: VPath) -> Entry:
        entry = await original(path)
        return Entry(name=entry.name, kind=entry.kind, size=entry.size, md5=entry.md5)

    rig.there.stat = timeless  # type: ignore[method-assign]
    job = await run(manager, copy("/a.txt", policy=POLICIES.NEWER))
    assert job.counts == {State.CONFLICT: 1}
    (transfer,) = await manager.transfers()
    assert transfer.hint == "which one is newer is not known"


async def test_a_job_that_is_not_there(manager: TransferManager) -> None:
    with pytest.raises(NotFound):
        await manager.job(99)
    with pytest.raises(NotFound):
        await manager.wait(99)


async def test_a_folder_of_thousands_is_planned_in_pieces(
    rig: Rig, manager: TransferManager
) -> None:
    for number in range(2001):
        rig.here.put(f"/d/{number:04}", b"")
    job = await run(manager, copy("/d"))
    assert job.counts == {State.DONE: 2001}
    part = await manager.transfers(offset=10, limit=5)
    assert [t.source.path.name for t in part] == [f"{n:04}" for n in range(10, 15)]
    newest = await manager.transfers(limit=2, newest_first=True, states=[State.DONE])
    assert [t.source.path.name for t in newest] == ["2000", "1999"]


class Away:
    """Cannot be written to."""

    def __init__(self) -> None:
        self.called = asyncio.Event()

    async def __call__(self, operation: str, path: VPath) -> None:
        if operation == "write":
            self.called.set()
            raise Unreachable("nobody is there")


async def test_what_came_to_a_remote_since_it_was_looked_at_is_copied_too(
    rig: Rig, manager: TransferManager
) -> None:
    here = rig.filesystems["here"] = Behind("here")
    here.put("/d/old", b"1")
    here.news.append(lambda: here.put("/d/new", b"2"))
    assert (await run(manager, copy("/d"))).counts == {State.DONE: 2}


async def test_what_is_gone_from_a_remote_is_not_taken_to_be_there(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/d/a", b"1")
    there = rig.filesystems["there"] = Behind("there")
    there.put("/in/d/a", b"1")
    there.news.append(there._folder(VPath.parse("/in/d")).children.clear)
    assert (await run(manager, copy("/d"))).counts == {State.DONE: 1}
    assert there.data("/in/d/a") == b"1"


async def test_what_was_planned_before_is_not_decided_from_an_old_copy(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/d/a", b"1")
    away = rig.there.hook = Away()
    job = await manager.enqueue(copy("/d"))
    await away.called.wait()
    await manager.close()
    there = rig.filesystems["there"] = Behind("there")
    there.put("/in/d/a", b"1")
    there.news.append(there._folder(VPath.parse("/in/d")).children.clear)
    later = await rig.started()
    assert (await later.wait(job)).counts == {State.DONE: 1}
    assert there.refreshed == 1
    assert there.data("/in/d/a") == b"1"


async def test_a_remote_that_is_not_known_whole_is_not_waited_for(
    rig: Rig, manager: TransferManager
) -> None:
    here = rig.filesystems["here"] = Behind("here", complete=False)
    here.put("/d/a", b"1")
    assert (await run(manager, copy("/d"))).counts == {State.DONE: 1}
    assert here.refreshed == 0


async def test_a_target_folder_that_is_a_link_is_followed(
    rig: Rig, manager: TransferManager, tmp_path: Path
) -> None:
    rig.here.put("/d/a", b"1")
    rig.here.put("/d/e/b", b"2")
    real, outside = tmp_path / "real", tmp_path / "outside"
    outside.mkdir()
    (real / "d").mkdir(parents=True)
    (real / "d" / "e").symlink_to(outside)
    (tmp_path / "link").symlink_to(real)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    rig.filesystems["local"] = LocalFileSystem(hashes=hashes)
    job = await run(manager, copy("/d", to=str(tmp_path / "link"), target="local"))
    assert job.counts == {State.DONE: 1}
    assert (real / "d" / "a").read_bytes() == b"1"
    # One inside, which nobody named, leads out of the folder that was.
    assert len(job.problems) == 1
    assert list(outside.iterdir()) == []
    job = await run(manager, copy("/d", to=str(tmp_path / "broken"), target="local"))
    assert len(job.problems) == 1
    hashes.close()


@pytest.mark.parametrize("up", [True, False])
async def test_small_files_of_unknown_md5_are_compared_without_a_transfer_each(
    rig: Rig, manager: TransferManager, tmp_path: Path, *, up: bool
) -> None:
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    rig.filesystems["local"] = LocalFileSystem("local", hashes=hashes)
    folder, large = tmp_path / "d", bytes(300_000)
    folder.mkdir()
    for name, data in {"same": b"1", "other": b"22", "large": large}.items():
        (folder / name).write_bytes(data)
        rig.there.put(f"/d/{name}", b"00" if name == "other" else data)
    ended = rig.collect(TransferFinished)
    sides = ("local", "there") if up else ("there", "local")
    paths = (str(folder), "/d") if up else ("/d", str(folder))
    request = copy(
        paths[0],
        to=paths[1],
        source=sides[0],
        target=sides[1],
        policy=POLICIES.OVERWRITE,
        contents=True,
    )
    job = await run(manager, request)
    assert job.counts == {State.SKIPPED: 2, State.DONE: 1}
    assert {each.transfer.source.path.name for each in ended} == {"other", "large"}
    assert (folder / "other").read_bytes() == rig.there.data("/d/other")
    hashes.close()


class Misread:
    """A content of which one byte is not what the file holds."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self.size, self.modified_ns = content.size, content.modified_ns
        self.md5: str | None = None

    @contextlib.asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"X"
            async for piece in rest:
                yield piece

        async with self._content.open(offset + 1) as rest:
            yield pieces()


async def test_the_md5_of_what_was_misread_is_not_remembered(
    rig: Rig, manager: TransferManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"bytes")
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    local = rig.filesystems["local"] = LocalFileSystem("local", hashes=hashes)
    md5 = await local.md5(VPath.parse(str(tmp_path / "a")))
    read = local.read

    async def misread(path: VPath) -> Content:
        monkeypatch.undo()
        return Misread(await read(path))

    monkeypatch.setattr(local, "read", misread)
    job = await run(manager, copy(str(tmp_path / "a"), source="local"))
    (transfer,) = await manager.transfers(job=job.id)
    assert (transfer.state, transfer.attempts) == (State.DONE, 2)
    assert rig.there.data("/in/a") == b"bytes"
    assert (await local.stat(VPath.parse(str(tmp_path / "a")))).md5 == md5
    hashes.close()


async def test_what_an_attempt_sent_and_took_back_is_not_taken_to_be_there(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a", b"1")
    there = rig.filesystems["there"] = Behind("there")
    there.put_folder("/in")
    wrote = there.write

    async def write(path: VPath, content: Content, *, replacing: Entry | None) -> Entry:
        stored = await wrote(path, content, replacing=replacing)
        if there.unseen or there.confirmed:
            return stored
        # The service names a wrong MD5, so it goes to the trash; but the copy of the
        # tree was told of it in between, and not of the trash.
        there.unseen.append(there._folder(path.parent).children.clear)
        raise Corrupt("another MD5")

    there.write = write  # type: ignore[method-assign, assignment]
    job = await run(manager, copy("/a"))
    assert job.counts == {State.DONE: 1}
    assert await there.confirm(VPath.parse("/in/a")) is not None


async def test_names_that_would_be_one_wait_in_the_conflict_table(
    rig: Rig, manager: TransferManager
) -> None:
    for name, data in {"/d/A": b"1", "/d/a": b"22"}.items():
        rig.here.put(name, data)
    there = MemoryFileSystem("there", case_insensitive=True)
    rig.filesystems["there"] = there
    job = await run(manager, copy("/d", policy=POLICIES.ASK))
    assert job.counts == {State.DONE: 1, State.CONFLICT: 1}
    (asked,) = await manager.transfers(states={State.CONFLICT})
    assert asked.reason == "A would be under the same name there"
    assert asked.conflict is not None
    assert (asked.conflict.source.size, asked.conflict.target.size) == (2, 1)
    await manager.decide(None, POLICIES.RENAME)
    assert (await manager.wait(job.id)).counts == {State.DONE: 2}
    assert there.data("/in/d/A") == b"1"
    assert there.data("/in/d/a (2)") == b"22"


async def test_names_that_would_be_one_are_kept_once_however_often_one_copies(
    rig: Rig, manager: TransferManager
) -> None:
    for name in ("/d/A", "/d/a", "/d/B/x", "/d/b/x"):
        rig.here.put(name, name.encode())
    there = MemoryFileSystem("there", case_insensitive=True)
    rig.filesystems["there"] = there
    for state in (State.DONE, State.SKIPPED):
        job = await run(manager, copy("/d", policy=POLICIES.RENAME))
        assert (job.counts, job.problems) == ({state: 4}, ())
    assert there.data("/in/d/a (2)") == b"/d/a"
    assert there.data("/in/d/b (2)/x") == b"/d/b/x"


async def test_what_may_be_too_large_is_said_as_soon_as_it_is_found(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/d/large", b"12345")
    rig.here.put("/d/small", b"123")
    rig.there.features = replace(rig.there.features, doubtful_size=4)
    warned, finished = rig.collect(JobWarned), rig.collect(TransferFinished)
    job = await run(manager, copy("/d"))
    (warning,) = warned
    assert warning.job == job.id
    assert warning.message.startswith("/d/large has 5 B: files over 4 B often fail")
    assert len(finished) == 2  # it is tried nevertheless


async def test_a_folder_of_its_own_name_inside_does_not_take_its_place(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/x/d/f", b"OUTER")
    rig.here.put("/x/d/d/f", b"INNER")
    rig.here.put("/x/d/e/f", b"other")
    request = copy(
        "/x/d", to="/x", target="here", contents=True, policy=POLICIES.OVERWRITE
    )
    job = await run(manager, request)
    assert rig.here.data("/x/d/f") == b"OUTER"
    assert rig.here.data("/x/f") == b"OUTER"
    assert rig.here.data("/x/e/f") == b"other"
    (problem,) = job.problems
    assert problem.startswith("/x/d/d is not copied: what /x/d/d holds would go into")


@pytest.mark.parametrize("attempts", [None, 1])
async def test_a_remembered_md5_that_is_wrong_is_in_nobodys_way_for_ever(
    rig: Rig, manager: TransferManager, tmp_path: Path, attempts: int | None
) -> None:
    file, path = tmp_path / "a", VPath.parse(str(tmp_path / "a"))
    file.write_bytes(b"bytes")
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    local = rig.filesystems["local"] = LocalFileSystem("local", hashes=hashes)
    hashes.put(file.stat(), "a", "0" * 32)
    options = CopyOptions(attempts=attempts)
    request = replace(copy(str(file), source="local"), options=options)
    job = await run(manager, request)
    (transfer,) = await manager.transfers(job=job.id)
    if attempts is None:
        assert (transfer.state, transfer.attempts) == (State.DONE, 3)
    else:
        assert transfer.state is State.FAILED
        await run(manager, request)
    assert rig.there.data("/in/a") == b"bytes"
    assert await local.md5(path) == hashlib.md5(b"bytes").hexdigest()
    hashes.close()


async def test_what_is_decided_holds_for_what_was_shown(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a", b"ours", modified_ns=5)
    rig.there.put("/in/a", b"theirs", modified_ns=3)
    await manager.enqueue(copy("/a"))
    conflict = await until_state(manager, State.CONFLICT)
    rig.there.put("/in/a", b"weeks of work", modified_ns=99)
    await manager.decide([conflict.id], ConflictPolicy.OVERWRITE)
    assert (await manager.wait(conflict.job)).counts == {State.CONFLICT: 1}
    (again,) = await manager.transfers()
    assert again.conflict is not None
    assert again.conflict.target.size == 13
    assert again.reason == "what is there has changed since it was decided"
    assert rig.there.data("/in/a") == b"weeks of work"
    await manager.decide([conflict.id], ConflictPolicy.OVERWRITE)
    assert (await manager.wait(again.job)).counts == {State.DONE: 1}
    assert rig.there.data("/in/a") == b"ours"
