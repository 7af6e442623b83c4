"""Small contents: in the index first, in files a moment later, and never in neither."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import random
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest

from acd_tui.db import Database
from acd_tui.server import admin, disk, repair, small
from acd_tui.server.check import check
from acd_tui.server.disk import ContentFolder
from acd_tui.server.storage import Storage
from tests.fakes import FakeClock
from tests.server.conftest import Clocked, Drive, new_drive, until
from tests.server.pictures import jpeg
from tests.server_process import ServerProcess, running_server

DATA = os.urandom(5000)


def post(data: bytes, name: str = "f") -> dict[str, Any]:
    metadata = f'{{"name": "{name}", "kind": "FILE"}}'
    return {"files": [("metadata", (None, metadata)), ("content", (name, data))]}


async def added(clocked: Clocked, data: bytes, name: str = "f") -> str:
    url = "/cdproxy/nodes?suppress=deduplication"
    response = await clocked.client.post(url, **post(data, name))
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def content(clocked: Clocked, node: str) -> bytes:
    response = await clocked.client.get(f"/cdproxy/nodes/{node}/content")
    assert response.status_code == 200
    return response.content


def rows(storage: Storage) -> int:
    return storage.db.read_now(
        lambda db: int(db.execute("SELECT count(*) FROM small").fetchone()[0])
    )


def names(storage: Storage) -> list[str]:
    """All that lies in the folder of contents."""
    found = storage.content.directory.rglob("*")
    return sorted(path.name for path in found if path.is_file())


def all_is_well(storage: Storage, contents: int) -> None:
    assert check(storage).problems == []
    assert rows(storage) == 0
    assert len(names(storage)) == contents


# --- on their way -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "has_row"), [(0, True), (small.LARGEST, True), (small.LARGEST + 1, False)]
)
async def test_only_small_ones_go_into_the_index(
    clocked: Clocked, size: int, *, has_row: bool
) -> None:
    data = os.urandom(size)
    node = await added(clocked, data)
    assert rows(clocked.storage) == has_row
    assert len(names(clocked.storage)) == (not has_row)
    assert await content(clocked, node) == data
    clocked.storage.settler.settle_for(60)
    assert await content(clocked, node) == data
    all_is_well(clocked.storage, 1)


async def test_they_are_read_alike_in_the_index_and_in_a_file(clocked: Clocked) -> None:
    node = await added(clocked, DATA)
    client, path = clocked.client, f"/cdproxy/nodes/{node}/content"
    link = (await client.get(f"/drive/v1/nodes/{node}?tempLink=true")).json()
    told = []
    for _ in range(2):
        answers = [
            await client.get(path, headers=headers)
            for headers in (
                {},
                {"Range": "bytes=10-19"},
                {"Range": "bytes=-7"},
                {"Range": "bytes=4990-9999"},
                {"Range": "bytes=5000-"},
            )
        ]
        answers += [await client.head(path), await client.get(link["tempLink"])]
        others = {"date", "x-amzn-requestid"}
        told.append(
            [
                (
                    one.status_code,
                    {k: v for k, v in one.headers.items() if k not in others},
                    one.content,
                )
                for one in answers
            ]
        )
        clocked.storage.settler.settle_for(60)
        assert rows(clocked.storage) == 0
    assert told[0] == told[1]
    assert [one[0] for one in told[0]] == [200, 206, 206, 206, 416, 200, 200]
    assert told[0][1][2] == DATA[10:20]


async def test_an_archive_and_a_smaller_picture_are_made_of_them(
    clocked: Clocked,
) -> None:
    data = jpeg(60, 40)
    picture, other = await added(clocked, data, "p.jpg"), await added(clocked, DATA)
    nodes = {"nodeIds": [picture, other]}
    made = await clocked.client.post("/drive/v1/batchLink", json=nodes)
    packed = await clocked.client.get(made.json()["links"]["content"])
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.read("f") == DATA
        assert archive.read("p.jpg") == data
    path = f"/cdproxy/nodes/{picture}/content?viewBox=20"
    assert (await clocked.client.get(path)).headers["content-type"] == "image/jpeg"


async def test_what_is_overwritten_or_purged_is_nowhere(clocked: Clocked) -> None:
    overwritten, purged = await added(clocked, DATA), await added(clocked, b"b", "g")
    path = f"/cdproxy/nodes/{overwritten}/content"
    for data in (b"new", os.urandom(small.LARGEST + 1), b"newest"):
        files = [("content", ("f", data))]
        assert (await clocked.client.put(path, files=files)).status_code == 200
        assert await content(clocked, overwritten) == data
    await clocked.client.put(f"/drive/v1/trash/{purged}")
    clocked.clock.advance(31 * 86400)
    assert await clocked.storage.purge_expired() == 1
    assert rows(clocked.storage) == 1
    await clocked.storage.collect()
    clocked.storage.settler.settle_for(60)
    all_is_well(clocked.storage, 1)
    assert await content(clocked, overwritten) == b"newest"


async def test_a_refused_one_leaves_nothing(clocked: Clocked) -> None:
    await added(clocked, DATA)
    again = await clocked.client.post("/cdproxy/nodes", **post(DATA, "other"))
    assert again.status_code == 409
    assert rows(clocked.storage) == 1


async def test_where_too_many_wait_a_file_is_made_at_once(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small, "MOST_WAITING", 3)
    monkeypatch.setattr(small, "_LOOK_AGAIN_SECONDS", 3600.0)
    for number in range(6):
        await added(clocked, bytes([number]) * 100, str(number))
    # One more went to see whether there is room again.
    assert rows(clocked.storage) == 4
    assert len(names(clocked.storage)) == 2
    clocked.storage.settler.settle_for(60)
    monkeypatch.setattr(clocked.storage.small, "_look_at", 0.0)
    for number in range(6, 8):
        await added(clocked, bytes([number]) * 100, str(number))
    assert rows(clocked.storage) == 2
    clocked.storage.settler.settle_for(60)
    all_is_well(clocked.storage, 8)


async def test_they_get_no_files_while_others_are_kept_waiting(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, node = clocked.storage, await added(clocked, DATA)
    busy = 5
    rests = list[int]()

    class Resting(FakeClock):
        async def sleep(self, seconds: float) -> None:
            rests.append(rows(storage))
            if len(rests) <= busy:
                renamed = {"name": f"name {len(rests)}"}
                await clocked.client.patch(f"/drive/v1/nodes/{node}", json=renamed)

    monkeypatch.setattr("acd_tui.server.settling._LOOK_SECONDS", 0.01)
    keeping = asyncio.create_task(storage.settler.keep_on(Resting()))
    while await storage.db.read(small.waiting):
        await asyncio.sleep(0.01)
    keeping.cancel()
    await asyncio.wait({keeping})
    assert len(rests) > busy  # on a slow machine those others take another rest
    assert set(rests) == {1}
    all_is_well(storage, 1)


# --- whatever happens meanwhile -----------------------------------------------------


class Killed(BaseException):
    """The process is no more."""


_STEPS = {
    "open": (os, "open", 2),
    "write": (disk, "_write_all", 2),
    "fsync": (os, "fsync", 2),
    "link": (os, "link", 2),
    "folder": (disk, "sync_folder", 0),
    "commit": (Database, "write_now", 0),
    "unlink": (disk, "_unlink", 6),
}
"""What is called on the way, and how often before one is killed at it, at most."""


@pytest.mark.parametrize(
    ("step", "calls"),
    [(name, calls) for name, (*_, most) in _STEPS.items() for calls in range(most + 1)],
)
async def test_killed_at_any_step(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch, step: str, calls: int
) -> None:
    storage = clocked.storage
    nodes = {await added(clocked, bytes([n]) * 3000, str(n)): n for n in range(3)}
    owner, name, _ = _STEPS[step]
    call, left = getattr(owner, name), iter(range(calls))

    def killing(*arguments: Any, **more: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return call(*arguments, **more)

    async def all_are_there() -> None:
        for node, number in nodes.items():
            assert await content(clocked, node) == bytes([number]) * 3000

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killing)
        with pytest.raises(Killed):
            storage.settler.settle_some()
    await all_are_there()
    assert check(storage).problems == []
    await storage.sweep()  # as the next start does
    await all_are_there()
    storage.settler.settle_for(60)
    await all_are_there()
    all_is_well(storage, 3)


@pytest.mark.parametrize("collected", [False, True])
async def test_purged_and_overwritten_while_it_gets_its_file(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch, *, collected: bool
) -> None:
    storage = clocked.storage
    gone, changed = await added(clocked, DATA), await added(clocked, b"old", "g")
    put = ContentFolder.put

    def changing(db: sqlite3.Connection) -> None:
        """As another request does in that moment."""
        db.execute(
            "INSERT INTO garbage SELECT content FROM nodes WHERE id = ?", (gone,)
        )
        db.execute("UPDATE nodes SET content = NULL WHERE id = ?", (gone,))
        (num,) = db.execute("SELECT num FROM nodes WHERE id = ?", (changed,)).fetchone()
        db.execute(
            "INSERT INTO garbage SELECT content FROM nodes WHERE num = ?", (num,)
        )
        db.execute("UPDATE nodes SET content = ? WHERE num = ?", ("ab" * 16, num))
        db.execute(
            "INSERT INTO small (node, content, bytes) VALUES (?, ?, ?)",
            (num, "ab" * 16, b"new"),
        )

    def slow(folder: ContentFolder, contents: Any) -> None:
        storage.db.write_now(changing)
        if collected:
            listed = [content for content, _ in contents]
            folder.remove(listed)
            storage.db.write_now(lambda db: db.execute("DELETE FROM garbage").rowcount)
        put(folder, contents)

    with monkeypatch.context() as patched:
        patched.setattr(ContentFolder, "put", slow)
        assert len(storage.settler.settle_some()) == 2
    assert names(storage) == []  # neither of the old ones
    assert rows(storage) == 1
    assert await content(clocked, changed) == b"new"


async def test_where_no_file_can_be_made_they_stay(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, node = clocked.storage, await added(clocked, DATA)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("acd_tui.server.disk._write_all", full)
        with pytest.raises(OSError, match="No space"):
            storage.settler.settle_some()
        storage.settler.settle_for(60)  # it gives up at once, and says so in the log
    assert names(storage) == []
    assert await content(clocked, node) == DATA
    storage.settler.settle_for(60)
    all_is_well(storage, 1)


async def test_what_lies_under_its_name_is_not_taken_for_it(clocked: Clocked) -> None:
    storage, node = clocked.storage, await added(clocked, DATA)
    (name,) = storage.db.read_now(
        lambda db: db.execute("SELECT content FROM small").fetchone()
    )
    storage.content.path(name).write_bytes(b"cut of")
    assert await content(clocked, node) == DATA
    assert check(storage).problems == []
    storage.settler.settle_for(60)
    all_is_well(storage, 1)
    assert storage.content.path(name).read_bytes() == DATA


# --- with the real server -----------------------------------------------------------


def waiting(server: ServerProcess) -> int:
    with admin.examined(server.directory) as storage:
        return rows(storage)


@pytest.mark.socket
@pytest.mark.parametrize("workers", [1, 2])
def test_they_get_their_files_by_themselves(tmp_path: Path, workers: int) -> None:
    with running_server(tmp_path, ["--workers", str(workers)]) as server:
        drive = new_drive(server)
        with drive.client:
            nodes = [drive.file(str(n), bytes([n]) * 5000) for n in range(70)]
            until(lambda: waiting(server) == 0)
            files = (server.directory / "content").glob("[0-9a-f][0-9a-f]/*")
            assert len(list(files)) == 70
            for number, node in enumerate(nodes):
                assert drive.content(node).content == bytes([number]) * 5000


@pytest.mark.socket
def test_they_have_files_when_it_ends_and_get_them_after_a_kill(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            for number in range(30):
                drive.file(str(number), bytes([number]) * 5000)
            server.stop()
            assert waiting(server) == 0
            server.start()
            _killed_with_some_waiting(server, drive)
            server.start()
            until(lambda: waiting(server) == 0)
            server.stop()
    with admin.examined(server.directory) as storage:
        assert check(storage).problems == []
        assert len(names(storage)) > 30


def _killed_with_some_waiting(server: ServerProcess, drive: Drive) -> None:
    for number in range(100, 400):
        drive.file(str(number), bytes([number % 256]) * 5000)
        if random.Random(number).random() < 0.1:
            server.kill()
            if waiting(server):
                return
            server.start()
    pytest.fail("none was ever waiting")


# --- broken by an outside hand ------------------------------------------------------


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A directory with contents of which none has a file."""
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            _killed_with_some_waiting(server, drive)
    return server.directory


