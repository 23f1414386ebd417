"""Paired tests over subjects: by hand, by a second way, and with holes."""

from __future__ import annotations

import csv
import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.research.evaluate import mean_ranks, paired_tests
from sspd.research.evaluate.paired import holm, paired_csv
from sspd.research.evaluate.windows import ScoredWindow


def row(method: str, subject: int, error: float, start_s: float = 0.0, excluded: str = ""):  # type: ignore[no-untyped-def]
    name = f"s{subject}"
    return ScoredWindow(
        recording=name,
        subject=name,
        condition="steady",
        method=method,
        quantity="hr_bpm",
        start_s=start_s,
        end_s=start_s + 30,
        reference=70.0,
        reference_from="waveform",
        estimate=None if excluded else 70.0 + error,
        excluded=excluded,
    )


def signed_rank_p(x: list[float]) -> float:
    """Wilcoxon's exact two-sided test: every sign of every difference, counted."""
    ranks = [
        sum(abs(b) < abs(a) for b in x) + (1 + sum(abs(b) == abs(a) for b in x)) / 2 for a in x
    ]
    seen = min(
        sum(r for r, a in zip(ranks, x, strict=True) if a > 0),
        sum(r for r, a in zip(ranks, x, strict=True) if a < 0),
    )
    total = sum(ranks)
    count = 0
    for signs in product((0, 1), repeat=len(x)):
        plus = sum(r for r, s in zip(ranks, signs, strict=True) if s)
        count += min(plus, total - plus) <= seen
    return min(1.0, count / 2 ** len(x))


@given(st.lists(st.integers(1, 1000), min_size=4, max_size=9, unique=True), st.integers(0, 511))
def test_p_is_that_of_all_signs_counted(sizes: list[int], signs: int) -> None:
    x = [size / 100 * (1 if signs >> k & 1 else -1) for k, size in enumerate(sizes)]
    rows = []
    for subject, difference in enumerate(x):
        rows += [row("a", subject, 20.0 + difference), row("b", subject, 20.0)]
    (test,) = paired_tests(rows)
    assert test.p == pytest.approx(signed_rank_p(x), abs=1e-9)
    assert test.difference == pytest.approx(float(np.median(x)))
    assert test.n_subjects == len(x) and test.p_holm == test.p


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_equals_its_definition(p: list[float]) -> None:
    corrected = holm(p)
    order = sorted(range(len(p)), key=lambda k: p[k])
    running = 0.0
    for place, k in enumerate(order):
        running = max(running, min(1.0, (len(p) - place) * p[k]))
        assert corrected[k] == pytest.approx(running)


def test_only_windows_that_both_have_are_compared() -> None:
    rows = [row("a", 1, 1.0), row("b", 1, 3.0), row("a", 1, 50.0, 30.0), row("b", 1, 0, 30.0, "no")]
    rows += [row("a", 2, 2.0), row("b", 2, 3.0), row("a", 3, 9.0)]
    (test,) = paired_tests(rows)
    assert (test.n_subjects, test.difference) == (2, pytest.approx(-1.5))
    assert mean_ranks(rows) == {"a": 1.0, "b": 2.0}


def test_too_few_subjects_or_equal_methods_find_nothing() -> None:
    (alone,) = paired_tests([row("a", 1, 1.0), row("b", 1, 2.0)])
    assert math.isnan(alone.p) and math.isnan(alone.p_holm) and not alone.differ
    assert mean_ranks([row("a", 1, 1.0), row("b", 1, 2.0)]) == {}
    equal = [row(method, subject, 1.0) for method in "ab" for subject in range(5)]
    (test,) = paired_tests(equal)
    assert test.p == 1.0 and mean_ranks(equal) == {"a": 1.5, "b": 1.5}
    assert paired_tests([row("a", 1, 1.0)]) == ()


def test_a_clear_difference_among_three_is_reported() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for subject in range(12):
        noise = rng.uniform(0, 0.5, 3)
        errors = {"a": 1 + noise[0], "b": 1 + noise[1], "c": 9 + noise[2]}
        rows += [row(name, subject, float(error)) for name, error in errors.items()]
    tests = {(test.first, test.second): test for test in paired_tests(rows)}
    assert tests["a", "c"].differ and tests["b", "c"].differ and not tests["a", "b"].differ
    ranks = mean_ranks(rows)
    assert ranks["c"] == 3.0 and ranks["a"] + ranks["b"] == pytest.approx(3.0)
    lines = list(csv.DictReader(paired_csv(list(tests.values())).splitlines()))
    assert [line["differ"] for line in lines] == ["no", "yes", "yes"]
