"""Anything at all, sent to the real server: it answers, in a known shape, and stays well.

Where something else can say what the answer must be, it says so: a matcher of filters
in a few lines of Python, the bytes that were sent, the words of RFC 9110 on ranges.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd_tui.server import admin
from acd_tui.server.app import ROUTES
from acd_tui.server.check import check
from tests.server.conftest import Drive, new_drive
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket

_numbers = itertools.count()


def examples(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
        ],
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of this module, whose directory must be sound in the end."""
    with running_server(tmp_path_factory.mktemp("fuzzed")) as server:
        yield server
        health = httpx.get(server.url + "/healthz", timeout=60)
        assert health.status_code == 200, health.text
        assert server.stop() == 0
        with admin.opened(server.directory) as storage:
            assert check(storage).problems == []


@pytest.fixture(scope="module")
def drive(server: ServerProcess) -> Iterator[Drive]:
    drive = new_drive(server)
    with drive.client:
        yield drive


def sound(drive: Drive, response: httpx.Response) -> None:
    """An answer of a known shape, that tells nothing of the inside."""
    assert response.status_code < 500, response.text
    assert "x-amzn-requestid" in response.headers
    assert str(drive.server.directory) not in response.text
    assert "Traceback" not in response.text
    kind = response.headers.get("content-type", "").partition(";")[0]
    if response.status_code == 204 or not response.content:
        return
    if kind == "application/json":
        for line in response.content.split(b"\n"):
            if line:  # the change feed has one object a line
                json.loads(line)
    elif kind == "application/xml":
        assert response.text == "<UnknownOperationException/>"
    elif kind == "text/html":
        assert "default-src 'none'" in response.headers["content-security-policy"]
    else:
        assert response.status_code in {200, 206}, response.text


# Filters: a tree of conditions, written down in one of many ways, and a matcher.

NAMES = [
    *("a", "A b", "b.txt", "B.TXT.bak", "über", "ÜBER x", "-x", "_", "(x)", "[x] {y}"),
    *('q"q', "back\\slash", "a*", "a:b", "x AND y", "to", "or", "+&|!^'~?", "  sp  "),
    *("tab\tx", "line\nx", "日本", "e\u0301", "é", "a.", "ab", "abc", "AND", "😀.jpg"),
]
LABELS = ["red", "Red", "a b", "to", "x:y"]


@dataclass
class Filter:
    """A condition: as text, and as what it says of a node."""

    text: str
    holds: Callable[[dict[str, Any]], bool]
    fields: int = 1


def spelt(value: str, draw: st.DrawFn, *, prefix: bool = False) -> str:
    """A value as clients write it."""
    escaped = "".join(
        f"\\{one}" if one in "+-&|!(){}[]^'\"~*?:\\ " else one for one in value
    )
    bare = not prefix and (not value or set(value) & set("\t\n\r\x0b\x0c"))
    if prefix:
        return f"{escaped}*" if not set(value) & set("\t\n") else "*"
    if bare or value.upper() in {"AND", "OR", "TO"} or draw(st.booleans()):
        inner = escaped if draw(st.booleans()) else value
        if inner is value:
            inner = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{inner}"'
    return escaped


@st.composite
def conditions(draw: st.DrawFn) -> Filter:
    """One condition."""
    field = draw(
        st.sampled_from(
            ["name", "name*", "kind", "labels", "size", "sizes", "md5", "root", "ext"]
        )
    )
    if field == "name":
        name = draw(st.sampled_from(NAMES)).swapcase()
        low = name.lower()
        return Filter(
            f"name:{spelt(name, draw)}", lambda n: n.get("name", "\0").lower() == low
        )
    if field == "name*":
        start = draw(st.sampled_from([one for one in NAMES if "\t" not in one]))[:2]
        start = start.replace("\n", "")
        low = start.lower()
        return Filter(
            f"name:{spelt(start, draw, prefix=True)}",
            lambda n: "name" in n and n["name"].lower().startswith(low),
        )
    if field == "kind":
        kind = draw(st.sampled_from(["FILE", "FOLDER"]))
        return Filter(f"kind:{kind}", lambda n: bool(n["kind"] == kind))
    if field == "labels":
        label = draw(st.sampled_from(LABELS))
        return Filter(f"labels:{spelt(label, draw)}", lambda n: label in n["labels"])
    if field == "root":
        wanted = draw(st.booleans())
        text = f"isRoot:{str(wanted).lower()}"
        return Filter(text, lambda n: n.get("isRoot", False) is wanted)
    return draw(_of_content(field))


