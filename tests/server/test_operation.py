"""What whoever runs a server leans on: health, logs, numbers, limits, a clean end."""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from acd_tui.errors import UsageError
from acd_tui.server.limits import Rate
from tests.server.conftest import Drive, new_drive, until
from tests.server_process import FaultFile, ServerProcess, running_server

pytestmark = pytest.mark.socket


# Health


def test_health_needs_no_token_and_tells_nothing(drive: Drive) -> None:
    response = httpx.get(drive.server.url + "/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response.headers["cache-control"] == "no-store"
    assert not list(drive.server.directory.glob("*health*"))


def test_health_of_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        url = server.url + "/healthz"
        assert httpx.get(url).status_code == 200
        away = tmp_path / "away"
        server.directory.rename(away)
        server.directory.write_text("no folder")
        try:
            until(lambda: httpx.get(url).status_code == 503)
            assert httpx.get(url).json() == {"status": "unavailable"}
        finally:
            server.directory.unlink()
            away.rename(server.directory)
        until(lambda: httpx.get(url).status_code == 200)


def test_health_of_a_disk_with_content_that_is_gone(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        url, content = server.url + "/healthz", server.directory / "content"
        assert httpx.get(url).status_code == 200
        assert not list((content / "tmp").iterdir())
        content.rename(tmp_path / "away")
        until(lambda: httpx.get(url).status_code == 503)
        (tmp_path / "away").rename(content)
        until(lambda: httpx.get(url).status_code == 200)


# Rate limit


@pytest.mark.parametrize("text", ["", "0", "-1", "1/h", "x", "1.5", "1/s/m", "9" * 20])
def test_no_rates(text: str) -> None:
    with pytest.raises(UsageError):
        Rate.parse(text)


def test_rates() -> None:
    assert Rate.parse("20") == Rate.parse("20/s") == Rate(20, 1)
    assert Rate.parse(" 600/m ") == Rate(600, 60)


def test_too_many_requests(tmp_path: Path) -> None:
    with running_server(tmp_path, ["--rate-limit", "5/m"]) as server:
        one, other = new_drive(server), new_drive(server)
        with one.client, other.client:
            got = [one.call("GET", "nodes") for _ in range(7)]
            assert [r.status_code for r in got] == [200] * 5 + [429] * 2
            assert got[-1].json() == {"message": "Rate exceeded"}
            assert 1 <= int(got[-1].headers["retry-after"]) <= 12
            # Another user's requests, and another application's, have their own.
            assert other.call("GET", "nodes").status_code == 200
            assert httpx.get(server.url + "/healthz").status_code == 200


def test_the_limit_lets_go_again(tmp_path: Path) -> None:
    with running_server(tmp_path, ["--rate-limit", "5"]) as server:
        drive = new_drive(server)
        with drive.client:
            until(lambda: drive.call("GET", "nodes").status_code == 429)
            waited = int(drive.call("GET", "nodes").headers.get("retry-after", "1"))
            assert waited == 1
            until(lambda: drive.call("GET", "nodes").status_code == 200)


# Access log

FIELDS = 10


def entries(path: Path, wanted: int) -> list[list[str]]:
    until(lambda: path.exists() and path.read_text().count("\n") >= wanted)
    return [line.split(" ") for line in path.read_text().splitlines()]


def test_the_access_log(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    with running_server(tmp_path, ["--access-log", str(path)]) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("some file", b"x" * 1000)
            drive.content(node)
            drive.call("GET", "nodes/nobody")
            link = drive.ok("GET", f"nodes/{node}?tempLink=true")["tempLink"]
            httpx.get(link)
            httpx.get(server.url + "/ap/oa?client_id=a b&state=SECRET&code=SECRET2")
            httpx.get(server.url + "/auth/o2/tokeninfo?access_token=SECRET3")
            httpx.get(server.url + "/%0A%20x?what=SECRET4&=SECRET5&SECRETLESS")
        got = entries(path, 8)

    assert all(len(line) == FIELDS for line in got)
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert "SECRET" not in text.replace("SECRETLESS", "")
    assert link.rpartition("/")[2] not in text
    moment, address, *rest = got[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)
    assert address == "127.0.0.1"
    who = [drive.user, "acd-tui"]
    path_of_upload = "/cdproxy/nodes?suppress=deduplication"
    assert rest[:5] == [*who, "POST", path_of_upload, "201"]
    assert int(rest[5]) > 1000
    assert got[1][2:8] == [*who, "GET", f"/cdproxy/nodes/{node}/content", "200", "0"]
    assert got[1][8] == "1000"
    assert got[2][6] == "404"
    assert got[4][2:7] == ["-", "-", "GET", "/cdproxy/templink/***", "200"]
    assert got[5][5] == "/ap/oa?client_id=a%20b&state=***&code=***"
    assert got[7][5].startswith("/%0A%20x?what=***&=***&SECRETLESS")


def test_logrotate(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    with running_server(tmp_path, ["--access-log", str(path)]) as server:
        url = server.url + "/healthz"
        httpx.get(url)
        entries(path, 1)
        path.rename(tmp_path / "access.log.1")
        os.kill(server.pid, signal.SIGHUP)
        until(path.exists)
        httpx.get(url)
        assert len(entries(path, 1)) == 1
        assert len(entries(tmp_path / "access.log.1", 1)) == 1


def test_sighup_without_a_log_does_nothing(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        os.kill(server.pid, signal.SIGHUP)
        assert httpx.get(server.url + "/healthz").status_code == 200
        assert server.stop() == 0


def test_an_access_log_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "none" / "access.log"

    done = server_command("run", str(tmp_path / "drive"), "--access-log", str(path))

    assert done.returncode == 1
    assert f"cannot write {path}" in done.stderr


def test_what_a_full_disk_takes_from_the_log_stops_nothing(tmp_path: Path) -> None:
    with running_server(tmp_path, ["--access-log", "/dev/full"]) as server:
        for _ in range(3):
            assert httpx.get(server.url + "/healthz").status_code == 200
        assert server.stop() == 0


# Metrics


def test_metrics(tmp_path: Path) -> None:
    with running_server(tmp_path, ["--metrics"]) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("f", b"x" * 1000)
            drive.content(node)
            drive.call("GET", "nodes/nobody")
            drive.call("GET", "strange/path")
            text = drive.client.get(server.url + "/metrics").text

    samples = dict(
        line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")
    )
    assert samples['acd_requests_total{operation="upload",status="201"}'] == "1"
    assert samples['acd_requests_total{operation="get_node",status="404"}'] == "1"
    assert samples['acd_requests_total{operation="unknown",status="404"}'] == "1"
    assert samples['acd_sent_bytes_total{operation="download"}'] == "1000"
    assert float(samples['acd_received_bytes_total{operation="upload"}']) > 1000
    assert samples['acd_request_seconds_bucket{operation="upload",le="+Inf"}'] == "1"
    assert samples['acd_request_seconds_count{operation="upload"}'] == "1"
    assert float(samples['acd_request_seconds_sum{operation="upload"}']) > 0
    assert samples["acd_requests_running"] == "1"
    assert samples["acd_uploads_running"] == "0"
    assert int(samples["acd_connections"]) >= 1
    assert samples["acd_writes_waiting"] == "0"
    assert int(samples["process_resident_memory_bytes"]) > 1_000_000
    families = [line.split()[2] for line in text.splitlines() if "# TYPE" in line]
    assert len(families) == len(set(families))


def test_metrics_are_not_for_everybody(tmp_path: Path) -> None:
    with running_server(tmp_path, ["--metrics"]) as server:
        url = server.url + "/metrics"
        outside = {"X-Forwarded-For": "203.0.113.9"}
        token = (server.directory / "metrics.token").read_text().strip()
        assert httpx.get(url).status_code == 200
        assert httpx.get(url, headers=outside).status_code == 404
        wrong = outside | {"Authorization": "Bearer x"}
        assert httpx.get(url, headers=wrong).status_code == 404
        right = outside | {"Authorization": f"Bearer {token}"}
        assert httpx.get(url, headers=right).status_code == 200
        assert (server.directory / "metrics.token").stat().st_mode & 0o777 == 0o600


def test_without_metrics_there_are_none(drive: Drive) -> None:
    assert httpx.get(drive.server.url + "/metrics").status_code == 404


# Behind a proxy


def test_addresses_behind_a_proxy(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    public = "https://drive.example.org"
    arguments = ["--access-log", str(path), "--public-url", public]
    with running_server(tmp_path, arguments) as server:
        (port,) = _ports_of(server)
        local = f"http://127.0.0.1:{port}"
        headers = server.headers() | {
            "Host": "drive.example.org",
            "X-Forwarded-For": "198.51.100.1, 203.0.113.9",
            "X-Forwarded-Proto": "https",
        }
        endpoint = httpx.get(f"{local}/drive/v1/account/endpoint", headers=headers)
        httpx.get(f"{local}/healthz", headers={"X-Forwarded-For": "nonsense"})
        got = entries(path, 2)

    assert endpoint.json()["contentUrl"] == public + "/cdproxy/"
    assert server.addresses["metadata_url"] == public + "/drive/v1/"
    assert [line[1] for line in got] == ["203.0.113.9", "127.0.0.1"]


def test_nobody_says_who_he_is_without_a_proxy(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    with running_server(tmp_path, ["--access-log", str(path)]) as server:
        httpx.get(server.url + "/healthz", headers={"X-Forwarded-For": "203.0.113.9"})
        assert entries(path, 1)[0][1] == "127.0.0.1"


def _ports_of(server: ServerProcess) -> set[int]:
    """Where a process listens, for its public address does not say."""
    inodes = set()
    for link in Path(f"/proc/{server.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if found := re.match(r"socket:\[(\d+)\]", str(link.readlink())):
                inodes.add(found[1])
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = [row.split() for row in rows]
    return {
        int(row[1].rpartition(":")[2], 16)
        for row in fields
        if row[3] == "0A" and row[9] in inodes
    }


# The end


# More than the kernel keeps: when it is sent the server has begun to read.
_FIRST = b"1" * 16 * 2**20


class SlowUpload:
    """An upload that goes on as long as one wants."""

    def __init__(self, drive: Drive) -> None:
        self._more = threading.Event()
        self.begun = threading.Event()
        self.response: httpx.Response | None = None
        self.error: Exception | None = None
        self._drive = drive
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.begun.wait()

    def _body(self) -> Iterator[bytes]:
        yield (
            b'--b\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n'
            b'{"name":"slow","kind":"FILE"}\r\n'
            b'--b\r\nContent-Disposition: form-data; name="content"; filename="x"\r\n'
            b"Content-Type: text/plain\r\n\r\n" + _FIRST
        )
        self.begun.set()
        self._more.wait()
        yield b"2" * 100_000 + b"\r\n--b--\r\n"

    def _run(self) -> None:
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        url = f"{self._drive.c}nodes?suppress=deduplication"
        try:
            with httpx.Client(headers=self._drive.client.headers) as client:
                self.response = client.post(
                    url, content=self._body(), headers=headers, timeout=60
                )
        except httpx.HTTPError as error:
            self.error = error

    def finish(self) -> None:
        self._more.set()
        self._thread.join()


def _refused(server: ServerProcess) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", _port(server)), timeout=5):
            return False
    except ConnectionRefusedError:
        return True


def _port(server: ServerProcess) -> int:
    return int(server.url.rpartition(":")[2])


def test_stopping_lets_an_upload_end(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            drive.call("GET", "nodes")  # leaves a connection open
            upload = SlowUpload(drive)
            os.kill(server.pid, signal.SIGTERM)
            until(lambda: _refused(server))
            upload.finish()
            assert upload.response is not None
            assert upload.response.status_code == 201
            assert upload.response.headers["connection"] == "close"
            assert server.stop() == 0
            server.start()
            assert drive.content(upload.response.json()["id"]).content == (
                _FIRST + b"2" * 100_000
            )


def test_stopping_lets_a_download_end(tmp_path: Path) -> None:
    faults = FaultFile(tmp_path / "faults.toml")
    with running_server(tmp_path, faults.arguments) as server:
        drive = new_drive(server)
        with drive.client:
            data = os.urandom(500_000)
            node = drive.file("f", data)
            faults.set({"do": "slow", "rate": 500_000, "operation": "download"})
            with drive.client.stream("GET", f"{drive.c}nodes/{node}/content") as answer:
                os.kill(server.pid, signal.SIGTERM)
                assert b"".join(answer.iter_raw()) == data
            assert server.stop() == 0


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    with log.open("w") as errors, running_server(tmp_path, stderr=errors) as server:
        drive = new_drive(server)
        with drive.client:
            upload = SlowUpload(drive)
            os.kill(server.pid, signal.SIGTERM)
            until(lambda: "stopping: requests under way: 1" in log.read_text())
            assert server.stop() == 0
            upload.finish()
            assert upload.error is not None
            server.start()
            assert drive.names("kind:FILE") == []
    assert "requests under way were cut off" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_grace_has_an_end(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    with (
        log.open("w") as errors,
        running_server(tmp_path, ["--grace", "0.5"], stderr=errors) as server,
    ):
        drive = new_drive(server)
        with drive.client:
            upload = SlowUpload(drive)
            assert server.stop() == 0
            upload.finish()
            assert upload.response is None or upload.response.status_code == 503
            server.start()
            assert drive.names("kind:FILE") == []


def test_a_signal_at_any_moment_of_the_start(tmp_path: Path) -> None:
    """However early, it ends by itself, and no lock stays behind."""
    for delay in (0.0, 0.2, 0.4, 0.6, 0.8):
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "acd_tui", "server", "run"),
                *(str(tmp_path / "drive"), "--port", "0"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with process:
            time.sleep(delay)
            process.terminate()
            assert process.wait(30) in {0, -signal.SIGTERM}
    with running_server(tmp_path) as server:
        assert httpx.get(server.url + "/healthz").status_code == 200


# systemd


def server_command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "acd_tui", "server", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        with running_server(tmp_path) as server:
            assert listener.recv(1000).decode().splitlines() == [
                "READY=1",
                f"STATUS=serving {server.url}",
            ]
            server.stop()
            said = listener.recv(1000).decode().splitlines()
    assert said[0] == "STOPPING=1"
    assert int(said[1].removeprefix("EXTEND_TIMEOUT_USEC=")) >= 60_000_000


def test_a_socket_of_systemd(tmp_path: Path) -> None:
    """As systemd does it: the socket is there before the server, which gets it as 3."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        script = (
            "import os, sys\n"
            f"os.dup2({listener.fileno()}, 3)\n"
            "os.environ['LISTEN_PID'] = str(os.getpid())\n"
            "os.environ['LISTEN_FDS'] = '1'\n"
            "os.execv(sys.executable, [sys.executable, '-m', 'acd_tui', 'server',"
            f" 'run', {str(tmp_path / 'drive')!r}, '--json'])\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            pass_fds=[listener.fileno(), 3] if listener.fileno() != 3 else [3],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with process:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["url"] == url
            assert httpx.get(url + "/healthz").status_code == 200
            process.terminate()
            assert process.wait(30) == 0


def test_levels_for_the_journal(tmp_path: Path) -> None:
    faults = FaultFile(tmp_path / "faults.toml")
    log = tmp_path / "stderr"
    with log.open("w") as errors:
        there = os.fstat(errors.fileno())
        environment = f"{there.st_dev}:{there.st_ino}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JOURNAL_STREAM", environment)
            with running_server(tmp_path, faults.arguments, stderr=errors) as server:
                faults.set({"do": "flip"})
                httpx.get(server.url + "/healthz")
                faults.path.write_text("nonsense")
                httpx.get(server.url + "/healthz")
    text = log.read_text()
    assert "<6>acd_tui.server.faults.watched: faults: 1 rules" in text
    assert "<3>acd_tui.server.faults.watched: the faults stay" in text


def test_the_unit(tmp_path: Path) -> None:
    drive = tmp_path / "my drive"
    log = tmp_path / "logs" / "access.log"
    done = server_command("unit", str(drive), "--port", "1", "--access-log", str(log))

    assert done.returncode == 0, done.stderr
    unit = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert unit["Type"] == "notify"
    assert unit["ExecStart"].endswith(
        f'server run "{drive}" --port 1 --access-log {log}'
    )
    assert Path(unit["ExecStart"].split()[0]).is_absolute()
    assert unit["ReadWritePaths"] == f'"{drive}" {log.parent}'
    assert server_command("unit", str(drive), "--prot", "1").returncode == 2
    assert server_command("unit", str(drive), "--access-log", "x").returncode == 2


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    if not Path("/usr/bin/systemd-analyze").exists():
        pytest.skip("systemd is not installed")
    done = server_command("unit", str(tmp_path / "dri ve%$x"), "--quota", "5G")
    path = tmp_path / "acd-tui.service"
    path.write_text(done.stdout)

    verified = subprocess.run(
        ["/usr/bin/systemd-analyze", "verify", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    ours = [line for line in verified.stderr.splitlines() if "acd-tui" in line]
    assert ours == []


# The first remote


def test_a_remote_for_ones_own_drive(drive: Drive) -> None:
    url = "https://drive.example.org"
    directory = str(drive.server.directory)

    done = server_command(
        "remote", directory, "home", "--user", drive.user, "--url", url
    )

    section = configparser.ConfigParser(interpolation=None)
    section.read_string(done.stdout)
    home = section["home"]
    assert home["type"] == "amazon cloud drive"
    assert home["client_secret"] == drive.server.client_secret
    assert home["token_url"] == url + "/auth/o2/token"
    assert home["endpoint_url"] == url + "/drive/v1/account/endpoint"
    token = json.loads(home["token"])["access_token"]
    who = {"Authorization": f"Bearer {token}"}
    assert httpx.get(drive.m + "nodes", headers=who).status_code == 200
    assert (
        f"{drive.server.url}/drive"
        in server_command("remote", directory, "home").stdout
    )
    assert server_command("remote", directory, "a]\nb").returncode == 2
    assert server_command("remote", directory, "a", "--url", "x").returncode == 2
