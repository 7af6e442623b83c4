"""acd_cli takes our server for Amazon Drive."""

from __future__ import annotations

import hashlib
import html
import json
import re
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.peers.acd_cli import CLIENT_ID, REDIRECT_URI, AcdCli
from tests.peers.rclone import Rclone
from tests.server_process import FaultFile, ServerProcess

# Installing takes its time once.
pytestmark = [pytest.mark.peer, pytest.mark.socket, pytest.mark.timeout(400)]

NAMES = [
    "plain.txt",
    "ümläut é 日本語 🎈.txt",
    "e\u0301 decomposed.txt",
    "quotes ' \" and `.txt",
    "+ - & | ! ( ) { } [ ] ^ ~ * ? : \\ # % @ $ ; , = < >.txt",
    "tab\t, del\x7f, bell\x07.txt",
    "line\nend, cr\r.txt",
    " leading and trailing ",
    ".hidden",
    "-dash",
    "name.with..dots.",
    "n" * 240,  # locally more are added to it while it comes down
]


def make_tree(folder: Path) -> dict[str, bytes]:
    content = {name: f"content of {name!r}".encode() for name in NAMES}
    content["empty"] = b""
    content["dir one/a (1).txt"] = b"in a folder"
    content["dir one/deeper/still — deeper/b.bin"] = bytes(range(256)) * 8
    content["DIR TWO/Upper.TXT"] = b"case is kept"
    content["big.bin"] = bytes(range(251)) * 20_000
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


