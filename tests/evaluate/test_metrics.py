"""Metrics against slow, obvious versions; intervals by subject."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.errors import UsageError
from sspd.evaluate import METRICS, rate_errors, rate_intervals

RATES = st.floats(30.0, 220.0)


@given(st.lists(st.tuples(RATES, RATES), min_size=2, max_size=30))
def test_metrics_are_what_they_are_called(pairs: list[tuple[float, float]]) -> None:
    found = rate_errors([r for r, _ in pairs], [e for _, e in pairs])
    n = len(pairs)
    errors = [e - r for r, e in pairs]
    me = sum(errors) / n
    assert found["me"] == pytest.approx(me, abs=1e-9)
    assert found["mae"] == pytest.approx(sum(abs(x) for x in errors) / n)
    assert found["rmse"] == pytest.approx(math.sqrt(sum(x * x for x in errors) / n))
    sd = math.sqrt(sum((x - me) ** 2 for x in errors) / (n - 1))
    assert found["sd"] == pytest.approx(sd, abs=1e-6)
    assert found["mape"] == pytest.approx(100 * sum(abs(e - r) / r for r, e in pairs) / n)


def test_correlation_is_pearsons() -> None:
    ref, est = [60.0, 70.0, 95.0, 80.0], [61.0, 75.0, 90.0, 70.0]
    mr, me = sum(ref) / 4, sum(est) / 4
    top = sum((a - mr) * (b - me) for a, b in zip(ref, est, strict=True))
    bottom = math.sqrt(sum((a - mr) ** 2 for a in ref) * sum((b - me) ** 2 for b in est))
    assert rate_errors(ref, est)["r"] == pytest.approx(top / bottom)


def test_too_little_is_nan_not_zero() -> None:
    assert all(math.isnan(value) for value in rate_errors([], []).values())
    one = rate_errors([60.0], [61.0])
    assert one["mae"] == 1.0 and math.isnan(one["sd"]) and math.isnan(one["r"])
    alone = rate_intervals([60.0, 61.0], [61.0, 61.0], ["a", "a"], np.random.default_rng(0))
    assert all(math.isnan(side) for interval in alone.values() for side in interval)


@pytest.mark.parametrize(
    ("ref", "est"), [([60.0], [60.0, 61.0]), ([math.nan], [60.0]), ([0.0], [60.0])]
)
def test_what_cannot_be_scored_is_refused(ref: list[float], est: list[float]) -> None:
    with pytest.raises(UsageError):
        rate_errors(ref, est)


def test_intervals_are_wide_where_subjects_differ_and_windows_do_not() -> None:
    """Twenty windows of each of four people, whose errors are each person's own."""
    people = np.repeat(np.arange(4), 20)
    ref, est = np.full(80, 70.0), 70.0 + 3.0 * people
    subjects = [str(k) for k in people]
    low, high = rate_intervals(ref, est, subjects, np.random.default_rng(1))["mae"]
    assert high - low > 5.0
    each = [str(k) for k in range(80)]
    low, high = rate_intervals(ref, est, each, np.random.default_rng(1))["mae"]
    assert high - low < 2.0


def test_the_same_seed_gives_the_same_intervals() -> None:
    rng = np.random.default_rng(3)
    ref, est = rng.uniform(50, 90, 12), rng.uniform(50, 90, 12)
    subjects = list("abcabcabcabc")
    first, again = (
        rate_intervals(ref, est, subjects, np.random.default_rng(9), n=200) for _ in range(2)
    )
    assert first == again and set(first) == set(METRICS)