def by_hand(directory: Path, statement: str) -> None:
    connection = sqlite3.connect(directory / "index.sqlite", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    assert connection.execute(statement).rowcount == 1
    connection.close()


@pytest.mark.socket
@pytest.mark.parametrize(
    ("statement", "problem", "done"),
    [
        ("UPDATE small SET bytes = x'00' WHERE num = {}", "has 1 bytes", "(damaged)"),
        (
            "UPDATE small SET bytes = zeroblob(5000) WHERE num = {}",
            "does not have its MD5",
            "(damaged)",
        ),
        ("DELETE FROM small WHERE num = {}", "is missing", "is gone"),
        (
            "UPDATE small SET node = 1000000 WHERE num = {}",
            "belongs to no node",
            "was with no node",
        ),
    ],
)
def test_it_is_seen_and_mended(
    broken: Path, statement: str, problem: str, done: str
) -> None:
    connection = sqlite3.connect(broken / "index.sqlite")
    (num,) = connection.execute("SELECT max(num) FROM small").fetchone()
    connection.close()
    with admin.examined(broken) as storage:
        assert check(storage).problems == []
    by_hand(broken, statement.format(num))
    with admin.examined(broken) as storage:
        problems = check(storage).problems
    assert any(problem in said for said in problems), problems
    report = repair.repair(broken)
    assert report.problems == []
    assert any(done in said for said in report.repaired), report.repaired
    with admin.examined(broken) as storage:
        assert rows(storage) == 0
