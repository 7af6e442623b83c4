"""Uploads that break off and are gone on with, over the wire and over kills."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from acd_tui.server import admin, partials
from acd_tui.server.check import check
from tests.server.conftest import Clocked, Drive, new_drive
from tests.server_process import running_server

pytestmark = pytest.mark.socket

KEYS = {
    "expectedBytes",
    "started",
    "nodeId",
    "expectedMd5",
    "contentLink",
    "uploadState",
    "receivedBytes",
}
MIB = 1024 * 1024


def head_of(metadata: dict[str, Any]) -> bytes:
    return (
        '--*****\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n'
        f"{json.dumps(metadata)}\r\n"
        '--*****\r\nContent-Disposition: form-data; name="content"; filename="f"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()


def form_of(local_id: str, data: bytes, length: int, metadata: dict[str, Any]) -> bytes:
    given = {
        "name": local_id,
        "kind": "FILE",
        "size": str(len(data)),
        "md5": hashlib.md5(data).hexdigest(),
    } | metadata
    given = {key: value for key, value in given.items() if value is not None}
    return head_of(given) + data[:length]


@contextlib.contextmanager
def under_way(
    drive: Drive, local_id: str, data: bytes, length: int, **metadata: Any
) -> Iterator[dict[str, Any]]:
    """An upload of which so many bytes (a MiB at least) are sent; it breaks at the end."""
    body = form_of(local_id, data, length, metadata)
    host, port = drive.c.split("/")[2].split(":")
    head = (
        f"POST /cdproxy/nodes?localId={quote(local_id)} HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: {drive.client.headers['authorization']}\r\n"
        "Content-Type: multipart/form-data;boundary=*****\r\n"
        f"Content-Length: {len(body) - length + len(data) + 13}\r\n\r\n"
    ).encode()
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head + body)
        yield awaited(drive, local_id)


def awaited(drive: Drive, local_id: str) -> dict[str, Any]:
    """How far an upload is, as soon as something of it can be gone on with."""
    while True:
        said = drive.call("GET", f"{drive.c}resume", params={"localId": local_id})
        if said.status_code == 200:
            found: dict[str, Any] = said.json()
            return found
        assert said.status_code == 204, said.text
        time.sleep(0.01)


def break_off(
    drive: Drive, local_id: str, data: bytes, length: int, **metadata: Any
) -> dict[str, Any]:
    """Send a form that ends too early; how far it came."""
    cut = drive.client.post(
        f"{drive.c}nodes",
        params={"localId": local_id, "suppress": "deduplication"},
        content=form_of(local_id, data, length, metadata),
        headers={"Content-Type": "multipart/form-data;boundary=*****"},
    )
    assert cut.status_code == 400, cut.text
    assert cut.json()["message"] == "Cannot read from request."
    return awaited(drive, local_id)


def go_on(
    drive: Drive, progress: dict[str, Any], data: bytes, start: int | None = None
) -> httpx.Response:
    start = progress["receivedBytes"] if start is None else start
    place = f"bytes {start}-{len(data) - 1}/{len(data)}"
    return drive.client.put(
        progress["contentLink"], content=data[start:], headers={"Content-Range": place}
    )


def test_it_goes_on_where_it_broke_off(drive: Drive) -> None:
    data = os.urandom(3 * MIB + 5)
    folder = drive.folder("d")
    assert drive.call("GET", f"{drive.c}resume?localId=a").status_code == 204

    progress = break_off(
        drive, "a", data, 2 * MIB + 77, name="big.txt", parents=[folder]
    )

    assert set(progress) == KEYS
    assert progress["expectedBytes"] == len(data)
    assert progress["expectedMd5"] == hashlib.md5(data).hexdigest()
    assert progress["uploadState"] == "IN_PROGRESS"
    assert progress["receivedBytes"] == 2 * MIB + 77
    node = progress["nodeId"]
    assert progress["contentLink"] == f"{drive.c}nodes/{node}/content"
    assert drive.names(f"parents:{folder}") == []
    drive.refused(404, "GET", f"nodes/{node}")
    assert drive.content(node).status_code == 404
    by_node = drive.ok("GET", f"{drive.c}resume?nodeId={node}")
    assert by_node == progress
    assert not any(one.get("id") == node for one in _changed(drive))

    done = go_on(drive, progress, data)

    assert done.status_code == 201, done.text
    made = done.json()
    assert (made["id"], made["name"], made["parents"]) == (node, "big.txt", [folder])
    assert made["contentProperties"]["md5"] == hashlib.md5(data).hexdigest()
    assert made["contentProperties"]["contentType"] == "text/plain"
    assert drive.content(node).content == data
    for asked in ("localId=a", f"nodeId={node}"):
        whole = drive.ok("GET", f"{drive.c}resume?{asked}")
        assert set(whole) == KEYS
        assert whole["uploadState"] == "COMPLETED"
        assert whole["receivedBytes"] == whole["expectedBytes"] == len(data)
    again = go_on(drive, progress, data)
    assert (again.status_code, again.json()["info"]) == (409, {"nodeId": node})
    with admin.opened(drive.server.directory) as storage:
        assert check(storage).problems == []


def _changed(drive: Drive) -> list[dict[str, Any]]:
    return [node for line in drive.changes() for node in line.get("nodes", ())]


def test_a_connection_that_breaks(drive: Drive) -> None:
    data = os.urandom(8 * MIB)
    with under_way(drive, "a", data, 5 * MIB):
        busy = drive.ok("GET", f"{drive.c}resume?localId=a")
        refused = go_on(drive, busy, b"x" * len(data))
        assert refused.status_code == 429
        assert "back off" in refused.json()["message"]
        second = drive.send("b", data[: 2 * MIB], query="?localId=a", size=2 * MIB)
        assert (second.status_code, second.json()["info"]["nodeId"]) == (
            409,
            busy["nodeId"],
        )
    # The server notices when it notices.
    while True:
        progress = awaited(drive, "a")
        assert MIB <= progress["receivedBytes"] <= 5 * MIB
        done = go_on(drive, progress, data)
        if done.status_code == 201:
            break
        assert done.status_code in {416, 429}, done.text
    assert drive.content(progress["nodeId"]).content == data


def test_the_last_byte_is_wanted_again_if_the_end_was_not_seen(drive: Drive) -> None:
    data = b"0123456789"

    progress = break_off(drive, "a", data, 10)

    assert progress["receivedBytes"] == 9
    assert drive.names() == ["/"]
    assert go_on(drive, progress, data).status_code == 201
    assert drive.content(progress["nodeId"]).content == data


@pytest.mark.parametrize(
    ("length", "md5", "size"),
    [(0, None, 10), (5, None, None), (5, None, 0)],
    ids=["nothing came", "no size", "size 0"],
)
def test_what_leaves_nothing_to_go_on_with(
    drive: Drive, length: int, md5: str | None, size: int | None
) -> None:
    body = form_of("a", b"0123456789", length, {"md5": md5, "size": size})
    headers = {"Content-Type": "multipart/form-data; boundary=*****"}
    cut = drive.client.post(f"{drive.c}nodes?localId=a", content=body, headers=headers)
    assert cut.status_code == 400
    said = drive.call("GET", f"{drive.c}resume?localId=a")
    assert (said.status_code, said.content) == (204, b"")


def test_in_pieces(drive: Drive) -> None:
    # A carriage return at the end would be kept back: a form's next line might follow.
    data = os.urandom(1000).replace(b"\r", b"\n")
    progress = break_off(drive, "a", data, 100)
    link = progress["contentLink"]

    part = drive.client.put(
        link, content=data[100:600], headers={"Content-Range": "bytes 100-599/1000"}
    )

    assert part.status_code == 200, part.text
    assert part.json()["receivedBytes"] == 600
    assert drive.names() == ["/"]
    done = drive.client.put(
        link,
        content=iter([data[600:700], data[700:]]),
        headers={"Content-Range": "bytes 600-999/1000"},
    )
    assert done.status_code == 201
    assert drive.content(progress["nodeId"]).content == data


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("bytes 6-9/10", 416),
        ("bytes 4-9/10", 416),
        ("bytes 5-9/11", 400),
        ("bytes 5-10/10", 400),
        ("bytes 9-5/10", 400),
        ("bytes 5-9/*", 400),
        ("bytes */10", 400),
        ("lines 5-9/10", 400),
        ("bytes 5-9999999999999999999999/10", 400),
        ("", 400),
    ],
)
def test_a_wrong_place(drive: Drive, place: str, status: int) -> None:
    data = b"0123456789"
    progress = break_off(drive, "a", data, 5)

    refused = drive.client.put(
        progress["contentLink"],
        content=iter([data[5:]]),
        headers={"Content-Range": place},
    )

    assert refused.status_code == status, refused.text
    if status == 416:
        assert refused.json()["info"]["receivedBytes"] == 5
        assert refused.headers["content-range"] == "bytes */10"
    # It spoiled nothing.
    assert drive.ok("GET", f"{drive.c}resume?localId=a") == progress
    assert go_on(drive, progress, data).status_code == 201


def test_more_bytes_than_said(drive: Drive) -> None:
    data = b"0123456789"
    progress = break_off(drive, "a", data, 5)

    refused = drive.client.put(
        progress["contentLink"],
        content=iter([b"56", b"789xxx"]),
        headers={"Content-Range": "bytes 5-9/10"},
    )

    assert refused.status_code == 400
    progress = drive.ok("GET", f"{drive.c}resume?localId=a")
    assert 5 <= progress["receivedBytes"] <= 9
    assert go_on(drive, progress, data).status_code == 201
    assert drive.content(progress["nodeId"]).content == data


def test_a_wrong_md5_is_refused_and_nothing_is_kept(drive: Drive) -> None:
    data = b"0123456789"
    progress = break_off(drive, "a", data, 5)

    refused = go_on(drive, progress, b"01234xxxxx")

    assert refused.status_code == 400
    assert refused.json()["code"] == "Md5MismatchError"
    assert drive.names() == ["/"]
    assert drive.call("GET", f"{drive.c}resume?localId=a").status_code == 204
    assert drive.file("a", data, query="?localId=a")
    with admin.opened(drive.server.directory) as storage:
        assert check(storage).problems == []


@pytest.mark.parametrize("size", [9, 11, "9", "11"])
def test_a_wrong_size_is_refused(drive: Drive, size: object) -> None:
    refused = drive.send("f", b"0123456789", query="?localId=a", size=size)

    assert refused.status_code == 400
    assert drive.names() == ["/"]
    assert drive.call("GET", f"{drive.c}resume?localId=a").status_code == 204


def test_far_too_much_is_refused(drive: Drive) -> None:
    body = head_of({"name": "f", "kind": "FILE", "size": MIB}) + bytes(5 * MIB)
    refused = drive.client.post(
        f"{drive.c}nodes?localId=a",
        content=body,
        headers={"Content-Type": "multipart/form-data; boundary=*****"},
    )

    assert refused.status_code == 400
    assert refused.json()["code"] == "FileSizeMismatch"  # not that it was cut short
    assert drive.names() == ["/"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("size", "x"),
        ("size", -1),
        ("size", 1.5),
        ("size", True),
        ("md5", 5),
        ("md5", "x"),
    ],
)
def test_what_makes_no_sense(drive: Drive, key: str, value: Any) -> None:
    more: dict[str, Any] = {key: value}
    assert drive.send("f", b"x", **more).status_code == 400
    assert drive.names() == ["/"]


def test_nobody_else_can_go_on(drive: Drive, other: Drive) -> None:
    data = b"0123456789"
    progress = break_off(drive, "a", data, 5)
    node = progress["nodeId"]
    name = f"app-{drive.user}"
    admin.add_client(drive.server.directory, name, ["http://127.0.0.1/"], owner=name)
    token = drive.server.token(user=drive.user, client_id=name)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(headers=headers) as client:
        app = Drive(client, drive.server, drive.user)
        for stranger in (other, app):
            assert stranger.call("GET", f"{drive.c}resume?localId=a").status_code == 204
            stranger.refused(404, "GET", f"{drive.c}resume?nodeId={node}")
            assert go_on(stranger, progress, data).status_code == 404
        used = app.send("b", b"x", query="?localId=a")
        assert (used.status_code, used.json()["info"]) == (409, {"nodeId": node})
    assert other.file("b", b"x", query="?localId=a")  # users do not share them
    for question in ("", "?localId=", "?localId=a&nodeId=b", f"?localId={'x' * 101}"):
        assert drive.call("GET", f"{drive.c}resume{question}").status_code == 400
    drive.refused(404, "GET", f"{drive.c}resume?nodeId={'A' * 22}")
    drive.refused(404, "GET", f"{drive.c}resume?nodeId={drive.folder('d')}")
    assert go_on(drive, progress, data).status_code == 201


def test_two_at_once_do_not_mix(drive: Drive) -> None:
    data = os.urandom(4 * MIB)
    progress = break_off(drive, "a", data, MIB)
    let_go = threading.Event()

    def slowly() -> Iterator[bytes]:
        yield data[MIB : 3 * MIB]
        assert let_go.wait(60)
        yield data[3 * MIB :]

    answers: list[httpx.Response] = []

    def first() -> None:
        place = f"bytes {MIB}-{len(data) - 1}/{len(data)}"
        headers = dict(drive.client.headers) | {"Content-Range": place}
        link = progress["contentLink"]
        answers.append(httpx.put(link, content=slowly(), headers=headers, timeout=60))

    worker = threading.Thread(target=first)
    worker.start()
    try:
        while awaited(drive, "a")["receivedBytes"] == MIB:
            time.sleep(0.01)
        second = go_on(drive, progress, b"x" * len(data))
        assert second.status_code == 429
        anew = drive.send("b", b"y" * (2 * MIB), query="?localId=a", size=2 * MIB)
        assert anew.status_code == 409
    finally:
        let_go.set()
        worker.join()
    assert answers[0].status_code == 201, answers[0].text
    assert drive.content(progress["nodeId"]).content == data


def test_a_new_attempt_takes_the_place_of_the_old_one(drive: Drive) -> None:
    data = os.urandom(2 * MIB)
    old = break_off(drive, "a", data, 10)

    new = break_off(drive, "a", data, MIB + 10)

    assert new["nodeId"] == old["nodeId"]
    assert new["receivedBytes"] == MIB + 10
    whole = drive.send("a", data, query="?localId=a", size=len(data))
    assert whole.status_code == 201
    assert whole.json()["id"] == old["nodeId"]
    assert go_on(drive, new, data).status_code == 409


def test_a_name_that_was_taken_meanwhile(drive: Drive) -> None:
    data = b"0123456789"
    progress = break_off(drive, "a", data, 5, name="f")
    taken = drive.file("F", b"x")

    refused = go_on(drive, progress, data)

    assert refused.status_code == 409
    assert refused.json()["info"] == {"nodeId": taken}
    assert drive.call("GET", f"{drive.c}resume?localId=a").status_code == 204


def test_it_counts_against_the_quota(tmp_path: Path) -> None:
    with running_server(tmp_path, ["--quota", "3M"]) as server:
        drive = new_drive(server)
        with drive.client:
            data = os.urandom(2 * MIB)
            progress = break_off(drive, "a", data, 10)
            assert drive.ok("GET", "account/quota")["available"] == MIB
            assert drive.send("b", bytes(MIB + 1)).status_code == 403
            assert go_on(drive, progress, data).status_code == 201
            assert drive.ok("GET", "account/quota")["available"] == MIB
            refused = drive.send("c", bytes(2 * MIB), query="?localId=c", size=2 * MIB)
            assert refused.status_code == 403
            assert drive.file("d", b"x")
            assert drive.call("GET", f"{drive.c}resume?localId=c").status_code == 204


def test_it_outlives_a_kill(tmp_path: Path) -> None:
    data = os.urandom(8 * MIB)
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            asked = f"{drive.c}resume?localId=a"
            with under_way(drive, "a", data, 5 * MIB):
                before = drive.ok("GET", asked)
                server.kill()
            with admin.opened(server.directory) as storage:
                assert check(storage).problems == []
            server.start()
            progress = drive.ok("GET", asked)
            assert before["receivedBytes"] <= progress["receivedBytes"] <= 5 * MIB
            assert progress["nodeId"] == before["nodeId"]
            assert drive.names() == ["/"]
            assert go_on(drive, progress, data).status_code == 201
            assert drive.content(progress["nodeId"]).content == data
            with admin.opened(server.directory) as storage:
                report = check(storage)
            assert (report.problems, report.notes) == ([], [])
    assert not list((server.directory / "content" / "partial").iterdir())


def test_the_start_clears_away_what_no_upload_knows(tmp_path: Path) -> None:
    data = b"0123456789"
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            progress = break_off(drive, "a", data, 5)
            server.stop()
            folder = server.directory / "content" / "partial"
            (known,) = folder.iterdir()
            (folder / ("0" * 32)).write_bytes(b"of nobody")
            # A kill after the file got its final name, before its node was committed.
            linked = server.directory / "content" / known.name[:2] / known.name
            linked.hardlink_to(known)
            server.start()
            assert list(folder.iterdir()) == [known]
            assert not linked.exists()
            assert go_on(drive, progress, data).status_code == 201
            gone = break_off(drive, "b", data, 5)
            (left,) = folder.iterdir()
            left.unlink()
            asked = f"{drive.c}resume?localId=b"
            assert drive.call("GET", asked).status_code == 204
            assert go_on(drive, gone, data).status_code == 404
            with admin.opened(server.directory) as storage:
                assert check(storage).problems == []
            assert drive.file("b", data, query="?suppress=deduplication&localId=b")


async def test_after_a_week_it_is_given_up(clocked: Clocked) -> None:
    storage = clocked.storage
    headers = {"Content-Type": "multipart/form-data; boundary=*****"}
    for name in "ab":
        body = head_of({"name": name, "kind": "FILE", "size": 10}) + b"01234"
        cut = await clocked.client.post(
            f"/cdproxy/nodes?localId={name}", content=body, headers=headers
        )
        assert cut.status_code == 400
    folder = storage.content.directory / "partial"
    clocked.clock.advance(6 * 86400)
    asked = (await clocked.client.get("/cdproxy/resume?localId=b")).json()
    await clocked.client.put(
        asked["contentLink"], content=b"5", headers={"Content-Range": "bytes 5-5/10"}
    )
    (folder / ("0" * 32)).write_bytes(b"of nobody")

    clocked.clock.advance(86400 + 1)
    await asyncio.to_thread(partials.tidy, storage.db, storage.content, storage.now())

    assert len(list(folder.iterdir())) == 1
    asked_a = await clocked.client.get("/cdproxy/resume?localId=a")
    assert asked_a.status_code == 204
    asked_b = await clocked.client.get("/cdproxy/resume?localId=b")
    assert asked_b.json()["receivedBytes"] == 6
