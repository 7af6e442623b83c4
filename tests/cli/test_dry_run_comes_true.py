"""What a dry run says is what then happens, of any two trees."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command

pytestmark = pytest.mark.socket

# Names that differ in case or form alone, numbers that a second one would get, and what
# has to be encoded.
NAMES = [
    *("a", "A", "b.txt", "B.txt", "b (2).txt", "c", "C", "c (2)", "d:e"),
    *("caf\u00e9", "cafe\u0301", "f", " f", "f ", "(2)"),
]
# What is kept beside one of them is after the name of another.
NUMBERED = [
    *("a", "A", "a (2)", "A (2)", "a (3)", "b.txt", "b (2).txt", "B (2).txt"),
    *("\u00e9", "\u00c9 (2)"),
]
POLICIES = ["ask", "skip", "overwrite", "newer", "rename", "fail"]
MORE = [(), (), ("--size-only",), ("--exclude", "b*"), ("--include", "*.txt")]

Files = dict[str, str]


def grow(
    folder: Path,
    dice: random.Random,
    depth: int = 2,
    *,
    folds: bool,
    names: list[str] = NAMES,
) -> None:
    folder.mkdir(exist_ok=True)
    taken: set[str] = set()
    for name in dice.sample(names, dice.randrange(1, 7)):
        if folds and name.lower() in taken:
            continue
        taken.add(name.lower())
        if depth and dice.random() < 0.3:
            grow(folder / name, dice, depth - 1, folds=folds, names=names)
        else:
            (folder / name).write_bytes(dice.choice([b"", b"1", b"2", b"33", b"44"]))
            moment = dice.choice([10**9, 11 * 10**8, 12 * 10**8])
            os.utime(folder / name, (moment, moment))


def files(here: Command, place: str, *, folds: bool) -> Files:
    listed = here("md5sum", place)
    assert listed.returncode == 0, listed.stderr
    lines = (line.split("  ", 1) for line in listed.stdout.decode().splitlines())
    return {key(name, folds=folds): md5 for md5, name in lines}


def key(name: str, *, folds: bool) -> str:
    return name.lower() if folds else name


def goal_of(action: dict[str, Any]) -> str:
    folder, _, _ = action["path"].rpartition("/")
    reason = action["reason"] or ""
    if not reason.startswith("as "):
        return str(action["path"])
    called = str(reason.removeprefix("as "))
    return called if "/" in called or not folder else f"{folder}/{called}"


class Trees:
    """What is on both sides, by what a dry run has said until now."""

    def __init__(self, there: Files, here: Files, *, folds: bool) -> None:
        self.there, self.here = dict(there), dict(here)
        self._sources, self._folds = here, folds

    def copy(self, actions: list[dict[str, Any]], *, moves: bool) -> None:
        for action in actions:
            path, act = action["path"], action["action"]
            if act in {"copy", "overwrite", "rename"}:
                goal = key(goal_of(action), folds=self._folds)
                assert (goal in self.there) == (act == "overwrite"), action
                self.there[goal] = self._sources[path]
            if moves and act in {"copy", "overwrite", "rename", "same"}:
                del self.here[path]

    def move(self, actions: list[dict[str, Any]]) -> None:
        for action in actions:
            came = str(action["from"]).split("/from/", 1)[1]
            goal = str(action["to"]).split("/to/", 1)[1]
            if action["action"] not in {"move", "overwrite", "trash"}:
                continue
            for name in list(self.here):
                if name == came or name.startswith(f"{came}/"):
                    md5 = self.here.pop(name)
                    if action["action"] != "trash":
                        there = goal + name.removeprefix(came)
                        self.there[key(there, folds=self._folds)] = md5

    def remove(self, removals: list[dict[str, Any]]) -> None:
        for removal in removals:
            gone = key(removal["path"], folds=self._folds)
            for name in list(self.there):
                if name == gone or name.startswith(f"{gone}/"):
                    del self.there[name]


@pytest.mark.parametrize("seed", range(12))
def test_it_does(here: Command, remote: str, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    policy, more = dice.choice(POLICIES), dice.choice(MORE)
    check(here, remote, tmp_path, dice, NAMES, policy, more)


@pytest.mark.parametrize("seed", range(12))
def test_so_do_the_names_of_what_is_kept_beside(
    here: Command, remote: str, tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    more = dice.choice([(), (), ("--size-only",), ("--exclude", "*2)*")])
    check(here, remote, tmp_path, dice, NUMBERED, "rename", more)


def check(
    here: Command,
    remote: str,
    tmp_path: Path,
    dice: random.Random,
    names: list[str],
    policy: str,
    more: tuple[str, ...],
) -> None:
    """Let two trees become what a dry run says, and let it have nothing to do then."""
    up, down = dice.choice([(True, False), (False, True), (True, True), (False, False)])
    grow(tmp_path / "from", dice, folds=down, names=names)
    grow(tmp_path / "to", dice, folds=up, names=names)
    source, target = str(tmp_path / "from"), str(tmp_path / "to")
    if down:
        assert here("copy", source, f"{remote}:from").returncode == 0
        source = f"{remote}:from"
    if up:
        assert here("copy", target, f"{remote}:to").returncode == 0
        target = f"{remote}:to"
    verb = dice.choice(["copy", "move", "sync"])
    within = verb == "move" and up == down
    # Within one drive whole folders are moved: filters are refused.
    more = () if within else more
    line = (verb, source, target, "--conflict", policy, *more)
    before = files(here, target, folds=up)
    sources = files(here, source, folds=False)
    dry = here(*line, "--dry-run", "--json", "-v")
    assert files(here, target, folds=up) == before
    line = (*line, *(("--yes",) if verb == "sync" else ()))
    done = here(*line)
    said = f"{line}\n{dry.stdout.decode()}\n{done.stderr.decode()}"
    told = json.loads(dry.stdout)
    after = Trees(before, sources, folds=up)
    if within:
        after.move(told["actions"])
    elif verb == "sync":
        after.copy(told["plan"]["copies"], moves=False)
        after.remove(told["plan"]["removals"] if done.returncode == 0 else [])
    else:
        after.copy(told["actions"], moves=verb == "move")
    assert files(here, target, folds=up) == after.there, said
    assert files(here, source, folds=False) == after.here, said
    assert done.returncode == dry.returncode, said
    if verb != "move":
        here(*line)
        assert files(here, target, folds=up) == after.there, said


def test_a_name_that_the_queue_will_give_is_not_free(
    here: Command, tmp_path: Path
) -> None:
    for path in ("one/a", "two/a (2)", "to/a", "to/a (2)"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(path)
    assert here("copy", "two", "to", "--conflict", "ask").returncode == 6
    (tmp_path / "to/a (2)").unlink()  # while the queue waits for a decision
    line = ("copy", "one", "to", "--conflict", "rename")
    assert b"a  (as a (3))" in here(*line, "--dry-run").stdout
    assert here(*line).returncode == 0
    assert (tmp_path / "to/a (3)").read_text() == "one/a"
    assert not (tmp_path / "to/a (2)").exists()


def test_what_is_kept_beside_in_a_folder_by_another_name_is_said_with_it(
    here: Command, remote: str, tmp_path: Path
) -> None:
    for path in ("from/A/x", "from/a/x", "to/a (2)/x"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    assert here("copy", "to", f"{remote}:to").returncode == 0
    line = ("copy", "from", f"{remote}:to", "--conflict", "rename")
    assert b"a/x  (as a (2)/x (2))" in here(*line, "--dry-run").stdout
    assert here(*line).returncode == 0
    assert here("cat", f"{remote}:to/a (2)/x (2)").stdout == b"from/a/x"


def test_nothing_is_moved_over_what_has_its_name_in_other_letters(
    here: Command, remote: str, tmp_path: Path
) -> None:
    """It may have come from the same folder, by the same command."""
    for path in ("from/B", "to/b"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(path)
    assert here("copy", "to", f"{remote}:to").returncode == 0
    line = ("move", "from", f"{remote}:to", "--conflict", "overwrite")
    dry = here(*line, "--dry-run")
    assert dry.returncode == 6
    assert dry.stdout.split() == b"fail B (b has the same name at the target)".split()
    assert here(*line).returncode == 6
    assert here("cat", f"{remote}:to/b").stdout == b"to/b"
