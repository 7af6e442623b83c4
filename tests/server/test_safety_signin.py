"""Attacks on sign-in, consent, codes and tokens that are to come to nothing."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import inspect
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from acd_tui.asgi import serving
from acd_tui.errors import UsageError
from acd_tui.server import accounts, admin, throttle, tokens
from acd_tui.server.app import create_app
from acd_tui.server.storage import Storage
from acd_tui.server.throttle import network_of
from tests.server.conftest import Clocked
from tests.server.test_oauth import (
    REDIRECT,
    answer_of,
    asked,
    consent,
    exchange,
    fields_of,
    works,
)
from tests.server_process import PASSWORD

pytestmark = pytest.mark.socket


@contextlib.asynccontextmanager
async def server(tmp_path: Path, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A server with some options of `create_app`."""
    admin.initialise(tmp_path / "drive", password=PASSWORD)
    storage = Storage(tmp_path / "drive")
    storage.open()
    try:
        async with (
            serving(create_app(storage, **options), proxy_headers=False) as served,
            httpx.AsyncClient(base_url=served.url) as client,
        ):
            yield client
    finally:
        storage.close()


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("path", ["/ap/oa", "/ap/signin"])
async def test_pages_work_without_script_and_let_none_in(
    clocked: Clocked, path: str
) -> None:
    response = await clocked.client.get(path, params=asked())
    policy = dict(
        one.strip().partition(" ")[::2]
        for one in response.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert "script-src" not in policy
    assert "unsafe" not in str(policy)
    style = response.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy["style-src"] == f"'sha256-{digest}'"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "same-origin"

    page = Page(response.text)
    names = [tag for tag, _ in page.tags]
    assert {"script", "iframe", "object", "link", "img"}.isdisjoint(names)
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert "style" not in attributes
    assert ("form", path) in [(tag, some.get("action")) for tag, some in page.tags]
    inputs = {
        some.get("name"): some
        for tag, some in page.tags
        if tag == "input" and some.get("type") != "hidden"
    }
    assert inputs["email"]["autocomplete"] == "username"
    assert inputs["password"]["autocomplete"] == "current-password"
    assert inputs["password"]["type"] == "password"
    labels = {some.get("for") for tag, some in page.tags if tag == "label"}
    assert {one["id"] for one in inputs.values()} == labels
    viewport = [
        some["content"] for _, some in page.tags if some.get("name") == "viewport"
    ]
    assert viewport == ["width=device-width, initial-scale=1"]
    assert ("html", {"lang": "en"}) in page.tags


async def test_the_page_says_who_asks_for_what_and_where_it_leads(
    clocked: Clocked,
) -> None:
    page = await clocked.client.get("/ap/oa", params=asked(scope="clouddrive:read_all"))
    said = " ".join(Page(page.text).texts)
    assert "see and download all your files" in said
    assert "add, change" not in said
    assert admin.APPLICATION in said
    assert "http://127.0.0.1:53682" in said
    wrong = await consent(clocked.client, password="wrong")
    alert = next(
        some for _, some in Page(wrong.text).tags if some.get("role") == "alert"
    )
    assert alert["class"] == "problem"
    assert 'value="owner"' in wrong.text
    assert "wrong" not in fields_of(wrong.text).values()  # no password goes back


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None},
        {"code_challenge": ""},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "a" * 42},
        {"code_challenge": "a" * 44},
        {"code_challenge": "a" * 42 + "="},
    ],
)
async def test_pkce_cannot_be_talked_down(
    clocked: Clocked, changes: dict[str, str | None]
) -> None:
    response = await clocked.client.get("/ap/oa", params=asked(**changes))
    assert answer_of(response)["error"] == "invalid_request"


async def test_a_challenge_taken_out_on_the_way_is_noticed(clocked: Clocked) -> None:
    plain = asked(code_challenge=None, code_challenge_method=None)
    code = answer_of(await consent(clocked.client, request=plain))["code"]
    assert (await exchange(clocked, code)).status_code == 400


async def test_a_stolen_code_is_used_up_by_the_attempt(clocked: Clocked) -> None:
    code = answer_of(await consent(clocked.client))["code"]
    stolen = await exchange(clocked, code, client_secret=None, code_verifier="w" * 43)
    assert stolen.json()["error"] == "invalid_grant"
    assert (await exchange(clocked, code)).status_code == 400


