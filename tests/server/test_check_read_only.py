"""A check where nothing can be written: a backup, a disk mounted read-only."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from acd_tui.db import Database
from acd_tui.errors import Denied
from acd_tui.server import admin
from acd_tui.server.check import Report, check
from tests.server.conftest import new_drive
from tests.server_process import PASSWORD, running_server

pytestmark = pytest.mark.socket

Protect = Callable[[Path], Path]


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "acd_tui", "server", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"NO_COLOR": "1"},
    )


@pytest.fixture
def protect(tmp_path: Path) -> Iterator[Protect]:
    """Show a folder in a place where nothing can be written."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a folder read-only")
    with contextlib.ExitStack() as stack:

        def mounted(folder: Path) -> Path:
            place = tmp_path / "read-only"
            place.mkdir()
            bind = ["mount", "--bind", str(folder), str(place)]
            if subprocess.run(bind, capture_output=True, check=False).returncode != 0:
                pytest.skip("mounting is not allowed here")
            stack.callback(subprocess.run, ["umount", "--lazy", str(place)], check=True)
            again = ["mount", "-o", "remount,bind,ro", str(place)]
            subprocess.run(again, check=True)
            return place

        yield mounted


def filled(tmp_path: Path, *, kill: bool) -> Path:
    """A drive with a file, left by a server that was stopped or killed."""
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            drive.file("f", b"content")
        if kill:
            server.kill()
        else:
            assert server.stop() == 0
    return tmp_path / "drive"


def snapshot(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def checked(directory: Path) -> Report:
    with admin.examined(directory) as storage:
        return check(storage)


@pytest.mark.parametrize("left", ["stopped", "killed", "killed, without -shm"])
def test_it_is_checked_and_left_as_it_is(
    tmp_path: Path, protect: Protect, left: str
) -> None:
    directory = filled(tmp_path, kill=left != "stopped")
    if left == "killed, without -shm":
        (directory / "index.sqlite-shm").unlink()
    before = snapshot(directory)
    assert ("index.sqlite-wal" in before) is (left != "stopped")

    report = checked(protect(directory))

    assert report.problems == []
    assert report.files == 1  # what is in the journal alone is seen as well
    assert snapshot(directory) == before


def test_what_is_broken_is_seen(tmp_path: Path, protect: Protect) -> None:
    directory = filled(tmp_path, kill=False)
    (content,) = [f for f in (directory / "content").glob("??/*") if f.is_file()]
    content.write_bytes(b"changed")
    place = protect(directory)

    done = cli("check", str(place), "--json")

    assert done.returncode == 1, done.stderr
    (problem,) = json.loads(done.stdout)["problems"]
    assert "does not have its MD5" in problem
    repaired = cli("check", str(place), "--repair")
    assert repaired.returncode != 0
    assert "Read-only file system" in repaired.stderr
    assert "Traceback" not in repaired.stderr


def test_a_server_says_that_it_cannot_write(tmp_path: Path, protect: Protect) -> None:
    place = protect(filled(tmp_path, kill=False))

    done = cli("run", str(place), "--port", "0")

    assert done.returncode not in {0, 2}
    assert f"cannot write in {place}: Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_backup_of_an_older_version(tmp_path: Path, protect: Protect) -> None:
    directory = tmp_path / "drive"
    schema = tmp_path / "schema"
    admin.initialise(directory, password=PASSWORD)
    (directory / "index.sqlite").unlink()
    schema.mkdir()
    first = files("acd_tui.server") / "schema" / "01-drive.sql"
    (schema / "01-drive.sql").write_text(first.read_text("utf-8"))
    shutil.rmtree(directory / "content" / "partial")
    database = Database(directory / "index.sqlite", schema)
    database.open()
    database.close()
    before = snapshot(directory)

    for place in (protect(directory), directory):
        assert checked(place).problems == []

    changed = snapshot(directory)
    assert {name: changed[name] for name in before} == before


def test_no_room_for_a_copy(
    tmp_path: Path, protect: Protect, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = filled(tmp_path, kill=True)
    (directory / "index.sqlite-shm").unlink()
    place = protect(directory)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)

    with pytest.raises(Denied, match=r"journal that cannot be read.*No space left"):
        checked(place)


def test_a_check_writes_nothing_where_it_could(tmp_path: Path) -> None:
    directory = filled(tmp_path, kill=True)
    before = snapshot(directory)

    assert checked(directory).problems == []

    after = snapshot(directory)
    assert {name: after[name] for name in before if "-shm" not in name} == {
        name: before[name] for name in before if "-shm" not in name
    }


def test_a_check_beside_a_server_that_writes(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            for number in range(20):
                node = drive.file(f"{number}", os.urandom(5000))
                drive.ok(
                    "PUT",
                    f"{drive.c}nodes/{node}/content",
                    files={"content": ("f", os.urandom(3000), "a/b")},
                )
                report = checked(server.directory)
                assert report.problems == []
                assert report.files == number + 1


def test_what_is_examined_cannot_be_changed(tmp_path: Path) -> None:
    directory = filled(tmp_path, kill=False)

    with (
        admin.examined(directory) as storage,
        pytest.raises(Denied, match="reading only"),
    ):
        storage.db.write_now(lambda db: db.execute("DELETE FROM nodes").rowcount)
