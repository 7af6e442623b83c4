from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.vfs.entry import Kind
from acd_tui.vfs.path import VPath
from acd_tui.vfs.query import (
    LARGEST,
    Below,
    ChangedIn,
    IsKind,
    Md5Begins,
    NameEnds,
    NameHas,
    Query,
    QueryError,
    SizeIn,
    Word,
    loosened,
    parse_query,
)


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("Cat", NameHas("cat")),
        ('"My  dog"', NameHas("my  dog")),
        ('my" "dog', NameHas("my dog")),
        ('"say ""hi"""', NameHas('say "hi"')),
        ('"not closed', NameHas("not closed")),
        ('"size:>1g"', NameHas("size:>1g")),
        ("name:size:>1g", NameHas("size:>1g")),
        ("12:30", NameHas("12:30")),
        ("a-b", NameHas("a-b")),
        ("-", NameHas("-")),
        ("ext:.Tar.GZ", NameEnds(".tar.gz")),
        ("size:0", SizeIn(0, 0)),
        ("size:2", SizeIn(2048, 2048)),
        ("SIZE:>1g", SizeIn(2**30 + 1, LARGEST)),
        ("size:>=500b", SizeIn(500, LARGEST)),
        ("size:<1.5k", SizeIn(0, 1535)),
        ("size:<=1Mi", SizeIn(0, 2**20)),
        ("size:1m..2g", SizeIn(2**20, 2**31)),
        ("size:..2b", SizeIn(0, 2)),
        ("size:1e..", SizeIn(2**60, LARGEST)),
        ("md5:AB1", Md5Begins("ab1")),
        ('in:"/my folder/"', Below(VPath(("my folder",)))),
        ("in:/", Below(VPath())),
        ("after:1970-01-02", ChangedIn(86400 * 10**9, LARGEST)),
        ("before:1971", ChangedIn(-LARGEST, 365 * 86400 * 10**9)),
        ("after:0001", ChangedIn(-LARGEST, LARGEST)),
        ("kind:Folder", IsKind(Kind.FOLDER)),
    ],
)
def test_words(text: str, test: object) -> None:
    (word,) = parse_query(text).words
    assert word == Word(test)  # type: ignore[arg-type]
    if text != "-":
        assert parse_query(f"-{text}").words == (Word(test, wanted=False),)  # type: ignore[arg-type]


def test_all_words_in_their_order_and_the_trash() -> None:
    query = parse_query('  cat  -"my dog" trashed:yes in:/a ')
    assert query == Query(
        (
            Word(NameHas("cat")),
            Word(NameHas("my dog"), wanted=False),
            Word(Below(VPath(("a",)))),
        ),
        trashed=True,
    )
    assert query.folders == [VPath(("a",))]
    assert parse_query("-trashed:no").trashed
    assert not parse_query("trashed:no").trashed
    assert parse_query('  "" ').is_empty
    assert not parse_query("trashed:yes").is_empty


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a size:>1x", "`size:>1x` at character 3: '1x' is not a size"),
        ("-size:", "`-size:` at character 1: something is missing"),
        ("size:>", "a size is missing"),
        ("size:..", None),
        ("size:off", "a size is missing"),
        ("size:2g..1m", "the range ends before it begins"),
        ("size:" + "9" * 400, "is not a size"),
        ("md5:xyz", "an MD5 has up to 32 digits"),
        ("md5:" + "0" * 33, "an MD5 has up to 32 digits"),
        ("in:/a/../b", "cannot be the name"),
        ("after:May", "that is no date"),
        ("after:2019-13", "that is no date"),
        ("before:2019-02-30", "that is no date"),
        ("before:0000", "that is no date"),
        ("kind:link", "a kind is"),
        ("trashed:", "it is `yes` or `no`"),
        ("sizes:1", "there is no query word `sizes:`"),
        ("name:\udcff", "it is not valid text"),
    ],
)
def test_a_bad_word_is_named_with_what_is_wrong(
    text: str, sentence: str | None
) -> None:
    if sentence is None:
        assert parse_query(text).words == (Word(SizeIn(0, LARGEST)),)
        return
    with pytest.raises(QueryError) as raised:
        parse_query(text)
    assert sentence in raised.value.message


@given(st.text())
def test_no_text_does_anything_but_that(text: str) -> None:
    with contextlib.suppress(QueryError):
        parse_query(text)


@pytest.mark.parametrize(
    ("text", "loose"),
    [
        ("wdsnw", "fuzzy:wdsnw"),
        ('"two words" ab', 'fuzzy:"two words" ab'),
        ("name:size: ext:jpg -not in:/x", "fuzzy:size: ext:jpg -not in:/x"),
        ("ab", None),
        ("-not ext:jpg", None),
        ("fuzzy:abc", None),
        ("", None),
    ],
)
def test_a_query_loosened(text: str, loose: str | None) -> None:
    assert loosened(text) == loose
    if loose is not None:
        assert parse_query(loose).letters
