from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.errors import Denied
from acd_tui.vfs.path import VPath

NAMES = st.text(min_size=1).filter(
    lambda n: n not in {".", ".."} and "/" not in n and "\0" not in n
)


@pytest.mark.parametrize("text", ["", "/", "./", "//"])
def test_the_root_has_many_spellings(text: str) -> None:
    assert VPath.parse(text) == VPath()
    assert VPath.parse(text).is_root


@pytest.mark.parametrize("text", ["..", "a/../b", "a/\0"])
def test_a_path_cannot_lead_out(text: str) -> None:
    with pytest.raises(Denied):
        VPath.parse(text)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/", "a\0b"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Denied):
        VPath() / name


@given(st.lists(NAMES, max_size=5))
def test_text_and_back(names: list[str]) -> None:
    path = VPath().joined(tuple(names))
    assert VPath.parse(str(path)) == path
    assert path.relative_to(VPath()) == tuple(names)


def test_family() -> None:
    path = VPath.parse("/a/b/c")
    assert path.name == "c"
    assert path.parent == VPath.parse("a/b")
    assert list(path.parents) == [VPath.parse("a/b"), VPath.parse("a"), VPath()]
    assert VPath().parent == VPath()
    assert VPath().name == ""


def test_within_goes_by_names_not_by_letters() -> None:
    assert VPath.parse("/a/b").is_within(VPath.parse("/a"))
    assert VPath.parse("/a").is_within(VPath.parse("/a"))
    assert not VPath.parse("/ab").is_within(VPath.parse("/a"))
    with pytest.raises(ValueError, match="not within"):
        VPath.parse("/ab").relative_to(VPath.parse("/a"))
