"""`move` and `rename`, from the disk to a drive and within one."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from acd_tui.operations import Operations
from acd_tui.operations.service import Placed
from tests.cli.conftest import Command, api


def make(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def listed(here: Command, place: str) -> dict[str, str]:
    found = json.loads(here("lsjson", "-R", "--hash", place).stdout)
    return {one["Path"]: one.get("Hashes", {}).get("md5", "") for one in found}


def paths(here: Command, place: str) -> list[str]:
    return sorted(listed(here, place))


def test_a_folder_goes_up_and_its_files_leave_the_disk(
    here: Command, remote: str, tmp_path: Path
) -> None:
    box = make(tmp_path / "box", a="1", b="22")
    make(box / "deep", c="333")
    result = here("move", str(box), f"{remote}:box")
    assert result.returncode == 0, result.stderr
    assert paths(here, f"{remote}:box") == ["a", "b", "deep", "deep/c"]
    assert [path for path in box.rglob("*") if path.is_file()] == []
    assert box.is_dir()


def test_a_folder_comes_down_and_goes_to_the_trash_of_the_drive(
    here: Command, remote: str, tmp_path: Path
) -> None:
    box = make(tmp_path / "box", a="1", b="22")
    assert here("copy", str(box), f"{remote}:box").returncode == 0
    assert here("move", f"{remote}:box", str(tmp_path / "new")).returncode == 0
    assert (tmp_path / "new" / "a").read_text() == "1"
    assert (tmp_path / "new" / "b").read_text() == "22"
    assert paths(here, f"{remote}:box") == []
    told = here("trash-list", f"{remote}:").stdout.decode()
    assert "box/a" in told
    assert "box/b" in told


def upload(parent: str, name: str) -> None:
    """Send a file as another program would that has nothing to do with this one."""
    token = json.loads(os.environ["RCLONE_CONFIG_PHOTOS_TOKEN"])["access_token"]
    endpoint = os.environ["RCLONE_CONFIG_PHOTOS_ENDPOINT_URL"]
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as client:
        url = client.get(endpoint).json()["contentUrl"]
        metadata = json.dumps({"kind": "FILE", "name": name, "parents": [parent]})
        client.post(
            f"{url}nodes?suppress=deduplication",
            files={"metadata": (None, metadata), "content": (name, b"theirs")},
        ).raise_for_status()


def test_a_folder_that_others_fill_meanwhile_is_not_trashed_as_emptied(
    here: Command, remote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "src" / "box" / "deep", c="C")
    make(tmp_path / "src" / "to" / "deep", e="E")
    assert here("copy", str(tmp_path / "src"), f"{remote}:").returncode == 0
    told = json.loads(here("lsjson", "-R", f"{remote}:").stdout)
    deep = next(one["ID"] for one in told if one["Path"] == "box/deep")
    really = Operations.move

    async def move(self: Operations, source: Placed, target: Placed) -> None:
        await really(self, source, target)
        upload(deep, "new")

    monkeypatch.setattr(Operations, "move", move)
    result = here("move", f"{remote}:box", f"{remote}:to")
    assert result.returncode == 0, result.stderr
    assert paths(here, f"{remote}:to") == ["deep", "deep/c", "deep/e"]
    assert paths(here, f"{remote}:box") == ["deep", "deep/new"]


def test_a_dry_run_moves_nothing(here: Command, remote: str, tmp_path: Path) -> None:
    box = make(tmp_path / "box", a="1")
    assert here("move", str(box), f"{remote}:box", "--dry-run").returncode == 0
    assert (box / "a").read_text() == "1"
    assert b"box" not in here("lsd", f"{remote}:").stdout


def test_a_dry_run_does_not_take_one_size_for_proof_either(
    here: Command, remote: str, tmp_path: Path
) -> None:
    here("copy", str(make(tmp_path / "one", a="old", b="bbb")), f"{remote}:x")
    box = make(tmp_path / "box", a="new", b="bbb")
    move = ("move", str(box), f"{remote}:x", "--size-only")
    foreseen = json.loads(here(*move, "-n", "--json").stdout)["files"]
    assert (foreseen["overwrite"], foreseen["same"]) == (1, 1)
    done = json.loads(here(*move, "--json").stdout)["files"]
    assert (done["done"], done["skipped"]) == (1, 1)
    assert here("cat", f"{remote}:x/a").stdout == b"new"


def test_what_stays_is_said(here: Command, remote: str, tmp_path: Path) -> None:
    here("copy", str(make(tmp_path / "one", a="old", b="b")), f"{remote}:x")
    box = make(tmp_path / "box", a="new", b="b")
    result = here("move", str(box), f"{remote}:x", "--conflict", "fail")
    assert result.returncode == 6
    assert (box / "a").read_text() == "new"
    assert not (box / "b").exists()  # the same is there


def test_within_a_drive_names_change_and_folders_are_filled_up(
    here: Command, remote: str, tmp_path: Path
) -> None:
    box = make(tmp_path / "box", a="1", same="s", other="mine")
    make(box / "deep", c="3")
    make(box / "new", d="4")
    there = make(tmp_path / "there", SAME="s", other="theirs")
    make(there / "deep", e="5")
    here("copy", str(box), f"{remote}:box")
    here("copy", str(there), f"{remote}:to")
    before = listed(here, f"{remote}:box")
    dry = here("move", f"{remote}:box", f"{remote}:to", "--dry-run")
    assert dry.returncode == 0
    assert listed(here, f"{remote}:box") == before
    result = here("move", f"{remote}:box", f"{remote}:to", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert {step["from"]: step["action"] for step in told["actions"]} == {
        "/box/a": "move",
        "/box/deep/c": "move",
        "/box/new": "move",
        "/box/other": "overwrite",
        "/box/same": "trash",
    }
    found = listed(here, f"{remote}:to")
    assert sorted(found) == [
        *("SAME", "a", "deep", "deep/c", "deep/e", "new", "new/d", "other")
    ]
    assert found["other"] == before["other"]
    assert paths(here, f"{remote}:box") == []


@pytest.mark.parametrize(
    ("policy", "left"), [("skip", ["f"]), ("fail", ["f"]), ("rename", [])]
)
def test_within_a_drive_nothing_is_lost(
    here: Command, remote: str, tmp_path: Path, policy: str, left: list[str]
) -> None:
    here("copy", str(make(tmp_path / "one", f="1")), f"{remote}:one")
    here("copy", str(make(tmp_path / "two", f="2")), f"{remote}:two")
    result = here("move", f"{remote}:one/f", f"{remote}:two", "--conflict", policy)
    assert result.returncode == (6 if policy == "fail" else 0)
    assert paths(here, f"{remote}:one") == left
    found = ["f", "f (2)"] if policy == "rename" else ["f"]
    assert paths(here, f"{remote}:two") == found


def ids_of(here: Command, remote: str) -> dict[str, str]:
    found = json.loads(here("lsjson", "-R", f"{remote}:").stdout)
    return {one["Path"]: one["ID"] for one in found}


def after_the_first_move(
    monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None]
) -> None:
    """Let another program do something once both folders were listed."""
    real = Operations.move

    async def move(self: Operations, source: Placed, target: Placed) -> None:
        await real(self, source, target)
        await asyncio.to_thread(meanwhile)

    monkeypatch.setattr(Operations, "move", move)


@pytest.mark.parametrize("gone", ["box/z", "to/z"])
def test_within_a_drive_nothing_goes_for_what_is_not_there_any_more(
    here: Command,
    remote: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gone: str,
) -> None:
    make(tmp_path / "all" / "box", a="1", z="precious")
    make(tmp_path / "all" / "to", z="precious")
    here("copy", "all", f"{remote}:")
    node = ids_of(here, remote)[gone]
    after_the_first_move(monkeypatch, lambda: api("PUT", f"trash/{node}"))
    result = here("move", f"{remote}:box", f"{remote}:to")
    assert result.returncode == 6
    assert f"(/{gone} has changed meanwhile)".encode() in result.stdout
    (left,) = {"box/z", "to/z"} - {gone}
    assert paths(here, f"{remote}:") == sorted(["box", "to", "to/a", left])


def test_within_a_drive_a_folder_is_not_left_for_one_that_holds_it_no_more(
    here: Command, remote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "all" / "box", a="1", z="precious")
    make(tmp_path / "all" / "to", b="2")
    here("copy", "all", f"{remote}:")
    hold_too(here, remote, "to", "box/z")
    ids = ids_of(here, remote)
    child = f"nodes/{ids['to']}/children/{ids['box/z']}"
    after_the_first_move(monkeypatch, lambda: api("DELETE", child))
    result = here("move", f"{remote}:box", f"{remote}:to")
    assert result.returncode == 6
    assert b"(/to/z has changed meanwhile)" in result.stdout
    assert "box/z" in paths(here, f"{remote}:")
    assert here("trash-list", f"{remote}:").stdout == b""


@pytest.mark.parametrize("edited", ["box/z", "to/z"])
@pytest.mark.parametrize("text", ["another thing now", "PRECIOUS"])
def test_within_the_disk_nothing_goes_for_what_was_edited(
    here: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    edited: str,
    text: str,
) -> None:
    make(tmp_path / "box", a="1", z="precious")
    make(tmp_path / "to", z="precious")
    here("check", "box", "to")  # so that their MD5s are remembered
    status = (tmp_path / edited).stat()

    def edit() -> None:
        (tmp_path / edited).write_text(text)
        # As an editor may that keeps the time: only the content tells.
        os.utime(tmp_path / edited, ns=(status.st_atime_ns, status.st_mtime_ns))

    after_the_first_move(monkeypatch, edit)
    result = here("move", "box", "to")
    assert result.returncode == 6
    texts = {"box/z": "precious", "to/z": "precious", edited: text}
    assert {path: (tmp_path / path).read_text() for path in texts} == texts


def hold_too(here: Command, remote: str, folder: str, path: str) -> None:
    """Let another folder of the drive hold something as well, as acd_cli can."""
    ids = ids_of(here, remote)
    api("PUT", f"nodes/{ids[folder]}/children/{ids[path]}")


def test_what_two_folders_hold_only_leaves_the_one(
    here: Command, remote: str, tmp_path: Path
) -> None:
    make(tmp_path / "all" / "one", f="only copy", g="g")
    make(tmp_path / "all" / "two" / "shared", h="h")
    here("copy", "all", f"{remote}:")
    hold_too(here, remote, "two", "one/f")
    hold_too(here, remote, "one", "two/shared")
    result = here("move", f"{remote}:one", f"{remote}:two", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert {step["from"]: step["action"] for step in told["actions"]} == {
        "/one/f": "leave",
        "/one/g": "move",
        "/one/shared": "leave",
    }
    assert (told["moved"], told["trashed"]) == (3, 0)
    found = ["one", "two", "two/f", "two/g", "two/shared", "two/shared/h"]
    assert paths(here, f"{remote}:") == found


def test_a_folder_that_two_folders_hold_is_not_emptied_into_itself(
    here: Command, remote: str, tmp_path: Path
) -> None:
    make(tmp_path / "all" / "one" / "shared", f="only copy")
    make(tmp_path / "all" / "two", g="g")
    here("copy", "all", f"{remote}:")
    hold_too(here, remote, "two", "one/shared")
    result = here("move", f"{remote}:one/shared", f"{remote}:two/shared", "-v")
    assert result.returncode == 6
    assert b"both are the same file" in result.stdout
    assert "one/shared/f" in paths(here, f"{remote}:")


def test_a_sync_does_not_take_it_from_another_folder(
    here: Command, remote: str, tmp_path: Path
) -> None:
    make(tmp_path / "src", a="a")
    make(tmp_path / "all" / "to", a="a", f="only copy")
    make(tmp_path / "all" / "album", x="x")
    here("copy", "all", f"{remote}:")
    hold_too(here, remote, "album", "to/f")
    assert here("sync", "src", f"{remote}:to", "--yes").returncode == 0
    assert paths(here, f"{remote}:") == ["album", "album/f", "album/x", "to", "to/a"]


def test_a_folder_is_not_moved_into_itself(
    here: Command, remote: str, tmp_path: Path
) -> None:
    here("copy", str(make(tmp_path / "box", a="1")), f"{remote}:box")
    result = here("move", f"{remote}:box", f"{remote}:Box/deep")
    assert result.returncode == 2
    assert b"or a folder in it" in result.stderr
    assert paths(here, f"{remote}:box") == ["a"]


def test_rename(here: Command, remote: str, tmp_path: Path) -> None:
    here("copy", str(make(tmp_path / "box", a="1", b="2")), f"{remote}:box")
    result = here("rename", f"{remote}:box/a", "A")
    assert result.returncode == 0, result.stderr
    assert paths(here, f"{remote}:box") == ["A", "b"]
    assert here("rename", f"{remote}:box/A", "b").returncode == 1
    assert here("rename", f"{remote}:box/none", "c").returncode in {3, 4}
    assert here("rename", f"{remote}:", "c").returncode == 2
    assert here("rename", f"{remote}:box/A", "x/y").returncode != 0
    assert here("rename", str(tmp_path / "box" / "a"), "c").returncode == 0
    assert (tmp_path / "box" / "c").read_text() == "1"
    assert paths(here, f"{remote}:box") == ["A", "b"]


@pytest.mark.parametrize("command", ["copy", "move"])
def test_a_link_does_not_hide_that_both_are_the_same_file(
    here: Command, tmp_path: Path, command: str
) -> None:
    box = make(tmp_path / "box", a="1")
    (tmp_path / "link").symlink_to(box)
    for source, target in (("box/a", "link"), ("link/a", "box"), ("link/a", "link")):
        result = here(command, source, target)
        assert result.returncode == 2
        assert b"the same file" in result.stderr
        assert (box / "a").read_text() == "1"


@pytest.mark.parametrize("command", ["copy", "move", "sync"])
def test_a_link_does_not_hide_that_the_target_lies_in_the_source(
    here: Command, tmp_path: Path, command: str
) -> None:
    box = make(tmp_path / "box", a="1")
    (tmp_path / "link").symlink_to(box)
    assert here(command, "box", "link/in").returncode == 2
    assert [path.name for path in box.iterdir()] == ["a"]


def test_a_link_to_a_folder_is_a_target(here: Command, tmp_path: Path) -> None:
    make(tmp_path / "box", a="1")
    (tmp_path / "link").symlink_to(make(tmp_path / "to"))
    for _ in range(2):
        result = here("copy", "box", "link")
        assert result.returncode == 0, result.stderr
    assert (tmp_path / "to" / "a").read_text() == "1"
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("there_is_folder", [True, False])
def test_a_file_and_a_folder_never_take_each_others_place(
    here: Command, tmp_path: Path, there_is_folder: bool
) -> None:
    folder, file = ("to", "box") if there_is_folder else ("box", "to")
    make(tmp_path / folder / "n", kept="1")
    make(tmp_path / file, n="2")
    result = here("move", "box", "to")
    assert result.returncode == 6
    assert b"of that name is there" in result.stdout
    assert (tmp_path / folder / "n" / "kept").read_text() == "1"
    assert (tmp_path / file / "n").read_text() == "2"


def test_a_free_name_is_one_that_no_other_moved_file_has(
    here: Command, tmp_path: Path
) -> None:
    box = make(tmp_path / "box", **{"f.txt": "1", "f (2).txt": "2"})
    to = make(tmp_path / "to", **{"f.txt": "old"})
    dry = here("move", "box", "to", "--conflict", "rename", "--dry-run")
    assert b"f (3).txt" in dry.stdout
    assert here("move", "box", "to", "--conflict", "rename").returncode == 0
    found = {path.name: path.read_text() for path in to.iterdir()}
    assert found == {"f.txt": "old", "f (2).txt": "2", "f (3).txt": "1"}
    assert list(box.iterdir()) == []


@pytest.mark.parametrize("command", ["copy", "move", "sync"])
def test_a_limit_that_cannot_be_read_is_refused_by_a_dry_run_too(
    here: Command, remote: str, tmp_path: Path, command: str
) -> None:
    make(tmp_path / "box", a="1")
    result = here(command, "box", f"{remote}:box", "--bwlimit", "fast", "--dry-run")
    assert result.returncode == 2
    assert b"'fast' is not a size" in result.stderr


def test_what_is_there_already_is_counted_as_what_it_is(
    here: Command, remote: str, tmp_path: Path
) -> None:
    here("copy", str(make(tmp_path / "box", same="1", new="2")), f"{remote}:from")
    here("copy", str(make(tmp_path / "other", same="1")), f"{remote}:to")
    told = here("move", f"{remote}:from", f"{remote}:to", "--json")
    counts = json.loads(told.stdout)
    assert (counts["moved"], counts["trashed"]) == (1, 1)
    assert b"1 moved, 1 there already, trashed here, 0 skipped" in told.stderr


@pytest.mark.parametrize("where", ["drive", "disk"])
def test_a_folder_that_is_emptied_does_not_take_its_own_files_places(
    here: Command, remote: str, tmp_path: Path, where: str
) -> None:
    make(tmp_path / "m" / "dir" / "dir", x="INNER")
    make(tmp_path / "m" / "dir", x="OUTER")
    root = f"{remote}:m" if where == "drive" else "m"
    if where == "drive":
        here("copy", "m", root)
    told = here("move", f"{root}/dir", root)
    assert told.returncode == 6
    assert b"the one whose content is moved" in told.stdout
    for path, content in {"x": b"OUTER", "dir/dir/x": b"INNER"}.items():
        if where == "drive":
            assert here("cat", f"{root}/{path}").stdout == content
        else:
            assert (tmp_path / root / path).read_bytes() == content


def test_two_names_of_one_file_are_not_taken_for_two(
    here: Command, tmp_path: Path
) -> None:
    box = make(tmp_path / "box", a="1")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a").hardlink_to(box / "a")
    told = here("move", "box", "other")
    assert told.returncode == 6
    assert b"both are the same file" in told.stdout
    assert (box / "a").exists()
    assert (tmp_path / "other" / "a").exists()


def test_a_new_name_is_one_name(tmp_path: Path, here: Command) -> None:
    (tmp_path / "a").touch()
    refused = here("rename", "a", "b/c")
    assert refused.returncode == 2
    assert b"`acd-tui move` moves to another folder" in refused.stderr
    assert here("rename", "/", "b").returncode == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
@pytest.mark.parametrize("command", ["move", "copy", "sync"])
def test_a_folder_that_is_mounted_twice_is_one(
    here: Command, tmp_path: Path, command: str
) -> None:
    box = make(tmp_path / "box", a="1", b="2")
    second = tmp_path / "second"
    second.mkdir()
    bind = ["mount", "--bind", str(box), str(second)]
    if subprocess.run(bind, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        for source, target in (
            ("second", "box"),
            ("box", "second"),
            ("box", "second/x"),
        ):
            assert here(command, source, target).returncode == 2
    finally:
        subprocess.run(["umount", "--lazy", str(second)], check=True)
    assert {p.name for p in box.iterdir()} == {"a", "b"}


def test_a_second_one_is_put_beside_where_both_are_to_be_kept(
    here: Command, remote: str, tmp_path: Path
) -> None:
    box = make(tmp_path / "box", **{"a.b": "1"})
    (tmp_path / "link").symlink_to(box)
    assert here("copy", "box", f"{remote}:box").returncode == 0
    number = 2
    for source, target in (
        (str(box / "a.b"), str(box)),
        ("box/a.b", "link"),
        ("link/a.b", "link"),
        (f"{remote}:box/a.b", f"{remote}:box"),
        (f"{remote}:box/A.B", f"{remote}:Box"),
    ):
        number = 2 if source == f"{remote}:box/a.b" else number
        line = ("copy", source, target, "--conflict", "rename")
        foretold = here(*line, "--dry-run", "--json")
        (action,) = json.loads(foretold.stdout)["actions"]
        assert action == {
            "action": "rename",
            "path": "a.b",
            "size": 1,
            "reason": f"as a ({number}).b",
        }
        assert here(*line, "--error-on-no-transfer").returncode == 0
        number += 1
    kept = ["a (2).b", "a (3).b", "a (4).b", "a.b"]
    assert sorted(path.name for path in box.iterdir()) == kept
    assert {path.read_text() for path in box.iterdir()} == {"1"}
    assert paths(here, f"{remote}:box") == ["a (2).b", "a (3).b", "a.b"]


def test_a_dry_run_says_what_to_do_about_what_would_not_be_copied(
    here: Command, tmp_path: Path
) -> None:
    make(tmp_path / "new", f="newer")
    make(tmp_path / "old", f="old")
    foretold = here("copy", "new", "old", "--conflict", "fail", "--dry-run")
    assert foretold.returncode == 6
    assert b"hint: each is named above; --conflict says what" in foretold.stderr


def test_a_second_run_that_keeps_both_finds_its_own(
    here: Command, remote: str, tmp_path: Path
) -> None:
    make(tmp_path / "old", f="old")
    make(tmp_path / "new", f="newer")
    assert here("copy", "old", f"{remote}:t").returncode == 0
    line = ("copy", "new", f"{remote}:t", "--conflict", "rename")
    for action, code in (("rename", 0), ("same", 9)):
        foretold = here(*line, "--dry-run", "--json", "-v")
        (found,) = json.loads(foretold.stdout)["actions"]
        assert (found["action"], found["reason"]) == (action, "as f (2)")
        assert here(*line, "--error-on-no-transfer").returncode == code
    assert paths(here, f"{remote}:t") == ["f", "f (2)"]


@pytest.mark.parametrize("command", [("copy",), ("queue", "add")])
def test_what_to_do_is_said_where_a_second_one_would_be_the_same(
    here: Command, tmp_path: Path, command: tuple[str, ...]
) -> None:
    box = make(tmp_path / "box", a="1")
    for policy in ("ask", "skip", "overwrite", "newer", "fail"):
        refused = here(*command, "box/a", "box", "--conflict", policy)
        assert refused.returncode == 2
        assert b"hint: `--conflict rename` puts a second one beside" in refused.stderr
    into = here(*command, "box", "box", "--conflict", "rename")
    assert into.returncode == 2
    assert b"the target is the source itself" in into.stderr
    assert [path.name for path in box.iterdir()] == ["a"]


def test_nothing_is_moved_beside_itself(here: Command, tmp_path: Path) -> None:
    box = make(tmp_path / "box", a="1")
    refused = here("move", "box/a", "box", "--conflict", "rename")
    assert refused.returncode == 2
    assert b"hint: `acd-tui rename` gives it another name" in refused.stderr
    assert [path.name for path in box.iterdir()] == ["a"]
