"""What the doctor finds, on machines where something is wrong."""

from __future__ import annotations

import contextlib
import email.utils
import http.server
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd_tui.auth import loopback
from acd_tui.cli import checkup, reaching
from acd_tui.cli.checkup import Verdict
from tests.cli.conftest import Command, define
from tests.cli.test_streams import on_a_terminal
from tests.peers.tls_front import make_certificates
from tests.server_process import ServerProcess

pytestmark = pytest.mark.socket


@pytest.fixture(autouse=True)
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A port for sign-ins that no other test uses."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
    monkeypatch.setattr(loopback, "PORT", number)
    return number


class Found(dict[str, dict[str, str]]):
    """Findings by what was looked at."""

    def __init__(self, here: Command, *arguments: str) -> None:
        result = here("doctor", "--json", *arguments)
        document = json.loads(result.stdout)
        assert set(document) == {"ok", "checks"}
        for each in document["checks"]:
            assert set(each) == {"check", "verdict", "text", "advice"}
            assert each["verdict"] == "ok" or each["advice"], each
        super().__init__({each["check"]: each for each in document["checks"]})
        problems = [each for each in self.values() if each["verdict"] == "problem"]
        assert document["ok"] == (not problems)
        assert result.returncode == (1 if problems else 0)


def test_a_new_machine_has_no_problem(here: Command, home: Path) -> None:
    found = Found(here)
    assert found["remotes"]["verdict"] == "warning"
    assert "acd-tui demo" in found["remotes"]["advice"]
    assert found["keyring"]["verdict"] == "warning"
    assert "--encrypted-file" in found["keyring"]["advice"]
    said = here("doctor")
    lines = said.stdout.decode().splitlines()
    assert said.returncode == 0
    assert "warning  remotes: none" in lines
    assert lines[lines.index("warning  remotes: none") + 1].startswith(
        "         → `acd-"
    )
    assert not (home / "acd-tui" / "config" / "remotes.conf").exists()


def test_all_is_well_with_a_drive_that_answers(here: Command, remote: str) -> None:
    found = Found(here)
    server = next(each for name, each in found.items() if name.startswith("server"))
    assert server["text"] == "answers"
    assert found["clock"]["text"] == "as the servers'"
    assert found["remote photos"]["verdict"] == "ok"
    assert found["remote photos"]["text"].startswith("signed in; ")
    assert Found(here, "photos:")["remote photos"]["verdict"] == "ok"


