"""How often commands ask a drive that is known already."""

from __future__ import annotations

import contextlib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd_tui.clock import SystemClock
from acd_tui.server import admin
from tests.cli.conftest import Command, define
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket

LISTINGS = {
    ("ls",): b"        4 a.txt\n        4 sub/b.txt\n",
    ("lsd",): b"          -1 ",
    ("lsl",): b"        4 ",
    ("lsf", "-R"): b"a.txt\nsub/\nsub/b.txt\n",
    ("lsjson",): b'[\n{"Path":"a.txt"',
    ("tree", "--noreport"): "/\n├── a.txt\n└── sub\n    └── b.txt\n".encode(),
    ("size", "--json"): b'{"count":2,"bytes":8,"sizeless":0}\n',
    ("md5sum",): b"51037a4a37730f52c8732586d3aaa316  a.txt\n",
}


class Asked:
    """The requests that a server has noted."""

    def __init__(self, server: ServerProcess, log: Path) -> None:
        self._server, self._log = server, log
        self._marks = 0
        self._seen = 0

    def since(self) -> list[str]:
        """Return the paths of those since the last call."""
        self._marks += 1
        mark = f"/mark-{self._marks}"  # comes into the log behind all that were before
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(self._server.url + mark)
        paths: list[str] = []
        while mark not in paths:
            lines = self._log.read_text("utf-8").splitlines()
            paths = [line.split()[5].partition("?")[0] for line in lines]
        self._seen, new = len(paths), paths[self._seen : -1]
        return new


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "requests.log"


@pytest.fixture
def server(tmp_path: Path, log: Path) -> Iterator[ServerProcess]:
    with running_server(tmp_path / "server", ["--access-log", str(log)]) as server:
        yield server


