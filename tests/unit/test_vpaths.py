from __future__ import annotations

import tracemalloc

import pytest

from acd_tui.vfs import paths as module
from acd_tui.vfs.path import VPath
from acd_tui.vfs.paths import PackedPaths, packed, without_repeated


def paths(*texts: str) -> tuple[VPath, ...]:
    return tuple(map(VPath.parse, texts))


VARIOUS = paths("a/b", "a/c d", "ſ/🎈", "top", "a/b/c/d")


def test_many_come_back_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    assert packed(VARIOUS) == VARIOUS
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    for given in (VARIOUS, (*VARIOUS, VPath()), (VPath(("\udcff",)), *VARIOUS)):
        many = packed(iter(given))
        assert isinstance(many, PackedPaths)
        assert tuple(many) == given
        assert many == given
        assert many == packed(given)
        assert many != given[:-1]
        assert many != packed([*given[:-1], VPath(("else",))])
        assert many[1:3] == given[1:3]
        assert many[-1] == given[-1]
        assert given[2] in many
        assert VPath(("no",)) not in many
        assert hash(many) == hash(packed(given))


@pytest.mark.parametrize("at_once", [1, 100])
def test_what_is_named_twice_or_lies_in_another_is_named_once(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    for given, wanted in (
        (paths("a", "b", "a"), paths("a", "b")),
        (paths("a/b/c", "a", "a/b", "ab"), paths("a", "ab")),
        (paths("a/x", "a/b/c", "d/a", "d/a/e/f"), paths("a/x", "a/b/c", "d/a")),
        (paths("", "a"), paths("")),
        (paths(""), paths("")),
        ((), ()),
    ):
        assert tuple(without_repeated(packed(given))) == wanted


def test_many_take_little_room() -> None:
    tracemalloc.start()
    try:
        folder = VPath(("large",))
        many = packed(folder / f"holiday at the lake {n:06}.jpg" for n in range(20_000))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 60 * len(many)
