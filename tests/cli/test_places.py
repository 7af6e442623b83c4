from __future__ import annotations

import os
from pathlib import Path

import pytest

from acd_tui.cli.places import parse_place, parse_remote, show_place
from acd_tui.errors import AcdError, UsageError
from acd_tui.transfers.model import Place
from acd_tui.vfs.path import VPath


@pytest.mark.parametrize(
    ("text", "remote", "parts"),
    [
        ("photos:", "photos", ()),
        ("photos:/", "photos", ()),
        ("photos:2019/a.jpg", "photos", ("2019", "a.jpg")),
        ("photos:/2019//a/", "photos", ("2019", "a")),
        ("photos:a/../b/./c", "photos", ("b", "c")),
        ("photos:../../x", "photos", ("x",)),
        ("photos:a:b", "photos", ("a:b",)),
        ("my photos+x@y.z-1:a", "my photos+x@y.z-1", ("a",)),
        ("é:a", "é", ("a",)),
        ("/a:b/c", "local", ("a:b", "c")),
        ("/x/../y", "local", ("y",)),
    ],
)
def test_reads_a_place(text: str, remote: str, parts: tuple[str, ...]) -> None:
    assert parse_place(text) == Place(remote, VPath(parts))


@pytest.mark.parametrize("text", ["a", "./a:b", "x/y:z", "../up", "."])
def test_reads_a_relative_local_path(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = os.path.normpath(tmp_path / text)
    assert str(parse_place(text).path) == expected
    assert parse_place(text).filesystem == "local"


@pytest.mark.parametrize(
    "text",
    [
        *("", ":x", ":amazon cloud drive:x", "-a:b", "a*b:c", " a:b", "a :b"),
        *("local:x", "a,b=c:d", "a\nb:c", "a\x1b[31m:c"),
    ],
)
def test_refuses_what_is_no_place(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_place(text)
    assert caught.value.hint


def test_a_current_folder_that_is_gone_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(AcdError, match="current folder"):
        parse_place("a")


@pytest.mark.parametrize("text", ["photos:", "photos"])
def test_reads_a_remote(text: str) -> None:
    assert parse_remote(text) == "photos"


@pytest.mark.parametrize("text", ["", ":", "photos:a", "local:", "./photos"])
def test_refuses_what_is_no_remote(text: str) -> None:
    with pytest.raises(UsageError):
        parse_remote(text)


@pytest.mark.parametrize("text", ["photos:a/b", "photos:", "/a/b"])
def test_shows_a_place_as_it_is_read(text: str) -> None:
    assert show_place(parse_place(text)) == text
