"""Escaping, against a reading of the grammar that was written apart from it."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from acd_tui.api import filters

SPECIAL = set("+-&|!(){}[]^'\"~*?:\\ ")


def unescape(text: str) -> str:
    """Read what stands between the quotes: a backslash takes the next as it is."""
    result, characters = [], iter(text)
    for character in characters:
        if character == "\\":
            result.append(next(characters))
        else:
            assert character not in SPECIAL, f"{character!r} stands bare in {text!r}"
            result.append(character)
    return "".join(result)


@given(st.text() | st.text(alphabet=sorted(SPECIAL)))
@example("a\\")
@example('"')
@example("*?")
@example("\r\n\t\x7f/#%é")
def test_escaping_is_undone_by_reading(value: str) -> None:
    assert unescape(filters.escape(value)) == value


@given(st.text(alphabet=st.characters(exclude_characters=sorted(SPECIAL))))
def test_nothing_else_is_escaped(value: str) -> None:
    assert filters.escape(value) == value


def test_as_rclone_writes_them() -> None:
    sample = json.loads((Path(__file__).parent / "samples/filters.json").read_text())
    written = {entry["filter"] for entry in sample}
    folder = "3ohaT2SSQWOecmP0GSWv6g"

    assert filters.child_named(folder, "dir one") in written
    assert filters.child_named(folder, 'f+(x) "q" é.txt') in written
    assert filters.ROOT in written
    assert filters.children_of(folder) == f'parents:"{folder}"'
