from __future__ import annotations

from typing import Any

from acd_tui.api.models import ChangeSet, ContentProperties, Node
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.drive.usage import Total
from acd_tui.vfs.path import VPath
from tests.drive.nodes import file, folder, root

ENCODER = Encoder("Slash,InvalidUtf8,Dot")


def sized(size: int) -> dict[str, Any]:
    return {"content_properties": ContentProperties(size=size)}


async def fill(mirror: Mirror, *nodes: Node) -> None:
    change = ChangeSet(checkpoint="1", reset=True, nodes=[root(), *nodes])
    await mirror.follow(change, after=None, afresh=True)


async def usage(mirror: Mirror, path: str = "") -> dict[str, Total]:
    found = await mirror.usage(VPath.parse(path), ENCODER)
    return {entry.name: total for entry, total in found if entry.is_folder}


async def test_sums_of_every_folder_as_they_change(mirror: Mirror) -> None:
    await fill(
        mirror,
        file("1", "deep", **sized(5)),
        folder("deep", "a"),
        folder("a"),
        folder("b"),
        file("2", "a", **sized(7)),
        file("3", "b", content_properties=None),
        file("4", **sized(100)),
    )
    assert await usage(mirror) == {"a": Total(12, 2, 1), "b": Total(0, 1, 0)}
    assert await usage(mirror, "A") == {"deep": Total(5, 1, 0)}
    await mirror.learn([folder("deep", "b", version=2)])
    assert await usage(mirror) == {"a": Total(7, 1, 0), "b": Total(5, 2, 1)}
    await mirror.forget("1")
    assert await usage(mirror, "b") == {"deep": Total(0, 0, 0)}


async def test_only_what_a_listing_leads_to_counts(mirror: Mirror) -> None:
    trashed: dict[str, Any] = {"status": "TRASH", "exclusively_trashed": True}
    await fill(
        mirror,
        folder("a"),
        file("1", "a", **sized(1)),
        file("2", "a", **sized(2), **trashed),
        folder("bin", "a", **trashed),
        file("3", "bin", **sized(4)),
        folder("x", "y"),
        folder("y", "x"),
        file("4", "x", **sized(8)),
        file("5", "nowhere", **sized(16)),
        file("6", "a", status="PENDING", **sized(32)),
        Node(id="asset", kind="ASSET", status="AVAILABLE", parents=["a"]),
    )
    assert await usage(mirror) == {"a": Total(1, 1, 0)}


async def test_a_root_that_says_it_lies_in_itself(mirror: Mirror) -> None:
    node = Node(
        id="root",
        kind="FOLDER",
        status="AVAILABLE",
        is_root=True,
        parents=["a"],
        version=9,
    )
    await fill(mirror, folder("a"), file("1", "a", **sized(1)))
    await mirror.learn([node])
    assert await usage(mirror) == {"a": Total(1, 1, 0)}


async def test_a_chain_of_many_folders(mirror: Mirror) -> None:
    nodes = [folder(f"f{n}", f"f{n - 1}" if n else "root") for n in range(3000)]
    await fill(mirror, *nodes, file("1", "f2999", **sized(9)))
    assert await usage(mirror) == {"f0": Total(9, 1, 2999)}
