"""Secrets that are looked for wherever one of them could come out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd_tui.config import crypt
from acd_tui.server import admin
from tests.cli.conftest import Command
from tests.cli.terminal import on_a_terminal
from tests.ports import rclones_port
from tests.program.support import children_of
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket

PASSWORD = "canary-password"


class Canaries:
    """A remote `photos` in an encrypted file, and what must be seen nowhere.

    Attributes:
        secrets: the password, the client secret, and each token that there was.
    """

    def __init__(self, server: ServerProcess, home: Path) -> None:
        self.server = server
        self.home = home
        blob = server.token(expires_in=-10)  # so that it is renewed at once
        self.secrets = [
            PASSWORD,
            server.client_secret,
            blob["access_token"],
            blob["refresh_token"],
        ]
        self.file = home / "acd-tui/config/remotes.conf"
        self.file.parent.mkdir(parents=True)
        options = {
            "type": "amazon cloud drive",
            "client_id": server.client_id,
            "client_secret": server.client_secret,
            "auth_url": server.auth_url,
            "token_url": server.token_url,
            "endpoint_url": server.endpoint_url,
            "token": json.dumps(blob),
        }
        lines = [f"{key} = {value}\n" for key, value in options.items()]
        key = crypt.key_of(PASSWORD)
        self.file.write_text(crypt.encrypt("[photos]\n" + "".join(lines), key))

    def learn(self) -> None:
        """Know the tokens that the remote has now."""
        text = crypt.decrypt(self.file.read_text(), crypt.key_of(PASSWORD))
        [line] = [x for x in text.splitlines() if x.startswith("token = ")]
        blob = json.loads(line.removeprefix("token = "))
        self.secrets += [blob["access_token"], blob["refresh_token"]]

    def none_in(self, *texts: str | bytes) -> None:
        for text in texts:
            data = text.encode() if isinstance(text, str) else text
            for number, secret in enumerate(self.secrets):
                bare = secret.partition("|")[2] or secret
                assert bare.encode() not in data, f"secret {number}"

    def none_on_disk(self) -> None:
        for path in self.home.parent.rglob("*"):
            mine = path.is_relative_to(self.server.directory)
            if path.is_file() and not path.is_symlink() and not mine:
                self.none_in(path.read_bytes())


@pytest.fixture
def canaries(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Canaries]:
    monkeypatch.setenv("RCLONE_CONFIG_PASS", PASSWORD)
    with running_server(tmp_path) as server:
        found = Canaries(server, home)
        monkeypatch.setenv("RCLONE_CONFIG_OTHER_TOKEN", found.secrets[3])
        yield found
        found.none_on_disk()


def test_what_commands_say_and_log(
    canaries: Canaries, here: Command, tmp_path: Path
) -> None:
    """The most talkative log, with all that can go wrong with a token."""
    (tmp_path / "a.txt").write_text("content")

    def all_of_it(*, most: int = 9) -> None:
        for command in (
            ("about", "photos:"),
            ("copy", "a.txt", "photos:x"),
            ("copy", "photos:x", "down"),
            ("cat", "photos:x/a.txt"),
            ("ls", "photos:", "--acd-templink-threshold", "1B"),
            ("config", "show", "photos"),
            ("config", "show", "photos", "--json"),
            ("config", "list", "--json"),
            ("queue", "list", "--json"),
        )[:most]:
            said = here(*command, "-vv")
            canaries.none_in(said.stdout, said.stderr)

    all_of_it()
    canaries.learn()
    assert len(set(canaries.secrets)) > 4  # it was renewed
    admin.set_password(canaries.server.directory, "owner", "new")  # which revokes
    all_of_it()
    canaries.server.stop()
    all_of_it(most=1)


def test_a_service_that_repeats_what_it_was_sent(
    canaries: Canaries, here: Command, tmp_path: Path
) -> None:
    echo = tmp_path / "echo.py"
    echo.write_text(_ECHO)
    with subprocess.Popen(
        [sys.executable, str(echo)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # where it says that nobody waited for its 503
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            for path in ("json", "html", "error", "503"):
                flag = f"--acd-token-url={url}/{path}"
                said = here("ls", "photos:", flag, "-vv")
                assert said.returncode != 0
                canaries.none_in(said.stdout, said.stderr)
        finally:
            process.kill()


_ECHO = """
import http.server, json

