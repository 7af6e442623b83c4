"""Folders in which all is there already are passed over, and nothing else ever is."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from acd_tui.errors import Denied
from acd_tui.events import EventBus
from acd_tui.transfers.model import (
    ConflictPolicy,
    CopyOptions,
    Filters,
    JobWarned,
    State,
    TransferFinished,
)
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.survey import Survey
from tests.fakes import FakeClock
from tests.transfers.conftest import Rig, copy, run

BAD, PART = "bad", ".0123456789abcdef.acd-part"
NAMES = ("a", "A", "b", "link", "new", BAD, PART)


class Plain(MemoryFileSystem):
    """Holds links (`link`) and files not known so well (`new`), takes no `bad`."""

    def __init__(self, name: str, *, case_insensitive: bool = False) -> None:
        super().__init__(name, case_insensitive=case_insensitive)
        self.features = replace(self.features, doubtful_size=2)

    def name_problem(self, name: str) -> str | None:
        return "it is bad" if name == BAD else None

    async def list(self, path: VPath) -> Sequence[Entry]:
        return [_seen(entry) for entry in await super().list(path)]


def _seen(entry: Entry) -> Entry:
    if entry.name == "link":
        return Entry(name="link", kind=Kind.LINK)
    return replace(entry, md5=None) if entry.name == "new" else entry


class Surveyed(Plain):
    """The same, but it can tell of whole folders."""

    async def survey(self, folders: Sequence[VPath]) -> Sequence[Survey | None]:
        return [await self._survey(folder) for folder in folders]

    async def _survey(self, folder: VPath) -> Survey | None:
        try:
            entries = await self.list(folder)
        except Exception:  # noqa: BLE001 - as the protocol has it
            return None
        files = {
            (entry.name, entry.size, bytes.fromhex(entry.md5))
            for entry in entries
            if entry.kind is Kind.FILE and entry.size is not None and entry.md5
        }
        folders = [entry.name for entry in entries if entry.is_folder]
        if any(name == BAD for name, *_ in files):
            return None
        return Survey(files, folders, len(files) + len(folders) < len(entries))


class Paged(Surveyed):
    """Lists in pieces of two; the third and later ones wait until `more` is set."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.more = asyncio.Event()

    async def pages(self, path: VPath) -> AsyncIterator[Sequence[Entry]]:
        entries = sorted(await self.list(path), key=lambda entry: entry.name)
        for start in range(0, len(entries), 2):
            if start > 2:
                await self.more.wait()
            yield entries[start : start + 2]


# Where a folder is, what it holds, and what of it is another way at the target: None for
# what is not there.
_Folder = tuple[list[str], dict[str, bytes], dict[str, bytes | None]]
_data = st.sampled_from([b"", b"1", b"2", b"333"])
_folder: st.SearchStrategy[_Folder] = st.tuples(
    st.lists(st.sampled_from(["x", "X", "y", BAD]), max_size=3),
    st.dictionaries(st.sampled_from(NAMES), _data, max_size=4),
    st.just({})
    | st.dictionaries(st.sampled_from(NAMES), st.none() | _data, max_size=2),
)
_OTHERS: list[_Folder] = [
    ([], {"b": b"22"}, {}),
    ([], {}, {"b": b"more"}),
    ([], {}, {"link": b"", "new": b"1"}),
    (["x"], {}, {"a": b"2"}),
    (["x"], {}, {"a": None}),
    (["x", "y"], {}, {}),
    *(([], {name: b"1"}, {}) for name in (PART, "link", "new", BAD, "A")),
    ([], {"b": b"333"}, {}),
    ([BAD], {}, {}),
]
_ODD: list[_Folder] = [
    ([str(number), *below], {"a": b"1", **files}, changes)
    for number, (below, files, changes) in enumerate(_OTHERS)
]
_TWINS: list[_Folder] = [
    (["f", "x"], {"a": b"1"}, {}),
    (["f", "X"], {"b": b"1"}, {}),
    (["g", "A"], {"b": b"1"}, {}),
    (["g"], {"a": b"1"}, {"a": None}),
]


_USUAL = CopyOptions()
_PLANNED = (
    CopyOptions(size_only=True),
    CopyOptions(move=True),
    CopyOptions(planned=True),
    CopyOptions(filters=Filters(rules=("- a",))),
    CopyOptions(filters=Filters(max_depth=2)),
)


def _fill(fs: MemoryFileSystem, top: str, folders: list[_Folder]) -> None:
    for below, files, changes in folders:
        place = "/".join((top, *below))
        held = {**files, **changes} if top == "/t" else files
        fs.put_folder(place)
        for name, data in held.items():
            if data is not None:
                fs.put(f"{place}/{name}", data)


async def _outcome(
    kind: type[Plain],
    folders: list[_Folder],
    policy: ConflictPolicy,
    options: CopyOptions,
    *,
    case_insensitive: bool,
) -> tuple[list[tuple[object, ...]], list[object], int]:
    """Copy with such filesystems; what came of each file, of the job, and unlisted."""
    here = kind("here")
    there = kind("there", case_insensitive=case_insensitive)
    _fill(here, "/s", folders)
    _fill(there, "/t", folders)
    with tempfile.TemporaryDirectory() as folder:
        fs = {"here": here, "there": there}
        rig = Rig(Path(folder), FakeClock(), here, there, EventBus(), dict(fs))
        warned = rig.collect(JobWarned)
        manager = await rig.started()
        request = copy("/s", to="/t", policy=policy, contents=True)
        request = replace(request, options=options)
        job = await run(manager, request)
        transfers = await manager.transfers(limit=10_000)
        snapshot = await manager.look()
        await rig.close()
    assert snapshot.unlisted == job.unlisted
    assert snapshot.counts == job.counts
    assert len(transfers) + job.unlisted == sum(job.counts.values())
    rows: list[tuple[object, ...]] = [
        (str(t.source.path), str(t.target.path), t.state, t.reason) for t in transfers
    ]
    whole = [job.counts, job.size, job.done, job.problems, job.left_out]
    whole += [[event.message for event in warned], await _tree(there, VPath())]
    return rows, whole, job.unlisted


