"""What may work later ends a command with another code than what will not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from acd_tui.cli import carrying, stalls
from acd_tui.errors import Denied, Full, Transient
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.vfs.filesystem import Content
from acd_tui.vfs.path import VPath
from tests.cli.conftest import Command, define
from tests.server_process import FaultFile, running_server

NOT_NOW = {"a": Transient("not now"), "b": Transient("not now either")}
NEVER = {"a": Transient("not now"), "b": Denied("never")}
NO_ROOM = {"a": Full("no room"), "b": Full("no room either")}
NO_ROOM_AND_NEVER = {"a": Full("no room"), "b": Denied("never")}


@pytest.fixture
def troubles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Transient | Denied | Full]:
    """What reading a file of `from` raises, by its name; to be filled."""
    (tmp_path / "from").mkdir()
    for name in "abc":
        (tmp_path / "from" / name).write_text(name)
    troubles: dict[str, Transient | Denied | Full] = {}
    read = LocalFileSystem.read

    async def failing(self: LocalFileSystem, path: VPath) -> Content:
        if path.name in troubles:
            raise troubles[path.name]
        return await read(self, path)

    monkeypatch.setattr(LocalFileSystem, "read", failing)
    return troubles


@pytest.mark.parametrize("retries", ["1", "2"])
@pytest.mark.parametrize(
    ("wrong", "code"),
    [(NOT_NOW, 5), (NEVER, 6), (NO_ROOM, 8), (NO_ROOM_AND_NEVER, 6)],
)
def test_copy_and_queue_run_tell_them_apart(
    here: Command,
    troubles: dict[str, Transient | Denied | Full],
    wrong: dict[str, Transient | Denied | Full],
    code: int,
    retries: str,
) -> None:
    troubles |= wrong
    copied = here("copy", "from", "to", "--retries", retries)
    assert copied.returncode == code
    assert b"2 of 3 were not copied" in copied.stderr
    here("queue", "add", "from", "other", "--retries", retries)
    ended = here("queue", "run")
    assert ended.returncode == code
    assert b"2 failed" in ended.stderr
    assert here("queue", "run").returncode == 0  # nothing more has failed


@pytest.mark.socket
@pytest.mark.parametrize(
    ("calls", "retries", "code"), [("1", "1", 5), ("2", "1", 0), ("1", "2", 0)]
)
@pytest.mark.parametrize("upwards", [False, True])
def test_a_call_is_sent_as_often_as_is_said_and_an_upload_once_for_each_try(
    here: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    calls: str,
    retries: str,
    code: int,
    upwards: bool,
) -> None:
    faults = FaultFile(tmp_path / "faults.toml")
    with running_server(tmp_path, faults.arguments) as server:
        define(monkeypatch, "photos", server, server.token())
        (tmp_path / "x").write_bytes(b"x")
        assert here("copy", "x", "photos:there").returncode == 0
        faults.set(
            {"operation": ["upload", "download"], "first": 1, "do": "answer"}
            | {"error": "503-empty", "when": "start"}
        )
        ends = ("x", "photos:new") if upwards else ("photos:there/x", "back")
        times = ("--low-level-retries", calls, "--retries", retries)
        copied = here("copy", *ends, *times)
    only_by_tries = upwards and retries == "1"
    assert copied.returncode == (5 if only_by_tries else code), copied.stderr


@pytest.mark.socket
@pytest.mark.parametrize("held", [2_100_000, 300_000])
def test_a_line_that_breaks_again_and_again_brings_a_large_file_home(
    here: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    faults = FaultFile(tmp_path / "faults.toml")
    data = random.Random(1).randbytes(3 * held - 1000)
    with running_server(tmp_path, faults.arguments) as server:
        define(monkeypatch, "photos", server, server.token())
        (tmp_path / "x").write_bytes(data)
        assert here("copy", "x", "photos:").returncode == 0
        faults.set({"operation": "download", "do": "truncate", "bytes": held})
        copied = here("copy", "photos:x", "back", "--retries", "2")
        assert copied.returncode == 0, copied.stderr
        assert (tmp_path / "back/x").read_bytes() == data

        faults.set(  # it comes some way, and never any further
            {"operation": "download", "do": "truncate", "bytes": held, "first": 1},
            {"operation": "download", "do": "truncate", "bytes": 0, "after": 1},
        )
        stuck = here("copy", "photos:x", "again", "--retries", "2")
    assert stuck.returncode == 5
    assert not (tmp_path / "again/x").exists()


@pytest.mark.parametrize("still", [0.0, 1e9])
def test_a_command_is_not_silent_for_ever_about_what_does_not_move(
    here: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, still: float
) -> None:
    monkeypatch.setattr(stalls, "STILL", still)
    monkeypatch.setattr(carrying, "_LOOK_SECONDS", 0.01)
    whys: list[str | None] = []
    look = stalls.Stall.look

    def heard(
        self: stalls.Stall, state: object, now: float, why: str | None = None
    ) -> None:
        whys.append(why)
        look(self, state, now, why)

    monkeypatch.setattr(stalls.Stall, "look", heard)
    faults = FaultFile(tmp_path / "faults.toml")
    with running_server(tmp_path, faults.arguments) as server:
        define(monkeypatch, "photos", server, server.token())
        (tmp_path / "x").write_bytes(b"x")
        faults.set({"operation": "upload", "do": "answer", "error": "503-empty"})
        copied = here("copy", "x", "photos:", "--retries", "2")
    assert copied.returncode == 5
    said = copied.stderr.count(b"nothing has moved for ")
    assert said == 0 if still else said >= 1, copied.stderr
    assert "the service is in trouble (503)" in whys


def test_what_does_not_move_is_told_with_the_last_answer() -> None:
    said: list[str] = []
    stall = stalls.Stall(said.append)
    stall.look("one", 0.0, "in trouble")
    stall.look("two", 10.0)
    stall.look("two", 20.0, "too busy")
    stall.look("two", 30.0)
    assert said == []
    stall.look("two", 40.0)
    stall.look("two", 80.0)
    [sentence] = said
    assert sentence.startswith("nothing has moved for 30 seconds (too busy); still at")
    stall.look(None, 81.0)  # it is known why
    stall.look(None, 200.0)
    assert len(said) == 1


def test_the_last_word_counts(
    here: Command,
    troubles: dict[str, Transient | Denied | Full],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = LocalFileSystem.read
    words = [Transient("not now"), Denied("never")]

    async def failing(self: LocalFileSystem, path: VPath) -> Content:
        if path.name == "a":
            raise words.pop(0)
        return await read(self, path)

    monkeypatch.setattr(LocalFileSystem, "read", failing)
    copied = here("copy", "from", "to", "--retries", "3")
    assert copied.returncode == 6
    assert b"never" in copied.stderr
    assert words == []


def test_what_failed_for_good_after_passing_troubles_is_told_as_such(
    here: Command, troubles: dict[str, Transient | Denied | Full]
) -> None:
    troubles |= NOT_NOW
    assert here("copy", "from", "to", "--retries", "1").returncode == 5
    troubles["b"] = Denied("never")
    here("queue", "retry", "--all")
    assert here("queue", "run").returncode == 6
    troubles |= NO_ROOM
    here("queue", "retry", "--all")
    assert here("queue", "run").returncode == 8
    troubles.clear()
    here("queue", "retry", "--all")
    assert here("queue", "run").returncode == 0


@pytest.mark.parametrize(
    ("error", "code"), [("over-quota", 8), ("503-empty", 5), ("unknown-operation", 6)]
)
def test_so_does_a_folder_that_cannot_be_made(
    here: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: str,
    code: int,
) -> None:
    faults = FaultFile(tmp_path / "faults.toml")
    with running_server(tmp_path, faults.arguments) as server:
        define(monkeypatch, "photos", server, server.token())
        (tmp_path / "from" / "d").mkdir(parents=True)
        (tmp_path / "from" / "x").write_bytes(b"x")
        assert here("mkdir", "photos:to").returncode == 0
        faults.set({"operation": "create_folder", "do": "answer", "error": error})
        line = ("copy", "from", "photos:to", "--retries", "1")
        copied = here(*line, "--low-level-retries", "1")
        assert copied.returncode == code, copied.stderr
        assert b"/from/d is not copied" in copied.stderr
        assert here("ls", "photos:to").stdout.split() == [b"1", b"x"]
        faults.set()
        assert here(*line).returncode == 0


def test_so_does_the_queue_for_want_of_room_for_a_folder(
    here: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    faults = FaultFile(tmp_path / "faults.toml")
    with running_server(tmp_path, faults.arguments) as server:
        define(monkeypatch, "photos", server, server.token())
        (tmp_path / "from" / "d").mkdir(parents=True)
        here("queue", "add", "from", "photos:to")
        full = {"operation": "create_folder", "do": "answer", "error": "over-quota"}
        faults.set(full)
        assert here("queue", "run").returncode == 8
