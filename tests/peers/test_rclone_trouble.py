"""rclone with a server that is slow to please, and a server whose rclone is killed."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.peers.conftest import Place
from tests.peers.rclone import Rclone
from tests.server_process import FaultFile

pytestmark = [pytest.mark.peer, pytest.mark.socket]
PATIENT = ("--low-level-retries", "10")


def make(folder: Path, count: int) -> dict[str, bytes]:
    folder.mkdir()
    files = {f"{number:02}": b"%d" % number * 100 for number in range(count)}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return files


def fetched(rclone: Rclone, folder: Path) -> dict[str, bytes]:
    rclone(*PATIENT, "copy", "acd:t", str(folder))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("error", ["rate-exceeded", "internal-failure", "503-html"])
def test_errors_that_pass(
    faults: FaultFile, rclone: Rclone, tmp_path: Path, error: str
) -> None:
    files = make(tmp_path / "up", 8)
    rule = {"do": "answer", "every": 3, "times": 2, "error": error}

    faults.set(rule | {"path": "/drive/v1/nodes*"}, rule | {"operation": "upload"})
    rclone(*PATIENT, "copy", str(tmp_path / "up"), "acd:t")
    faults.set(rule)
    down = fetched(rclone, tmp_path / "down")

    faults.clear()
    assert down == files
    assert len(rclone.json("lsjson", "acd:t")) == len(files)


def test_uploads_whose_answer_is_lost(
    faults: FaultFile, rclone: Rclone, tmp_path: Path
) -> None:
    files = make(tmp_path / "up", 4)
    faults.set(
        {"operation": "upload", "each": "name", "first": 1, "do": "reset"}
        | {"when": "done"}
    )

    # Its second try finds each name taken, by the file it sent itself.
    rclone.run(*PATIENT, "copy", str(tmp_path / "up"), "acd:t")
    rclone(*PATIENT, "copy", str(tmp_path / "up"), "acd:t")

    assert fetched(rclone, tmp_path / "down") == files
    assert len(rclone.json("lsjson", "acd:t")) == len(files)


def test_a_download_that_is_cut_is_not_taken_for_whole(
    faults: FaultFile, rclone: Rclone, tmp_path: Path
) -> None:
    data = bytes(range(256)) * 2000
    rclone("rcat", "acd:t/f", given=data)
    faults.set({"operation": "download", "times": 1, "do": "truncate", "bytes": 99_999})

    assert fetched(rclone, tmp_path / "down") == {"f": data}


@pytest.mark.parametrize("server_arguments", [["--rate-limit", "20/s"]])
def test_a_rate_limit(rclone: Rclone, tmp_path: Path) -> None:
    files = make(tmp_path / "up", 15)

    rclone(*PATIENT, "copy", "--transfers", "8", str(tmp_path / "up"), "acd:t")

    assert fetched(rclone, tmp_path / "down") == files


@pytest.mark.parametrize("server_arguments", [["--quota", "1M"]])
def test_a_full_drive(rclone: Rclone) -> None:
    rclone("rcat", "acd:small", given=bytes(600_000))

    done = rclone.run("rcat", "acd:large", given=bytes(600_000))

    assert done.returncode != 0
    assert b"403" in done.stderr
    assert rclone("lsf", "acd:") == "small\n"


@pytest.mark.parametrize("server_arguments", [["--grace", "60"]])  # one of its own
def test_a_killed_upload_leaves_nothing(
    place: Place, rclone: Rclone, tmp_path: Path
) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(bytes(40_000_000))
    rclone("mkdir", "acd:t")

    def arrived() -> int:
        """How much of it lies at the server, wherever that is."""
        content = place.server.directory.rglob("*")
        return max(path.stat().st_size for path in content if path.is_file())

    with subprocess.Popen(
        rclone.command("copy", "--bwlimit", "4M", str(file), "acd:t"),
        env=rclone.environment,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 60
        while arrived() < 4_000_000:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()

    assert rclone("lsf", "acd:t") == ""
    rclone("copy", str(file), "acd:t")
    rclone("check", "--checksum", str(tmp_path), "acd:t", "--include", "large.bin")
