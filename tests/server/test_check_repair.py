"""What an outside hand breaks, and what a repair makes of it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from acd_tui.db import DatabaseError
from acd_tui.server import admin
from acd_tui.server.check import Report, check
from acd_tui.server.repair import repair
from acd_tui.server.whereabouts import AlreadyServed
from tests.server.conftest import Drive, new_drive
from tests.server.durable import picture
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket

FILES = {
    "a.txt": b"content of a",
    "b.txt": b"content of both",
    "c.txt": b"content of both",
    "empty": b"",
    "large.bin": os.urandom(700_000),
}


@dataclass
class Broken:
    """A directory to break, which no server uses.

    Attributes:
        directory: of the drives.
        ids: of the nodes, by name.
        user: whose they are.
    """

    directory: Path
    ids: dict[str, str]
    user: str

    def sql(self, *statements: str, **values: object) -> list[Any]:
        """Change the index by hand."""
        rows: list[Any] = []
        with contextlib.closing(
            sqlite3.connect(self.directory / "index.sqlite", isolation_level=None)
        ) as connection:
            for statement in statements:
                rows = connection.execute(statement, self.ids | values).fetchall()
        return rows

    def content(self, name: str) -> Path:
        """The content file of a node."""
        rows = self.sql("SELECT content FROM nodes WHERE id = :id", id=self.ids[name])
        content = str(rows[0][0])
        return self.directory / "content" / content[:2] / content

    def check(self) -> Report:
        with admin.examined(self.directory) as storage:
            return check(storage)

    def mended(self, *, found: bool = True) -> Report:
        """Repair; it says what it did, and then all is well."""
        assert bool(self.check().problems) is found
        report = repair(self.directory)
        assert report.problems == []
        assert report.repaired
        assert self.check().problems == []
        assert repair(self.directory).repaired == []
        return report

    @contextlib.contextmanager
    def served(self) -> Iterator[Drive]:
        with running_server(self.directory.parent) as server:
            drive = Drive(client_of(server, self.user), server, self.user)
            with drive.client:
                yield drive


def client_of(server: ServerProcess, user: str) -> Any:
    import httpx

    return httpx.Client(headers=server.headers(user=user), timeout=30)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    place = tmp_path_factory.mktemp("template")
    with running_server(place) as server:
        drive = new_drive(server)
        with drive.client:
            ids = {"docs": drive.folder("docs")}
            ids["deep"] = drive.folder("deep", ids["docs"])
            ids["deeper"] = drive.folder("deeper", ids["deep"])
            for name, data in FILES.items():
                parent = ids["deeper"] if name == "a.txt" else None
                ids[name] = drive.file(name, data, parent)
            ids["bin"] = drive.folder("bin")
            ids["trashed.txt"] = drive.file("trashed.txt", b"x" * 100, ids["bin"])
            drive.ok("PUT", f"trash/{ids['bin']}")
            ids["root"] = drive.root
        assert server.stop() == 0
    return Broken(place / "drive", ids, drive.user)


@pytest.fixture
def broken(template: Broken, tmp_path: Path) -> Broken:
    shutil.copytree(template.directory, tmp_path / "drive")
    return Broken(tmp_path / "drive", template.ids, template.user)


def lost(broken: Broken) -> dict[str, bytes]:
    folder = broken.directory / "lost-and-found"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_directory_that_is_well_stays_as_it_is(broken: Broken) -> None:
    before = broken.sql("SELECT * FROM nodes ORDER BY num")

    assert broken.check().problems == []
    report = repair(broken.directory)

    assert (report.problems, report.repaired) == ([], [])
    assert broken.sql("SELECT * FROM nodes ORDER BY num") == before
    assert not (broken.directory / "lost-and-found").exists()


def test_a_missing_file_is_purged_and_written_down(broken: Broken) -> None:
    with broken.served() as drive:
        checkpoint = drive.changes()[0]["checkpoint"]
    broken.content("a.txt").unlink()

    report = broken.mended()

    (said,) = [one for one in report.repaired if broken.ids["a.txt"] in one]
    assert "its content is gone" in said
    record = json.loads(lost(broken)[f"{broken.ids['a.txt']}.json"])
    assert record["path"] == "/docs/deep/deeper/a.txt"
    assert record["user"] == broken.user
    assert record["node"]["md5"] == md5(FILES["a.txt"]).hexdigest()
    with broken.served() as drive:
        drive.refused(404, "GET", f"nodes/{broken.ids['a.txt']}")
        feed = drive.changes(checkpoint=checkpoint, includePurged="true")
        nodes = [node for line in feed for node in line.get("nodes", ())]
        assert [(node["id"], node["status"]) for node in nodes] == [
            (broken.ids["a.txt"], "PURGED")
        ]
        # Whoever still has it can send it again.
        drive.file("a.txt", FILES["a.txt"], broken.ids["deeper"])


def test_a_missing_file_comes_back_from_its_twin(broken: Broken) -> None:
    broken.content("b.txt").unlink()

    report = broken.mended()

    assert any("the right bytes were found" in said for said in report.repaired)
    with broken.served() as drive:
        for name in ("b.txt", "c.txt"):
            assert drive.content(broken.ids[name]).content == FILES[name]


def test_an_empty_file_needs_no_twin(broken: Broken) -> None:
    broken.content("empty").unlink()

    broken.mended()

    with broken.served() as drive:
        assert drive.content(broken.ids["empty"]).content == b""


@pytest.mark.parametrize(
    "bytes_there", [b"other, and longer", b"short", b"Content of a"]
)
def test_changed_content_stays_under_a_name_that_says_so(
    broken: Broken, bytes_there: bytes
) -> None:
    with broken.served() as drive:
        checkpoint = drive.changes()[0]["checkpoint"]
    broken.content("a.txt").write_bytes(bytes_there)

    report = broken.mended()

    assert any("a (damaged).txt" in said for said in report.repaired)
    record = json.loads(lost(broken)[f"{broken.ids['a.txt']}.json"])
    assert record["node"]["md5"] == md5(FILES["a.txt"]).hexdigest()
    with broken.served() as drive:
        node = drive.node(broken.ids["a.txt"])
        assert node["name"] == "a (damaged).txt"
        assert node["contentProperties"]["md5"] == md5(bytes_there).hexdigest()
        assert node["contentProperties"]["size"] == len(bytes_there)
        assert node["contentProperties"]["version"] == 2
        assert drive.content(node["id"]).content == bytes_there
        feed = drive.changes(checkpoint=checkpoint)
        assert [n["name"] for line in feed for n in line.get("nodes", ())] == [
            "a (damaged).txt"
        ]
        drive.file("a.txt", FILES["a.txt"], broken.ids["deeper"])


def test_changed_content_with_a_twin_is_set_right(broken: Broken) -> None:
    broken.content("b.txt").write_bytes(b"something else")

    broken.mended()

    assert b"something else" in lost(broken).values()
    with broken.served() as drive:
        assert drive.node(broken.ids["b.txt"])["name"] == "b.txt"
        assert drive.content(broken.ids["b.txt"]).content == FILES["b.txt"]


def test_a_file_cut_to_nothing_is_as_good_as_missing(broken: Broken) -> None:
    broken.content("large.bin").write_bytes(b"")

    broken.mended()

    with broken.served() as drive:
        drive.refused(404, "GET", f"nodes/{broken.ids['large.bin']}")


def test_what_belongs_to_no_node_is_kept(broken: Broken) -> None:
    content = broken.directory / "content"
    (content / "ab" / "ab0123").write_bytes(b"orphan")
    (content / "cd" / "folder").mkdir()
    (content / "cd" / "folder" / "inside").write_bytes(b"inside")
    (content / "notes.txt").write_bytes(b"stranger")

    broken.mended()

    kept = broken.directory / "lost-and-found"
    assert (kept / "ab0123").read_bytes() == b"orphan"
    assert (kept / "folder" / "inside").read_bytes() == b"inside"
    assert (kept / "notes.txt").read_bytes() == b"stranger"


def test_content_that_was_moved_is_put_back(broken: Broken) -> None:
    paths = [broken.content(name) for name in ("a.txt", "large.bin", "b.txt")]
    content = broken.directory / "content"
    shutil.move(paths[0], content / "zz-not-there")
    (content / "zz-not-there").rename(content / paths[0].name)
    other = "00" if not paths[1].name.startswith("00") else "01"
    paths[1].rename(content / other / paths[1].name)
    paths[2].rename(content / "tmp" / paths[2].name)

    broken.mended()

    with broken.served() as drive:
        for name, data in FILES.items():
            assert drive.content(broken.ids[name]).content == data


def test_lost_bytes_are_found_under_another_name(broken: Broken) -> None:
    path = broken.content("large.bin")
    path.rename(path.with_name(path.name[:2] + "renamed"))

    broken.mended()

    with broken.served() as drive:
        found = drive.content(broken.ids["large.bin"])
        assert found.content == FILES["large.bin"]


def test_missing_folders_and_wrong_modes(broken: Broken) -> None:
    content = broken.directory / "content"
    used = {path.parent.name for path in content.glob("??/*")}
    gone = next(f"{n:02x}" for n in range(256) if f"{n:02x}" not in used)
    (content / gone).rmdir()
    shutil.rmtree(content / "tmp")
    broken.directory.chmod(0o755)
    content.chmod(0o755)
    broken.content("a.txt").chmod(0)

    before = broken.check()
    broken.mended()

    assert any("are missing" in note for note in before.notes)
    assert "content can be read by others" in before.problems
    assert (content / gone).stat().st_mode & 0o777 == 0o700
    assert content.stat().st_mode & 0o777 == 0o700
    assert broken.content("a.txt").stat().st_mode & 0o400


def test_a_folder_where_content_should_be(broken: Broken) -> None:
    path = broken.content("a.txt")
    path.unlink()
    path.mkdir()

    broken.mended()

    assert (broken.directory / "lost-and-found" / path.name).is_dir()


BREAKS: dict[str, list[str]] = {
    "live flags": ["UPDATE edges SET live = 0"],
    "trashed ones live": ["UPDATE edges SET live = 1"],
    "names of edges": ["UPDATE edges SET name = name || child"],
    "no edges": ["DELETE FROM edges"],
    "parents unreadable": ["UPDATE nodes SET parents = 'x' WHERE id = :deep"],
    "parents empty": ["UPDATE nodes SET parents = '[]' WHERE id = :deep"],
    "parents unknown": ["""UPDATE nodes SET parents = '["?"]' WHERE id = :deep"""],
    "parents unknown and no edges": [
        """UPDATE nodes SET parents = '["?"]' WHERE id = :deep""",
        "DELETE FROM edges WHERE child = (SELECT num FROM nodes WHERE id = :deep)",
    ],
    "trashed for no reason": ["UPDATE nodes SET status = 'TRASH' WHERE id = :docs"],
    "half in the trash": ["UPDATE nodes SET status = 'AVAILABLE' WHERE id = :bin"],
    "wrongly untrashed": ["UPDATE nodes SET trashed = NULL WHERE id = :bin"],
    "unknown status": ["UPDATE nodes SET status = 'GONE' WHERE id = :deep"],
    "unknown kind": ["UPDATE nodes SET kind = 'DIR' WHERE id = :deep"],
    "used": ["UPDATE users SET used = 7"],
    "sequence": ["UPDATE users SET sequence = 0"],
    "changed": ["UPDATE nodes SET changed = -5 WHERE id = :deep"],
    "name_key": ["UPDATE nodes SET name_key = 'other' WHERE id = :deep"],
    "extension": ["UPDATE nodes SET extension = 'jpg' WHERE name = 'a.txt'"],
    "no name": ["UPDATE nodes SET name = NULL WHERE id = :deep"],
    "named root": ["UPDATE nodes SET name = 'x' WHERE id = :root"],
    "trashed root": ["UPDATE nodes SET status = 'TRASH', trashed = 1 WHERE id = :root"],
    "no root": ["DELETE FROM nodes WHERE id = :root"],
    "wrong root": ["UPDATE users SET root = :deep WHERE root = :root"],
    "no user": ["DELETE FROM users WHERE root = :root"],
    "circle": [
        "UPDATE nodes SET parents = json_array(:deeper) WHERE id = :docs",
        "DELETE FROM edges WHERE child = (SELECT num FROM nodes WHERE id = :docs)",
        "INSERT INTO edges SELECT p.num, c.num, c.name_key, 1 FROM nodes p, nodes c"
        " WHERE p.id = :deeper AND c.id = :docs",
    ],
    "circle beside a way in": [
        "UPDATE nodes SET parents = json_array(:root, :deeper) WHERE id = :docs",
        "INSERT INTO edges SELECT p.num, c.num, c.name_key, 1 FROM nodes p, nodes c"
        " WHERE p.id = :deeper AND c.id = :docs",
    ],
    "in itself": [
        "UPDATE nodes SET parents = json_array(:deep) WHERE id = :deep",
        "DELETE FROM edges WHERE child = (SELECT num FROM nodes WHERE id = :deep)",
        "INSERT INTO edges SELECT num, num, name_key, 1 FROM nodes WHERE id = :deep",
    ],
    "purged folder": ["UPDATE nodes SET status = 'PURGED' WHERE id = :deep"],
    "labels": ["UPDATE nodes SET labels = 'x' WHERE id = :deep"],
    "properties": ["UPDATE nodes SET properties = '[1]' WHERE id = :deep"],
    "rendering": ["UPDATE nodes SET json = '{}' WHERE id = :deep"],
    "twins by name": [
        "DELETE FROM edges WHERE child IN (SELECT num FROM nodes WHERE name = 'b.txt')",
        "UPDATE nodes SET name = 'C.TXT', name_key = 'c.txt' WHERE name = 'b.txt'",
    ],
    "a file in a file": [
        "UPDATE nodes SET parents = json_array((SELECT id FROM nodes"
        " WHERE name = 'c.txt')) WHERE name = 'b.txt'",
        "UPDATE edges SET parent = (SELECT num FROM nodes WHERE name = 'c.txt')"
        " WHERE child = (SELECT num FROM nodes WHERE name = 'b.txt')",
    ],
    "folder with size": ["UPDATE nodes SET size = 5 WHERE id = :deep"],
    "tokens of nobody": [
        "INSERT INTO tokens VALUES (x'00', 'access', 99, 'acd-tui', '', 0, 0, NULL)"
    ],
    "edges to nowhere": ["INSERT INTO edges VALUES (99999, 99998, 'x', 1)"],
    "no size": ["UPDATE nodes SET size = NULL, md5 = NULL WHERE name = 'b.txt'"],
}


@pytest.mark.parametrize("what", BREAKS)
def test_the_index_is_set_right(broken: Broken, what: str) -> None:
    broken.sql(*BREAKS[what])

    report = broken.mended()

    held = broken.sql(
        "SELECT name, content FROM nodes WHERE kind = 'FILE' AND status <> 'PURGED'"
    )
    assert len(held) == len(FILES) + 1, report.repaired
    for _, content in held:
        assert (broken.directory / "content" / content[:2] / content).exists()
    circular = broken.sql(
        "WITH RECURSIVE held (num) AS (SELECT num FROM nodes WHERE name IS NULL UNION"
        " SELECT e.child FROM edges e JOIN held h ON e.parent = h.num)"
        " SELECT id FROM nodes WHERE status <> 'PURGED' AND num NOT IN (SELECT num FROM held)"
        " AND parents <> '[]'"
    )
    assert circular == []


def test_what_is_set_right_is_seen_by_clients(broken: Broken) -> None:
    with broken.served() as drive:
        checkpoint = drive.changes()[0]["checkpoint"]
    broken.sql("UPDATE nodes SET status = 'TRASH' WHERE id = :deep")

    broken.mended()

    with broken.served() as drive:
        feed = drive.changes(checkpoint=checkpoint)
        nodes = [node for line in feed for node in line.get("nodes", ())]
        assert (broken.ids["deep"], "AVAILABLE") in [
            (n["id"], n["status"]) for n in nodes
        ]
        assert drive.names(path=f"nodes/{broken.ids['docs']}/children") == ["deep"]


def test_what_has_lost_its_folder_is_in_recovered(broken: Broken) -> None:
    broken.sql(*BREAKS["parents unknown and no edges"])

    broken.mended()

    with broken.served() as drive:
        (folder,) = drive.find("name:Recovered")
        assert drive.names(path=f"nodes/{folder['id']}/children") == ["deep"]


def test_a_file_without_content_or_place_is_written_down(broken: Broken) -> None:
    broken.sql("UPDATE nodes SET content = NULL WHERE name = 'a.txt'")

    report = broken.mended()

    assert any("purged" in said for said in report.repaired)
    # Its bytes belong to nobody now.
    assert FILES["a.txt"] in lost(broken).values()


def thumbnails(drive: Drive, node: str) -> list[Any]:
    """What the server has made of a picture; it does so soon after the upload."""
    while True:
        found = drive.ok("GET", f"nodes/{node}", params={"asset": "ALL"})
        if found.get("assets"):
            assets: list[Any] = found["assets"]
            return assets
        time.sleep(0.05)


@pytest.mark.parametrize("what", ["missing", "changed"])
def test_a_broken_thumbnail_is_made_anew(tmp_path: Path, what: str) -> None:
    pytest.importorskip("PIL")
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("p.png", picture(random.Random(1)), None)
            made = thumbnails(drive, node)
    broken = Broken(tmp_path / "drive", {"p": node, "a": made[0]["id"]}, drive.user)
    if what == "missing":
        broken.content("a").unlink()
    else:
        broken.content("a").write_bytes(b"no picture")

    report = broken.mended()

    assert any("makes a new one" in said for said in report.repaired)
    with broken.served() as drive:
        again = thumbnails(drive, node)
        assert again[0]["id"] != made[0]["id"]
        assert drive.content(node).content == picture(random.Random(1))


def test_a_missing_picture_takes_its_thumbnail_along(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            node = drive.file("p.png", picture(random.Random(1)), None)
            thumbnails(drive, node)
        server.stop()  # so that the content has no second name any more
    broken = Broken(tmp_path / "drive", {"p": node}, drive.user)
    broken.content("p").unlink()

    broken.mended()

    with broken.served() as drive:
        drive.refused(404, "GET", f"nodes/{node}")


def test_the_command_says_what_it_did(broken: Broken) -> None:
    broken.content("a.txt").write_bytes(b"other")
    command = [sys.executable, "-m", "acd_tui", "server", "check", "--json"]

    def run(*more: str) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(
            [*command, str(broken.directory), *more],
            capture_output=True,
            check=False,
            timeout=60,
        )
        said: dict[str, Any] = json.loads(done.stdout)
        return done.returncode, said

    code, before = run()
    assert (code, before["ok"], before["repaired"]) == (1, False, [])
    code, report = run("--repair")
    assert (code, report["ok"], report["problems"]) == (0, True, [])
    assert any("a (damaged).txt" in said for said in report["repaired"])
    assert run() == (0, before | {"ok": True, "problems": []} | _size_of(report))


def _size_of(report: dict[str, Any]) -> dict[str, Any]:
    return {key: report[key] for key in ("bytes", "notes")}


def test_not_while_a_server_runs(broken: Broken) -> None:
    broken.content("a.txt").unlink()
    with (
        broken.served() as drive,
        pytest.raises(AlreadyServed, match="a server is running"),
    ):
        repair(broken.directory)
    with broken.served() as drive:
        drive.ok("GET", f"nodes/{broken.ids['a.txt']}")


def damaged(path: Path, first: int, count: int) -> None:
    """Write nonsense over some pages of a database."""
    with path.open("r+b") as file:
        file.seek(first * 4096)
        file.write(b"\xa5" * 4096 * count)


def pages_of(broken: Broken, kind: Callable[[str], bool]) -> list[int]:
    rows = broken.sql("SELECT name, pageno FROM dbstat")
    return [number - 1 for name, number in rows if kind(name)]


def test_damaged_search_trees_are_built_anew(broken: Broken) -> None:
    (page, *_) = pages_of(broken, lambda name: name == "nodes_md5")
    damaged(broken.directory / "index.sqlite", page, 1)

    report = broken.mended()

    assert not any("could not be read" in said for said in report.repaired)
    with broken.served() as drive:
        for name, data in FILES.items():
            assert drive.content(broken.ids[name]).content == data


def test_of_a_damaged_table_is_saved_what_can_be(broken: Broken) -> None:
    with broken.served() as drive:
        for number in range(100):
            drive.folder(f"{number:03}", broken.ids["docs"])
        checkpoint = drive.changes()[0]["checkpoint"]
        drive.server.stop()
    pages = pages_of(broken, lambda name: name == "nodes")
    damaged(broken.directory / "index.sqlite", pages[-2], 1)

    report = broken.mended()

    assert any("could not be read" in said for said in report.repaired)
    assert (broken.directory / "lost-and-found" / "index.sqlite").exists()
    with broken.served() as drive:
        left = drive.ok("GET", f"nodes/{broken.ids['docs']}/children")
        assert 50 < left["count"] < 102
        assert drive.changes(checkpoint=checkpoint)[0]["reset"] is True
        found = {node["name"]: node["id"] for node in drive.find("kind:FILE")}
        for name, node_id in found.items():
            assert drive.content(node_id).content == FILES[name]


_KILLED = """import os, pathlib, signal, sys
from acd_tui.server.repair import repair
pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
repair(pathlib.Path(sys.argv[1]))
"""


def test_a_repair_that_is_killed_leaves_what_another_can_go_on_with(
    broken: Broken,
) -> None:
    index = broken.directory / "index.sqlite"
    (page, *_) = pages_of(broken, lambda name: name == "nodes_md5")
    damaged(index, page, 1)
    before = index.read_bytes()
    command = [sys.executable, "-c", _KILLED, str(broken.directory)]

    killed = subprocess.run(command, check=False, capture_output=True)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert index.read_bytes() == before
    broken.mended()
    with broken.served() as drive:
        for name, data in FILES.items():
            assert drive.content(broken.ids[name]).content == data


def test_nothing_can_be_saved_of_an_index_that_is_none(broken: Broken) -> None:
    index = broken.directory / "index.sqlite"
    index.write_bytes(b"no database at all" * 1000)

    with pytest.raises(DatabaseError) as caught:
        repair(broken.directory)

    assert "cannot be read any more" in str(caught.value)
    assert index.read_bytes() == b"no database at all" * 1000
    assert len(list((broken.directory / "content").glob("??/*"))) == len(FILES) + 1


def test_an_index_of_which_nothing_can_be_saved_keeps_its_journal(
    broken: Broken,
) -> None:
    index = broken.directory / "index.sqlite"
    journal = index.with_name("index.sqlite-wal")
    pages = pages_of(broken, lambda name: name in {"users", "settings"})
    with contextlib.closing(sqlite3.connect(index)) as connection:
        connection.execute("CREATE TABLE more (x)")
        kept = journal.read_bytes()
    journal.write_bytes(kept)  # as if it had been killed
    for page in pages:
        damaged(index, page, 1)
    before = index.read_bytes()

    with pytest.raises(DatabaseError) as refused:
        repair(broken.directory)

    assert index.read_bytes() == before
    assert journal.read_bytes() == kept
    # A backup beside this journal would be no better than what is here.
    assert f"move {index.name}, {journal.name}" in str(refused.value.hint)
