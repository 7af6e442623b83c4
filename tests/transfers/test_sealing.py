"""What was found of folders before is remembered, and only for as long as it is so."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from acd_tui.errors import AcdError, Transient
from acd_tui.events import EventBus
from acd_tui.transfers import sealing
from acd_tui.transfers.model import ConflictPolicy, Job, JobWarned, State
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.survey import Seal, Survey
from tests.fakes import FakeClock
from tests.transfers.conftest import Rig, copy, run
from tests.transfers.test_skimming import (
    _OTHERS,
    _TWINS,
    Plain,
    Surveyed,
    _data,
    _fill,
    _Folder,
    _folder,
    _tree,
)


class Watched(Surveyed):
    """Says of each survey what is another one for anything else that it tells.

    Attributes:
        surveyed: the folders it was asked for.
    """

    def __init__(self, name: str, *, case_insensitive: bool = False) -> None:
        super().__init__(name, case_insensitive=case_insensitive)
        self.surveyed: list[VPath] = []

    async def survey(self, folders: Sequence[VPath]) -> Sequence[Survey | None]:
        self.surveyed += folders
        return await super().survey(folders)

    async def _survey(self, folder: VPath) -> Survey | None:
        survey = await super()._survey(folder)
        if survey is None:
            return None
        whole = (sorted(survey.files), sorted(survey.folders), survey.rest)
        return replace(survey, stamp=repr(whole).encode())

    async def _stamp(self, folder: VPath) -> bytes | None:
        survey = await self._survey(folder)
        return None if survey is None else survey.stamp


class Disk(Watched):
    """Has folders with stamps."""

    async def stamps(self, folders: Sequence[VPath]) -> Sequence[bytes | None]:
        return [await self._stamp(folder) for folder in folders]


class Drive(Watched):
    """Has folders with seals, each good while the folder holds what it held."""

    def __init__(self, name: str, *, case_insensitive: bool = False) -> None:
        super().__init__(name, case_insensitive=case_insensitive)
        self._seals: dict[VPath, Seal] = {}

    async def seal(self, seals: Sequence[Seal]) -> None:
        for seal in seals:
            if await self._stamp(seal.folder) == seal.stamp:
                self._seals[seal.folder] = seal

    async def seals(self, folders: Sequence[VPath]) -> Sequence[bytes | None]:
        found = [self._seals.get(folder) for folder in folders]
        return [
            seal.text if seal and await self._stamp(seal.folder) == seal.stamp else None
            for seal in found
        ]


# Whether it is at the target, in which of the folders, the name of a file, its new bytes.
_Change = tuple[bool, int, str, bytes | None]
_changes: st.SearchStrategy[_Change] = st.tuples(
    st.booleans(),
    st.integers(0, 11),
    st.sampled_from(["a", "b", "A"]),
    _data | st.none(),
)
_PLENTY: list[_Folder] = [
    ([str(number)], {"a": b"1", "b": b"22"}, {}) for number in range(4)
]
_KINDS = ((Disk, Drive), (Drive, Disk))


async def _change(
    fs: MemoryFileSystem, top: str, folders: list[_Folder], change: _Change
) -> None:
    _, number, name, data = change
    if not folders:
        return
    below, *_ = folders[number % len(folders)]
    place = "/".join((top, *below, name))
    with contextlib.suppress(AcdError):
        if data is None:
            await fs.trash(VPath.parse(place))
        else:
            fs.put(place, data)


async def _outcome(
    kinds: tuple[type[Plain], type[Plain]],
    folders: list[_Folder],
    changes: list[_Change],
    *,
    back: bool,
    doubtful_size: int,
) -> tuple[set[tuple[object, ...]], list[object]]:
    """Copy twice, change something, and copy again, perhaps back; what came of that."""
    here, there = kinds[0]("here"), kinds[1]("there")
    _fill(here, "/s", folders)
    _fill(there, "/t", folders)
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(
            Path(folder),
            FakeClock(),
            here,
            there,
            EventBus(),
            {"here": here, "there": there},
        )
        manager = await rig.started()
        request = copy("/s", to="/t", policy=ConflictPolicy.OVERWRITE, contents=True)
        for _ in range(2):
            await run(manager, request)
        for change in changes:
            fs, top = (there, "/t") if change[0] else (here, "/s")
            await _change(fs, top, folders, change)
        if back:
            again = copy("/t", to="/s", source="there", target="here", contents=True)
            request = replace(again, policy=request.policy)
        target = here if back else there
        target.features = replace(target.features, doubtful_size=doubtful_size)
        warned = rig.collect(JobWarned)
        job = await run(manager, request)
        transfers = await manager.transfers(limit=10_000, job=job.id)
        await rig.close()
    rows: set[tuple[object, ...]] = {
        (t.source.path, t.target.path, t.state)
        for t in transfers
        if t.state is not State.SKIPPED
    }
    whole = [job.counts, job.size, job.done, job.problems, job.left_out]
    whole += [[event.message for event in warned]]
    return rows, [*whole, await _tree(here, VPath()), await _tree(there, VPath())]


@given(
    folders=st.lists(_folder, max_size=8),
    changes=st.lists(_changes, max_size=3),
    back=st.booleans(),
    doubtful_size=st.sampled_from([2, 1]),
)
@example(folders=_OTHERS, changes=[], back=False, doubtful_size=2)
@example(folders=_TWINS, changes=[], back=True, doubtful_size=2)
@example(folders=_PLENTY, changes=[], back=False, doubtful_size=1)
@example(folders=_PLENTY, changes=[(False, 1, "a", b"2")], back=False, doubtful_size=2)
@example(folders=_PLENTY, changes=[(True, 1, "a", b"2")], back=False, doubtful_size=2)
@example(folders=_PLENTY, changes=[(True, 2, "a", None)], back=False, doubtful_size=2)
@example(folders=_PLENTY, changes=[(False, 2, "a", None)], back=True, doubtful_size=2)
@example(
    folders=[*_PLENTY, (["x"], {"a": b"1"}, {"b": b"2"})],
    changes=[],
    back=True,
    doubtful_size=2,
)
@settings(max_examples=8, deadline=None)
def test_what_is_remembered_changes_nothing(
    folders: list[_Folder], changes: list[_Change], *, back: bool, doubtful_size: int
) -> None:
    async def all_of_them() -> None:
        outcomes = [
            await _outcome(
                kinds, folders, changes, back=back, doubtful_size=doubtful_size
            )
            for kinds in ((Plain, Plain), *_KINDS)
        ]
        assert outcomes[1] == outcomes[0]
        assert outcomes[2] == outcomes[0]

    asyncio.run(all_of_them())


async def _thrice(rig: Rig, kinds: tuple[type[Watched], type[Watched]]) -> list[Job]:
    """Copy what is there already three times; forget what was surveyed the first time."""
    here, there = kinds[0]("here"), kinds[1]("there")
    rig.here, rig.there = here, there
    rig.filesystems |= {"here": here, "there": there}
    for fs, top in (here, "/s"), (there, "/t"):
        _fill(fs, top, _PLENTY)
        _fill(fs, f"{top}/more", _PLENTY)
    manager = await rig.started()
    request = copy("/s", to="/t", contents=True)
    jobs = [await run(manager, request)]
    assert here.surveyed
    assert there.surveyed
    here.surveyed, there.surveyed = [], []
    return [*jobs, *[await run(manager, request) for _ in range(2)]]


@pytest.mark.parametrize("kinds", _KINDS)
async def test_what_is_remembered_is_not_surveyed_again(
    rig: Rig, kinds: tuple[type[Watched], type[Watched]]
) -> None:
    jobs = await _thrice(rig, kinds)
    for job in jobs:
        assert (job.unlisted, job.counts) == (16, {State.SKIPPED: 16})
        assert (job.size, job.done) == (24, 24)
    for fs in rig.here, rig.there:
        assert isinstance(fs, Watched)
        assert fs.surveyed == []


async def test_another_version_finds_out_for_itself(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _thrice(rig, (Disk, Drive))
    monkeypatch.setattr(sealing, "__version__", "another")
    assert (
        await run(rig.managers[0], copy("/s", to="/t", contents=True))
    ).unlisted == 16
    assert isinstance(rig.here, Disk)
    assert len(rig.here.surveyed) == 10


async def test_what_changes_before_it_is_sealed_is_not_sealed(rig: Rig) -> None:
    class Changing(Drive):
        async def seal(self, seals: Sequence[Seal]) -> None:
            if VPath.parse("/t/2") in {seal.folder for seal in seals}:
                self.put("/t/2/a", b"changed")
            await super().seal(seals)

    first, second, _ = await _thrice(rig, (Disk, Changing))
    assert first.counts == {State.SKIPPED: 16}
    assert second.counts == {State.SKIPPED: 15, State.CONFLICT: 1}


@pytest.mark.parametrize("text", [b"", b"no message", b"\x93"])
async def test_a_text_that_makes_no_sense_says_nothing(rig: Rig, text: bytes) -> None:
    class Odd(Drive):
        async def seals(self, folders: Sequence[VPath]) -> Sequence[bytes | None]:
            return [text] * len(folders)

    assert [job.unlisted for job in await _thrice(rig, (Disk, Odd))] == [16, 16, 16]


async def test_what_cannot_be_sealed_is_passed_over_all_the_same(rig: Rig) -> None:
    class Locked(Drive):
        async def seal(self, seals: Sequence[Seal]) -> None:
            raise Transient("the mirror is locked")

    assert [job.unlisted for job in await _thrice(rig, (Disk, Locked))] == [16, 16, 16]


@pytest.mark.parametrize("kinds", _KINDS)
async def test_what_a_job_copies_is_remembered_when_it_is_over(
    rig: Rig, kinds: tuple[type[Watched], type[Watched]]
) -> None:
    here, there = rig.here, rig.there = kinds[0]("here"), kinds[1]("there")
    rig.filesystems |= {"here": here, "there": there}
    _fill(here, "/s", _PLENTY)
    manager = await rig.started()
    request = copy("/s", to="/t", contents=True)
    assert (await run(manager, request)).counts == {State.DONE: 8}
    here.surveyed, there.surveyed = [], []
    assert (await run(manager, request)).unlisted == 8
    assert here.surveyed == there.surveyed == []


@pytest.mark.parametrize("kinds", _KINDS)
async def test_what_is_there_already_needs_no_runner(
    rig: Rig, kinds: tuple[type[Watched], type[Watched]]
) -> None:
    await _thrice(rig, kinds)
    manager = rig.manager()  # that does not run
    request = copy("/s", to="/t", contents=True)
    job = await manager.job(await manager.enqueue(request, looked=True))
    assert job.finished
    assert job.ended is not None
    assert (job.unlisted, job.done, job.counts) == (16, 24, {State.SKIPPED: 16})


async def test_what_is_not_there_yet_is_left_to_a_runner(rig: Rig) -> None:
    await _thrice(rig, (Disk, Drive))
    rig.here.put("/s/2/new", b"new")
    await rig.managers[0].close()
    manager = rig.manager()
    request = copy("/s", to="/t", contents=True)
    number = await manager.enqueue(request, looked=True)
    assert (await manager.job(number)).planning
    await manager.start(only=number)
    job = await manager.wait(number)
    assert job.counts == {State.DONE: 1, State.SKIPPED: 16}
    assert (await rig.there.stat(VPath.parse("/t/2/new"))).size == 3
