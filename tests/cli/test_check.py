"""`check`, filters and `copy --dry-run` against a real server."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Command

pytestmark = pytest.mark.socket


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    for name, content in {
        "a.txt": b"hello",
        "b.jpg": b"picture",
        "sub/c.jpg": b"another picture",
        "sub/deep/d.txt": b"deep",
        "other/e.tmp": b"e",
    }.items():
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (tree / "empty").mkdir()
    return tree


def listed(acd: Command, place: str) -> set[str]:
    found = json.loads(acd("lsjson", "-R", place).stdout)
    return {each["Path"] + "/" * each["IsDir"] for each in found}


def test_check_names_what_is_not_the_same(
    tree: Path, remote: str, here: Command
) -> None:
    assert here("copy", "tree", f"{remote}:t").returncode == 0
    same = here("check", "tree", f"{remote}:t")
    assert (same.returncode, same.stdout) == (0, b"")
    assert b"5 the same, 0 differ" in same.stderr

    (tree / "a.txt").write_bytes(b"HELLO")
    (tree / "b.jpg").unlink()
    (tree / "new\x1b[31m").write_bytes(b"")
    differs = here("check", "tree", f"{remote}:t", "-v")
    assert differs.returncode == 1
    assert set(differs.stdout.splitlines()) == {
        b"* a.txt",
        b"- b.jpg",
        b"= sub/c.jpg",
        b"= sub/deep/d.txt",
        b"= other/e.tmp",
        "+ new\u241b[31m".encode(),
    }
    assert b"a.txt: the MD5s differ" in differs.stderr
    assert b"\x1b" not in differs.stderr

    one_way = here("check", "tree", f"{remote}:t", "--one-way", "--json")
    assert one_way.returncode == 1
    found = {each["path"]: each for each in json.loads(one_way.stdout)}
    assert {path: each["mark"] for path, each in found.items()} == {
        "a.txt": "*",
        "new\u241b[31m": "+",
    }
    assert found["a.txt"]["result"] == "differs"
    assert found["a.txt"]["source"] == found["a.txt"]["target"] == 5
    assert here("check", "tree", f"{remote}:t", "--exclude", "/*").returncode == 0
    only = ("--include", "/a.txt", "--size-only")
    assert here("check", "tree", f"{remote}:t", *only).returncode == 0
    everything = here("check", f"{remote}:t", f"{remote}:t", "--json")
    assert (everything.returncode, json.loads(everything.stdout)) == (0, [])


def test_check_takes_what_copy_takes(tree: Path, remote: str, here: Command) -> None:
    flags = ["--conflict", "skip", "--ignore-existing", "--no-mtime", "-n", "-P"]
    flags += ["--transfers", "2", "--bwlimit", "1M", "--retries", "2"]
    assert here("mkdir", f"{remote}:t").returncode == 0
    assert here("copy", "tree", f"{remote}:t", *flags).returncode == 0
    told = here("check", "tree", f"{remote}:t", *flags)
    assert told.returncode == 1
    assert b"5 only in the source" in told.stderr
    assert here("check", "a", "b", "--transfers", "x").returncode == 2


def test_check_of_one_file_and_of_nothing(
    tree: Path, remote: str, here: Command
) -> None:
    here("copy", "tree/a.txt", f"{remote}:t")
    assert here("check", "tree/a.txt", f"{remote}:t", "-v").stdout == b"= a.txt\n"
    assert here("check", "tree/b.jpg", f"{remote}:t").stdout == b"+ b.jpg\n"
    assert here("check", "tree", f"{remote}:nowhere").returncode == 3
    assert here("check", "nowhere", f"{remote}:t").returncode == 3
    both = here("check", "tree", f"{remote}:t", "--size-only", "--checksum")
    assert both.returncode == 2


def test_links_are_skipped_by_check(tree: Path, remote: str, here: Command) -> None:
    here("copy", "tree", f"{remote}:t")
    (tree / "link").symlink_to("a.txt")
    result = here("check", "tree", f"{remote}:t")
    assert (result.returncode, result.stdout) == (0, b"")
    assert b"1 skipped" in result.stderr
    assert b"symbolic link" in result.stderr


def test_filters_choose_what_is_copied_and_which_folders_are_made(
    tree: Path, tmp_path: Path, remote: str, here: Command
) -> None:
    rules = tmp_path / "rules"
    rules.write_text("# pictures\n\n+ *.jpg\n- *\n")
    assert here("copy", "tree", f"{remote}:f", "--filter-from", "rules").returncode == 0
    assert listed(here, f"{remote}:f") == {"b.jpg", "sub/", "sub/c.jpg"}
    piped = here(
        *("copy", "tree", f"{remote}:g", "--filter-from", "-"), stdin=b"- /sub/\n"
    )
    assert piped.returncode == 0
    assert listed(here, f"{remote}:g") == {"a.txt", "b.jpg", "other/", "other/e.tmp"}
    limited = ("--min-size", "5b", "--max-size", "7b", "--max-depth", "1")
    assert here("copy", "tree", f"{remote}:h", *limited).returncode == 0
    assert listed(here, f"{remote}:h") == {"a.txt", "b.jpg"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--include", "["), 2),
        (("--include", "{a"), 2),
        (("--filter", "*.jpg"), 2),
        (("--filter-from", "nowhere"), 4),
        (("--filter-from", "."), 2),
        (("--min-size", "x"), 2),
        (("--max-depth", "0"), 2),
        (("--retries", "0"), 2),
        (("--size-only", "-c"), 2),
    ],
)
def test_bad_options_are_refused_in_words(
    arguments: tuple[str, ...], code: int, tree: Path, remote: str, here: Command
) -> None:
    for command in ("copy", "sync"):
        result = here(command, "tree", f"{remote}:t", *arguments)
        assert result.returncode == code, result.stderr.decode()
        assert result.stderr
    assert listed(here, f"{remote}:") == set()


def test_a_file_by_its_name_takes_no_filters(
    tree: Path, remote: str, here: Command
) -> None:
    result = here("copy", "tree/a.txt", f"{remote}:t", "--include", "*.txt")
    assert result.returncode == 2
    assert b"the source is a file" in result.stderr


def test_a_dry_run_says_what_a_copy_then_does(
    tree: Path, remote: str, here: Command
) -> None:
    here("copy", "tree", f"{remote}:t", "--include", "*.jpg")
    (tree / "b.jpg").write_bytes(b"changed")
    dry = here("copy", "tree", f"{remote}:t", "-n", "--json", "--exclude", "*.tmp")
    assert dry.returncode == 0, dry.stderr.decode()
    told = json.loads(dry.stdout)
    assert {each["path"]: each["action"] for each in told["actions"]} == {
        "a.txt": "copy",
        "b.jpg": "overwrite",
        "sub/deep/d.txt": "copy",
    }
    assert told["files"]["same"] == 1
    assert told["size"] == 5 + 7 + 4
    assert listed(here, f"{remote}:t") == {"b.jpg", "sub/", "sub/c.jpg"}
    assert here("cat", f"{remote}:t/b.jpg").stdout == b"picture"

    done = here("copy", "tree", f"{remote}:t", "--json", "--exclude", "*.tmp")
    files = json.loads(done.stdout)["files"]
    assert (files["done"], files["skipped"]) == (3, 1)
    again = here("copy", "tree", f"{remote}:t", "-n", "--exclude", "*.tmp")
    assert again.stdout == b""


@pytest.mark.parametrize(
    ("conflict", "line", "code"),
    [
        (
            "skip",
            "skip                   a.txt  (another file of that name is there)",
            0,
        ),
        ("rename", "rename            3 B  a.txt  (as a (2).txt)", 0),
        (
            "ask",
            "ask                    a.txt  (another file of that name is there)",
            6,
        ),
        (
            "fail",
            "fail                   a.txt  (another file of that name is there)",
            6,
        ),
        ("overwrite", "overwrite         3 B  a.txt", 0),
    ],
)
def test_a_dry_run_says_what_becomes_of_conflicts(
    conflict: str, line: str, code: int, tree: Path, remote: str, here: Command
) -> None:
    here("copy", "tree/a.txt", f"{remote}:t")
    (tree / "a.txt").write_bytes(b"new")
    arguments = ("--conflict", conflict)
    dry = here("copy", "tree/a.txt", f"{remote}:t", "--dry-run", *arguments)
    assert dry.stdout.decode().splitlines() == [line]
    assert dry.returncode == code
    assert here("copy", "tree/a.txt", f"{remote}:t", *arguments).returncode == code


def test_size_only_and_no_mtime(tree: Path, remote: str, here: Command) -> None:
    os.utime(tree / "a.txt", ns=(0, 1_500_000_000 * 10**9))
    here("copy", "tree/a.txt", f"{remote}:t", "--no-mtime")
    listed = json.loads(here("lsjson", f"{remote}:t").stdout)
    assert not listed[0]["ModTime"].startswith("2017-07-14")
    (tree / "a.txt").write_bytes(b"HELLO")
    same = here("copy", "tree/a.txt", f"{remote}:t", "--size-only", "--json")
    assert json.loads(same.stdout)["files"]["skipped"] == 1
    assert here("cat", f"{remote}:t/a.txt").stdout == b"hello"
