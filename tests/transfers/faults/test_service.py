"""The service goes wrong in every way it ever did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from acd_tui.transfers.model import Job, State, Transfer
from tests.transfers.faults.ledger import (
    check_disk,
    check_job,
    check_remote,
    check_source,
)
from tests.transfers.faults.world import World, make_tree, write_tree

pytestmark = pytest.mark.socket

FILES = 9
PUTS = ["upload", "overwrite"]


@dataclass(frozen=True)
class Row:
    """One way in which things go wrong.

    Attributes:
        name: of the row.
        rules: for the fault file.
        fails: what reasons of failures have to match; None if all has to arrive.
        may_fail: likewise, where it is a matter of luck.
        ways: up, over (the same with older files in the way), down.
        options: of the remote.
    """

    name: str
    rules: tuple[dict[str, Any], ...]
    fails: str | None = None
    may_fail: str | None = None
    ways: tuple[str, ...] = ("up", "over", "down")
    options: tuple[tuple[str, str], ...] = ()


def once(operation: str | list[str], **what: Any) -> dict[str, Any]:
    """The first request for each file goes wrong."""
    return {"operation": operation, "each": "name", "first": 1} | what


def twice(operation: str | list[str], **what: Any) -> dict[str, Any]:
    return once(operation, **what) | {"first": 2}


def answer(error: str, **what: Any) -> dict[str, Any]:
    return {"do": "answer", "error": error} | what


def late(error: str, seconds: float | None) -> dict[str, Any]:
    at = {} if seconds is None else {"seconds": seconds}
    return once(PUTS, do="late", error=error, **at)


UP = ("up", "over")
_BUSY = r"fewer requests \(429\)"
ROWS = [
    Row("429-storm", (answer("rate-exceeded", probability=0.4),), may_fail=_BUSY),
    Row(
        "429-retry-after",
        (answer("429-empty", probability=0.4, retry_after=2),),
        may_fail=_BUSY,
    ),
    Row("429-then-well", (answer("back-off", first=9),)),
    *(
        Row(
            f"{error}-storm",
            (answer(error, probability=0.3),),
            # What is sent again and again into a 504 is looked for, not sent on top.
            may_fail=r"is in trouble \(50\d\)|the service has not shown it in time",
        )
        for error in ("internal-failure", "502-html", "503-empty", "504-html")
    ),
    *(
        Row(
            f"{error}-each-{when}",
            (twice([*PUTS, "download"]) | answer(error, when=when),),
        )
        for error in ("500-empty", "503-html")
        for when in ("start", "received", "done")
    ),
    Row(
        "sporadic-403",
        (answer("credential", probability=0.3),),
        may_fail="failed to read the request",
    ),
    *(
        Row(f"broken-multipart-{error}", (twice(PUTS) | answer(error),), ways=UP)
        for error in ("cannot-read", "not-received", "broken-multipart")
    ),
    *(
        Row(f"reset-{when}", (twice([*PUTS, "download"], do="reset", when=when),))
        for when in ("start", "received", "done")
    ),
    Row(
        "reset-in-the-body",
        (twice(PUTS, do="reset", when="body", bytes=3_000),),
        ways=UP,
    ),
    Row(
        "reset-in-the-answer",
        (twice([*PUTS, "download"], do="reset", when="answer", bytes=20),),
    ),
    Row(
        "reset-anywhere",
        ({"do": "reset", "when": "done", "probability": 0.15},),
        may_fail="lost .*reset",
    ),
    Row("truncated", (twice("download", do="truncate", bytes=4_000),), ways=("down",)),
    Row(
        "truncated-lists",
        ({"do": "truncate", "bytes": 60, "probability": 0.3},),
        may_fail="lost .*broke off",
    ),
    Row("flipped-byte", (twice("download", do="flip", byte=0),), ways=("down",)),
    Row(
        "flipped-always",
        ({"operation": "download", "name": "*-0003*", "do": "flip", "byte": 9},),
        fails="not what was sent",
        ways=("down",),
    ),
    Row("wrong-md5", (twice(PUTS, do="wrong-md5"),), ways=UP),
    Row(
        "wrong-md5-always",
        ({"operation": PUTS, "name": "*-0003*", "do": "wrong-md5"},),
        fails="not what was sent|MD5",
        ways=("up",),
    ),
    Row("pending", ({"operation": PUTS, "do": "pending"},), ways=UP),
    *(
        Row(f"late-{error}-{seconds}", (late(error, seconds),), ways=UP)
        for error in ("504-empty", "408-empty")
        for seconds in (0.03, 0.3)
    ),
    Row("late-after-patience", (late("504-empty", 1.5),), ways=UP),
    Row("never", (late("504-empty", None),), ways=UP),
    Row(
        "never-without-patience",
        (late("504-empty", None),),
        ways=UP,
        options=(("upload_wait_per_gb", "0s"),),
    ),
    Row(
        "late-without-patience",
        (late("504-empty", 0.2),),
        ways=UP,
        options=(("upload_wait_per_gb", "0s"),),
    ),
    Row(
        "stale-lists",
        (
            {
                "operation": ["list_nodes", "list_children"],
                "do": "stale",
                "fresh": 1,
                "strays": 1,
            },
        ),
        ways=UP,
    ),
    Row(
        "changes-cut",
        ({"operation": "changes", "do": "changes", "cut": 1, "first": 3},),
    ),
    Row(
        "over-quota",
        (answer("over-quota", operation=PUTS, after=3),),
        fails="no room",
        ways=UP,
    ),
    Row(
        "denied",
        (answer("not-registered", operation=[*PUTS, "download"], name="*-0002*"),),
        fails="does not allow|not",
    ),
    Row(
        "banned",
        (answer("rate-exceeded", operation=[*PUTS, "download"], name="*-0002*"),),
        fails=r"fewer requests \(429\)",
    ),
    Row(
        "no-auth-sporadic",
        (
            answer(
                "no-auth",
                operation=[*PUTS, "download"],
                each="name",
                first=1,
                probability=0.5,
            ),
        ),
    ),
]
CASES = [
    pytest.param(
        row,
        way,
        id=f"{row.name}-{way}",
        marks=[] if way == row.ways[number % len(row.ways)] else pytest.mark.long,
    )
    for number, row in enumerate(ROWS)
    for way in row.ways
]
"""Each row in each of its ways with `-m long`; in turn in one of them without."""


@pytest.mark.parametrize(("row", "way"), CASES)
async def test_all_arrives_or_is_named(
    world: World, row: Row, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    tree = make_tree(1, FILES)
    world.options = dict(row.options)
    await {"up": _up, "over": _over, "down": _down}[way](world, row, tree)
    assert [r for r in caplog.records if r.exc_info] == []


async def _up(world: World, row: Row, tree: dict[str, bytes]) -> None:
    await _send(world, row, tree, {})


async def _over(world: World, row: Row, tree: dict[str, bytes]) -> None:
    old = {path: b"old" + data for path, data in make_tree(2, FILES).items()}
    world.drive.put_tree("Sent", old)
    ids = {path: found[0].id for path, found in world.drive.files().items()}
    await _send(world, row, tree, old)
    assert {path: found[0].id for path, found in world.drive.files().items()} == ids


async def _send(
    world: World, row: Row, tree: dict[str, bytes], before: dict[str, bytes]
) -> None:
    source = world.folder / "from"
    write_tree(source, tree)
    world.faults.set(*row.rules, seed=1)
    job, transfers = await world.run(world.up(source))
    world.faults.clear()
    check_remote(world.drive, transfers, tree, folder="Sent", before=before)
    _check_failures(row, job, transfers)
    if row.may_fail or row.fails:
        job, transfers = await world.run(world.up(source))
        transfers = _of(job, transfers)
        check_job(job, transfers, files=FILES)
        check_remote(world.drive, transfers, tree, folder="Sent")
    check_source(source, tree)


def _of(job: Job, transfers: list[Transfer]) -> list[Transfer]:
    """Those of one job: an earlier one may not have found all of its files."""
    return [one for one in transfers if one.job == job.id]


def _check_failures(row: Row, job: Job, transfers: list[Transfer]) -> None:
    check_job(job, transfers, files=FILES, fails=row.fails or row.may_fail)
    if row.fails:
        assert State.FAILED in job.counts


async def _down(world: World, row: Row, tree: dict[str, bytes]) -> None:
    world.drive.put_tree("Kept", tree)
    target = world.folder / "to"
    write_tree(target, before := {"part 0/file-0000.bin": b"old"})
    world.faults.set(*row.rules, seed=1)
    job, transfers = await world.run(world.down(target))
    world.faults.clear()
    check_disk(target, transfers, tree, before=before)
    _check_failures(row, job, transfers)
    if row.may_fail or row.fails:
        job, transfers = await world.run(world.down(target))
        transfers = _of(job, transfers)
        check_job(job, transfers, files=FILES)
        check_disk(target, transfers, tree)
    check_remote(world.drive, [], tree, folder="Kept", before=tree)
