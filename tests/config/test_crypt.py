"""The encrypted configuration: rclone's vectors, and stock rclone on the other side."""

from __future__ import annotations

import base64
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acd_tui.config import crypt
from acd_tui.config.options import TYPE
from acd_tui.config.password import Locked, Passwords
from acd_tui.config.remotes import Remotes
from acd_tui.environment import for_children
from acd_tui.errors import UsageError

VECTORS: list[dict[str, str]] = json.loads(
    (Path(__file__).parent / "crypt-vectors.json").read_text("utf-8")
)["config_encryption"]
PLAIN = f"# mine\n[photos]\ntype = {TYPE}\nclient_id = canary\n"
ODD_PASSWORDS = ["x", " leading and trailing ", "ﬀÅ", "ü\t日本", "a" * 300, '"`$\\']


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "remotes.conf"


def encrypted(path: Path, password: str, text: str = PLAIN) -> None:
    path.write_text(crypt.encrypt(text, crypt.key_of(password)))


def remotes(path: Path, password: str = "", **how: Any) -> Remotes:
    environment = {"RCLONE_CONFIG_PASS": password} if password else {}
    return Remotes(path, environment, passwords=Passwords(environment, **how))


@pytest.mark.parametrize("vector", VECTORS)
def test_vectors(vector: dict[str, str]) -> None:
    key = crypt.key_of(vector["password"])
    text = f"; note\n\nRCLONE_ENCRYPT_V0:\r\n{vector['base64'][:40]}\n{vector['base64'][40:]}\n"

    assert key.hex() == vector["key_hex"]
    assert crypt.is_encrypted(text)
    assert crypt.decrypt(text, key) == vector["plain"]


def test_the_same_content_never_looks_the_same() -> None:
    key = crypt.key_of("x")
    assert crypt.encrypt(PLAIN, key) != crypt.encrypt(PLAIN, key)


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("", False),
        ("# RCLONE_ENCRYPT_V0:\n[a]\n", False),
        ("[a]\nRCLONE_ENCRYPT_V0:\n", False),
        ("\ufeff\n ; x\n  RCLONE_ENCRYPT_V0: \n", True),
    ],
)
def test_what_is_encrypted(text: str, is_it: bool) -> None:
    assert crypt.is_encrypted(text) is is_it


def test_a_later_version_is_refused() -> None:
    with pytest.raises(UsageError, match="RCLONE_ENCRYPT_V7"):
        crypt.is_encrypted("RCLONE_ENCRYPT_V7:\nAAAA\n")


def damaged() -> Iterator[str]:
    good = crypt.encrypt(PLAIN, crypt.key_of("right"))
    yield good + "\n[appended]\ntype = local\n"
    yield good[:90]
    yield good[:-9]
    yield "RCLONE_ENCRYPT_V0:\n"
    yield "RCLONE_ENCRYPT_V0:\nÄÄÄÄ\n"


