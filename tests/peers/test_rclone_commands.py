"""What rclone's other commands do with our server, and with names of all kinds."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx
import pytest

from tests.peers.rclone import Rclone

pytestmark = [pytest.mark.peer, pytest.mark.socket]

ENCODING = json.loads(
    (Path(__file__).parents[1] / "drive" / "encoding-vectors.json").read_text("utf-8")
)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def in_trash(browser: httpx.Client) -> list[str]:
    """The names in the trash, of what was put there by itself."""
    page = browser.get("trash").json()
    return sorted(node["name"] for node in page["data"])


def test_rcat_size_tree_and_hashes(rclone: Rclone) -> None:
    rclone("rcat", "acd:d/streamed.txt", given=b"hello\n")
    rclone("rcat", "acd:d/empty")
    rclone("rcat", "acd:d/big.bin", given=bytes(300_000))
    rclone("mkdir", "acd:d/sub")

    assert rclone("cat", "acd:d/streamed.txt") == "hello\n"
    size = rclone.json("size", "--json", "acd:")
    assert (size["count"], size["bytes"]) == (3, 300_006)
    tree = rclone("tree", "--noindent", "acd:").split("\n")
    assert {"d", "big.bin", "empty", "streamed.txt", "sub"} <= set(tree)
    sums = rclone("hashsum", "MD5", "acd:d").splitlines()
    assert "b1946ac92492d2347c6235b4d2611184  streamed.txt" in sums
    assert "d41d8cd98f00b204e9800998ecf8427e  empty" in sums


def test_what_the_backend_can(rclone: Rclone) -> None:
    features = rclone.json("backend", "features", "acd:")

    assert features["Hashes"] == ["md5"]
    able = {name for name, can in features["Features"].items() if can}
    assert able >= {"Purge", "Move", "DirMove", "CaseInsensitive", "ReadMimeType"}
    for command in ("about", "cleanup", "link"):
        done = rclone.run(command, "acd:")
        assert done.returncode != 0
        assert b"panic" not in done.stderr, command


def test_dedupe_and_rmdirs_and_touch(rclone: Rclone) -> None:
    for name in ("a", "b"):
        rclone("rcat", f"acd:d/{name}", given=b"alike")
    for name in ("x/y/z", "x/full", "other"):
        rclone("mkdir", f"acd:{name}")
    rclone("touch", "acd:x/full/new")

    rclone("dedupe", "--dedupe-mode", "newest", "acd:d")
    assert rclone("lsf", "acd:d") == "a\nb\n"  # names are never double here
    rclone("dedupe", "--by-hash", "--dedupe-mode", "first", "acd:d")
    assert rclone("lsf", "acd:d").count("\n") == 1
    rclone("rmdirs", "--leave-root", "acd:x")
    assert rclone("lsf", "-R", "acd:x").splitlines() == ["full/", "full/new"]
    assert rclone.run("rmdir", "acd:x").returncode != 0  # not empty
    rclone("rmdir", "acd:other")
    assert rclone("lsf", "--dirs-only", "acd:") == "d/\nx/\n"


def test_a_copy_within_the_drive(rclone: Rclone, tmp_path: Path) -> None:
    up = write(tmp_path / "up", {"a": b"1", "sub/b": b"22", "sub/empty": b""})
    rclone("copy", str(up), "acd:from")

    rclone("copy", "acd:from", "acd:to/here")

    rclone("check", "--checksum", "acd:from", "acd:to/here")
    rclone("check", "--download", str(up), "acd:to/here")


def test_sync_puts_into_the_trash_what_is_gone(
    rclone: Rclone, tmp_path: Path, browser: httpx.Client
) -> None:
    files = {"stays": b"1", "goes": b"2", "changes": b"3", "sub/goes too": b"4"}
    up = write(tmp_path / "up", files)
    rclone("sync", str(up), "acd:s")
    (up / "goes").unlink()
    (up / "sub" / "goes too").unlink()
    (up / "sub").rmdir()
    write(up, {"changes": b"longer", "new/deep/er": b"5"})

    rclone("sync", "--checksum", "--create-empty-src-dirs", str(up), "acd:s")

    rclone("check", "--checksum", str(up), "acd:s")
    assert in_trash(browser) == ["goes", "goes too", "sub"]
    # What was deleted makes room for its like again.
    write(up, {"goes": b"back"})
    rclone("sync", str(up), "acd:s")
    assert rclone("cat", "acd:s/goes") == "back"


def test_moves(rclone: Rclone, tmp_path: Path, browser: httpx.Client) -> None:
    up = write(tmp_path / "up", {"File.txt": b"1", "sub/b": b"22", "c": b"4444"})
    rclone("move", "--delete-empty-src-dirs", str(up), "acd:m")
    assert list(up.iterdir()) == []
    ids = {entry["Path"]: entry["ID"] for entry in rclone.json("lsjson", "-R", "acd:m")}

    rclone("moveto", "acd:m/File.txt", "acd:m/FILE.TXT")  # in another case only
    rclone("moveto", "acd:m/sub", "acd:n/below/SUB")
    rclone("move", "acd:m/c", "acd:elsewhere/deep")
    assert rclone.run("moveto", "acd:n", "acd:N/below/n").returncode != 0  # into itself

    now = {entry["Path"]: entry["ID"] for entry in rclone.json("lsjson", "-R", "acd:")}
    assert now["m/FILE.TXT"] == ids["File.txt"]
    assert now["elsewhere/deep/c"] == ids["c"]
    assert now["n/below/SUB/b"] == ids["sub/b"]
    assert "m/File.txt" not in now
    # Over another file: that one goes to the trash.
    rclone("moveto", "acd:elsewhere/deep/c", "acd:m/FILE.TXT")
    assert rclone("cat", "acd:m/FILE.TXT") == "4444"
    assert rclone.json("lsjson", "acd:m/FILE.TXT")[0]["ID"] == ids["c"]
    assert in_trash(browser)[0].lower().startswith("file.txt")


def test_a_large_file_and_many_at_once(rclone: Rclone, tmp_path: Path) -> None:
    up, down = tmp_path / "up", tmp_path / "down"
    write(up, {f"{number:02}": os.urandom(2000 + number) for number in range(40)})
    write(up, {"large.bin": os.urandom(1024 * 1024) * 100})
    fast = ("--transfers", "16", "--checkers", "16")

    rclone("copy", *fast, str(up), "acd:x")
    rclone("check", *fast, "--checksum", str(up), "acd:x")
    rclone("copy", *fast, "--acd-templink-threshold", "1M", "acd:x", str(down))

    assert sorted(path.name for path in down.iterdir()) == sorted(
        path.name for path in up.iterdir()
    )
    for path in up.iterdir():
        assert (down / path.name).read_bytes() == path.read_bytes()


def test_a_folder_of_more_than_a_page(rclone: Rclone, browser: httpx.Client) -> None:
    rclone("mkdir", "acd:many")
    parent = rclone.json("lsjson", "acd:")[0]["ID"]
    names = [f"{number:03}" for number in range(205)]
    for name in names:
        body = {"name": name, "kind": "FOLDER", "parents": [parent]}
        assert browser.post("nodes", json=body).status_code == 201

    assert rclone("lsf", "acd:many").split() == [f"{name}/" for name in names]


def test_encrypted_files_and_names(rclone: Rclone, tmp_path: Path) -> None:
    password = rclone("obscure", "secret").strip()
    remote = f":crypt,remote='acd:vault',password='{password}':"
    up = write(tmp_path / "up", {"a ü.txt": b"1", "sub/e": b"", "b": bytes(200_000)})

    rclone("copy", str(up), remote)

    rclone("cryptcheck", str(up), remote)
    assert sorted(rclone("lsf", "-R", "--files-only", remote).splitlines()) == [
        *("a ü.txt", "b", "sub/e")
    ]
    assert "a ü.txt" not in rclone("lsf", "-R", "acd:vault")


def test_hostile_local_names_go_up_and_come_down(
    rclone: Rclone, tmp_path: Path
) -> None:
    # rclone itself cannot read local files with its own quote character U+201B, nor
    # give back bytes that are no UTF-8.
    usable = {
        name
        for name in (vector.get("raw", "") for vector in ENCODING["acd"])
        if name not in {"", ".", ".."} and not set("/\0‛") & set(name)
        if len(name.encode()) < 250
    }
    usable |= {"trailing dot.", "trailing space ", "\x01\x1f\x7f", "~", "aux", "%2f"}
    usable |= {"<script>alert(1)<\\script>", "'; DROP--", "x" * 250, "ä" * 120}
    usable |= {"a\r\nb: c\r\n\r\nd", '";\r\nContent-Type: x', "$(id)", "\x85\u2028"}
    # Names in one folder that differ by case only are one name on the drive.
    usable = set({name.lower(): name for name in usable}.values())
    assert len(usable) > 30
    up, down = tmp_path / "up", tmp_path / "down"
    write(up, {name: name.encode() for name in usable})

    # Else it takes two forms of one letter for one name.
    exactly = ("--no-unicode-normalization", "--transfers", "8")
    rclone("copy", *exactly, str(up), "acd:names")
    rclone("check", *exactly, "--checksum", str(up), "acd:names")
    rclone("copy", *exactly, "acd:names", str(down))

    assert {path.name for path in down.iterdir()} == usable
    for path in down.iterdir():
        assert path.read_bytes() == path.name.encode()


def test_names_as_they_are_on_the_drive(rclone: Rclone, browser: httpx.Client) -> None:
    shown: dict[str, str] = {}
    for vector in ENCODING["acd_standard_conversion"]:
        try:
            name, standard = (
                bytes.fromhex(vector[key]).decode()
                for key in ("name_hex", "to_standard_hex")
            )
        except UnicodeDecodeError:
            continue  # no name on a drive
        if name and standard and not set("/\0") & set(name):
            shown[name] = standard
    names = list({name.lower(): name for name in shown}.values())
    rclone("mkdir", "acd:names")
    parent = rclone.json("lsjson", "acd:")[0]["ID"]
    for name in names:
        body = {"name": name, "kind": "FOLDER", "parents": [parent]}
        answer = browser.post("nodes", json=body)
        assert answer.status_code == 201, answer.text

    listed = [entry["Name"] for entry in rclone.json("lsjson", "acd:names")]

    assert len(names) > 30
    assert sorted(listed) == sorted(shown[name] for name in names)
    for name in listed[::8]:
        rclone("rcat", f"acd:names/{name}/f", given=b"found")
        assert rclone("cat", f"acd:names/{name}/f") == "found"
