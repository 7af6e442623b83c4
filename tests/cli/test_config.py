from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Command

TOKEN = (
    '{"access_token":"Atza|canary-access","token_type":"bearer",'
    '"refresh_token":"Atzr|canary-refresh","expiry":"2100-01-01T00:00:00Z"}'
)


@pytest.fixture
def photos(acd: Command) -> None:
    """A remote with its secrets in the file."""
    made = acd(
        *("config", "create", "photos", "client_id=abc", "client_secret=canary-secret"),
        *("token=-", "--plain-file"),
        stdin=TOKEN.encode(),
    )
    assert made.returncode == 0, made.stderr.decode()
    assert made.stdout == b""
    assert b"unencrypted" in made.stderr
    assert b"canary" not in made.stderr


def configuration(acd: Command) -> Path:
    return Path(acd("config", "file").stdout.decode().rstrip("\n"))


@pytest.mark.usefixtures("photos")
def test_a_remote_is_shown_without_its_secrets(acd: Command) -> None:
    assert acd("config", "list").stdout == b"photos:\n"
    assert json.loads(acd("config", "list", "--json").stdout) == [
        {"name": "photos", "secrets": "plain-file"}
    ]
    shown = acd("config", "show", "photos")
    assert shown.stdout.startswith(b"[photos]\n")
    assert b"client_id = abc\n" in shown.stdout
    assert b"token = ***\n" in shown.stdout
    as_json = acd("config", "show", "photos", "--json")
    assert json.loads(as_json.stdout)["options"]["client_secret"] == "***"
    every = acd("config", "show")
    assert every.stdout == shown.stdout
    for said in (shown, as_json, every):
        assert b"canary" not in said.stdout + said.stderr


@pytest.mark.usefixtures("photos")
def test_the_file_is_for_its_owner_alone(acd: Command) -> None:
    file = configuration(acd)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "canary-refresh" in file.read_text()


@pytest.mark.usefixtures("photos")
def test_a_name_can_be_taken_once(acd: Command) -> None:
    again = acd("config", "create", "Photos", "token=-", stdin=TOKEN.encode())
    assert again.returncode == 1
    assert b"already" in again.stderr
    assert b"hint: " in again.stderr


@pytest.mark.usefixtures("photos")
def test_a_remote_can_be_removed(acd: Command) -> None:
    gone = acd("config", "delete", "photos")
    assert gone.returncode == 0, gone.stderr.decode()
    assert acd("config", "list").stdout == b""
    assert "canary" not in configuration(acd).read_text()


@pytest.mark.peer
@pytest.mark.skipif(
    not shutil.which("rclone") and not os.environ.get("CI"),
    reason="rclone is not installed",
)
@pytest.mark.usefixtures("photos")
def test_rclone_reads_it(acd: Command) -> None:
    said = subprocess.run(
        ["rclone", "--config", configuration(acd), "config", "show", "photos"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "type = amazon cloud drive\n" in said
    assert f"token = {TOKEN}\n" in said


def test_without_a_keyring_nothing_is_kept_unless_told_to(acd: Command) -> None:
    refused = acd("config", "create", "photos", "token=-", stdin=TOKEN.encode())
    assert refused.returncode == 1
    assert b"keyring" in refused.stderr
    assert b"--plain-file" in refused.stderr
    assert acd("config", "list").stdout == b""
    assert not configuration(acd).exists()


def test_a_remote_of_the_environment_is_listed(
    acd: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCLONE_CONFIG_WORK_TYPE", "amazon cloud drive")
    monkeypatch.setenv("RCLONE_CONFIG_WORK_TOKEN", TOKEN)
    assert json.loads(acd("config", "list", "--json").stdout) == [
        {"name": "work", "secrets": "environment"}
    ]
    assert b"canary" not in acd("config", "show", "work").stdout


def test_a_remote_nobody_signed_in_to(
    acd: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCLONE_CONFIG_WORK_TYPE", "amazon cloud drive")
    result = acd("ls", "work:")
    assert result.returncode == 7
    assert result.stderr


def test_nothing_pasted_is_said(acd: Command) -> None:
    result = acd(
        *("config", "create", "photos", "client_id=abc", "--plain-file"), "--no-browser"
    )
    assert result.returncode == 2
    assert b"http" in result.stderr
    assert acd("config", "list").stdout == b""


def test_a_value_that_should_come_and_does_not(acd: Command) -> None:
    assert acd("config", "create", "x", "token=-").returncode == 2
    both = acd("config", "create", "x", "token=-", "client_secret=-", stdin=b"a")
    assert both.returncode == 2
