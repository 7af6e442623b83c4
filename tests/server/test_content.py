"""Content over the wire: uploads with all their oddities, ranges, links, quota."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

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


def test_a_file_comes_back_as_it_went(drive: Drive) -> None:
    data = os.urandom(3 * 1024 * 1024 + 17)

    response = drive.send("photo.JPG", data)

    node = response.json()
    assert response.status_code == 201
    assert node["contentProperties"] == {
        "version": 1,
        "size": len(data),
        "md5": hashlib.md5(data).hexdigest(),
        "contentType": "image/jpeg",
        "extension": "jpg",
    }
    got = drive.content(node["id"])
    assert got.content == data
    assert got.headers["content-length"] == str(len(data))
    assert got.headers["accept-ranges"] == "bytes"


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


@pytest.mark.parametrize(
    ("asked", "status", "expected", "place"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-30", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=0-", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=5-99999999999999999999999", 206, b"56789", "bytes 5-9/10"),
        ("bytes=9-9", 206, b"9", "bytes 9-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=99999999999999999999-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
        ("bytes=3-1", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("bytes=x", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
    ],
)
def test_ranges(
    drive: Drive, asked: str, status: int, expected: bytes | None, place: str | None
) -> None:
    node = drive.file("f", b"0123456789")

    got = drive.content(node, Range=asked)

    assert got.status_code == status
    assert got.headers.get("content-range") == place
    if expected is not None:
        assert got.content == expected


def test_ranges_of_large_and_empty_files(drive: Drive) -> None:
    data = os.urandom(2 * 1024 * 1024)
    large, empty = drive.file("large", data), drive.file("empty", b"")

    assert drive.content(large, Range="bytes=5-").content == data[5:]
    assert (
        drive.content(large, Range="bytes=1000000-1999999").content
        == (data[1_000_000:2_000_000])
    )
    first = drive.content(empty, Range="bytes=0-")
    assert (first.status_code, first.content) == (206, b"")
    assert drive.content(empty, Range="bytes=1-").status_code == 416


def test_if_range(drive: Drive) -> None:
    node = drive.file("f", b"0123456789")
    tag = drive.content(node).headers["etag"]

    assert drive.content(node, Range="bytes=1-1", **{"If-Range": tag}).content == b"1"
    other = drive.content(node, Range="bytes=1-1", **{"If-Range": '"other"'})
    assert other.status_code == 200


def test_content_is_no_page_of_ours(drive: Drive) -> None:
    node = drive.file("x.html", b"<script>1</script>")

    got = drive.content(node)

    assert "sandbox" in got.headers["content-security-policy"]
    assert got.headers["x-content-type-options"] == "nosniff"
    saved = drive.client.get(f"{drive.c}nodes/{node}/content?download=true")
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''x.html"


def test_a_folder_has_no_content(drive: Drive) -> None:
    assert drive.content(drive.folder("d")).status_code == 403


def test_temporary_links_need_no_token(drive: Drive) -> None:
    node, folder = drive.file("f", b"0123456789"), drive.folder("d")

    link = drive.ok("GET", f"nodes/{node}?tempLink=true")["tempLink"]

    assert httpx.get(link).content == b"0123456789"
    part = httpx.get(link, headers={"Range": "bytes=2-3"})
    assert (part.status_code, part.content) == (206, b"23")
    assert "tempLink" not in drive.ok("GET", f"nodes/{folder}?tempLink=true")
    listed = drive.ok("GET", "nodes", params={"filters": "name:f", "tempLink": "true"})
    assert httpx.get(listed["data"][0]["tempLink"]).status_code == 200
    assert (
        httpx.get(link[:-9] + ("A" if link[-9] != "A" else "B") + link[-8:]).status_code
        == 404
    )
    assert httpx.get(f"{drive.c}templink/nonsense").status_code == 404
    drive.ok("PUT", f"trash/{node}")
    assert httpx.get(link).status_code == 404


async def test_temporary_links_expire(clocked: Clocked) -> None:
    body = form({"name": "f", "kind": "FILE"}, b"data")
    headers = {"Content-Type": "multipart/form-data; boundary=B"}
    made = await clocked.client.post("/cdproxy/nodes", content=body, headers=headers)
    path = f"/drive/v1/nodes/{made.json()['id']}?tempLink=true"
    link = (await clocked.client.get(path)).json()["tempLink"]

    clocked.clock.advance(48 * 3600 - 1)
    assert (await clocked.client.get(link)).status_code == 200
    clocked.clock.advance(2)
    assert (await clocked.client.get(link)).status_code == 404


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
