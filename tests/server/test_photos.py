"""Signed in by cookies, and what else Amazon Photos clients ask for."""

from __future__ import annotations

import html
import io
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from acd_tui.server import admin, cookies
from tests.server.conftest import Clocked, Drive
from tests.server.pictures import jpeg, looked_into, size_of
from tests.server_process import PASSWORD, running_server

pytestmark = pytest.mark.socket


def in_browser(drive: Drive) -> httpx.Client:
    return httpx.Client(base_url=drive.server.url, follow_redirects=True)


@pytest.fixture
def given(drive: Drive) -> dict[str, str]:
    """The cookies of a user."""
    return admin.issue_cookies(drive.server.directory, drive.user)


@pytest.fixture
def photos(drive: Drive, given: dict[str, str]) -> Iterator[httpx.Client]:
    """A client that lives on the cookies of a browser, as amazon-photos does."""
    with httpx.Client(
        base_url=drive.m,
        cookies=given,
        headers={"x-amzn-sessionid": given["session-id"]},
        follow_redirects=True,
    ) as client:
        yield client


def sign_in(browser: httpx.Client, user: str, password: str) -> httpx.Response:
    page = browser.get("/ap/signin")
    assert page.status_code == 200
    hidden = re.search(r'name="form" value="([^"]*)"', page.text)
    assert hidden is not None
    form = {"form": html.unescape(hidden[1]), "email": user, "password": password}
    return browser.post("/ap/signin", data=form)


def signed_out(drive: Drive, kept: dict[str, str]) -> None:
    """Wait until cookies are worthless: what was asked a moment ago is remembered."""
    give_up = time.monotonic() + 30
    while httpx.get(f"{drive.m}nodes", cookies=kept).status_code != 401:
        assert time.monotonic() < give_up, "still signed in"
        time.sleep(0.05)


def test_signing_in_gives_cookies(drive: Drive) -> None:
    with in_browser(drive) as browser:
        answer = sign_in(browser, drive.user, PASSWORD)

        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        set_by_us = answer.headers.get_list("set-cookie")
        for name in ("session-id", "ubid-main", "at-main"):
            (line,) = [one for one in set_by_us if one.startswith(f"{name}=")]
            assert "HttpOnly" in line
            assert "SameSite=strict" in line
            assert "Path=/;" in line
            assert html.escape(browser.cookies[name].strip('"')) in answer.text
        root = browser.get(f"{drive.m}nodes", params={"filters": "isRoot:true"})
        assert root.json()["data"][0]["id"] == drive.root


