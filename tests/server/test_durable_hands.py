"""What people do to a server's folder while it runs, or to get back what they have lost."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from acd_tui.errors import Denied
from acd_tui.server.admin import examined
from acd_tui.server.check import check
from acd_tui.server.repair import repair
from tests.server.conftest import Drive, new_drive
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket


def away(directory: Path) -> None:
    directory.rename(directory.with_name("away"))


def removed(directory: Path) -> None:
    (directory / "index.sqlite").unlink()


def without_journal(directory: Path) -> None:
    (directory / "index.sqlite-wal").unlink()


def replaced(directory: Path) -> None:
    copy = directory / "copy"
    shutil.copyfile(directory / "index.sqlite", copy)
    copy.replace(directory / "index.sqlite")


@pytest.mark.parametrize("hand", [away, removed, replaced, without_journal])
@pytest.mark.parametrize("size", [5, 100_000])
def test_nothing_is_taken_into_an_index_that_is_not_in_its_place(
    tmp_path: Path, hand: Callable[[Path], None], size: int
) -> None:
    """What it said yes to would not be there when it is started the next time."""
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("before", b"x" * size)

            hand(server.directory)

            assert drive.send("after", b"y" * size).status_code == 500
            assert drive.call("PUT", f"trash/{node}").status_code == 500
            assert drive.call("GET", f"{server.url}/healthz").status_code == 503


def test_what_was_in_a_journal_that_is_gone_is_there_after_a_stop(
    tmp_path: Path,
) -> None:
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            drive.file("kept", b"x")
            without_journal(server.directory)
            drive.refused(500, "POST", "nodes", json={"name": "n", "kind": "FOLDER"})
            server.restart()
            drive.folder("again")
            assert drive.names() == ["/", "again", "kept"]


@pytest.mark.parametrize("arguments", [(), ("--workers", "2")])
def test_a_second_server_is_refused_although_somebody_removed_the_lock(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with running_server(tmp_path, arguments) as server:
        (server.directory / "server.lock").unlink()

        with (
            pytest.raises(RuntimeError, match="did not start"),
            running_server(tmp_path, arguments),
        ):
            pass
        server.restart()


def backed_up(server: ServerProcess, place: Path) -> None:
    server.stop()
    shutil.copytree(server.directory, place)
    server.start()


def put_back(server: ServerProcess, place: Path) -> None:
    server.stop()
    shutil.rmtree(server.directory)
    shutil.copytree(place, server.directory)


def named(line: dict[str, Any]) -> list[str]:
    return sorted(node.get("name", "/") for node in line["nodes"])


@pytest.mark.parametrize("repaired", [False, True])
def test_changes_that_a_backup_does_not_know_reset_the_feed(
    tmp_path: Path, repaired: bool
) -> None:
    """Their numbers are given again, so that who knows them would miss the new ones."""
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            drive.folder("kept")
            before, _ = drive.changes()
            backed_up(server, tmp_path / "backup")
            drive.folder("lost")
            lost, _ = drive.changes(checkpoint=before["checkpoint"])
            assert (lost["reset"], named(lost)) == (False, ["lost"])

            put_back(server, tmp_path / "backup")
            if repaired:
                repair(server.directory)
            server.start()
            for name in ("one", "two"):
                drive.folder(name)

            again, _ = drive.changes(checkpoint=lost["checkpoint"])
            assert (again["reset"], named(again)) == (True, ["/", "kept", "one", "two"])
            # What the backup knows need not be told again.
            more, _ = drive.changes(checkpoint=before["checkpoint"])
            assert (more["reset"], named(more)) == (False, ["one", "two"])
            # From here on all is as ever, over every start.
            server.restart()
            drive.folder("three")
            more, _ = drive.changes(checkpoint=again["checkpoint"])
            assert (more["reset"], named(more)) == (False, ["three"])


def test_a_checkpoint_of_another_drive_resets_the_feed(
    drive: Drive, other: Drive
) -> None:
    """As of a user who was removed and added again."""
    drive.folder("a")
    other.folder("b")
    line, _ = other.changes()

    mine, _ = drive.changes(checkpoint=line["checkpoint"])

    assert (mine["reset"], named(mine)) == (True, ["/", "a"])


@pytest.mark.parametrize("left", ["nothing", "an empty folder", "a link to nowhere"])
def test_content_on_a_disk_that_is_not_mounted(tmp_path: Path, left: str) -> None:
    """Neither is anything put into the bare mount point, nor any file given up."""
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            data = os.urandom(100_000)
            node = drive.file("f", data)
            server.stop()
            content, disk = server.directory / "content", tmp_path / "disk"
            content.rename(disk)
            if left == "an empty folder":
                content.mkdir()
            elif left == "a link to nowhere":
                content.symlink_to(tmp_path / "not mounted")

            with pytest.raises(RuntimeError, match="did not start"):
                server.start()
            with pytest.raises(Denied, match="none of the files"):
                repair(server.directory)
            with examined(server.directory) as storage:
                assert "is the disk mounted" in str(check(storage).notes)

            assert not content.exists() or not list(content.iterdir())
            if left == "an empty folder":
                content.rmdir()
            elif left == "a link to nowhere":
                content.unlink()
            disk.rename(content)
            server.start()
            assert drive.content(node).content == data
            assert repaired_nothing(server)


def repaired_nothing(server: ServerProcess) -> bool:
    server.stop()
    report = repair(server.directory)
    return not report.repaired and not report.problems


def test_content_that_is_lost_for_good_can_be_given_up(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            drive.file("f", b"x" * 100_000)
            drive.folder("folder")
            server.stop()
            shutil.rmtree(server.directory / "content")
            with pytest.raises(Denied) as refused:
                repair(server.directory)
            command = str(refused.value.hint).partition("`")[2].partition("`")[0]

            subprocess.run(shlex.split(command), check=True)

            assert repair(server.directory).problems == []
            server.start()
            assert drive.names() == ["/", "folder"]


@pytest.mark.parametrize("way", ["copied over it", "moved there"])
def test_a_backup_beside_the_journal_of_a_killed_server(
    tmp_path: Path, way: str
) -> None:
    """SQLite would take it for the backup's own, and spoil that."""
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            names = ["/", *(drive_name(drive, f"old {n}") for n in range(20))]
            index, backup = server.directory / "index.sqlite", tmp_path / "backup"
            server.restart()
            shutil.copyfile(index, backup)
            for number in range(200):
                drive.file(f"new {number}", os.urandom(3000))
            server.kill()
            assert index.with_name("index.sqlite-wal").stat().st_size

            if way == "moved there":
                shutil.copy2(backup, tmp_path / "another")
                (tmp_path / "another").replace(index)
            else:
                shutil.copyfile(backup, index)

            with pytest.raises(RuntimeError, match="did not start"):
                server.start()
            assert index.read_bytes() == backup.read_bytes()
            report = repair(server.directory)
            assert "the journal beside the index was of another one" in str(
                report.repaired
            )
            assert report.problems == []
            server.start()
            assert drive.names() == sorted(names)


