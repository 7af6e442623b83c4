"""Filter rules, judged by stock rclone over generated trees."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from acd_tui.errors import UsageError
from acd_tui.transfers.filters import Filter, collect_rules
from acd_tui.transfers.model import Filters
from tests.peers.conftest import missing

pytestmark = pytest.mark.peer

NAMES = [
    *("a", "b", "ab", "a.txt", "b.jpg", "B.JPG", "photo[1].jpg", "a{b}", "c+d"),
    *("x y.txt", "é.jpg", "a*b", "q?", "dir", "sub", "tmp", "file.10", "-", "^$"),
]
PATTERNS = [
    *("*", "**", "*.txt", "*.{jpg,txt}", "/a", "/a/**", "a/", "/a/", "dir/", "/dir/*"),
    *("sub/**", "**/sub/**", "a/b", "/a/b", "a/*/b.jpg", "?", "??", "[ab]", "[^a]*"),
    *("[!a]*", "photo[[]1].jpg", r"photo\[1\].jpg", r"a\*b", r"a\{b\}", "a{b}", "/**"),
    *("*/", "/*/", "/*", "a**", "**b", "a**b", "*a*", "[a-c]*", r"c\+d", "c+d", "^$"),
    *("{{a.*}}", r"{{[a-z]+}}.jpg", "{{b{1,2}}}", "{a,dir}/**", "{a/b,dir/*}", "é*"),
    *(
        "[[:upper:]]*",
        r"[\d]*",
        r"file.\d*",
        "/a/b/c/*.txt",
        "**/*.jpg",
        "a//b",
        "x y*",
    ),
    *("***", "{a", "a}", "]", "[", "{a{b}}", "[[:no:]]", "{{(}}", "[]", ""),
]


@pytest.fixture(scope="module")
def program() -> str:
    found = shutil.which("rclone")
    if found is None:
        missing("rclone is not installed")
    return found


def grow(folder: Path, dice: random.Random, depth: int = 0) -> None:
    for name in dice.sample(NAMES, dice.randint(2, 8)):
        if depth < 4 and dice.random() < 0.4:
            (folder / name).mkdir()
            grow(folder / name, dice, depth + 1)
        else:
            (folder / name).write_bytes(b"x" * dice.choice([0, 1, 99, 100, 101, 1024]))


def asked(program: str, root: Path, arguments: list[str]) -> set[str] | None:
    """What rclone lists; None where it refuses the rules."""
    command = [program, "lsf", "-R", "--files-only", "--config", "", *arguments]
    done = subprocess.run([*command, str(root)], capture_output=True, check=False)
    return set(done.stdout.decode().splitlines()) if done.returncode == 0 else None


def ours(root: Path, filters: Filters) -> set[str]:
    """What a walk finds that enters only the folders it is told to."""
    chosen = Filter(filters)

    def walk(folder: Path, names: tuple[str, ...]) -> list[str]:
        found = []
        for each in folder.iterdir():
            below = (*names, each.name)
            if each.is_dir():
                found += walk(each, below) if chosen.takes_folder(below) else []
            elif chosen.takes_file(below, each.stat().st_size):
                found.append("/".join(below))
        return found

    return set(walk(root, ()))


def compared(
    program: str, root: Path, options: dict[str, list[str]], limits: list[str]
) -> None:
    arguments = [f"--{name}={v}" for name, values in options.items() for v in values]
    numbers = dict(each.removeprefix("--").split("=") for each in limits)
    theirs = asked(program, root, arguments + limits)
    try:
        rules = collect_rules(
            include=options.get("include", ()),
            exclude=options.get("exclude", ()),
            rules=options.get("filter", ()),
        )
    except UsageError:
        assert theirs is None, f"{arguments}: refused by us alone"
        return
    assert theirs is not None, f"{arguments}: refused by rclone alone"
    depth = numbers.get("max-depth")
    filters = Filters(
        rules=rules,
        min_size=int(numbers["min-size"][:-1]) if "min-size" in numbers else None,
        max_size=int(numbers["max-size"][:-1]) if "max-size" in numbers else None,
        max_depth=int(depth) if depth else None,
    )
    assert ours(root, filters) == theirs, arguments + limits


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    grow(root, random.Random(7))
    for path in ("a/b/c/d.txt", "dir/sub/a", "dir/tmp/b.jpg", "sub2/a/b"):
        file = root / path
        if not any(above.is_file() for above in file.parents):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"x" * 50)
    return root


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_pattern_means_what_it_means_to_rclone(
    program: str, tree: Path, pattern: str
) -> None:
    for option in ("include", "exclude"):
        compared(program, tree, {option: [pattern]}, [])


@pytest.mark.parametrize(
    "seed",
    [*range(20), *(pytest.param(n, marks=pytest.mark.long) for n in range(20, 120))],
)
def test_rules_together_mean_what_they_mean_to_rclone(
    program: str, tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    grow(tmp_path, dice)
    good = PATTERNS[: PATTERNS.index("***")]
    options: dict[str, list[str]] = {
        "include": dice.sample(good, dice.choice([0, 0, 1, 2])),
        "exclude": dice.sample(good, dice.choice([0, 1, 2])),
        "filter": [
            f"{dice.choice('+-')} {pattern}"
            for pattern in dice.sample(good, dice.choice([0, 1, 3]))
        ],
    }
    if dice.random() < 0.2:
        options["filter"].insert(len(options["filter"]) // 2, "!")
    limits = [
        *([f"--min-size={dice.choice([1, 99, 100])}b"] if dice.random() < 0.3 else []),
        *([f"--max-size={dice.choice([0, 100, 500])}b"] if dice.random() < 0.3 else []),
        *([f"--max-depth={dice.choice([1, 2, 3])}"] if dice.random() < 0.3 else []),
    ]
    compared(program, tmp_path, options, limits)
