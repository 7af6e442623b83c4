"""Sign-in, consent, tokens, and everything that must be refused there."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from acd_tui.server import accounts, admin, tokens
from acd_tui.server.routes.oauth import registered
from tests.server.conftest import Clocked
from tests.server_process import PASSWORD

pytestmark = pytest.mark.socket

REDIRECT = "http://127.0.0.1:53682/"
VERIFIER = "v" * 50
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode()
)


def asked(**changes: str | None) -> dict[str, str]:
    """An authorization request."""
    request: dict[str, str | None] = {
        "client_id": admin.APPLICATION,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "clouddrive:read_all clouddrive:write",
        "state": 'a b&<"é',
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    request |= changes
    return {name: value for name, value in request.items() if value is not None}


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {html.unescape(name): html.unescape(value) for name, value in found}


async def consent(
    client: httpx.AsyncClient,
    *,
    request: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    **typed: str,
) -> httpx.Response:
    """Open the page and send its form."""
    page = await client.get("/ap/oa", params=request or asked())
    assert page.status_code == 200, page.text
    form = fields_of(page.text) | {"email": "owner", "password": PASSWORD} | typed
    return await client.post("/ap/oa", data=form, headers=headers or {})


def answer_of(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 303, response.text
    location = response.headers["location"]
    assert location.startswith(REDIRECT + "?")
    return {
        name: values[0] for name, values in parse_qs(urlsplit(location).query).items()
    }


async def exchange(clocked: Clocked, code: str, /, **changes: Any) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": admin.APPLICATION,
        "client_secret": clocked.client_secret,
        "code_verifier": VERIFIER,
    } | changes
    form = {name: value for name, value in form.items() if value is not None}
    return await clocked.client.post(
        "/auth/o2/token", data=form, headers={"Authorization": ""}
    )


async def works(clocked: Clocked, token: str) -> bool:
    response = await clocked.client.get(
        "/drive/v1/nodes", headers={"Authorization": f"bearer {token}"}
    )
    return response.status_code == 200


async def test_the_whole_way(clocked: Clocked) -> None:
    answer = answer_of(await consent(clocked.client))
    assert answer["state"] == 'a b&<"é'
    assert answer["scope"] == "clouddrive:read_all clouddrive:write"

    response = await exchange(clocked, answer["code"])

    body = response.json()
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert body["access_token"].startswith("Atza|")
    assert body["refresh_token"].startswith("Atzr|")
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert await works(clocked, body["access_token"])


async def test_refresh_with_both_ways_of_authentication(clocked: Clocked) -> None:
    code = answer_of(await consent(clocked.client))["code"]
    first = (await exchange(clocked, code)).json()
    pair = f"{admin.APPLICATION}:{clocked.client_secret}".encode()
    basic = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
    grant = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    form = {"client_id": admin.APPLICATION, "client_secret": clocked.client_secret}

    by_header = await clocked.client.post("/auth/o2/token", data=grant, headers=basic)
    by_form = await clocked.client.post(
        "/auth/o2/token", data=grant | form, headers={"Authorization": ""}
    )

    for response in (by_header, by_form):
        body = response.json()
        assert body["refresh_token"] == first["refresh_token"]
        assert body["access_token"] != first["access_token"]
        assert await works(clocked, body["access_token"])


async def test_an_access_token_lives_an_hour(clocked: Clocked) -> None:
    code = answer_of(await consent(clocked.client))["code"]
    token = (await exchange(clocked, code)).json()["access_token"]
    clocked.clock.advance(3599)
    assert await works(clocked, token)
    clocked.clock.advance(2)

    response = await clocked.client.get(
        "/drive/v1/nodes", headers={"Authorization": f"Bearer {token}"}
    )

    assert response.status_code == 401
    assert response.json() == {"message": "Token has expired"}


async def test_a_replayed_code_takes_back_what_it_gave(clocked: Clocked) -> None:
    code = answer_of(await consent(clocked.client))["code"]
    token = (await exchange(clocked, code)).json()["access_token"]

    replayed = await exchange(clocked, code)

    assert replayed.status_code == 400
    assert replayed.json()["error"] == "invalid_grant"
    clocked.clock.advance(2)  # what is known of a token is looked up again each second
    assert not await works(clocked, token)


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"code": "guessed"}, 400, "invalid_grant"),
        ({"code": None}, 400, "invalid_request"),
        ({"redirect_uri": "http://127.0.0.1:1/"}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"code_verifier": "wrong"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "unknown"}, 401, "invalid_client"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "invalid_request"),
    ],
)
async def test_exchanges_that_are_refused(
    clocked: Clocked, changes: dict[str, str], status: int, error: str
) -> None:
    code = answer_of(await consent(clocked.client))["code"]

    response = await exchange(clocked, code, **changes)

    assert (response.status_code, response.json()["error"]) == (status, error)
    assert "error_description" in response.json()


async def test_a_code_lives_five_minutes(clocked: Clocked) -> None:
    code = answer_of(await consent(clocked.client))["code"]
    clocked.clock.advance(301)

    assert (await exchange(clocked, code)).status_code == 400


async def test_without_its_secret_an_application_needs_pkce(clocked: Clocked) -> None:
    code = answer_of(await consent(clocked.client))["code"]
    assert (await exchange(clocked, code, client_secret=None)).status_code == 200

    plain = asked(code_challenge=None, code_challenge_method=None)
    code = answer_of(await consent(clocked.client, request=plain))["code"]
    refused = await exchange(clocked, code, client_secret=None, code_verifier=None)
    assert refused.status_code == 400
    code = answer_of(await consent(clocked.client, request=plain))["code"]
    assert (await exchange(clocked, code, code_verifier=None)).status_code == 200


async def test_a_code_and_a_refresh_token_belong_to_one_application(
    clocked: Clocked,
) -> None:
    secret = admin.add_client(
        clocked.storage.directory, "another", [REDIRECT], owner="another"
    )
    stranger = {"client_id": "another", "client_secret": secret}
    code = answer_of(await consent(clocked.client))["code"]
    assert (await exchange(clocked, code, **stranger)).status_code == 400

    refresh = (await exchange(clocked, code)).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh} | stranger
    response = await clocked.client.post(
        "/auth/o2/token", data=form, headers={"Authorization": ""}
    )
    assert response.json() == {
        "error_description": "The request has an invalid grant parameter : refresh_token",
        "error": "invalid_grant",
    }


async def test_denying_leads_back_with_an_error(clocked: Clocked) -> None:
    answer = answer_of(await consent(clocked.client, decision="deny", password=""))

    assert answer["error"] == "access_denied"
    assert answer["state"] == 'a b&<"é'
    assert "code" not in answer


async def test_what_is_never_redirected(clocked: Clocked) -> None:
    for changes in (
        {"client_id": "unknown"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "http://127.0.0.1.evil.example:53682/"},
        {"redirect_uri": "http://127.0.0.1:53682/other"},
        {"redirect_uri": "http://evil.example@127.0.0.1:53682/"},
        {"redirect_uri": "http://127.0.0.1:53682@evil.example/"},
        {"redirect_uri": "http://127.0.0.1:53682/?next=1"},
        {"redirect_uri": "http://127.0.0.1:53682/#f"},
        {"redirect_uri": "https://127.0.0.1:53682/"},
        {"redirect_uri": "http://localhost:53682/"},
        {"redirect_uri": "//127.0.0.1:53682/"},
        {"redirect_uri": "http://127.0.0.1:99999999/"},
        {"redirect_uri": None},
    ):
        response = await clocked.client.get("/ap/oa", params=asked(**changes))
        assert response.status_code == 400, changes
        assert "location" not in response.headers
        assert "Unknown" in response.text


def test_loopback_addresses_match_on_any_port() -> None:
    client = accounts.Client("c", "o", True, (REDIRECT, "https://a.example/back"))

    assert registered(client, "http://127.0.0.1:1234/")
    assert registered(client, "https://a.example/back")
    assert not registered(client, "https://a.example:444/back")
    assert not registered(client, "https://a.example/back/")
    for unseen in ("\n", "\t", "\x01", " "):
        assert not registered(client, f"http://127.0.0.1:1234/{unseen}")
        assert not registered(client, f"{unseen}http://127.0.0.1:1234/")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
async def test_requests_that_lead_back_with_an_error(
    clocked: Clocked, changes: dict[str, str], error: str
) -> None:
    response = await clocked.client.get("/ap/oa", params=asked(**changes))

    assert answer_of(response)["error"] == error


async def test_cross_site_posts_are_refused(clocked: Clocked) -> None:
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Cookie": "acd_form=another"},
    ):
        response = await consent(clocked.client, headers=headers)
        assert response.status_code == 403, headers
    # The form of one request cannot be sent with the parameters of another.
    response = await consent(clocked.client, scope="clouddrive:read_all")
    assert response.status_code == 403
    plain = asked() | {"email": "owner", "password": PASSWORD}
    assert (await clocked.client.post("/ap/oa", data=plain)).status_code == 403


async def test_wrong_passwords_and_unknown_users_look_the_same(
    clocked: Clocked,
) -> None:
    wrong = await consent(clocked.client, password="wrong password")
    unknown = await consent(clocked.client, email="owner2")

    assert (wrong.status_code, unknown.status_code) == (403, 403)
    assert "The user or the password is wrong." in wrong.text
    assert fields_of(wrong.text)["state"] == 'a b&<"é'

    def visible(text: str) -> str:
        return re.sub(r'value="[^"]*"', "", text)

    assert visible(wrong.text) == visible(unknown.text)


async def test_attempts_are_throttled(clocked: Clocked) -> None:
    page = await clocked.client.get("/ap/oa", params=asked())
    form = fields_of(page.text) | {"email": "owner"}
    answers = await asyncio.gather(
        *(
            clocked.client.post("/ap/oa", data=form | {"password": f"guess {number}"})
            for number in range(8)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [403] * 5 + [429] * 3
    late = await consent(clocked.client)
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) >= 1

    clocked.clock.advance(301)

    assert "code" in answer_of(await consent(clocked.client))


async def test_others_who_guess_do_not_keep_the_owner_out(clocked: Clocked) -> None:
    assert "code" in answer_of(await consent(clocked.client))
    device = clocked.client.cookies["acd_device"]
    clocked.client.cookies.clear()
    guesses = [await consent(clocked.client, password="guess") for _ in range(6)]
    assert guesses[-1].status_code == 429

    clocked.client.cookies.set("acd_device", device, path="/ap/oa")

    assert "code" in answer_of(await consent(clocked.client))
    # It helps its own user alone, and whoever has stolen it may not guess without end.
    admin.add_user(clocked.storage.directory, "second", PASSWORD)
    clocked.client.cookies.clear()
    clocked.client.cookies.set("acd_device", device, path="/ap/oa")
    assert (await consent(clocked.client, email="second")).status_code == 429
    statuses = [
        (await consent(clocked.client, password="guess")).status_code for _ in range(6)
    ]
    assert statuses == [403] * 5 + [429]
    clocked.client.cookies.clear()
    forged = device[:-1] + ("A" if device[-1] != "A" else "B")
    clocked.client.cookies.set("acd_device", forged, path="/ap/oa")
    assert (await consent(clocked.client)).status_code == 429


async def test_the_page_escapes_what_it_is_given(clocked: Clocked) -> None:
    evil = '"><script>alert(1)</script>'
    page = await clocked.client.get("/ap/oa", params=asked(state=evil))
    assert "<script" not in page.text
    assert fields_of(page.text)["state"] == evil
    again = await consent(clocked.client, email=evil, password="wrong")
    assert "<script" not in again.text
    for response in (page, again):
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"


async def test_scopes_are_enforced(clocked: Clocked) -> None:
    async def token(scope: str) -> dict[str, str]:
        request = asked(scope=scope)
        code = answer_of(await consent(clocked.client, request=request))["code"]
        access = (await exchange(clocked, code)).json()["access_token"]
        return {"Authorization": f"Bearer {access}"}

    client, body = clocked.client, {"name": "x", "kind": "FOLDER"}
    reader, writer = await token("clouddrive:read_all"), await token("clouddrive:write")
    nobody = await token("profile")
    nodes = "/drive/v1/nodes"
    assert (await client.get(nodes, headers=reader)).status_code == 200
    assert (await client.post(nodes, json=body, headers=reader)).status_code == 403
    assert (await client.post(nodes, json=body, headers=writer)).status_code == 201
    assert (await client.get(nodes, headers=writer)).status_code == 403
    assert (await client.get(nodes, headers=nobody)).status_code == 403
    assert (await client.get("/user/profile", headers=nobody)).json()["name"] == "owner"


async def test_no_token_or_a_wrong_one(clocked: Clocked) -> None:
    for path in ("/drive/v1/nodes", "/cdproxy/nodes/x/content"):
        none = await clocked.client.get(path, headers={"Authorization": ""})
        assert none.status_code == 401
        assert "No Auth Method Provided" in none.json().values()
        for header in ("Bearer Atza|x", "Bearer é", "Basic eDp5", "Bearer"):
            wrong = await clocked.client.get(
                path, headers=[(b"Authorization", header.encode())]
            )
            assert wrong.status_code == 401
    refresh = admin.issue_token(clocked.storage.directory)["refresh_token"]
    assert not await works(clocked, refresh)


async def test_token_info(clocked: Clocked) -> None:
    code = answer_of(await consent(clocked.client))["code"]
    token = (await exchange(clocked, code)).json()["access_token"]
    clocked.clock.advance(100)

    info = (
        await clocked.client.get("/auth/o2/tokeninfo", params={"access_token": token})
    ).json()

    assert info["aud"] == admin.APPLICATION
    assert info["exp"] == 3500
    bad = await clocked.client.get("/auth/o2/tokeninfo?access_token=x")
    assert (bad.status_code, bad.json()["error"]) == (400, "invalid_token")


async def test_another_application_sees_no_properties_of_ours(clocked: Clocked) -> None:
    directory = clocked.storage.directory
    admin.add_client(directory, "another", [REDIRECT], owner="another")

    def theirs(db: Any) -> str:
        holder = tokens.Holder(1, "another", tokens.DEFAULT_SCOPE)
        return tokens.issue_access(db, holder, clocked.clock.now())

    headers = {"Authorization": f"Bearer {clocked.storage.db.write_now(theirs)}"}
    client = clocked.client
    body = {
        "name": "x",
        "kind": "FOLDER",
        "properties": {"acdtui": {"k": "v"}, "open": {"k": "v"}},
    }
    path = f"/drive/v1/nodes/{(await client.post('/drive/v1/nodes', json=body)).json()['id']}"

    seen = (await client.get(path, headers=headers)).json()
    listed = await client.get(path + "/properties/acdtui", headers=headers)
    put = await client.put(
        path + "/properties/acdtui/k", json={"value": "w"}, headers=headers
    )

    assert seen["properties"] == {"open": {"k": "v"}}
    assert listed.json() == {"count": 0, "data": {}}
    assert put.status_code == 403
    assert (await client.get(path)).json()["properties"]["acdtui"] == {"k": "v"}


def test_nothing_secret_is_stored(clocked: Clocked) -> None:
    token = admin.issue_token(clocked.storage.directory)
    secrets = [
        token["access_token"],
        token["refresh_token"],
        clocked.client_secret,
        PASSWORD,
    ]
    for file in clocked.storage.directory.glob("index.sqlite*"):
        raw = file.read_bytes()
        for secret in secrets:
            assert secret.encode() not in raw
    assert clocked.storage.directory.stat().st_mode & 0o077 == 0
    secret_file = clocked.storage.directory / "client-acd-tui.json"
    assert secret_file.stat().st_mode & 0o077 == 0
