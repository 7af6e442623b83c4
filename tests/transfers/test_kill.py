"""The process is killed again and again; every file arrives once and right."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

FILES = 200
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 6))]


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "from"
    rng = random.Random(1)
    for number in range(FILES):
        path = source / f"d{number % 7}" / f"e{number % 3}" / f"f{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rng.randbytes(rng.choice([0, 10, 4096, 300_000])))
    (source / "big").write_bytes(rng.randbytes(20_000_000))
    (source / "empty" / "deep").mkdir(parents=True)
    return tmp_path


def begin(folder: Path, *how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.transfers.carrier", str(folder), *how],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def carry(folder: Path, *how: str, lines: int | None) -> list[str]:
    """Run until that many lines were said, then kill; return what was said."""
    said: list[str] = []
    with begin(folder, *how) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line.strip())
            if lines is not None and len(said) >= lines:
                process.kill()
                break
    return said


def test_a_second_process_takes_over_when_the_first_is_killed(folder: Path) -> None:
    with begin(folder) as first:
        assert first.stdout is not None
        first.stdout.readline()  # it has the lock, and there is a job
        with begin(folder) as second:
            assert second.stdout is not None
            for _ in range(30):
                first.stdout.readline()
            first.kill()
            said = [line.strip() for line in second.stdout]
    assert said[-1].startswith("over")
    assert "done" in said
    assert states(folder) == {"done": FILES + 1}
    assert tree(folder / "to" / "from") == tree(folder / "from")


def states(folder: Path) -> dict[str, int]:
    with sqlite3.connect(folder / "queue.sqlite") as connection:
        found = connection.execute("SELECT state, count(*) FROM transfers GROUP BY 1")
        counts = dict(found.fetchall())
        tally = connection.execute(
            "SELECT state, n FROM tally WHERE job = 0 AND n > 0"
        ).fetchall()
    connection.close()
    assert dict(tally) == counts
    return counts


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_points(folder: Path, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(5):
        carry(folder, lines=rng.randrange(1, 90))
    said = carry(folder, lines=None)
    assert said[-1].startswith("over")
    assert states(folder) == {"done": FILES + 1}
    assert tree(folder / "to" / "from") == tree(folder / "from")
    assert (folder / "to" / "from" / "empty" / "deep").is_dir()
    hidden = [p for p in (folder / "to").rglob(".*") if p.is_file()]
    assert hidden == []


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_while_it_puts_second_ones_beside(folder: Path, seed: int) -> None:
    source = folder / "from"
    for number in range(1200):  # more than are planned at a time
        (source / f"s{number}").write_bytes(b"%d" % number)
    before = tree(source)
    rng = random.Random(seed)
    for _ in range(5):
        carry(folder, "beside", lines=rng.randrange(1, 400))
    said = carry(folder, "beside", lines=None)
    assert said[-1].startswith("over")
    assert states(folder) == {"done": FILES + 1 + 1200}
    second = {}
    for path, md5 in before.items():
        name, slash, rest = path.partition("/")
        second[f"{name} (2){slash}{rest}"] = md5
    assert tree(source) == before | second
    assert (source / "empty (2)" / "deep").is_dir()
    assert [path for path in source.rglob(".*") if path.is_file()] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_killed_while_it_keeps_both(folder: Path, seed: int) -> None:
    """Each by its own name where that is free, whichever of them was first."""
    source, target = folder / "from", folder / "to" / "from"
    target.mkdir(parents=True)
    expected = tree(source)
    for number in range(100):
        mine, theirs = (source / f"p{number}", target / f"p{number}")
        for file, content in (
            (mine, b"a"),
            (source / f"{mine.name} (2)", b"b"),
            (theirs, b"c"),
            (target / f"{mine.name} (3)", b"a"),
        ):
            file.write_bytes(b"%s%d" % (content, number))
    for path, md5 in {**tree(source), **tree(target)}.items():
        expected[path] = md5
    for number in range(0, 100, 2):
        (target / f"p{number} (3)").unlink()
    rng = random.Random(seed)
    for _ in range(5):
        carry(folder, "both", lines=rng.randrange(1, 120))
    said = carry(folder, "both", lines=None)
    assert said[-1].startswith("over")
    assert states(folder) == {"done": FILES + 1 + 150, "skipped": 50}
    assert tree(target) == expected
    assert [path for path in target.rglob(".*") if path.is_file()] == []
