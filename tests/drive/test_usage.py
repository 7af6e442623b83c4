from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd_tui.api.models import ChangeSet, ContentProperties, Node
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.drive.usage import Total
from acd_tui.vfs.path import VPath
from tests.drive.nodes import ROOT, file, folder, root

ENCODER = Encoder("Slash,InvalidUtf8,Dot")


def sized(size: int) -> dict[str, Any]:
    return {"content_properties": ContentProperties(size=size)}


async def fill(mirror: Mirror, *nodes: Node) -> None:
    change = ChangeSet(checkpoint="1", reset=True, nodes=[root(), *nodes])
    await mirror.follow(change, after=None, afresh=True)
    await mirror.settle(1.0, after="1")


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


IDS = st.sampled_from("abcde")
NODES = st.tuples(
    IDS,
    st.sampled_from(["a", "b", "c", ROOT, "nowhere"]),
    st.sampled_from(["FILE", "FOLDER"]),
    st.sampled_from(["AVAILABLE", "AVAILABLE", "TRASH", "PURGED"]),
    st.integers(0, 9),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.lists(NODES, max_size=3), max_size=6))
async def test_totals_that_are_kept_are_those_of_a_count(
    mirror: Mirror, steps: list[list[tuple[str, str, str, str, int]]]
) -> None:
    after = (await mirror.position()).checkpoint
    change = ChangeSet(checkpoint=f"{after}+", reset=True, nodes=[root()])
    await mirror.follow(change, after=after, afresh=True)
    await mirror.settle(1.0, after=change.checkpoint)
    for number, step in enumerate(steps):
        nodes = [
            Node(
                id=node_id,
                name=node_id,
                parents=[parent],
                kind=kind,
                status=status,
                version=number,
                content_properties=ContentProperties(size=size),
            )
            for node_id, parent, kind, status, size in step
        ]
        await mirror.learn(nodes)
        if number % 2:
            await mirror.settle(1.0, after=change.checkpoint)
        entries = (await mirror.listing((), ENCODER)).entries or ()
        counted = {
            entry.name: await count(mirror, (entry.name,))
            for entry in entries
            if entry.is_folder
        }
        assert await usage(mirror) == counted


async def count(mirror: Mirror, path: tuple[str, ...]) -> Total:
    """What a folder holds, by a walk through all that is below."""
    size = files = folders = 0
    for entry in (await mirror.listing(path, ENCODER)).entries or ():
        if entry.is_folder:
            inside = await count(mirror, (*path, entry.name))
            size, files = size + inside.size, files + inside.files
            folders += inside.folders + 1
        else:
            size, files = size + (entry.size or 0), files + 1
    return Total(size, files, folders)


async def test_sizes_beyond_all_bounds(mirror: Mirror) -> None:
    nodes = [file(str(number), "a", **sized(2**63 - 1)) for number in range(3)]
    await fill(mirror, folder("a"), *nodes)
    assert (await usage(mirror))["a"].files == 3
    await mirror.learn([file("1", "a", version=2, **sized(1))])
    assert (await usage(mirror))["a"].size > 2**62
    await mirror.settle(2.0, after="1")
    assert (await usage(mirror))["a"].files == 3
