"""amazon-photos takes our server for Amazon Photos."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.peers.amazon_photos import AmazonPhotos
from tests.peers.rclone import Rclone

# Installing takes its time once.
pytestmark = [pytest.mark.peer, pytest.mark.socket, pytest.mark.timeout(400)]

FILES = {
    "album/a.jpg": b"picture a",
    "album/b ü.png": b"picture b",
    "album/film.mp4": b"a film",
    "album/deeper/still/c.jpg": b"picture c" * 50_000,
    "album/notes.txt": b"no picture",
}


@pytest.fixture
def files(photos: AmazonPhotos) -> Path:
    for name, data in FILES.items():
        path = photos.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return photos.folder


UPLOAD = """
done = ap.upload("album", refresh=False, skip_dedup=True)
assert [answer.status_code for answer in done] == [201] * len(done), done
"""


def test_up_query_and_down(photos: AmazonPhotos, files: Path, rclone: Rclone) -> None:
    result = photos(
        UPLOAD
        + """
result = {
    "photos": names(ap.photos()),
    "videos": names(ap.videos()),
    "all": names(ap.query()),
    "named": names(ap.nodes_by_name(["a.jpg"])),
    "nodes": names(ap.nodes(["kind:FILE"])),
    "none": names(ap.nodes(["name:nowhere"])),
    "usage": {row.type: row.total_count for row in ap.usage().itertuples()},
}
ap.download(ids(ap.query()), out="down")
"""
    )

    pictures = ["a.jpg", "b ü.png", "c.jpg"]
    assert result == {
        "photos": pictures,
        "videos": ["film.mp4"],
        "all": [*pictures, "film.mp4"],
        "named": ["a.jpg"],
        "nodes": [*pictures, "film.mp4", "notes.txt"],
        "none": [],
        "usage": {"photo": 3, "video": 1, "doc": 1, "other": 0},
    }
    down = sorted(path.read_bytes() for path in (files / "down").iterdir())
    assert down == sorted(
        data for name, data in FILES.items() if not name.endswith(".txt")
    )
    rclone("check", "--checksum", str(files / "album"), "acd:album")


def test_folders_that_are_there_already(photos: AmazonPhotos, files: Path) -> None:
    result = photos(
        UPLOAD
        + """
ap.folders = ap.get_folders()
ap.tree = ap.build_tree()
Path("album/new.jpg").write_bytes(b"new")
again = ap.upload("album", refresh=False, skip_dedup=True)
result = [
    sorted(answer.status_code for answer in again),
    sorted(folder["name"] for folder in ap.folders),
    ap.find_path("album")["id"] == ap.nodes(["name:album"]).id[0],
]
"""
    )

    # It knows duplicates by the conflict.
    assert result == [[201] + [409] * 5, ["", "album", "deeper", "still"], True]


def test_trash_restore_and_purge(
    photos: AmazonPhotos, files: Path, browser: httpx.Client
) -> None:
    result = photos(
        UPLOAD
        + """
every = ids(ap.query())
ap.trash(every)
result = [names(ap.query()), names(ap.trashed())]
ap.restore(every[:2])
result.append(len(names(ap.query())))
ap.delete(every[2:])
result += [ids(ap.query()) == every[:2], names(ap.trashed())]
"""
    )

    media = ["a.jpg", "b ü.png", "c.jpg", "film.mp4"]
    assert result == [[], media, 2, True, []]
    page = browser.get("nodes", params={"filters": "kind:FILE"}).json()
    assert page["count"] == 3


def test_albums(photos: AmazonPhotos, files: Path) -> None:
    result = photos(
        UPLOAD
        + """
pictures = ids(ap.photos())
album = ap.create_album("Best of", pictures[:2])
added = ap.add_to_album(album["id"], pictures[2:])
removed = ap.remove_from_album(album["id"], pictures[:1])
renamed = ap.rename_album(album["id"], "Better")
inside = ap.client.get(
    f"{ap.drive_url}/nodes/{album['id']}/children", params=ap.base_params
).json()
result = {
    "kind": album["kind"],
    "name": renamed["name"],
    "errors": [added.get("errorMap"), removed.get("errorMap")],
    "inside": sorted(node["id"] for node in inside["data"]) == pictures[1:],
    "still": len(ids(ap.photos())),
}
"""
    )

    assert result == {
        "kind": "VISUAL_COLLECTION",
        "name": "Better",
        "errors": [{}, {}],
        "inside": True,
        "still": 3,
    }


def test_what_it_says_of_a_bad_filter(photos: AmazonPhotos) -> None:
    result = photos(
        """
answer = ap.client.get(f"{ap.drive_url}/search", params={"filters": "type:(((" })
result = [answer.status_code, answer.json()["message"].startswith("Invalid filter:")]
result.append(ap.nodes(["type:((("]) is None)
result.append(sorted(ap.aggregations("all", out=""))[:1] != [])
"""
    )

    assert result == [400, True, True, True]
