"""Our listings beside those of stock rclone, over the same drive, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command, define
from tests.peers.conftest import (
    place,
    rclone,
    rclone_program,
    server_arguments,
    shared_place,
    user,
)
from tests.peers.rclone import Rclone

__all__ = [  # fixtures
    "place",
    "rclone",
    "rclone_program",
    "server_arguments",
    "shared_place",
    "user",
]

pytestmark = [pytest.mark.peer, pytest.mark.socket]

FILES = {
    "a.txt": b"hello",
    "empty": b"",
    "[red] <&>é\u2028.jpg": b"y",
    "line\nend\ttab\x1b\x7f.bin": b"z",
    " leading and trailing ": b"s",
    "-dash?*:'\"": b"d",
    "sub/b.TXT": b"b",
    "sub/deep/c.bin": b"c" * 100_000,
}


def lines(output: bytes) -> list[bytes]:
    return sorted(line.rstrip(b",") for line in output.splitlines())


def test_lists_what_rclone_lists(
    rclone: Rclone, here: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    for name, content in FILES.items():
        file = tmp_path / "up" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    rclone("copy", str(tmp_path / "up"), "acd:t")
    rclone("mkdir", "acd:t/no files")
    define(monkeypatch, "acd", rclone.server, rclone.issue())
    for arguments in (
        ("ls", "acd:t"),
        ("lsl", "acd:t"),
        ("lsd", "acd:t"),
        ("lsd", "-R", "acd:"),
        ("md5sum", "acd:t"),
        ("lsjson", "acd:t"),
        ("lsjson", "-R", "--hash", "acd:"),
        ("lsjson", "acd:t/a.txt"),
        ("lsf", "-R", "acd:", "--format", "tshpmioT"),
        ("lsf", "-R", "acd:t", "--csv", "--absolute", "--format", "ps"),
    ):
        ours = here(*arguments)
        assert ours.returncode == 0, ours.stderr.decode()
        assert lines(ours.stdout) == lines(rclone(*arguments).encode()), arguments
    for arguments in (
        ("lsf", "acd:t"),
        ("tree", "acd:"),
        ("tree", "acd:t", "-a", "--full-path"),
        ("size", "acd:"),
        ("size", "acd:t", "--json"),
        ("size", "acd:t", "--max-depth", "1"),
        ("size", "acd:t/a.txt"),
    ):
        assert here(*arguments).stdout == rclone(*arguments).encode(), arguments