def drive_name(drive: Drive, name: str) -> str:
    drive.file(name, os.urandom(3000))
    return name


def test_a_backup_beside_a_journal_of_a_few_pages_of_the_same_nodes(
    tmp_path: Path,
) -> None:
    """Each page is in its place then, but what one says is not so by another."""
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            nodes = [drive.folder(f"old {n:03}") for n in range(150)]
            index, backup = server.directory / "index.sqlite", tmp_path / "backup"
            server.restart()
            shutil.copyfile(index, backup)
            for number, node in enumerate(nodes):
                drive.ok("PATCH", f"nodes/{node}", json={"name": f"new {number:03}"})
            with contextlib.closing(sqlite3.connect(index)) as connection:
                connection.execute("PRAGMA wal_checkpoint(RESTART)")
            drive.ok("PATCH", f"nodes/{nodes[0]}", json={"name": "newest"})
            server.kill()

            shutil.copyfile(backup, index)

            with pytest.raises(RuntimeError, match="did not start"):
                server.start()
            assert index.read_bytes() == backup.read_bytes()
            assert repair(server.directory).problems == []
            server.start()
            assert drive.names() == ["/", *(f"old {n:03}" for n in range(150))]


def test_a_journal_of_its_own_is_kept(tmp_path: Path) -> None:
    """Also if the index was touched after it, as by a copy of the folder."""
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            names = ["/", *(drive_name(drive, f"f{n}") for n in range(20))]
            server.kill()
            index = server.directory / "index.sqlite"
            shutil.copy2(index, tmp_path / "copy")
            (tmp_path / "copy").replace(index)
            server.start()
            assert drive.names() == sorted(names)
            server.kill()
            shutil.copy2(index, tmp_path / "copy")
            (tmp_path / "copy").replace(index)
            assert repair(server.directory).problems == []
            server.start()
            assert drive.names() == sorted(names)
