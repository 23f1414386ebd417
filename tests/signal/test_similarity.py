from __future__ import annotations

import numpy as np
import pytest

from sspd.errors import UsageError
from sspd.signal import self_similarity


def test_it_is_the_cosine_of_every_pair_of_stretches() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=40)
    alike = self_similarity(values, 10.0, 0.7)
    assert alike.shape == (34, 34)
    for i in (0, 5, 33):
        for j in (0, 17, 33):
            a, b = values[i : i + 7], values[j : j + 7]
            cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
            assert alike[i, j] == pytest.approx(cosine, abs=1e-12)


def test_a_rhythm_shows_as_stripes_a_period_apart() -> None:
    t = np.arange(300) / 30
    alike = self_similarity(np.sin(2 * np.pi * 1.25 * t), 30.0, 0.8)
    wave = [np.diagonal(alike, k).mean() for k in range(60)]
    np.testing.assert_allclose(wave[::24], 1.0, atol=1e-9)
    np.testing.assert_allclose(wave[12::24], -1.0, atol=1e-9)


def test_size_and_sign_do_not_matter_and_zeros_are_nan() -> None:
    values = np.random.default_rng(1).normal(size=60)
    np.testing.assert_allclose(
        self_similarity(-7 * values, 30.0, 0.5), self_similarity(values, 30.0, 0.5)
    )
    values[:20] = 0
    alike = self_similarity(values, 30.0, 0.5)
    assert np.isnan(alike[0]).all()
    assert np.isfinite(alike[20:, 20:]).all()
    assert np.nanmax(np.abs(alike)) <= 1


@pytest.mark.parametrize("span_s", [0.01, 3.0])
def test_stretches_that_do_not_fit_are_refused(span_s: float) -> None:
    with pytest.raises(UsageError, match="do not fit"):
        self_similarity(np.ones(60), 30.0, span_s)
