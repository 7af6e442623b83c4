"""Uploads over the wire, with all their oddities."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from acd_tui.asgi import listen
from tests.server.conftest import Clocked, Drive, new_drive
from tests.server_process import running_server

pytestmark = pytest.mark.socket


def form(
    metadata: object, data: bytes, *, boundary: str = "B", filename: str = "f"
) -> bytes:
    """A form as Go writes it: the name with raw control characters in it."""
    escaped = filename.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n'
        f"{json.dumps(metadata)}\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="content"; '
        f'filename="{escaped}"\r\nContent-Type: application/octet-stream\r\n\r\n'
    ).encode() + (data + f"\r\n--{boundary}--\r\n".encode())


def post(
    drive: Drive,
    body: bytes | Iterator[bytes],
    boundary: str = "B",
    separator: str = " ",
) -> httpx.Response:
    content_type = f"multipart/form-data;{separator}boundary={boundary}"
    return drive.client.post(
        f"{drive.c}nodes?suppress=deduplication",
        content=body,
        headers={"Content-Type": content_type},
    )


def test_an_empty_file(drive: Drive) -> None:
    node = drive.node(drive.file("empty", b""))

    assert node["contentProperties"]["md5"] == "d41d8cd98f00b204e9800998ecf8427e"
    assert drive.content(node["id"]).content == b""


@pytest.mark.parametrize(
    "name",
    [
        'quotes " and \\ backslash',
        "line\nend",
        "line\r\nend",
        "head\r\n\r\nin a name",
        "tab\tand\x7fdel\x01",
        "é日本語🎈",
        "; name=x",
    ],
)
def test_raw_control_characters_in_the_part_head(drive: Drive, name: str) -> None:
    body = form({"name": name, "kind": "FILE"}, b"data", filename=name)

    response = post(drive, body)

    assert response.status_code == 201, response.text
    assert response.json()["name"] == name
    assert drive.content(response.json()["id"]).content == b"data"


def test_five_asterisks_chunks_and_an_epilogue(drive: Drive) -> None:
    data = b"\r\n--*****x content \r\n--****\r\n" + os.urandom(100)
    body = form({"name": "odd", "kind": "FILE"}, data, boundary="*****")
    body += b"multipart/form-data; boundary=*****" * 1000

    response = post(
        drive, iter([body[i : i + 7] for i in range(0, len(body), 7)]), "*****", ""
    )

    assert response.status_code == 201, response.text
    assert drive.content(response.json()["id"]).content == data


def test_the_same_content_twice(drive: Drive) -> None:
    first = drive.file("one", b"twin")

    refused = drive.send("two", b"twin", query="")

    assert refused.status_code == 409
    assert refused.json()["code"] == "MD5_DUPLICATE"
    assert refused.json()["info"] == {"nodeId": first}
    assert drive.send("two", b"twin").status_code == 201


def test_what_is_no_upload(drive: Drive) -> None:
    good = form({"name": "x", "kind": "FILE"}, b"data")
    for body, status in (
        (good.replace(b'; filename="f"', b""), 400),
        (good.replace(b"Content-Type: application/octet-stream\r\n", b""), 400),
        (good.replace(b'name="content"', b'name="other"'), 400),
        (good.replace(b'"kind": "FILE"', b'"kind": "ALBUM"'), 400),
        (good.replace(b'"name": "x"', b'"name": "a/b"'), 403),
        (good.replace(b'{"name": "x", "kind": "FILE"}', b"{"), 400),
        (good.replace(b'{"name": "x", "kind": "FILE"}', b""), 400),
        (good.replace(b"--B--", b""), 400),
        (b"", 400),
        (b"no form", 400),
        (b"x" * 100_000, 400),
        (b"--B\r\n" + b"x" * 100_000, 400),
    ):
        assert post(drive, body).status_code == status, body[:80]
    plain = drive.client.post(f"{drive.c}nodes", content=b"data")
    assert plain.status_code == 415
    assert drive.names() == ["/"]


def test_a_body_cut_at_every_byte_leaves_no_node(drive: Drive) -> None:
    body = form({"name": "cut", "kind": "FILE"}, b"some content")
    end = body.index(b"--B--") + len(b"--B--")
    for length in range(end):
        response = post(drive, body[:length])
        assert response.status_code == 400, length
    assert drive.names() == ["/"]
    assert post(drive, body[:end]).status_code == 201


def test_a_connection_that_breaks_leaves_no_node(drive: Drive) -> None:
    body = form({"name": "cut", "kind": "FILE"}, b"x" * 3_000_000)
    host, port = drive.c.split("/")[2].split(":")
    head = (
        f"POST /cdproxy/nodes HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: {drive.client.headers['authorization']}\r\n"
        "Content-Type: multipart/form-data; boundary=B\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head + body[:2_500_000])
    # The same name is free: nothing of the broken one is in the way.
    assert drive.file("cut", b"whole")
    assert drive.names(f"parents:{drive.root}") == ["cut"]


def test_overwrite_keeps_the_node(drive: Drive) -> None:
    folder = drive.folder("d")
    before = drive.node(drive.file("f.txt", b"one", folder))
    path = f"{drive.c}nodes/{before['id']}/content"

    after = drive.ok("PUT", path, files={"content": ("f", b"second", "text/html")})

    properties = after["contentProperties"]
    assert after["id"] == before["id"]
    assert after["parents"] == [folder]
    assert after["version"] == 2
    assert properties["version"] == 2
    assert properties["size"] == 6
    assert properties["md5"] == hashlib.md5(b"second").hexdigest()
    assert drive.content(before["id"]).content == b"second"
    usage = drive.ok("GET", "account/usage")
    assert usage["doc"]["total"] == {"bytes": 6, "count": 1}
    files = {"content": ("f", b"x", "text/html")}
    drive.refused(403, "PUT", f"{drive.c}nodes/{folder}/content", files=files)
    drive.refused(404, "PUT", f"{drive.c}nodes/{'A' * 22}/content", files=files)
    drive.ok("PUT", f"trash/{before['id']}")
    drive.refused(403, "PUT", path, files=files)


def test_the_quota(tmp_path: Path) -> None:
    with running_server(tmp_path, ["--quota", "3M"]) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("one", b"x" * 2_000_000)

            refused = drive.send("two", b"y" * 2_000_000)
            assert refused.status_code == 403
            assert refused.json()["code"] == "NO_ACTIVE_SUBSCRIPTION_FOUND"
            assert drive.names(f"parents:{drive.root}") == ["one"]
            quota = drive.ok("GET", "account/quota")
            assert (quota["quota"], quota["available"]) == (3145728, 1145728)
            # What is in the trash counts; an overwrite counts once.
            drive.ok("PUT", f"trash/{node}")
            assert drive.send("two", b"y" * 2_000_000).status_code == 403
            drive.ok("POST", f"trash/{node}/restore")
            path = f"{drive.c}nodes/{node}/content"
            data = b"z" * 3_000_000
            drive.ok("PUT", path, files={"content": ("f", data, "a/b")})
            data = b"z" * 4_000_000
            drive.refused(403, "PUT", path, files={"content": ("f", data, "a/b")})
            assert len(drive.content(node).content) == 3_000_000


def test_metadata_of_an_upload(drive: Drive) -> None:
    folder = drive.folder("d")
    node = drive.node(
        drive.file(
            "f",
            b"x",
            folder,
            labels=["l"],
            description="d",
            properties={"acdtui": {"mtime": "123456789"}},
        )
    )

    assert node["labels"] == ["l"]
    assert node["description"] == "d"
    assert node["properties"] == {"acdtui": {"mtime": "123456789"}}
    assert node["createdBy"] == "acdtui"
    missing = drive.send("g", b"x", "A" * 22)
    assert missing.status_code == 400
    assert missing.json()["message"] == "One of the parentId doesn't exists"


def connected(drive: Drive, head: str) -> socket.socket:
    """A connection on which the head of an upload has been sent."""
    host, port = drive.c.split("/")[2].split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.sendall(
        (
            f"POST /cdproxy/nodes HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: {drive.client.headers['authorization']}\r\n"
            f"Content-Type: multipart/form-data; boundary=B\r\n{head}\r\n\r\n"
        ).encode()
    )
    return connection


def test_the_metadata_may_come_last(drive: Drive) -> None:
    files = [
        ("content", ("x", b"data", "text/plain")),
        ("metadata", (None, json.dumps({"name": "f", "kind": "FILE"}))),
    ]
    made = drive.ok("POST", f"{drive.c}nodes", 201, files=files)
    assert (made["name"], made["contentProperties"]["size"]) == ("f", 4)


def test_metadata_may_say_that_it_is_json(drive: Drive) -> None:
    # amazon-drive-api.md §4.5: acdb does.
    text = json.dumps({"name": "f", "kind": "FILE"})
    files = [
        ("metadata", (None, text, "application/json")),
        ("content", ("x", b"data", "a/b")),
    ]
    assert drive.ok("POST", f"{drive.c}nodes", 201, files=files)["name"] == "f"


@pytest.mark.parametrize(
    "filename", ["foo", " ", "", "a%20%C3%A9.txt", "i_love_backups"]
)
def test_the_file_name_of_the_part_is_ignored(drive: Drive, filename: str) -> None:
    body = form({"name": "é x.txt", "kind": "FILE"}, b"data", filename=filename)

    made = post(drive, body)

    assert made.status_code == 201, made.text
    assert made.json()["name"] == "é x.txt"
    assert made.json()["contentProperties"]["contentType"] == "text/plain"


def test_two_contents_or_two_metadata(drive: Drive) -> None:
    metadata = ("metadata", (None, json.dumps({"name": "f", "kind": "FILE"})))
    content = ("content", ("x", b"data", "a/b"))
    for files in ([metadata, content, content], [metadata, metadata, content]):
        drive.refused(400, "POST", f"{drive.c}nodes", files=files)
    assert drive.names() == ["/"]


def test_an_empty_upload_in_chunks(drive: Drive) -> None:
    made = post(drive, iter([form({"name": "e", "kind": "FILE"}, b"")]))

    assert made.status_code == 201
    assert made.json()["contentProperties"]["size"] == 0


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (b"--B\r\n", "Cannot read from request."),
        (b"--B\r\nContent-Disposition: form-data\r\n\r\n", "Cannot complete upload"),
        (b"--B", "Cannot read from request."),
    ],
)
def test_bodies_that_end_badly(drive: Drive, end: bytes, message: str) -> None:
    body = form({"name": "f", "kind": "FILE"}, b"data").replace(b"--B--\r\n", end)

    refused = post(drive, body)

    assert (refused.status_code, refused.json()["message"]) == (400, message)
    assert drive.names() == ["/"]


def test_no_content_at_all(drive: Drive) -> None:
    text = json.dumps({"name": "f", "kind": "FILE"})
    refused = drive.refused(
        400, "POST", f"{drive.c}nodes", files=[("metadata", (None, text))]
    )
    assert refused["message"] == "Bytes not received for request."


def test_expect_100_continue(drive: Drive) -> None:
    body = form({"name": "f", "kind": "FILE"}, b"data")
    with connected(
        drive, f"Expect: 100-continue\r\nContent-Length: {len(body)}"
    ) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert connection.recv(10_000).startswith(b"HTTP/1.1 201 ")
    refused = drive.client.headers["authorization"]
    drive.client.headers["authorization"] = "Bearer wrong"
    with connected(
        drive, f"Expect: 100-continue\r\nContent-Length: {len(body)}"
    ) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 401 ")
    drive.client.headers["authorization"] = refused


def test_a_content_length_that_is_too_small(drive: Drive) -> None:
    body = form({"name": "f", "kind": "FILE"}, b"data")
    with connected(drive, f"Content-Length: {len(body) - 9}") as connection:
        connection.sendall(body)
        assert connection.recv(10_000).startswith(b"HTTP/1.1 400 ")
    assert drive.names() == ["/"]


def test_a_content_length_that_is_too_large(drive: Drive) -> None:
    body = form({"name": "f", "kind": "FILE"}, b"data")
    with connected(drive, f"Content-Length: {len(body) + 9}") as connection:
        connection.sendall(body)
    assert drive.file("other", b"x")
    assert drive.names(f"parents:{drive.root}") == ["other"]


def raw(drive: Drive, body: bytes | Iterator[bytes], **query: str) -> httpx.Response:
    """An upload as Photos clients send it (amazon-drive-api.md §4.15)."""
    return drive.client.post(f"{drive.c}nodes", params=query, content=body)


def test_a_bare_body(drive: Drive) -> None:
    folder = drive.folder("d")
    data = os.urandom(300_000)

    made = raw(
        drive,
        iter([data[:1000], data[1000:]]),
        name="é.jpg",
        kind="FILE",
        parentNodeId=folder,
    )

    assert made.status_code == 201, made.text
    node = made.json()
    assert (node["name"], node["parents"]) == ("é.jpg", [folder])
    assert node["contentProperties"]["contentType"] == "image/jpeg"
    assert node["contentProperties"]["md5"] == hashlib.md5(data).hexdigest()
    assert drive.content(node["id"]).content == data
    again = raw(drive, b"x", name="É.JPG", kind="FILE", parentNodeId=folder)
    assert (again.status_code, again.json()["info"]) == (409, {"nodeId": node["id"]})
    twin = raw(drive, data, name="b.jpg", kind="FILE", parentNodeId=folder)
    assert (twin.status_code, twin.json()["info"]) == (409, {"nodeId": node["id"]})
    suppressed = raw(drive, data, name="b.jpg", suppress="deduplication")
    assert suppressed.status_code == 201
    assert suppressed.json()["parents"] == [drive.root]


def test_a_bare_body_of_any_type(drive: Drive) -> None:
    for sent, kept in (
        ("image/png", "image/png"),
        ("application/x-www-form-urlencoded", "text/plain"),
        ("application/octet-stream", "text/plain"),
        ("multipart/mixed; boundary=B", "multipart/mixed; boundary=B"),
    ):
        made = drive.client.post(
            f"{drive.c}nodes",
            params={"name": f"{len(sent)}.txt", "suppress": "deduplication"},
            content=b"--B\r\n",
            headers={"Content-Type": sent},
        )
        assert made.json()["contentProperties"]["contentType"] == kept
    assert raw(drive, b"", name="empty").json()["contentProperties"]["size"] == 0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"name": "", "kind": "FILE"}, 400),
        ({"name": "a/b"}, 403),
        ({"name": "x" * 281}, 400),
        ({"name": "a", "kind": "FOLDER"}, 400),
        ({"name": "a", "parentNodeId": "A" * 22}, 400),
        ({"name": "a", "contentDate": "yesterday"}, 400),
        ({"name": "a", "localId": "x" * 101}, 400),
        ({}, 415),
    ],
)
def test_a_bare_body_that_is_refused(
    drive: Drive, query: dict[str, str], status: int
) -> None:
    refused = raw(drive, b"data", **query)

    assert refused.status_code == status, refused.text
    assert drive.names() == ["/"]


def test_a_bare_body_that_is_cut_leaves_no_node(drive: Drive) -> None:
    host, port = drive.c.split("/")[2].split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            (
                f"POST /cdproxy/nodes?name=f HTTP/1.1\r\nHost: {host}\r\n"
                f"Authorization: {drive.client.headers['authorization']}\r\n"
                "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
            ).encode()
        )
    assert raw(drive, b"x", name="f").status_code == 201


def test_the_date_of_a_picture(drive: Drive) -> None:
    made = raw(drive, b"x", name="a.bin", contentDate="2015-03-04T05:06:07.089Z")

    date = made.json()["contentProperties"]["contentDate"]
    assert date == "2015-03-04T05:06:07.089Z"
    filters = 'contentProperties.contentDate:["2015-03-04T00:00:00.000Z" TO *]'
    assert drive.names(filters) == ["a.bin"]


def test_another_name_if_it_is_taken(drive: Drive) -> None:
    drive.file("a.jpg", b"1")
    for name in ("a (1).jpg", "a (2).jpg"):
        made = raw(drive, name.encode(), name="A.jpg", conflictResolution="RENAME")
        assert made.json()["name"].lower() == name
    made = drive.send("a.jpg", b"4", conflictResolution="RENAME")
    assert made.json()["name"] == "a (3).jpg"


def test_a_local_id_is_used_once_and_for_good(drive: Drive) -> None:
    made = drive.send("a", b"1", query="?localId=my%20id")
    node = made.json()["id"]

    for refused in (
        drive.send("b", b"2", query="?localId=my%20id"),
        raw(drive, b"2", name="b", localId="my id"),
        drive.call(
            "POST", "nodes?localId=my%20id", json={"name": "d", "kind": "FOLDER"}
        ),
    ):
        assert refused.status_code == 409
        assert refused.json()["info"] == {"nodeId": node}
    assert drive.names(f"parents:{drive.root}") == ["a"]


async def test_a_purged_node_keeps_its_local_id(clocked: Clocked) -> None:
    async def attempt() -> httpx.Response:
        body = form({"name": "f", "kind": "FILE"}, b"data")
        return await clocked.client.post(
            "/cdproxy/nodes?localId=a",
            content=body,
            headers={"Content-Type": "multipart/form-data; boundary=B"},
        )

    node = (await attempt()).json()["id"]
    await clocked.client.put(f"/drive/v1/trash/{node}")
    clocked.clock.advance(31 * 86400)
    assert await clocked.storage.purge_expired() == 1

    again = await attempt()

    assert (again.status_code, again.json()["info"]) == (409, {"nodeId": node})
    asked = await clocked.client.get("/cdproxy/resume?localId=a")
    assert asked.status_code == 404


def test_local_ids_of_folders(drive: Drive) -> None:
    folder = drive.ok(
        "POST", f"nodes?localId={'é' * 100}", 201, json={"name": "d", "kind": "FOLDER"}
    )
    again = drive.send("f", b"x", query=f"?localId={'é' * 100}")
    assert (again.status_code, again.json()["info"]) == (409, {"nodeId": folder["id"]})
    long = f"nodes?localId={'x' * 101}"
    drive.refused(400, "POST", long, json={"name": "e", "kind": "FOLDER"})
    assert drive.send("e", b"x", query=f"?localId={'x' * 101}").status_code == 400
    assert drive.names(f"parents:{drive.root}") == ["d"]
    # An empty one is none.
    for name in "gh":
        assert drive.send(name, name.encode(), query="?localId=").status_code == 201


@pytest.mark.parametrize("form", ['"{}"', "{}", '"other", "{}"', "*"])
def test_only_if_nobody_changed_it(drive: Drive, form: str) -> None:
    node = drive.file("f", b"one")
    path = f"{drive.c}nodes/{node}/content"
    tag = drive.node(node)["eTagResponse"]
    headers = {"If-Match": form.format(tag)}

    after = drive.ok(
        "PUT", path, files={"content": ("f", b"two", "a/b")}, headers=headers
    )
    assert after["eTagResponse"] != tag
    headers = {"If-Match": form.format(after["eTagResponse"])}
    renamed = drive.ok("PATCH", f"nodes/{node}", json={"name": "g"}, headers=headers)
    assert renamed["name"] == "g"


@pytest.mark.parametrize("form", ['"{}"', "{}", 'W/"{}"', '""', ""])
def test_not_if_somebody_changed_it(drive: Drive, form: str) -> None:
    node = drive.file("f", b"one")
    old = drive.node(node)["eTagResponse"]
    tag = drive.ok("PATCH", f"nodes/{node}", json={"name": "g"})["eTagResponse"]
    path = f"{drive.c}nodes/{node}/content"
    headers = {"If-Match": form.format(tag if form.startswith("W/") else old)}

    files = {"content": ("f", b"two", "a/b")}
    refused = drive.refused(412, "PUT", path, files=files, headers=headers)
    drive.refused(412, "PATCH", f"nodes/{node}", json={"name": "h"}, headers=headers)

    assert refused["code"] == "PRECONDITION_FAILED"
    assert drive.content(node).content == b"one"
    assert drive.node(node)["name"] == "g"


def test_the_etag_of_a_download_is_good_for_an_overwrite(drive: Drive) -> None:
    node = drive.file("f", b"one")
    path = f"{drive.c}nodes/{node}/content"
    headers = {"If-Match": drive.content(node).headers["etag"]}
    files = {"content": ("f", b"two", "a/b")}

    drive.ok("PUT", path, files=files, headers=headers)
    drive.refused(412, "PUT", path, files=files, headers=headers)


def test_what_was_overwritten_leaves_the_disk(drive: Drive) -> None:
    content = drive.server.directory / "content"

    def files() -> int:
        return sum(1 for file in content.glob("??/*") if file.is_file())

    node = drive.file("f", b"0")
    before = files()
    for number in range(20):
        data = {"content": ("f", str(number).encode(), "a/b")}
        drive.ok("PUT", f"{drive.c}nodes/{node}/content", files=data)
    while files() > before:  # soon after the answer
        drive.node(node)
    assert drive.content(node).content == b"19"


async def test_answers_do_not_wait_for_the_client() -> None:
    """Nagle's algorithm is off, which asyncio does for no other kind of socket."""
    seen: list[int] = []

    def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        seen.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    server = await asyncio.start_server(connected, sock=listen("127.0.0.1", 0))
    async with server:
        host, port = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.read() == b""
        writer.close()
    assert seen == [1]
