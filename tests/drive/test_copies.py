from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from acd_tui.api.models import ChangeSet, ContentProperties
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.errors import FolderNotFound
from acd_tui.vfs.path import VPath
from tests.drive.nodes import file, folder, root

ENCODER = Encoder("Slash,InvalidUtf8,Dot")
A, B, C = (digit * 32 for digit in "abc")


def holding(md5: str, size: int = 3) -> dict[str, Any]:
    return {"content_properties": ContentProperties(size=size, md5=md5)}


async def copies(
    mirror: Mirror, path: str, of: Collection[str] | None = None
) -> set[str]:
    hits = await mirror.copies(VPath.parse(path), of, ENCODER)
    return {"/".join((*hit.folder, hit.row.name)) for hit in hits}


async def fill(mirror: Mirror) -> None:
    trashed: dict[str, Any] = {"status": "TRASH", "exclusively_trashed": True}
    nodes = [
        folder("one", name="One"),
        folder("two", "one"),
        folder("bin", **trashed),
        file("a1", **holding(A)),
        file("a2", "two", **holding(A)),
        file("b1", "two", **holding(B)),
        file("b2", "two", **holding(B), **trashed),
        file("b3", "bin", **holding(B)),
        file("b4", "nowhere", **holding(B)),
        file("c1", "one", **holding(C)),
        file("empty1", "one", **holding("0" * 32, 0)),
        file("empty2", "one", **holding("0" * 32, 0)),
        file("new", "one", content_properties=None),
    ]
    change = ChangeSet(checkpoint="1", reset=True, nodes=[root(), *nodes])
    await mirror.follow(change, after=None, afresh=True)
    await mirror.settle(1.0, after="1")


async def test_copies_and_contents_of_what_can_be_reached(mirror: Mirror) -> None:
    await fill(mirror)
    # That b1 is alone is found out by who puts them together.
    assert await copies(mirror, "") == {"a1", "One/two/a2", "One/two/b1"}
    assert await copies(mirror, "one") == {"One/two/a2", "One/two/b1"}
    assert await copies(mirror, "", [A, C, "f" * 32]) == {"a1", "One/two/a2", "One/c1"}
    assert await copies(mirror, "ONE/two", {C}) == set()
    assert await mirror.contents(VPath(), ENCODER) == {A, B, C}
    assert await mirror.contents(VPath(("one", "two")), ENCODER) == {A, B}
    with pytest.raises(FolderNotFound):
        await copies(mirror, "a1")
