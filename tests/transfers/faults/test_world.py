"""What happens around a copy: servers that go away, disks, folders, files, clocks."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from msgspec.structs import replace

from acd_tui.api import wire
from acd_tui.errors import Unreachable
from acd_tui.session.core import Session
from acd_tui.transfers.model import (
    ConflictPolicy,
    CopyOptions,
    CopyRequest,
    Job,
    JobWarned,
    State,
    Transfer,
    TransferFinished,
)
from acd_tui.vfs.capabilities import Mirrored
from acd_tui.vfs.path import VPath
from tests.disks import small_disk
from tests.server_process import FaultFile, running_server
from tests.transfers.faults.ledger import (
    check_disk,
    check_job,
    check_remote,
    check_words,
    md5,
)
from tests.transfers.faults.plain import new_user
from tests.transfers.faults.world import (
    World,
    everything,
    make_tree,
    until,
    waits,
    write_tree,
)

pytestmark = pytest.mark.socket

FILES = 9


class Case:
    """A tree that is copied up to `Sent`, or down from `Kept`."""

    def __init__(self, world: World, way: str, tree: dict[str, bytes]) -> None:
        self.world, self.way, self.tree = world, way, tree
        self.disk = world.folder / ("from" if way == "up" else "to")
        self.folder = "Sent" if way == "up" else "Kept"
        if way == "up":
            write_tree(self.disk, tree)
        else:
            world.drive.put_tree("Kept", tree)

    @property
    def request(self) -> CopyRequest:
        return (self.world.up if self.way == "up" else self.world.down)(self.disk)

    def check(self, job: Job, transfers: list[Transfer], **how: Any) -> None:
        check_job(job, transfers, files=len(self.tree), **how)
        self.check_target(transfers)

    def check_target(self, transfers: list[Transfer]) -> None:
        if self.way == "up":
            check_remote(self.world.drive, transfers, self.tree, folder="Sent")
        else:
            check_disk(self.disk, transfers, self.tree)

    async def again(self) -> None:
        """Copy once more, with nothing in the way: then all is there."""
        self.world.faults.clear()
        job, transfers = await self.world.run(self.request)
        mine = [transfer for transfer in transfers if transfer.job == job.id]
        self.check(job, mine)


@pytest.fixture(params=["up", "down"])
def case(world: World, request: pytest.FixtureRequest) -> Case:
    return Case(world, request.param, make_tree(3, FILES))


def at_first_end(session: Session, act: Callable[[], object]) -> None:
    """Do something as soon as the first file has arrived."""
    done = False

    def finished(_: TransferFinished) -> None:
        nonlocal done
        if not done:
            done = True
            act()

    session._stack.enter_context(session.bus.subscribed(TransferFinished, finished))


async def test_a_second_run_looks_closer_where_something_changed(case: Case) -> None:
    drive, disk = case.world.drive, case.disk

    async def copied() -> tuple[int, set[str]]:
        job, transfers = await case.world.run(case.request)
        mine = [each for each in transfers if each.job == job.id]
        case.check(job, mine)
        assert sum(job.counts.values()) == FILES
        done = {each.source.path.name for each in mine if each.state is State.DONE}
        return job.unlisted, done

    assert await copied() == (0, {Path(path).name for path in case.tree})
    assert await copied() == (FILES, set())
    # Another content, but the same size and time; something gone; another case.
    changed, gone, renamed = sorted(case.tree)[1:4]  # and part 2 stays as it was
    case.tree[changed] = bytes(len(case.tree[changed]))
    ids = {path: found[0].id for path, found in drive.files().items()}
    place = f"{case.folder}/{changed}".lower()
    if case.way == "up":
        before = (disk / changed).stat()
        (disk / changed).write_bytes(case.tree[changed])
        os.utime(disk / changed, ns=(before.st_atime_ns, before.st_mtime_ns))
        drive.trash(ids[f"sent/{gone}".lower()])
        drive.rename(ids[f"sent/{renamed}".lower()], Path(renamed).name.upper())
    else:
        drive.overwrite(ids[place], case.tree[changed])
        (disk / gone).unlink()
        before = (disk / renamed).stat()
        (disk / renamed).write_bytes(bytes(before.st_size))
        os.utime(disk / renamed, ns=(before.st_atime_ns, before.st_mtime_ns))
    wanted = {Path(changed).name, Path(gone).name}
    if case.way == "down":
        wanted.add(Path(renamed).name)
    unlisted, done = await copied()
    assert done == wanted
    assert unlisted == FILES // 3
    assert (await copied())[1] == set()


async def test_a_server_that_is_killed_and_comes_back(case: Case) -> None:
    server = case.world.server
    async with case.world.session() as session:
        at_first_end(session, server.kill)
        await session.transfers.start()
        number = await session.transfers.enqueue(case.request)
        away = await until(session.transfers, waits)
        check_words(away.reason)
        assert "cannot reach" in (away.reason or ""), away.reason
        server.start()
        job = await session.transfers.wait(number)
        case.check(job, await everything(session.transfers))


async def test_a_server_that_is_gone_while_the_sign_in_is_renewed(case: Case) -> None:
    server, world = case.world.server, case.world
    async with world.session() as session:

        def kill() -> None:
            server.kill()
            world.clock.ahead += 4000.0  # the token runs out just now

        at_first_end(session, kill)
        await session.transfers.start()
        number = await session.transfers.enqueue(case.request)
        away = await until(session.transfers, waits)
        assert "cannot reach" in (away.reason or ""), away.reason
        tried = {away.wake}
        while len(tried) < 8:  # more often than a failure is forgiven
            tried.add((await until(session.transfers, waits)).wake)
        assert State.FAILED not in session.transfers.snapshot().counts
        server.start()
        job = await session.transfers.wait(number)
        case.check(job, await everything(session.transfers))


async def test_no_name_resolution(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    real = aiohttp.TCPConnector._resolve_host
    gone = False

    async def resolve(self: aiohttp.TCPConnector, *args: Any, **more: Any) -> Any:
        if gone:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")
        return await real(self, *args, **more)

    monkeypatch.setattr(aiohttp.TCPConnector, "_resolve_host", resolve)
    async with case.world.session() as session:

        def lose() -> None:
            nonlocal gone
            gone = True
            case.world.server.restart()  # no connection outlives that

        at_first_end(session, lose)
        await session.transfers.start()
        number = await session.transfers.enqueue(case.request)
        away = await until(session.transfers, waits)
        assert "no such host name, or no network" in (away.reason or "")
        gone = False
        job = await session.transfers.wait(number)
        case.check(job, await everything(session.transfers))


@pytest.mark.parametrize("when", ["start", "body", "received", "answer", "done"])
async def test_a_connection_that_stalls(
    case: Case, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (case.way, when) == ("down", "body"):
        return  # there is none
    short = httpx.Timeout(connect=2.0, read=1.0, write=1.0, pool=None)
    monkeypatch.setattr(wire, "TIMEOUT", short)
    monkeypatch.setattr(wire, "PATIENT", short)
    rule = {"operation": ["upload", "download"], "each": "name", "first": 1}
    cut = {"bytes": 100} if when in {"body", "answer"} else {}
    case.world.faults.set(rule | {"do": "stall", "when": when} | cut)
    job, transfers = await case.world.run(case.request)
    case.check(job, transfers)


async def test_a_token_that_runs_out(case: Case) -> None:
    case.world.expires_in = 1
    rule = {"operation": ["upload", "download"], "do": "delay", "seconds": 0.3}
    case.world.faults.set(rule)
    job, transfers = await case.world.run(case.request)
    case.check(job, transfers)


@pytest.mark.parametrize("after", [0, 3])
async def test_a_sign_in_that_is_revoked(case: Case, after: int) -> None:
    world = case.world
    async with world.session(configured=True) as session:
        world.faults.set(
            {
                "operation": ["upload", "download"],
                "after": after,
                "do": "answer",
                "error": "token-expired",
            },
            {"operation": "token", "do": "answer", "error": "invalid-grant"},
        )
        await session.transfers.start()
        number = await session.transfers.enqueue(case.request)
        job = await session.transfers.wait(number)
        assert not job.finished
        assert State.FAILED not in job.counts
        waiting = await session.transfers.transfers(states=[State.WAITING])
        for transfer in waiting:
            check_words(transfer.reason)
            assert "sign" in (transfer.reason or "")
            assert transfer.hint == "sign in again"
        world.faults.clear()
        await session.renew_token("drive", world.token())
        while not (job := await session.transfers.wait(number)).finished:
            await asyncio.sleep(0.05)
        case.check(job, await everything(session.transfers))


async def test_a_sign_in_that_is_revoked_before_anything_is_known(case: Case) -> None:
    world = case.world
    async with world.session(configured=True) as session:
        world.faults.set(
            {"path": "/drive/*", "do": "answer", "error": "token-expired"},
            {"path": "/cdproxy/*", "do": "answer", "error": "token-expired"},
            {"operation": "token", "do": "answer", "error": "invalid-grant"},
        )
        await session.transfers.start()
        number = await session.transfers.enqueue(case.request)
        job = await session.transfers.wait(number)
        assert job.planning
        world.faults.clear()
        await session.renew_token("drive", world.token())
        while not (job := await session.transfers.wait(number)).finished:
            await asyncio.sleep(0.05)
        case.check(job, await everything(session.transfers))


async def test_the_disk_to_copy_to_is_full(world: World) -> None:
    with small_disk(world.folder, 1) as disk:
        case = Case(world, "down", make_tree(3, FILES))
        case.disk = disk / "to"
        job, transfers = await world.run(case.request)
        case.check(job, transfers, fails="no room|full")
        assert State.FAILED in job.counts


async def test_the_servers_disk_is_full(tmp_path: Path) -> None:
    tree = make_tree(3, 60, largest=3_000_000)
    with small_disk(tmp_path, 6) as disk:
        faults = FaultFile(tmp_path / "faults.toml")
        with running_server(disk) as server:
            world = World(tmp_path, server, faults, new_user(server, "anna"))
            case = Case(world, "up", tree)
            job, transfers = await world.run(case.request)
            case.check(job, transfers, fails="room|trouble")
            assert State.FAILED in job.counts


async def test_the_disk_of_the_queue_is_full_for_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    case = Case(world, "up", make_tree(3, FILES))
    with small_disk(world.folder, 4) as disk:
        home = world.folder / "elsewhere"
        home.mkdir()
        (home / "state").symlink_to(disk)  # alone: what is cached has room
        monkeypatch.setenv("ACD_TUI_HOME", str(home))
        told: asyncio.Queue[JobWarned] = asyncio.Queue()
        async with world.session() as session:
            fill = functools.partial(fill_up, disk / "filler")
            at_first_end(session, fill)
            with session.bus.subscribed(JobWarned, told.put_nowait):
                await session.transfers.start()
                number = await session.transfers.enqueue(case.request)
                warning = await told.get()
                (disk / "filler").unlink()
                job = await session.transfers.wait(number)
                case.check(job, await everything(session.transfers))
    check_words(warning.message)
    assert f"no room left on the disk of {home}" in warning.message
    assert told.empty()
    assert [record for record in caplog.records if record.exc_info] == []


async def test_the_disk_of_the_mirror_is_full_for_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(world, "up", make_tree(3, FILES))
    with small_disk(world.folder, 4) as disk:
        home = world.folder / "elsewhere"
        home.mkdir()
        (home / "cache").symlink_to(disk)  # alone: the queue has room
        monkeypatch.setenv("ACD_TUI_HOME", str(home))
        async with world.session() as session:
            session.transfers.slots = 1
            at_first_end(session, functools.partial(fill_up, disk / "filler"))
            await session.transfers.start()
            number = await session.transfers.enqueue(case.request)
            waiting = await until(session.transfers, waits)
            drive = await session.filesystem("drive")
            assert isinstance(drive, Mirrored)
            with pytest.raises(Unreachable):
                await drive.refresh()
            full = await drive.mirror_status()
            (disk / "filler").unlink()
            job = await session.transfers.wait(number)
            case.check(job, await everything(session.transfers))
            await drive.refresh()
            assert not (await drive.mirror_status()).disk_full
    assert full.disk_full
    assert f"no room left on the disk of {home}" in (waiting.reason or "")
    assert "make room there" in (waiting.hint or "")


def fill_up(filler: Path) -> None:
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def slow(world: World) -> None:
    world.faults.set(
        {"operation": ["upload", "download"], "do": "slow", "rate": "400K"}
    )


async def under_way(session: Session, least: int = 100_000) -> None:
    while not any(r.done > least for r in session.transfers.snapshot().running):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("how", ["trash", "rename"])
async def test_the_folder_in_the_drive_goes_away(case: Case, how: str) -> None:
    drive, world = case.world.drive, case.world

    def act() -> None:
        if how == "trash":
            drive.trash(drive.id_of(case.folder))
        else:
            drive.rename(drive.id_of(case.folder), "Moved")

    async with world.session() as session:
        at_first_end(session, act)
        await session.transfers.start()
        job = await session.transfers.wait(
            await session.transfers.enqueue(case.request)
        )
        transfers = await everything(session.transfers)
    check_job(job, transfers, files=FILES, fails="there is no|in trash")
    if case.way == "down":
        case.check_target(transfers)
        return
    if how == "trash":
        (item,) = drive.trashed()
        drive.restore(item)
    _check_done(world, transfers, case.tree, "Moved" if how == "rename" else "Sent")
    if how == "rename":
        drive.trash(drive.id_of("Moved"))
    await case.again()


def _check_done(
    world: World, transfers: list[Transfer], tree: dict[str, bytes], name: str
) -> None:
    """What is said to be done is there, in the folder whatever its name is."""
    there = world.drive.files()
    for transfer in transfers:
        path = str(transfer.target.path).removeprefix("/Sent/")
        if transfer.state is State.DONE:
            found = [
                f.md5
                for at in {name, "Sent"}
                for f in there.get(f"{at}/{path}".lower(), [])
            ]
            assert found == [md5(tree[path])], path


async def test_the_folder_on_the_disk_goes_away(world: World) -> None:
    case = Case(world, "down", make_tree(3, FILES))
    async with world.session() as session:
        at_first_end(session, lambda: shutil.rmtree(case.disk))
        await session.transfers.start()
        job = await session.transfers.wait(
            await session.transfers.enqueue(case.request)
        )
        transfers = await everything(session.transfers)
    check_job(job, transfers, files=FILES, fails="there is no")
    await case.again()


async def test_a_folder_that_a_link_takes_the_place_of(world: World) -> None:
    """What is below the folder that was named is not written to where links lead."""
    tree = {f"sub/{name}": name.encode() * 700_000 for name in "abc"}
    case = Case(world, "down", tree | {"sub/small": b"new"})
    elsewhere = world.folder / "elsewhere"
    write_tree(elsewhere, {"a": b"precious", "small": b"precious"})
    slow(world)
    async with world.session() as session:
        session.transfers.limits.set_here(1, None)
        await session.transfers.start()
        number = await session.transfers.enqueue(case.request)
        await under_way(session)
        (case.disk / "sub").rename(world.folder / "away")
        (case.disk / "sub").symlink_to(elsewhere)
        world.faults.clear()
        job = await session.transfers.wait(number)
        transfers = await everything(session.transfers)
    words = "there is no|a symbolic link has taken the place of the folder"
    check_job(job, transfers, files=4, fails=words)
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == {
        "a": b"precious",
        "small": b"precious",
    }
    (case.disk / "sub").unlink()
    await case.again()


@pytest.mark.parametrize("how", ["grow", "other", "cut", "remove", "folder"])
async def test_a_file_of_the_disk_changes_while_it_is_read(
    world: World, how: str
) -> None:
    tree = {"a.bin": b"a" * 700_000, "b.bin": b"b"}
    case = Case(world, "up", tree)
    victim = case.disk / "a.bin"
    slow(world)
    async with world.session() as session:
        await session.transfers.start()
        number = await session.transfers.enqueue(case.request)
        await under_way(session)
        _change(victim, how)
        world.faults.clear()
        job = await session.transfers.wait(number)
        transfers = await everything(session.transfers)
    if how in {"remove", "folder"}:
        check_job(job, transfers, files=2, fails="there is no|no file any more")
        assert job.counts == {State.DONE: 1, State.FAILED: 1}
    else:
        tree["a.bin"] = victim.read_bytes()
        check_job(job, transfers, files=2)
    check_remote(world.drive, transfers, tree, folder="Sent")


def _change(victim: Path, how: str) -> None:
    if how == "grow":
        with victim.open("ab") as file:
            file.write(b"more")
    elif how == "other":
        victim.write_bytes(b"c" * 700_000)
    elif how == "cut":
        victim.write_bytes(b"short")
    else:
        victim.unlink()
        if how == "folder":
            victim.mkdir()


@pytest.mark.parametrize("how", ["other", "trash", "rename"])
async def test_a_file_of_the_drive_changes_while_it_is_read(
    world: World, how: str
) -> None:
    tree = {"a.bin": b"a" * 700_000, "b.bin": b"b"}
    world.drive.put_tree("Kept", tree)
    (victim,) = world.drive.files()["kept/a.bin"]
    target = world.folder / "to"
    slow(world)
    async with world.session() as session:
        await session.transfers.start()
        number = await session.transfers.enqueue(world.down(target))
        await under_way(session)
        if how == "other":
            world.drive.overwrite(victim.id, b"c" * 700_000)
        elif how == "rename":
            world.drive.rename(victim.id, "c.bin")
        else:
            world.drive.trash(victim.id)
        world.faults.clear()
        job = await session.transfers.wait(number)
        transfers = await everything(session.transfers)
    check_job(job, transfers, files=2, fails="there is no")
    if how == "other" and (target / "a.bin").read_bytes() != tree["a.bin"]:
        tree["a.bin"] = b"c" * 700_000  # of two whole contents, the one or the other
    check_disk(target, transfers, tree)


@pytest.mark.parametrize("jump", [-1e6, 1e6])
async def test_a_clock_that_is_set_during_a_pause(case: Case, jump: float) -> None:
    world = case.world
    rule = {"operation": ["upload", "download"], "each": "name", "first": 1}
    reset, flip = {"do": "reset", "when": "start"}, {"do": "flip", "byte": 0}
    world.faults.set(rule | (reset if case.way == "up" else flip))
    async with world.session() as session:
        await session.transfers.start()
        number = await session.transfers.enqueue(case.request)
        await until(session.transfers, lambda t: t.state is State.WAITING)
        world.clock.ahead += jump
        job = await session.transfers.wait(number)
        case.check(job, await everything(session.transfers))


@pytest.mark.parametrize("jump", [-1e6, 1e6])
@pytest.mark.parametrize("seconds", [None, 1.0])
async def test_a_clock_that_is_set_while_a_sent_file_is_not_shown(
    world: World, jump: float, seconds: float | None
) -> None:
    case = Case(world, "up", {"a.bin": b"a" * 9_000, "b.bin": b"b"})
    late = {"operation": "upload", "each": "name", "first": 1, "do": "late"}
    at = {} if seconds is None else {"seconds": seconds}
    world.faults.set(late | {"error": "504-empty"} | at)
    async with world.session() as session:
        await session.transfers.start()
        number = await session.transfers.enqueue(case.request)
        sent = await until(session.transfers, lambda t: t.state is State.WAITING)
        assert "does not show it yet" in (sent.reason or "")
        world.clock.ahead += jump
        job = await session.transfers.wait(number)
        case.check(job, await everything(session.transfers))


async def test_a_time_that_cannot_be_kept_is_kept_later(world: World) -> None:
    """Overwriting sends the content first and its time then."""
    tree = {"file": b"new content"}
    source = world.folder / "from"
    write_tree(source, {"file": b"newer than the old"})
    world.drive.put_tree("Sent", {"file": b"old"})
    async with world.session() as session:
        await session.transfers.start()
        # The service takes such times from this application: what it refuses then, it
        # refuses for another reason.
        await session.transfers.wait(await session.transfers.enqueue(world.up(source)))
        await session.transfers.clear_finished()
        (source / "file").write_bytes(tree["file"])
        os.utime(source / "file", ns=(1, 1_500_000_000_123_456_789))
        world.faults.set(
            {"operation": "put_property", "do": "answer", "error": "not-registered"}
        )
        number = await session.transfers.enqueue(world.up(source))
        await session.transfers.wait(number)
        (failed,) = await everything(session.transfers)
        assert failed.state is State.FAILED
        world.faults.clear()
        await session.transfers.retry(None)
        await session.transfers.wait(number)
        (done,) = await everything(session.transfers)
        assert done.state is State.DONE
        kept = await (await session.filesystem("drive")).stat(VPath.parse("/Sent/file"))
        assert kept.modified_ns == 1_500_000_000_123_456_789
    check_remote(world.drive, [done], tree, folder="Sent")


async def test_what_a_plan_puts_beside_another_file_is_tried_again(
    world: World,
) -> None:
    tree = {"file": b"new"}
    source = world.folder / "from"
    write_tree(source, tree)
    world.drive.put_tree("Sent", {"file": b"old"})
    rule = {"operation": "upload", "each": "name", "first": 2, "do": "wrong-md5"}
    world.faults.set(rule)
    request = replace(
        world.up(source, policy=ConflictPolicy.RENAME),
        options=CopyOptions(planned=True),
    )
    at = VPath.parse("/Sent/file")
    async with world.session() as session:
        await session.transfers.start()
        shown = await (await session.filesystem("drive")).stat(at)
        number = await session.transfers.enqueue(request, plan={at: shown})
        job = await session.transfers.wait(number)
        assert job.counts == {State.DONE: 1}, await everything(session.transfers)
    there = {path: found[0].md5 for path, found in world.drive.files().items()}
    assert there == {"sent/file": md5(b"old"), "sent/file (2)": md5(b"new")}


@pytest.mark.parametrize("claimed", [{}, {"name": "file"}, {"md5": md5(b"new")}])
@pytest.mark.parametrize("over", [False, True])
async def test_an_answer_that_names_a_strangers_file(
    world: World, claimed: dict[str, str], over: bool
) -> None:
    """That one stays, and what is said to be done is there under its own name."""
    tree = {"file": b"new"}
    source = world.folder / "from"
    write_tree(source, tree)
    before = {"stranger": b"precious"} | ({"file": b"old"} if over else {})
    world.drive.put_tree("Sent", before)
    found = {path: there[0].id for path, there in world.drive.files().items()}
    node = world.drive.node(found["sent/stranger"])
    content = node["contentProperties"] | claimed | {"size": 3}
    world.faults.set(
        {
            "operation": ["upload", "overwrite"],
            "do": "answer",
            "when": "done",
            "status": 201,
            "type": "application/json",
            "body": json.dumps(node | claimed | {"contentProperties": content}),
            "first": 2,
        }
    )
    job, _ = await world.run(world.up(source))
    assert job.counts == {State.DONE: 1}
    there = {path: at[0] for path, at in world.drive.files().items()}
    assert there["sent/stranger"].id == found["sent/stranger"]
    assert there["sent/stranger"].md5 == md5(b"precious")
    assert there["sent/file"].md5 == md5(b"new")
    if over:
        assert there["sent/file"].id == found["sent/file"]
