from __future__ import annotations

import math

import pytest

from sspd.research.train.schedules import learning_rate_at, momentum_at


def test_the_momentum_rises_from_first_to_last_step_along_a_half_cosine() -> None:
    steps = 91
    values = [momentum_at(s, steps, 0.9, 1.0) for s in range(steps)]
    assert values[0] == pytest.approx(0.9)
    assert values[45] == pytest.approx(0.95)
    assert values[-1] == 1.0
    assert values == sorted(values)
    assert values[30] == pytest.approx(1 - 0.1 * (1 + math.cos(math.pi / 3)) / 2)


def test_a_training_of_one_step_has_the_first_momentum() -> None:
    assert momentum_at(0, 1, 0.9, 1.0) == pytest.approx(0.9)


def test_the_rate_is_the_papers_unless_a_recipe_says_otherwise() -> None:
    assert {learning_rate_at(s, 100, 1e-3, 0, False) for s in range(100)} == {1e-3}


def test_the_rate_rises_over_the_warm_up_and_falls_to_zero() -> None:
    rates = [learning_rate_at(s, 110, 1.0, 10, True) for s in range(110)]
    assert rates[:10] == pytest.approx([(s + 1) / 10 for s in range(10)])
    assert max(rates) == rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    middle = 10 + 99 / 2
    assert rates[59] == pytest.approx((1 + math.cos(math.pi * (59 - 10) / 99)) / 2)
    assert rates[int(middle)] > 0.5 > rates[int(middle) + 1]
    assert rates[-1] == pytest.approx(0)


def test_a_training_shorter_than_its_warm_up_has_a_rate() -> None:
    assert [learning_rate_at(s, 3, 1.0, 4, True) for s in range(3)] == [0.25, 0.5, 0.75]
