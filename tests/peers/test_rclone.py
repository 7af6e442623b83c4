"""Stock rclone takes our server for Amazon Drive."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from tests.peers.rclone import Rclone

pytestmark = pytest.mark.peer

ODD_NAMES = [
    "plain.txt",
    "two  spaces and ümläut é 日本語 🎈.txt",
    "quotes ' \" and `.txt",
    "+ - & | ! ( ) { } [ ] ^ ~ * ? : \\ # % @ $ ; , = < >.txt",
    "line\nend, tab\t, cr\r, del\x7f, bell\x07.txt",
    " leading and trailing ",
    ".hidden",
    "-dash",
    "name.with..dots.",
    "[red]markup",
    # No U+201B: rclone cannot read a local file with it, whatever the other side is.
    "ＦＵＬＬ width ／ slash",
]


def make_tree(folder: Path) -> dict[str, bytes]:
    """A tree with all that is hard about names and sizes."""
    content = {name: f"content of {name!r}".encode() for name in ODD_NAMES}
    content["empty"] = b""
    content["dir one/a (1).txt"] = b"in a folder"
    content["dir one/deeper/still — deeper/b.bin"] = bytes(range(256)) * 8
    content["DIR TWO/Upper.TXT"] = b"case is kept"
    content["big.bin"] = os.urandom(5 * 1024 * 1024 + 12345)
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "empty folder").mkdir()
    return content


def read_tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_tree_goes_up_and_comes_down_unchanged(
    rclone: Rclone, tmp_path: Path
) -> None:
    up, down = tmp_path / "up", tmp_path / "down"
    content = make_tree(up)

    rclone("copy", "--create-empty-src-dirs", str(up), "acd:backup")
    rclone("check", "--checksum", str(up), "acd:backup")
    rclone("copy", "--create-empty-src-dirs", "acd:backup", str(down))

    assert read_tree(down) == content
    assert (down / "empty folder").is_dir()
    done = subprocess.run(
        ["diff", "-r", str(up), str(down)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_a_second_copy_sends_nothing(rclone: Rclone, tmp_path: Path) -> None:
    up = tmp_path / "up"
    make_tree(up)
    rclone("copy", str(up), "acd:backup")

    done = rclone.run(
        "copy", "--checksum", "--error-on-no-transfer", str(up), "acd:backup"
    )

    assert done.returncode == 9  # nothing to do


def test_listings(rclone: Rclone, tmp_path: Path) -> None:
    up = tmp_path / "up"
    content = make_tree(up)
    rclone("copy", str(up), "acd:")

    assert rclone("lsd", "acd:").count("\n") == 2
    sizes = dict.fromkeys(len(data) for data in content.values())
    assert {int(line.split()[0]) for line in rclone("lsl", "acd:").splitlines()} == set(
        sizes
    )
    listed = {
        entry["Path"]: entry
        for entry in rclone.json("lsjson", "-R", "--hash", "acd:")
        if not entry["IsDir"]
    }
    assert {entry["Size"] for entry in listed.values()} == set(sizes)
    assert {entry["Hashes"]["md5"] for entry in listed.values()} == {
        hashlib.md5(data).hexdigest() for data in content.values()
    }
    assert listed["dir one/a (1).txt"]["MimeType"] == "text/plain"
    sums = rclone("md5sum", "acd:dir one").splitlines()
    assert f"{hashlib.md5(b'in a folder').hexdigest()}  a (1).txt" in sums
    assert "       11 a (1).txt" in rclone("ls", "acd:dir one").splitlines()


def test_cat_and_ranges(rclone: Rclone, tmp_path: Path) -> None:
    file = tmp_path / "f.txt"
    file.write_bytes(b"0123456789")
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    rclone("copy", str(file), "acd:")
    rclone("copy", str(empty), "acd:")

    assert rclone("cat", "acd:f.txt") == "0123456789"
    assert rclone("cat", "--offset", "3", "--count", "4", "acd:f.txt") == "3456"
    assert rclone("cat", "--tail", "3", "acd:f.txt") == "789"
    assert rclone("cat", "acd:empty") == ""
    assert rclone("cat", "--count", "5", "acd:empty") == ""


def test_big_files_come_by_temporary_link(rclone: Rclone, tmp_path: Path) -> None:
    up, down = tmp_path / "up", tmp_path / "down"
    content = make_tree(up)
    rclone("copy", str(up), "acd:")

    rclone("copy", "--acd-templink-threshold", "1M", "acd:", str(down))

    assert read_tree(down) == content


def test_overwrite_keeps_the_node(rclone: Rclone, tmp_path: Path) -> None:
    file = tmp_path / "f.txt"
    file.write_bytes(b"first")
    rclone("copyto", str(file), "acd:d/f.txt")
    before = rclone.json("lsjson", "acd:d")[0]["ID"]
    file.write_bytes(b"second, longer")

    rclone("copyto", str(file), "acd:d/f.txt")

    assert rclone("cat", "acd:d/f.txt") == "second, longer"
    assert [entry["ID"] for entry in rclone.json("lsjson", "acd:d")] == [before]


def test_move_rename_and_the_detour_through_the_trash(
    rclone: Rclone, tmp_path: Path
) -> None:
    file = tmp_path / "f.txt"
    file.write_bytes(b"moved about")
    rclone("copyto", str(file), "acd:a/f.txt")

    rclone("moveto", "acd:a/f.txt", "acd:a/g.txt")
    assert rclone("lsf", "acd:a") == "g.txt\n"
    rclone("move", "acd:a", "acd:b")
    assert rclone("lsf", "acd:b") == "g.txt\n"
    # A sibling has the new name already: PATCH answers 409 and rclone goes by the trash.
    rclone("copyto", str(file), "acd:b/h.txt")
    rclone("mkdir", "acd:c")
    rclone("moveto", "acd:b/g.txt", "acd:c/h.txt")
    assert rclone("lsf", "acd:b") == "h.txt\n"
    assert rclone("lsf", "acd:c") == "h.txt\n"
    assert rclone("cat", "acd:c/h.txt") == "moved about"


def test_delete_and_purge(rclone: Rclone, tmp_path: Path) -> None:
    up = tmp_path / "up"
    make_tree(up)
    rclone("copy", str(up), "acd:backup")

    rclone("deletefile", "acd:backup/plain.txt")
    assert "plain.txt" not in rclone("lsf", "acd:backup").splitlines()
    rclone("delete", "acd:backup/dir one")
    assert rclone("ls", "acd:backup/dir one") == ""
    rclone("purge", "acd:backup")
    assert rclone("lsf", "acd:") == ""
    rclone("mkdir", "acd:backup/new")
    assert rclone("lsf", "-R", "acd:") == "backup/\nbackup/new/\n"
    rclone("rmdir", "acd:backup/new")
    assert rclone("lsf", "acd:backup") == ""


def test_sync_removes_what_is_gone(rclone: Rclone, tmp_path: Path) -> None:
    up = tmp_path / "up"
    make_tree(up)
    rclone("sync", str(up), "acd:s")
    (up / "plain.txt").unlink()
    (up / "new.txt").write_bytes(b"new")

    rclone("sync", str(up), "acd:s")

    rclone("check", "--checksum", str(up), "acd:s")


def test_an_expired_token_is_refreshed(rclone: Rclone) -> None:
    stale = rclone.issue(expires_in=-60)
    rclone.configure(stale)

    rclone("mkdir", "acd:after the refresh")

    fresh = rclone.token()
    assert fresh["access_token"] != stale["access_token"]
    assert fresh["refresh_token"] == stale["refresh_token"]
    assert rclone("lsf", "acd:") == "after the refresh/\n"


def test_a_revoked_token_ends_with_an_error(rclone: Rclone) -> None:
    token = rclone.issue(expires_in=-60)
    rclone.configure(token | {"refresh_token": "Atzr|unknown"})

    done = rclone.run("lsf", "acd:")

    assert done.returncode != 0
    assert b"invalid_grant" in done.stderr or b"token" in done.stderr