def test_a_server_that_is_gone_is_named(
    here: Command, remote: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = f"http://127.0.0.1:{listener.getsockname()[1]}"
    monkeypatch.setenv("RCLONE_CONFIG_PHOTOS_ENDPOINT_URL", gone)
    found = Found(here)
    assert found[f"server {gone}"]["text"] == "nothing listens there"
    assert "remote photos" not in found


def test_a_sign_in_that_is_over_is_told(
    here: Command,
    shared_server: ServerProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = {
        **shared_server.token(),
        "access_token": "Atza|revoked",
        "refresh_token": "Atzr|revoked",
    }
    define(monkeypatch, "old", shared_server, token)
    found = Found(here)
    assert found["remote old"]["verdict"] == "problem"
    assert "sign in" in found["remote old"]["advice"]


def test_an_unknown_remote_is_a_finding_a_nonsense_one_an_error(here: Command) -> None:
    assert Found(here, "nosuch:")["remote nosuch"]["verdict"] == "problem"
    assert here("doctor", "a/b").returncode == 2


def test_a_busy_port_is_told(here: Command, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        found = Found(here)[f"port {port}"]
    assert found["verdict"] == "warning"
    assert "used by another program" in found["text"]
    assert str(port) in found["advice"]


def test_what_others_can_read_is_told(here: Command, home: Path) -> None:
    folder = home / "acd-tui" / "config"
    folder.mkdir(parents=True, mode=0o700)
    file = folder / "remotes.conf"
    file.write_text("[photos]\ntype = amazon cloud drive\n")
    file.chmod(0o644)
    found = Found(here)["remotes"]
    assert found["verdict"] == "problem"
    assert found["advice"] == f"chmod 600 {file}"
    file.chmod(0o600)
    folder.chmod(0o777)
    assert Found(here)["remotes"]["advice"] == f"chmod 700 {folder}"


def test_files_that_make_no_sense_are_told(here: Command, home: Path) -> None:
    folder = home / "acd-tui" / "config"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "settings.toml").write_text("theme = 'x'\nnonsense = 1\n")
    (folder / "remotes.conf").write_text("# Encrypted\n\nRCLONE_ENCRYPT_V0:\nAAAA\n")
    (folder / "remotes.conf").chmod(0o600)
    found = Found(here)
    assert found["settings"]["verdict"] == "problem"
    assert "nonsense" in found["settings"]["text"]
    assert "take it out" in found["settings"]["advice"]
    assert found["storage"]["verdict"] == "ok"  # one trouble is told once
    assert found["remotes"]["verdict"] == "problem"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_cannot_be_written_is_told(here: Command, home: Path) -> None:
    (home / "acd-tui" / "state").mkdir(parents=True, mode=0o500)
    assert Found(here)["storage"]["verdict"] == "problem"


def test_a_terminal_is_told_what_it_lacks(tmp_path: Path) -> None:
    drawn = on_a_terminal(["doctor"], tmp_path, {"TERM": "dumb"}).decode()
    assert "warning  terminal: dumb, 80×24, utf-8" in drawn
    assert "set TERM to what the terminal is" in drawn
    assert "\x1b" not in drawn
    drawn = on_a_terminal(["doctor"], tmp_path, {}).decode()
    assert "\x1b[32mok      \x1b[0m terminal: xterm-256color, 80×24, utf-8" in drawn


def test_a_browser_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BROWSER", "")
    found = checkup.browser()
    assert found.verdict is Verdict.WARNING
    assert "authorize" in (found.advice or "")
    monkeypatch.setenv("BROWSER", "true")
    assert checkup.browser().verdict is Verdict.OK


@pytest.mark.parametrize(
    ("off", "text"),
    [
        (0, "as the servers'"),
        (-100, "as the servers'"),
        (7500, "2h 05m ahead of the servers'"),
        (-86400, "1d 00h behind the servers'"),
    ],
)
def test_a_clock_that_is_wrong_is_told(off: float, text: str) -> None:
    finding = reaching.clock(1_000_000.0 + off, [1_000_000.0, 1_000_000.0 - 9e5])
    assert finding.text == text
    assert (finding.advice is None) == (finding.verdict is Verdict.OK)


class _Odd(http.server.BaseHTTPRequestHandler):
    """Answers as nobody should, and on another day."""

    def do_HEAD(self) -> None:
        self.wfile.write(b"HTTP/1.0 418 No\r\n")
        date = email.utils.formatdate(86400, usegmt=True)
        self.wfile.write(f"Date: {date}\r\n\r\n".encode())

    def log_message(self, *_: object) -> None: ...


@contextlib.contextmanager
def odd_server(context: ssl.SSLContext | None = None) -> Iterator[int]:
    server = http.server.HTTPServer(("127.0.0.1", 0), _Odd)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_any_answer_is_one_and_has_a_date() -> None:
    with odd_server() as number:
        answer = reaching.ask(f"http://127.0.0.1:{number}/some/path")
    assert answer.finding.verdict is Verdict.OK
    assert answer.date == 86400


def test_a_certificate_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    _, key_and_certificate = make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(key_and_certificate)
    with odd_server(context) as number:
        finding = reaching.ask(f"https://127.0.0.1:{number}").finding
    assert finding.verdict is Verdict.PROBLEM
    assert "certificate is not to be trusted" in finding.text


@pytest.mark.parametrize("address", ["http://no-such-host.invalid", "x:"])
def test_what_cannot_be_reached_is_a_problem(address: str) -> None:
    finding = reaching.ask(address).finding
    assert finding.verdict is Verdict.PROBLEM
    assert finding.advice


@pytest.mark.parametrize("name", ["queue", "undo"])
def test_a_damaged_database_is_told_with_what_to_do(
    here: Command, home: Path, name: str
) -> None:
    state = home / "acd-tui" / "state"
    state.mkdir(parents=True, mode=0o700)
    damaged = state / f"{name}.sqlite"
    damaged.write_bytes(b"no database" * 1000)
    storage = Found(here)["storage"]
    assert str(damaged) in storage["text"]
    assert "move it away, and a new one is made" in storage["advice"]
    damaged.unlink()
    assert Found(here)["storage"]["verdict"] == "ok"
