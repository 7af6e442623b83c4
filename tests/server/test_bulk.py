"""Many nodes at once: children, trash, purge, albums."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from acd_tui.server import admin
from acd_tui.server.check import check
from tests.server.conftest import Drive

pytestmark = pytest.mark.socket

UNKNOWN = "A" * 22
V2 = {"resourceVersion": "V2", "ContentType": "JSON"}


@pytest.fixture
def signed_in(drive: Drive) -> Iterator[httpx.Client]:
    """The same user, by the cookies of a browser."""
    cookies = admin.issue_cookies(drive.server.directory, drive.user)
    headers = {"x-amzn-sessionid": cookies["session-id"]}
    with httpx.Client(base_url=drive.m, cookies=cookies, headers=headers) as client:
        yield client


def bulk_trash(drive: Drive, operation: str, ids: list[str]) -> dict[str, str]:
    body = V2 | {
        "recurse": "true",
        "op": operation,
        "filters": "",
        "conflictResolution": "RENAME",
        "value": ids,
    }
    answer = drive.ok("PATCH", "trash", json=body)
    assert set(answer) == {"errorMap"}
    errors: dict[str, str] = answer["errorMap"]
    return errors


def test_many_children(drive: Drive) -> None:
    a, b = drive.folder("a"), drive.folder("b")
    one, two = drive.file("one", b"1", a), drive.file("two", b"2", a)
    taken = drive.file("TWO", b"3", b)
    path = f"nodes/{b}/children"

    body = {"op": "add", "value": [one, two, UNKNOWN, b]}
    assert drive.ok("PATCH", path, json=body)["errorMap"] == {
        two: "NameAlreadyExists",
        UNKNOWN: "NodeNotFound",
        b: "ForbiddenAccess",
    }
    assert drive.node(one)["parents"] == [a, b]
    assert drive.node(two)["parents"] == [a]
    body = {"op": "remove", "value": [one, two, taken]}
    assert drive.ok("PATCH", path, json=body)["errorMap"] == {two: "NodeNotFound"}
    assert drive.node(one)["parents"] == [a]
    assert drive.node(taken)["parents"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"op": "add"},
        {"op": "toggle", "value": []},
        {"op": ["add"], "value": []},
        {"op": "add", "value": [1]},
    ],
)
def test_bodies_that_make_no_sense(drive: Drive, body: dict[str, object]) -> None:
    drive.refused(400, "PATCH", f"nodes/{drive.root}/children", json=body)
    drive.refused(400, "PATCH", "trash", json=body)


def test_trash_and_restore_many(drive: Drive) -> None:
    d = drive.folder("d")
    inside, file = drive.file("inside", b"1", d), drive.file("file", b"2")

    assert bulk_trash(drive, "add", [d, file, UNKNOWN, drive.root]) == {
        UNKNOWN: "NodeNotFound",
        drive.root: "ForbiddenAccess",
    }
    params = V2 | {
        "sort": "['modifiedDate DESC']",
        "filters": "kind:(FILE* OR FOLDER*) AND status:(TRASH*)",
        "limit": "200",
        "offset": "0",
    }
    listed = drive.ok("GET", "trash", params=params)
    assert {node["id"] for node in listed["data"]} == {d, file}
    assert drive.node(inside)["recursivelyTrashed"] is True
    assert bulk_trash(drive, "remove", [d, file]) == {}
    assert drive.node(inside)["status"] == "AVAILABLE"


def test_a_taken_name_is_changed_on_the_way_back(drive: Drive) -> None:
    old = drive.file("p.tar.gz", b"old")
    drive.ok("PUT", f"trash/{old}")
    drive.file("P.tar.gz", b"new")
    drive.file("p.tar (1).gz", b"newer")

    assert bulk_trash(drive, "remove", [old]) == {}

    assert drive.node(old)["name"] == "p.tar (2).gz"
    # Without being asked to, nothing is renamed.
    older = drive.file("x", b"1")
    drive.ok("PUT", f"trash/{older}")
    drive.file("x", b"2")
    body = {"op": "remove", "value": [older]}
    assert drive.ok("PATCH", "trash", json=body)["errorMap"] == {
        older: "NameAlreadyExists"
    }
    assert drive.node(older)["status"] == "TRASH"


def test_a_failed_one_leaves_the_others_alone(drive: Drive) -> None:
    d = drive.folder("d")
    inside, outside = drive.file("inside", b"1", d), drive.file("outside", b"2")
    drive.ok("PUT", f"trash/{inside}")
    drive.ok("PUT", f"trash/{d}")
    drive.ok("PUT", f"trash/{outside}")

    assert bulk_trash(drive, "remove", [inside, outside]) == {
        inside: "ParentNodeInTrash"
    }
    # The one that failed is as it was: restoring its folder does not bring it back.
    drive.ok("POST", f"trash/{d}/restore")
    assert drive.node(inside)["exclusivelyTrashed"] is True
    assert drive.node(outside)["status"] == "AVAILABLE"


def test_how_many_at_once(drive: Drive, signed_in: httpx.Client) -> None:
    many = [f"{number:022}" for number in range(51)]
    too_long = "Member must have length less than or equal to 50"
    body = {"op": "add", "value": many}
    assert too_long in drive.refused(400, "PATCH", "trash", json=body)["message"]
    refused = signed_in.post("bulk/nodes/purge", json={"nodeIds": many})
    assert refused.status_code == 400
    assert too_long in refused.json()["message"]
    most = signed_in.post("bulk/nodes/purge", json={"nodeIds": many[:50]})
    assert most.json() == {"errorMap": dict.fromkeys(many[:50], "NodeNotFound")}


def test_users_themselves_may_purge(
    drive: Drive, signed_in: httpx.Client, other: Drive
) -> None:
    d = drive.folder("d")
    inside, file = drive.file("inside", b"12345", d), drive.file("f", b"123")
    kept, foreign = drive.file("kept", b"1"), other.file("x", b"1")
    other.ok("PUT", f"trash/{foreign}")
    bulk_trash(drive, "add", [d, file])

    body = V2 | {"recurse": "false", "nodeIds": [d, file, kept, foreign]}
    answer = signed_in.post("bulk/nodes/purge", json=body)

    assert answer.status_code == 200
    assert answer.json() == {
        "errorMap": {kept: "ForbiddenAccess", foreign: "NodeNotFound"}
    }
    for gone in (d, inside, file):
        drive.refused(404, "GET", f"nodes/{gone}")
    assert drive.node(kept)["status"] == "AVAILABLE"
    assert other.node(foreign)["status"] == "TRASH"
    assert drive.ok("GET", "account/usage")["other"]["total"]["bytes"] == 1
    changes = drive.changes(includePurged="true")
    purged = [n for n in changes[0]["nodes"] if n["status"] == "PURGED"]
    assert {node["id"] for node in purged} == {d, inside, file}
    with admin.opened(drive.server.directory) as storage:
        assert not check(storage).problems


def test_applications_may_not_purge(drive: Drive) -> None:
    node = drive.file("x", b"x")
    drive.ok("PUT", f"trash/{node}")
    message = "Insufficient permissions granted for operation: purgeNode"

    for method, path, body in (
        ("DELETE", f"nodes/{node}", None),
        ("POST", "bulk/nodes/purge", {"nodeIds": [node]}),
    ):
        refused = drive.refused(403, method, path, json=body)
        assert refused["message"] == message
    assert drive.node(node)["status"] == "TRASH"


def new_album(drive: Drive, name: str) -> str:
    body = V2 | {"kind": "VISUAL_COLLECTION", "name": name}
    album = drive.ok("POST", "nodes", 201, json=body)
    assert album["kind"] == "VISUAL_COLLECTION"
    assert album["collectionProperties"] == {"covers": []}
    return str(album["id"])


def test_albums(drive: Drive) -> None:
    album = new_album(drive, "Holiday")
    one, two = drive.file("one.jpg", b"1"), drive.file("two.jpg", b"2")
    path = f"nodes/{album}/children"

    body = V2 | {"op": "add", "value": [one, two, UNKNOWN, drive.root]}
    assert drive.ok("PATCH", path, json=body)["errorMap"] == {
        UNKNOWN: "NodeNotFound",
        drive.root: "ForbiddenAccess",
    }
    in_it = drive.ok("GET", path, params=V2)
    assert [node["id"] for node in in_it["data"]] == [one, two]
    drive.ok("PATCH", path, json=V2 | {"op": "remove", "value": [one]})
    assert drive.ok("GET", path, params=V2)["count"] == 1
    assert drive.node(two)["parents"] == [drive.root]
    renamed = drive.ok("PATCH", f"nodes/{album}", json=V2 | {"name": "Trip"})
    assert renamed["name"] == "Trip"
    named = V2 | {"filters": "kind:VISUAL_COLLECTION AND name:Trip"}
    assert drive.ok("GET", "nodes", params=named)["data"][0]["id"] == album
    found = drive.ok("GET", "search", params=V2 | {"filters": "type:(ALBUMS)"})
    assert [node["name"] for node in found["data"]] == ["Trip"]


def test_albums_are_for_v2_alone(drive: Drive) -> None:
    body = {"kind": "VISUAL_COLLECTION", "name": "x"}
    assert drive.refused(400, "POST", "nodes", json=body)["message"] == "Invalid Kind"
    album = new_album(drive, "Holiday")

    for method, path in (
        ("GET", f"nodes/{album}"),
        ("GET", f"nodes/{album}/children"),
        ("PATCH", f"nodes/{album}"),
        ("PUT", f"trash/{album}"),
        ("GET", f"nodes/{album}/properties/x"),
        ("PUT", f"nodes/{drive.root}/children/{album}"),
    ):
        code = drive.refused(404, method, path)["code"]
        assert code == "NODE_NOT_FOUND", (method, path)
    assert drive.names() == ["/"]
    assert drive.names("kind:VISUAL_COLLECTION") == []
    assert [n["id"] for n in drive.changes()[0]["nodes"]] == [drive.root]
    drive.refused(
        400, "POST", "nodes", json={"name": "y", "kind": "FOLDER", "parents": [album]}
    )


def test_an_album_in_the_trash(drive: Drive, signed_in: httpx.Client) -> None:
    album, node = new_album(drive, "Holiday"), drive.file("x.jpg", b"x")
    drive.ok(
        "PATCH", f"nodes/{album}/children", json=V2 | {"op": "add", "value": [node]}
    )

    assert bulk_trash(drive, "add", [album]) == {}
    assert drive.node(node)["status"] == "AVAILABLE"
    assert drive.names("", "trash") == []
    assert bulk_trash(drive, "remove", [album]) == {}
    assert drive.ok("GET", f"nodes/{album}/children", params=V2)["count"] == 1
    # What is in the trash or gone is not shown in it.
    drive.ok("PUT", f"trash/{node}")
    assert drive.ok("GET", f"nodes/{album}/children", params=V2)["count"] == 0
    signed_in.post("bulk/nodes/purge", json={"nodeIds": [node]})
    assert drive.ok("GET", f"nodes/{album}/children", params=V2)["count"] == 0
    bulk_trash(drive, "add", [album])
    signed_in.post("bulk/nodes/purge", json={"nodeIds": [album]})
    drive.refused(404, "GET", f"nodes/{album}", params=V2)
    with admin.opened(drive.server.directory) as storage:
        assert not check(storage).problems
