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
POLICIES = ["ask", "skip", "overwrite", "newer", "rename", "fail"]
MORE = [(), (), ("--size-only",), ("--exclude", "b*"), ("--include", "*.txt")]

Files = dict[str, str]


def grow(folder: Path, dice: random.Random, depth: int = 2, *, folds: bool) -> None:
    folder.mkdir(exist_ok=True)
    taken: set[str] = set()
    for name in dice.sample(NAMES, dice.randrange(1, 7)):
        if folds and name.lower() in taken:
            continue
        taken.add(name.lower())
        if depth and dice.random() < 0.3:
            grow(folder / name, dice, depth - 1, folds=folds)
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
    up, down = dice.choice([(True, False), (False, True), (True, True), (False, False)])
    grow(tmp_path / "from", dice, folds=down)
    grow(tmp_path / "to", dice, folds=up)
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
    more = () if within else dice.choice(MORE)
    policy = dice.choice(POLICIES)
    line = (verb, source, target, "--conflict", policy, *more)
    before = files(here, target, folds=up)
    sources = files(here, source, folds=False)
    dry = here(*line, "--dry-run", "--json", "-v")
    assert files(here, target, folds=up) == before
    done = here(*line, *(("--yes",) if verb == "sync" else ()))
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
