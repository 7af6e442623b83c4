"""What becomes of an answer that got lost, or is not the service's: the real server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.errors import Denied, Exists, Transient
from acd_tui.vfs.path import VPath
from tests.conformance.laws import Given
from tests.drive_service import Service
from tests.server_process import FaultFile, running_server

pytestmark = pytest.mark.socket

A, B = VPath.parse("A"), VPath.parse("B")

_LOST = {"do": "reset", "when": "done", "times": 1}
_NOTHING = {"do": "answer", "status": 404, "body": ""}


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> FaultFile:
    return FaultFile(tmp_path_factory.mktemp("faults") / "faults.toml")


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, faults: FaultFile
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with running_server(folder, faults.arguments) as server:
        yield Service(server)


@pytest.fixture
async def drive(
    service: Service, faults: FaultFile, tmp_path: Path
) -> AsyncIterator[DriveFileSystem]:
    """An account with A/f and an empty folder B, its feed not followed."""
    faults.clear()
    user = service.new_account()
    async with service.drive(user, tmp_path / "m.sqlite", follow=False) as drive:
        for folder in (A, B):
            await drive.make_folder(folder)
        await drive.write(A / "f", Given(b"only copy"))
        await drive.refresh()
        yield drive
    faults.clear()


async def names(drive: DriveFileSystem) -> dict[str, list[str]]:
    await drive.refresh()
    return {
        str(path): sorted(each.name for each in await drive.list_now(path))
        for path in (A, B)
    }


async def linked(drive: DriveFileSystem) -> None:
    node, folder = [await drive.node(path) for path in (A / "f", B)]
    await drive._client.nodes.add_parent(node.id, folder.id)
    await drive.refresh()


async def move(drive: DriveFileSystem) -> None:
    entry = await drive.move(A / "f", B / "f")
    assert entry.name == "f"
    assert await names(drive) == {"/A": [], "/B": ["f"]}


async def move_and_rename(drive: DriveFileSystem) -> None:
    entry = await drive.move(A / "f", B / "g")
    assert entry.name == "g"
    assert await names(drive) == {"/A": [], "/B": ["g"]}


async def rename(drive: DriveFileSystem) -> None:
    await drive.move(A / "f", A / "g")
    assert await names(drive) == {"/A": ["g"], "/B": []}


async def move_folder(drive: DriveFileSystem) -> None:
    await drive.move(A, B / "A")
    assert [e.name for e in await drive.list_now(B / "A")] == ["f"]


async def make(drive: DriveFileSystem) -> None:
    await drive.make_folder(A / "new")
    assert await names(drive) == {"/A": ["f", "new"], "/B": []}


async def trash(drive: DriveFileSystem) -> None:
    key = await drive.trash(A / "f")
    assert key is not None
    assert await names(drive) == {"/A": [], "/B": []}


async def restore(drive: DriveFileSystem) -> None:
    key = await drive.trash(A / "f")
    assert key is not None
    assert await drive.restore(key) == A / "f"
    assert await names(drive) == {"/A": ["f"], "/B": []}


async def restore_elsewhere(drive: DriveFileSystem) -> None:
    key = await drive.trash(A / "f")
    assert key is not None
    assert await drive.restore(key, to=B / "g") == B / "g"
    assert await names(drive) == {"/A": [], "/B": ["g"]}


async def let_go(drive: DriveFileSystem) -> None:
    await linked(drive)
    key = await drive.trash(A / "f")
    assert key is not None
    assert await names(drive) == {"/A": [], "/B": ["f"]}
    assert await drive.list_trash() == []


async def give_back(drive: DriveFileSystem) -> None:
    await linked(drive)
    key = await drive.trash(A / "f")
    assert key is not None
    assert await drive.restore(key) == A / "f"
    assert await names(drive) == {"/A": ["f"], "/B": ["f"]}


async def annotate(drive: DriveFileSystem) -> None:
    await drive.annotate(A / "f", description="d", labels=["l"])
    assert (await drive.details(A / "f")).labels == ("l",)


async def write(drive: DriveFileSystem) -> None:
    await drive.write(A / "g", Given(b"new"))
    assert await names(drive) == {"/A": ["f", "g"], "/B": []}


async def overwrite(drive: DriveFileSystem) -> None:
    there = await drive.stat(A / "f")
    await drive.write(A / "f", Given(b"new"), replacing=there)
    assert (await drive.stat(A / "f")).size == 3


_CHANGES = [
    *(move, move_and_rename, move_folder, rename, make, trash, restore),
    *(restore_elsewhere, let_go, give_back, annotate, write, overwrite),
]


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("change", _CHANGES)
async def test_a_lost_answer_to_any_call_is_no_failure(
    drive: DriveFileSystem,
    faults: FaultFile,
    change: Callable[[DriveFileSystem], Awaitable[None]],
    number: int,
) -> None:
    each = [
        {"method": m, "after": number, **_LOST}
        for m in ("POST", "PUT", "PATCH", "DELETE")
    ]
    faults.set(*each)
    await change(drive)


@pytest.mark.parametrize(
    "trouble",
    [
        {"do": "answer", "error": "rate-exceeded"},
        {"do": "answer", "error": "503-empty"},
        {"do": "reset", "when": "received"},
    ],
)
async def test_a_folder_is_made_as_soon_as_the_service_is_well(
    drive: DriveFileSystem, faults: FaultFile, trouble: dict[str, str]
) -> None:
    faults.set({"operation": "create_folder", "times": 2, **trouble})
    await make(drive)


@pytest.mark.parametrize("refused", [False, True])
async def test_a_folder_that_was_there_is_none_that_was_made(
    drive: DriveFileSystem, faults: FaultFile, *, refused: bool
) -> None:
    folder = await drive.node(A)
    await drive._client.nodes.create_folder("new", folder.id)
    if refused:  # which makes none
        trouble = {"do": "answer", "error": "rate-exceeded"}
        faults.set({"operation": "create_folder", "times": 1, **trouble})
    with pytest.raises(Exists):
        await drive.make_folder(A / "new")


@pytest.mark.parametrize(
    "operations", [["get_node"], ["get_node", "list_nodes"]], ids=["one", "all"]
)
async def test_a_404_that_says_nothing_takes_no_file_away(
    drive: DriveFileSystem, faults: FaultFile, operations: list[str]
) -> None:
    faults.set({"operation": operations, **_NOTHING})
    with pytest.raises(Transient):
        await drive.confirm(A / "f")
    faults.clear()
    await drive.refresh()  # the feed has nothing to say
    assert [entry.name for entry in await drive.list(A)] == ["f"]


async def test_a_404_that_says_nothing_is_believed_of_what_is_gone(
    drive: DriveFileSystem, faults: FaultFile
) -> None:
    node = await drive.node(A / "f")
    await drive._client.trash.add(node.id)
    faults.set({"operation": "get_node", **_NOTHING})
    assert await drive.confirm(A / "f") is None
    faults.clear()
    assert await drive.list(A) == []


async def test_the_whole_drive_is_read_though_the_stream_breaks_off(
    drive: DriveFileSystem, faults: FaultFile
) -> None:
    faults.set({"operation": "changes", "do": "changes", "cut": 1, "times": 1})
    await drive.rebuild()
    assert (await drive.mirror_status()).problem is None


@pytest.mark.parametrize("when", ["start", "done"])
@pytest.mark.parametrize(
    "operation", ["patch_node", "add_child", "remove_child", "restore_node"]
)
async def test_what_was_restored_elsewhere_in_part_is_there_in_the_end(
    service: Service, faults: FaultFile, tmp_path: Path, operation: str, when: str
) -> None:
    faults.clear()
    user, mirror = service.new_account(), tmp_path / "m.sqlite"
    async with service.drive(user, mirror, follow=False) as drive:
        for folder in (A, B):
            await drive.make_folder(folder)
        await drive.write(A / "f", Given(b"only copy"))
        key = await drive.trash(A / "f")
        assert key is not None
        # So long that it is not waited for.
        gone = {"do": "answer", "status": 503, "retry_after": 300, "when": when}
        faults.set({"operation": operation, **gone})
        with pytest.raises(Transient):
            await drive.restore(key, to=B / "g")
    faults.clear()
    async with service.drive(user, mirror, follow=False) as drive:
        if (operation, when) != ("restore_node", "done"):
            await drive.restore(key, to=B / "g")
        found = await names(drive)
        between = {("add_child", "done"), ("remove_child", "start")}
        assert found["/B"] == ["g"]
        assert found["/A"] == (["g"] if (operation, when) in between else [])


async def test_what_is_refused_is_not_sent_once_more_without_its_time(
    drive: DriveFileSystem, faults: FaultFile
) -> None:
    await drive.write(A / "first", Given(b"first"))
    refused = {"do": "answer", "error": "not-registered"}
    faults.set({"operation": "upload", "times": 1, **refused})
    with pytest.raises(Denied):
        await drive.write(A / "second", Given(b"second"))
