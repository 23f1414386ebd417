"""Metrics against slow, obvious versions; intervals by subject."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.errors import UsageError
from sspd.research.evaluate import METRICS, mean_interval, rate_errors, rate_intervals

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


def test_every_metric_by_hand() -> None:
    """Errors 2, -1, 4, -3: every number below was worked out on paper."""
    found = rate_errors([60.0, 70.0, 80.0, 90.0], [62.0, 69.0, 84.0, 87.0])
    by_hand = {
        "me": 0.5,
        "mae": 2.5,
        "rmse": math.sqrt(7.5),
        "sd": math.sqrt(29 / 3),  # 2 * 1.5^2 + 2 * 3.5^2 over n - 1
        "mape": 25 * (2 / 60 + 1 / 70 + 4 / 80 + 3 / 90),
        "r": 450 / math.sqrt(500 * 429),
    }
    assert found == pytest.approx(by_hand, rel=1e-9, abs=1e-9)
    halves = rate_errors([0.30, 0.35, 0.40, 0.45], [0.31, 0.345, 0.42, 0.435])
    for name in ("me", "mae", "rmse", "sd"):
        assert halves[name] == pytest.approx(by_hand[name] / 200, rel=1e-9)
    assert halves["mape"] == pytest.approx(by_hand["mape"], rel=1e-9)
    assert halves["r"] == pytest.approx(by_hand["r"], rel=1e-9)


def test_published_numbers_of_bland_and_altman() -> None:
    """Lancet 327, 1986, Table and text: two flow meters, l/min; as printed there."""
    large = (494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427)
    mini = (512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451)
    found = rate_errors(mini, large)
    assert round(found["me"], 1) == -2.1
    assert round(found["sd"], 1) == 38.8
    assert round(found["r"], 2) == 0.94


def test_a_mean_has_the_interval_of_its_subjects() -> None:
    values, subjects = [1.0, 1.0, 1.0, 4.0], ["a", "a", "a", "b"]
    # drawn are aa, ab, ba or bb: a quarter each of 1 and 4, a half of 1.75
    found = mean_interval(values, subjects, np.random.default_rng(0), level=0.8)
    assert found == (1.0, 4.0)
    assert mean_interval(values, subjects, np.random.default_rng(0), level=0.4) == (1.75, 1.75)
    alone = mean_interval([1.0, 2.0], ["a", "a"], np.random.default_rng(0))
    assert all(math.isnan(side) for side in alone)
    with pytest.raises(UsageError, match="as many subjects"):
        mean_interval([1.0, 2.0], ["a"], np.random.default_rng(0))


def test_too_little_is_nan_not_zero() -> None:
    assert all(math.isnan(value) for value in rate_errors([], []).values())
    one = rate_errors([60.0], [61.0])
    assert one["mae"] == 1.0 and math.isnan(one["sd"]) and math.isnan(one["r"])
    alone = rate_intervals([60.0, 61.0], [61.0, 61.0], ["a", "a"], np.random.default_rng(0))
    assert all(math.isnan(side) for interval in alone.values() for side in interval)


@pytest.mark.parametrize(
    ("ref", "est"), [([60.0], [60.0, 61.0]), ([math.nan], [60.0]), ([0.0], [60.0])]
)
def test_what_cannot_be_scored_is_rejected(ref: list[float], est: list[float]) -> None:
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
