"""Every route, asked by everybody: what a token allows, and whose nodes it reaches.

A route that is not in `CASES` fails here: whoever adds one says who may use it.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
import pytest

from acd_tui.server import accounts, admin, cookies, tokens
from acd_tui.server.app import ROUTES
from tests.server_process import PASSWORD, ServerProcess, running_server

pytestmark = pytest.mark.socket

REDIRECT = "http://127.0.0.1:53682/"
SECRET_NAME = "a name nobody else may learn"
DOCUMENT = "of a document"
_numbers = itertools.count()


@dataclass
class Nodes:
    """What one user has, for one route to be tried with.

    Attributes:
        file: of the class of documents.
        md5: of its content.
        places: what stands in the path of a route, by its name there.
    """

    root: str
    folder: str
    file: str
    trashed: str
    md5: str
    places: dict[str, str] = field(default_factory=dict)


Options = Callable[[Nodes], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """What a route answers.

    Attributes:
        access: the scope it needs; `any` takes every token, `open` none.
        ok: the status for its own user.
        foreign: the status for another user with the same ids; None: it takes no ids.
        application: the status for another application of the same user.
        unseen: the status for one that may see pictures alone, where it is another.
        options: of the request.
        more: what stands in its path instead of a file's id.
    """

    access: Literal["read", "write", "any", "open"]
    ok: int = 200
    foreign: int | None = None
    application: int | None = None
    unseen: int | None = None
    options: Options = lambda _: {}
    more: dict[str, str] = field(default_factory=dict)


def sent(**body: Any) -> Options:
    """A JSON body, whatever the nodes are."""
    return lambda _: {"json": body}


def multipart(nodes: Nodes, *, named: bool) -> dict[str, Any]:
    described = {
        "name": f"n{next(_numbers)}",
        "kind": "FILE",
        "parents": [nodes.folder],
    }
    parts: list[Any] = [("content", ("x", b"new content", "text/plain"))]
    if named:
        parts.insert(0, ("metadata", (None, json.dumps(described))))
    return {"files": parts, "params": {"suppress": "deduplication"}}


M, C = "/drive/v1", "/cdproxy"
N, P = f"{M}/nodes/{{id}}", f"{M}/nodes/{{id}}/properties/{{owner}}"
FOLDER = {"id": "folder"}
CASES = {
    # Their own guards are tried in test_oauth and test_safety_attacks.
    "GET /ap/oa": Case("open", 400),
    "POST /ap/oa": Case("open", 400),
    "POST /auth/o2/token": Case("open", 400),
    "GET /auth/o2/tokeninfo": Case("open", 400),
    "GET /ap/signin": Case("open"),
    "POST /ap/signin": Case("open", 403),
    "POST /ap/signout": Case("open"),
    "GET /healthz": Case("open"),
    "GET /photos/auth/token": Case("read", 403),
    "GET /user/profile": Case("any"),
    f"GET {M}/account/endpoint": Case("read"),
    f"GET {M}/account/info": Case("read"),
    f"GET {M}/account/quota": Case("read"),
    f"GET {M}/account/usage": Case("read"),
    f"GET {M}/nodes": Case("read"),
    f"POST {M}/nodes": Case(
        "write",
        201,
        400,
        options=lambda nodes: {
            "json": {"name": "new", "kind": "FOLDER", "parents": [nodes.folder]}
        },
    ),
    f"GET {N}": Case("read", foreign=404, unseen=404),
    f"PATCH {N}": Case("write", foreign=404, unseen=404, options=sent(labels=["x"])),
    f"PUT {N}": Case(
        "write",
        foreign=404,
        unseen=404,
        options=lambda _: {"json": {"name": f"n{next(_numbers)}", "kind": "FILE"}},
    ),
    f"DELETE {N}": Case("write", 403, 404, unseen=404),
    f"GET {N}/children": Case("read", foreign=404, more=FOLDER),
    f"POST {N}/children": Case(
        "write",
        foreign=404,
        unseen=404,
        options=lambda nodes: {
            "json": {"fromParent": nodes.root, "childId": nodes.file}
        },
        more=FOLDER,
    ),
    f"PATCH {N}/children": Case(
        "write",
        foreign=404,
        unseen=200,
        options=lambda nodes: {"json": {"op": "add", "value": [nodes.file]}},
        more=FOLDER,
    ),
    f"PUT {N}/children/{{child}}": Case("write", foreign=404, unseen=404, more=FOLDER),
    f"DELETE {N}/children/{{child}}": Case(
        "write", foreign=404, unseen=404, more={"id": "root"}
    ),
    f"GET {P}": Case("read", foreign=404, unseen=404),
    f"GET {P}/{{key}}": Case("read", foreign=404, application=404, unseen=404),
    f"PUT {P}/{{key}}": Case("write", 201, 404, 403, 404, sent(value="w")),
    f"DELETE {P}/{{key}}": Case("write", 204, 404, 403, 404),
    f"GET {M}/trash": Case("read"),
    f"PATCH {M}/trash": Case(
        "write",
        foreign=200,
        unseen=200,
        options=lambda nodes: {"json": {"op": "add", "value": [nodes.file]}},
    ),
    f"POST {M}/bulk/nodes/purge": Case(
        "write", 403, 403, options=lambda nodes: {"json": {"nodeIds": [nodes.trashed]}}
    ),
    f"PUT {M}/trash/{{id}}": Case("write", foreign=404, unseen=404),
    f"POST {M}/trash/{{id}}/restore": Case(
        "write", foreign=404, more={"id": "trashed"}
    ),
    f"POST {M}/changes": Case("read", options=sent()),
    f"GET {M}/search": Case("read"),
    f"GET {M}/search/aggregation": Case(
        "read", options=lambda _: {"params": {"category": "type"}}
    ),
    f"POST {M}/batchLink": Case(
        "read",
        foreign=404,
        unseen=404,
        options=lambda nodes: {"json": {"nodeIds": [nodes.file]}},
    ),
    f"POST {M}/bulk/nodeByDigest": Case(
        "read",
        options=lambda nodes: {
            "json": {"digestType": "MD5", "digestList": [nodes.md5]}
        },
    ),
    f"GET {N}/contentRedirection": Case("read", 302, 404, unseen=404),
    "GET /v1/thumbnail/{id}": Case("read", 415, 404, unseen=404),  # it is no picture
    f"POST {C}/nodes": Case(
        "write", 201, 400, options=lambda nodes: multipart(nodes, named=True)
    ),
    f"PUT {C}/nodes/{{id}}/content": Case(
        "write",
        foreign=404,
        unseen=404,
        options=lambda nodes: multipart(nodes, named=False),
    ),
    f"GET {C}/nodes/{{id}}/content": Case("read", foreign=404, unseen=404),
    f"GET {C}/resume": Case(
        "write",
        foreign=404,
        unseen=404,
        options=lambda nodes: {"params": {"nodeId": nodes.file}},
    ),
    f"GET {C}/templink/{{token}}": Case("open"),
    f"GET {C}/batch/{{token}}": Case("open", more={"token": "archive"}),
}


def routes() -> list[str]:
    return [
        f"{method} {route.path}"
        for route in ROUTES
        for method in sorted(route.methods or ())
        if method != "HEAD"
    ]


@dataclass
class People:
    """A server with two users and two applications.

    Attributes:
        tokens: by what they are.
    """

    client: httpx.Client
    tokens: dict[str, str]
    checkpoint: str | None = None

    def ask(self, who: str | None, method: str, path: str, **options: Any) -> Any:
        headers = {} if who is None else {"Authorization": f"Bearer {self.tokens[who]}"}
        self.client.cookies.clear()
        return self.client.request(method, path, headers=headers, **options)

    def ok(self, who: str, method: str, path: str, **options: Any) -> Any:
        response = self.ask(who, method, path, **options)
        assert response.is_success, response.text
        return response.json()

    def nodes(self) -> Nodes:
        """Something of the first user to reach for."""
        root = self.ok("mine", "GET", f"{M}/nodes?filters=isRoot:true")["data"][0]["id"]
        ids = []
        for _ in range(2):
            body = {"name": f"{SECRET_NAME} {next(_numbers)}", "kind": "FOLDER"}
            ids.append(self.ok("mine", "POST", f"{M}/nodes", json=body)["id"])
        described = {
            "name": f"{SECRET_NAME} {DOCUMENT} {next(_numbers)}",
            "kind": "FILE",
            "properties": {admin.APPLICATION_OWNER: {"k": "v"}},
        }
        content = f"content {next(_numbers)}".encode()
        parts = [
            ("metadata", (None, json.dumps(described))),
            ("content", ("x", content, "text/plain")),
        ]
        file = self.ok("mine", "POST", f"{C}/nodes", files=parts)["id"]
        self.ok("mine", "PUT", f"{M}/trash/{ids[1]}")
        link = self.ok("mine", "GET", f"{M}/nodes/{file}?tempLink=true")["tempLink"]
        body = {"nodeIds": [file]}  # type: ignore[dict-item]
        archive = self.ok("mine", "POST", f"{M}/batchLink", json=body)
        places = {
            "id": file,
            "child": file,
            "owner": admin.APPLICATION_OWNER,
            "key": "k",
            "token": link.rpartition("/")[2],
            "archive": archive["links"]["content"].rpartition("/")[2],
        }
        md5 = hashlib.md5(content).hexdigest()
        nodes = Nodes(root, ids[0], file, ids[1], md5, places)
        places |= {"root": root, "folder": ids[0], "trashed": ids[1]}
        return nodes

    def changed(self) -> bool:
        """Whether anything of the first user has changed since this was asked last."""
        before = self.checkpoint
        body = {"checkpoint": before} if before else {}
        line = self.ask("mine", "POST", f"{M}/changes", json=body).text.splitlines()[0]
        self.checkpoint = json.loads(line)["checkpoint"]
        return self.checkpoint != before


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with (
        running_server(tmp_path_factory.mktemp("people")) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        yield People(client, _tokens(server))


def _tokens(server: ServerProcess) -> dict[str, str]:
    directory = server.directory
    admin.add_user(directory, "other", PASSWORD)
    admin.add_client(directory, "stranger", [REDIRECT], owner="stranger")
    full = tokens.DEFAULT_SCOPE
    with admin.opened(directory) as storage:
        now = storage.clock.now()

        def issue(db: Any) -> dict[str, str]:
            mine, _ = accounts.find_user(db, "owner") or (0, "")
            other, _ = accounts.find_user(db, "other") or (0, "")

            def access(user: int, scope: str, client: str = "acd-tui") -> str:
                holder = tokens.Holder(user, client, scope)
                return tokens.issue_access(db, holder, now)

            holder = tokens.Holder(mine, "acd-tui", full)
            expired, refresh = tokens.issue(db, holder, now, expires_in=-1)
            return {
                "mine": access(mine, full),
                "reader": access(mine, "clouddrive:read_all"),
                "writer": access(mine, "clouddrive:write"),
                "profile": access(mine, "profile"),
                "documents": access(mine, "clouddrive:read_document clouddrive:write"),
                "pictures": access(mine, "clouddrive:read_image clouddrive:write"),
                "other": access(other, full),
                "stranger": access(mine, full, "stranger"),
                "expired": expired,
                "refresh": refresh,
                "cookie": cookies.issue(db, b"key", mine, now)["at-main"],
                "rubbish": "Atza|IQEBrubbish",
            }

        return storage.db.write_now(issue)


def test_every_route_says_who_may_use_it() -> None:
    assert sorted(CASES) == sorted(routes())


def _ask(people: People, key: str, nodes: Nodes, who: str | None) -> httpx.Response:
    case = CASES[key]
    method, template = key.split(" ", 1)
    places = dict(nodes.places)
    for name, other in case.more.items():
        places[name] = nodes.places[other]
    response: httpx.Response = people.ask(
        who, method, template.format(**places), **case.options(nodes)
    )
    return response


@pytest.mark.parametrize("key", CASES)
def test_who_is_refused(people: People, key: str) -> None:
    """No token, a bad one, too small a scope, another user: nothing is told or done."""
    case, nodes = CASES[key], people.nodes()
    people.changed()
    for who in (None, "rubbish", "expired", "refresh", "cookie"):
        response = _ask(people, key, nodes, who)
        expected = case.ok if case.access == "open" else 401
        assert response.status_code == expected, (who, response.text)
    for who, access in (("reader", "read"), ("writer", "write"), ("profile", "")):
        if case.access not in {access, "any", "open"}:
            response = _ask(people, key, nodes, who)
            assert response.status_code == 403, (who, response.text)
            assert "Insufficient permissions granted" in response.json()["message"]
    if case.access != "open":
        response = _ask(people, key, nodes, "other")
        assert response.status_code == (case.foreign or case.ok), response.text
        assert SECRET_NAME not in response.text
        if response.status_code != 200:
            for node_id in (nodes.file, nodes.folder, nodes.trashed):
                assert node_id not in response.text
    assert not people.changed()


@pytest.mark.parametrize("key", CASES)
def test_who_is_let_in(people: People, key: str) -> None:
    """The smallest scope will do, and another application sees what is not ours alone."""
    case = CASES[key]
    if case.access in {"read", "write"}:
        smallest = {"read": "reader", "write": "writer"}[case.access]
        response = _ask(people, key, people.nodes(), smallest)
        assert response.status_code == case.ok, response.text
    response = _ask(people, key, people.nodes(), "stranger")
    assert response.status_code == (case.application or case.ok), response.text
    assert admin.APPLICATION_OWNER not in response.text.replace(
        f'"createdBy":"{admin.APPLICATION_OWNER}"', ""
    )


@pytest.mark.parametrize("key", CASES)
def test_what_a_scope_for_one_class_hides(people: People, key: str) -> None:
    """A file is there for the scope of its class, and not for that of another."""
    case, nodes = CASES[key], people.nodes()
    if case.access in {"any", "open"}:
        return
    people.changed()
    response = _ask(people, key, nodes, "pictures")
    assert response.status_code == (case.unseen or case.ok), response.text
    if "errorMap" in response.text:
        assert response.json() == {"errorMap": {nodes.file: "NodeNotFound"}}
    else:
        for told in (nodes.file, nodes.md5, DOCUMENT):
            assert told not in response.text
    if case.unseen is not None:
        assert not people.changed()

    nodes = people.nodes()  # a folder may be there now
    response = _ask(people, key, nodes, "documents")
    assert response.status_code == case.ok, response.text
    if case.access == "read":
        whole = _ask(people, key, nodes, "reader")
        assert (nodes.file in response.text) == (nodes.file in whole.text)


def test_nothing_goes_from_one_drive_into_another(people: People) -> None:
    """The ids of two users in one request."""
    mine = people.nodes()
    own = people.ok("other", "POST", f"{M}/nodes", json=_folder("own"))["id"]
    kept = people.ok("other", "POST", f"{M}/nodes", json=_folder("kept"))["id"]
    root = people.ok("other", "GET", f"{M}/nodes?filters=isRoot:true")["data"][0]["id"]
    people.changed()
    for status, method, path, body in (
        (400, "POST", "nodes", _folder("x", mine.folder)),
        (400, "PATCH", f"nodes/{own}", {"parents": [mine.folder]}),
        (400, "PUT", f"nodes/{mine.folder}/children/{own}", None),
        (404, "PUT", f"nodes/{own}/children/{mine.file}", None),
        (404, "DELETE", f"nodes/{mine.folder}/children/{own}", None),
        (404, "DELETE", f"nodes/{own}/children/{mine.file}", None),
        (
            404,
            "POST",
            f"nodes/{own}/children",
            {"fromParent": mine.root, "childId": mine.file},
        ),
        (
            400,
            "POST",
            f"nodes/{mine.folder}/children",
            {"fromParent": root, "childId": own},
        ),
    ):
        response = people.ask("other", method, f"{M}/{path}", json=body)
        assert response.status_code == status, (method, path, body, response.text)
        assert SECRET_NAME not in response.text
    bulk = {"op": "add", "value": [mine.file, own]}
    said = people.ok("other", "PATCH", f"{M}/nodes/{kept}/children", json=bulk)
    assert list(said["errorMap"]) == [mine.file]
    for filters in (f"parents:{mine.root}", f'parents:"{mine.folder}" OR name:"a*"'):
        listed = people.ok("other", "GET", f"{M}/nodes", params={"filters": filters})
        assert listed["data"] == []
    assert not people.changed()


def _folder(name: str, *parents: str) -> dict[str, Any]:
    body: dict[str, Any] = {"name": name, "kind": "FOLDER"}
    return body | ({"parents": list(parents)} if parents else {})


def test_places_in_lists_and_feeds_are_of_no_use_to_others(people: People) -> None:
    for _ in range(3):
        people.nodes()
    first = people.ok("mine", "GET", f"{M}/nodes", params={"limit": "1"})
    again = {"limit": "200", "startToken": first["nextToken"]}
    page = people.ask("other", "GET", f"{M}/nodes", params=again)
    assert SECRET_NAME not in page.text
    people.changed()
    body = {"checkpoint": people.checkpoint}
    feed = people.ask("other", "POST", f"{M}/changes", json=body)
    assert feed.status_code == 200
    assert SECRET_NAME not in feed.text