def test_guesses_are_slowed_down(tmp_path: Path) -> None:
    with (
        running_server(tmp_path) as server,
        httpx.Client(base_url=server.url) as browser,
    ):
        for user, password in (("owner", "wrong"), ("nobody at all", PASSWORD)):
            assert sign_in(browser, user, password).status_code == 403
            assert "at-main" not in browser.cookies
        answers = [sign_in(browser, "owner", "wrong") for _ in range(7)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


def test_forms_of_others_are_refused(drive: Drive) -> None:
    with in_browser(drive) as browser:
        page = browser.get("/ap/signin")
        hidden = re.search(r'name="form" value="([^"]*)"', page.text)
        assert hidden is not None
        form = {
            "form": html.unescape(hidden[1]),
            "email": drive.user,
            "password": PASSWORD,
        }
        for change, headers in (
            ({}, {"origin": "https://evil.example"}),
            ({}, {"sec-fetch-site": "cross-site"}),
            ({"form": "x"}, {}),
            ({"form": "é"}, {}),
        ):
            answer = browser.post("/ap/signin", data=form | change, headers=headers)
            assert answer.status_code == 403
            assert "at-main" not in browser.cookies
        # A form fetched in one browser is worth nothing in another.
        with in_browser(drive) as another:
            another.get("/ap/signin")
            assert another.post("/ap/signin", data=form).status_code == 403
        assert browser.post("/ap/signin", data=form).status_code == 200


def test_signing_out(drive: Drive) -> None:
    with in_browser(drive) as browser:
        sign_in(browser, drive.user, PASSWORD)
        kept = dict(browser.cookies)
        evil = {"origin": "https://evil.example"}
        assert browser.post("/ap/signout", headers=evil).status_code == 403
        assert browser.get(f"{drive.m}nodes").status_code == 200

        assert browser.post("/ap/signout").status_code == 200

        assert "at-main" not in browser.cookies
    signed_out(drive, kept)


@pytest.mark.parametrize("name", ["at-main", "at_main", "at-acbca", "at_acbuk"])
def test_under_whichever_sites_name(
    drive: Drive, given: dict[str, str], name: str
) -> None:
    one = {"session-id": given["session-id"], name: given["at-main"]}
    assert httpx.get(f"{drive.m}account/info", cookies=one).status_code == 200


def test_a_change_needs_the_session_as_a_header(
    drive: Drive, given: dict[str, str]
) -> None:
    body = {"name": "x", "kind": "FOLDER"}
    with httpx.Client(base_url=drive.m, cookies=given) as client:
        assert client.get("nodes").status_code == 200
        for headers in (
            {},
            {"x-amzn-sessionid": ""},
            {"x-amzn-sessionid": "000-0000000-0000000"},
            {"x-amzn-sessionid": given["at-main"]},
        ):
            for method, path in (
                ("POST", "nodes"),
                ("PATCH", f"nodes/{drive.root}"),
                ("PUT", f"trash/{drive.root}"),
                ("DELETE", f"nodes/{drive.root}"),
                ("POST", "changes"),
            ):
                refused = client.request(method, path, json=body, headers=headers)
                assert refused.status_code == 403, (method, headers)
        # Nor is it enough that a cookie says the same: others can set cookies, too.
        client.cookies.set("session-id", "000-0000000-0000000")
        forged = {"x-amzn-sessionid": "000-0000000-0000000"}
        assert client.post("nodes", json=body, headers=forged).status_code == 403
        right = {"x-amzn-sessionid": given["session-id"]}
        assert client.post("nodes", json=body, headers=right).status_code == 201
    assert drive.names() == ["/", "x"]


def test_cookies_and_tokens_are_different_things(
    drive: Drive, given: dict[str, str]
) -> None:
    bearer = {"Authorization": f"Bearer {given['at-main']}"}
    assert httpx.get(f"{drive.m}nodes", headers=bearer).status_code == 401
    access = drive.client.headers["authorization"].partition(" ")[2]
    assert httpx.get(f"{drive.m}nodes", cookies={"at-main": access}).status_code == 401
    # Where both are sent the token counts.
    bad = {"Authorization": "Bearer nothing"}
    assert httpx.get(f"{drive.m}nodes", cookies=given, headers=bad).status_code == 401


def test_cookies_of_one_user_do_not_open_anothers_drive(
    drive: Drive, other: Drive, photos: httpx.Client
) -> None:
    foreign = other.file("x.jpg", b"x")
    for path in (
        f"nodes/{foreign}",
        f"nodes/{foreign}/contentRedirection",
        f"{drive.server.url}/v1/thumbnail/{foreign}",
    ):
        assert photos.get(path).status_code == 404
    answer = photos.post("batchLink", json={"nodeIds": [foreign]})
    assert answer.status_code == 404


def test_a_new_password_ends_the_session(drive: Drive, photos: httpx.Client) -> None:
    assert photos.get("nodes").status_code == 200
    admin.set_password(drive.server.directory, drive.user, "another long password")
    signed_out(drive, dict(photos.cookies))


async def test_cookies_end_with_time(clocked: Clocked) -> None:
    storage, clock = clocked.storage, clocked.clock
    key = storage.secret("key", 32)
    given = storage.db.write_now(lambda db: cookies.issue(db, key, 1, clock.now()))
    del clocked.client.headers["authorization"]
    for name, value in given.items():
        clocked.client.cookies.set(name, value)

    assert (await clocked.client.get("/drive/v1/nodes")).status_code == 200
    clock.advance(29 * 86400)
    assert (await clocked.client.get("/drive/v1/nodes")).status_code == 200
    clock.advance(86400)
    assert (await clocked.client.get("/drive/v1/nodes")).status_code == 401


def test_a_token_for_cookies(drive: Drive, photos: httpx.Client) -> None:
    answer = photos.get(f"{drive.server.url}/photos/auth/token", params={"_": "1"})

    assert answer.json()["duration"] == "3600"
    assert answer.headers["cache-control"] == "no-store"
    header = {"x-amz-access-token": answer.json()["access_token"]}
    body = {"name": "x", "kind": "FOLDER"}
    made = httpx.post(f"{drive.m}nodes", json=body, headers=header)
    assert made.status_code == 201
    assert made.json()["createdBy"] == cookies.OWNER
    refused = drive.call("GET", f"{drive.server.url}/photos/auth/token")
    assert refused.status_code == 403


def test_nothing_of_a_cookie_is_kept_in_the_open(
    drive: Drive, given: dict[str, str]
) -> None:
    for path in drive.server.directory.rglob("index.sqlite*"):
        assert given["at-main"].encode() not in path.read_bytes()


@pytest.mark.parametrize(
    "name", ["plain.jpg", "a b.jpg", "été 夏.jpg", 'a;b="c"; d=e\\.jpg', "a\r\nb.jpg"]
)
def test_the_way_to_the_original(drive: Drive, photos: httpx.Client, name: str) -> None:
    node = drive.file(name, b"original")
    params = {"querySuffix": "?download=true", "ownerId": drive.node(node)["ownerId"]}

    answer = photos.get(f"nodes/{node}/contentRedirection", params=params)

    assert answer.status_code == 200
    assert answer.content == b"original"
    disposition = answer.headers["content-disposition"]
    # How amazon-photos takes it apart:
    parts = dict([y for x in disposition.split("; ") if len(y := x.split("=")) > 1])
    plain = parts["filename"].strip('"')
    assert plain == re.sub(r'[\r\n";=\\]', "_", name)
    assert unquote(parts["filename*"].removeprefix("UTF-8''")) == name
    assert "authorization" not in answer.request.headers


def test_where_no_way_leads(drive: Drive, photos: httpx.Client) -> None:
    node = drive.file("x", b"x")
    path = f"nodes/{node}/contentRedirection"
    assert photos.get(path, params={"ownerId": "SOMEBODY"}).status_code == 404
    assert photos.get(f"nodes/{drive.root}/contentRedirection").status_code == 403
    answer = photos.get(
        path, params={"querySuffix": "//evil.example/?a=b&download=true"}
    )
    assert answer.url.host == "127.0.0.1"
    assert "a" not in answer.url.params
    drive.ok("PUT", f"trash/{node}")
    assert photos.get(path).status_code == 404


def test_thumbnails(drive: Drive, photos: httpx.Client) -> None:
    node = drive.file("x.jpg", jpeg(300, 200))
    owner = drive.node(node)["ownerId"]
    url = f"{drive.server.url}/v1/thumbnail/{node}"

    answer = photos.get(url, params={"viewBox": "60", "ownerId": owner})

    assert answer.headers["content-type"] == "image/jpeg"
    assert size_of(answer.content) == (60, 40)
    assert size_of(photos.get(url).content) == (256, 171)
    assert httpx.get(url).status_code == 401


def test_files_by_their_digest(drive: Drive, other: Drive) -> None:
    one = drive.file("one", b"hello")
    again = drive.file("again", b"hello")
    other.file("foreign", b"hello")
    md5 = drive.node(one)["contentProperties"]["md5"]

    body = {"digestType": "MD5", "digestList": [md5.upper(), "0" * 32]}
    answer = drive.ok("POST", "bulk/nodeByDigest", json=body)

    assert {node["id"] for node in answer["data"]} == {one, again}
    body["digestType"] = "SHA1"
    drive.refused(400, "POST", "bulk/nodeByDigest", json=body)
    body = {"digestList": ["0"] * 1201}
    drive.refused(400, "POST", "bulk/nodeByDigest", json=body)


def test_many_files_in_one(drive: Drive) -> None:
    d = drive.folder("d")
    ids = [
        drive.file("a.txt", b"first"),
        drive.file("A.TXT", b"second", d),
        drive.file("..", b"third"),
        drive.file("..\\x", b""),
        drive.file("é.bin", b"x" * 3_000_000),
    ]

    body = {"nodeIds": [*ids, d, "A" * 22], "resourceVersion": "V2"}
    link = drive.ok("POST", "batchLink", json=body)["links"]["content"]

    answer = httpx.get(link)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {one: archive.read(one)[:6] for one in archive.namelist()} == {
            "a.txt": b"first",
            "A (1).TXT": b"second",
            "_": b"third",
            ".._x": b"",
            "é.bin": b"xxxxxx",
        }
    assert httpx.get(link[:-3]).status_code == 404
    assert httpx.get(f"{link[:-60]}{'A' * 60}").status_code == 404
    assert httpx.get(f"{drive.c}batch/é").status_code == 404
    drive.refused(404, "POST", "batchLink", json={"nodeIds": [d]})
    drive.refused(400, "POST", "batchLink", json={"nodeIds": ["x"] * 1201})
    drive.refused(400, "POST", "batchLink", json={})


def test_a_link_to_many_files(drive: Drive) -> None:
    ids = [drive.file(f"{number}", b"x") for number in range(40)]
    link = drive.ok("POST", "batchLink", json={"nodeIds": ids})["links"]["content"]
    drive.ok("PUT", f"trash/{ids[0]}")

    with zipfile.ZipFile(io.BytesIO(httpx.get(link).content)) as archive:
        assert len(archive.namelist()) == 39


async def test_a_link_to_many_files_ends(clocked: Clocked) -> None:
    client = clocked.client
    form: Any = {
        "metadata": (None, '{"name":"x","kind":"FILE"}'),
        "content": ("x", b"x", "text/plain"),
    }
    node = (await client.post("/cdproxy/nodes", files=form)).json()["id"]
    answer = await client.post("/drive/v1/batchLink", json={"nodeIds": [node]})
    link = answer.json()["links"]["content"]

    assert (await client.get(link)).status_code == 200
    clocked.clock.advance(3601)
    assert (await client.get(link)).status_code == 404


def test_what_amazon_photos_does_at_the_start(
    drive: Drive, photos: httpx.Client
) -> None:
    base = {
        "asset": "ALL",
        "tempLink": "false",
        "resourceVersion": "V2",
        "ContentType": "JSON",
    }
    d = drive.folder("d")
    drive.folder("e", d)
    looked_into(drive, drive.file("x.jpg", jpeg()))

    root = photos.get("nodes", params=base | {"filters": "isRoot:true"}).json()
    assert root["data"][0]["ownerId"]
    path = f"nodes/{root['data'][0]['id']}/children"
    folders = photos.get(path, params=base | {"filters": "kind:FOLDER"}).json()["data"]
    assert [one["name"] for one in folders] == ["d"]
    body = base | {"kind": "FOLDER", "name": "D", "parents": [drive.root]}
    again = photos.post("nodes", json=body)
    assert again.status_code == 409
    assert again.json()["info"]["nodeId"] == d
    usage = photos.get("account/usage", params=base).json()
    usage.pop("lastCalculated")
    assert usage["photo"]["billable"]["count"] == 1