async def test_a_replay_takes_back_what_was_renewed_as_well(clocked: Clocked) -> None:
    code = answer_of(await consent(clocked.client))["code"]
    first = (await exchange(clocked, code)).json()
    form = {
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
        "client_id": admin.APPLICATION,
    }
    none = {"Authorization": ""}
    renewed = await clocked.client.post("/auth/o2/token", data=form, headers=none)
    token = renewed.json()["access_token"]
    assert await works(clocked, token)
    assert (await exchange(clocked, code)).status_code == 400
    clocked.clock.advance(2)
    assert not await works(clocked, token)
    again = await clocked.client.post("/auth/o2/token", data=form, headers=none)
    assert again.json()["error"] == "invalid_grant"


async def test_one_of_two_at_the_same_time_gets_the_tokens(clocked: Clocked) -> None:
    code = answer_of(await consent(clocked.client))["code"]
    both = await asyncio.gather(exchange(clocked, code), exchange(clocked, code))
    assert sorted(one.status_code for one in both) == [200, 400]


async def test_codes_and_tokens_cannot_be_guessed(clocked: Clocked) -> None:
    """160 bits and more: a billion guesses a second find none in the age of the world."""
    codes = [answer_of(await consent(clocked.client))["code"] for _ in range(3)]
    assert len(set(codes)) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{27}", code) for code in codes)
    body = (await exchange(clocked, codes[0])).json()
    for name in ("access_token", "refresh_token"):
        assert len(body[name]) > 80
    with sqlite3.connect(clocked.storage.directory / "index.sqlite") as db:
        hashes = [row[0] for row in db.execute("SELECT hash FROM codes")]
    assert hashlib.sha256(codes[1].encode()).digest() in hashes
    db.close()


async def test_what_comes_twice_is_refused(clocked: Clocked) -> None:
    for name, value in (
        ("client_id", "another"),
        ("redirect_uri", "https://evil.example/"),
        ("scope", "clouddrive:write"),
        ("state", "other"),
    ):
        query = urlencode([*asked().items(), (name, value)])
        response = await clocked.client.get(f"/ap/oa?{query}")
        assert response.status_code == 400, name
        assert "location" not in response.headers
    twice = urlencode([("grant_type", "refresh_token"), ("grant_type", "password")])
    response = await clocked.client.post("/auth/o2/token", content=twice)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


async def test_two_applications_in_one_request(clocked: Clocked) -> None:
    directory = clocked.storage.directory
    secret = admin.add_client(directory, "another", [REDIRECT], owner="another")
    code = answer_of(await consent(clocked.client))["code"]
    pair = base64.b64encode(f"another:{secret}".encode()).decode()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": admin.APPLICATION,
        "code_verifier": "v" * 50,
    }
    headers = {"Authorization": f"Basic {pair}"}
    mixed = await clocked.client.post("/auth/o2/token", data=form, headers=headers)
    assert (mixed.status_code, mixed.json()["error"]) == (400, "invalid_request")
    for header in ("Basic ÿ", "Basic " + "A" * 50_000, "Basic", "Basic Og=="):
        torn = await clocked.client.post(
            "/auth/o2/token", data=form, headers=[(b"Authorization", header.encode())]
        )
        assert torn.status_code in {200, 400, 401}, header
        assert "error" in torn.json() or header in {"Basic", "Basic Og=="}


async def test_nothing_gets_into_headers(clocked: Clocked) -> None:
    state = "x\r\nSet-Cookie: evil=1\r\n\r\n<script>\x00\u2028"
    answer = await consent(clocked.client, request=asked(state=state))
    assert answer.status_code == 303
    assert "evil" not in answer.headers.get("set-cookie", "")
    assert "\n" not in answer.headers["location"]
    assert answer_of(answer)["state"] == state
    refused = await clocked.client.get("/ap/oa", params=asked(state=state, scope="no"))
    assert "set-cookie" not in refused.headers
    evil = await clocked.client.get(
        "/ap/oa", params=asked(redirect_uri=f"{REDIRECT}\r\nSet-Cookie: evil=1")
    )
    assert evil.status_code == 400


async def test_forms_of_other_sites(tmp_path: Path) -> None:
    public = "https://drive.example"
    async with server(
        tmp_path, public_url=public, allowed_hosts=["nas.local"]
    ) as client:
        port = client.base_url.port or 0
        page = await client.get("/ap/oa", params=asked())
        assert "secure" in page.headers["set-cookie"].lower()
        form = fields_of(page.text) | {"decision": "deny"}
        cookie = page.headers["set-cookie"].partition(";")[0]
        host = f"127.0.0.1:{port}"
        for origin, host_header, good in (
            (public, host, True),  # the proxy has put its own name for us there
            (public, "drive.example", True),
            (public + ":443", host, True),
            (f"http://{host}", host, True),
            ("http://nas.local", "nas.local", True),
            ("http://drive.example", host, False),
            ("http://drive.example", "drive.example", False),
            ("https://drive.example:8443", host, False),
            (f"http://127.0.0.1:{port + 1}", host, False),
            (f"http://localhost:{port}", host, False),
            ("https://evil.example", host, False),
            ("https://drive.example.evil.example", host, False),
            ("http://192.0.2.1", host, False),
            ("null", host, False),
            ("", host, False),
            ("chrome-extension://abc", host, False),
        ):
            response = await client.post(
                "/ap/oa",
                data=form,
                headers={"Origin": origin, "Host": host_header, "Cookie": cookie},
            )
            assert response.status_code == (303 if good else 403), (origin, host_header)


