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


def test_the_first_moments_count_as_much_as_the_next() -> None:
    """What came late is not held against a short flow for seconds."""
    rate = Rate(0.0)
    flow = [0, 0, 30, 40, 50, 60, 70, 80, 90, 100]
    shown = [rate.sample(0.1 * t, count) for t, count in enumerate(flow, start=1)]
    assert shown[-1] == pytest.approx(100)


def test_after_a_standstill_it_is_a_beginning_again() -> None:
    rate = Rate(0.0)
    rate.sample(1, 1000)
    for t in range(2, 60):
        rate.sample(t, 1000)
    assert rate.sample(60, 1100) == pytest.approx(100, abs=1)


def test_what_was_there_before_the_first_sample_did_not_just_move() -> None:
    rate = Rate()
    assert rate.sample(5, 1_000_000) == 0
    assert rate.sample(6, 1_000_100) == 100


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
