"""A disk that is full to the last byte, fails, or loses what it held."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from acd_tui.server import admin
from acd_tui.server.check import check
from acd_tui.server.journal import is_foreign
from tests.disks import small_disk
from tests.server.conftest import Drive, new_drive, until
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of sixteen MiB."""
    with small_disk(tmp_path, 16) as small:
        yield small


def fill_to_the_last_byte(path: Path) -> None:
    """Take all room that is left, as another program may do."""
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 65536)
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0")


def content_file(server: ServerProcess, data: bytes) -> Path:
    """The one content file with those bytes; a small one gets it a moment later."""
    folder, found = server.directory / "content", list[Path]()

    def look() -> bool:
        files = folder.glob("[0-9a-f][0-9a-f]/*")
        found[:] = [file for file in files if file.read_bytes() == data]
        return bool(found) and not any((folder / "tmp").iterdir())

    until(look)
    (file,) = found
    return file


def checked(server: ServerProcess) -> list[str]:
    with admin.examined(server.directory) as storage:
        return check(storage).problems


def is_refused(response: httpx.Response) -> bool:
    """Tell whether it is an error that a client understands; else it was done."""
    if response.status_code < 300:
        return False
    assert response.status_code in {403, 500, 503}, response.text
    assert response.json()["message"]
    return True


def test_full_to_the_last_byte(small: Path) -> None:
    with running_server(small) as server:
        drive = new_drive(server)
        with drive.client:
            data = os.urandom(100_000)
            node = drive.file("kept", data)
            fill_to_the_last_byte(small / "other")
            # The journal has some room of its own; then every change is refused.
            changed = _change_until_refused(drive, node)
            assert is_refused(drive.send("more", os.urandom(5000)))
            assert drive.content(node).content == data
            assert drive.node(node).get("description", "") == changed
            (small / "other").unlink()
            drive.file("room again", os.urandom(500_000))
            drive.ok("PATCH", f"nodes/{node}", json={"description": "again"})
            assert checked(server) == []


def _change_until_refused(drive: Drive, node: str) -> str:
    """Change a node until that is refused; what it was last."""
    text = ""
    for number in range(5000):
        new = f"{number}" * 100
        body = {"description": new[:500]}
        response = drive.call("PATCH", f"nodes/{node}", json=body)
        if is_refused(response):
            return text
        text = body["description"]
    raise AssertionError("the disk does not get full")


def test_killed_on_a_full_disk(small: Path) -> None:
    with running_server(small) as server:
        drive = new_drive(server)
        with drive.client:
            data = os.urandom(100_000)
            node = drive.file("kept", data)
            fill_to_the_last_byte(small / "other")
            changed = _change_until_refused(drive, node)
            server.kill()
            with contextlib.suppress(RuntimeError):  # it may say that it cannot
                server.start()
                assert drive.content(node).content == data
                server.kill()
            (small / "other").unlink()
            server.start()
            assert drive.content(node).content == data
            assert drive.node(node).get("description", "") == changed
            assert checked(server) == []


def test_a_journal_that_no_room_is_left_to_read_is_no_foreign_one(small: Path) -> None:
    with running_server(small) as server:
        drive = new_drive(server)
        with drive.client:
            drive.folder("kept")
            server.kill()
            index = server.directory / "index.sqlite"
            index.with_name("index.sqlite-shm").unlink()
            index.chmod(0o600)  # touched last, so that it has to be looked into
            fill_to_the_last_byte(small / "other")

            assert not is_foreign(index)

            (small / "other").unlink()
            assert not is_foreign(index)
            server.start()
            assert drive.names() == ["/", "kept"]


def limit_files(server: ServerProcess, size: str) -> None:
    """From now on, or no longer, the server cannot write beyond so many bytes."""
    if shutil.which("prlimit") is None:
        pytest.skip("there is no prlimit here")
    # Only the soft limit: the hard one could not be raised again.
    asked = ["prlimit", "--pid", str(server.pid), f"--fsize={size}:"]
    subprocess.run(asked, check=True, capture_output=True)


def test_writes_that_fail(tmp_path: Path) -> None:
    """An error in the middle of a commit, as of a disk that is pulled out."""
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("kept", b"data" * 1000)
            for _ in range(3):
                limit_files(server, "0")
                for number in range(5):
                    refused = drive.call(
                        "POST", "nodes", json={"name": f"no{number}", "kind": "FOLDER"}
                    )
                    assert is_refused(refused)
                    assert is_refused(drive.send(f"no{number}.txt", b"x" * 5000))
                    path = f"{drive.c}nodes/{node}/content"
                    files = {"content": ("x", b"other", "a/b")}
                    assert is_refused(drive.call("PUT", path, files=files))
                assert drive.content(node).content == b"data" * 1000
                assert drive.names("kind:FILE") == ["kept"]
                limit_files(server, "unlimited")
                drive.ok("PATCH", f"nodes/{node}", json={"description": "again"})
            drive.file("new", b"fresh")
            assert checked(server) == []
            server.kill()
            server.start()
            assert drive.names("kind:FILE") == ["kept", "new"]
            assert drive.content(node).content == b"data" * 1000
            assert checked(server) == []


def test_content_that_becomes_read_only(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a folder read-only")
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("kept", b"data")
            content = str(server.directory / "content")
            bind = ["mount", "--bind", content, content]
            if subprocess.run(bind, capture_output=True, check=False).returncode != 0:
                pytest.skip("mounting is not allowed here")
            try:
                again = ["mount", "-o", "remount,bind,ro", content]
                subprocess.run(again, check=True)
                assert is_refused(drive.send("no", b"x" * 100_000))
                assert is_refused(drive.send("no", os.urandom(3_000_000)))
                assert drive.content(node).content == b"data"
                small = drive.file("small", b"y" * 5000)  # it has no file for now
                assert drive.content(small).content == b"y" * 5000
                # What needs no file goes on.
                drive.folder("folder")
                drive.ok("PUT", f"trash/{node}")
                drive.ok("POST", f"trash/{node}/restore")
            finally:
                subprocess.run(["umount", "--lazy", content], check=True)
            drive.file("no", b"x" * 100_000)
            assert drive.content(small).content == b"y" * 5000
            assert checked(server) == []


@pytest.mark.parametrize("size", [1000, 200_000, 3_000_000])
def test_content_that_has_become_shorter(tmp_path: Path, size: int) -> None:
    """The answer is an error or cut short; it never looks whole."""
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            data = os.urandom(size)
            node = drive.file("f", data)
            os.truncate(content_file(server, data), size // 2)

            for headers in ({}, {"Range": f"bytes={size // 4}-"}):
                with contextlib.suppress(httpx.RemoteProtocolError):
                    response = drive.content(node, **headers)
                    assert response.status_code == 500
                    assert response.json()["message"]
            # What is still there can be had.
            part = drive.content(node, Range=f"bytes=0-{size // 4}")
            assert part.content == data[: size // 4 + 1]
            assert drive.ok("GET", "account/quota")


@pytest.mark.parametrize("what", ["gone", "a folder"])
def test_content_that_cannot_be_read(tmp_path: Path, what: str) -> None:
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("f", b"data")
            path = content_file(server, b"data")
            path.unlink()
            if what == "a folder":
                path.mkdir()

            response = drive.content(node)

            assert response.status_code == 500
            assert "message" in response.json()
            # It can be replaced and be gone without.
            files = {"content": ("x", b"new", "a/b")}
            drive.ok("PUT", f"{drive.c}nodes/{node}/content", files=files)
            assert drive.content(node).content == b"new"
