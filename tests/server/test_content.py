"""Content on its way out, over the wire: ranges, links."""

from __future__ import annotations

import hashlib
import json
import os

import httpx
import pytest

from tests.server.conftest import Clocked, Drive

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
    # One client asks for more until it gets this.
    asking = {"Range": "bytes=0-524287999", "User-Agent": "acdcli.api/0.9.0 x"}
    assert drive.content(empty, **asking).status_code == 416


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
    assert (
        saved.headers["content-disposition"]
        == "attachment; filename=\"x.html\"; filename*=UTF-8''x.html"
    )


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
