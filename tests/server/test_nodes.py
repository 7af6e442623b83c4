"""Nodes over the wire: lists, folders, renames, moves, several parents."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.server.conftest import Clocked, Drive

pytestmark = pytest.mark.socket

UNKNOWN = "A" * 22


def test_the_root_has_no_name_and_no_parents(drive: Drive) -> None:
    (root,) = drive.find("kind:FOLDER AND isRoot:true")

    assert "name" not in root
    assert root["parents"] == []
    assert root["isRoot"] is True
    assert root["modifiedDate"].endswith("Z")
    assert drive.find() == [root]


def test_a_folder_is_made_and_listed(drive: Drive) -> None:
    made = drive.ok("POST", "nodes", 201, json={"name": "dir one", "kind": "FOLDER"})

    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", made["id"])
    assert made["parents"] == [drive.root]
    assert made["version"] == 1
    assert "contentProperties" not in made
    assert drive.node(made["id"]) == made
    assert drive.find(f"parents:{drive.root}") == [made]
    assert drive.find(path=f"nodes/{drive.root}/children") == [made]


def test_json_needs_no_content_type(drive: Drive) -> None:
    body = b'{"name":"plain","kind":"FOLDER"}\n'

    assert drive.call("POST", "nodes", content=body).status_code == 201


@pytest.mark.parametrize("name", ["DIR ONE", "dir one"])
def test_names_clash_without_regard_to_case(drive: Drive, name: str) -> None:
    taken = drive.folder("Dir One")

    body = drive.refused(409, "POST", "nodes", json={"name": name, "kind": "FOLDER"})

    assert body["code"] == "NAME_ALREADY_EXISTS"
    assert body["info"] == {"nodeId": taken}
    assert body["message"] == (
        f"Node with the name dir one already exists under parentId {drive.root}"
        f" conflicting NodeId: {taken}"
    )


def test_files_and_folders_share_their_names(drive: Drive) -> None:
    folder = drive.folder("x")

    response = drive.send("X", b"data")

    assert response.status_code == 409
    assert response.json()["info"] == {"nodeId": folder}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "FOLDER"}, 400),
        ({"name": "x"}, 400),
        ({"name": "x", "kind": "FILE"}, 400),
        ({"name": "", "kind": "FOLDER"}, 400),
        ({"name": 5, "kind": "FOLDER"}, 400),
        ({"name": "x" * 281, "kind": "FOLDER"}, 400),
        ({"name": "a/b", "kind": "FOLDER"}, 403),
        ({"name": "a\0b", "kind": "FOLDER"}, 403),
        ({"name": "x", "kind": "FOLDER", "parents": [UNKNOWN]}, 400),
        ({"name": "x", "kind": "FOLDER", "parents": [5]}, 400),
        ({"name": "x", "kind": "FOLDER", "parents": "a"}, 400),
        ({"name": "x", "kind": "FOLDER", "labels": ["l"] * 11}, 400),
        ({"name": "x", "kind": "FOLDER", "labels": ["l" * 257]}, 400),
        ({"name": "x", "kind": "FOLDER", "description": "d" * 501}, 400),
        ({"name": "x", "kind": "FOLDER", "properties": {"o": {"bad key": "v"}}}, 400),
    ],
)
def test_a_folder_that_cannot_be(drive: Drive, body: object, status: int) -> None:
    drive.refused(status, "POST", "nodes", json=body)

    assert drive.names() == ["/"]


def test_the_words_for_a_long_name(drive: Drive) -> None:
    assert drive.folder("é" * 280)

    name = "é" * 281
    body = drive.refused(400, "POST", "nodes", json={"name": name, "kind": "FOLDER"})

    assert body["message"] == (
        f"1 validation error detected: Value '{name}' at 'name' failed to satisfy"
        " constraint: Member must have length less than or equal to 280"
    )


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b'{"name":"\\ud800"}'],
)
def test_what_is_no_json_object(drive: Drive, body: bytes) -> None:
    assert drive.call("POST", "nodes", content=body).status_code == 400


def test_a_body_without_end_is_refused(drive: Drive) -> None:
    body = b'{"name":"' + b"x" * 2_000_000 + b'"}'

    assert drive.call("POST", "nodes", content=body).status_code == 413


@pytest.mark.parametrize("node", [UNKNOWN, "x", "%00", "-", "é", "a" * 5000])
def test_unknown_ids(drive: Drive, node: str) -> None:
    for method, path in (
        ("GET", f"nodes/{node}"),
        ("PATCH", f"nodes/{node}"),
        ("DELETE", f"nodes/{node}"),
        ("GET", f"nodes/{node}/children"),
        ("PUT", f"trash/{node}"),
        ("POST", f"trash/{node}/restore"),
        ("GET", f"{drive.c}nodes/{node}/content"),
        ("GET", f"nodes/{node}/properties/o"),
    ):
        assert drive.refused(404, method, path)["code"] == "NODE_NOT_FOUND"


def test_unknown_paths_and_methods(drive: Drive) -> None:
    response = drive.call("GET", "no/such/thing")

    assert response.status_code == 404
    assert response.text == "<UnknownOperationException/>"
    assert drive.call("POST", "account/quota").status_code == 405


def test_apps_cannot_purge(drive: Drive) -> None:
    folder = drive.folder("x")

    body = drive.refused(403, "DELETE", f"nodes/{folder}")

    assert body == {
        "message": "Insufficient permissions granted for operation: purgeNode"
    }
    assert drive.names(f"parents:{drive.root}") == ["x"]


def test_pages_follow_each_other(drive: Drive) -> None:
    parent = drive.folder("many")
    for number in range(7):
        drive.folder(f"f{number}", parent)
    for sort in ("", '["name DESC"]'):
        given = {"filters": f"parents:{parent}", "limit": "3", "sort": sort}
        seen: list[str] = []
        pages = []
        while True:
            page = drive.ok("GET", "nodes", params=given)
            seen += [node["name"] for node in page["data"]]
            pages.append(len(page["data"]))
            assert page["count"] == 7
            if "nextToken" not in page:
                break
            given["startToken"] = page["nextToken"]
        assert pages == [3, 3, 1]
        assert sorted(seen) == [f"f{number}" for number in range(7)]
        if sort:
            assert seen == sorted(seen, reverse=True)


def test_a_list_stays_whole_while_its_folder_changes(drive: Drive) -> None:
    parent = drive.folder("many")
    ids = [drive.folder(f"f{number}", parent) for number in range(6)]
    given = {"filters": f"parents:{parent}", "limit": "2"}
    first = drive.ok("GET", "nodes", params=given)
    drive.ok("PUT", f"trash/{ids[0]}")

    second = drive.ok("GET", "nodes", params=given | {"startToken": first["nextToken"]})

    assert [node["id"] for node in second["data"]] == ids[2:4]


def test_limits_and_tokens_that_make_no_sense(drive: Drive) -> None:
    for given in (
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "x"},
        {"limit": "²"},
        {"startToken": "nonsense"},
        {"startToken": "!"},
        {"sort": "name"},
        {"sort": '["nothing ASC"]'},
        {"sort": '["name SIDEWAYS"]'},
        {"offset": "9999"},
        {"filters": "nonsense"},
        {"filters": "nothing:x"},
        {"fields": "{"},
    ):
        assert drive.call("GET", "nodes", params=given).status_code == 400
    assert len(drive.ok("GET", "nodes", params={"limit": "100000"})["data"]) == 1


async def test_a_next_token_lives_ten_minutes(clocked: Clocked) -> None:
    for name in "abc":
        body = {"name": name, "kind": "FOLDER"}
        await clocked.client.post("/drive/v1/nodes", json=body)
    first = (await clocked.client.get("/drive/v1/nodes?limit=2")).json()
    clocked.clock.advance(601)

    late = await clocked.client.get(
        "/drive/v1/nodes", params={"limit": "2", "startToken": first["nextToken"]}
    )

    assert late.status_code == 400
    assert late.json()["message"] == "Next token is expired"


def test_fields_leave_the_rest_out(drive: Drive) -> None:
    drive.folder("x")

    page = drive.ok("GET", "nodes", params={"fields": '["name"]', "filters": "name:x"})

    assert [set(node) for node in page["data"]] == [{"id", "name"}]


def test_rename_keeps_everything_else(drive: Drive) -> None:
    before = drive.node(drive.file("a.TXT", b"x"))

    after = drive.ok("PATCH", f"nodes/{before['id']}", content=b'{"name":"b.jpg"}\n')

    assert after["name"] == "b.jpg"
    assert after["version"] == 2
    assert after["eTagResponse"] != before["eTagResponse"]
    assert after["contentProperties"]["extension"] == "jpg"
    assert after["contentProperties"]["md5"] == before["contentProperties"]["md5"]
    assert drive.names("name:a.txt") == []


def test_rename_clashes_and_change_of_case(drive: Drive) -> None:
    one, two = drive.folder("one"), drive.folder("two")

    body = drive.refused(409, "PATCH", f"nodes/{one}", json={"name": "TWO"})

    assert body["info"] == {"nodeId": two}
    assert drive.ok("PATCH", f"nodes/{one}", json={"name": "ONE"})["name"] == "ONE"


def test_labels_and_description(drive: Drive) -> None:
    node = drive.folder("x")
    given = {"labels": ["name", "test"], "description": "hello world"}

    after = drive.ok("PATCH", f"nodes/{node}", json=given)

    assert after["labels"] == ["name", "test"]
    assert after["description"] == "hello world"
    assert drive.names("labels: (name AND test)") == ["x"]
    assert drive.names("labels:(name AND other)") == []
    assert drive.names(r'description:"hello\ world"') == ["x"]


def test_what_cannot_be_patched(drive: Drive) -> None:
    node = drive.folder("x")

    drive.refused(403, "PATCH", f"nodes/{node}", json={"contentProperties": {}})
    drive.refused(403, "PATCH", f"nodes/{drive.root}", json={"name": "root"})
    drive.refused(403, "PATCH", f"nodes/{drive.root}", json={"parents": [node]})
    drive.refused(403, "PUT", f"trash/{drive.root}")


def test_move_by_children_and_by_patch(drive: Drive) -> None:
    a, b = drive.folder("a"), drive.folder("b")
    node = drive.file("f", b"x", a)

    moved = drive.ok(
        "POST",
        f"nodes/{b}/children",
        content=f'{{"fromParent":"{a}","childId":"{node}"}}\n'.encode(),
    )
    assert moved["parents"] == [b]
    assert drive.names(f"parents:{a}") == []
    again = drive.ok("PATCH", f"nodes/{node}", json={"parents": [a]})
    assert again["parents"] == [a]
    assert drive.names(f"parents:{b}") == []


def test_a_move_onto_a_taken_name(drive: Drive) -> None:
    a, b = drive.folder("a"), drive.folder("b")
    node, taken = drive.file("f", b"x", a), drive.file("F", b"y", b)
    body = {"fromParent": a, "childId": node}

    refused = drive.refused(409, "POST", f"nodes/{b}/children", json=body)

    assert refused["info"] == {"nodeId": taken}
    assert drive.node(node)["parents"] == [a]
    drive.refused(409, "PATCH", f"nodes/{node}", json={"parents": [b]})
    drive.refused(409, "PUT", f"nodes/{b}/children/{node}")


def test_moves_that_make_no_sense(drive: Drive) -> None:
    a = drive.folder("a")
    b = drive.folder("b", a)
    file = drive.file("f", b"x", b)
    root = drive.root

    def move(child: str, source: str, target: str) -> httpx.Response:
        body = {"fromParent": source, "childId": child}
        return drive.call("POST", f"nodes/{target}/children", json=body)

    assert move(a, root, b).status_code == 403  # below itself
    assert move(a, root, a).status_code == 403
    assert move(file, a, root).status_code == 404  # it is not there
    assert move(file, b, file).status_code == 400  # no folder
    assert move(file, b, UNKNOWN).status_code == 400
    assert move(UNKNOWN, b, a).status_code == 404
    assert move(root, root, a).status_code == 403
    drive.refused(400, "POST", f"nodes/{a}/children", json={"childId": file})
    drive.refused(403, "PUT", f"nodes/{b}/children/{a}")
    assert drive.node(file)["parents"] == [b]


def test_several_parents(drive: Drive) -> None:
    a, b = drive.folder("a"), drive.folder("b")
    node = drive.file("f", b"x", a)

    assert drive.ok("PUT", f"nodes/{b}/children/{node}")["parents"] == [a, b]
    assert drive.names(f"parents:{a} AND parents:{b}") == ["f"]
    assert drive.names(f"parents:{b}") == ["f"]
    assert drive.ok("DELETE", f"nodes/{a}/children/{node}")["parents"] == [b]
    assert drive.names(f"parents:{a}") == []
    drive.refused(404, "DELETE", f"nodes/{a}/children/{node}")
    # Without any it floats, and comes back.
    assert drive.ok("DELETE", f"nodes/{b}/children/{node}")["parents"] == []
    assert drive.node(node)["status"] == "AVAILABLE"
    assert drive.ok("PUT", f"nodes/{a}/children/{node}")["parents"] == [a]


def test_children_with_a_filter(drive: Drive) -> None:
    a = drive.folder("a")
    drive.folder("prefix one", a)
    drive.file("prefix two", b"x", a)
    drive.file("else", b"y", a)

    path = f"nodes/{a}/children"
    assert drive.names("name:prefix*", path) == ["prefix one", "prefix two"]
    assert drive.names("kind:FOLDER", path) == ["prefix one"]


def test_the_account(drive: Drive) -> None:
    drive.file("p.jpg", b"12345")
    drive.file("v.mp4", b"1234567")
    drive.file("d.txt", b"1")
    drive.file("o", b"22")

    usage = drive.ok("GET", "account/usage")
    assert {
        k: usage[k]["total"]["bytes"] for k in ("photo", "video", "doc", "other")
    } == {
        "photo": 5,
        "video": 7,
        "doc": 1,
        "other": 2,
    }
    quota = drive.ok("GET", "account/quota")
    assert quota["quota"] == quota["available"] + 15
    assert drive.ok("GET", "account/info")["status"] == "ACTIVE"
    endpoint = drive.ok("GET", "account/endpoint")
    assert endpoint == {
        "contentUrl": drive.c,
        "metadataUrl": drive.m,
        "customerExists": True,
    }


def test_properties(drive: Drive) -> None:
    node = drive.folder("x")
    path = f"nodes/{node}/properties/my-app"

    put = drive.ok("PUT", f"{path}/KEY_1", 201, json={"value": "v"})
    assert put == {"key": "KEY_1", "location": f"{drive.m}{path}/KEY_1", "value": "v"}
    assert drive.ok("GET", path) == {"count": 1, "data": {"KEY_1": "v"}}
    assert drive.ok("GET", f"{path}/KEY_1")["value"] == "v"
    assert drive.node(node)["properties"] == {"my-app": {"KEY_1": "v"}}
    given = {"properties": {"my-app": {"two": "2"}}}
    assert drive.ok("PATCH", f"nodes/{node}", json=given)["properties"] == {
        "my-app": {"KEY_1": "v", "two": "2"}
    }
    assert drive.call("DELETE", f"{path}/KEY_1").status_code == 204
    drive.refused(404, "GET", f"{path}/KEY_1")
    drive.refused(404, "DELETE", f"{path}/KEY_1")
    drive.refused(400, "PUT", f"{path}/a-b", json={"value": "v"})
    drive.refused(400, "PUT", f"{path}/k", json={"value": "v" * 501})
    drive.refused(400, "PUT", f"{path}/k", json={})
    for number in range(9):
        drive.ok("PUT", f"{path}/k{number}", 201, json={"value": ""})
    drive.refused(400, "PUT", f"{path}/k9", json={"value": ""})
    assert drive.call("GET", f"nodes/{node}/properties//k").status_code == 404


def test_metadata_replaced_as_a_whole(drive: Drive) -> None:
    given = {
        "labels": ["a"],
        "description": "d",
        "properties": {"free": {"k": "v"}},
    }
    node = drive.folder("x")
    drive.ok("PATCH", f"nodes/{node}", json=given)

    body = {"name": "y", "properties": {"other": {"k": "w"}}}
    after = drive.ok("PUT", f"nodes/{node}", json=body)

    assert after["name"] == "y"
    assert after["labels"] == []
    assert after.get("description", "") == ""
    assert after["properties"] == {"other": {"k": "w"}}
    drive.refused(403, "PUT", f"nodes/{drive.root}", json={"name": "z"})
    drive.refused(404, "PUT", f"nodes/{UNKNOWN}", json={"name": "z"})


def test_a_status_is_not_patched(drive: Drive) -> None:
    node = drive.file("x", b"x")
    path = f"nodes/{node}"

    assert drive.ok("PATCH", path, json={"status": "AVAILABLE"})["name"] == "x"
    drive.refused(403, "PATCH", path, json={"status": "TRASH"})
    drive.ok("PUT", f"trash/{node}")
    drive.refused(403, "PATCH", path, json={"status": "AVAILABLE"})
    drive.refused(403, "PATCH", path, json={"status": ["AVAILABLE"]})
    assert drive.node(node)["status"] == "TRASH"


@pytest.mark.parametrize(
    "given",
    [
        {"labels": ["x"] * 11},
        {"labels": ["x" * 257]},
        {"labels": "x"},
        {"labels": [1]},
        {"description": "x" * 501},
        {"description": ["x"]},
        {"name": ""},
        {"name": "x" * 281},
        {"name": 7},
        {"properties": []},
        {"properties": {"o": "x"}},
        {"properties": {"o": {"bad key": "v"}}},
        {"properties": {"o": {"k" * 51: "v"}}},
        {"properties": {"o": {"k": "v" * 501}}},
        {"properties": {"o": {"k": 1}}},
        {"properties": {"o": {f"k{number}": "" for number in range(11)}}},
        {"parents": "x"},
        {"parents": [UNKNOWN]},
    ],
)
def test_limits_of_metadata(drive: Drive, given: dict[str, object]) -> None:
    node = drive.folder("x")

    drive.refused(400, "PATCH", f"nodes/{node}", json=given)
    drive.refused(400, "PUT", f"nodes/{node}", json=given)
    drive.refused(400, "POST", "nodes", json={"name": "y", "kind": "FOLDER"} | given)
    assert drive.names() == ["/", "x"]


def test_metadata_at_its_limits(drive: Drive) -> None:
    node = drive.folder("x")
    given = {
        "name": "é" * 280,
        "labels": ["l" * 256] * 10,
        "description": "d" * 500,
        "properties": {"o": {f"{number:050}": "v" * 500 for number in range(10)}},
    }

    after = drive.ok("PATCH", f"nodes/{node}", json=given)

    assert {key: after[key] for key in given} == given


def test_the_owner_of_properties_has_a_name_of_bounded_length(drive: Drive) -> None:
    node = drive.folder("x")
    for length, put, patched in ((200, 201, 200), (201, 400, 400), (30_000, 400, 400)):
        owner = "o" * length
        path = f"nodes/{node}/properties/{owner}/k"
        assert drive.call("PUT", path, json={"value": "v"}).status_code == put
        given = {"properties": {owner: {"l": "w"}}}
        assert drive.call("PATCH", f"nodes/{node}", json=given).status_code == patched
    assert drive.node(node)["properties"] == {"o" * 200: {"k": "v", "l": "w"}}


def test_an_owner_without_a_name(drive: Drive) -> None:
    node = drive.folder("x")
    for path in (f"nodes/{node}/properties//k", f"nodes/{node}/properties/"):
        response = drive.call("GET", path)
        assert response.status_code == 404
        assert response.text == "<UnknownOperationException/>"
        assert response.headers["content-type"].startswith("application/xml")


def test_sorting_as_clients_write_it(drive: Drive) -> None:
    for name in ("b", "a", "c"):
        drive.folder(name)

    def names(sort: str) -> list[str]:
        params = {
            "sort": sort,
            "filters": "isRoot:false",
            "limit": "200",
            "offset": "0",
        }
        return [
            node["name"] for node in drive.ok("GET", "nodes", params=params)["data"]
        ]

    assert names('["name ASC"]') == ["a", "b", "c"]
    assert names("['name DESC']") == ["c", "b", "a"]
    assert names('["name"]') == ["c", "b", "a"]
    assert names('["kind ASC","name ASC"]') == ["a", "b", "c"]
    assert names("") == ["b", "a", "c"]
    assert names("[]") == ["b", "a", "c"]
    drive.refused(400, "GET", "nodes", params={"sort": "name"})
    drive.refused(400, "GET", "nodes", params={"sort": '["size ASC"]'})


@pytest.mark.parametrize(
    ("limit", "offset"),
    [("0", "0"), ("-1", "0"), ("x", "0"), ("1", "-1"), ("1", "9999")],
)
def test_pages_that_cannot_be(drive: Drive, limit: str, offset: str) -> None:
    drive.refused(400, "GET", "nodes", params={"limit": limit, "offset": offset})


def test_without_a_sign_in(drive: Drive) -> None:
    for path, keys in (
        (f"{drive.m}nodes", {"Message"}),
        (f"{drive.m}account/endpoint", {"Message"}),
        (f"{drive.c}nodes/x/content", {"logref", "message", "code"}),
    ):
        response = httpx.get(path)
        assert response.status_code == 401
        assert set(response.json()) == keys
        assert "No Auth Method Provided" in response.json().values()


def test_the_place_of_what_was_trashed(drive: Drive) -> None:
    node = drive.folder("x")

    after = drive.ok("PUT", f"trash/{node}", json={"kind": "FILE", "name": "x"})

    assert after["status"] == "TRASH"
    assert after["location"].startswith(drive.m)
    assert after["id"] in after["location"]
