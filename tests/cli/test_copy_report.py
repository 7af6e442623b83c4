from __future__ import annotations

import pytest
from msgspec.structs import replace

from acd_tui.cli import carrying
from acd_tui.cli.stalls import soonest, wait_of
from acd_tui.errors import PartlyFailed, Transient, Unreachable
from acd_tui.transfers.model import (
    CopyRequest,
    Job,
    Place,
    QueueSnapshot,
    Running,
    State,
    Transfer,
)
from acd_tui.vfs.path import VPath
from tests.fakes import FakeClock

REQUEST = CopyRequest(
    source="local", paths=(VPath(("a",)),), target="d", folder=VPath()
)


def job(
    counts: dict[State, int],
    *,
    size: int = 0,
    done: int = 0,
    planning: bool = False,
    problems: tuple[str, ...] = (),
    exhausted: int = 0,
) -> Job:
    return Job(
        id=7,
        request=REQUEST,
        created=0,
        planning=planning,
        problems=problems,
        counts=counts,
        size=size,
        done=done,
        exhausted=exhausted,
    )


def queue(*running: Running, rate: float = 0.0) -> QueueSnapshot:
    return QueueSnapshot(
        counts={},
        size=0,
        done=0,
        rate=rate,
        left=None,
        running=running,
        planning=0,
        paused=False,
        here=True,
        revision=1,
    )


def running(number: int, done: int) -> Running:
    place = Place("local", VPath(("a",)))
    transfer = Transfer(
        id=1, job=number, source=place, target=place, size=100, state=State.RUNNING
    )
    return Running(transfer=transfer, done=done, rate=1, left=None)


def test_progress_counts_what_is_under_way_of_this_job_only() -> None:
    mine = job({State.DONE: 1, State.RUNNING: 1, State.QUEUED: 2}, size=4096, done=1024)
    shown = carrying.progress_line(
        mine, queue(running(7, 1024), running(8, 5000), rate=1024.0)
    )
    assert shown == "1/4 files, 2.0 KiB/4.0 KiB, 50 %, 1.0 KiB/s, 2s left"


def test_progress_makes_no_promises_while_it_counts() -> None:
    shown = carrying.progress_line(job({}, planning=True), queue())
    assert shown == "0/0 files, 0 B/0 B, still counting"
    assert carrying.progress_line(job({}), queue()) == "0/0 files, 0 B/0 B"


@pytest.mark.parametrize(
    ("counts", "problems", "code"),
    [
        ({State.DONE: 2, State.SKIPPED: 1}, (), None),
        ({}, (), None),
        ({State.DONE: 2, State.FAILED: 1}, (), 6),
        ({State.CANCELLED: 1}, (), 6),
        ({State.DONE: 1, State.CONFLICT: 1}, (), 6),
        ({State.DONE: 1}, ("a pipe",), 6),
    ],
)
def test_the_exit_code_says_what_became_of_it(
    counts: dict[State, int], problems: tuple[str, ...], code: int | None
) -> None:
    ended = job(counts, problems=problems)
    if code is None:
        carrying.raise_outcome(ended, error_on_no_transfer=False)
        return
    with pytest.raises(PartlyFailed) as caught:
        carrying.raise_outcome(ended, error_on_no_transfer=False)
    assert caught.value.exit_code == code


def test_what_may_all_work_later_is_a_passing_trouble() -> None:
    with pytest.raises(Transient):
        carrying.raise_outcome(
            job({State.DONE: 1, State.FAILED: 2}, exhausted=2),
            error_on_no_transfer=False,
        )
    for other in (
        job({State.FAILED: 2}, exhausted=1),
        job({State.FAILED: 1, State.CANCELLED: 1}, exhausted=1),
        job({State.FAILED: 1}, exhausted=1, problems=("a pipe",)),
    ):
        with pytest.raises(PartlyFailed):
            carrying.raise_outcome(other, error_on_no_transfer=False)


def test_nothing_to_transfer_can_be_an_error() -> None:
    with pytest.raises(carrying.NothingTransferred):
        carrying.raise_outcome(job({State.SKIPPED: 3}), error_on_no_transfer=True)
    carrying.raise_outcome(job({State.DONE: 1}), error_on_no_transfer=True)


class AwayQueue:
    """A queue in which one transfer waits for a filesystem that is away."""

    def __init__(self) -> None:
        self.looks = 0

    async def job(self, number: int) -> Job:
        return job({State.WAITING: 1, State.DONE: 2})

    def snapshot(self) -> QueueSnapshot:
        return queue()

    async def transfers(self, **_: object) -> list[Transfer]:
        self.looks += 1
        place = Place("local", VPath(("a",)))
        return [
            Transfer(
                id=1,
                job=7,
                source=place,
                target=place,
                size=1,
                state=State.WAITING,
                reason="cannot reach photos",
                waits_for="photos" if self.looks > 3 else None,
            )
        ]


class NoPauses:
    async def any(self) -> bool:
        return False


class AwaySession:
    def __init__(self) -> None:
        self.transfers = AwayQueue()
        self.clock = FakeClock()


async def test_patience_with_a_side_that_is_away_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(carrying, "_LOOK_SECONDS", 0.001)
    monkeypatch.setattr(carrying, "_PATIENCE", 0.002)
    session = AwaySession()
    run = carrying.Run(session, progress=False, verbose=False)  # type: ignore[arg-type] # a part of it

    with pytest.raises(Transient, match="cannot reach photos") as caught:
        await run._lose_patience(7, NoPauses())  # type: ignore[arg-type] # a part of it

    assert caught.value.exit_code == 5
    assert "1 file left in the queue" in (caught.value.hint or "")
    assert session.transfers.looks >= 4  # not before it waited for a side
    assert capsys.readouterr().err == "waiting: cannot reach photos\n"  # once


class LaterQueue(AwayQueue):
    """A queue in which all that is left waits for as long as the service wants."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.again = [clock.now() + 3600, clock.now() + 1800]

    async def job(self, number: int) -> Job:
        return job({State.WAITING: 2, State.DONE: 2})

    async def transfers(self, **_: object) -> list[Transfer]:
        (one,) = await super().transfers()
        if self.looks == 3:
            raise Unreachable("enough")
        reason = "the service is in trouble (503)"
        return [replace(one, reason=reason, wake=wake) for wake in self.again]


async def test_who_waits_for_long_is_told_until_when(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(carrying, "_LOOK_SECONDS", 0.001)
    session = AwaySession()
    session.transfers = LaterQueue(session.clock)
    run = carrying.Run(session, progress=False, verbose=False)  # type: ignore[arg-type] # a part of it

    with pytest.raises(Unreachable, match="enough"):
        await run._lose_patience(7, NoPauses())  # type: ignore[arg-type] # a part of it

    said = "waiting: the service is in trouble (503); again in 30m 00s\n"
    assert capsys.readouterr().err == said  # once


def test_what_waits_says_when_it_goes_on() -> None:
    place = Place("local", VPath(("a",)))
    one = Transfer(
        id=1, job=7, source=place, target=place, size=1, state=State.WAITING, wake=90.0
    )
    assert wait_of(one, 15.0) == "again in 1m 15s"
    assert wait_of(replace(one, reason="no network"), 90.0) == "no network; again now"
    failed = replace(one, reason="no network", state=State.FAILED)
    assert wait_of(failed, 15.0) == "no network"
    assert soonest([one], 60.0) is None
    assert soonest([one], 59.0) == one
    assert soonest([one, replace(one, wake=None)], 15.0) is None
