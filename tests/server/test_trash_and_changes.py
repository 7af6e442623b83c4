"""The trash and the change feed over the wire."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from typing import Any

import pytest

from acd_tui.server.check import check
from acd_tui.server.tree import Tree
from tests.server.conftest import Clocked, Drive

pytestmark = pytest.mark.socket


def test_a_trashed_folder_hides_its_subtree_and_comes_back_whole(drive: Drive) -> None:
    top = drive.folder("top")
    inner = drive.folder("inner", top)
    file = drive.file("f", b"x", inner)

    trashed = drive.ok("PUT", f"trash/{top}", content=b"")

    assert trashed["status"] == "TRASH"
    assert trashed["exclusivelyTrashed"] is True
    assert drive.names() == ["/"]
    assert drive.names(f"parents:{inner}") == []
    below = drive.node(file)
    assert (below["status"], below["recursivelyTrashed"]) == ("TRASH", True)
    assert drive.names(path="trash") == ["top"]
    assert drive.names("status:TRASH AND kind:FILE") == ["f"]
    assert drive.names("kind:(FILE* OR FOLDER*) AND status:(TRASH*)", "trash") == [
        "top"
    ]
    drive.refused(
        403, "POST", "nodes", json={"name": "x", "kind": "FOLDER", "parents": [inner]}
    )
    drive.refused(409, "POST", f"trash/{file}/restore")

    restored = drive.ok("POST", f"trash/{top}/restore")

    assert restored["status"] == "AVAILABLE"
    assert "exclusivelyTrashed" not in restored
    assert drive.names(f"parents:{inner}") == ["f"]
    assert drive.node(file)["status"] == "AVAILABLE"
    assert drive.names(path="trash") == []


def test_what_was_trashed_before_its_folder_stays_in_the_trash(drive: Drive) -> None:
    top = drive.folder("top")
    file = drive.file("f", b"x", top)
    drive.ok("PUT", f"trash/{file}")
    drive.ok("PUT", f"trash/{top}")
    assert drive.names(path="trash") == ["f", "top"]

    drive.ok("POST", f"trash/{top}/restore")

    assert drive.node(file)["status"] == "TRASH"
    assert drive.names(f"parents:{top}") == []


def test_the_trash_holds_many_of_one_name_and_blocks_none(drive: Drive) -> None:
    ids = []
    for _ in range(3):
        ids.append(drive.file("same", b"x"))
        drive.ok("PUT", f"trash/{ids[-1]}")
        assert drive.ok("PUT", f"trash/{ids[-1]}")["status"] == "TRASH"  # once more
    assert drive.names(path="trash") == ["same"] * 3
    assert drive.names("name:same") == []
    live = drive.file("SAME", b"y")

    body = drive.refused(409, "POST", f"trash/{ids[0]}/restore")

    assert body["info"] == {"nodeId": live}
    assert drive.node(ids[0])["status"] == "TRASH"
    assert drive.ok("POST", f"trash/{live}/restore")["status"] == "AVAILABLE"


def test_the_detour_of_rclone(drive: Drive) -> None:
    """Trash, rename to a taken name, change folders, restore: §4.11."""
    a, b = drive.folder("a"), drive.folder("b")
    node = drive.file("f", b"x", a)
    drive.file("taken", b"y", a)

    drive.ok("PUT", f"trash/{node}")
    assert drive.ok("PATCH", f"nodes/{node}", json={"name": "taken"})["name"] == "taken"
    drive.ok("PUT", f"nodes/{b}/children/{node}")
    drive.ok("DELETE", f"nodes/{a}/children/{node}")
    restored = drive.ok("POST", f"trash/{node}/restore")

    assert restored["parents"] == [b]
    assert drive.names(f"parents:{b}") == ["taken"]
    body = {"fromParent": b, "childId": node}
    drive.ok("PUT", f"trash/{node}")
    drive.refused(403, "POST", f"nodes/{a}/children", json=body)


def test_a_node_in_two_folders_outlives_one(drive: Drive) -> None:
    a, b = drive.folder("a"), drive.folder("b")
    shared = drive.folder("shared", a)
    file = drive.file("f", b"x", shared)
    drive.ok("PUT", f"nodes/{b}/children/{shared}")

    drive.ok("PUT", f"trash/{a}")
    assert drive.node(file)["status"] == "AVAILABLE"
    assert drive.names(f"parents:{b}") == ["shared"]
    drive.ok("DELETE", f"nodes/{b}/children/{shared}")
    assert drive.node(file)["status"] == "TRASH"
    drive.ok("PUT", f"nodes/{b}/children/{shared}")
    assert drive.node(file)["status"] == "AVAILABLE"


def test_renaming_inside_a_trashed_folder_cannot_break_its_names(drive: Drive) -> None:
    top = drive.folder("top")
    one, two = drive.file("one", b"1", top), drive.file("two", b"2", top)
    drive.ok("PUT", f"trash/{top}")
    drive.ok("PATCH", f"nodes/{two}", json={"name": "ONE"})

    body = drive.refused(409, "POST", f"trash/{top}/restore")

    assert body["info"]["nodeId"] in {one, two}
    drive.ok("PATCH", f"nodes/{two}", json={"name": "three"})
    drive.ok("POST", f"trash/{top}/restore")
    assert drive.names(f"parents:{top}") == ["one", "three"]


async def test_the_trash_empties_itself_after_thirty_days(clocked: Clocked) -> None:
    client, storage = clocked.client, clocked.storage

    async def send(name: str, parent: str | None) -> str:
        metadata = {"name": name, "kind": "FILE"} | (
            {"parents": [parent]} if parent else {}
        )
        files: dict[str, Any] = {
            "metadata": (None, json.dumps(metadata)),
            "content": ("f", b"data", "text/plain"),
        }
        made = await client.post("/cdproxy/nodes?suppress=deduplication", files=files)
        return str(made.json()["id"])

    made = await client.post("/drive/v1/nodes", json={"name": "d", "kind": "FOLDER"})
    folder = made.json()["id"]
    inner, alone, kept = (
        await send("in", folder),
        await send("alone", None),
        await send("kept", None),
    )
    for node in (folder, alone):
        await client.put(f"/drive/v1/trash/{node}")
    before = (await client.post("/drive/v1/changes", content=b"{}")).text
    checkpoint = json.loads(before.splitlines()[0])["checkpoint"]
    clocked.clock.advance(29 * 86400)
    assert await storage.purge_expired() == 0
    await client.put(f"/drive/v1/trash/{kept}")
    clocked.clock.advance(86401)

    assert await storage.purge_expired() == 3

    for node in (folder, inner, alone):
        assert (await client.get(f"/drive/v1/nodes/{node}")).status_code == 404
    assert (await client.get(f"/cdproxy/nodes/{kept}/content")).content == b"data"
    storage.settler.settle_for(60)
    assert len(list(storage.content)) == 1
    body = {"checkpoint": checkpoint, "includePurged": "true"}
    lines = (await client.post("/drive/v1/changes", json=body)).text.splitlines()
    purged = {
        node["id"]: node
        for node in json.loads(lines[0])["nodes"]
        if node["status"] == "PURGED"
    }
    assert set(purged) == {folder, inner, alone}
    assert purged[inner]["name"] == "in"
    assert purged[inner]["parents"] == [folder]
    body = {"checkpoint": checkpoint}
    lines = (await client.post("/drive/v1/changes", json=body)).text.splitlines()
    assert [node["id"] for node in json.loads(lines[0])["nodes"]] == [kept]
    usage = (await client.get("/drive/v1/account/usage")).json()
    assert usage["doc"]["total"] == {"bytes": 4, "count": 1}
    assert check(storage).problems == []


async def test_what_is_trashed_anew_while_the_trash_empties_itself_stays(
    clocked: Clocked,
) -> None:
    client, storage = clocked.client, clocked.storage
    made = await client.post("/drive/v1/nodes", json={"name": "d", "kind": "FOLDER"})
    node = made.json()["id"]
    await client.put(f"/drive/v1/trash/{node}")
    clocked.clock.advance(31 * 86400)
    read = threading.Event()

    def anew(db: sqlite3.Connection) -> None:
        tree = Tree(db, 1, storage.now())
        tree.trash(tree.restore(tree.node(node)))
        read.wait(30)  # what is too old is read before this is committed

    changing = asyncio.create_task(storage.db.write(anew))
    purging = asyncio.create_task(storage.purge_expired())
    while storage.db.waiting[0] < 1:  # the purge wants to write
        await asyncio.sleep(0.01)
    read.set()

    await changing
    assert await purging == 0
    assert (await client.get(f"/drive/v1/nodes/{node}")).json()["status"] == "TRASH"


def test_changes_from_the_start_and_from_a_checkpoint(drive: Drive) -> None:
    folder = drive.folder("d")
    file = drive.file("f", b"x", folder)

    first, end = drive.changes(includePurged="true")
    assert end == {"end": True}
    assert first["reset"] is True
    assert first["statusCode"] == 200
    assert {node["id"] for node in first["nodes"]} == {drive.root, folder, file}
    nothing, end = drive.changes(checkpoint=first["checkpoint"])
    assert nothing == {
        "checkpoint": first["checkpoint"],
        "reset": False,
        "nodes": [],
        "statusCode": 200,
    }
    drive.ok("PATCH", f"nodes/{file}", json={"name": "g"})
    drive.ok("PUT", f"trash/{folder}")
    later, end = drive.changes(checkpoint=first["checkpoint"], includePurged=True)
    assert later["reset"] is False
    assert {node["id"]: (node["name"], node["status"]) for node in later["nodes"]} == {
        folder: ("d", "TRASH"),
        file: ("g", "TRASH"),
    }


def test_changes_in_chunks(drive: Drive) -> None:
    for number in range(7):
        drive.folder(f"f{number}")

    *lines, end = drive.changes(chunkSize=3)

    assert [len(line["nodes"]) for line in lines] == [3, 3, 2]
    assert [line["reset"] for line in lines] == [True, False, False]
    assert end == {"end": True}
    # From the checkpoint of any line it goes on behind that line.
    again, _ = drive.changes(checkpoint=lines[1]["checkpoint"])
    assert again["nodes"] == lines[2]["nodes"]


def test_changes_stop_at_a_number_of_nodes(drive: Drive) -> None:
    for number in range(5):
        drive.folder(f"f{number}")

    line, end = drive.changes(maxNodes=4)

    assert len(line["nodes"]) == 4
    assert end == {"end": False}
    line, end = drive.changes(checkpoint=line["checkpoint"], maxNodes="4")
    assert len(line["nodes"]) == 2
    assert end == {"end": True}


@pytest.mark.parametrize("checkpoint", ["nonsense", "é", "", "A" * 16, "CMaFjdTWKRoA"])
def test_an_unknown_checkpoint_starts_anew(drive: Drive, checkpoint: str) -> None:
    line, _ = drive.changes(checkpoint=checkpoint)

    assert line["reset"] is True
    assert [node["id"] for node in line["nodes"]] == [drive.root]


def test_changes_that_make_no_sense(drive: Drive) -> None:
    for body in (
        {"chunkSize": 0},
        {"maxNodes": "x"},
        {"chunkSize": True},
        {"checkpoint": 5},
    ):
        assert drive.call("POST", "changes", json=body).status_code == 400


def test_others_see_and_touch_nothing(drive: Drive, other: Drive) -> None:
    folder = drive.folder("mine")
    file = drive.file("f", b"secret", folder)
    theirs = other.folder("theirs")

    assert other.names() == ["/", "theirs"]
    assert other.names(f"parents:{folder}") == []
    assert other.names(f'parents:"{folder}" AND name:f') == []
    assert other.names(f"parents:{folder} OR name:f") == []
    assert [len(line.get("nodes", ())) for line in other.changes()] == [2, 0]
    for method, path, body in (
        ("GET", f"nodes/{file}", None),
        ("GET", f"nodes/{folder}/children", None),
        ("PATCH", f"nodes/{file}", {"name": "x"}),
        ("PUT", f"trash/{file}", None),
        ("DELETE", f"nodes/{file}", None),
        ("GET", f"{other.c}nodes/{file}/content", None),
        ("PUT", f"nodes/{theirs}/children/{file}", None),
        ("DELETE", f"nodes/{folder}/children/{file}", None),
        ("POST", f"nodes/{theirs}/children", {"fromParent": folder, "childId": file}),
        ("PUT", f"nodes/{file}/properties/o/k", {"value": "v"}),
    ):
        other.refused(404, method, path, json=body)
    files = {"content": ("f", b"x", "a/b")}
    other.refused(404, "PUT", f"{other.c}nodes/{file}/content", files=files)
    assert other.send("f", b"x", folder).status_code == 400
    other.refused(400, "PUT", f"nodes/{folder}/children/{theirs}")
    assert (
        other.send("own", b"secret", query="").status_code == 201
    )  # no twin of theirs
    assert drive.content(file).content == b"secret"
