"""The client against the real server in its own process."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from acd_tui.api.client import DriveClient
from acd_tui.api.errors import NameConflict, NodeNotFound
from acd_tui.clock import SystemClock
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket


class Headers(httpx.Auth):
    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    async def async_auth_flow(self, request: httpx.Request):  # type: ignore[no-untyped-def]
        request.headers.update(self._headers)
        yield request


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
async def drive(server: ServerProcess) -> AsyncIterator[DriveClient]:
    async with DriveClient(
        endpoint_url=server.endpoint_url,
        auth=Headers(server.headers()),
        clock=SystemClock(),
    ) as client:
        yield client


@pytest.fixture
async def folder(drive: DriveClient, tmp_path: Path) -> str:
    """A fresh folder in the root."""
    root = await drive.nodes.root()
    return (await drive.nodes.create_folder(os.urandom(8).hex(), root.id)).id


async def pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 1 << 18):
        yield data[start : start + (1 << 18)]


async def names(drive: DriveClient, folder: str) -> list[str | None]:
    return sorted(
        [node.name async for page in drive.nodes.children(folder) for node in page],
        key=str,
    )


async def put(drive: DriveClient, folder: str, name: str, data: bytes) -> str:
    node = await drive.content.upload(folder, name, pieces(data), len(data))
    assert node.content_properties is not None
    assert node.content_properties.md5 == hashlib.md5(data).hexdigest()
    return node.id


@pytest.mark.parametrize("size", [0, 1, 4096, 3_000_000])
async def test_bytes_there_and_back(drive: DriveClient, folder: str, size: int) -> None:
    data = os.urandom(size)
    node_id = await put(drive, folder, "f.bin", data)

    for offset in {0, size // 2, max(0, size - 1), size}:
        async with drive.content.open(node_id, offset=offset) as source:
            assert b"".join([piece async for piece in source]) == data[offset:]


async def test_a_temporary_link(drive: DriveClient, folder: str) -> None:
    node_id = await put(drive, folder, "f", b"0123456789")
    node = await drive.nodes.get(node_id, temp_link=True)
    assert node.temp_link

    async with drive.content.open_link(node.temp_link, offset=4) as source:
        assert b"".join([piece async for piece in source]) == b"456789"


@pytest.mark.parametrize(
    "name",
    [
        "plain.txt",
        'f+(x) "q" é.txt',
        "\r\n\t\x1b[31m\x7f",
        "[red]",
        "a\\",
        "‛／．␀",
        "*?~^!&|:'",
        "\U0001f600 ",
        "-x",
        "%2e%2e",
        "AND OR NOT",
    ],
)
async def test_any_name_is_found_again(
    drive: DriveClient, folder: str, name: str
) -> None:
    node_id = await put(drive, folder, name, b"x")

    found = await drive.nodes.lookup(folder, name)

    assert found is not None
    assert (found.id, found.name) == (node_id, name)
    assert await names(drive, folder) == [name]
    assert await drive.nodes.lookup(folder, name + "x") is None


async def test_clashes_name_what_is_there(drive: DriveClient, folder: str) -> None:
    there = await put(drive, folder, "Name.txt", b"1")

    with pytest.raises(NameConflict) as caught:
        await drive.content.upload(folder, "nAME.TXT", pieces(b"2"), 1)
    assert caught.value.node_id == there
    with pytest.raises(NameConflict) as caught:
        await drive.nodes.create_folder("name.txt", folder)
    assert caught.value.node_id == there


async def test_overwriting_keeps_the_node(drive: DriveClient, folder: str) -> None:
    node_id = await put(drive, folder, "f", b"old")

    node = await drive.content.overwrite(node_id, pieces(b"newer"), 5, name="f")

    assert node.id == node_id
    assert node.content_properties is not None
    assert (node.content_properties.size, node.content_properties.version) == (5, 2)


async def test_properties_travel_with_the_upload(
    drive: DriveClient, folder: str
) -> None:
    properties = {"acdtui": {"mtime": "1700000000123456789"}}
    node = await drive.content.upload(
        folder, "f", pieces(b"1"), 1, properties=properties
    )

    assert (await drive.nodes.get(node.id)).properties == properties
    await drive.nodes.put_property(node.id, "acdtui", "mtime", "5")
    assert (await drive.nodes.get(node.id)).properties == {"acdtui": {"mtime": "5"}}


async def test_rename_move_trash_restore(drive: DriveClient, folder: str) -> None:
    inner = (await drive.nodes.create_folder("inner", folder)).id
    node_id = await put(drive, folder, "f", b"1")

    assert (await drive.nodes.rename(node_id, "g")).name == "g"
    assert (await drive.nodes.move(node_id, folder, inner)).parents == [inner]
    assert (await drive.trash.add(node_id)).status == "TRASH"
    assert await names(drive, inner) == []
    trashed = [node.id async for page in drive.trash.list() for node in page]
    assert node_id in trashed
    assert (await drive.trash.restore(node_id)).status == "AVAILABLE"
    assert await names(drive, inner) == ["g"]


async def test_several_pages(drive: DriveClient, folder: str) -> None:
    for number in range(205):
        await drive.nodes.create_folder(f"{number:03}", folder)

    assert await names(drive, folder) == [f"{n:03}" for n in range(205)]


async def test_changes_from_a_checkpoint(drive: DriveClient, folder: str) -> None:
    checkpoint = None
    async for change in drive.changes.stream(None):
        checkpoint = change.checkpoint or checkpoint
    assert checkpoint
    node_id = await put(drive, folder, "f", b"1")

    changed: list[str] = []
    async for change in drive.changes.stream(checkpoint):
        assert not change.reset
        changed += [node.id for node in change.nodes]
    assert node_id in changed


async def test_the_account(drive: DriveClient) -> None:
    quota = await drive.account.quota()

    assert quota.quota is not None
    assert quota.available is not None
    assert (await drive.account.info()).status == "ACTIVE"
    assert (await drive.account.usage()).doc.total.count >= 0


async def test_what_is_not_there(drive: DriveClient) -> None:
    with pytest.raises(NodeNotFound):
        await drive.nodes.get("AAAAAAAAAAAAAAAAAAAAAA")