class Echo(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        said = f"you sent {self.headers['Authorization']} and {body}"
        self.send_response({"/json": 200, "/html": 200, "/error": 400, "/503": 503}[self.path])
        self.end_headers()
        if self.path == "/error":
            said = json.dumps({"error": "invalid_grant", "error_description": said})
        self.wfile.write(json.dumps({"x": said}).encode() if self.path == "/json" else said.encode())

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Echo)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""


def test_an_error_that_nobody_foresaw(
    canaries: Canaries, here: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from acd_tui.config.remotes import Remotes

    def fail(*_: object) -> None:
        raise RuntimeError(f"client_secret={canaries.secrets[1]} {canaries.secrets[3]}")

    monkeypatch.setattr(Remotes, "get", fail)
    said = here("ls", "photos:")
    assert b"unexpected RuntimeError" in said.stderr
    canaries.none_in(said.stderr)


def test_what_children_and_neighbours_see(
    canaries: Canaries, tmp_path: Path, home: Path
) -> None:
    """A program of the user's looks at its environment and at all command lines."""
    spy = tmp_path / "spy"
    spy.write_text(
        "#!/bin/sh\n"
        'for each in /proc/[0-9]*; do tr "\\0" " " < $each/cmdline; echo; done'
        ' > "$0.ps" 2>/dev/null\n'
        'env > "$0.env"\n'
    )
    spy.chmod(0o700)
    (tmp_path / "a.txt").write_text("content")
    for command in (
        ["queue", "add", "a.txt", "photos:x"],
        ["queue", "run", "--then", f"run {spy}"],
    ):
        subprocess.run(
            [sys.executable, "-m", "acd_tui", *command], cwd=tmp_path, check=True
        )
    said = (tmp_path / "spy.env").read_text()
    assert f"HOME={home}\n" in said
    canaries.none_in(said, (tmp_path / "spy.ps").read_text())


def test_what_a_browser_is_started_with(
    canaries: Canaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = tmp_path / "browser"
    spy.write_text('#!/bin/sh\n(env; echo "$@") > "$0.new"; mv "$0.new" "$0.seen"\n')
    spy.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"no-such-browser:{spy} --new %s")
    reconnect = ("config", "reconnect", "photos")
    with rclones_port(), on_a_terminal(*reconnect, cwd=tmp_path) as terminal:
        terminal.waits_for("/auth")
        while not (seen := tmp_path / "browser.seen").exists():
            os.sched_yield()
        terminal.presses_ctrl_c()
        assert terminal.ends() == 130
    text = seen.read_text()
    assert "--new http://127.0.0.1:" in text
    canaries.none_in(text, terminal.shown)


def test_the_built_in_drives_server_gets_no_secret(
    canaries: Canaries, tmp_path: Path
) -> None:
    with on_a_terminal("demo", cwd=tmp_path) as terminal:
        terminal.waits_for("\x1b[?1049h")
        ours = Path(f"/proc/{terminal.pid}/cmdline").read_bytes()
        # Until it runs a program of its own, a child is what its parent is.
        while not (children := children_of(terminal.pid)) or any(
            Path(f"/proc/{child}/cmdline").read_bytes() == ours for child in children
        ):
            os.sched_yield()
        for child in children:
            canaries.none_in(
                Path(f"/proc/{child}/environ").read_bytes(),
                Path(f"/proc/{child}/cmdline").read_bytes(),
            )
        os.kill(terminal.pid, signal.SIGTERM)
        terminal.ends()
    canaries.none_in(terminal.shown)


def test_panes_that_crash_tell_no_variable(canaries: Canaries, tmp_path: Path) -> None:
    """Textual's own report shows the variables of all functions."""
    crash = tmp_path / "crash.py"
    crash.write_text(
        "import sys\n"
        "from acd_tui.cli import run\n"
        "from acd_tui.ui.screens.browser import BrowserScreen\n"
        "def fail(self):\n"
        f"    secret = {PASSWORD!r}[:]\n"
        "    raise ValueError\n"
        "BrowserScreen.on_mount = fail\n"
        "sys.exit(run(['photos:']))\n"
    )
    with on_a_terminal(str(crash), cwd=tmp_path, program=()) as terminal:
        code = terminal.ends()
    crash.unlink()
    assert code == 1, terminal.shown
    assert "error: unexpected ValueError" in terminal.shown
    assert "hint: the full story is in" in terminal.shown
    canaries.none_in(terminal.shown)


def test_the_readmes_pictures() -> None:
    pictures = list((Path(__file__).parents[2] / "screenshots").glob("*.svg"))
    assert pictures
    for picture in pictures:
        assert "Atz" not in picture.read_text("utf-8"), picture.name