@st.composite
def _of_content(draw: st.DrawFn, field: str) -> Filter:
    def of(node: dict[str, Any], key: str) -> Any:
        return node.get("contentProperties", {}).get(key)

    if field == "size":
        size = draw(st.integers(0, 6))
        text = f"contentProperties.size:{size}"
        return Filter(text, lambda n: bool(of(n, "size") == size))
    if field == "sizes":
        low, high = (
            draw(st.integers(0, 6)),
            draw(st.one_of(st.none(), st.integers(0, 6))),
        )
        left, right = draw(st.sampled_from("[{")), draw(st.sampled_from("]}"))
        text = f"contentProperties.size:{left}{low} TO {'*' if high is None else high}{right}"

        def holds(node: dict[str, Any]) -> bool:
            size = of(node, "size")
            if size is None or size < low or (size == low and left == "{"):
                return False
            return high is None or size < high or (size == high and right == "]")

        return Filter(text, holds)
    if field == "md5":
        md5 = draw(st.sampled_from(["d41d8cd98f00b204e9800998ecf8427e", "0" * 32]))
        text = f"contentProperties.md5:{md5.upper() if draw(st.booleans()) else md5}"
        return Filter(text, lambda n: bool(of(n, "md5") == md5))
    extension = draw(st.sampled_from(["txt", "jpg", "bak"]))
    text = f"contentProperties.extension:{extension}"
    return Filter(text, lambda n: bool(of(n, "extension") == extension))