@pytest.mark.parametrize("text", damaged(), ids=range(5))
def test_what_is_damaged_is_said_and_stays(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises((UsageError, Locked)):
        remotes(path, "right").update("photos", {"client_id": "new"})
    assert path.read_text() == text


@pytest.mark.parametrize("at", [0, 24, 40, -1])
def test_a_changed_byte_is_seen(path: Path, at: int) -> None:
    head, _, packed = crypt.encrypt(PLAIN, crypt.key_of("right")).rpartition("\n")
    sealed = bytearray(base64.b64decode(packed))
    sealed[at] ^= 1
    path.write_text(f"{head}\n{base64.b64encode(sealed).decode()}")
    with pytest.raises(Locked):
        remotes(path, "right").names()


def test_changes_stay_encrypted(path: Path) -> None:
    encrypted(path, "right")
    path.chmod(0o644)
    mine = remotes(path, "right")

    mine.create("other", {"client_secret": "canary-secret"})
    mine.update("photos", {"client_id": "canary-new"})

    assert crypt.is_encrypted(path.read_text())
    assert "canary" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = remotes(path, "right")
    assert again.names() == ["photos", "other"]
    assert again.get("photos").client_id == "canary-new"
    assert again.part("photos").startswith("# mine\n")


def test_bytes_that_are_no_text_survive(path: Path) -> None:
    path.write_bytes(PLAIN.encode() + b"note = \xff\xfe\n")
    remotes(path).encrypt("pw")
    remotes(path, "pw").decrypt()
    assert path.read_bytes() == PLAIN.encode() + b"note = \xff\xfe\n"


def test_to_encrypt_change_and_decrypt(path: Path) -> None:
    path.write_text(PLAIN)
    mine = remotes(path)
    mine.encrypt("first")
    assert mine.encrypted
    assert "canary" not in path.read_text()
    mine.encrypt("second")
    with pytest.raises(Locked):
        remotes(path, "first").names()
    assert remotes(path, "second").names() == ["photos"]
    with pytest.raises(Locked):
        remotes(path, "first").encrypt("third")
    with pytest.raises(UsageError):
        mine.encrypt("")
    mine.decrypt()
    assert path.read_text() == PLAIN


def test_a_password_is_asked_for_once(path: Path) -> None:
    encrypted(path, "right")
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "right"

    mine = remotes(path, ask=ask)
    threads = [threading.Thread(target=mine.names) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mine.update("photos", {"client_id": "new"})
    assert mine.get("photos").client_id == "new"
    assert asked == [f"Password of {path}: "]


def test_three_wrong_answers_are_enough(path: Path) -> None:
    encrypted(path, "right")
    answers = iter(["wrong", "", "also wrong", "right"])
    with pytest.raises(Locked) as caught:
        remotes(path, ask=lambda _: next(answers)).names()
    assert "RCLONE_CONFIG_PASS" in (caught.value.hint or "")
    assert next(answers) == "right"


def test_where_the_variable_is_wrong_a_person_is_asked(path: Path) -> None:
    encrypted(path, "right")
    assert remotes(path, "wrong", ask=lambda _: "right").names() == ["photos"]
    with pytest.raises(Locked, match="what RCLONE_CONFIG_PASS says"):
        remotes(path, "wrong").names()


def test_another_process_changed_the_password(path: Path) -> None:
    encrypted(path, "old")
    answers = iter(["old", "new"])
    mine = remotes(path, ask=lambda _: next(answers))
    assert mine.names() == ["photos"]
    encrypted(path, "new")
    mine.update("photos", {"client_id": "x"})
    assert remotes(path, "new").get("photos").client_id == "x"


@pytest.mark.parametrize("flag", [True, False])
def test_a_password_command_counts_first(path: Path, flag: bool) -> None:
    encrypted(path, 'with "quotes" and spaces')
    command = f'{sys.executable} -c "print(\'with ""quotes"" and spaces\')"'
    environment = {"RCLONE_CONFIG_PASS": "wrong"}
    if not flag:
        environment["RCLONE_PASSWORD_COMMAND"] = command
    passwords = Passwords(environment, command=command if flag else "")
    assert Remotes(path, environment, passwords=passwords).names() == ["photos"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/no/such/program", "cannot be run"),
        ("false", "false ended with 1"),
        ("true", "said nothing"),
        (" ", "is empty"),
    ],
)
def test_a_password_command_that_fails(path: Path, command: str, words: str) -> None:
    encrypted(path, "right")
    with pytest.raises(UsageError, match=words):
        Remotes(path, {}, passwords=Passwords({}, command=command)).names()


def test_a_password_command_runs_once_and_without_secrets(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCLONE_CONFIG_PASS", "canary")
    script = tmp_path / "say"
    script.write_text('#!/bin/sh\nenv >> "$0.env"\necho right\n')
    script.chmod(0o700)
    encrypted(path, "right")
    mine = Remotes(path, {}, passwords=Passwords({}, command=str(script)))
    mine.names()
    mine.create("x", {})
    said = (tmp_path / "say.env").read_text()
    assert said.count("\nPATH=") + said.startswith("PATH=") == 1
    assert "canary" not in said


def test_children_get_no_secret() -> None:
    secrets = {
        "RCLONE_CONFIG_PASS": "1",
        "RCLONE_ACD_TOKEN": "1",
        "RCLONE_ACD_CLIENT_SECRET": "1",
        "RCLONE_CONFIG_MY-DRIVE_TOKEN": "1",
        "RCLONE_CONFIG_X_CLIENT_SECRET": "1",
        "RCLONE_CONFIG_X_PASSWORD2": "1",
    }
    others = {
        "PATH": "/bin",
        "RCLONE_CONFIG_X_TYPE": TYPE,
        "RCLONE_ACD_TOKEN_URL": "http://x",
        "RCLONE_PASSWORD_COMMAND": "pass show x",
    }
    assert for_children(secrets | others) == others


# --- stock rclone


def rclone(path: Path, password: str, *arguments: str) -> str:
    if shutil.which("rclone") is None and not os.environ.get("CI"):
        pytest.skip("rclone is not installed")
    done = subprocess.run(
        ["rclone", "--config", str(path), "--ask-password=false", *arguments],
        env={"PATH": os.environ["PATH"], "RCLONE_CONFIG_PASS": password},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.peer
@pytest.mark.parametrize("password", ODD_PASSWORDS, ids=range(6))
def test_rclone_opens_ours_and_we_open_its(path: Path, password: str) -> None:
    path.write_text(PLAIN)
    remotes(path).encrypt(password)

    shown = rclone(path, password, "config", "show")
    assert shown.strip() == PLAIN.strip()

    rclone(
        path,
        password,
        "config",
        "create",
        "mine",
        "crypt",
        "remote=photos:x",
        "password=pw",
        "--obscure",
    )
    ours = remotes(path, password)
    assert ours.encrypted
    assert ours.foreign() == {"mine": "crypt"}
    obscured = ours.in_file("mine")["password"]
    assert obscured != "pw"

    ours.update("photos", {"client_id": "new"})
    dumped = json.loads(rclone(path, password, "config", "dump"))
    assert dumped["photos"]["client_id"] == "new"
    assert dumped["mine"]["password"] == obscured
