"""Rates and times left."""

from __future__ import annotations

import pytest

from acd_tui.transfers.progress import Rate, time_left


def test_a_steady_flow_has_its_rate_from_the_first_sample() -> None:
    rate = Rate(0.0)
    assert [rate.sample(t, 100 * t) for t in range(1, 5)] == [100.0] * 4


def test_a_change_is_followed_smoothly() -> None:
    rate = Rate(0.0)
    rate.sample(1, 100)
    after = [rate.sample(1 + t, 100) for t in range(1, 30)]
    assert after == sorted(after, reverse=True)
    assert 0 < after[0] < 100
    assert after[-1] < 1


def test_samples_too_close_together_change_nothing() -> None:
    rate = Rate(0.0)
    rate.sample(1, 100)
    assert rate.sample(1.05, 10_000) == 100


def test_starting_anew_is_no_negative_rate() -> None:
    rate = Rate(0.0, 500)
    assert rate.sample(1, 0) == 0


@pytest.mark.parametrize(
    ("remaining", "rate", "left"),
    [(100, 10, 10), (0, 10, 0), (-5, 10, 0), (100, 0, None), (100, 0.5, None)],
)
def test_time_left(remaining: int, rate: float, left: float | None) -> None:
    assert time_left(remaining, rate) == left
