from __future__ import annotations

from typing import Any

import pytest

from acd_tui.api.models import ChangeSet, Node
from acd_tui.drive.mirror import Mirror
from tests.drive.nodes import file, folder, root


async def fill(mirror: Mirror, *nodes: Node) -> None:
    change = ChangeSet(checkpoint="1", reset=True, nodes=[root(), *nodes])
    await mirror.follow(change, after=None, afresh=True)


async def found(mirror: Mirror, text: str, limit: int = 100) -> list[str]:
    hits = await mirror.search(text, limit)
    return ["/".join((*path, row.name)) for row, path in hits]


async def test_any_part_of_a_name_anywhere_folders_first(mirror: Mirror) -> None:
    await fill(
        mirror,
        file("1", "deep", "a-CATalogue"),
        folder("deep", "top", "Deep"),
        folder("top", name="Top"),
        folder("2", name="wildcat"),
        file("3", name="Concatenate"),
        file("4", name="dog"),
    )
    assert await found(mirror, "cAt") == [
        "wildcat",
        "Top/Deep/a-CATalogue",
        "Concatenate",
    ]
    assert await found(mirror, "cat", 2) == ["wildcat", "Top/Deep/a-CATalogue"]
    assert await found(mirror, "") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [("%", ["100%"]), ("_", ["a_b"]), ("'", ["it's"]), ("É", ["été"]), ("*", [])],
)
async def test_every_character_stands_for_itself(
    mirror: Mirror, text: str, names: list[str]
) -> None:
    given = ["100%", "a_b", "axb", "it's", "été"]
    await fill(mirror, *(file(str(n), name=name) for n, name in enumerate(given)))
    assert await found(mirror, text) == names


async def test_only_what_a_listing_leads_to(mirror: Mirror) -> None:
    trashed: dict[str, Any] = {"status": "TRASH", "exclusively_trashed": True}
    within: dict[str, Any] = {"status": "TRASH", "recursively_trashed": True}
    await fill(
        mirror,
        file("x1", **trashed),
        folder("bin", **trashed),
        file("x2", "bin", **within),
        file("x3", "bin"),
        file("x4", "nowhere"),
        folder("xa", "xb"),
        folder("xb", "xa"),
        file("x5", "xa"),
        file("x6", status="PENDING"),
        file("x7", parents=[]),
        file("x8", "good", "x"),
        file("x9", "good", "X"),
        folder("good"),
        file("x10", "good", "x10"),
    )
    assert await found(mirror, "x") == ["good/x", "good/x10"]


async def test_the_unreachable_do_not_count_towards_the_limit(mirror: Mirror) -> None:
    await fill(mirror, file("a1", "gone"), file("a2", "gone"), file("a3"))
    assert await found(mirror, "a", 1) == ["a3"]
