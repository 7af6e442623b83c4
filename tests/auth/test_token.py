"""The token's written forms."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.auth.token import Token
from acd_tui.errors import UsageError
from tests.fakes import FakeClock


def test_rclones_blob_there_and_back(samples: Path) -> None:
    written = json.dumps(
        json.loads((samples / "token-rclone-blob.json").read_text()),
        separators=(",", ":"),
    )

    token = Token.from_blob(written)

    assert (token.access_token, token.refresh_token) == ("Atza|new", "Atzr|new")
    assert token.expiry == pytest.approx(1795447040.305588)
    assert token.to_blob() == written.replace("305588586", "305588")


@pytest.mark.parametrize(
    ("expiry", "seconds"),
    [
        ("2026-11-23T15:17:20Z", 1795447040.0),
        ("2026-11-23T16:17:20.5+01:00", 1795447040.5),
        ("2026-11-23T15:17:20", 1795447040.0),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        ("rubbish", 0.0),
    ],
)
def test_expiry(expiry: str, seconds: float | None) -> None:
    blob = json.dumps({"access_token": "a", "expiry": expiry})

    assert Token.from_blob(blob).expiry == seconds


def test_the_blob_of_old_versions() -> None:
    token = Token.from_blob(
        '{"AccessToken":"a","RefreshToken":"r","Expiry":"0001-01-01T00:00:00Z",'
        '"Extra":null}'
    )

    assert token == Token("a", "r")


def test_a_token_that_never_ends() -> None:
    blob = Token("a").to_blob()

    assert json.loads(blob)["expiry"] == "0001-01-01T00:00:00Z"
    assert Token.from_blob(blob).expiry is None


def test_characters_are_escaped_as_go_does() -> None:
    assert "\\u003cx\\u003e\\u0026" in Token("<x>&").to_blob()


@given(st.text(min_size=1), st.text(), st.none() | st.floats(0, 4e9))
def test_any_token_survives(access: str, refresh: str, expiry: float | None) -> None:
    try:
        access.encode()
        refresh.encode()
    except UnicodeEncodeError:
        return
    token = Token.from_blob(Token(access, refresh, expiry).to_blob())

    assert (token.access_token, token.refresh_token) == (access, refresh)
    if expiry is None:
        assert token.expiry is None
    else:
        assert token.expiry == pytest.approx(expiry, abs=1e-3)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "Atza|x", '{"access_token":5}', "[" * 99999]
)
def test_what_is_no_token(text: str) -> None:
    with pytest.raises(UsageError, match="not a token") as caught:
        Token.from_blob(text)
    assert "Atza" not in str(caught.value)


BLOB = '{"access_token":"a","token_type":"bearer","expiry":"0001-01-01T00:00:00Z"}'


@pytest.mark.parametrize(
    "pasted",
    [
        BLOB,
        f"\n  {BLOB}\n",
        f"Paste the following into your remote machine --->\n{BLOB}\n<---End paste\n",
        base64.b64encode(json.dumps({"token": BLOB}).encode()).decode().rstrip("="),
        "noise --->\n"
        + base64.b64encode(json.dumps({"token": BLOB}).encode()).decode()
        + "\n<---End paste",
    ],
)
def test_what_authorize_prints_can_be_pasted(pasted: str) -> None:
    assert Token.from_paste(pasted) == Token("a")


@pytest.mark.parametrize("pasted", ["", "hello", "--->\n<---", "e30", "bnVsbA"])
def test_what_cannot_be_pasted(pasted: str) -> None:
    with pytest.raises(UsageError):
        Token.from_paste(pasted)


def test_expired_a_little_early() -> None:
    clock = FakeClock(1000.0)

    assert not Token("a", expiry=1061.0).expired(clock)
    assert Token("a", expiry=1060.0).expired(clock)
    assert not Token("a", expiry=None).expired(clock)


def test_secrets_do_not_show() -> None:
    assert "hidden" not in repr(Token("hidden", "hidden too"))
