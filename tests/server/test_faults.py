"""Faults on request, each seen by a client of a real server."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
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
from acd_tui.server.faults.errors import ERRORS
from acd_tui.server.faults.rules import parse
from tests.server.conftest import Drive, new_drive, until
from tests.server_process import FaultFile, ServerProcess, running_server

pytestmark = pytest.mark.socket
SAMPLES: list[tuple[str, int, Any]] = [
    ("rate-exceeded", 429, {"message": "Rate exceeded"}),
    ("429-object", 429, {}),
    ("internal-failure", 500, {"message": "Internal failure"}),
    ("token-expired", 401, {"message": "Token has expired"}),
    ("no-auth", 401, {"Message": "No Auth Method Provided"}),
    ("cannot-complete", 400, {"message": "Cannot complete upload"}),
    ("cannot-read", 400, {"message": "Cannot read from request."}),
]


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> FaultFile:
    return FaultFile(tmp_path_factory.mktemp("faults") / "faults.toml")


@pytest.fixture(scope="module")
def faulty_server(
    tmp_path_factory: pytest.TempPathFactory, faults: FaultFile
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("faulty")
    with running_server(folder, faults.arguments) as server:
        yield server


@pytest.fixture
def drive(faulty_server: ServerProcess, faults: FaultFile) -> Iterator[Drive]:
    drive = new_drive(faulty_server)
    with drive.client:
        yield drive
        faults.clear()


# Answers


@pytest.mark.parametrize(("name", "status", "body"), SAMPLES)
def test_errors_as_amazon_sent_them(
    drive: Drive, faults: FaultFile, name: str, status: int, body: Any
) -> None:
    faults.set({"do": "answer", "error": name})

    response = drive.call("GET", "nodes")

    assert (response.status_code, response.json()) == (status, body)
    assert response.headers["x-amzn-requestid"]


@pytest.mark.parametrize("name", ERRORS)
def test_every_named_error_goes_out_and_leaves_the_connection_usable(
    drive: Drive, faults: FaultFile, name: str
) -> None:
    faults.set({"do": "answer", "error": name, "times": 1})

    response = drive.call("GET", "nodes")

    error = ERRORS[name]
    assert response.status_code == error.status
    assert (response.content == b"") is (error.body == "")
    if error.type == "application/json":
        json.loads(response.content)
    assert drive.names() == ["/"]


def test_an_answer_of_ones_own(drive: Drive, faults: FaultFile) -> None:
    faults.set(
        {
            "do": "answer",
            "status": 418,
            "body": "täglich",
            "type": "text/plain",
            "headers": {"X-Pot": "tea"},
            "retry_after": 7,
        }
    )

    response = drive.call("GET", "nodes")

    assert (response.status_code, response.content.decode()) == (418, "täglich")
    assert response.headers["x-pot"] == "tea"
    assert response.headers["retry-after"] == "7"


def test_refused_before_between_and_after(drive: Drive, faults: FaultFile) -> None:
    made = []
    for when in ("start", "received", "done"):
        faults.set(
            {"do": "answer", "error": "504-empty", "operation": "upload", "when": when}
        )
        assert drive.send(when, b"x" * 300_000).status_code == 504
        made.append(drive.names("kind:FILE"))

    assert made == [[], [], ["done"]]


# Which requests, and how often


def statuses(drive: Drive, count: int, path: str = "nodes") -> list[int]:
    return [drive.call("GET", path).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        ({"every": 3}, [3, 6, 9]),
        ({"first": 2}, [1, 2]),
        ({"after": 7}, [8, 9, 10]),
        ({"times": 4}, [1, 2, 3, 4]),
        ({"after": 2, "every": 2, "times": 2}, [4, 6]),
        ({"after": 2, "first": 3, "every": 3}, [5]),
        ({"probability": 0}, []),
        ({"probability": 1}, list(range(1, 11))),
    ],
)
def test_how_often(
    drive: Drive, faults: FaultFile, rule: dict[str, Any], bad: list[int]
) -> None:
    faults.set({"do": "answer", "error": "500-empty"} | rule)

    got = statuses(drive, 10)

    assert [place for place, status in enumerate(got, 1) if status == 500] == bad


def test_chance_is_repeatable(drive: Drive, faults: FaultFile) -> None:
    rule = {"do": "answer", "error": "500-empty", "probability": 0.5}
    runs = []
    for seed in (1, 2, 1):
        faults.clear()
        drive.call("GET", "nodes")
        faults.set(rule, seed=seed)
        runs.append(statuses(drive, 40))

    assert runs[0] == runs[2] != runs[1]
    assert 5 < runs[0].count(500) < 35


def test_which_requests(drive: Drive, faults: FaultFile) -> None:
    other = new_drive(drive.server)
    folder = drive.folder("Some folder")
    file = drive.file("a.jpg", b"x")
    checks: list[tuple[dict[str, Any], list[int]]] = [
        ({"operation": "get_node"}, [200, 500, 500, 200]),
        ({"operation": ["get_node", "list_nodes"]}, [500, 500, 500, 500]),
        ({"method": "get", "path": "*/nodes/*"}, [200, 500, 500, 200]),
        ({"query": "*limit=5*"}, [500, 200, 200, 200]),
        ({"name": "*.jpg"}, [200, 200, 500, 200]),
        ({"name": "Some*"}, [200, 500, 200, 200]),
        ({"user": drive.user}, [500, 500, 500, 200]),
        ({"client": "acd-tui"}, [500, 500, 500, 500]),
        ({"client": "rclone"}, [200, 200, 200, 200]),
    ]
    with other.client:
        for rule, expected in checks:
            faults.set({"do": "answer", "error": "500-empty"} | rule)
            got = [
                drive.call("GET", "nodes?limit=5&filters=kind:FILE").status_code,
                drive.call("GET", f"nodes/{folder}").status_code,
                drive.call("GET", f"nodes/{file}").status_code,
                other.call("GET", "nodes").status_code,
            ]
            assert got == expected, rule


def test_the_name_of_what_is_not_made_yet(drive: Drive, faults: FaultFile) -> None:
    folder = drive.folder("here")
    faults.set({"do": "answer", "error": "500-empty", "name": "bäd*"})

    assert drive.send("bäd.txt", b"x" * 200_000).status_code == 500
    assert drive.send("good.txt", b"x" * 200_000).status_code == 201
    bad = {"name": "bädly", "kind": "FOLDER"}
    assert drive.call("POST", "nodes", json=bad).status_code == 500
    assert drive.call("PATCH", f"nodes/{folder}", json=bad).status_code == 500
    assert drive.call("PATCH", f"nodes/{folder}", json={"name": "b"}).is_success
    assert drive.content(drive.find("name:good.txt")[0]["id"]).content == b"x" * 200_000


def test_each_name_for_itself(drive: Drive, faults: FaultFile) -> None:
    faults.set(
        {
            "do": "answer",
            "error": "503-html",
            "operation": "upload",
            "each": "name",
            "first": 1,
        }
    )

    got = [drive.send(name, b"1").status_code for name in ("a", "b", "a", "b")]

    assert got == [503, 503, 201, 201]


def test_all_that_fit_take_effect(drive: Drive, faults: FaultFile) -> None:
    node = drive.file("f", bytes(1000))
    faults.set(
        {"do": "delay", "seconds": 0.2, "operation": "download"},
        {"do": "flip", "byte": 1, "operation": "download"},
        {"do": "flip", "byte": 3, "operation": "download"},
    )

    begun = time.monotonic()
    content = drive.content(node).content

    assert time.monotonic() - begun >= 0.2
    assert [place for place, byte in enumerate(content) if byte] == [1, 3]


# The connection


@pytest.mark.parametrize("when", ["start", "body", "received", "done"])
def test_a_reset_upload(drive: Drive, faults: FaultFile, when: str) -> None:
    faults.set(
        {
            "do": "reset",
            "operation": "upload",
            "when": when,
            "bytes": 100_000,
            "times": 1,
        }
    )

    with pytest.raises(httpx.TransportError):
        drive.send("f", bytes(3_000_000))

    assert drive.names("kind:FILE") == (["f"] if when == "done" else [])
    if when != "done":
        assert drive.send("f", b"again").status_code == 201


@pytest.mark.parametrize("do", ["reset", "truncate"])
def test_a_download_that_breaks_off(drive: Drive, faults: FaultFile, do: str) -> None:
    data = bytes(range(256)) * 20_000
    node = drive.file("f", data)
    rule: dict[str, Any] = {"do": do, "operation": "download", "bytes": 1_000_000}
    faults.set(rule | ({"when": "answer"} if do == "reset" else {}))

    got = bytearray()

    def read() -> None:
        url = f"{drive.c}nodes/{node}/content"
        with drive.client.stream("GET", url) as response:
            assert response.headers["content-length"] == str(len(data))
            for piece in response.iter_raw():
                got.extend(piece)

    with pytest.raises(httpx.TransportError):
        read()

    assert len(got) <= 1_000_000
    assert do == "reset" or len(got) == 1_000_000
    assert data.startswith(bytes(got))


@pytest.mark.parametrize("when", ["start", "body", "received", "answer", "done"])
def test_a_stall(drive: Drive, faults: FaultFile, when: str) -> None:
    faults.set({"do": "stall", "operation": "upload", "when": when, "bytes": 10})

    with pytest.raises(httpx.ReadTimeout):
        drive.client.post(
            f"{drive.c}nodes?suppress=deduplication",
            files=[
                ("metadata", (None, '{"name":"f","kind":"FILE"}')),
                ("content", ("x", b"data", "text/plain")),
            ],
            timeout=0.5,
        )

    made = when in {"answer", "done"}
    assert drive.names("kind:FILE") == (["f"] if made else [])


def test_a_flipped_byte(drive: Drive, faults: FaultFile) -> None:
    data = bytes(1_000_000)
    node = drive.file("f", data)
    faults.set({"do": "flip", "operation": "download", "byte": 999_999})

    content = drive.content(node).content

    assert len(content) == len(data)
    assert content[:-1] == data[:-1]
    assert content[-1:] == b"\xff"


def test_delays(drive: Drive, faults: FaultFile) -> None:
    for when in ("start", "done"):
        faults.set({"do": "delay", "seconds": 0.3, "when": when})
        begun = time.monotonic()
        assert drive.call("GET", "nodes").status_code == 200
        assert time.monotonic() - begun >= 0.3


def test_slow_both_ways(drive: Drive, faults: FaultFile) -> None:
    data = bytes(100_000)
    faults.set({"do": "slow", "rate": "200K", "operation": ["upload", "download"]})

    begun = time.monotonic()
    node = drive.file("f", data)
    between = time.monotonic()
    assert drive.content(node).content == data
    end = time.monotonic()

    assert between - begun >= 0.45
    assert end - between >= 0.45


# What is told of nodes


def test_a_wrong_md5(drive: Drive, faults: FaultFile) -> None:
    faults.set({"do": "wrong-md5"})
    right = hashlib.md5(b"data").hexdigest()

    sent = drive.send("f", b"data").json()
    listed = drive.find("name:f")[0]
    told = drive.changes()

    in_feed = next(node for node in told[0]["nodes"] if node.get("name") == "f")
    for node in (sent, listed, in_feed):
        assert node["contentProperties"]["md5"] != right
        assert node["contentProperties"]["size"] == 4
    faults.clear()
    assert drive.node(sent["id"])["contentProperties"]["md5"] == right


def test_pending_files(drive: Drive, faults: FaultFile) -> None:
    faults.set({"do": "pending", "seconds": 1.0})

    node = drive.send("f", b"data").json()

    assert node["status"] == "PENDING"
    assert "contentProperties" not in node
    until(lambda: drive.node(node["id"])["status"] == "AVAILABLE")
    assert "contentProperties" in drive.node(node["id"])


def test_a_late_node(drive: Drive, faults: FaultFile) -> None:
    faults.set(
        {"do": "late", "error": "504-empty", "operation": "upload", "seconds": 1.0}
    )
    before = drive.changes()[0]["checkpoint"]

    assert drive.send("f", b"data" * 100_000).status_code == 504
    assert drive.names("kind:FILE") == []

    until(lambda: drive.names("kind:FILE") == ["f"])
    node = drive.find("name:f")[0]
    assert drive.content(node["id"]).content == b"data" * 100_000
    assert [n["name"] for n in drive.changes(checkpoint=before)[0]["nodes"]] == ["f"]


def test_a_late_overwrite(drive: Drive, faults: FaultFile) -> None:
    node = drive.file("f", b"old")
    faults.set(
        {"do": "late", "error": "408-empty", "operation": "overwrite", "seconds": 0.5}
    )

    sent = drive.client.put(
        f"{drive.c}nodes/{node}/content",
        files=[("content", ("x", b"new", "text/plain"))],
    )

    assert sent.status_code == 408
    assert drive.content(node).content == b"old"
    until(lambda: drive.content(node).content == b"new")


def test_a_node_that_never_appears(drive: Drive, faults: FaultFile) -> None:
    faults.set({"do": "late", "error": "408-empty", "operation": "upload", "times": 1})

    assert drive.send("f", b"data").status_code == 408
    assert drive.send("f", b"data").status_code == 201
    assert drive.names("kind:FILE") == ["f"]


def test_fresh_nodes_are_not_listed_yet(drive: Drive, faults: FaultFile) -> None:
    faults.set({"do": "stale", "fresh": 1.5})

    folder = drive.folder("new")

    filters = f'parents:"{drive.root}" AND name:"new"'
    page = drive.ok("GET", "nodes", params={"filters": filters})
    assert page == {"count": 0, "data": []}
    assert drive.node(folder)["name"] == "new"
    until(lambda: drive.names(filters) == ["new"])


def test_trashed_nodes_are_still_listed(drive: Drive, faults: FaultFile) -> None:
    drive.file("stays", b"1")
    node = drive.file("goes", b"2")
    drive.ok("PUT", f"trash/{node}")
    faults.set({"do": "stale", "trashed": 2.0})

    page = drive.ok("GET", "nodes", params={"filters": f"parents:{drive.root}"})

    assert page["count"] == 2
    assert {row["name"]: row["status"] for row in page["data"]} == {
        "stays": "AVAILABLE",
        "goes": "TRASH",
    }
    until(lambda: drive.names(f"parents:{drive.root}") == ["stays"])


def test_rows_of_other_folders(drive: Drive, faults: FaultFile) -> None:
    one, two = drive.folder("one"), drive.folder("two")
    drive.file("in one", b"1", one)
    drive.file("in two", b"2", two)
    faults.set({"do": "stale", "strays": 1})

    rows = drive.find(f'parents:"{two}"')

    assert len(rows) == 2
    assert [row["name"] for row in rows if two in row["parents"]] == ["in two"]
    children = drive.ok("GET", f"nodes/{two}/children")
    assert len(children["data"]) == children["count"] == 2

    faults.set({"do": "stale", "parents": True})
    (row,) = drive.find(f"parents:{two}")
    assert row["name"] == "in two"
    assert two not in row["parents"]
    assert len(row["parents"][0]) == 22


# The stream of changes


def lines(drive: Drive, **body: Any) -> list[bytes]:
    response = drive.call("POST", "changes", content=json.dumps(body))
    assert response.status_code == 200
    return response.content.split(b"\n")


def test_the_stream_of_changes(drive: Drive, faults: FaultFile) -> None:
    for name in "abc":
        drive.folder(name)
    checkpoint = drive.changes()[0]["checkpoint"]
    drive.folder("d")

    faults.set({"do": "changes", "cut": 2})
    cut = drive.changes(chunkSize=1)
    assert len(cut) == 2
    assert all("end" not in line for line in cut)

    faults.set({"do": "changes", "status": 401, "lines": 1})
    refused = drive.changes(chunkSize=1)
    assert [line["statusCode"] for line in refused] == [200, 401]
    assert refused[1]["checkpoint"] == refused[0]["checkpoint"]

    faults.set({"do": "changes", "reset": True})
    again = drive.changes(checkpoint=checkpoint)
    assert again[0]["reset"] is True
    assert len(again[0]["nodes"]) == 5
    assert again[-1] == {"end": True}

    faults.set({"do": "changes", "repeat": True})
    twice = drive.changes(chunkSize=2, checkpoint=checkpoint)
    assert twice[0] == twice[1]
    assert twice[0]["nodes"][0]["name"] == "d"
    assert twice[2:] == [{"end": True}]

    faults.set({"do": "changes", "blank": 2})
    blank = lines(drive)
    assert blank[:2] == [b"", b""]
    assert json.loads(blank[2])["nodes"]
    assert blank[3:5] == [b"", b""]
    assert json.loads(blank[5]) == {"end": True}


def test_a_token_for_the_next_page_that_is_too_old(
    drive: Drive, faults: FaultFile
) -> None:
    for name in "abc":
        drive.folder(name)
    faults.set({"do": "answer", "error": "next-token-expired", "query": "*startTok*"})

    page = drive.ok("GET", "nodes", params={"limit": 2})
    following = {"limit": 2, "startToken": page["nextToken"]}

    refused = drive.refused(400, "GET", "nodes", params=following)
    assert refused["message"] == "Next token is expired"


# Content elsewhere


def test_content_at_another_host(drive: Drive, faults: FaultFile) -> None:
    data = bytes(range(256)) * 2000
    node = drive.file("f", data)
    faults.set({"do": "redirect", "operation": ["download", "linked"]})

    response = drive.content(node)
    assert response.status_code == 302
    where = response.headers["location"]
    assert where.startswith(drive.server.url.replace("127.0.0.1", "localhost"))
    assert "X-Amz-Algorithm=" in where

    refused = httpx.get(where, headers=drive.server.headers())
    assert refused.status_code == 400
    assert "Only one auth mechanism allowed" in refused.text
    assert refused.headers["content-type"].startswith("application/xml")
    unsigned = httpx.get(where, headers={"x-amz-access-token": "x"})
    assert (unsigned.status_code, "AccessDenied" in unsigned.text) == (403, True)
    assert httpx.get(where).content == data
    part = httpx.get(where, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, data[10:20])
    assert httpx.get(where.replace("/s3/", "/s3/A")).status_code == 404

    link = drive.ok("GET", f"nodes/{node}?tempLink=true")["tempLink"]
    assert httpx.get(link).status_code == 302
    assert httpx.get(link, follow_redirects=True).content == data


# The file


def test_the_file_is_read_again(drive: Drive, faults: FaultFile) -> None:
    for _ in range(20):
        faults.set({"do": "answer", "error": "500-empty"})
        assert drive.call("GET", "nodes").status_code == 500
        faults.set({"do": "answer", "error": "503-empty"})
        assert drive.call("GET", "nodes").status_code == 503
        faults.clear()
        assert drive.call("GET", "nodes").status_code == 200


def test_nonsense_changes_nothing(drive: Drive, faults: FaultFile) -> None:
    faults.set({"do": "answer", "error": "500-empty"})
    assert drive.call("GET", "nodes").status_code == 500

    faults.path.write_text("[[fault]\n")
    assert drive.call("GET", "nodes").status_code == 500

    faults.path.unlink()
    assert drive.call("GET", "nodes").status_code == 200


def test_uploads_side_by_side_with_chance(drive: Drive, faults: FaultFile) -> None:
    """Nothing leaks from one request's fault into another's."""
    faults.set(
        {"do": "answer", "error": "504-empty", "when": "done", "probability": 0.3},
        {"do": "reset", "when": "body", "bytes": 5000, "probability": 0.3},
    )
    told: dict[str, str] = {}

    def upload(worker: int) -> None:
        with httpx.Client(headers=drive.client.headers) as client:
            mine = Drive(client, drive.server, drive.user)
            for number in range(15):
                name = f"{worker}-{number}"
                told[name] = "lost"
                with contextlib.suppress(httpx.TransportError):
                    told[name] = str(mine.send(name, name.encode() * 5000).status_code)

    workers = [threading.Thread(target=upload, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    faults.clear()
    there = set(drive.names("kind:FILE"))
    assert {name for name, status in told.items() if status == "201"} <= there
    assert not {name for name, status in told.items() if status == "lost"} & there
    assert {name for name, status in told.items() if status == "504"} <= there
    assert set(told.values()) == {"201", "504", "lost"}
    for node in drive.find("kind:FILE"):
        assert drive.content(node["id"]).content == node["name"].encode() * 5000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[[fault]]\ndo = 'flip'\nbite = 1\n",
            "line 3: fault 1: bite: there is no such",
        ),
        ("x = 1\n", "line 1: x: there is no such key"),
        ("[[fault]]\ndo = 'flap'\n", "fault 1: do:"),
        ("[[fault]]\nerror = 'x'\n", "fault 1: "),
        (
            "[[fault]]\ndo = 'flip'\n\n[[fault]]\ndo = 'answer'\nerror = 'nope'\n",
            "line 6: fault 2: error: there is no error 'nope'",
        ),
        ("[[fault]]\ndo = 'answer'\n", "either the name of an error, or a status"),
        ("[[fault]]\ndo='flip'\noperation='fly'\n", "line 3: fault 1: operation: "),
        ("[[fault]]\ndo='flip'\nevery=0\n", "line 3: fault 1: every: "),
        ("[[fault]]\ndo='flip'\nprobability='x'\n", "line 3: fault 1: probability: "),
        ("[[fault]]\ndo='slow'\nrate='x'\n", "line 3: fault 1: rate: "),
        ("[[fault]]\ndo='redirect'\nto='x'\n", "line 3: fault 1: to: "),
        ("fault = 3\n", "line 1: fault: "),
        ("[[fault]\n", "is no TOML"),
    ],
)
def test_nonsense_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, tmp_path / "faults.toml", ["upload"])

    assert words in caught.value.message
    assert str(tmp_path / "faults.toml") in caught.value.message


def test_nonsense_is_refused_before_a_drive_is_made(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text("[[fault]]\ndo = 'flip'\nbite = 1\n")
    drive = tmp_path / "drive"

    done = server_command("run", str(drive), "--faults", str(path))
    missing = server_command("run", str(drive), "--faults", str(tmp_path / "none"))

    assert (done.returncode, missing.returncode) == (2, 1)
    assert f"{path}, line 3: fault 1: bite: there is no such key" in done.stderr
    assert "cannot read" in missing.stderr
    assert not drive.exists()


def server_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "acd_tui", "server", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"NO_COLOR": "1"},
    )


def test_the_example_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    example = server_command("faults")
    path.write_text(example.stdout)

    for name in (*ERRORS, "presigned", "list_nodes"):
        assert name in example.stdout
    with running_server(tmp_path, ["--faults", str(path)]) as server:
        headers = server.headers()
        assert httpx.get(f"{server.metadata_url}nodes", headers=headers).status_code


def test_it_says_that_faults_are_on(tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text('[[fault]]\ndo = "answer"\nerror = "500-html"\n')
    log = tmp_path / "stderr"
    with (
        log.open("w") as errors,
        running_server(tmp_path, ["--faults", str(path)], stderr=errors) as server,
    ):
        assert httpx.get(server.url + "/healthz").status_code == 500
        assert server.stop() == 0

    said = log.read_text()
    assert f"warning: faults are on: requests go wrong as {path} says" in said
    assert "fault 1, answer: GET /healthz" in said