async def _tree(fs: MemoryFileSystem, folder: VPath) -> dict[str, object]:
    return {
        entry.name: await _tree(fs, folder / entry.name)
        if entry.is_folder
        else (entry.size, entry.md5)
        for entry in await MemoryFileSystem.list(fs, folder)
    }


def _with_example(
    folders: list[_Folder],
    policy: ConflictPolicy = ConflictPolicy.SKIP,
    options: CopyOptions = _USUAL,
    *,
    case_insensitive: bool = True,
) -> example:
    return example(
        folders=folders,
        policy=policy,
        options=options,
        case_insensitive=case_insensitive,
    )


@given(
    folders=st.lists(_folder, max_size=12),
    policy=st.sampled_from(ConflictPolicy),
    options=st.just(_USUAL) | st.sampled_from(_PLANNED),
    case_insensitive=st.booleans(),
)
@_with_example(_ODD, ConflictPolicy.RENAME, case_insensitive=False)
@_with_example(_ODD)
@_with_example(_ODD, options=_PLANNED[0])
@_with_example(_ODD, options=_PLANNED[1])
@_with_example(_ODD, options=_PLANNED[2])
@_with_example(_ODD, options=_PLANNED[3])
@_with_example(_ODD, options=_PLANNED[4])
@_with_example(_TWINS)
@settings(max_examples=15, deadline=None)
def test_what_is_passed_over_is_what_planning_would_find_to_be_there(
    folders: list[_Folder],
    policy: ConflictPolicy,
    options: CopyOptions,
    *,
    case_insensitive: bool,
) -> None:
    async def both() -> None:
        rows, whole, none = await _outcome(
            Plain, folders, policy, options, case_insensitive=case_insensitive
        )
        listed, same, unlisted = await _outcome(
            Surveyed, folders, policy, options, case_insensitive=case_insensitive
        )
        assert none == 0
        assert not unlisted or options == _USUAL
        assert same == whole
        passed = [row for row in rows if row not in listed]
        assert [row for row in rows if row in listed] == listed
        assert len(passed) == unlisted
        assert {row[2:] for row in passed} <= {
            (State.SKIPPED, "the same content is there already")
        }

    asyncio.run(both())


async def test_what_was_planned_in_part_is_not_counted_twice(rig: Rig) -> None:
    here, there = Paged("here"), Surveyed("there")
    rig.filesystems |= {"here": here, "there": there}
    for name in "acdef":
        here.put(f"/s/{name}", b"1")
    for name in "cdef":
        there.put(f"/t/{name}", b"1")
    finished = rig.collect(TransferFinished)
    manager = await rig.started()
    number = await manager.enqueue(copy("/s", to="/t", contents=True))
    while not finished:  # `a`, which the first piece holds
        await asyncio.sleep(0.005)
    await manager.close()
    here.more.set()
    again = await rig.started()
    job = await again.wait(number)
    assert job.counts == {State.DONE: 1, State.SKIPPED: 4}
    assert (job.size, job.done, job.problems) == (5, 5, ())


async def test_what_was_passed_over_is_cleared_like_the_rest(rig: Rig) -> None:
    here, there = Surveyed("here"), Surveyed("there")
    rig.filesystems |= {"here": here, "there": there}
    for fs in here, there:
        fs.put("/s/a", b"1")
        fs.put("/s/d/b", b"22")
    here.put("/s/e/c", b"2")
    manager = await rig.started()
    job = await run(manager, copy("/s", to="/s", contents=True))
    assert (job.unlisted, job.counts) == (2, {State.SKIPPED: 2, State.DONE: 1})
    assert [t.source.path.name for t in await manager.transfers()] == ["c"]
    assert await manager.clear_finished() == 3
    snapshot = await manager.look()
    assert (snapshot.counts, snapshot.unlisted) == ({}, 0)
    assert await manager.jobs() == []


async def test_what_failed_once_is_passed_over_when_it_is_there(rig: Rig) -> None:
    here, there = Surveyed("here"), Surveyed("there")
    rig.filesystems |= {"here": here, "there": there}
    for name in "ab":
        here.put(f"/s/d/{name}", b"1")
    there.put("/s/d/b", b"1")

    async def refuse(operation: str, path: VPath) -> None:
        if operation == "write":
            raise Denied(f"{path} is refused")

    there.hook = refuse
    manager = await rig.started()
    request = copy("/s", to="/s", contents=True)
    first = await run(manager, request)
    assert first.counts == {State.FAILED: 1, State.SKIPPED: 1}
    there.hook = None
    there.put("/s/d/a", b"1")
    second = await run(manager, request)
    assert (second.unlisted, second.counts) == (2, {State.SKIPPED: 2})
    # The failed one is a matter of the first run still, until it is tried again.
    assert (await manager.job(first.id)).counts == first.counts
    assert manager.snapshot().counts == {State.FAILED: 1, State.SKIPPED: 3}
    assert await manager.retry(None) == 1
    # As it may have sent the file itself, it is done rather than skipped.
    ended = {State.DONE: 1, State.SKIPPED: 1}
    assert (await manager.wait(first.id)).counts == ended
    assert manager.snapshot().counts == {State.DONE: 1, State.SKIPPED: 3}
