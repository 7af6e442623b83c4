"""The server as a process: hosts, locks, kills, the command line."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from acd_tui.errors import UsageError
from acd_tui.server import admin
from acd_tui.server.check import check
from acd_tui.server.hosts import Hosts
from tests.server.conftest import Drive, new_drive
from tests.server_process import PASSWORD, ServerProcess, running_server

pytestmark = pytest.mark.socket


def cli(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "acd_tui", "server", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"NO_COLOR": "1"},
    )


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:80", True),
        ("[::1]:80", True),
        ("localhost:1", True),
        ("LOCALHOST", True),
        ("drive.example.org", True),
        ("nas.local:8", True),
        ("drive.amazonaws.com", True),
        ("content-na.drive.amazonaws.com:443", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("192.168.1.5", False),
        ("", False),
        ("[", False),
        ("a:b:c", False),
        ("user@evil.example", False),
        ("evil.example@localhost", False),
        ("localhost/evil.example", False),
        ("localhost?evil.example", False),
    ],
)
def test_host_names(host: str, allowed: bool) -> None:
    hosts = Hosts("https://drive.example.org", ["nas.local"])

    assert hosts.allows(host) is allowed


def test_a_bound_address_is_reached_by_its_number() -> None:
    hosts = Hosts(bound="0.0.0.0")

    assert hosts.allows("192.168.1.5:8753")
    assert not hosts.allows("evil.example")


def test_addresses_as_the_client_sees_them() -> None:
    plain, public = Hosts(), Hosts("https://drive.example.org/")

    assert plain.base("http", "127.0.0.1:5") == "http://127.0.0.1:5"
    assert plain.base("http", "drive.amazonaws.com") == "https://drive.amazonaws.com"
    assert public.base("http", "127.0.0.1:5") == "https://drive.example.org"
    for url in (
        "drive.example.org",
        "ftp://x",
        "https://x/path",
        "https://x?q",
        "https://[",
    ):
        with pytest.raises(UsageError):
            Hosts(url)


def test_a_foreign_host_is_refused(drive: Drive) -> None:
    for path in (drive.m + "account/endpoint", drive.server.url + "/ap/oa"):
        response = drive.call("GET", path, headers={"Host": "evil.example"})
        assert response.status_code == 421
    named = drive.call(
        "GET", "account/endpoint", headers={"Host": "cdws.us-east-1.amazonaws.com"}
    )
    assert named.json()["contentUrl"] == "https://cdws.us-east-1.amazonaws.com/cdproxy/"
    proxied = drive.call(
        "GET", "account/endpoint", headers={"X-Forwarded-Proto": "https"}
    )
    assert proxied.json()["metadataUrl"] == drive.m.replace("http:", "https:")


def test_a_second_server_is_refused(shared_server: ServerProcess) -> None:
    done = cli("run", str(shared_server.directory), "--port", "0")

    assert done.returncode == 1
    assert "another server is running" in done.stderr
    assert done.stdout == ""


def test_stopping_and_starting_again_keeps_everything(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("f", b"kept")
            assert server.stop() == 0
            server.start()
            assert drive.content(node).content == b"kept"
            line, _ = drive.changes()
            assert drive.changes(checkpoint=line["checkpoint"])[0]["reset"] is False


def test_kill_in_the_middle_of_uploads_leaves_all_or_nothing(tmp_path: Path) -> None:
    chance = random.Random(5)
    acknowledged: dict[str, bytes] = {}
    with running_server(tmp_path) as server:
        headers = server.headers()
        for round_number in range(5):
            _upload_until_killed(server, headers, chance, round_number, acknowledged)
            with admin.opened(server.directory) as storage:
                assert check(storage).problems == []  # before a start tidies up
            server.start()
            with admin.opened(server.directory) as storage:
                report = check(storage)
            assert report.problems == []
            assert report.notes == []
        drive = Drive(httpx.Client(headers=headers), server, "owner")
        with drive.client:
            nodes = {node["name"]: node for node in _all(drive)}
            for name, data in acknowledged.items():
                assert drive.content(nodes[name]["id"]).content == data
    assert acknowledged


def _all(drive: Drive) -> list[dict[str, str]]:
    return [
        node
        for line in drive.changes()
        for node in line.get("nodes", ())
        if "name" in node
    ]


def _upload_until_killed(
    server: ServerProcess,
    headers: dict[str, str],
    chance: random.Random,
    round_number: int,
    acknowledged: dict[str, bytes],
) -> None:
    begun = threading.Semaphore(0)

    def upload(worker: int) -> None:
        with (
            contextlib.suppress(httpx.HTTPError),
            httpx.Client(headers=headers) as client,
        ):
            drive = Drive(client, server, "owner")
            for number in range(1000):
                name = f"{round_number}-{worker}-{number}"
                data = os.urandom(3_000_000 if number % 5 == 0 else 5000)
                begun.release()
                if drive.send(name, data).status_code == 201:
                    acknowledged[name] = data

    workers = [threading.Thread(target=upload, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for _ in range(chance.randrange(8, 40)):
        begun.acquire()
    server.kill()
    for worker in workers:
        worker.join()


def test_check_sees_what_an_outside_hand_broke(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            ids = [drive.file(name, f"content {name}".encode()) for name in "abc"]
            directory = server.directory
            good = cli("check", str(directory), "--json")
            assert good.returncode == 0
            assert json.loads(good.stdout)["files"] == 3
        server.stop()  # with which all of them get their files
    content = sorted(
        file for file in (directory / "content").glob("??/*") if file.is_file()
    )
    content[0].unlink()
    content[1].write_bytes(b"other text")
    content[2].write_bytes(b"")
    (directory / "content" / "00" / "0orphan").write_bytes(b"x")

    bad = cli("check", str(directory), "--json")

    report = json.loads(bad.stdout)
    assert bad.returncode == 1
    assert report["ok"] is False
    assert len(report["problems"]) == 4
    assert (
        sum(any(node in problem for node in ids) for problem in report["problems"]) == 3
    )
    plain = cli("check", str(directory))
    assert plain.returncode == 1
    assert "is missing" in plain.stdout


def test_check_of_nothing(tmp_path: Path) -> None:
    done = cli("check", str(tmp_path / "none"))

    assert done.returncode == 4
    assert "holds no drive" in done.stderr
    assert not (tmp_path / "none").exists()


def test_users_and_applications_by_command(shared_server: ServerProcess) -> None:
    directory = str(shared_server.directory)
    added = cli("user", directory, "add", "Ann")
    assert added.returncode == 0, added.stderr
    assert len(added.stdout.strip()) == 19
    assert cli("user", directory, "add", "ann").returncode == 1
    token = json.loads(cli("token", directory, "--user", "ann").stdout)
    assert token["token_type"] == "bearer"
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    url = f"{shared_server.metadata_url}nodes"
    assert httpx.get(url, headers=headers).status_code == 200

    changed = cli(
        "user", directory, "password", "ann", "--password-stdin", stdin="x" * 9
    )
    assert (changed.returncode, changed.stdout) == (0, "")
    short = cli("user", directory, "password", "ann", "--password-stdin", stdin="x")
    assert short.returncode == 2
    users = json.loads(cli("user", directory, "list", "--json").stdout)
    assert "Ann" in {user["name"] for user in users}
    assert cli("user", directory, "remove", "ann", "--yes").returncode == 0
    assert cli("token", directory, "--user", "ann").returncode == 4
    assert cli("cookies", directory, "--user", "ann").returncode == 4

    client = cli(
        "client",
        directory,
        "add",
        "my-app",
        "--redirect-uri",
        "https://a.example/b",
        "--json",
    )
    assert set(json.loads(client.stdout)) == {"client_id", "client_secret"}
    bad = cli("client", directory, "add", "x", "--redirect-uri", "http://a.example/")
    assert bad.returncode == 2
    listed = json.loads(cli("client", directory, "list", "--json").stdout)
    assert {"acd-tui", "my-app"} <= {one["client_id"] for one in listed}
    assert cli("client", directory, "remove", "my-app").returncode == 0
    assert cli("client", directory, "remove", "my-app").returncode == 4


def test_cookies_by_command(shared_server: ServerProcess) -> None:
    """As a browser sends them, and as amazon-photos takes them."""
    drive = new_drive(shared_server)
    arguments = ("cookies", str(shared_server.directory), "--user", drive.user)
    plain, as_json = cli(*arguments), cli(*arguments, "--json")

    assert (plain.returncode, plain.stderr) == (0, "")
    assert (as_json.returncode, as_json.stderr) == (0, "")
    pairs = dict(one.split("=", 1) for one in plain.stdout.strip().split("; "))
    assert set(pairs) == {"session-id", "ubid-main", "at-main"}
    spelt = json.loads(as_json.stdout)
    assert set(spelt) == {"session-id", "ubid_main", "at_main"}
    assert pairs["at-main"] != spelt["at_main"]
    with drive.client:
        root = drive.root
    url = f"{shared_server.metadata_url}nodes"
    for sent in ({"Cookie": plain.stdout.strip()}, _cookie_header(spelt)):
        found = httpx.get(url, params={"filters": "isRoot:true"}, headers=sent)
        assert found.json()["data"][0]["id"] == root
    headers = _cookie_header(spelt) | {"x-amzn-sessionid": spelt["session-id"]}
    body = {"name": "new", "kind": "FOLDER"}
    assert httpx.post(url, json=body, headers=headers).status_code == 201


def _cookie_header(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={cookies[name]}" for name in cookies)}


def test_cookies_of_a_drive_that_is_not_there(tmp_path: Path) -> None:
    missing = cli("cookies", str(tmp_path / "nothing"))

    assert (missing.returncode, missing.stdout) == (4, "")
    assert "holds no drive" in missing.stderr
    assert not (tmp_path / "nothing").exists()


def test_a_removed_user_leaves_nothing(tmp_path: Path) -> None:
    admin.initialise(tmp_path / "drive", password=PASSWORD)
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            drive.file("f", b"x")
            assert admin.remove_user(server.directory, drive.user) == 1
    assert not [f for f in (server.directory / "content").glob("??/*") if f.is_file()]


def test_initialise_shows_secrets_once(tmp_path: Path) -> None:
    first = admin.initialise(tmp_path / "d")
    second = admin.initialise(tmp_path / "d")

    assert first.owner_password
    assert first.client_secret == admin.application_secret(tmp_path / "d")
    assert (second.owner_password, second.client_secret) == (None, None)
    assert first.owner_password not in repr(first)


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "acd_tui", "server", "run", str(tmp_path / "d")),
            *("--port", "0", "--json", "--follow-stdin"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert said["pid"] == process.pid

    _, errors = process.communicate()

    assert process.returncode == 0
    assert b"password:" in errors


def test_a_port_that_is_taken(tmp_path: Path, shared_server: ServerProcess) -> None:
    port = shared_server.url.rpartition(":")[2]

    done = cli("run", str(tmp_path / "d"), "--port", port, "--json")

    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1 is used" in done.stderr
    assert "Traceback" not in done.stderr


def test_listening_for_others_is_warned_about(tmp_path: Path) -> None:
    admin.initialise(tmp_path / "d", password=PASSWORD)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "acd_tui", "server", "run", str(tmp_path / "d")),
            *("--host", "0.0.0.0", "--port", "0", "--follow-stdin"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()

    _, errors = process.communicate()

    assert b"not encrypted" in errors
