"""Ways to sign in that are not the usual one, on the real consent page."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
import pytest

from acd_tui.locations import Locations
from acd_tui.server import admin
from tests.cli.conftest import Command
from tests.cli.test_sign_in import consent, options
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket

Answer = tuple[int, dict[str, str], bytes]


@contextlib.contextmanager
def answering(
    handle: Callable[[str, str, dict[str, str], str], Answer],
) -> Iterator[str]:
    """Run a service meanwhile; it is told verb, path, form or query, and credentials."""

    class Handler(http.server.BaseHTTPRequestHandler):
        wbufsize = -1  # all in one piece: who needs but the status may be gone by then

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            text = self.rfile.read(length).decode() or parts.query
            status, headers, body = handle(
                self.command,
                parts.path,
                dict(parse_qsl(text)),
                self.headers.get("Authorization") or "",
            )
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def pasted_sign_in(
    command: list[str], server: ServerProcess, cwd: Path
) -> tuple[int, str]:
    """Run a command that signs in with a browser elsewhere; return its code and words."""
    with subprocess.Popen(
        [sys.executable, "-m", "acd_tui", *command, "--no-browser"],
        cwd=cwd,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while "open this address" not in (said := process.stderr.readline()):
            assert said
        back = consent(process.stderr.readline().strip(), server)
        _, said = process.communicate(back + "\n", timeout=60)
        return process.returncode, said


def test_through_a_proxy_that_keeps_the_secret(
    shared_server: ServerProcess, here: Command, tmp_path: Path
) -> None:
    """As ncw/oauthproxy: it has an id and a secret of its own for its users."""
    real = httpx.Client(trust_env=False)
    grants: list[str] = []

    def handle(verb: str, path: str, form: dict[str, str], who: str) -> Answer:
        if path == "/auth":
            assert form["client_id"] == "proxy-id"
            query = urlencode(form | {"client_id": shared_server.client_id})
            return 302, {"Location": f"{shared_server.auth_url}?{query}"}, b""
        if who != "Basic " + base64.b64encode(b"proxy-id:proxy-secret").decode():
            return 403, {}, b"Authorization failed"
        grants.append(form["grant_type"])
        answer = real.post(
            shared_server.token_url,
            data=form,
            auth=(quote(shared_server.client_id), quote(shared_server.client_secret)),
        )
        return answer.status_code, {"Content-Type": "application/json"}, answer.content

    with real, answering(handle) as proxy:
        keys = [
            *("client_id=proxy-id", "client_secret=proxy-secret"),
            *(f"auth_url={proxy}/auth", f"token_url={proxy}/token"),
            f"endpoint_url={shared_server.endpoint_url}",
        ]
        command = ["config", "create", "photos", *keys, "--plain-file"]
        code, said = pasted_sign_in(command, shared_server, tmp_path)
        assert code == 0, said
        assert here("about", "photos:").returncode == 0
        expire("photos", here)
        assert here("about", "photos:").returncode == 0
        assert grants == ["authorization_code", "refresh_token"]
        here("config", "update", "photos", "client_secret=wrong")
        expire("photos", here)
        refused = here("about", "photos:")
        assert refused.returncode == 1
        assert b"answered with status 403" in refused.stderr
        assert b"token_url" in refused.stderr


def expire(name: str, here: Command) -> None:
    """Make a remote's token one that has run out."""
    file = Locations.from_environment().remotes_file
    [line] = [x for x in file.read_text().splitlines() if x.startswith("token = ")]
    blob = json.loads(line.removeprefix("token = ")) | {
        "expiry": "2020-01-01T00:00:00Z"
    }
    done = here("config", "update", name, "token=-", stdin=json.dumps(blob).encode())
    assert done.returncode == 0, done.stderr.decode()


def test_revoked_and_signed_in_again(
    here: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_server(tmp_path) as server:
        keys = [*options(server), f"endpoint_url={server.endpoint_url}"]
        blob = json.dumps(server.token()).encode()
        create = ("config", "create", "photos", *keys, "token=-", "--plain-file")
        assert here(*create, stdin=blob).returncode == 0
        (tmp_path / "a.txt").write_text("content")
        assert here("queue", "add", "a.txt", "photos:").returncode == 0
        admin.set_password(server.directory, "owner", server.password)
        while (revoked := here("ls", "photos:")).returncode == 0:
            pass  # the server takes a token for good for another second
        assert revoked.returncode == 7
        assert b"sign in again" in revoked.stderr
        assert here("queue", "run").returncode != 0

        monkeypatch.setenv("RCLONE_CONFIG_PASS", "pw")
        command = ["config", "reconnect", "photos", "--encrypted-file"]
        code, said = pasted_sign_in(command, server, tmp_path)
        assert code == 0, said
        kept = Locations.from_environment().remotes_file.read_text()
        assert not re.search(r"Atz[ar]\|", kept)  # "Atz" alone may stand in base64
        # Neither the queue nor what is in it was lost.
        assert here("queue", "run").returncode == 0
        assert here("ls", "photos:").stdout == b"        7 a.txt\n"


def test_processes_that_renew_at_once_use_a_refresh_token_once(
    shared_server: ServerProcess, here: Command, tmp_path: Path
) -> None:
    """A service that takes each refresh token once, and asks for a sign-in otherwise."""
    real = httpx.Client(trust_env=False)
    blob = shared_server.token()
    lock = threading.Lock()
    used: list[str] = []

    def handle(verb: str, path: str, form: dict[str, str], who: str) -> Answer:
        with lock:
            wanted = f"Atzr|{len(used)}"
            used.append(form["refresh_token"])
            if used[-1] != wanted:
                return 400, {}, b'{"error": "invalid_grant"}'
            answer = real.post(
                shared_server.token_url,
                data=form | {"refresh_token": blob["refresh_token"]},
                headers={"Authorization": who},
            ).json()
        body = json.dumps(answer | {"refresh_token": f"Atzr|{len(used)}"})
        return 200, {"Content-Type": "application/json"}, body.encode()

    with real, answering(handle) as service:
        first = blob | {"refresh_token": "Atzr|0", "expiry": "2020-01-01T00:00:00Z"}
        keys = [*options(shared_server)[:3], f"token_url={service}/token"]
        made = here(
            *("config", "create", "photos", *keys, "token=-", "--plain-file"),
            f"endpoint_url={shared_server.endpoint_url}",
            stdin=json.dumps(first).encode(),
        )
        assert made.returncode == 0, made.stderr.decode()
        about = [sys.executable, "-m", "acd_tui", "about", "photos:"]
        for round_ in (1, 2):
            running = [
                subprocess.Popen(about, stdout=subprocess.DEVNULL) for _ in range(4)
            ]
            codes = [process.wait(90) for process in running]
            assert codes == [0, 0, 0, 0], used
            assert used == [f"Atzr|{number}" for number in range(round_)]
            expire("photos", here)