def combined(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    @st.composite
    def join(draw: st.DrawFn) -> Filter:
        parts = draw(st.lists(inner, min_size=2, max_size=3))
        word = draw(st.sampled_from(["AND", "OR"]))
        spelling = f" {word.lower() if draw(st.booleans()) else word} "
        every = all if word == "AND" else any
        return Filter(
            f"({spelling.join(part.text for part in parts)})",
            lambda node: every(part.holds(node) for part in parts),
            sum(part.fields for part in parts),
        )

    return join()


TREES = st.recursive(conditions(), combined, max_leaves=8).filter(
    lambda one: one.fields <= 8
)


@pytest.fixture(scope="module")
def nodes(drive: Drive) -> list[dict[str, Any]]:
    """Forty nodes of every sort, as the server shows them."""
    folders = [drive.folder(f"folder {number}") for number in range(3)]
    for number, name in enumerate(NAMES):
        labels = [LABELS[number % 5], LABELS[(number * 3 + 1) % 5]]
        parent = folders[number % 3]
        if number % 3:
            drive.file(name, b"x" * (number % 6), parent, labels=[*{*labels}])
        else:
            body = {
                "name": name,
                "kind": "FOLDER",
                "parents": [parent],
                "labels": labels,
            }
            drive.ok("POST", "nodes", 201, json=body)
    return drive.find()


@examples(120)
@given(tree=TREES)
def test_filters_find_what_they_say(
    drive: Drive, nodes: list[dict[str, Any]], tree: Filter
) -> None:
    page = drive.ok("GET", "nodes", params={"filters": tree.text})
    found = {node["id"] for node in page["data"]}
    wanted = {node["id"] for node in nodes if tree.holds(node)}
    assert found == wanted, tree.text
    assert page["count"] == len(wanted)


@examples(120)
@given(data=st.data())
def test_any_text_is_a_filter_or_is_not(drive: Drive, data: st.DataObject) -> None:
    words = st.sampled_from(
        [
            *("name:", "kind:", "parents:", "labels:", "isRoot:", "status:", "type:"),
            *("createdDate:", "modifiedDate:", "contentProperties.contentDate:"),
            *("contentProperties.size:", "timeYear:", "favorite:", "description:"),
            *(
                "AND",
                "OR",
                "TO",
                " ",
                "(",
                ")",
                "[",
                "]",
                "{",
                "}",
                '"',
                "\\",
                "*",
                "-",
            ),
            *("2014-12-31T23:59:59.000Z", "9" * 30, "-1", "true", "FILE", "\x00", ":"),
        ]
    )
    pieces = st.lists(st.one_of(words, st.text(max_size=4)), max_size=12)
    filters = "".join(data.draw(pieces))
    sort = data.draw(
        st.one_of(
            st.just(""),
            st.text(max_size=12),
            st.lists(
                st.one_of(
                    st.text(max_size=5),
                    st.sampled_from(
                        ["name ASC", "kind", "contentProperties.size DESC"]
                    ),
                )
            ).map(json.dumps),
        )
    )
    path = data.draw(st.sampled_from(["nodes", "trash", "search"]))
    response = drive.call("GET", path, params={"filters": filters, "sort": sort})
    assert response.status_code in {200, 400}, response.text
    sound(drive, response)
    if response.status_code == 400:
        assert response.json()["message"].startswith("Invalid filter:")


# Every route with anything.

NUMBERS = st.one_of(
    st.integers(), st.floats(), st.sampled_from([-1, 0, 2**31, 2**53, 2**63, 2**64])
)
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            *("", "\x00", "..", "../../etc/passwd", "%2F..%2F", "a" * 5000, "\ud7ff"),
            *("FILE", "FOLDER", "ASSET", "VISUAL_COLLECTION", "true", "add", "remove"),
            *(
                "RENAME",
                "V2",
                "ALL",
                "1",
                "-1",
                "9" * 40,
                "1e5",
                "[]",
                "['id']",
                "null",
            ),
        ]
    ),
)
KEYS = st.one_of(
    st.sampled_from(
        [
            *(
                "name",
                "kind",
                "parents",
                "labels",
                "description",
                "properties",
                "status",
            ),
            *("settings", "op", "value", "nodeIds", "fromParent", "childId", "recurse"),
            *("checkpoint", "chunkSize", "maxNodes", "includePurged", "digestType"),
            *("digestList", "conflictResolution", "filters", "resourceVersion", "size"),
            *(
                "md5",
                "localId",
                "contentProperties",
                "collectionProperties",
                "subKinds",
            ),
        ]
    ),
    st.text(max_size=5),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        [
            *("filters", "sort", "limit", "offset", "startToken", "fields", "asset"),
            *(
                "tempLink",
                "resourceVersion",
                "suppress",
                "localId",
                "nodeId",
                "viewBox",
            ),
            *("download", "responseContentType", "responseContentDisposition", "name"),
            *("kind", "parentNodeId", "ownerId", "querySuffix", "category", "count"),
            *("groupByForTime", "client_id", "redirect_uri", "scope", "state", "code"),
            *("access_token", "searchContext", "lowResThumbnail", "assetMapping"),
        ]
    ),
    TEXTS,
    max_size=4,
)
_CONTROLS = bytes([*range(9), *range(10, 32), 127])  # these the protocol refuses
_VALUES = st.one_of(
    st.binary(max_size=30).map(lambda raw: raw.translate(None, _CONTROLS).strip()),
    st.sampled_from(
        [
            *(b"bytes=0-", b"bytes=-1", b"bytes=5-2", b"bytes=0-0,2-3", b"bytes=-"),
            *(b"bytes 0-3/9", b"bytes 0-3/*", b"bytes 9-3/2", b"application/json"),
            *(
                b"multipart/form-data; boundary=B",
                b"multipart/form-data",
                b"*/*",
                b'"x"',
            ),
            *(
                b"application/x-www-form-urlencoded",
                b"Basic Og==",
                b"Bearer",
                b"9" * 99,
            ),
            *(b"Wed, 21 Oct 2015 07:28:00 GMT", b"identity", b"en;q=0.x", b"\xff\xfe"),
        ]
    ),
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("range", "if-range", "content-type", "content-range", "accept", "cookie"),
            *("accept-encoding", "if-match", "if-none-match", "if-modified-since"),
            *("x-amzn-sessionid", "x-amz-access-token", "user-agent", "referer"),
            *("origin", "x-forwarded-for", "x-forwarded-proto", "forwarded", "te"),
            *(
                "accept-language",
                "sec-fetch-site",
                "x-amzn-file-md5",
                "content-language",
            ),
        ]
    ),
    _VALUES,
    max_size=3,
)
BODIES = st.one_of(
    st.just(b""),
    st.binary(max_size=60),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(KEYS, JSON, max_size=6).map(
        lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    ),
    PARAMETERS.map(lambda given: str(httpx.QueryParams(given)).encode()),
)
OPERATIONS = [
    (method, route.path) for route in ROUTES for method in sorted(route.methods or ())
]


