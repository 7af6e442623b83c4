"""Pictures: what the server reads of them, thumbnails, smaller ones on request."""

from __future__ import annotations

import asyncio
import io
import random
import sqlite3
import struct
import threading
import time
import zlib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from acd_tui.db import Database
from acd_tui.server import accounts, admin, media
from acd_tui.server.app import create_app
from acd_tui.server.check import check
from acd_tui.server.storage import Storage
from tests.server.conftest import Clocked, Drive, new_drive
from tests.server.pictures import jpeg, looked_into, other, png, size_of
from tests.server_process import running_server

_SETTLE = 60


def eventually(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _SETTLE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def bomb(width: int, height: int) -> bytes:
    """A few bytes that say they are a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data))
            + (kind + data)
            + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", head), chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    )


@pytest.mark.socket
def test_what_a_picture_says_of_itself(drive: Drive) -> None:
    node = drive.file("x.jpg", jpeg(64, 48, taken="2019:07:06 18:22:00", turned=6))
    looked_into(drive, node)

    properties = drive.node(node)["contentProperties"]

    assert properties["contentDate"] == "2019-07-06T18:22:00.000Z"
    assert properties["image"] == {
        "width": 48,
        "height": 64,
        "make": "Maker",
        "model": "Model",
        "orientation": "6",
        "dateTimeOriginal": "2019-07-06T18:22:00.000Z",
        "exposureTime": "1/125",
        "location": "49.260000,-123.100000",
    }
    assert drive.node(node)["version"] == 1
    assert drive.node(node)["createdDate"] == drive.node(node)["modifiedDate"]
    dated = "contentProperties.contentDate:[2019-07-06 TO 2019-07-07]"
    assert drive.names(dated) == ["x.jpg"]


@pytest.mark.socket
def test_the_change_feed_tells_of_it(drive: Drive) -> None:
    node = drive.file("x.jpg", jpeg())
    looked_into(drive, node)

    (line, _) = drive.changes()

    told = {one["id"]: one for one in line["nodes"]}
    assert set(told) == {drive.root, node}  # and of no asset
    assert "image" in told[node]["contentProperties"]
    again, _ = drive.changes(checkpoint=line["checkpoint"])
    assert again["nodes"] == []


@pytest.mark.socket
def test_assets_are_shown_on_request_alone(drive: Drive) -> None:
    node = drive.file("x.jpg", jpeg(1024, 768))
    looked_into(drive, node)

    (asset,) = drive.find("kind:ASSET")
    assert asset["parents"] == [node]
    assert asset["contentProperties"]["image"] == {"width": 512, "height": 384}
    assert drive.names() == ["/", "x.jpg"]
    assert drive.names("", f"nodes/{node}/children") == []
    inside = drive.ok("GET", f"nodes/{node}/children", params={"asset": "ALL"})
    assert [one["id"] for one in inside["data"]] == [asset["id"]]
    for query in ("asset=ALL", "assetMapping=ALL", "asset=MOBILE"):
        whole = drive.ok("GET", f"nodes/{node}?{query}")
        assert [one["id"] for one in whole["assets"]] == [asset["id"]]
        listed = drive.ok("GET", f"nodes?{query}&filters=name:x*")
        assert listed["count"] == 1
        assert listed["data"][0]["assets"] == whole["assets"]
    for query in ("asset=NONE", "asset=", ""):
        assert "assets" not in drive.ok("GET", f"nodes/{node}?{query}")
    linked = drive.ok("GET", f"nodes/{node}?asset=ALL&tempLink=true")["assets"][0]
    content = drive.content(asset["id"]).content
    assert httpx.get(linked["tempLink"]).content == content
    assert size_of(content) == (512, 384)


@pytest.mark.socket
def test_an_asset_goes_with_its_file(drive: Drive, other: Drive) -> None:
    node = drive.file("x.jpg", jpeg())
    looked_into(drive, node)
    (asset,) = (one["id"] for one in drive.find("kind:ASSET"))

    for method, path, body in (
        ("PUT", f"trash/{asset}", None),
        ("PATCH", f"nodes/{asset}", {"name": "y"}),
        ("PATCH", f"nodes/{asset}", {"parents": [drive.root]}),
        ("PUT", f"nodes/{drive.root}/children/{asset}", None),
        ("DELETE", f"nodes/{node}/children/{asset}", None),
        (
            "POST",
            f"nodes/{drive.root}/children",
            {"fromParent": node, "childId": asset},
        ),
    ):
        drive.refused(403, method, path, json=body)
    other.refused(404, "GET", f"nodes/{asset}")
    drive.ok("PUT", f"trash/{node}")
    assert drive.node(asset)["status"] == "TRASH"
    assert drive.names("kind:ASSET") == []
    assert drive.names("", "trash") == ["x.jpg"]
    drive.ok("POST", f"trash/{node}/restore")
    assert drive.node(asset)["status"] == "AVAILABLE"


@pytest.mark.socket
def test_assets_cost_nothing_and_hide_no_twin(drive: Drive) -> None:
    data = jpeg()
    looked_into(drive, drive.file("x.jpg", data))
    (asset,) = drive.find("kind:ASSET")

    photo = drive.ok("GET", "account/usage")["photo"]["total"]
    assert photo == {"bytes": len(data), "count": 1}
    md5 = asset["contentProperties"]["md5"]
    assert drive.names(f"contentProperties.md5:{md5}") == []
    copy = drive.send("copy.jpg", drive.content(asset["id"]).content, query="")
    assert copy.status_code == 201


@pytest.mark.socket
def test_new_content_is_looked_into_anew(drive: Drive) -> None:
    node = drive.file("x.jpg", jpeg(64, 48, taken="2019:07:06 18:22:00"))
    looked_into(drive, node)

    def overwrite(data: bytes, content_type: str) -> None:
        part = {"content": ("x", data, content_type)}
        drive.ok("PUT", f"{drive.c}nodes/{node}/content", files=part)

    overwrite(jpeg(20, 10), "image/jpeg")
    looked_into(drive, node)
    properties = drive.node(node)["contentProperties"]
    assert properties["image"]["width"] == 20
    assert "contentDate" not in properties
    assert len(drive.find("kind:ASSET")) == 1
    overwrite(b"no picture", "text/plain")
    assert "image" not in drive.node(node)["contentProperties"]
    assert drive.find("kind:ASSET") == []
    with admin.opened(drive.server.directory) as storage:
        assert not check(storage).problems


@pytest.mark.socket
def test_pictures_made_smaller(drive: Drive) -> None:
    node = drive.file("x.jpg", jpeg(900, 600, turned=6))
    url = f"{drive.c}nodes/{node}/content"

    for box, size in (
        (90, (60, 90)),
        (300, (200, 300)),
        (600, (400, 600)),
        (9000, (600, 900)),
    ):
        answer = drive.client.get(url, params={"viewBox": box})
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert size_of(answer.content) == size
    link = drive.ok("GET", f"nodes/{node}?tempLink=true")["tempLink"]
    assert size_of(httpx.get(link, params={"viewBox": 30}).content) == (20, 30)
    assert drive.client.get(url).content == jpeg(900, 600, turned=6)


@pytest.mark.socket
def test_where_one_can_see_through(drive: Drive) -> None:
    node = drive.file("x.png", png(100, 50, see_through=True))

    answer = drive.client.get(f"{drive.c}nodes/{node}/content?viewBox=10")

    assert answer.headers["content-type"] == "image/png"
    assert size_of(answer.content) == (10, 5)


@pytest.mark.socket
@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_other_formats(drive: Drive, form: str) -> None:
    node = drive.file(f"x.{form.lower()}", other(form))
    looked_into(drive, node)

    assert drive.node(node)["contentProperties"]["image"]["width"] == 40
    answer = drive.client.get(f"{drive.c}nodes/{node}/content?viewBox=20")
    assert size_of(answer.content) == (20, 10)


@pytest.mark.socket
@pytest.mark.parametrize("box", ["0", "-1", "x", "1.5", "9" * 30, "１"])
def test_no_such_size(drive: Drive, box: str) -> None:
    node = drive.file("x.jpg", jpeg())
    answer = drive.client.get(f"{drive.c}nodes/{node}/content", params={"viewBox": box})
    assert answer.status_code == 400


@pytest.mark.socket
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.txt", b"text"),
        ("x.jpg", b"no picture"),
        ("x.png", bomb(60_000, 60_000)),
        ("x.png", png(9, 9)[:45]),
        ("x.jpg", jpeg()[:200]),
        ("x.jpg", b""),
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("x.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
    ],
)
def test_what_cannot_be_scaled(drive: Drive, name: str, data: bytes) -> None:
    node = drive.file(name, data)
    answer = drive.client.get(f"{drive.c}nodes/{node}/content?viewBox=9")
    assert answer.status_code == 415
    assert drive.content(node).content == data
    # What comes after it is looked into all the same.
    looked_into(drive, drive.file("good.jpg", jpeg()))
    assert drive.names("kind:ASSET") == ["thumbnail.jpg"]


@pytest.mark.socket
def test_what_a_kill_interrupts_is_made_up(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, new_drive(server).client as client:
        drive = Drive(client, server, "")
        ids = [drive.file(f"{number}.jpg", jpeg(800, 600)) for number in range(30)]
        server.kill()
        server.start()
        looked_into(drive, *ids)
        assert len(drive.find("kind:ASSET")) == len(ids)
        with admin.opened(server.directory) as storage:
            eventually(lambda: not check(storage).problems)


@pytest.fixture
def quiet(clocked: Clocked) -> Clocked:
    """A server whose pictures nobody looks into but the test."""
    clocked.storage.closing[0]()
    clocked.storage.closing.clear()
    return clocked


async def add(server: Clocked, name: str, data: bytes) -> str:
    form: Any = {
        "metadata": (None, f'{{"name":"{name}","kind":"FILE"}}'),
        "content": ("x", data, "image/jpeg"),
    }
    answer = await server.client.post("/cdproxy/nodes", files=form)
    assert answer.status_code == 201
    return str(answer.json()["id"])


async def node_of(server: Clocked, node_id: str, query: str = "") -> dict[str, Any]:
    answer = await server.client.get(f"/drive/v1/nodes/{node_id}{query}")
    node: dict[str, Any] = answer.json()
    return node


@pytest.mark.socket
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_one_that_kills_the_server_is_given_up(
    quiet: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await add(quiet, "x.jpg", jpeg())
    killed: list[Path] = []
    died = threading.Event()

    def killing(path: Path) -> media.Facts:
        killed.append(path)
        died.set()
        raise SystemExit  # as a kill: nothing after it is done

    monkeypatch.setattr(media, "facts_of", killing)
    for start in range(3):
        died.clear()
        create_app(quiet.storage)
        assert await asyncio.to_thread(died.wait, _SETTLE)
        assert len(killed) == start + 1
    other = await add(quiet, "good.jpg", jpeg(9, 9))
    monkeypatch.undo()
    create_app(quiet.storage)
    while "image" not in (await node_of(quiet, other))["contentProperties"]:
        await asyncio.sleep(0.02)
    assert "image" not in (await node_of(quiet, node))["contentProperties"]


@pytest.mark.socket
async def test_content_that_changes_while_it_is_looked_into(
    quiet: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await add(quiet, "x.jpg", jpeg(60, 40))
    looked, go_on = threading.Event(), threading.Event()
    facts_of = media.facts_of

    def slow(source: media.Source) -> media.Facts:
        facts = facts_of(source)
        looked.set()
        assert go_on.wait(_SETTLE)
        return facts

    monkeypatch.setattr(media, "facts_of", slow)
    pictures = create_app(quiet.storage).state.pictures
    try:
        await asyncio.to_thread(looked.wait, _SETTLE)
        form = {"content": ("x", jpeg(20, 10), "image/jpeg")}
        path = f"/cdproxy/nodes/{node}/content"
        assert (await quiet.client.put(path, files=form)).status_code == 200
        go_on.set()
        while "image" not in (await node_of(quiet, node))["contentProperties"]:
            await asyncio.sleep(0.02)
    finally:
        go_on.set()
        pictures.stop()
    after = await node_of(quiet, node, "?asset=ALL")
    assert after["contentProperties"]["image"]["width"] == 20
    assert len(after["assets"]) == 1
    assert not check(quiet.storage).problems


@pytest.mark.socket
async def test_a_picture_trashed_before_it_was_looked_into(quiet: Clocked) -> None:
    node = await add(quiet, "x.jpg", jpeg())
    await quiet.client.put(f"/drive/v1/trash/{node}")
    pictures = create_app(quiet.storage).state.pictures
    try:
        while not (await node_of(quiet, node, "?asset=ALL")).get("assets"):
            await asyncio.sleep(0.02)
    finally:
        pictures.stop()

    (asset,) = (await node_of(quiet, node, "?asset=ALL"))["assets"]
    assert asset["status"] == "TRASH"
    assert asset["recursivelyTrashed"] is True
    assert not check(quiet.storage).problems


@pytest.mark.socket
async def test_without_pillow(quiet: Clocked, monkeypatch: pytest.MonkeyPatch) -> None:
    node = await add(quiet, "x.jpg", jpeg())
    monkeypatch.setattr(media, "available", lambda: False)

    pictures = create_app(quiet.storage).state.pictures

    assert pictures._thread is None
    path = f"/cdproxy/nodes/{node}/content"
    assert (await quiet.client.get(path)).content == jpeg()
    answer = await quiet.client.get(path, params={"viewBox": 9})
    assert answer.status_code == 501
    assert "Pillow" in answer.json()["message"]


def test_a_drive_from_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that were there before anybody looked into them are looked into."""
    # There were no histories then.
    monkeypatch.setattr("acd_tui.server.histories.begin_of", lambda *_: None)
    older = tmp_path / "schema"
    older.mkdir()
    for script in Path(str(files("acd_tui.server") / "schema")).glob("0[123]-*.sql"):
        (older / script.name).write_bytes(script.read_bytes())
    directory = tmp_path / "drive"
    (directory / "content/tmp").mkdir(parents=True)
    database = Database(directory / "index.sqlite", older)
    database.open()

    def fill(db: sqlite3.Connection) -> None:
        accounts.add_user(db, "owner", "", 0)
        for name, content_type in (("a.jpg", "image/jpeg"), ("a.txt", "text/plain")):
            db.execute(
                "INSERT INTO nodes (id, user, kind, name, name_key, status, version,"
                " created, modified, created_by, labels, parents, changed, content,"
                " content_version, size, md5, content_type) VALUES (?1, 1, 'FILE', ?1,"
                " ?1, 'AVAILABLE', 1, 0, 0, '', '[]', '[]', ?3, ?1, 1, 0, '', ?2)",
                (name, content_type, ord(name[-1])),
            )

    database.write_now(fill)
    database.close()
    storage = Storage(directory)
    storage.open()
    try:
        waiting = storage.db.read_now(
            lambda db: db.execute(
                "SELECT n.name FROM unseen u JOIN nodes n ON n.num = u.node"
            ).fetchall()
        )
    finally:
        storage.close()
    assert waiting == [("a.jpg",)]


@given(st.integers(0, 2**32 - 1))
def test_broken_pictures_are_no_pictures(seed: int) -> None:
    chance = random.Random(seed)
    form = chance.choice(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
    data = bytearray(jpeg() if form == "JPEG" else other(form))
    for _ in range(chance.randrange(1, 20)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    if chance.random() < 0.3:
        del data[chance.randrange(len(data)) :]
    _look_into(bytes(data))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_picture_or_none(data: bytes) -> None:
    for start in (
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"II*\0",
        b"BM",
    ):
        _look_into(start + data)


def _look_into(data: bytes) -> None:
    for look in (media.facts_of, lambda source: media.scaled(source, 16)):
        try:
            look(lambda: io.BytesIO(data))
        except media.NoPicture:
            pass
        except OSError as error:
            pytest.fail(f"{error!r}")


def test_pixels_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(bomb(7072, 7072))  # a bit above
    with pytest.raises(media.NoPicture, match="too many pixels"):
        media.facts_of(lambda: path.open("rb"))
    Image.new("L", (20_000, 1)).save(path)
    assert media.facts_of(lambda: path.open("rb")).image["width"] == 20_000
