"""Our listings beside those of stock rclone, over the same local tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        not shutil.which("rclone") and not os.environ.get("CI"),
        reason="rclone is not installed",
    ),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Names that rclone leaves as they are on a local disk."""
    tree = tmp_path / "tree"
    for name, content in {
        "a.txt": b"hello",
        "empty": b"",
        "spaces and (brackets) [red].md": b"x" * 1000,
        "é<&>\u2028.jpg": b"y",
        "sub/b.TXT": b"b",
        "sub/deep/c": b"c" * 100_000,
        "z/d.html": b"<p>",
    }.items():
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, ns=(0, 1_600_000_000_123_456_789 + len(content)))
    (tree / "no files").mkdir()
    return tree


@pytest.fixture(params=["UTC", "America/St_Johns"])
def zone(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


def rclone(*arguments: str, cwd: Path) -> list[bytes]:
    result = subprocess.run(
        ["rclone", "--config", "", *arguments], cwd=cwd, capture_output=True, check=True
    )
    return sorted(line.rstrip(b",") for line in result.stdout.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        ("ls", "tree"),
        ("ls", "tree", "--max-depth", "1"),
        ("ls", "tree/a.txt"),
        ("lsl", "tree"),
        ("lsl", "tree/sub"),
        ("ls", "tree", "--include", "*.{txt,html}"),
        ("ls", "tree", "--exclude", "deep/"),
        ("lsd", "-R", "tree", "--exclude", "deep/**"),
        ("lsf", "-R", "tree", "--filter", "+ *.TXT", "--filter", "- *"),
        ("lsjson", "-R", "tree", "--min-size", "5B"),
        ("lsjson", "-R", "tree", "--hash-type", "md5", "--no-modtime"),
        ("lsjson", "tree", "--no-mimetype"),
        ("md5sum", "tree", "--max-size", "1B"),
        ("lsd", "tree", "--max-depth", "0"),
        ("lsd", "tree"),
        ("lsd", "-R", "tree"),
        ("lsjson", "tree"),
        ("lsjson", "-R", "tree"),
        ("lsjson", "--files-only", "-R", "tree"),
        ("lsjson", "--dirs-only", "tree"),
        ("lsjson", "tree/a.txt"),
        ("md5sum", "tree"),
        ("lsf", "-R", "tree", "--format", "tspm"),
        ("lsf", "-R", "tree", "--csv", "--files-only", "--format", "php"),
        ("cat", "tree/a.txt"),
        ("cat", "tree/sub/deep/c", "--offset", "5", "--count", "7"),
        ("cat", "tree/a.txt", "--offset", "-3"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("zone")
def test_prints_what_rclone_prints(
    arguments: tuple[str, ...],
    tree: Path,
    here: Command,
) -> None:
    ours = here(*arguments, cwd=tree.parent)
    assert ours.returncode == 0, ours.stderr
    lines = sorted(line.rstrip(b",") for line in ours.stdout.splitlines())
    assert lines == rclone(*arguments, cwd=tree.parent)


@pytest.mark.parametrize(
    "arguments",
    [
        ("lsf", "tree"),
        ("lsf", "tree", "--format", "pshtmioT"),
        ("lsf", "tree", "--absolute", "--dir-slash=false", "--separator", " | "),
        ("lsf", "tree", "--dirs-only", "-F", "ps", "-s", ""),
        ("lsf", "tree", "--csv", "-s", "t", "--format", "sp"),
        ("lsf", "tree/a.txt", "--format", "pst"),
        ("lsf", "tree", "--format", ""),
        ("tree", "tree"),
        ("tree", "tree", "-a", "--full-path"),
        ("tree", "tree", "--level", "1", "--noreport"),
        ("tree", "tree", "--max-depth", "2"),
        ("tree", "tree/a.txt"),
        ("tree", "tree/no files"),
        ("size", "tree"),
        ("size", "tree", "--json"),
        ("size", "tree", "--max-depth", "1"),
        ("size", "tree", "--max-depth", "0"),
        ("size", "tree/sub/deep/c"),
        ("size", "tree", "--include", "*.txt"),
        ("size", "tree", "--min-size", "1k"),
        ("tree", "tree", "--exclude", "/sub/deep/**", "--max-size", "500B"),
        ("lsf", "tree", "--filter", "- *.md"),
    ],
    ids=" ".join,
)
def test_prints_the_very_same_where_the_order_is_known(
    arguments: tuple[str, ...], tree: Path, here: Command
) -> None:
    (tree / ".hidden").mkdir()
    (tree / ".hidden" / 'in "quotes", two').write_bytes(b"x")
    theirs = subprocess.run(
        ["rclone", "--config", "", *arguments],
        cwd=tree.parent,
        capture_output=True,
        check=True,
    )
    ours = here(*arguments, cwd=tree.parent)
    assert ours.returncode == 0, ours.stderr
    assert ours.stdout == theirs.stdout


def test_numbers_are_scaled_as_rclone_does(tmp_path: Path, here: Command) -> None:
    tree = tmp_path / "many"
    tree.mkdir()
    for number in range(1234):
        (tree / str(number)).write_bytes(b"")
    with (tree / "0").open("wb") as file:
        file.truncate(1_234_567_890)
    theirs = subprocess.run(
        ["rclone", "--config", "", "size", "many"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert here("size", "many").stdout == theirs.stdout


def test_json_with_hashes_has_the_same_md5(tree: Path, here: Command) -> None:
    arguments = ("lsjson", "-R", "--hash", "tree")
    ours = here(*arguments, cwd=tree.parent).stdout.splitlines()
    theirs = rclone(*arguments, "--hash-type", "md5", cwd=tree.parent)
    assert sorted(line.rstrip(b",") for line in ours) == theirs


@pytest.mark.parametrize(
    "command", ["ls", "lsl", "lsd", "lsf", "lsjson", "md5sum", "tree", "size"]
)
def test_a_missing_folder_ends_with_the_same_code(
    command: str, tmp_path: Path, here: Command
) -> None:
    theirs = subprocess.run(
        ["rclone", "--config", "", command, "missing"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert here(command, "missing", cwd=tmp_path).returncode == theirs.returncode == 3
