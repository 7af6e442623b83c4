"""`queue`: what is queued, who carries it out, and what others say meanwhile."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acd_tui.transfers.model import State
from tests.cli.conftest import Command

SIZE = 200_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "from"
    folder.mkdir()
    for name in "abcdef":
        (folder / name).write_bytes(name.encode() * SIZE)
    return folder


def listed(here: Command, *arguments: str) -> list[dict[str, object]]:
    result: list[dict[str, object]] = json.loads(
        here("queue", "list", "--json", *arguments).stdout
    )
    return result


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def line_of(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stderr is not None
    return process.stderr.readline()


def as_json(here: Command, *arguments: str) -> dict[str, object]:
    result: dict[str, object] = json.loads(here("queue", *arguments, "--json").stdout)
    return result


@pytest.fixture
def slow(
    here: Command, tmp_path: Path, folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that copies `folder`, one file at a time, at 50 KiB a second."""
    with subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "acd_tui",
                "copy",
                str(folder),
                str(tmp_path / "to"),
            ),
            *("--transfers", "1", "--bwlimit", "50K"),
        ],
        stderr=subprocess.PIPE,
    ) as process:
        until(lambda: listed(here, "--state", "running"))
        yield process
        process.kill()


def test_queued_listed_carried_out_and_cleared(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    added = as_json(here, "add", str(folder), str(tmp_path / "to"))
    assert added == {"job": 1, "source": str(folder), "target": str(tmp_path / "to")}
    assert not (tmp_path / "to").exists()
    assert b"yet to be found: 1" in here("queue", "list").stderr
    ended = here("queue", "run", "--json", "--progress")
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert report["files"]["done"] == 6
    assert report["size"] == report["done"] == 6 * SIZE
    assert b"6 finished, 0 left" in ended.stderr
    assert (tmp_path / "to" / "f").read_bytes() == b"f" * SIZE
    rows = listed(here, "--state", "done", "--job", "1")
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert rows[0] == {
        "id": 1,
        "job": 1,
        "state": "done",
        "done": SIZE,
        "size": SIZE,
        "priority": 0,
        "source": str(folder / "a"),
        "target": str(tmp_path / "to" / "a"),
        "attempts": 1,
        "reason": None,
        "hint": None,
        "again": None,
    }
    shown = here("queue", "list").stdout.decode().splitlines()
    assert len(shown) == 6
    assert shown[0].split() == [
        *("1", "1", "done", "195.3", "KiB", "normal"),
        *(str(folder / "a"), "→", str(tmp_path / "to" / "a")),
    ]
    assert as_json(here, "clear") == {"changed": 6}
    assert listed(here) == []


def test_an_empty_queue_is_carried_out_at_once(here: Command) -> None:
    assert here("queue", "run").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("pause",), 2, "say which"),
        (("pause", "1", "--all"), 2, "say which"),
        (("cancel", "--job", "7"), 4, "there is no job 7"),
        (("list", "--job", "7"), 4, "there is no job 7"),
        (("retry", "99"), 4, "there is no transfer 99"),
        (("pause", "2", "99"), 4, "nothing was changed"),
        (("cancel", "1"), 1, "transfer 1 is done and cannot be cancelled"),
        (("retry", "1"), 1, "cannot be queued again"),
        (("resume", "--job", "1"), 1, "nothing of job 1 can be resumed"),
        (("pause", "--job", "1"), 1, "hint: `acd-tui queue list --job 1` shows"),
        (("pause", "--job", "7"), 4, "hint: `acd-tui queue list` shows the jobs"),
        (("pause", "--job", str(2**70)), 4, "there is no job"),
        (("list", "--job", str(2**70)), 4, "there is no job"),
        (("priority", "up", "--all"), 2, "up moves single transfers"),
        (("priority", "best", "1"), 2, "best"),
        (("limit", "--transfers", "0"), 2, "`0` is no number of transfers"),
        (("limit", "--bandwidth", "fast"), 2, "'fast' is not a size"),
        (("run", "--then", "dance"), 2, "`dance` cannot be done then"),
        (("run", "--then", "run 'x"), 2, "cannot be done then"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    here: Command,
    tmp_path: Path,
    folder: Path,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    here("copy", str(folder / "a"), str(tmp_path / "to"))
    before = listed(here)
    result = here("queue", *arguments)
    assert result.returncode == code
    assert said in result.stderr.decode()
    assert listed(here) == before


def test_limits_are_kept(here: Command) -> None:
    assert as_json(here, "limit") == {"transfers": 4, "bandwidth": None}
    here("queue", "limit", "--transfers", "9", "--bandwidth", "2M")
    assert as_json(here, "limit") == {"transfers": 9, "bandwidth": 2 * 1024**2}
    shown = here("queue", "limit").stdout.decode().split()
    assert shown == ["transfers", "9", "bandwidth", "2.0", "MiB/s"]
    here("queue", "limit", "--transfers", "default", "--bandwidth", "off")
    assert as_json(here, "limit") == {"transfers": 4, "bandwidth": None}


def test_a_held_queue_says_so_and_goes_on_when_resumed(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    paused = b"the queue is paused; `acd-tui queue resume --all`"
    assert b"`acd-tui queue resume --all`" in here("queue", "pause", "--all").stderr
    assert paused in here("queue", "add", str(folder), str(tmp_path / "to")).stderr
    assert paused in here("queue", "list").stderr
    again = here("queue", "pause", "--all").stderr
    assert b"with 0 transfers and a job to be looked through in it" in again
    held = here("queue", "run")
    assert held.returncode == 6
    assert b"paused" in held.stderr
    here("queue", "resume", "--all")
    assert here("queue", "run").returncode == 0
    assert b"paused" not in here("queue", "list").stderr


def test_the_whole_queue_is_told_by_a_command(
    here: Command, tmp_path: Path, slow: subprocess.Popen[bytes]
) -> None:
    status = as_json(here, "status")
    assert (status["paused"], status["draining"]) == (False, False)
    assert status["runs"] is False  # a copy carries out its own
    assert status["size"] == 6 * SIZE
    assert status["files"] == {
        **dict.fromkeys([state.value for state in State], 0),
        "running": 1,
        "queued": 5,
    }
    assert (status["transfers"], status["bandwidth"]) == (4, None)
    assert here("queue", "drain").returncode == 0
    assert as_json(here, "status")["draining"] is True
    assert b"begins nothing new" in here("queue", "status").stdout
    assert here("queue", "pause", "--all").returncode == 0
    assert as_json(here, "status")["paused"] is True
    shown = here("queue", "status").stdout
    assert b"is paused; `acd-tui queue resume --all` lets it go on" in shown
    assert here("queue", "resume", "--all").returncode == 0
    status = as_json(here, "status")
    assert (status["paused"], status["draining"]) == (False, False)


def test_an_empty_queue_says_so(here: Command) -> None:
    shown = here("queue", "status").stdout.decode()
    assert shown.split()[:3] == ["queue", "is", "empty"]


def test_both_sides_of_a_conflict_are_listed(
    here: Command, remote: str, tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, content, time_ in ((old, b"old one", 1), (new, b"new", 2)):
        folder.mkdir()
        (folder / "x").write_bytes(content)
        os.utime(folder / "x", (time_ * 10**9, time_ * 10**9))
    assert here("copy", str(old), f"{remote}:t").returncode == 0
    assert here("copy", str(new), f"{remote}:t", "--conflict", "ask").returncode == 6
    there = {
        "folder": False,
        "size": 7,
        "modified": "2001-09-09T01:46:40Z",
        "md5": hashlib.md5(b"old one").hexdigest(),
    }
    comes = {**there, "size": 3, "modified": "2033-05-18T03:33:20Z", "md5": None}
    (row,) = listed(here, "--state", "conflict")
    assert row["conflict"] == {"source": comes, "target": there}
    shown = here("queue", "list").stdout.decode()
    assert "new: 3 B, 2033-05-18T03:33:20Z, MD5 ?; there: 7 B, 2001-09-09" in shown
    assert hashlib.md5(b"old one").hexdigest() in shown


@pytest.fixture
def conflicts(here: Command, remote: str, tmp_path: Path) -> dict[str, str]:
    """Two files that meet others on a drive: the id of each, by its name."""
    for content in (b"old", b"new one"):
        folder = tmp_path / content.decode()
        folder.mkdir()
        for name in "xy":
            (folder / name).write_bytes(content)
    assert here("copy", str(tmp_path / "old"), f"{remote}:t").returncode == 0
    to_ask = (str(tmp_path / "new one"), f"{remote}:t", "--conflict", "ask")
    asked = here("copy", *to_ask)
    assert asked.returncode == 6
    assert b"or with `acd-tui queue decide`" in asked.stderr
    return {Path(str(row["source"])).name: str(row["id"]) for row in in_conflict(here)}


def in_conflict(here: Command) -> list[dict[str, object]]:
    return listed(here, "--state", "conflict")


def test_conflicts_are_decided_by_command(
    here: Command, remote: str, conflicts: dict[str, str]
) -> None:
    decided = here("queue", "decide", "overwrite", conflicts["x"])
    assert decided.returncode == 0
    assert b"1 transfer decided" in decided.stderr
    assert b"`acd-tui queue run` carries it out" in decided.stderr
    assert ids(in_conflict(here)) == [conflicts["y"]]
    still = here("queue", "run")
    assert still.returncode == 6
    assert b"1 to decide on" in still.stderr
    assert here("cat", f"{remote}:t/x").stdout == b"new one"
    assert here("cat", f"{remote}:t/y").stdout == b"old"
    assert as_json(here, "decide", "rename", "--job", "2") == {"changed": 1}
    assert here("queue", "run").returncode == 0
    names = here("lsf", f"{remote}:t").stdout.decode().splitlines()
    assert sorted(names) == ["x", "y", "y (2)"]
    assert here("cat", f"{remote}:t/y (2)").stdout == b"new one"


def test_what_is_newer_is_decided_for_all(
    here: Command, remote: str, tmp_path: Path, conflicts: dict[str, str]
) -> None:
    # The copies on the drive are as old as their sources were.
    for name, time_ in (("x", 2 * 10**9), ("y", 10**9)):
        os.utime(tmp_path / "new one" / name, (time_, time_))
    assert as_json(here, "decide", "newer", "--all") == {"changed": 2}
    assert here("queue", "run").returncode == 0
    assert here("cat", f"{remote}:t/x").stdout == b"new one"
    assert here("cat", f"{remote}:t/y").stdout == b"old"


@pytest.mark.parametrize(
    ("which", "code", "said"),
    [
        (["1"], 1, "transfer 1 is done and cannot be decided: it is no conflict"),
        (["99"], 4, "there is no transfer 99"),
        (["--job", "1"], 1, "nothing of job 1 can be decided"),
        (["--job", "9"], 4, "job 9"),
        ([], 2, "say which"),
    ],
)
def test_what_is_no_conflict_is_not_decided_nor_anything_named_with_it(
    here: Command, conflicts: dict[str, str], which: list[str], code: int, said: str
) -> None:
    named = [conflicts["x"], *which] if which and which[0].isdigit() else which
    before = listed(here)
    result = here("queue", "decide", "skip", *named)
    assert result.returncode == code, result.stderr
    assert said in result.stderr.decode()
    assert listed(here) == before


def test_a_conflict_is_decided_while_another_process_runs_the_queue(
    here: Command, remote: str, tmp_path: Path, conflicts: dict[str, str]
) -> None:
    (tmp_path / "large").write_bytes(b"a" * 20 * SIZE)
    here("queue", "add", str(tmp_path / "large"), str(tmp_path / "to"))
    run = ("queue", "run", "--transfers", "2", "--bwlimit", "50K")
    with subprocess.Popen([sys.executable, "-m", "acd_tui", *run]) as process:
        until(lambda: listed(here, "--state", "running"))
        decided = here("queue", "decide", "overwrite", conflicts["x"])
        assert b"the acd-tui that runs now carries it out" in decided.stderr
        until(lambda: conflicts["x"] in ids(listed(here, "--state", "done")))
        assert here("cat", f"{remote}:t/x").stdout == b"new one"
        assert ids(in_conflict(here)) == [conflicts["y"]]
        assert len(listed(here, "--state", "running")) == 1
        process.kill()


def ids(rows: list[dict[str, object]]) -> list[str]:
    return [str(row["id"]) for row in rows]


def test_what_is_said_of_a_pause_agrees_with_what_is_listed(
    here: Command, tmp_path: Path, slow: subprocess.Popen[bytes]
) -> None:
    paused = here("queue", "pause", "--all")
    assert b"the queue is paused, with 6 transfers in it" in paused.stderr
    alone = here("queue", "list", "--state", "paused")
    assert b"no transfer is paused by itself" in alone.stderr
    assert b"the queue is paused" in alone.stderr
    assert as_json(here, "pause", "--all") == {"changed": 6}
    resumed = here("queue", "resume", "--all")
    assert b"the queue goes on, with 6 transfers in it" in resumed.stderr
    here("queue", "pause", "--all")
    assert as_json(here, "resume", "--all") == {"changed": 6}
    here("queue", "pause", "--job", "1")
    assert len(listed(here, "--state", "paused")) == 6
    assert b"6 transfers resumed" in here("queue", "resume", "--all").stderr


def test_a_command_runs_when_all_is_done(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    here("queue", "add", str(folder), str(tmp_path / "to"))
    done = here(
        "queue", "run", "--then", f"run touch '{tmp_path / 'all done'}' '$HOME'"
    )
    assert done.returncode == 0
    assert (tmp_path / "all done").exists()
    assert (tmp_path / "$HOME").exists()
    failed = here("queue", "run", "--then", "run false")
    assert failed.returncode == 1
    assert b"`false` ended with 1" in failed.stderr
    assert b"cannot be run" in here("queue", "run", "--then", "run /no").stderr
    assert b"is empty" in here("queue", "run", "--then", "notify").stderr


def test_a_job_that_nobody_has_looked_through_is_given_up(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    for which in (("--job", "1"), ("--all",)):
        here("queue", "add", str(folder), str(tmp_path / "to"), "--ignore-existing")
        given_up = here("queue", "cancel", *which)
        assert given_up.returncode == 0
        assert b"a job to be looked through: given up\n" in given_up.stderr
    assert here("queue", "run").returncode == 0
    assert not (tmp_path / "to").exists()


def test_a_job_that_nobody_has_looked_through_gets_its_place_in_the_order(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    here("queue", "add", str(folder / "a"), str(tmp_path / "to"))
    here("queue", "add", str(folder / "b"), str(tmp_path / "to"))
    assert as_json(here, "priority", "high", "--job", "2") == {"changed": 0}
    moved = here("queue", "priority", "front", "--job", "2")
    assert moved.returncode == 0
    assert b"yet to be found of job 2 has its place as well" in moved.stderr
    assert here("queue", "run").returncode == 0
    assert [row["job"] for row in listed(here)] == [2, 1]


def test_what_fails_is_told_and_tried_again(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    (tmp_path / "to" / "b").mkdir(parents=True)
    here("queue", "add", str(folder), str(tmp_path / "to"), "--conflict", "fail")
    failed = here("queue", "run")
    assert failed.returncode == 6
    (row,) = listed(here, "--state", "failed")
    assert row["reason"]
    (tmp_path / "to" / "b").rmdir()
    assert as_json(here, "retry", str(row["id"])) == {"changed": 1}
    assert here("queue", "run").returncode == 0
    assert (tmp_path / "to" / "b").read_bytes() == b"b" * SIZE


def test_another_process_is_steered_while_it_copies(
    here: Command, tmp_path: Path, slow: subprocess.Popen[bytes]
) -> None:
    (running,) = listed(here, "--state", "running")
    last = listed(here)[-1]
    here("queue", "priority", "front", str(last["id"]))
    here("queue", "cancel", str(running["id"]))
    until(lambda: [r["id"] for r in listed(here, "--state", "running")] == [last["id"]])
    here("queue", "pause", "--job", "1")
    assert b"paused from elsewhere" in line_of(slow)
    states = [str(row["state"]) for row in listed(here)]
    assert sorted(states) == ["cancelled", *["paused"] * 5]
    assert not list((tmp_path / "to").glob("[a-z]"))
    here("queue", "resume", "--job", "1")
    until(lambda: listed(here, "--state", "running"))
    slow.send_signal(signal.SIGINT)
    _, said = slow.communicate(timeout=60)
    assert slow.returncode == 130, said
    assert here("queue", "run").returncode == 0
    assert len(list((tmp_path / "to").glob("[a-z]"))) == 5


def test_another_process_finishes_these_and_waits(
    here: Command, slow: subprocess.Popen[bytes]
) -> None:
    assert as_json(here, "drain") == {"changed": 5}
    assert b"paused from elsewhere" in line_of(slow)
    states = [str(row["state"]) for row in listed(here)]
    assert sorted(states) == ["done", *["queued"] * 5]
    slow.send_signal(signal.SIGINT)
    _, said = slow.communicate(timeout=60)
    assert slow.returncode == 130
    assert b"stopped; 5 files left in the queue" in said


def test_what_is_paused_while_it_runs_goes_on_when_resumed(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    here("queue", "add", str(folder), str(tmp_path / "to"))
    here("queue", "add", str(folder), str(tmp_path / "more"))
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "acd_tui", "queue", "run"),
            *("--transfers", "1", "--bwlimit", "1M"),
            *("--then", f"run touch '{tmp_path / 'then'}'"),
        ],
        stderr=subprocess.PIPE,
    ) as process:
        until(lambda: listed(here, "--state", "running"))
        here("queue", "pause", "--all")
        assert b"paused from elsewhere" in line_of(process)
        assert not (tmp_path / "then").exists()
        here("queue", "resume", "--all")
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert b"paused" not in said  # once
    assert (tmp_path / "then").exists()
    assert len(listed(here, "--state", "done")) == 12


def test_what_was_paused_before_it_ran_is_not_waited_for(
    here: Command, tmp_path: Path, folder: Path, slow: subprocess.Popen[bytes]
) -> None:
    here("queue", "pause", "--job", "1")
    slow.kill()
    slow.wait()
    here("queue", "add", str(folder), str(tmp_path / "more"))
    ended = here("queue", "run")
    assert ended.returncode == 6
    assert b"paused; 6 left in the queue" in ended.stderr
    here("queue", "pause", "--all")
    assert here("copy", str(folder), str(tmp_path / "held")).returncode == 6


def test_a_process_that_copies_carries_out_anothers_copy_as_well(
    here: Command, tmp_path: Path, slow: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "small").write_bytes(b"small")
    copied = here("copy", str(tmp_path / "small"), str(tmp_path / "other"))
    assert copied.returncode == 0, copied.stderr
    assert b"another acd-tui runs the transfers, and this job as well" in copied.stderr
    assert (tmp_path / "other" / "small").read_bytes() == b"small"
    assert slow.poll() is None
    assert listed(here, "--state", "queued")


@pytest.mark.usefixtures("slow")
def test_what_is_queued_is_said_to_be_carried_out_by_who_runs_the_queue(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    def add(name: str) -> bytes:
        return here("queue", "add", str(folder), str(tmp_path / name)).stderr

    assert b"`acd-tui queue run` carries it out" in add("one")  # `slow` copies its own
    with subprocess.Popen([sys.executable, "-m", "acd_tui", "queue", "run"]) as runs:
        until(lambda: b"the acd-tui that runs now carries it out" in add("two"))
        here("queue", "cancel", "--all")
        runs.wait()
    assert b"`acd-tui queue run` carries it out" in add("three")


def test_each_file_is_named_when_it_is_done(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    here("queue", "add", str(folder / "a"), str(tmp_path / "before"))
    assert here("queue", "run").returncode == 0
    here("queue", "add", str(folder), str(tmp_path / "to"))
    said = here("queue", "run", "-v").stderr.decode().splitlines()
    assert sorted(said) == [f"done: {tmp_path / 'to' / name}" for name in "abcdef"]


def test_each_file_is_named_that_another_process_copies(
    here: Command, tmp_path: Path, slow: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "small").mkdir()
    for name in "xyz":
        (tmp_path / "small" / name).write_bytes(b"small")
    copied = here("copy", str(tmp_path / "small"), str(tmp_path / "other"), "-v")
    assert copied.returncode == 0, copied.stderr
    said = [line for line in copied.stderr.decode().splitlines() if ": " in line]
    assert sorted(said) == [f"done: {tmp_path / 'other' / name}" for name in "xyz"]
    assert b"--bwlimit" not in copied.stderr


def test_limits_that_have_no_effect_are_said(
    here: Command, tmp_path: Path, slow: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "small").write_bytes(b"small")
    paths = (str(tmp_path / "small"), str(tmp_path / "other"))
    said = b"hold for who runs the transfers, hence not now"
    assert said in here("copy", *paths, "--transfers", "2").stderr
    assert said in here("copy", *paths, "--bwlimit", "off").stderr
    slow.kill()
    slow.wait()
    assert b"hold for" not in here("copy", *paths, "--transfers", "2").stderr


def test_who_takes_over_names_each_file_once(
    here: Command, tmp_path: Path, slow: subprocess.Popen[bytes]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "acd_tui", "queue", "run", "-v"], stderr=subprocess.PIPE
    ) as watching:
        assert b"another acd-tui" in line_of(watching)
        first = line_of(watching)
        slow.kill()
        _, said = watching.communicate(timeout=60)
    assert watching.returncode == 0
    lines = (first + said).decode().splitlines()
    assert sorted(lines) == [f"done: {tmp_path / 'to' / name}" for name in "abcdef"]


def test_ctrl_c_finishes_what_is_under_way(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    here("queue", "add", str(folder), str(tmp_path / "to"))
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "acd_tui", "queue", "run"),
            *("--transfers", "1", "--bwlimit", "50K"),
        ],
        stderr=subprocess.PIPE,
    ) as process:
        until(lambda: listed(here, "--state", "running"))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert b"stopped; 5 left in the queue" in said
    assert len(listed(here, "--state", "done")) == 1


def test_what_a_run_cannot_copy_is_named_and_no_success(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    gone, target = tmp_path / "gone", tmp_path / "to"
    gone.mkdir()
    (folder / "link").symlink_to("a")
    here("queue", "add", str(gone), str(target))
    here("queue", "add", str(folder), str(target))
    gone.rmdir()
    ended = here("queue", "run")
    assert ended.returncode == 6
    assert f"error: {gone} is not copied: there is no {gone}".encode() in ended.stderr
    assert b"error: 1 could not be queued\n" in ended.stderr
    assert f"skipped: {folder / 'link'} is not copied".encode() in ended.stderr
    assert (target / "f").exists()
    again = here("queue", "run")  # that was said, and is over
    assert (again.returncode, again.stderr) == (0, b"")


def test_a_run_in_which_all_was_cancelled_is_no_success(
    here: Command, tmp_path: Path, folder: Path
) -> None:
    here("queue", "add", str(folder), str(tmp_path / "to"))
    run = (sys.executable, "-m", "acd_tui", "queue", "run", "--bwlimit", "50K")
    with subprocess.Popen(run, stderr=subprocess.PIPE) as runs:
        until(lambda: listed(here, "--state", "running"))
        assert b"6 transfers cancelled" in here("queue", "cancel", "--all").stderr
        _, said = runs.communicate(timeout=60)
    assert runs.returncode == 6
    assert b"error: 6 cancelled\n" in said
    assert here("queue", "run").returncode == 0  # that was said
