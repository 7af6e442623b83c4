"""What people do to a server's folder while it runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.server.conftest import new_drive
from tests.server_process import running_server

pytestmark = pytest.mark.socket


def away(directory: Path) -> None:
    directory.rename(directory.with_name("away"))


def removed(directory: Path) -> None:
    (directory / "index.sqlite").unlink()


def replaced(directory: Path) -> None:
    copy = directory / "copy"
    shutil.copyfile(directory / "index.sqlite", copy)
    copy.replace(directory / "index.sqlite")


@pytest.mark.parametrize("hand", [away, removed, replaced])
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