@pytest.fixture(scope="module")
def ids(server: ServerProcess) -> Iterator[tuple[Drive, list[str]]]:
    """A drive to be torn apart, and what is in it."""
    drive = new_drive(server)
    with drive.client:
        made = [drive.root, *(drive.folder(f"f{number}") for number in range(3))]
        made += [drive.file(f"g{number}", b"data", made[1]) for number in range(3)]
        yield drive, made


@examples(400)
@given(data=st.data())
def test_anything_sent_to_any_route(
    ids: tuple[Drive, list[str]], data: st.DataObject
) -> None:
    drive, known = ids
    method, path = data.draw(st.sampled_from(OPERATIONS))
    place = st.one_of(st.sampled_from(known), st.sampled_from(known), TEXTS)
    for name in ("id", "child", "owner", "key", "token"):
        if f"{{{name}}}" in path:
            chosen = quote(data.draw(place), safe="") or "x"
            path = path.replace(f"{{{name}}}", chosen)
    if path == "/ap/signin" and method == "POST":
        return  # each attempt takes a tenth of a second
    headers = [(name, value) for name, value in data.draw(HEADERS).items()]
    response = drive.client.request(
        method,
        drive.server.url + path,
        params=data.draw(PARAMETERS),
        headers=[(name.encode(), value) for name, value in headers],
        content=data.draw(BODIES),
    )
    sound(drive, response)
    drive.client.cookies.clear()


@examples(150)
@given(
    value=st.dictionaries(KEYS, st.one_of(JSON, st.lists(TEXTS)), max_size=6),
    operation=st.sampled_from(
        [one for one in OPERATIONS if one[0] in {"POST", "PATCH", "PUT"}]
    ),
    number=st.integers(0, 6),
)
def test_json_bodies(
    ids: tuple[Drive, list[str]],
    value: dict[str, Any],
    operation: tuple[str, str],
    number: int,
) -> None:
    """With keys that mean something, so that they get further in."""
    drive, known = ids
    method, path = operation
    for name in ("id", "child"):
        path = path.replace(f"{{{name}}}", known[number])
    path = path.replace("{owner}", "acdtui").replace("{key}", "k")
    for key in ("childId", "fromParent"):
        if key in value:
            value[key] = known[(number + 1) % len(known)]
    for key in ("value", "nodeIds", "parents"):
        if key in value and isinstance(value[key], list):
            value[key] = [*value[key], *known[:2]]
    body = json.dumps(value).encode()
    sound(drive, drive.client.request(method, drive.server.url + path, content=body))


@pytest.fixture(scope="module")
def content(drive: Drive) -> tuple[str, bytes]:
    data = bytes(range(256)) * 4
    return drive.file("ranges", data), data


@examples(100)
@given(
    first=st.one_of(st.none(), st.integers(0, 1100), st.integers(0, 2**70)),
    last=st.one_of(st.none(), st.integers(0, 1100), st.integers(0, 2**70)),
    space=st.sampled_from(["", " ", "\t"]),
    unit=st.sampled_from(["bytes", "Bytes", "BYTES"]),
)
def test_ranges(
    drive: Drive,
    content: tuple[str, bytes],
    first: int | None,
    last: int | None,
    space: str,
    unit: str,
) -> None:
    node, data = content
    text = (
        f"{unit}={space}{'' if first is None else first}-{'' if last is None else last}"
    )
    response = drive.content(node, range=text)
    size = len(data)
    if first is None:
        start, end = max(0, size - (last or 0)), size
        makes_sense = last is not None
    else:
        start, end = first, size if last is None else min(last + 1, size)
        makes_sense = last is None or last >= first
    if not makes_sense:
        assert (response.status_code, response.content) == (200, data)
    elif start >= size or start >= end:
        assert response.status_code == 416
        assert response.headers["content-range"] == f"bytes */{size}"
    else:
        assert (response.status_code, response.content) == (206, data[start:end])
        assert response.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"


