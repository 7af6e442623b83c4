"""Bookmarks and folders visited, in their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd_tui.config import places
from acd_tui.config.places import Places, PlacesFile, Visit
from acd_tui.errors import UsageError

HOUR = 3600.0
NOW = 1_000_000_000.0


@pytest.fixture
def file(tmp_path: Path) -> PlacesFile:
    return PlacesFile(tmp_path / "places.json")


def test_without_a_file(file: PlacesFile) -> None:
    assert file.load() == Places()
    assert not file.path.exists()


def test_it_is_kept_for_the_next_run_and_for_others_beside(file: PlacesFile) -> None:
    other = PlacesFile(file.path)
    file.bookmark("a", "photos:2019")
    other.bookmark("b", "/home/half \udcff")
    file.visited(["/x", "/y", "/x"], NOW)
    other.visited(["/x"], NOW + 5)

    kept = PlacesFile(file.path).load()

    assert kept.bookmarks == {"a": "photos:2019", "b": "/home/half \udcff"}
    assert kept.visits == {"/x": Visit(3, NOW + 5), "/y": Visit(1, NOW)}
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert file.bookmark("a", None).bookmarks.keys() == {"b"}
    assert file.forget("/y").visits.keys() == {"/x"}


def test_often_counts_and_lately_counts_more() -> None:
    known = Places(
        visits={
            "/often": Visit(10, NOW - 30 * 24 * HOUR),
            "/lately": Visit(2, NOW - 60),
            "/today": Visit(3, NOW - 5 * HOUR),
            "/week": Visit(4, NOW - 50 * HOUR),
        }
    )
    assert known.frequent(NOW) == ["/lately", "/today", "/often", "/week"]
    assert known.recent() == ["/lately", "/today", "/week", "/often"]


def test_the_least_likely_are_forgotten(
    file: PlacesFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST_VISITS", 2)
    file.visited(["/old"], NOW - 100 * HOUR)
    file.visited(["/a"], NOW)
    assert file.visited(["/b"], NOW).visits.keys() == {"/a", "/b"}


@pytest.mark.parametrize("text", ["{", "[]", '{"visits": {"/x": 1}}', '{"a": 1}'])
def test_a_damaged_file_is_left_alone(file: PlacesFile, text: str) -> None:
    file.path.write_text(text)
    with pytest.raises(UsageError, match=r"places\.json cannot be read"):
        file.bookmark("a", "/x")
    assert file.path.read_text() == text