@pytest.fixture
def asked(
    server: ServerProcess,
    log: Path,
    tmp_path: Path,
    here: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> Asked:
    """A drive `photos` that was read."""
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    (tmp_path / "tree" / "a.txt").write_bytes(b"same")
    (tmp_path / "tree" / "sub" / "b.txt").write_bytes(b"same")
    define(monkeypatch, "photos", server, server.token())
    assert here("copy", "tree", "photos:").returncode == 0
    assert here("mirror", "refresh", "photos:").returncode == 0
    asked = Asked(server, log)
    asked.since()
    return asked


def test_a_listing_asks_once_what_has_changed(here: Command, asked: Asked) -> None:
    for command, said in LISTINGS.items():
        shown = here(*command, "photos:")
        assert (shown.returncode, shown.stdout[: len(said)]) == (0, said), shown.stderr
        assert asked.since() == ["/drive/v1/changes"]


def test_what_is_known_is_listed_without_asking(here: Command, asked: Asked) -> None:
    for command, said in LISTINGS.items():
        shown = here(*command, "--cached", "photos:")
        assert (shown.returncode, shown.stdout[: len(said)]) == (0, said), shown.stderr
        assert shown.stderr == b""
    assert here("ls", "--cached", "photos:a.txt").stdout == b"        4 a.txt\n"
    assert here("ls", "--cached", "photos:nowhere").returncode == 3
    assert here("lsf", "--cached", "tree").stdout == b"a.txt\nsub/\n"
    for known in (("du", "photos:"), ("search", "photos:", "b")):
        assert here(*known).returncode == 0
    assert asked.since() == []


def test_its_age_is_said(
    here: Command, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = SystemClock().now() + 7500
    monkeypatch.setattr(SystemClock, "now", lambda self: later)
    shown = here("lsf", "--cached", "photos:")
    assert (shown.returncode, shown.stdout) == (0, b"a.txt\nsub/\n")
    assert shown.stderr == b"as photos: was 2h 05m ago\n"


def test_a_drive_that_was_never_read_has_nothing_to_show(
    here: Command, server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    define(monkeypatch, "new", server, server.token())
    for command in LISTINGS:
        shown = here(*command, "--cached", "new:")
        assert (shown.returncode, shown.stdout) == (5, b"")
        assert b"new: was never read as a whole" in shown.stderr
        assert b"`acd-tui mirror refresh new:` reads it" in shown.stderr


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    "command", [["lsf", "--cached"], ["lsf"], ["du"], ["search"], ["dupes"]], ids=str
)
def test_that_a_mirror_is_damaged_is_said_by_whoever_finds_out(
    here: Command, home: Path, command: list[str]
) -> None:
    (path,) = (home / "acd-tui").rglob("photos.sqlite")
    path.write_bytes(b"no database" * 1000)
    words = ["a"] if command == ["search"] else []
    shown = here(*command, "photos:", *words)
    said = b"photos: the local copy of the drive was damaged and is made anew"
    assert shown.stderr.count(said) == 1
    assert b"never read" not in shown.stderr
    if command == ["lsf"]:
        assert (shown.returncode, shown.stdout) == (0, b"a.txt\nsub/\n")
    elif command != ["search"]:
        assert shown.returncode == 5
    assert here("mirror", "refresh", "photos:").returncode == 0
    shown = here("lsf", "--cached", "photos:")
    assert (shown.stdout, shown.stderr) == (b"a.txt\nsub/\n", b"")


def test_another_sign_in_under_the_same_name_sees_its_own_drive(
    here: Command,
    server: ServerProcess,
    asked: Asked,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin.add_user(server.directory, "guest")
    define(monkeypatch, "photos", server, server.token(user="guest"))
    asked.since()
    assert here("lsf", "photos:").stdout == b""
    paths = asked.since()
    assert paths[0] == "/drive/v1/account/endpoint"
    assert "/drive/v1/nodes" in paths


FROM_THE_MIRROR = [
    ["lsf", "-R", "--cached", "photos:"],
    ["size", "--cached", "photos:"],
    ["tree", "--cached", "photos:"],
    ["du", "photos:"],
    ["search", "photos:", "a"],
    ["dupes", "photos:"],
    ["mirror", "changes", "photos:"],
]


@pytest.mark.parametrize("command", FROM_THE_MIRROR, ids=" ".join)
def test_what_is_known_is_not_shown_to_whoever_signs_in_next(
    here: Command,
    server: ServerProcess,
    asked: Asked,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
) -> None:
    owners = server.token()
    admin.add_user(server.directory, "guest")
    define(monkeypatch, "photos", server, server.token(user="guest"))
    asked.since()
    server.kill()
    shown = here(*command)
    assert (shown.returncode, shown.stdout) == (5, b"")
    assert b"somebody has signed in anew" in shown.stderr
    server.start()
    shown = here(*command)
    assert b".txt" not in shown.stdout
    assert b"sub" not in shown.stdout
    assert b"never read" in shown.stderr
    paths = asked.since()
    assert "/drive/v1/nodes" in paths
    assert "/drive/v1/changes" not in paths
    # Who asks again is known.
    here(*command)
    assert asked.since() == []
    define(monkeypatch, "photos", server, owners)
    assert b".txt" not in here(*command).stdout


def test_a_new_sign_in_of_the_same_account_is_asked_about_once(
    here: Command,
    server: ServerProcess,
    asked: Asked,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    define(monkeypatch, "photos", server, server.token())
    asked.since()
    assert here("lsf", "--cached", "photos:").stdout == b"a.txt\nsub/\n"
    assert "/drive/v1/nodes" in asked.since()
    assert here("lsf", "--cached", "photos:").stdout == b"a.txt\nsub/\n"
    assert asked.since() == []


def test_another_address_under_the_same_name_is_asked_itself(
    here: Command,
    server: ServerProcess,
    asked: Asked,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = server.token()
    with running_server(tmp_path / "other") as other:
        define(monkeypatch, "photos", other, token)  # which is not other's
        refused = here("lsf", "photos:")
        assert refused.returncode == 7, refused.stderr
        define(monkeypatch, "photos", other, other.token())
        assert here("lsf", "photos:").stdout == b""
    assert asked.since() == []