def a_file(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


# Signing in


def consent(server: ServerProcess, user: str, query: str) -> str:
    """Do what a person does in the browser, and give where it leads to."""
    with httpx.Client(base_url=server.url, trust_env=False) as browser:
        page = browser.get(f"/ap/oa?{query}")
        assert page.status_code == 200, page.text
        hidden = re.findall(
            r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text
        )
        form = {html.unescape(name): html.unescape(value) for name, value in hidden}
        form |= {"email": user, "password": server.password}
        answer = browser.post("/ap/oa", data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_sign_in_from_nothing(stranger: AcdCli) -> None:
    process = subprocess.Popen(
        stranger.command("sync"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=stranger.environment,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process, process.stdin, process.stdout:
        said = process.stdout.readline().decode()
        asked = urlsplit(re.findall(r"https://\S+", said)[0])
        assert (asked.netloc, asked.path) == ("amazon.com", "/ap/oa")
        where = consent(stranger.server, stranger.user, asked.query)
        assert where.startswith(REDIRECT_URI + "?")
        process.stdin.write(where.encode() + b"\n")
        process.stdin.close()
        assert process.wait(60) == 0

    kept = json.loads(stranger.token_file.read_text())
    assert set(kept) >= {"access_token", "refresh_token", "expires_in", "exp_time"}
    assert stranger("mkdir", "/after the sign-in") == ""


def test_an_expired_token_is_refreshed(stranger: AcdCli) -> None:
    stale = stranger.sign_in(expires_in=-60)

    stranger("sync")

    fresh = json.loads(stranger.token_file.read_text())
    assert fresh["access_token"] != stale["access_token"]
    assert fresh["refresh_token"] == stale["refresh_token"]
    assert fresh["expires_in"] == 3600
    assert fresh["exp_time"] > time.time() + 3000  # noqa: TID251 - its own clock
    stranger("mkdir", "/after the refresh")


def test_a_revoked_token_ends_with_an_error(stranger: AcdCli) -> None:
    token = stranger.sign_in(expires_in=-60) | {"refresh_token": "Atzr|unknown"}
    stranger.token_file.write_text(json.dumps(token))

    done = stranger.run("sync")

    assert done.returncode != 0
    assert b"invalid_grant" in done.stderr


# Cache and changes


def test_a_new_drive_is_empty(acd: AcdCli) -> None:
    assert acd("ls") == ""
    assert acd("tree") == "/\n"
    assert acd("list-trash") == ""
    assert acd("sync").startswith("Getting changes")
    assert acd.id("/")


def test_sync_sees_what_others_do(
    acd: AcdCli, rclone: Rclone, tmp_path: Path, browser: httpx.Client
) -> None:
    up = tmp_path / "up"
    for name in ("stays", "goes", "is purged", "is renamed", "is overwritten", "moves"):
        (up / name).parent.mkdir(exist_ok=True)
        (up / name).write_bytes(name.encode())
    rclone("copy", str(up), "acd:d")
    assert acd("ls", "-r") == ""
    acd("sync")
    assert len(acd.lines("ls", "/d")) == 6
    before = {name.name: acd.id(f"/d/{name.name}") for name in up.iterdir()}

    rclone("deletefile", "acd:d/goes")
    rclone("deletefile", "acd:d/is purged")
    rclone("moveto", "acd:d/is renamed", "acd:d/new name")
    rclone("moveto", "acd:d/moves", "acd:elsewhere/moves")
    rclone("rcat", "acd:d/is overwritten", given=b"anew")
    purged = browser.post("bulk/nodes/purge", json={"nodeIds": [before["is purged"]]})
    assert purged.status_code == 200, purged.text
    acd("sync")

    tree = [line.strip() for line in acd.lines("tree")]
    assert tree[0] == "/"
    assert sorted(tree[1:]) == [
        *("d/", "elsewhere/", "is overwritten", "moves", "new name", "stays")
    ]
    assert acd.id("/d/new name") == before["is renamed"]
    assert acd.id("/elsewhere/moves") == before["moves"]
    assert before["is overwritten"] in acd("find-md5", md5(b"anew"))
    everything = acd("ls", "-r", "-t")
    assert before["goes"] in everything
    assert before["is purged"] not in everything
    assert acd.run("find", "purged").stdout == b""


@pytest.mark.long  # each command takes half a second to start
def test_full_sync_gives_the_same_cache(acd: AcdCli, tmp_path: Path) -> None:
    up = tmp_path / "up"
    make_tree(up)
    acd("upload", "-q", str(up), "/")
    acd("trash", "/up/plain.txt")
    everything = ("ls", "-r", "-l", "-b", "-t")
    seen = acd(*everything)
    assert "plain.txt" in seen

    for way in (["sync"], ["sync", "--full"], ["old-sync"]):
        acd(*way)
        assert acd(*everything) == seen, way

    acd("clear-cache")
    assert "Please sync" in acd.fails("ls")
    acd("sync")
    assert acd(*everything) == seen


@pytest.mark.long  # each command takes half a second to start
def test_changes_by_way_of_a_file(acd: AcdCli, tmp_path: Path) -> None:
    acd("mkdir", "/by file")
    file = tmp_path / "changes"
    acd("clear-cache")

    acd("sync", "--to-file", str(file))
    acd("sync", "--from-file", str(file))

    assert "by file/" in acd("tree")
    lines = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert lines[-1] == {"end": True}
    assert lines[0]["reset"] is True
    assert {line["statusCode"] for line in lines[:-1]} == {200}


@pytest.mark.long  # each command takes half a second to start
def test_more_nodes_than_a_page_holds(acd: AcdCli, tmp_path: Path) -> None:
    up = tmp_path / "many"
    up.mkdir()
    for number in range(230):
        (up / f"{number:03}").write_bytes(b"%d" % number)

    acd("upload", "-q", "-x", "8", str(up), "/")
    acd("old-sync")  # by pages of lists

    assert [line.split()[-1] for line in acd.lines("ls", "/many")] == [
        f"{number:03}" for number in range(230)
    ]
    down = tmp_path / "down"
    down.mkdir()
    acd("download", "-q", "-x", "8", "/many", str(down))
    assert read_tree(down / "many") == read_tree(up)


# Files


def test_a_tree_goes_up_and_comes_down_unchanged(acd: AcdCli, tmp_path: Path) -> None:
    up, down = tmp_path / "up", tmp_path / "down"
    content = make_tree(up)
    down.mkdir()

    acd("upload", "-q", "-x", "4", str(up), "/")
    acd("sync", "--full")
    acd("download", "-q", "-x", "4", "/up", str(down))

    assert read_tree(down / "up") == content
    assert (down / "up" / "empty folder").is_dir()


@pytest.mark.long  # each command takes half a second to start
def test_what_is_there_is_skipped_or_overwritten(acd: AcdCli, tmp_path: Path) -> None:
    file = a_file(tmp_path, "f.txt", b"first")
    acd("upload", "-q", file, "/")
    node = acd.id("/f.txt")
    a_file(tmp_path, "f.txt", b"second, longer")

    acd("upload", "-q", file, "/")
    assert acd("cat", "/f.txt") == "first"
    acd("upload", "-q", "--overwrite", file, "/")
    assert acd("cat", "/f.txt") == "second, longer"
    a_file(tmp_path, "f.txt", b"by force")
    acd("upload", "-q", "--force", file, "/")
    assert acd("cat", "/f.txt") == "by force"
    acd("overwrite", "-q", "/f.txt", a_file(tmp_path, "other", b"by order"))
    assert acd("cat", "/f.txt") == "by order"
    acd("overwrite", "-q", "/f.txt", a_file(tmp_path, "other", b""))
    assert acd("cat", "/f.txt") == ""

    known = acd.metadata("/f.txt")
    assert known["id"] == node
    assert known["contentProperties"]["version"] == 5
    assert known["contentProperties"]["md5"] == md5(b"")


def test_deduplication(acd: AcdCli, rclone: Rclone, tmp_path: Path) -> None:
    one = a_file(tmp_path, "one", b"the same bytes")
    two = a_file(tmp_path, "two", b"the same bytes")
    rclone("copy", one, "acd:")

    # The cache knows nothing yet: it is the server who refuses.
    assert "ash collision" in acd.fails("upload", "-q", "-d", two, "/")
    acd("sync")
    acd.fails("upload", "-q", "-d", two, "/")
    assert rclone("lsf", "acd:") == "one\n"
    acd("upload", "-q", two, "/")
    assert rclone("lsf", "acd:") == "one\ntwo\n"

    rclone("rcat", "acd:empty")
    acd("upload", "-q", "-d", a_file(tmp_path, "empty too", b""), "/")
    assert rclone("lsf", "acd:") == "empty\nempty too\none\ntwo\n"


@pytest.mark.long  # each command takes half a second to start
def test_a_name_that_the_cache_does_not_know_yet(
    acd: AcdCli, rclone: Rclone, tmp_path: Path
) -> None:
    file = a_file(tmp_path, "Clash", b"ours")
    rclone("rcat", "acd:clash", given=b"theirs")
    rclone("mkdir", "acd:Folder")

    assert "collision" in acd.fails("upload", "-q", file, "/")
    assert "NAME_ALREADY_EXISTS" in acd.fails("mkdir", "/folder")

    assert rclone("cat", "acd:clash") == "theirs"
    acd("sync")
    assert "collides" in acd.fails("upload", "-q", "-f", file, "/")
    assert "collides" in acd.fails("mkdir", "/folder")


@pytest.mark.long  # each command takes half a second to start
def test_streams(acd: AcdCli) -> None:
    acd("mkdir", "/s")
    data = bytes(range(256)) * 5000

    acd("stream", "-q", "new.bin", "/s", given=data)
    assert acd.raw("cat", "/s/new.bin") == data
    acd("stream", "-q", "new.bin", "/s", given=b"skipped")
    assert acd.raw("cat", "/s/new.bin") == data
    acd("stream", "-q", "-o", "new.bin", "/s", given=b"overwritten")
    assert acd.raw("cat", "/s/new.bin") == b"overwritten"
    acd("stream", "-q", "-o", "new.bin", "/s", given=b"")
    assert acd.raw("cat", "/s/new.bin") == b""
    acd("stream", "-q", "empty", "/s")
    assert acd.raw("cat", "/s/empty") == b""

    sizes = {
        name: acd.metadata(f"/s/{name}")["contentProperties"]["size"]
        for name in ("new.bin", "empty")
    }
    assert sizes == {"new.bin": 0, "empty": 0}


def test_a_stream_of_known_content_is_refused_if_asked(acd: AcdCli) -> None:
    acd("stream", "-q", "one", "/", given=b"the same bytes")

    assert "MD5_DUPLICATE" in acd.fails(
        "stream", "-q", "-d", "two", "/", given=b"the same bytes"
    )

    acd("sync")
    assert [line.split()[-1] for line in acd.lines("ls")] == ["one"]


def test_downloads_by_ranges_and_their_going_on(acd: AcdCli, tmp_path: Path) -> None:
    acd.set("acd_client.ini", "transfer", dl_chunk_size=1000, fs_chunk_size=100)
    data = bytes(range(251)) * 30
    acd("upload", "-q", a_file(tmp_path, "f.bin", data), "/")
    down = tmp_path / "down"
    down.mkdir()
    (down / "f.bin.__incomplete").write_bytes(data[:4321])

    assert acd.raw("cat", "/f.bin") == data
    acd("download", "-q", "/f.bin", str(down))

    assert read_tree(down) == {"f.bin": data}


def test_downloads_skip_what_is_there(acd: AcdCli, tmp_path: Path) -> None:
    acd("upload", "-q", a_file(tmp_path, "f.txt", b"12345"), "/")
    down = tmp_path / "down"
    down.mkdir()
    a_file(down, "f.txt", b"local")

    acd("download", "-q", "/f.txt", str(down))

    assert read_tree(down) == {"f.txt": b"local"}


def test_sources_are_removed_on_request(acd: AcdCli, tmp_path: Path) -> None:
    file = Path(a_file(tmp_path, "f.txt", b"12345"))
    acd("upload", "-q", "-rsf", str(file), "/")
    assert not file.exists()

    acd("download", "-q", "-rsf", "-t", "/f.txt", str(tmp_path))

    assert file.read_bytes() == b"12345"
    assert acd("ls") == ""
    assert "f.txt" in acd("list-trash")


# Folders, names, places


def test_folders(acd: AcdCli) -> None:
    acd("mkdir", "/one")
    acd("mkdir", "/one/two/")
    assert "does not exist" in acd.fails("mkdir", "/a/b/c")
    acd("mkdir", "-p", "/ä/[b]/c d")
    acd("mkdir", "/one")  # it is there: a warning

    acd("sync", "--full")

    tree = [line.strip() for line in acd.lines("tree")]
    assert tree == ["/", "one/", "two/", "ä/", "[b]/", "c d/"]


def test_move_and_rename(acd: AcdCli, tmp_path: Path) -> None:
    acd("mkdir", "-p", "/a/inner")
    acd("mkdir", "/b")
    for name in ("f", "g"):
        acd("upload", "-q", a_file(tmp_path, name, name.encode()), "/a")
    moved, folder = acd.id("/a/f"), acd.id("/a/inner")

    acd("move", "/a/f", "/b")
    acd("rename", "/b/f", "ren amed 🎈")
    acd("rename", "/a/g", "G")  # its own name, in another case
    acd("move", "/a/inner", "/b")
    acd("sync", "--full")

    assert acd.id("/b/ren amed 🎈") == moved
    assert acd.id("/b/inner") == folder
    assert acd("cat", "/a/G") == "g"
    assert acd("cat", "/b/ren amed 🎈") == "f"


@pytest.mark.long  # each command takes half a second to start
def test_moves_and_renames_that_cannot_be(acd: AcdCli, tmp_path: Path) -> None:
    acd("mkdir", "-p", "/a/inner")
    acd("mkdir", "/b")
    for folder in ("/a", "/b"):
        acd("upload", "-q", a_file(tmp_path, "f", folder.encode()), folder)
    before = acd("ls", "-r", "-l", "/")

    assert "409" in acd.fails("move", "/a/f", "/b")
    assert "409" in acd.fails("rename", "/a/f", "INNER")
    assert "403" in acd.fails("move", "/a", "/a/inner")
    assert "40" in acd.fails("rename", "/a/f", "x" * 300)
    assert "40" in acd.fails("rename", "/a/f", "with / slash")

    acd("sync", "--full")
    assert acd("ls", "-r", "-l", "/") == before


def test_several_parents(acd: AcdCli, tmp_path: Path) -> None:
    acd("mkdir", "/a")
    acd("mkdir", "/b")
    acd("upload", "-q", a_file(tmp_path, "f", b"12345"), "/a")
    node, a, b = (acd.id(path) for path in ("/a/f", "/a", "/b"))

    acd("add-child", "--", b, node)
    acd("sync", "--full")
    assert acd.id("/a/f") == acd.id("/b/f") == node
    assert sorted(acd.metadata("/b/f")["parents"]) == sorted([a, b])
    assert "multiple parents" in acd.fails("move", "/a/f", "/")
    acd("remove-child", "--", a, node)
    acd("sync", "--full")

    assert acd("ls", "/a") == ""
    assert acd("cat", "/b/f") == "12345"
    acd("upload", "-q", a_file(tmp_path, "f", b"another"), "/a")
    assert "409" in acd.fails("add-child", "--", b, acd.id("/a/f"))


# The trash


def test_trash_and_restore(acd: AcdCli, tmp_path: Path) -> None:
    up = tmp_path / "up"
    make_tree(up)
    acd("upload", "-q", str(up / "plain.txt"), str(up / "dir one"), "/")
    file, folder = acd.id("/plain.txt"), acd.id("/dir one")
    deep = acd.id("/dir one/deeper/still — deeper/b.bin")

    acd("trash", "/plain.txt")
    acd("rm", "/dir one")
    acd("sync")
    listed = acd("list-trash", "-r")
    assert file in listed
    assert folder in listed
    assert acd("ls") == ""
    assert acd.metadata(deep)["status"] == "TRASH"

    acd("restore", "--", folder)
    acd("restore", "--", file)
    acd("sync", "--full")
    assert acd("list-trash", "-r") == ""
    assert acd.id("/dir one/deeper/still — deeper/b.bin") == deep
    assert acd("cat", "/dir one/a (1).txt") == "in a folder"


@pytest.mark.long  # each command takes half a second to start
def test_names_are_free_again_in_the_trash(acd: AcdCli, tmp_path: Path) -> None:
    ids = []
    for text in (b"first", b"second", b"third"):
        acd("upload", "-q", a_file(tmp_path, "f", text), "/")
        ids.append(acd.id("/f"))
        acd("rm", "/f")
    acd("upload", "-q", a_file(tmp_path, "f", b"last"), "/")

    assert "409" in acd.fails("restore", "--", ids[0])
    acd("rename", "/f", "g")
    acd("restore", "--", ids[1])

    acd("sync", "--full")
    assert acd("cat", "/f") == "second"
    assert acd("cat", "/g") == "last"
    assert all(node in acd("list-trash") for node in (ids[0], ids[2]))


# What it tells


def test_finding(acd: AcdCli, tmp_path: Path) -> None:
    acd("upload", "-q", a_file(tmp_path, "Größe 1.TXT", b"found"), "/")
    acd("sync", "--full")
    node = acd.id("/Größe 1.TXT")

    assert node in acd("find", "1.txt")
    assert node in acd("find-md5", md5(b"found").upper())
    assert node in acd("find-regex", r".*\.txt$")
    assert acd.run("find", "nowhere").returncode != 0
    assert acd.run("resolve", "/nowhere").returncode != 0


def test_listings(acd: AcdCli, tmp_path: Path) -> None:
    acd("mkdir", "/d")
    acd("upload", "-q", a_file(tmp_path, "f.txt", b"x" * 1500), "/d")

    assert "d/" in acd("children")
    line = acd("ls", "-l", "-b", "/d").split()
    assert line[0] == f"[{acd.id('/d/f.txt')}]"
    assert "1500" in line
    assert time.strftime("%b", time.gmtime()) in line
    assert acd("tree", "/d").split() == ["d/", "f.txt"]
    assert "f.txt" in acd("dir", "-r", "/")


def test_metadata(acd: AcdCli, tmp_path: Path) -> None:
    acd("upload", "-q", a_file(tmp_path, "f.txt", b"12345"), "/")

    file, root = acd.metadata("/f.txt"), acd.metadata("/")

    assert file["createdBy"] == CLIENT_ID
    assert file["parents"] == [root["id"]]
    properties = file["contentProperties"]
    assert properties["contentType"] == "text/plain"
    assert (properties["extension"], properties["version"]) == ("txt", 1)
    assert (properties["md5"], properties["size"]) == (md5(b"12345"), 5)
    link = urlsplit(file["tempLink"])
    assert link.netloc == "drive.amazonaws.com"
    with httpx.Client(base_url=acd.server.url, trust_env=False) as anyone:
        assert anyone.get(f"{link.path}?{link.query}").content == b"12345"
    assert root["isRoot"] is True
    assert "name" not in root
    assert json.loads(acd("metadata", "-a", "/f.txt"))["id"] == file["id"]


def test_usage_and_quota(acd: AcdCli, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.mp4", "c.docx", "d.bin", "e.bin"):
        acd("upload", "-q", a_file(tmp_path, name, name.encode() * 100), "/")

    lines = [line.split() for line in acd.lines("usage")]
    quota = json.loads(acd("quota"))

    assert [(line[0], line[1]) for line in lines] == [
        ("Documents:", "1,"),
        ("Other:", "2,"),
        ("Photos:", "1,"),
        ("Videos:", "1,"),
        ("Total:", "5,"),
    ]
    assert lines[-1][2] == "2.5"  # KiB
    assert quota["quota"] >= quota["available"] > 0


@pytest.mark.parametrize("server_arguments", [["--quota", "1M"]])
def test_a_full_drive(acd: AcdCli, tmp_path: Path) -> None:
    acd("upload", "-q", a_file(tmp_path, "small", b"s" * 600_000), "/")

    said = acd.fails("upload", "-q", a_file(tmp_path, "large", b"l" * 600_000), "/")

    assert "403" in said
    assert json.loads(acd("quota"))["available"] == 1024**2 - 600_000
    acd("sync", "--full")
    assert [line.split()[-1] for line in acd.lines("ls")] == ["small"]


# When things go wrong


def test_failed_uploads_are_tried_again(
    faults: FaultFile, acd: AcdCli, tmp_path: Path
) -> None:
    up = tmp_path / "up"
    content = make_tree(up)
    once = {"operation": "upload", "each": "name", "first": 1}
    faults.set(once | {"do": "answer", "error": "internal-failure", "when": "received"})

    acd.run("upload", "-q", "-r", "3", str(up), "/")

    faults.clear()
    acd("sync", "--full")
    down = tmp_path / "down"
    down.mkdir()
    acd("download", "-q", "/up", str(down))
    assert read_tree(down / "up") == content


@pytest.mark.long  # each command takes half a second to start
def test_changes_that_break_off_are_not_believed(
    faults: FaultFile, acd: AcdCli
) -> None:
    for name in ("a", "b", "c"):
        acd("mkdir", f"/{name}")
    faults.set({"operation": "changes", "do": "truncate", "bytes": 700, "times": 1})
    acd.run("sync", "--full")

    acd("sync", "--full")

    assert [line.strip() for line in acd.lines("tree")] == ["/", "a/", "b/", "c/"]


def test_a_killed_upload_leaves_nothing(acd: AcdCli, browser: httpx.Client) -> None:
    process = subprocess.Popen(
        acd.command("stream", "-q", "half", "/"),
        stdin=subprocess.PIPE,
        env=acd.environment,
    )
    assert process.stdin is not None
    with process, process.stdin:
        process.stdin.write(b"x" * 3_000_000)
        process.stdin.flush()
        process.kill()

    assert browser.get("nodes", params={"filters": "kind:FILE"}).json()["data"] == []
    acd("stream", "-q", "half", "/", given=b"whole")
    assert acd("cat", "/half") == "whole"
