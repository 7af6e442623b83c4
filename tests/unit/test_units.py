from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.errors import UsageError
from acd_tui.units import (
    parse_duration,
    parse_size,
    show_duration,
    show_rate,
    show_size,
    write_size,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1", 1024),
        ("500B", 500),
        ("64k", 65536),
        ("1.5M", 1572864),
        ("9Gi", 9 * 2**30),
        ("9GiB", 9 * 2**30),
        (".5K", 512),
        ("2t", 2**41),
        (" off ", None),
    ],
)
def test_sizes_are_read_as_rclone_reads_them(text: str, size: int | None) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "x", "-1", "1MB", "1 2", "K", "1e3", "1..2"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, "?"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1024**2 - 1, "1.0 MiB"),
        (5 * 2**30, "5.0 GiB"),
        (2**70, "1024 EiB"),
    ],
)
def test_sizes_are_shown(size: int | None, text: str) -> None:
    assert show_size(size) == text


@given(st.integers(0, 2**63))
def test_a_shown_size_reads_back_as_nearly_the_same(size: int) -> None:
    read = parse_size(show_size(size).replace(" ", ""))
    assert read is not None
    assert abs(read - size) <= max(size * 0.06, 0)


def test_rates_are_shown() -> None:
    assert show_rate(2048.4) == "2.0 KiB/s"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("off", None),
        ("3m0s", 180),
        ("1h30m", 5400),
        ("200ms", 0.2),
        ("1.5s", 1.5),
        ("90", 90),
        ("2d", 172800),
        ("1M", 2592000),
        ("1m", 60),
        ("1.5w", 907200),
    ],
)
def test_durations_are_read_as_rclone_reads_them(
    text: str, seconds: float | None
) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "1d12h", "x", "5 m", "-3s", "3m x"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0s"), (59.4, "59s"), (187, "3m 07s"), (7500, "2h 05m"), (90000, "1d 01h")],
)
def test_durations_are_shown(seconds: float, text: str) -> None:
    assert show_duration(seconds) == text


@pytest.mark.parametrize("text", ["off", "0B", "1B", "1500B", "1K", "500K", "3M", "2T"])
def test_a_size_is_written_as_it_is_read(text: str) -> None:
    assert write_size(parse_size(text)) == text
