"""Nodes as JSON, kept ready by the database, and the feed that is made of it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from acd_tui.server import admin, histories, wire
from acd_tui.server.answers import Answers
from acd_tui.server.routes import changes
from acd_tui.server.storage import Storage
from tests.fakes import FakeClock
from tests.server.conftest import Clocked, Drive
from tests.server_process import PASSWORD

_STALE = "SELECT count(*) FROM nodes n JOIN rendered r USING (num) WHERE n.json IS NOT r.json"


@pytest.mark.parametrize(
    "name",
    [
        'quotes " and \\ backslashes',
        "line\nend, tab\t, bell\x07, delete\x7f, \u2028",
        "percent %s %d %06x",
        "é, e\u0301, 😀, \ufeff",
        "x" * 280,
    ],
)
def test_names_and_descriptions_come_back_as_they_were(drive: Drive, name: str) -> None:
    body = {"name": name, "kind": "FOLDER", "description": name + "\x00"}
    made = drive.ok("POST", "nodes", 201, json=body)

    assert made["name"] == name
    assert made["description"] == name + "\x00"
    assert drive.node(made["id"]) == made
    assert made in drive.find(f"parents:{drive.root}")
    (line, _) = drive.changes()
    assert made in line["nodes"]


def test_every_answer_shows_the_same_node(drive: Drive) -> None:
    file = drive.file("a.TXT", b"data", labels=["one", 'two "2"'])
    drive.ok("PUT", f"nodes/{file}/properties/someone/key", 201, json={"value": '"v"'})
    drive.ok("PATCH", f"nodes/{file}", json={"name": "b.TXT"})
    node = drive.node(file)

    assert node["properties"] == {"someone": {"key": '"v"'}}
    assert node["contentProperties"]["extension"] == "txt"
    assert node["eTagResponse"] == file[:5] + f"{node['version']:06x}"
    assert drive.find('name:"b.TXT"') == [node]
    only = drive.ok("GET", f"nodes/{file}", params={"fields": '["name","properties"]'})
    assert only == {key: node[key] for key in ("id", "name", "properties")}
    linked = drive.ok("GET", f"nodes/{file}", params={"tempLink": "true"})
    assert drive.client.get(linked.pop("tempLink")).content == b"data"
    assert linked == node


def test_the_entity_tag_is_one_of_eleven_characters_and_the_same_everywhere(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as storage:

        def work(db: sqlite3.Connection) -> None:
            db.execute("UPDATE nodes SET version = 16777216 + 255")
            row = wire.NodeRow._make(db.execute(wire.SELECT_NODES).fetchone())
            tag = json.loads(row.json + "}")["eTagResponse"]
            assert tag == wire.etag(row) == row.id[:5] + "0000ff"

        storage.db.write_now(work)


@pytest.mark.parametrize("moment", [-1, -(10**15), 10**16, 253402300799999, 0])
def test_no_clock_is_mad_enough_to_break_the_list(tmp_path: Path, moment: int) -> None:
    with opened(tmp_path) as storage:

        def work(db: sqlite3.Connection) -> dict[str, Any]:
            db.execute("UPDATE nodes SET created = ?, modified = ?", (moment, moment))
            (text,) = db.execute("SELECT json FROM nodes").fetchone()
            return dict(json.loads(text + "}"))

        node = storage.db.write_now(work)
        assert len(node["createdDate"]) == len("2015-01-01T00:00:00.000Z")


def test_a_drive_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    directory = tmp_path / "drive"
    directory.mkdir()
    first = (files("acd_tui.server") / "schema" / "01-drive.sql").read_text("utf-8")
    with closing(sqlite3.connect(directory / "index.sqlite")) as db:
        db.executescript(first)
        db.executescript(
            "INSERT INTO users VALUES (1, 'owner', 'owner', 'A1', 'x', 'root', 2, 4);"
            "INSERT INTO nodes (num, id, user, kind, name, name_key, status, version,"
            " created, modified, created_by, labels, parents, changed) VALUES"
            " (1, 'root', 1, 'FOLDER', NULL, NULL, 'AVAILABLE', 1, 0, 0, 'c', '[]', '[]', 1),"
            " (2, 'some', 1, 'FOLDER', 'Some', 'some', 'AVAILABLE', 3, 1500, 2500, 'c',"
            " '[]', '[\"root\"]', 2);"
            "INSERT INTO edges VALUES (1, 2, 'some', 1); PRAGMA user_version = 1;"
            "INSERT INTO settings VALUES ('epoch', x'010203040506');"
        )

    with opened(tmp_path) as storage:
        rows = storage.db.read_now(
            lambda db: db.execute("SELECT json FROM nodes ORDER BY num").fetchall()
        )
        root, some = (json.loads(text + "}") for (text,) in rows)
        known = histories.checkpoint(bytes([1, 2, 3, 4, 5, 6]), 2)
        place = storage.db.read_now(lambda db: histories.place_of(db, 1, known))

    assert root["isRoot"] is True
    assert some["name"] == "Some"
    assert some["ownerId"] == "A1"
    assert some["createdDate"] == "1970-01-01T00:00:01.500Z"
    assert some["parents"] == ["root"]
    assert place == 2  # what clients know of it they need not be told again


def test_nothing_that_is_done_leaves_a_stale_node_behind(drive: Drive) -> None:
    folder, other = drive.folder("one"), drive.folder("two")
    file = drive.file("f.txt", b"data", folder)
    drive.ok("PATCH", f"nodes/{file}", json={"name": "g", "labels": ["l"]})
    drive.ok("PUT", f"nodes/{other}/children/{file}")
    drive.ok("PUT", f"trash/{folder}")
    drive.ok("PUT", f"trash/{other}")
    drive.ok("POST", f"trash/{other}/restore")

    with closing(sqlite3.connect(drive.server.directory / "index.sqlite")) as db:
        assert db.execute(_STALE).fetchone() == (0,)
    assert drive.node(file)["status"] == "AVAILABLE"


async def test_the_feed_keeps_its_connection_alive_while_it_has_nothing_to_say(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_QUIET_SECONDS", 0.02)
    entered, release = threading.Semaphore(0), threading.Event()

    def occupied(_: sqlite3.Connection) -> None:
        entered.release()
        release.wait(30)

    async def blocked() -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(clocked.storage.db.read(occupied)) for _ in "12"]
        for _ in tasks:
            await asyncio.to_thread(entered.acquire)
        return tasks

    # The head of the answer goes out before the first node is looked for.
    real = changes._step

    async def step(*arguments: Any, **options: Any) -> Any:
        tasks = await blocked()
        try:
            return await real(*arguments, **options)
        finally:
            await asyncio.gather(*tasks)

    monkeypatch.setattr(changes, "_step", step)
    received = b""
    async with clocked.client.stream("POST", "/drive/v1/changes", content=b"{}") as got:
        async for piece in got.aiter_raw():
            received += piece
            if received == b"\n\n":
                release.set()
    assert received.startswith(b"\n\n")
    lines = [json.loads(line) for line in received.splitlines() if line]
    assert lines[0]["nodes"][0]["isRoot"] is True
    assert lines[-1] == {"end": True}


@contextmanager
def opened(tmp_path: Path) -> Iterator[Storage]:
    directory = tmp_path / "drive"
    if not directory.exists():
        admin.initialise(directory, password=PASSWORD)
    storage = Storage(directory)
    storage.open()
    try:
        yield storage
    finally:
        storage.close()


def test_a_list_that_was_sent_a_moment_ago_shows_every_change(drive: Drive) -> None:
    folder = drive.folder("d")
    one = drive.file("one", b"1", folder)
    listed = f"parents:{folder}"
    assert drive.names(listed) == drive.names(listed) == ["one"]
    two = drive.file("two", b"2", folder)
    assert drive.names(listed) == ["one", "two"]
    drive.ok("PUT", f"nodes/{one}/properties/someone/key", 201, json={"value": "v"})
    assert drive.find(listed)[0]["properties"] == {"someone": {"key": "v"}}
    drive.ok("PATCH", f"nodes/{one}", json={"name": "uno"})
    assert drive.names(listed) == ["two", "uno"]
    drive.ok("PUT", f"trash/{two}")
    assert drive.names(listed) == ["uno"]
    drive.ok("POST", f"trash/{two}/restore")
    assert drive.names(listed) == ["two", "uno"]


def test_a_list_that_was_sent_is_nobody_elses(drive: Drive, other: Drive) -> None:
    drive.folder("mine")
    assert drive.names("kind:FOLDER") == ["/", "mine"]
    assert other.names("kind:FOLDER") == ["/"]
    for drive_ in (drive, other):
        drive_.folder("both")
    assert other.names("kind:FOLDER") == ["/", "both"]


async def test_a_list_from_memory_has_a_token_with_life_in_it(clocked: Clocked) -> None:
    for name in "ab":
        body = {"name": name, "kind": "FOLDER"}
        await clocked.client.post("/drive/v1/nodes", json=body)

    async def first_page() -> str:
        answer = await clocked.client.get("/drive/v1/nodes", params={"limit": 1})
        return str(answer.json()["nextToken"])

    token = await first_page()
    assert await first_page() == token
    clocked.clock.advance(90)
    assert await first_page() != token


def test_what_is_kept_of_answers_is_bounded() -> None:
    clock = FakeClock(auto=False)
    answers = Answers(clock)
    for number in range(200):
        answers.put(number, 1, bytes(400_000))
    kept = [number for number in range(200) if answers.get(number) is not None]
    assert kept == list(range(200 - len(kept), 200))
    assert 60 < len(kept) < 84
    answers.put("too large", 1, bytes(600_000))
    assert answers.get("too large") is None
    clock.advance(61)
    assert answers.get(199) is None
