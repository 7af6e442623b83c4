"""The search of pictures, as Amazon Photos clients ask for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.conftest import Drive
from tests.server.pictures import jpeg, looked_into

pytestmark = pytest.mark.socket

BASE = {
    "asset": "ALL",
    "tempLink": "false",
    "resourceVersion": "V2",
    "ContentType": "JSON",
    "lowResThumbnail": "true",
    "searchContext": "customer",
}


def search(drive: Drive, filters: str, **more: str) -> dict[str, Any]:
    params = BASE | {"filters": filters} | more
    found: dict[str, Any] = drive.ok("GET", "search", params=params)
    return found


def found(drive: Drive, filters: str) -> list[str]:
    page = search(drive, filters, sort="['name ASC']")
    assert page["count"] == len(page["data"])
    return [node["name"] for node in page["data"]]


@pytest.fixture
def album(drive: Drive) -> Drive:
    """A drive with some pictures."""
    old = drive.file("old.jpg", jpeg(taken="2019:07:06 18:22:00"))
    new = drive.file("new.jpg", jpeg(taken="2023:08:14 08:00:00"))
    looked_into(drive, old, new)
    drive.file("clip.mp4", b"video")
    drive.file("text.txt", b"text")
    drive.folder("folder")
    return drive


def test_what_each_filter_finds(album: Drive) -> None:
    for filters, names in {
        "": ["clip.mp4", "new.jpg", "old.jpg", "text.txt"],
        "type:(PHOTOS OR VIDEOS)": ["clip.mp4", "new.jpg", "old.jpg"],
        "type:(PHOTOS)": ["new.jpg", "old.jpg"],
        "type:(VIDEOS)": ["clip.mp4"],
        "type:(SOMETHING)": [],
        "type:(PHOTOS) AND timeYear:(2019)": ["old.jpg"],
        "type:(PHOTOS OR VIDEOS) AND timeYear:(2023) AND timeMonth:(8)"
        " AND timeDay:(14)": ["new.jpg"],
        "timeMonth:(07 OR 8)": ["new.jpg", "old.jpg"],
        "timeDay:(15)": [],
        "things:(plant AND beach OR moon)": [],
        "people:(CyChdySYdfj7DHsjdSHdy)": [],
        "location:(CAN#BC#Vancouver)": [],
        "clusterId:x AND type:PHOTOS": [],
        "name:old*": ["old.jpg"],
        "contentProperties.extension:jpg": ["new.jpg", "old.jpg"],
        "favorite:true": [],
        "contentProperties.contentDate:[2020-01-01 TO *]": ["new.jpg"],
    }.items():
        # A day on which the tests run must not add to these.
        expected = [
            name for name in names if name.endswith(".jpg") or "Day" not in filters
        ]
        assert found(album, filters) == expected, filters


def test_newest_first_by_the_day_it_was_taken(album: Drive) -> None:
    page = search(album, "type:PHOTOS", sort="")
    assert [node["name"] for node in page["data"]] == ["new.jpg", "old.jpg"]

    page = search(
        album, "type:PHOTOS", sort="['contentProperties.contentDate ASC']", limit="1"
    )
    assert [node["name"] for node in page["data"]] == ["old.jpg"]
    assert page["count"] == 2

    page = search(album, "type:PHOTOS", limit="1", offset="1")
    assert [node["name"] for node in page["data"]] == ["old.jpg"]


def test_favourites_and_what_is_hidden(album: Drive) -> None:
    (old,) = album.find("name:old.jpg")
    body = {"settings": {"favorite": True}, "resourceVersion": "V2"}
    assert album.ok("PATCH", f"nodes/{old['id']}", json=body)["settings"] == {
        "favorite": True
    }
    assert found(album, "favorite:(true)") == ["old.jpg"]
    assert search(album, "")["aggregations"]["favorite"] == [
        {"count": 1, "match": "true", "searchData": {}}
    ]

    body = {"settings": {"hidden": True}, "resourceVersion": "V2"}
    album.ok("PATCH", f"nodes/{old['id']}", json=body)
    assert found(album, "type:PHOTOS") == ["new.jpg"]
    assert found(album, "hidden:true") == ["old.jpg"]
    assert "old.jpg" in album.names()  # hidden from the pictures, not from the drive

    both = {"settings": {"hidden": False, "favorite": False}, "resourceVersion": "V2"}
    album.ok("PATCH", f"nodes/{old['id']}", json=both)
    assert found(album, "type:PHOTOS") == ["new.jpg", "old.jpg"]
    assert found(album, "favorite:true") == []


def test_settings_that_are_none(drive: Drive) -> None:
    node = drive.folder("x")
    for settings in (1, {"favorite": "yes"}, ["hidden"]):
        body = {"settings": settings, "resourceVersion": "V2"}
        drive.refused(400, "PATCH", f"nodes/{node}", json=body)
    # The older interface does not know them.
    drive.ok("PATCH", f"nodes/{node}", json={"settings": {"hidden": True}})
    assert "settings" not in drive.node(node)


def test_the_counts(album: Drive) -> None:
    page = search(album, "type:PHOTOS", groupByForTime="year")
    assert set(page["aggregations"]) == {
        *("allPeople", "clusterId", "favorite", "location"),
        *("people", "things", "time", "type"),
    }
    assert page["nodeToSearchScoreMap"] == {}
    assert page["aggregations"]["type"] == [
        {"count": 2, "match": "PHOTOS", "searchData": {}}
    ]

    def times(group: str) -> list[str]:
        page = search(album, "type:PHOTOS", groupByForTime=group)
        return [one["match"] for one in page["aggregations"]["time"]]

    assert times("year") == ["2023", "2019"]
    assert times("month") == ["2023-08", "2019-07"]
    assert times("day") == ["2023-08-14", "2019-07-06"]
    album.refused(400, "GET", "search", params={"groupByForTime": "week"})


def test_one_category(album: Drive) -> None:
    params = {"aggregationContext": "all", "category": "type", "resourceVersion": "V2"}
    counted = album.ok("GET", "search/aggregation", params=params)
    assert {one["match"]: one["count"] for one in counted["aggregations"]} == {
        "PHOTOS": 2,
        "VIDEOS": 1,
        "OTHER": 1,
    }
    for category in ("people", "familyMembers"):
        params["category"] = category
        empty = album.ok("GET", "search/aggregation", params=params)
        assert empty == {"aggregations": []}
    params["category"] = "nothing"
    album.refused(400, "GET", "search/aggregation", params=params)


def test_the_trash_and_others_are_not_searched(album: Drive, other: Drive) -> None:
    (old,) = album.find("name:old.jpg")
    album.ok("PUT", f"trash/{old['id']}")

    assert found(album, "type:PHOTOS") == ["new.jpg"]
    assert found(other, "") == []


@pytest.mark.parametrize(
    "filters", ["timeYear:(soon)", "favorite:maybe", "type:", "isRoot", "size:3"]
)
def test_filters_that_are_none(drive: Drive, filters: str) -> None:
    body = drive.refused(400, "GET", "search", params=BASE | {"filters": filters})
    assert body["message"].startswith("Invalid filter:")


def test_how_far_one_can_page(drive: Drive) -> None:
    ok = BASE | {"offset": "9799", "limit": "200"}
    assert drive.ok("GET", "search", params=ok)["data"] == []
    far = BASE | {"offset": "9800", "limit": "200"}
    body = drive.refused(400, "GET", "search", params=far)
    assert body["message"] == "Offset + limit cannot be greater than 9999"


def test_nodes_have_the_keys_of_v2(album: Drive) -> None:
    (node,) = search(album, "name:old.jpg")["data"]

    assert node["isRoot"] is False
    assert node["parentMap"] == {"FOLDER": node["parents"]}
    assert node["assets"][0]["kind"] == "ASSET"
    assert "parentMap" not in album.node(node["id"])