@examples(60)
@given(data=st.data())
def test_uploads_cut_into_pieces_anywhere_come_back_as_they_were(
    drive: Drive, data: st.DataObject
) -> None:
    boundary = data.draw(
        st.sampled_from(["B", "*****", "-" * 20 + "x", "a'b(c)+_,-./:=?"])
    )
    near = [
        b"\r\n",
        b"--",
        boundary.encode(),
        b"\r",
        b"\n",
        b"\r\n--",
        b"-",
        b"\0",
        b"",
    ]
    content = b"".join(
        data.draw(st.lists(st.one_of(st.sampled_from(near), st.binary(max_size=40))))
    )
    delimiter = f"--{boundary}".encode()
    if any(line.startswith(delimiter) for line in (b"\r\n" + content).split(b"\r\n")):
        return
    filename = data.draw(st.sampled_from(["x", 'a\\"b', "a\r\nb", "é\t", " ", "\\\\"]))
    described = json.dumps({"name": f"u{next(_numbers):08}", "kind": "FILE"})
    body = (
        delimiter
        + b'\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n'
        + described.encode()
        + b"\r\n"
        + delimiter
        + f'\r\nContent-Disposition: form-data; name="content"; filename="{filename}"'.encode()
        + b"\r\nContent-Type: a/b\r\n\r\n"
        + content
        + b"\r\n"
        + delimiter
        + b"--\r\n"
        + data.draw(st.sampled_from([b"", b"epilogue", delimiter + b"\r\n"]))
    )
    cuts = sorted(data.draw(st.sets(st.integers(0, len(body)), max_size=12)))
    pieces = [body[a:b] for a, b in itertools.pairwise([0, *cuts, len(body)]) if a < b]
    response = drive.client.post(
        f"{drive.c}nodes?suppress=deduplication",
        headers={"Content-Type": f'multipart/form-data; boundary="{boundary}"'},
        content=iter(pieces),
    )
    assert response.status_code == 201, response.text
    assert response.json()["contentProperties"]["size"] == len(content)
    assert drive.content(response.json()["id"]).content == content


@examples(80)
@given(body=st.binary(max_size=300), data=st.data())
def test_torn_uploads_leave_nothing(
    drive: Drive, body: bytes, data: st.DataObject
) -> None:
    words = [
        *(
            b"--B\r\n",
            b"\r\n--B--",
            b"\r\n\r\n",
            b'Content-Disposition: form-data; name="',
        ),
        *(
            b"metadata",
            b"content",
            b'"',
            b'; filename="x"',
            b"Content-Type: a/b",
            b"{}",
        ),
        *(b'{"name":"torn"}', b'{"name":"torn","kind":"FILE"}', b"\r\n"),
    ]
    body = b"".join(data.draw(st.lists(st.sampled_from([*words, body]), max_size=14)))
    response = drive.client.post(
        f"{drive.c}nodes",
        headers={"Content-Type": "multipart/form-data; boundary=B"},
        content=body,
    )
    sound(drive, response)
    assert response.status_code in {201, 400, 403, 409, 413}
    if response.status_code == 201:
        drive.ok("PUT", f"trash/{response.json()['id']}")
    assert drive.names("name:torn") == []


@examples(60)
@given(
    form=st.dictionaries(
        st.sampled_from(
            [
                *("grant_type", "code", "redirect_uri", "client_id", "client_secret"),
                *("refresh_token", "code_verifier", "email", "password", "form"),
                *("response_type", "scope", "state", "decision", "code_challenge"),
            ]
        ),
        st.one_of(
            TEXTS,
            st.sampled_from(
                [
                    *("authorization_code", "refresh_token", "acd-tui", "code", "S256"),
                    *("http://127.0.0.1:53682/", "clouddrive:write", "deny", "allow"),
                ]
            ),
        ),
    )
)
def test_sign_in_forms(drive: Drive, form: dict[str, str]) -> None:
    token = drive.client.post(drive.server.token_url, data=form)
    assert token.status_code in {400, 401, 413}
    assert set(token.json()) == {"error", "error_description"}
    for response in (
        drive.client.get(drive.server.auth_url, params=form),
        drive.client.post(drive.server.auth_url, data=form),
    ):
        sound(drive, response)
        assert response.status_code in {200, 303, 400, 403}
        if "location" in response.headers:
            assert response.headers["location"].startswith("http://127.0.0.1:53682/?")
        drive.client.cookies.clear()
