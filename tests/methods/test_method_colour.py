from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.beating_faces import beating
from sspd.errors import UsageError
from sspd.methods.skin_color import mean_skin_color
from sspd.signal.color.pos import pos_waveform


def _literal_pos(rgb: np.ndarray, fs: float) -> np.ndarray:
    """Algorithm 1 of the paper, line by line."""
    n, width = rgb.shape[0], int(np.ceil(1.6 * fs))
    out = np.zeros(n)
    for end in range(width, n + 1):
        part = rgb[end - width : end].T
        mean = np.diag(1 / part.mean(axis=1))
        projected = np.array([[0, 1, -1], [-2, 1, 1]]) @ mean @ part
        h = projected[0] + projected[0].std() / projected[1].std() * projected[1]
        out[end - width : end] += h - h.mean()
    return out


@given(st.integers(0, 2**31), st.sampled_from([20.0, 29.97, 30.0]))
def test_pos_equals_its_algorithm(seed: int, fs: float) -> None:
    rng = np.random.default_rng(seed)
    rgb = rng.uniform(40, 200, 3) * (1 + 0.01 * rng.normal(size=(120, 3)))
    np.testing.assert_allclose(pos_waveform(rgb, fs), _literal_pos(rgb, fs), atol=1e-12)


def test_pos_of_a_constant_is_zero_and_too_short_is_said() -> None:
    np.testing.assert_array_equal(pos_waveform(np.full((90, 3), 77.0), 30.0), np.zeros(90))
    with pytest.raises(UsageError, match="48 frames"):
        pos_waveform(np.ones((47, 3)), 30.0)


def test_only_the_middle_is_averaged() -> None:
    segment = beating(np.arange(60) / 30, np.zeros_like, size=20)
    segment.faces.rgb[:, :4] = 0
    segment.faces.rgb[:, :, :5] = 0
    segment.faces.rgb[:, :, 15:] = 0
    segment.faces.rgb[:, 17:] = 0
    colors = mean_skin_color([segment.faces], 30.0)
    assert colors is not None
    np.testing.assert_allclose(colors.rgb.mean(axis=0), [170, 120, 100], atol=0.05)
