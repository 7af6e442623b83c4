"""`sync` against a real server: what it removes, and above all what it does not."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from acd_tui.transfers.jobs import Jobs
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import Job
from tests.cli.conftest import Command
from tests.cli.terminal import on_a_terminal

pytestmark = pytest.mark.socket


def put(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return root


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return put(tmp_path / "src", {"a": b"a", "d/b": b"bb", "d/e/c": b"ccc"})


@pytest.fixture
def synced(source: Path, remote: str, here: Command) -> str:
    """A folder of the drive that holds what `src` does."""
    place = f"{remote}:t"
    assert here("sync", "src", place, "--yes").returncode == 0
    return place


def listed(here: Command, place: str) -> set[str]:
    found = json.loads(here("lsjson", "-R", place).stdout)
    return {each["Path"] + "/" * each["IsDir"] for each in found}


def in_trash(here: Command, remote: str) -> set[str]:
    found = json.loads(here("trash-list", f"{remote}:", "--json").stdout)
    return {each["path"] for each in found}


def test_both_are_alike_and_what_was_removed_is_in_the_trash(
    source: Path, remote: str, synced: str, here: Command
) -> None:
    put(source, {"new": b"n", "a": b"other"})
    (source / "d/e/c").unlink()
    (source / "d/e").rmdir()
    done = here("sync", "src", synced, "--yes", "--json")
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    plan = told["plan"]
    assert (plan["copy"], plan["overwrite"], plan["remove"]) == (1, 1, 1)
    assert plan["size"] == 6
    assert told["removed"] == plan["removals"]
    assert told["removed"] == [
        {"path": "d/e", "is_folder": True, "files": 1, "size": 3}
    ]
    assert in_trash(here, remote) == {"t/d/e"}
    assert here("check", "src", synced).returncode == 0
    again = here("sync", "src", synced)  # with nothing to do there is nothing to ask
    assert again.returncode == 0
    assert b"nothing to do" in again.stderr


def test_a_dry_run_changes_nothing(
    source: Path, remote: str, synced: str, here: Command
) -> None:
    (source / "a").unlink()
    put(source, {"new": b"n"})
    dry = here("sync", "src", synced, "-n")
    assert dry.returncode == 0
    assert dry.stdout.decode().splitlines() == [
        "copy              1 B  new",
        "remove            1 B  a",
    ]
    assert listed(here, synced) == {"a", "d/", "d/b", "d/e/", "d/e/c"}
    assert in_trash(here, remote) == set()


@pytest.mark.parametrize(
    ("answer", "code", "said"), [("n", 1, "nothing was done"), ("y", 0, "copy")]
)
def test_who_is_asked_may_say_no(
    here: Command, tmp_path: Path, answer: str, code: int, said: str
) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "a").write_text("1")
    with on_a_terminal("sync", "from", "to", cwd=tmp_path) as terminal:
        terminal.waits_for("Do this?")
        terminal.types(answer)
        assert terminal.ends() == code
    assert said in terminal.shown
    assert "interrupted" not in terminal.shown
    assert (tmp_path / "to").exists() == (answer == "y")


def test_without_a_terminal_it_does_nothing_unless_told(
    source: Path, synced: str, here: Command
) -> None:
    (source / "a").unlink()
    result = here("sync", "src", synced, stdin=b"y\n")
    assert result.returncode == 2
    assert b"--yes" in result.stderr
    assert "a" in listed(here, synced)


def test_what_filters_leave_out_stays(
    source: Path, remote: str, synced: str, here: Command
) -> None:
    put(source, {"x.jpg": b"x" * 99})
    for name in ("a", "d/b", "d/e/c"):
        (source / name).unlink()
    options = ("--yes", "--exclude", "b", "--max-size", "50b")
    assert here("sync", "src", synced, *options).returncode == 0
    assert listed(here, synced) == {"d/", "d/b", "d/e/"}
    assert in_trash(here, remote) == {"t/a", "t/d/e/c"}


def test_a_folder_with_something_filtered_in_it_stays(
    source: Path, tmp_path: Path, remote: str, synced: str, here: Command
) -> None:
    put(tmp_path / "more", {"old/keep.jpg": b"k", "old/go": b"g", "old/all/go": b"g"})
    here("copy", "more", synced)
    assert here("sync", "src", synced, "--yes", "--exclude", "*.jpg").returncode == 0
    assert in_trash(here, remote) == {"t/old/go", "t/old/all"}
    assert "old/keep.jpg" in listed(here, synced)


def test_nothing_is_removed_if_something_could_not_be_copied(
    source: Path, tmp_path: Path, remote: str, here: Command
) -> None:
    put(tmp_path / "old", {"a/file": b"x", "too much": b"y"})
    here("copy", "old", f"{remote}:t")
    result = here("sync", "src", f"{remote}:t", "--yes")  # `a` is a folder there
    assert result.returncode == 6
    assert b"nothing was removed" in result.stderr
    assert in_trash(here, remote) == set()
    assert {"a/file", "too much", "d/b"} <= listed(here, f"{remote}:t")


def test_an_empty_or_missing_source_removes_nothing(
    tmp_path: Path, remote: str, synced: str, here: Command
) -> None:
    (tmp_path / "unmounted").mkdir()
    result = here("sync", "unmounted", synced, "--yes")
    assert result.returncode == 1
    assert b"holds no files" in result.stderr
    assert here("sync", "nowhere", synced, "--yes").returncode == 3
    assert here("sync", "src/a", synced, "--yes").returncode == 2
    assert in_trash(here, remote) == set()
    assert here("sync", "unmounted", f"{remote}:free", "--yes").returncode == 0


def test_folders_that_lie_in_each_other_are_refused(
    source: Path, tmp_path: Path, remote: str, synced: str, here: Command
) -> None:
    (tmp_path / "alias").symlink_to(source)
    for one, other in (
        (synced, f"{remote}:T/d"),
        (f"{remote}:t/d", f"{remote}:T"),
        ("src/d", "src"),
        ("src/d", "alias"),
        ("src", "src"),
    ):
        result = here("sync", one, other, "--yes")
        assert result.returncode == 2, (one, other)
    assert in_trash(here, remote) == set()
    assert (source / "d/e/c").exists()


def test_what_is_removed_here_goes_to_the_desktops_trash(
    tmp_path: Path, synced: str, here: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "dst", {"old/x": b"x", "d/b": b"bb", "A": b"other"})
    trashed: list[str] = []

    def trash(path: str) -> None:
        trashed.append(path)
        Path(path).rename(tmp_path / f"trash{len(trashed)}")

    monkeypatch.setattr("send2trash.send2trash", trash)
    done = here("sync", synced, "dst", "--yes")
    assert done.returncode == 0, done.stderr.decode()
    assert set(trashed) == {str(tmp_path / "dst/old"), str(tmp_path / "dst/A")}
    assert here("check", "src", "dst").returncode == 0


def test_links_are_said_once_and_are_no_failure(tmp_path: Path, acd: Command) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from/file").write_bytes(b"x")
    (tmp_path / "from/link").symlink_to("file")
    for command in (
        ("sync", "from", "to", "--dry-run"),
        ("sync", "from", "to", "--yes"),
        ("copy", "from", "to2", "--dry-run"),
        ("copy", "from", "to2"),
        ("check", "from", "to"),
    ):
        result = acd(*command)
        assert result.returncode == 0, command
        said = (result.stdout + result.stderr).count(b"it is a symbolic link")
        assert said == 1, command
    assert [f.name for f in (tmp_path / "to2").iterdir()] == ["file"]


def test_two_names_of_one_account_are_one_drive(
    remote: str, here: Command, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert here("copy", str(source), f"{remote}:top").returncode == 0
    for key, value in os.environ.items():
        if key.startswith("RCLONE_CONFIG_PHOTOS_"):
            monkeypatch.setenv(key.replace("PHOTOS", "AGAIN"), value)
    for target in ("again:top", "again:", "again:top/d", "again:TOP/d"):
        result = here("sync", f"{remote}:top/d", target, "--yes")
        assert result.returncode == 2, target
    assert here("copy", f"{remote}:top", "again:top/d").returncode == 2
    assert listed(here, f"{remote}:top") == {"a", "d/", "d/b", "d/e/", "d/e/c"}


def linked(tmp_path: Path) -> None:
    put(tmp_path / "from", {"file": b"content", "sub/x": b"x"})
    put(tmp_path / "far", {"away": b"far away"})
    for name, leads in {
        "link": "file",
        "folder": "../far",
        "back": ".",
        "broken": "nowhere",
    }.items():
        (tmp_path / "from" / name).symlink_to(leads)


def test_links_are_followed_if_asked(
    tmp_path: Path, remote: str, here: Command
) -> None:
    linked(tmp_path)
    whole = {"file", "link", "folder/", "folder/away", "sub/", "sub/x"}
    for place in (f"{remote}:up", "down"):
        planned = here("copy", "from", place, "--copy-links", "--dry-run", "--json")
        copied = here("copy", "from", place, "-L")
        assert copied.returncode == 0, copied.stderr.decode()
        assert b"broken is not copied: it is a symbolic link that leads nowhere" in (
            copied.stderr
        )
        assert (
            b"back is not copied: it is a symbolic link to a folder that it lies in"
            in (copied.stderr)
        )
        assert listed(here, place) == whole
        foreseen = {
            each["path"]: each["action"]
            for each in json.loads(planned.stdout)["actions"]
        }
        assert foreseen == {
            "folder": "folder",
            "sub": "folder",
            "back": "skip",
            "broken": "skip",
            **{name: "copy" for name in whole if not name.endswith("/")},
        }
        assert here("check", "from", place, "-L").returncode == 0
        # Without it, what is there under a link's name is left alone.
        without = json.loads(here("sync", "from", place, "-n", "--json").stdout)
        assert (without["plan"]["copies"], without["plan"]["removals"]) == ([], [])
        again = json.loads(here("sync", "from", place, "-n", "-L", "--json").stdout)
        assert (again["plan"]["copies"], again["plan"]["removals"]) == ([], [])


def test_a_queued_copy_follows_links_as_it_was_asked(
    tmp_path: Path, remote: str, here: Command
) -> None:
    linked(tmp_path)
    assert here("queue", "add", "from", f"{remote}:q", "--copy-links").returncode == 0
    assert here("queue", "run").returncode == 0
    assert {"link", "folder/away"} <= listed(here, f"{remote}:q")


def test_a_dry_run_says_what_becomes_of_names_that_would_be_one(
    tmp_path: Path, remote: str, here: Command
) -> None:
    put(tmp_path / "from", {"A": b"1", "a": b"22", "b": b"3"})
    place = f"{remote}:t"
    expected = {"overwrite": "fail", "rename": "rename", "ask": "ask", "skip": "fail"}
    for policy, action in expected.items():
        told = here("copy", "from", place, "-n", "--json", "--conflict", policy)
        actions = json.loads(told.stdout)["actions"]
        (about,) = [each for each in actions if each["path"] == "a"]
        assert about["action"] == action
    renamed = here("copy", "from", place, "--conflict", "rename")
    assert renamed.returncode == 0, renamed.stderr.decode()
    assert {"A", "a (2)"} <= listed(here, place)
    again = here("copy", "from", place, "--conflict", "rename", "--json")
    assert json.loads(again.stdout)["files"]["skipped"] == 3
    synced = here("sync", "from", place, "--yes", "--json")
    assert synced.stderr.count(b"would be under the same name") == 1


def test_a_name_that_the_other_side_cannot_have_is_said(
    tmp_path: Path, remote: str, here: Command
) -> None:
    bad = os.fsencode(tmp_path / "from") + b"/" + b"\xff" * 100
    put(tmp_path / "from", {"good": b"1"})
    Path(os.fsdecode(bad)).write_bytes(b"x")
    for command in ("copy", "check"):
        told = here(command, "from", f"{remote}:t")
        assert b"takes 300 characters, and the service takes 280" in told.stderr
        assert told.returncode == {"copy": 6, "check": 1}[command]
    assert listed(here, f"{remote}:t") == {"good"}


def test_a_file_that_may_be_too_large_is_warned_of_before_it_is_tried(
    tmp_path: Path, remote: str, here: Command
) -> None:
    put(tmp_path / "from", {"small": b"1"})
    with (tmp_path / "from" / "large").open("wb") as file:
        file.truncate((50_000 << 20) + 1)
    told = here("copy", "from", f"{remote}:t", "--dry-run")
    assert told.returncode == 0
    assert (
        b"warning: /large has 48.8 GiB: files over 48.8 GiB often fail" in told.stderr
    )
    without = here("copy", "from", f"{remote}:t", "--max-size", "1G", "--dry-run")
    assert b"warning" not in without.stderr


def test_the_user_is_told_where_else_in_the_drive_a_content_is(
    tmp_path: Path, remote: str, here: Command
) -> None:
    put(tmp_path / "from", {"a": b"content", "empty": b""})
    put(tmp_path / "other", {"b": b"content", "empty": b""})
    assert here("copy", "from", f"{remote}:old").returncode == 0
    told = here("copy", "other", f"{remote}:new", "-v")
    said = told.stderr.decode().splitlines()
    wanted = f"done: {remote}:new/b (the same content is at /old/a as well)"
    assert wanted in said
    assert f"done: {remote}:new/empty" in said
    assert here("trash", f"{remote}:old/a").returncode == 0
    put(tmp_path / "third", {"c": b"content"})
    here("trash", f"{remote}:new/b")
    assert (
        here("copy", "third", f"{remote}:new", "-v").stderr.decode().count("as well")
        == 0
    )


def test_a_file_is_not_overwritten_by_one_whose_name_differs_in_case_alone(
    tmp_path: Path, remote: str, here: Command
) -> None:
    put(tmp_path / "from", {"a.txt": b"lower"})
    place = f"{remote}:c"
    assert here("copy", "from", place).returncode == 0
    put(tmp_path / "from", {"A.TXT": b"UPPER"})
    for command in (
        ("copy", "from", place, "--dry-run"),
        ("copy", "from", place),
        ("sync", "from", place, "--yes"),
        ("move", "from", place),
    ):
        told = here(*command)
        assert told.returncode == 6, command
        assert here("cat", f"{place}/a.txt").stdout == b"lower", command
    assert (tmp_path / "from" / "A.TXT").read_bytes() == b"UPPER"
    assert here("copy", "from", place, "--conflict", "rename").returncode == 0
    there = [here("cat", f"{place}/{name}").stdout for name in listed(here, place)]
    assert {b"lower", b"UPPER"} == set(there)


@pytest.mark.parametrize("again", ["move", "decide"])
def test_of_two_that_differ_in_case_alone_the_one_that_was_moved_stays(
    tmp_path: Path, remote: str, here: Command, acd: Command, again: str
) -> None:
    source = put(tmp_path / "from", {"README": b"first", "readme": b"second"})
    place = f"{remote}:c"
    policy = ("--conflict", "ask") if again == "decide" else ()
    assert here("move", "from", place, *policy).returncode == 6
    (left,) = source.iterdir()
    if again == "decide":
        acd("queue", "decide", "overwrite", "--all")
        acd("queue", "run")
    else:
        assert here("move", "from", place).returncode == 6
    assert list(source.iterdir()) == [left]
    there = here("cat", f"{place}/README").stdout
    assert {there, left.read_bytes()} == {b"first", b"second"}


def test_a_source_that_holds_no_files_empties_nothing(
    source: Path, synced: str, tmp_path: Path, here: Command
) -> None:
    (tmp_path / "hollow" / "folder").mkdir(parents=True)
    told = here("sync", "hollow", synced, "--yes")
    assert told.returncode != 0
    assert b"holds no files" in told.stderr
    assert "a" in listed(here, synced)


def test_a_sync_whose_copying_is_cancelled_removes_nothing(
    source: Path,
    synced: str,
    here: Command,
    acd: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (source / "a").unlink()
    put(source, {"new": b"new"})
    add_found = Jobs.add_found

    async def cancelled(jobs: Jobs, job: int, *given: Any, **more: Any) -> None:
        await asyncio.to_thread(acd, "queue", "cancel", "--job", str(job))
        await add_found(jobs, job, *given, **more)

    monkeypatch.setattr(Jobs, "add_found", cancelled)
    told = here("sync", "src", synced, "--yes")
    assert told.returncode == 6
    assert b"cancelled before all that it is about was found" in told.stderr
    assert "a" in listed(here, synced)
    assert "new" not in listed(here, synced)
    told = here("copy", "src", synced)
    assert told.returncode == 6


def test_a_sync_that_is_stopped_at_its_last_file_removes_nothing(
    source: Path, synced: str, here: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source / "a").unlink()
    put(source, {"new": b"new"})
    wait = TransferManager.wait

    async def interrupted(manager: TransferManager, job: int) -> Job:
        ended = await wait(manager, job)
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(3):  # rounds of the loop, in which it is heard
            await asyncio.sleep(0)
        return ended

    monkeypatch.setattr(TransferManager, "wait", interrupted)
    told = here("sync", "src", synced, "--yes")
    assert told.returncode == 130
    assert b"stopped before anything was removed" in told.stderr
    assert {"a", "new"} <= listed(here, synced)


@pytest.mark.parametrize("policy", ["overwrite", "rename"])
def test_what_changed_since_the_plan_was_shown_is_left_as_it_is(
    tmp_path: Path,
    remote: str,
    here: Command,
    acd: Command,
    monkeypatch: pytest.MonkeyPatch,
    policy: str,
) -> None:
    source = {"same": b"1", "new": b"2", "differs": b"3", "gone": b"4", "plain": b"5"}
    put(tmp_path / "from", source)
    assert here("copy", "from", f"{remote}:z").returncode == 0
    to = put(tmp_path / "to", {"same": b"1", "differs": b"old", "gone": b"o"})

    def meanwhile(*_: str, **__: object) -> None:
        put(to, {"same": b"EDITED", "new": b"MINE", "differs": b"LATER"})
        (to / "gone").unlink()
        put(tmp_path / "late", {"late": b"6"})
        acd("copy", "late", f"{remote}:z")

    monkeypatch.setattr("acd_tui.cli.sync.ask", meanwhile)
    told = here("sync", f"{remote}:z", "to", "--conflict", policy)
    assert told.returncode == 6
    assert {p.name: p.read_bytes() for p in to.iterdir()} == {
        "same": b"EDITED",
        "new": b"MINE",
        "differs": b"LATER",
        "gone": b"4",
        "plain": b"5",
    }
    for name in ("same", "late"):
        assert f"z/{name}`: it came since the plan was made".encode() in told.stderr
    for name in ("new", "differs"):
        assert f"z/{name}`: what is there has changed since".encode() in told.stderr


def test_nothing_is_overwritten_if_one_says_so(
    source: Path, synced: str, here: Command
) -> None:
    put(source, {"a": b"other", "new": b"n"})
    (source / "d/b").unlink()
    told = here("sync", "src", synced, "--yes", "--ignore-existing", "--json")
    assert told.returncode == 0, told.stderr.decode()
    plan = json.loads(told.stdout)["plan"]
    assert (plan["copy"], plan["overwrite"], plan["kept"], plan["remove"]) == (
        1,
        0,
        1,
        1,
    )
    assert here("cat", f"{synced}/a").stdout == b"a"
    again = ("sync", "src", synced, "--ignore-existing", "--error-on-no-transfer")
    assert here(*again).returncode == 9


@pytest.mark.parametrize(
    ("policy", "age", "code", "files", "said"),
    [
        ("overwrite", 0, 0, {"a": b"other"}, b"1 to overwrite"),
        ("newer", 0, 0, {"a": b"other"}, b"1 to overwrite"),
        ("newer", 10**9, 0, {"a": b"a"}, b"1 kept although they differ"),
        ("rename", 0, 0, {"a": b"a", "a (2)": b"other"}, b"1 under another name"),
        ("ask", 0, 6, {"a": b"a", "d/b": b"bb"}, b"1 to decide on"),
        ("fail", 0, 6, {"a": b"a", "d/b": b"bb"}, b"problem: a: another file"),
    ],
)
def test_what_differs_is_treated_as_one_says(
    source: Path,
    synced: str,
    here: Command,
    policy: str,
    age: int,
    code: int,
    files: dict[str, bytes],
    said: bytes,
) -> None:
    put(source, {"a": b"other"})
    os.utime(source / "a", (now := (source / "a").stat().st_mtime - age, now))
    (source / "d/b").unlink()
    sync = ("sync", "src", synced, "--conflict", policy)
    dry = here(*sync, "--dry-run")
    told = here(*sync, "--yes")
    assert dry.returncode == told.returncode == code, told.stderr.decode()
    assert said in dry.stderr
    assert said in told.stderr
    assert listed(here, synced) == {*files, "d/", "d/e/", "d/e/c", "a"}
    for name, content in files.items():
        assert here("cat", f"{synced}/{name}").stdout == content
    again = here(*sync, "--yes", "--error-on-no-transfer")
    assert again.returncode == (code or 9)  # nothing is sent or removed again
    assert listed(here, synced) == {*files, "d/", "d/e/", "d/e/c", "a"}


@pytest.mark.parametrize(
    ("policy", "files", "said", "waits"),
    [
        ("overwrite", set(), b"problem: a: a file on one side, a folder on the", False),
        ("newer", set(), b"problem: a: a file on one side, a folder on the", False),
        ("rename", {"a (2)"}, b"1 under another name", False),
        ("skip", set(), b"1 kept although they differ", False),
        ("fail", set(), b"problem: a: a folder of that name is there", False),
        ("ask", set(), b"1 to decide on", True),
    ],
)
def test_a_file_that_a_folder_is_in_the_way_of(
    tmp_path: Path,
    remote: str,
    here: Command,
    policy: str,
    files: set[str],
    said: bytes,
    waits: bool,
) -> None:
    """What the plan says of it comes to pass, and nothing else."""
    put(tmp_path / "src", {"a": b"file"})
    put(tmp_path / "there", {"a/b": b"b"})
    assert here("copy", "there", f"{remote}:t").returncode == 0
    sync = ("sync", "src", f"{remote}:t", "--conflict", policy)
    dry, told = here(*sync, "--dry-run"), here(*sync, "--yes")
    assert said in dry.stderr
    assert said in told.stderr
    assert (
        dry.returncode == told.returncode == (0 if policy in {"rename", "skip"} else 6)
    )
    assert listed(here, f"{remote}:t") == {"a/", "a/b", *files}
    queued = json.loads(here("queue", "list", "--json").stdout)
    assert waits == any(each["state"] == "conflict" for each in queued)
    here(*sync, "--yes")
    assert listed(here, f"{remote}:t") == {"a/", "a/b", *files}


def test_a_folder_whose_name_is_another_ones_gets_its_own(
    tmp_path: Path, remote: str, here: Command
) -> None:
    put(tmp_path / "two", {"D/x": b"upper", "d/x": b"lower"})
    sync = ("sync", "two", f"{remote}:t", "--conflict", "rename")
    told = here(*sync, "--yes")
    assert told.returncode == 0, told.stderr.decode()
    assert listed(here, f"{remote}:t") == {"D/", "D/x", "d (2)/", "d (2)/x"}
    assert here("cat", f"{remote}:t/d (2)/x").stdout == b"lower"
    assert here(*sync, "--error-on-no-transfer").returncode == 9


def test_a_dry_run_names_what_gets_another_name(
    tmp_path: Path, remote: str, here: Command
) -> None:
    put(tmp_path / "two", {"D/x": b"upper", "d/x": b"lower", "f": b"1", "F": b"22"})
    copy = ("copy", "two", f"{remote}:t", "--conflict", "rename")
    actions = json.loads(here(*copy, "--dry-run", "--json").stdout)["actions"]
    assert {(a["action"], a["path"], a["reason"]) for a in actions} == {
        ("copy", "D/x", None),
        ("folder", "D", None),
        ("rename", "d/x", "as d (2)/x"),
        ("folder", "d", "as d (2)"),
        ("copy", "F", None),
        ("rename", "f", "as f (2)"),
    }
    assert here(*copy).returncode == 0
    there = {"D/", "D/x", "d (2)/", "d (2)/x", "F", "f (2)"}
    assert listed(here, f"{remote}:t") == there


def test_a_dry_run_says_of_a_name_that_takes_no_number(
    tmp_path: Path, here: Command
) -> None:
    long = "x" * 255
    put(tmp_path / "from", {long: b"new", "other": b"o"})
    put(tmp_path / "to", {long: b"old"})
    copy = ("copy", "from", "to", "--conflict", "rename")
    dry, told = here(*copy, "--dry-run", "--json"), here(*copy)
    assert dry.returncode == told.returncode == 6
    actions = json.loads(dry.stdout)["actions"]
    assert {a["path"]: a["action"] for a in actions} == {long: "fail", "other": "copy"}
    assert (tmp_path / "to" / long).read_bytes() == b"old"


def test_a_dry_run_names_the_folders_that_a_copy_makes(
    tmp_path: Path, remote: str, here: Command
) -> None:
    put(tmp_path / "from", {"d/file": b"1"})
    (tmp_path / "from" / "d" / "empty").mkdir()
    told = json.loads(here("copy", "from", f"{remote}:t", "-n", "--json").stdout)
    assert told["folders"] == 2
    assert told["files"]["copy"] == 1
    made = {each["path"] for each in told["actions"] if each["action"] == "folder"}
    assert made == {"d", "d/empty"}
    filtered = here("copy", "from", f"{remote}:t", "-n", "--include", "*.jpg", "--json")
    assert json.loads(filtered.stdout)["folders"] == 0


def test_what_is_in_the_way_of_a_folder_that_filters_leave_empty_goes(
    source: Path, tmp_path: Path, remote: str, here: Command
) -> None:
    put(source, {"x/only.tmp": b"t"})
    put(tmp_path / "old", {"x": b"x"})
    here("copy", "old", f"{remote}:t")
    result = here("sync", "src", f"{remote}:t", "--yes", "--exclude", "*.tmp")
    assert result.returncode == 0, result.stderr
    assert in_trash(here, remote) == {"t/x"}


def test_a_link_in_the_way_of_a_folder_that_filters_leave_empty_stays(
    source: Path, tmp_path: Path, here: Command
) -> None:
    put(source, {"x/only.tmp": b"t"})
    (tmp_path / "there").mkdir()
    (tmp_path / "there/x").symlink_to("elsewhere")
    here("sync", "src", "there", "--yes", "--exclude", "*.tmp")
    assert (tmp_path / "there/x").is_symlink()


def test_what_is_kept_beside_takes_no_name_that_another_one_gets(
    source: Path, tmp_path: Path, here: Command
) -> None:
    put(source, {"d/b (2)": b"other"})
    put(tmp_path / "there", {"d/b": b"differs"})
    line = ("sync", "src", "there", "--conflict", "rename")
    assert b"d/b  (as b (3))" in here(*line, "--dry-run").stdout
    assert here(*line, "--yes").returncode == 0
    assert (tmp_path / "there/d/b (3)").read_bytes() == (source / "d/b").read_bytes()
    assert (tmp_path / "there/d/b (2)").read_bytes() == b"other"
    assert b"0 to copy" in here(*line, "--dry-run").stderr
