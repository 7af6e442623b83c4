from __future__ import annotations

import pytest

from acd_tui.cli import transfers
from acd_tui.errors import PartlyFailed
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
    shown = transfers._progress(
        mine, queue(running(7, 1024), running(8, 5000), rate=1024.0)
    )
    assert shown == "1/4 files, 2.0 KiB/4.0 KiB, 50 %, 1.0 KiB/s, 2s left"


def test_progress_makes_no_promises_while_it_counts() -> None:
    shown = transfers._progress(job({}, planning=True), queue())
    assert shown == "0/0 files, 0 B/0 B, still counting"
    assert transfers._progress(job({}), queue()) == "0/0 files, 0 B/0 B"


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
        transfers._raise_outcome(ended, error_on_no_transfer=False)
        return
    with pytest.raises(PartlyFailed) as caught:
        transfers._raise_outcome(ended, error_on_no_transfer=False)
    assert caught.value.exit_code == code


def test_nothing_to_transfer_can_be_an_error() -> None:
    with pytest.raises(transfers.NothingTransferred):
        transfers._raise_outcome(job({State.SKIPPED: 3}), error_on_no_transfer=True)
    transfers._raise_outcome(job({State.DONE: 1}), error_on_no_transfer=True)
