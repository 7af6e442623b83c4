"""The commands against a real server in a process of its own."""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Command

pytestmark = pytest.mark.socket

HOSTILE = [
    "[red]",
    "a\x1b[2Jb",
    "new\nline",
    "tab\there",
    "\u202egnp.exe",
    "-rf",
    "\x7f",
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with what folders hold."""
    tree = tmp_path / "tree"
    for name, content in {
        "a.txt": b"hello",
        "empty": b"",
        "é.jpg": os.urandom(300_000),
        "sub/b.txt": b"b",
        "sub/deep/c": os.urandom(70_000),
    }.items():
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, ns=(0, 1_600_000_000_123_456_789))
    return tree


def same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same, byte for byte."""
    compared = filecmp.dircmp(one, other, ignore=[], hide=[])
    _, differs, errors = filecmp.cmpfiles(one, other, compared.common_files, False)
    return not (compared.left_only or compared.right_only or differs or errors) and all(
        same(one / name, other / name) for name in compared.common_dirs
    )


def test_a_tree_goes_up_is_listed_and_comes_down_again(
    tree: Path, tmp_path: Path, remote: str, acd: Command
) -> None:
    up = acd("copy", str(tree), f"{remote}:t", "--json", "-P")
    assert up.returncode == 0, up.stderr.decode()
    summary = json.loads(up.stdout)
    assert summary["files"]["done"] == 5
    assert summary["failures"] == summary["problems"] == []
    assert summary["size"] == summary["done"] == 370_006
    assert b"5/5 files" in up.stderr

    assert sorted(acd("ls", f"{remote}:t").stdout.splitlines()) == [
        b"        0 empty",
        b"        1 sub/b.txt",
        b"        5 a.txt",
        b"    70000 sub/deep/c",
        b"   300000 \xc3\xa9.jpg",
    ]
    assert acd("ls", f"{remote}:t", "--max-depth", "1").stdout.count(b"\n") == 3
    long = acd("lsl", f"{remote}:t/a.txt").stdout
    assert re.fullmatch(rb" +5 2020-09-13 [\d:]{8}\.123456789 a\.txt\n", long)
    folders = acd("lsd", "-R", f"{remote}:t").stdout.splitlines()
    assert [line.split()[-1] for line in folders] == [b"sub", b"sub/deep"]
    sums = acd("md5sum", f"{remote}:t").stdout.decode().splitlines()
    assert {line[34:]: line[:32] for line in sums} == {
        str(file.relative_to(tree)): hashlib.md5(file.read_bytes()).hexdigest()
        for file in tree.rglob("*")
        if file.is_file()
    }
    listed = json.loads(acd("lsjson", "-R", "--hash", f"{remote}:t").stdout)
    assert [each["Path"] for each in listed] == [
        *("a.txt", "empty", "sub", "é.jpg"),
        *("sub/b.txt", "sub/deep", "sub/deep/c"),
    ]
    assert listed[0]["Hashes"] == {"md5": hashlib.md5(b"hello").hexdigest()}
    assert listed[0]["ModTime"] == "2020-09-13T12:26:40Z"
    assert acd("cat", f"{remote}:t/a.txt").stdout == b"hello"
    assert (
        acd("cat", f"{remote}:t/a.txt", "--offset", "1", "--count", "3").stdout
        == b"ell"
    )

    down = acd("copy", f"{remote}:t", "back", "-v")
    assert down.returncode == 0, down.stderr.decode()
    assert same(tree, tmp_path / "back")
    assert down.stdout == b""
    assert b"done: " in down.stderr
    came = (tmp_path / "back/sub/deep/c").stat().st_mtime_ns
    assert came == 1_600_000_000_123_456_789


def test_a_second_copy_transfers_nothing(tree: Path, remote: str, acd: Command) -> None:
    acd("copy", str(tree), f"{remote}:t")
    again = acd("copy", str(tree), f"{remote}:t", "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["files"]["skipped"] == 5
    assert json.loads(again.stdout)["files"]["done"] == 0
    strict = acd("copy", str(tree), f"{remote}:t", "--error-on-no-transfer")
    assert strict.returncode == 9


def test_a_single_file_goes_into_a_folder_under_its_name(
    tree: Path, tmp_path: Path, remote: str, acd: Command
) -> None:
    assert acd("copy", "tree/a.txt", f"{remote}:x/y").returncode == 0
    assert acd("cat", f"{remote}:x/y/a.txt").stdout == b"hello"
    assert acd("copy", f"{remote}:x/y/a.txt", ".").returncode == 0
    assert (tmp_path / "a.txt").read_bytes() == b"hello"
    (tmp_path / "link").symlink_to(tree / "a.txt")
    assert acd("copy", "link", f"{remote}:x").returncode == 0
    assert acd("ls", f"{remote}:x/link").stdout == b"        5 link\n"


@pytest.mark.parametrize(
    ("arguments", "code", "content"),
    [
        ((), 0, b"new content"),
        (("--conflict", "overwrite"), 0, b"new content"),
        (("--conflict", "skip"), 0, b"hello"),
        (("--ignore-existing",), 0, b"hello"),
        (("--conflict", "newer"), 0, b"new content"),
        (("--conflict", "fail"), 6, b"hello"),
        (("--conflict", "ask"), 6, b"hello"),
    ],
)
def test_what_is_there_already_is_dealt_with_as_told(
    arguments: tuple[str, ...],
    code: int,
    content: bytes,
    tree: Path,
    remote: str,
    acd: Command,
) -> None:
    acd("copy", "tree/a.txt", f"{remote}:")
    (tree / "a.txt").write_bytes(b"new content")
    result = acd("copy", "tree/a.txt", f"{remote}:", *arguments)
    assert result.returncode == code, result.stderr.decode()
    assert acd("cat", f"{remote}:a.txt").stdout == content
    if "ask" in arguments:
        assert b"1 file to decide on" in result.stderr
    if "fail" in arguments:
        assert b"a.txt" in result.stderr


def test_conflicts_can_be_kept_beside_each_other(
    tree: Path, remote: str, acd: Command
) -> None:
    acd("copy", "tree/a.txt", f"{remote}:")
    (tree / "a.txt").write_bytes(b"new content")
    assert (
        acd("copy", "tree/a.txt", f"{remote}:", "--conflict", "rename").returncode == 0
    )
    assert acd("cat", f"{remote}:a.txt").stdout == b"hello"
    assert acd("cat", f"{remote}:a (2).txt").stdout == b"new content"


def test_hostile_names_keep_their_bytes(
    tmp_path: Path, remote: str, acd: Command
) -> None:
    tree = tmp_path / "hostile"
    tree.mkdir()
    for name in HOSTILE:
        (tree / name).write_bytes(name.encode())
    assert acd("copy", "hostile", f"{remote}:h").returncode == 0
    assert acd("copy", f"{remote}:h", "back").returncode == 0
    assert {file.read_bytes() for file in (tmp_path / "back").iterdir()} == {
        name.encode() for name in HOSTILE
    }
    assert len(json.loads(acd("lsjson", f"{remote}:h").stdout)) == len(HOSTILE)
    assert acd("copy", "-v", "hostile", f"{remote}:again").stderr.isascii() is False


def test_a_name_that_is_no_utf8_survives(
    tmp_path: Path, remote: str, acd: Command
) -> None:
    tree = tmp_path / "bytes"
    tree.mkdir()
    (tree / os.fsdecode(b"a\xff")).write_bytes(b"content")
    assert acd("ls", "bytes").stdout == b"        7 a\xff\n"
    up = acd("copy", "bytes", f"{remote}:bytes")
    assert up.returncode == 0, up.stderr.decode()
    assert acd("copy", f"{remote}:bytes", "back").returncode == 0
    assert [os.fsencode(file.name) for file in (tmp_path / "back").iterdir()] == [
        b"a\xff"
    ]


def test_folders_are_made_with_their_parents(remote: str, acd: Command) -> None:
    for _ in range(2):
        made = acd("mkdir", f"{remote}:a/b/c")
        assert (made.returncode, made.stdout, made.stderr) == (0, b"", b"")
    listed = acd("lsd", "-R", f"{remote}:").stdout.splitlines()
    assert [line.split()[-1] for line in listed] == [b"a", b"a/b", b"a/b/c"]


def test_trash_and_restore(tree: Path, remote: str, acd: Command) -> None:
    acd("copy", str(tree), f"{remote}:")
    assert acd("trash-list", f"{remote}:").stdout == b""
    gone = acd("trash", f"{remote}:sub", f"{remote}:a.txt")
    assert gone.returncode == 0, gone.stderr.decode()
    assert acd("ls", f"{remote}:sub").returncode == 3

    listed = json.loads(acd("trash-list", f"{remote}:", "--json").stdout)
    assert {(item["path"], item["is_folder"]) for item in listed} == {
        ("sub", True),
        ("a.txt", False),
    }
    assert all(29 <= item["days_left"] <= 30 for item in listed)
    table = acd("trash-list", remote).stdout.decode()
    assert "sub/\n" in table
    assert "5 B" in table

    back = acd("restore", f"{remote}:sub", f"{remote}:A.TXT")
    assert back.returncode == 0, back.stderr.decode()
    assert acd("cat", f"{remote}:sub/b.txt", f"{remote}:a.txt").stdout == b"bhello"
    assert acd("trash-list", f"{remote}:").stdout == b""


def test_an_ambiguous_restore_names_the_ids(
    tree: Path, remote: str, acd: Command
) -> None:
    for content in (b"one", b"two"):
        (tree / "a.txt").write_bytes(content)
        acd("copy", "tree/a.txt", f"{remote}:")
        acd("trash", f"{remote}:a.txt")
    ambiguous = acd("restore", f"{remote}:", "a.txt")
    assert ambiguous.returncode == 2
    items = json.loads(acd("trash-list", f"{remote}:", "--json").stdout)
    assert len(items) == 2
    assert all(item["id"].encode() in ambiguous.stderr for item in items)
    assert acd("restore", f"{remote}:", items[0]["id"]).returncode == 0
    assert acd("cat", f"{remote}:a.txt").stdout in {b"one", b"two"}
    missing = acd("restore", f"{remote}:", "nowhere")
    assert missing.returncode == 4
    assert b"trash-list" in missing.stderr


def test_one_of_several_that_fails_stops_no_other(
    tree: Path, remote: str, acd: Command
) -> None:
    acd("copy", str(tree), f"{remote}:")
    result = acd("trash", f"{remote}:nowhere", f"{remote}:a.txt")
    assert result.returncode == 6
    assert acd("ls", f"{remote}:a.txt").returncode == 3
    assert acd("trash", f"{remote}:nowhere").returncode == 4
    for root in (f"{remote}:", f"{remote}:/", "/"):
        refused = acd("trash", root)
        assert refused.returncode == 2
        assert b"is the root, which cannot be trashed" in refused.stderr


def test_about(remote: str, acd: Command) -> None:
    text = acd("about", f"{remote}:")
    assert text.returncode == 0, text.stderr.decode()
    assert re.fullmatch(
        r"Total:   [\d.]+ \w+\nUsed:    [\d.]+ \w+\nFree:    [\d.]+ \w+\n",
        text.stdout.decode(),
    )
    known = json.loads(acd("about", f"{remote}:", "--json").stdout)
    assert known["free"] <= known["total"]
