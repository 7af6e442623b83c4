"""Decisions made from listings alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.errors import Denied
from acd_tui.transfers.model import ConflictPolicy
from acd_tui.transfers.planner import (
    Found,
    Terms,
    Twins,
    Verdict,
    check_request,
    decide,
    numbered,
    plan_folder,
)
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.path import VPath
from tests.transfers.conftest import copy

ROOT = VPath()


def entry(name: str, kind: Kind = Kind.FILE, modified: int | None = 5) -> Entry:
    return Entry(name=name, kind=kind, size=1, modified_ns=modified)


def twins(policy: ConflictPolicy) -> Found:
    entries = [entry("A.TXT"), entry("a.txt"), entry("a (2).txt"), entry("a.TXT")]
    terms = Terms(case_insensitive=True, policy=policy)
    return plan_folder(entries, ROOT / "s", ROOT / "t", twins=Twins(terms))


def test_names_that_would_be_one_are_for_the_user_to_decide() -> None:
    found = twins(ConflictPolicy.ASK)
    asked = [str(file.source) for file in found.files if file.conflict is not None]
    assert asked == ["/s/a.TXT", "/s/a.txt"]
    assert found.problems == []
    assert {file.reason for file in found.files} == {
        None,
        "A.TXT would be under the same name there",
    }


def test_names_that_would_be_one_are_both_kept_by_others_of_their_own() -> None:
    found = twins(ConflictPolicy.RENAME)
    assert {str(file.source): str(file.target) for file in found.files} == {
        "/s/A.TXT": "/t/A.TXT",
        "/s/a (2).txt": "/t/a (2).txt",
        "/s/a.TXT": "/t/a (3).TXT",
        "/s/a.txt": "/t/a (4).txt",
    }
    folders = [entry("D", Kind.FOLDER), entry("d", Kind.FOLDER)]
    terms = Terms(case_insensitive=True, policy=ConflictPolicy.RENAME)
    both = plan_folder(folders, ROOT, ROOT, twins=Twins(terms))
    assert [folder.target.name for folder in both.folders] == ["D", "d (2)"]


@pytest.mark.parametrize(
    "policy",
    [
        ConflictPolicy.OVERWRITE,
        ConflictPolicy.SKIP,
        ConflictPolicy.NEWER,
        ConflictPolicy.FAIL,
    ],
)
def test_one_name_never_takes_the_place_of_the_other(policy: ConflictPolicy) -> None:
    found = twins(policy)
    assert [file.source.name for file in found.files] == ["A.TXT", "a (2).txt"]
    assert len(found.problems) == 2


def test_names_that_the_target_cannot_have_are_found_before_anything_moves() -> None:
    terms = Terms(name_problem=lambda name: "it is long" if len(name) > 3 else None)
    entries = [entry("abc"), entry("abcd"), entry("long", Kind.FOLDER)]
    found = plan_folder(entries, ROOT, ROOT, twins=Twins(terms))
    assert [file.source.name for file in found.files] == ["abc"]
    assert found.problems == [
        "/abcd is not copied: it is long",
        "/long is not copied: it is long",
    ]


@pytest.mark.parametrize(
    ("path", "to", "rename", "contents"),
    [
        ("/a", "/a", None, False),
        ("/a", "/a/b", None, False),
        ("/a", "/", None, False),  # onto itself
        ("/a/b", "/a", None, False),
        ("/a/b", "/a", "b", False),
        ("/a", "/", "a", False),
        ("/a", "/a", None, True),
        ("/a", "/a/b", None, True),
        ("/", "/x", None, True),
    ],
)
def test_nothing_is_copied_onto_or_into_itself(
    path: str, to: str, rename: str | None, contents: bool
) -> None:
    request = copy(path, to=to, target="here", rename=rename, contents=contents)
    with pytest.raises(Denied):
        check_request(request)
    check_request(copy(path, to=to, rename=rename or "x", contents=contents))


def test_a_copy_beside_the_original_is_fine() -> None:
    check_request(copy("/a/b", to="/a", target="here", rename="c"))


@pytest.mark.parametrize(
    "request_",
    [
        copy(),
        copy("/a", "/b", rename="x"),
        copy("/a", "/b", contents=True),
        copy("/a", rename="x/y"),
        copy("/a", rename=".."),
        copy("/"),
    ],
)
def test_what_makes_no_sense_is_refused(request_: object) -> None:
    with pytest.raises(Denied):
        check_request(request_)  # type: ignore[arg-type]


def test_what_is_named_twice_is_copied_once() -> None:
    request = check_request(copy("/d/a", "/d", "/x", "/x", "/d/e/f", "/dd"))
    assert request.paths == tuple(VPath.parse(p) for p in ("/d", "/x", "/dd"))


def test_what_is_no_file_or_folder_is_left_out_and_said() -> None:
    found = plan_folder(
        [
            entry("link", Kind.LINK),
            entry("pipe", Kind.OTHER),
            entry(".0123456789abcdef.acd-part"),
            entry("bad/name"),
            entry("b\x1b[31m", Kind.LINK),
            entry("file"),
            entry("folder", Kind.FOLDER),
        ],
        VPath.parse("/s"),
        VPath.parse("/t"),
        twins=Twins(Terms()),
    )
    assert [str(file.target) for file in found.files] == ["/t/file"]
    assert [str(folder.source) for folder in found.folders] == ["/s/folder"]
    assert len(found.problems) == 1  # bad/name
    assert len(found.left_out) == 4
    assert "/s/link is not copied: it is a symbolic link" in found.left_out
    assert not any("\x1b" in reason for reason in found.left_out)


@given(st.lists(st.text("aAbBßİ", min_size=1, max_size=3), unique=True))
def test_on_a_case_insensitive_target_no_two_names_meet(names: list[str]) -> None:
    one = Terms(case_insensitive=True)
    found = plan_folder(map(entry, names), ROOT, ROOT, twins=Twins(one))
    kept = [file.target.name.lower() for file in found.files]
    assert len(kept) == len(set(kept))
    assert len(kept) + len(found.problems) == len(names)
    everything = plan_folder(map(entry, names), ROOT, ROOT, twins=Twins(Terms()))
    assert len(everything.files) == len(names)


@pytest.mark.parametrize(
    ("policy", "source", "target", "verdict"),
    [
        (ConflictPolicy.ASK, 2, 1, Verdict.ASK),
        (ConflictPolicy.SKIP, 2, 1, Verdict.SKIP),
        (ConflictPolicy.OVERWRITE, 2, 1, Verdict.OVERWRITE),
        (ConflictPolicy.RENAME, 2, 1, Verdict.RENAME),
        (ConflictPolicy.FAIL, 2, 1, Verdict.FAIL),
        (ConflictPolicy.NEWER, 2, 1, Verdict.OVERWRITE),
        (ConflictPolicy.NEWER, 1, 1, Verdict.SKIP),
        (ConflictPolicy.NEWER, 1, 2, Verdict.SKIP),
        (ConflictPolicy.NEWER, None, 2, Verdict.ASK),
        (ConflictPolicy.NEWER, 1, None, Verdict.ASK),
    ],
)
def test_conflicts_between_files(
    policy: ConflictPolicy, source: int | None, target: int | None, verdict: Verdict
) -> None:
    decision = decide(entry("a", modified=source), entry("a", modified=target), policy)
    assert decision.verdict is verdict


@pytest.mark.parametrize("kind", [Kind.FOLDER, Kind.LINK, Kind.OTHER])
@pytest.mark.parametrize("policy", list(ConflictPolicy))
def test_what_is_no_file_is_never_overwritten(
    kind: Kind, policy: ConflictPolicy
) -> None:
    decision = decide(entry("a", modified=9), entry("a", kind, modified=1), policy)
    assert decision.verdict is not Verdict.OVERWRITE
    if policy in {ConflictPolicy.OVERWRITE, ConflictPolicy.NEWER}:
        assert decision.verdict is Verdict.ASK


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", "a (2).txt"),
        ("a", "a (2)"),
        (".profile", ".profile (2)"),
        ("a.tar.gz", "a.tar (2).gz"),
        ("a.", "a (2)."),
    ],
)
def test_numbered_names(name: str, expected: str) -> None:
    assert numbered(name, 2) == expected