async def test_no_cookie_of_the_consent_page_is_a_key(clocked: Clocked) -> None:
    """Nothing is remembered of a sign-in but how to count: there is no session to fix."""
    for _ in range(2):
        clocked.client.cookies.set("acd_form", "A" * 22, path="/ap/oa")
        assert "code" in answer_of(await consent(clocked.client))
    assert "acd_device" in clocked.client.cookies
    jar = {"acd_form": "A" * 22, "acd_device": clocked.client.cookies["acd_device"]}
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
    headers["Authorization"] = ""
    nodes = await clocked.client.get("/drive/v1/nodes", headers=headers)
    assert nodes.status_code == 401
    again = await clocked.client.get("/ap/oa", params=asked(), headers=headers)
    assert 'name="password"' in again.text
    for response in (again, await consent(clocked.client)):
        for cookie in response.headers.get_list("set-cookie"):
            lowered = cookie.lower()
            assert "httponly" in lowered
            assert "samesite=strict" in lowered
            assert "path=/ap;" in lowered + ";"


async def test_an_unknown_name_takes_as_long(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[str] = []
    matches = accounts.password_matches

    def counted(stored: str, password: str) -> bool:
        costs.append(stored.split("$")[1])
        return matches(stored, password)

    monkeypatch.setattr(accounts, "password_matches", counted)
    for name in ("owner", "nobody"):
        assert (
            await consent(clocked.client, email=name, password="x")
        ).status_code == 403
    assert len(costs) == 2
    assert costs[0] == costs[1]


async def test_hashes_are_renewed_when_the_cost_changes(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stored() -> str:
        found = clocked.storage.db.read_now(lambda db: accounts.find_user(db, "owner"))
        assert found is not None
        return found[1]

    assert stored().startswith("scrypt$15,8,1$")
    token = clocked.client.headers["authorization"].removeprefix("Bearer ")
    monkeypatch.setattr(accounts, "_COST", "14,8,2")
    assert (await consent(clocked.client, password="wrong")).status_code == 403
    assert stored().startswith("scrypt$15,8,1$")
    assert "code" in answer_of(await consent(clocked.client))
    assert stored().startswith("scrypt$14,8,2$")
    assert "code" in answer_of(await consent(clocked.client))
    found = await clocked.client.get(
        "/auth/o2/tokeninfo", params={"access_token": token}
    )
    assert found.json()["aud"] == admin.APPLICATION  # nobody was signed out


def test_passwords_are_hashed_so_that_guessing_takes_memory() -> None:
    hash_password = inspect.unwrap(accounts.hash_password)  # tests keep what it gave
    one, two = hash_password("a"), hash_password("a")
    assert one != two
    assert accounts.password_matches(one, "a")
    assert not accounts.password_matches(one, "b")
    exponent, r, _ = map(int, one.split("$")[1].split(","))
    assert 128 * r * 2**exponent >= 32 * 2**20
    # As it was written down at first, without what it cost.
    _, _, salt, key = one.split("$")
    assert accounts.password_matches(f"scrypt${salt}${key}", "a")
    assert not accounts.password_matches(accounts.nobody(), "")


async def test_a_very_long_password(clocked: Clocked) -> None:
    long = "p" * 5000
    admin.set_password(clocked.storage.directory, "owner", long)
    assert (await consent(clocked.client, password=long[:-1])).status_code == 403
    assert "code" in answer_of(await consent(clocked.client, password=long))


@pytest.fixture
def counted() -> Iterator[sqlite3.Connection]:
    """An index that has nothing but the count of failures."""
    schema = files("acd_tui.server") / "schema" / "05-failures.sql"
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.executescript(schema.read_text("utf-8"))
        yield db


def test_an_account_of_ones_own_does_not_wipe_out_guesses_at_others(
    counted: sqlite3.Connection,
) -> None:
    for number in range(20):
        if throttle.attempt(counted, 1000, f"user:{number}", "address:a") > 0:
            break
        if throttle.attempt(counted, 1000, "user:mine", "address:a") == 0:
            throttle.succeeded(counted, "user:mine", "address:a")
    assert number == 5
    assert throttle.attempt(counted, 1000, "user:mine", "address:b") == 0


def test_a_clock_that_is_put_back_keeps_nobody_out_for_long(
    counted: sqlite3.Connection,
) -> None:
    for _ in range(5):
        assert throttle.attempt(counted, 1e9, "user:a") == 0
    assert 0 < throttle.attempt(counted, 1e9 - 1e6, "user:a") <= 2


def test_the_count_takes_no_more_room_than_that(counted: sqlite3.Connection) -> None:
    for number in range(10_100):
        assert throttle.attempt(counted, 1000 + number / 100, f"user:{number}") == 0
    assert counted.execute("SELECT count(*) FROM failures").fetchone() == (10_000,)
    now = 2000.0
    for _ in range(15):
        while throttle.attempt(counted, now, "address:a") > 0:
            now += 300
    assert throttle.attempt(counted, now, "address:a") == 300


def test_what_counts_as_one_address() -> None:
    # A site of its own has 2^64 addresses: they are one.
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert len(network_of("x" * 10_000)) == 100


@pytest.mark.parametrize("public_url", [None, "https://drive.example"])
async def test_who_says_whom_an_attempt_counts_for(
    tmp_path: Path, public_url: str | None
) -> None:
    """Behind a proxy it says who asks, in the last place; else nobody is believed."""
    async with server(tmp_path, public_url=public_url) as client:
        cookies: dict[str, str] = {}

        async def guess(name: str, forwarded: str) -> int:
            client.cookies.clear()
            page = await client.get("/ap/oa", params=asked())
            form = fields_of(page.text) | {"email": name, "password": "guess"}
            cookie = page.headers["set-cookie"].partition(";")[0]
            headers = {"X-Forwarded-For": forwarded, "Cookie": cookie}
            return (await client.post("/ap/oa", data=form, headers=headers)).status_code

        assert not cookies
        for number in range(5):
            assert await guess(f"a{number}", f"192.0.2.{number}, 203.0.113.5") == 403
        assert await guess("b", "192.0.2.99, 203.0.113.5") == 429
        other = await guess("c", "203.0.113.5, 203.0.113.6")
        assert other == (429 if public_url is None else 403)


async def test_forwarded_headers_change_no_address(tmp_path: Path) -> None:
    async with server(tmp_path) as client:
        token = admin.issue_token(tmp_path / "drive")["access_token"]
        forwarded = {
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Server": "evil.example",
            "X-Original-Host": "evil.example",
            "X-Original-URL": "/healthz",
            "X-Rewrite-URL": "/healthz",
            "Forwarded": "host=evil.example;proto=https",
        }
        headers = {"Authorization": f"Bearer {token}"} | forwarded
        found = (await client.get("/drive/v1/account/endpoint", headers=headers)).json()
        assert found["metadataUrl"] == f"{client.base_url}/drive/v1/".replace(
            "//d", "/d"
        )


async def test_a_public_address_goes_into_every_address(tmp_path: Path) -> None:
    async with server(tmp_path, public_url="https://drive.example/") as client:
        token = admin.issue_token(tmp_path / "drive")["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        found = (await client.get("/drive/v1/account/endpoint", headers=headers)).json()
        assert found["metadataUrl"] == "https://drive.example/drive/v1/"
        assert found["contentUrl"] == "https://drive.example/cdproxy/"
        listed = await client.get("/drive/v1/nodes", headers=headers)
        root = listed.json()["data"][0]["id"]
        put = await client.put(
            f"/drive/v1/nodes/{root}/properties/own/key",
            headers=headers,
            json={"value": "x"},
        )
        assert put.json()["location"].startswith(
            "https://drive.example/drive/v1/nodes/"
        )
        evil = await client.get("/healthz", headers={"Host": "evil.example"})
        assert evil.status_code == 421


async def test_a_name_is_told_to_those_who_asked_for_it(clocked: Clocked) -> None:
    plain = (await clocked.client.get("/user/profile")).json()
    assert list(plain) == ["user_id"]
    response = await consent(clocked.client, request=asked(scope="profile"))
    token = (await exchange(clocked, answer_of(response)["code"])).json()[
        "access_token"
    ]
    headers = {"Authorization": f"Bearer {token}"}
    named = await clocked.client.get("/user/profile", headers=headers)
    assert named.json() == plain | {"name": "owner"}
    assert named.headers["cache-control"] == "no-store"


async def test_a_link_of_a_removed_user_leads_to_nobody_elses_file(
    clocked: Clocked,
) -> None:
    """The numbers of their nodes are given again."""
    directory, client = clocked.storage.directory, clocked.client
    admin.add_user(directory, "leaver", PASSWORD)

    def token(db: Any) -> str:
        user, _ = accounts.find_user(db, "leaver") or (0, "")
        holder = tokens.Holder(user, admin.APPLICATION, tokens.DEFAULT_SCOPE)
        return tokens.issue_access(db, holder, clocked.clock.now())

    leaver = {"Authorization": f"Bearer {clocked.storage.db.write_now(token)}"}
    upload: list[Any] = [
        ("metadata", (None, '{"name":"f","kind":"FILE"}')),
        ("content", ("x", b"content", "text/plain")),
    ]
    parameters = {"tempLink": "true"}
    sent = await client.post(
        "/cdproxy/nodes", files=upload, headers=leaver, params=parameters
    )
    link = sent.json()["tempLink"]
    body = {"nodeIds": [sent.json()["id"]]}
    batch = await client.post("/drive/v1/batchLink", json=body, headers=leaver)
    archive = batch.json()["links"]["content"]
    assert (await client.get(link)).content == b"content"
    await asyncio.to_thread(admin.remove_user, directory, "leaver")
    clocked.clock.advance(10)

    secret = [upload[0], ("content", ("x", b"secret", "text/plain"))]
    mine = await client.post("/cdproxy/nodes", files=secret)

    assert mine.status_code == 201
    with sqlite3.connect(directory / "index.sqlite") as db:
        (numbers,) = db.execute("SELECT count(*), max(num) FROM nodes").fetchall()
    db.close()
    assert numbers[0] == numbers[1], (
        "the number was given again: else this proves nothing"
    )
    assert (await client.get(link)).status_code == 404
    assert b"secret" not in (await client.get(archive)).content


@pytest.mark.parametrize(
    ("name", "content_type", "data"),
    [
        ("a.html", "text/html", b"<script>alert(1)</script>"),
        (
            "a.svg",
            "image/svg+xml",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>",
        ),
        ("a.pdf", "application/pdf", b"%PDF-1.4"),
        ("a.xml", "text/xml", b"<?xml-stylesheet href='x'?><a/>"),
        ("a.txt", "text/plain", b"<html><script>alert(1)</script>"),
        ("a", "application/octet-stream", b"<html><script>alert(1)</script>"),
    ],
)
async def test_content_is_no_page_of_ours(
    clocked: Clocked, name: str, content_type: str, data: bytes
) -> None:
    files: list[Any] = [
        ("metadata", (None, f'{{"name":"{name}","kind":"FILE"}}')),
        ("content", ("x", data, content_type)),
    ]
    parameters = {"tempLink": "true"}
    node = await clocked.client.post("/cdproxy/nodes", files=files, params=parameters)
    path = f"/cdproxy/nodes/{node.json()['id']}/content"
    evil = "text/html\r\nSet-Cookie: evil=1\r\n\r\n<script>"
    for url in (path, node.json()["tempLink"]):
        for query in (
            {},
            {"responseContentType": "text/html"},
            {"responseContentType": evil},
            {"responseContentDisposition": "inline"},
            {"responseContentDisposition": evil},
            {"download": "true"},
        ):
            for asked_range in ({}, {"Range": "bytes=0-3"}):
                response = await clocked.client.get(
                    url, params=query, headers=asked_range
                )
                assert response.status_code in {200, 206}
                policy = response.headers["content-security-policy"]
                assert policy == "default-src 'none'; sandbox"
                assert response.headers["x-content-type-options"] == "nosniff"
                assert "set-cookie" not in response.headers
                assert "access-control-allow-origin" not in response.headers


def test_the_number_of_a_removed_user_is_not_given_again(clocked: Clocked) -> None:
    directory = clocked.storage.directory

    def number(name: str) -> int:
        found = clocked.storage.db.read_now(lambda db: accounts.find_user(db, name))
        assert found is not None
        return found[0]

    admin.add_user(directory, "leaver", PASSWORD)
    left = number("leaver")
    admin.remove_user(directory, "leaver")
    admin.add_user(directory, "comer", PASSWORD)
    assert number("comer") > left


def test_names_of_applications_that_would_hide_nothing(tmp_path: Path) -> None:
    admin.initialise(tmp_path, password=PASSWORD)
    for owner in ('a"b', "a\\b", "", "a\nb", "é"):
        with pytest.raises(UsageError):
            admin.add_client(tmp_path, "client", [REDIRECT], owner=owner)
