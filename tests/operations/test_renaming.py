"""Many names as lines of a text, and the moves that change them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.errors import AcdError, UsageError
from acd_tui.operations.renaming import (
    Change,
    Rules,
    as_line,
    as_lines,
    chains,
    checked,
    from_line,
    read_lines,
)
from acd_tui.printable import printable
from acd_tui.vfs.path import VPath

EXACT = Rules(case_insensitive=False, name_problem=lambda _name: None)
ANY_CASE = Rules(case_insensitive=True, name_problem=lambda _name: None)
NAMES = st.text(st.characters(codec=None, exclude_characters="/\0"), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


def p(text: str) -> VPath:
    return VPath.parse(text)


@given(NAMES | st.text("\\ nx\n\t\u202e\udcff4e01 \xa0", min_size=1))
def test_a_name_comes_back_from_its_line_whatever_is_in_it(name: str) -> None:
    line = as_line(name)
    assert from_line(line) == name
    assert from_line(f"  {line}\r") == name  # as an editor may have left it
    assert printable(line) == line == line.strip()
    line.encode()


def test_an_escape_that_is_none_is_an_error() -> None:
    for line in ("a\\b", "\\", "\\x4", "\\UFFFFFFFF"):
        with pytest.raises(UsageError, match="is no escape"):
            from_line(line)


def test_lines_say_in_which_folder_where_there_are_several() -> None:
    assert as_lines([p("/a/x"), p("/a/y")]) == ["x", "y"]
    assert as_lines([p("/a/x"), p("/a/b/y")]) == ["x", "b/y"]
    assert as_lines([p("/a/x\n"), p("/b")]) == ["a/x\\n", "b"]


def read(paths: Sequence[str], lines: Sequence[str]) -> list[tuple[str, str | None]]:
    found = read_lines([p(each) for each in paths], lines)
    return [(change.name, change.problem) for change in found]


def test_only_what_differs_is_a_change() -> None:
    paths = ["/a/x", "/a/bad\udcff", "/a/y"]
    assert read(paths, ["x", "bad\\udcff", "z"]) == [("z", None)]


def test_what_cannot_be_a_name_is_said() -> None:
    assert read(["/a/x"], ["b/x"]) == [("x", "a name holds no /")]
    assert read(["/a/x"], [""]) == [("", "a name cannot be empty")]
    for wrong in ("..", "\\x00"):
        assert "cannot be the name" in str(read(["/a/x"], [wrong])[0][1])
    ((_, problem),) = read(["/a/x", "/a/b/y"], ["x", "c/y"])
    assert "not the folder" in str(problem)
    assert read(["/a/x", "/a/b/y"], ["x", "b/z"]) == [("z", None)]


def steps(
    changes: Sequence[Change], taken: Mapping[VPath, Collection[str]], rules: Rules
) -> list[tuple[VPath, VPath]]:
    """All moves, one after the other."""
    return [move for chain in chains(changes, taken, rules) for move in chain]


def problems(changes: dict[str, str], names: str, rules: Rules = EXACT) -> str:
    found = checked(
        [Change(p(f"/{old}"), new) for old, new in changes.items()],
        {VPath(): names.split()},
        rules,
    )
    return "; ".join(change.problem or "fine" for change in found)


def test_clashes_are_said() -> None:
    assert problems({"a": "c"}, "a b") == "fine"
    assert problems({"a": "b"}, "a b") == "the name is taken"
    assert problems({"a": "B"}, "a b") == "fine"
    assert problems({"a": "B"}, "a b", ANY_CASE) == "the name is taken"
    assert problems({"a": "A"}, "a b", ANY_CASE) == "fine"
    assert problems({"a": "b", "b": "a"}, "a b") == "fine; fine"
    both = "several would have this name; several would have this name"
    assert problems({"a": "c", "b": "c"}, "a b") == both
    assert problems({"a": "c", "b": "C"}, "a b", ANY_CASE) == both
    picky = Rules(case_insensitive=False, name_problem=lambda name: f"no {name}")
    assert problems({"a": "c"}, "a", picky) == "no c"


def carried_out(
    names: Sequence[str], changes: dict[str, str], rules: Rules
) -> set[str]:
    """Take the steps on a folder that refuses a name in use; each file keeps its name."""
    files = {name: name for name in names}
    wanted = [Change(p(f"/{old}"), new) for old, new in changes.items()]
    for source, target in steps(wanted, {VPath(): names}, rules):
        used = {rules.key(name) for name in files if name != source.name}
        assert rules.key(target.name) not in used
        files[target.name] = files.pop(source.name)
    assert {old: new for new, old in files.items() if new != old} == changes
    return set(files)


@given(st.permutations("abcdef"), st.booleans())
def test_names_passed_on_in_any_way_arrive(order: list[str], any_case: bool) -> None:
    names = "abcdef"
    changes = {a: b for a, b in zip(names, order, strict=True) if a != b}
    rules = ANY_CASE if any_case else EXACT
    assert carried_out(names, changes, rules) == set(names)


def test_chains_and_case_need_no_temporary_name() -> None:
    assert carried_out("abc", {"a": "b", "b": "c", "c": "d"}, EXACT) == set("bcd")
    changes = [Change(p("/a"), "b"), Change(p("/b"), "c")]
    moves = steps(changes, {VPath(): "ab"}, EXACT)
    assert moves == [(p("/b"), p("/c")), (p("/a"), p("/b"))]
    assert steps([Change(p("/a"), "A")], {}, ANY_CASE) == [(p("/a"), p("/A"))]


def test_a_temporary_name_is_free_and_says_what_it_was() -> None:
    changes = [Change(p("/a"), "b"), Change(p("/b"), "a")]
    moves = steps(changes, {VPath(): ["a", "b", ".a.renaming"]}, EXACT)
    assert [str(target) for _, target in moves] == ["/.a.renaming1", "/a", "/b"]


def test_what_lies_deeper_is_renamed_first() -> None:
    changes = [Change(p("/d"), "e"), Change(p("/d/x"), "y")]
    moves = steps(changes, {}, EXACT)
    assert moves == [(p("/d/x"), p("/d/y")), (p("/d"), p("/e"))]


def test_nothing_begins_with_a_problem() -> None:
    with pytest.raises(AcdError, match="taken"):
        steps([Change(p("/a"), "b", "the name is taken")], {}, EXACT)
