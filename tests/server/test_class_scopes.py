"""Applications that may see one class of files: what is there for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from acd_tui.server import accounts, admin, tokens
from acd_tui.server.classes import readable
from tests.server.conftest import Clocked, Drive
from tests.server.pictures import jpeg, looked_into
from tests.server.test_oauth import asked

pytestmark = pytest.mark.socket

TYPES = {
    "a.jpg": "image/jpeg",
    "b.mp4": "Video/MP4",
    "c.txt": "text/plain",
    "d.pdf": "application/pdf; v=1",
    "e.zip": "application/zip",
}
Limited = Callable[..., Drive]


@pytest.fixture
def limited(drive: Drive) -> Iterator[Limited]:
    """The drive as an application sees it that has only some scopes."""
    opened: list[httpx.Client] = []

    def limit(*names: str) -> Drive:
        scope = " ".join(f"clouddrive:{name}" for name in names)
        with admin.opened(drive.server.directory) as storage:
            now = storage.clock.now()

            def issue(db: Any) -> str:
                number, _ = accounts.find_user(db, drive.user) or (0, "")
                holder = tokens.Holder(number, admin.APPLICATION, scope)
                return tokens.issue_access(db, holder, now)

            token = storage.db.write_now(issue)
        headers = {"Authorization": f"Bearer {token}"}
        opened.append(httpx.Client(headers=headers, timeout=30))
        return replace(drive, client=opened[-1])

    yield limit
    for client in opened:
        client.close()


@pytest.fixture
def files(drive: Drive) -> dict[str, str]:
    """One file of each class, two documents; by name."""
    made: dict[str, str] = {}
    for name, content_type in TYPES.items():
        response = drive.send(name, name.encode(), content_type=content_type)
        made[name] = response.json()["id"]
    return made


@pytest.mark.parametrize(
    ("scopes", "seen"),
    [
        (["read_image"], ["a.jpg"]),
        (["read_video"], ["b.mp4"]),
        (["read_document"], ["c.txt", "d.pdf"]),
        (["read_other", "write"], ["e.zip"]),
        (["read_image", "read_video"], ["a.jpg", "b.mp4"]),
        (["read_image", "read_all"], list(TYPES)),
        (["read", "read_image"], list(TYPES)),
    ],
)
def test_lists_counts_and_feed(
    drive: Drive,
    files: dict[str, str],
    limited: Limited,
    scopes: list[str],
    seen: list[str],
) -> None:
    folder = drive.folder("folder")
    drive.ok("PUT", f"trash/{files['e.zip']}")
    there = [name for name in seen if name != "e.zip"]
    one = limited(*scopes)

    assert one.names() == ["/", *there, "folder"]
    assert one.names("kind:FILE OR name:e*") == there
    assert one.names("", f"nodes/{drive.root}/children") == [*there, "folder"]
    assert one.names(f"parents:{drive.root} AND kind:FILE") == there
    page = one.ok("GET", "nodes", params={"limit": 1, "filters": "kind:FILE"})
    assert page["count"] == len(there)
    assert one.names("", "trash") == sorted(set(seen) - set(there))
    told = {node["id"] for line in one.changes()[:-1] for node in line["nodes"]}
    assert told == {drive.root, folder, *(files[name] for name in seen)}
    used = one.ok("GET", "account/usage")
    counted = [
        used[name]["total"]["count"] for name in used if name != "lastCalculated"
    ]
    assert sum(counted) == len(seen)
    digests = [drive.node(node)["contentProperties"]["md5"] for node in files.values()]
    body = {"digestType": "MD5", "digestList": digests}
    found = one.ok("POST", "bulk/nodeByDigest", json=body)
    assert sorted(node["name"] for node in found["data"]) == there
    assert found["count"] == len(there)


def test_scopes_that_name_no_class_hide_nothing() -> None:
    assert readable(["clouddrive:write"]) is None
    assert readable(["clouddrive:read_image", "profile"]) == frozenset({"photo"})


def test_no_answer_is_kept_for_others(
    drive: Drive, files: dict[str, str], limited: Limited
) -> None:
    """The same list, asked for by one after another while nothing changes."""
    pictures, others = limited("read_image"), limited("read_other")
    for _ in range(2):
        assert drive.names("kind:FILE") == list(TYPES)
        assert pictures.names("kind:FILE") == ["a.jpg"]
        assert others.names("kind:FILE") == ["e.zip"]


def test_albums_and_the_search_of_pictures(
    drive: Drive, files: dict[str, str], limited: Limited
) -> None:
    body = {"name": "album", "kind": "VISUAL_COLLECTION", "resourceVersion": "V2"}
    album = drive.ok("POST", "nodes", 201, json=body)["id"]
    change = {"op": "add", "value": list(files.values()), "resourceVersion": "V2"}
    drive.ok("PATCH", f"nodes/{album}/children", json=change)
    videos = limited("read_video")

    children = f"nodes/{album}/children?resourceVersion=V2"
    inside = videos.ok("GET", children)
    assert [node["name"] for node in inside["data"]] == ["b.mp4"]
    assert inside["count"] == 1
    found = videos.ok("GET", "search", params={"filters": "type:(VIDEOS OR PHOTOS)"})
    assert [node["name"] for node in found["data"]] == ["b.mp4"]
    types = {"count": 1, "match": "VIDEOS", "searchData": {}}
    assert found["count"] == 1
    assert found["aggregations"]["type"] == [types]
    counted = videos.ok("GET", "search/aggregation", params={"category": "type"})
    assert counted == {"aggregations": [types]}
    archive = {"nodeIds": [files["a.jpg"], files["b.mp4"]]}
    link = videos.ok("POST", "batchLink", json=archive)["links"]["content"]
    packed = videos.client.get(link).content
    assert b"b.mp4" in packed
    assert b"a.jpg" not in packed


def test_assets_are_of_the_class_of_their_file(drive: Drive, limited: Limited) -> None:
    node = drive.file("p.jpg", jpeg(900, 700))
    looked_into(drive, node)
    (asset,) = (one["id"] for one in drive.find("kind:ASSET"))
    pictures, videos = limited("read_image"), limited("read_video")

    assert pictures.content(asset).status_code == 200
    assert [one["id"] for one in pictures.find("kind:ASSET")] == [asset]
    assert pictures.ok("GET", f"nodes/{node}?asset=ALL")["assets"][0]["id"] == asset
    thumbnail = f"{drive.server.url}/v1/thumbnail/{node}"
    assert pictures.call("GET", thumbnail).status_code == 200

    assert videos.content(asset).status_code == 404
    assert videos.find("kind:ASSET") == []
    assert videos.find(f"kind:ASSET AND parents:{node}") == []
    videos.refused(404, "GET", f"nodes/{asset}")
    videos.refused(404, "GET", f"nodes/{node}/children?asset=ALL")
    assert videos.call("GET", thumbnail).status_code == 404


def test_what_is_hidden_can_be_written_by_nobody_who_cannot_see_it(
    drive: Drive, files: dict[str, str], limited: Limited
) -> None:
    one = limited("read_other", "write")
    own, foreign = files["e.zip"], files["a.jpg"]
    both = {"op": "add", "value": [own, foreign]}

    said = one.ok("PATCH", "trash", json=both)

    assert said == {"errorMap": {foreign: "NodeNotFound"}}
    assert drive.node(own)["status"] == "TRASH"
    assert drive.node(foreign)["status"] == "AVAILABLE"
    said = one.ok("PATCH", "trash", json=both | {"op": "remove"})
    assert said == {"errorMap": {foreign: "NodeNotFound"}}
    folder = one.folder("folder")
    said = one.ok("PATCH", f"nodes/{folder}/children", json=both)
    assert said == {"errorMap": {foreign: "NodeNotFound"}}
    assert drive.names("", f"nodes/{folder}/children") == ["e.zip"]


def test_a_file_of_another_class_leaves(
    drive: Drive, files: dict[str, str], limited: Limited
) -> None:
    pictures = limited("read_image")
    answer = drive.client.put(
        f"{drive.c}nodes/{files['a.jpg']}/content",
        files={"content": ("x", b"text", "text/plain")},
    )
    assert answer.status_code == 200
    assert pictures.names("kind:FILE") == []
    pictures.refused(404, "GET", f"nodes/{files['a.jpg']}")


@pytest.mark.parametrize(
    ("scope", "said", "unsaid"),
    [
        (
            "clouddrive:read_image clouddrive:read_other",
            ["your pictures", "files that are no pictures", "folders and albums"],
            ["all your files", "your videos", "your documents", "add"],
        ),
        (
            "clouddrive:read_video clouddrive:write",
            ["your videos", "those it sees, and whole folders"],
            ["all your files", "your pictures", "trash your files"],
        ),
        (
            "clouddrive:read_all clouddrive:read_video clouddrive:write",
            ["all your files", "trash your files"],
            ["your videos", "those it sees"],
        ),
    ],
)
async def test_the_consent_page_says_which(
    clocked: Clocked, scope: str, said: list[str], unsaid: list[str]
) -> None:
    page = (await clocked.client.get("/ap/oa", params=asked(scope=scope))).text
    listed = page.partition("<ul>")[2].partition("</ul>")[0]
    for text in said:
        assert text in listed
    for text in unsaid:
        assert text not in listed
