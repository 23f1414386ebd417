from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sspd.simulation import VideoSpec, simulate
from sspd.simulation.lights.gains import apply_gain, face_mask, sine_gain
from sspd.simulation.person.anatomy import F32
from sspd.simulation.spec import rest_place

SPEC = VideoSpec(
    seed=2, width=160, height=160, face_px=90, duration_s=2.0, fps=15.0, pulse_percent=0.0,
    noise_levels=0.5,
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(hz=st.floats(0.5, 2.5), red=st.floats(-4, 4), seed=st.integers(0, 2**32))
def test_a_gain_swings_at_its_rate_by_its_percent(hz: float, red: float, seed: int) -> None:
    t = np.arange(0, 20, 0.01)
    gain = sine_gain(np.random.default_rng(seed), t, hz, (red, 1.0, 0.0))
    assert np.ptp(gain[:, 0]) == pytest.approx(abs(red) / 100, abs=1e-4)
    np.testing.assert_array_equal(gain[:, 2], 1.0)
    # all channels in phase or in antiphase
    np.testing.assert_allclose(gain[:, 0] - 1, red * (gain[:, 1] - 1), atol=1e-12)
    crossings = np.count_nonzero(np.diff(np.sign(gain[:, 1] - 1)))
    assert crossings == pytest.approx(2 * hz * 20, abs=1.01)


def test_lamps_in_antiphase_beat_on_the_face_and_not_on_the_wall() -> None:
    t = np.arange(SPEC.n_frames) / SPEC.fps
    gain = sine_gain(np.random.default_rng(0), t, 1.2, (8.0, 0.0, -8.0))
    lit, plain = (
        np.concatenate([c.rgb for c in simulate(SPEC, alter=alter)]).astype(float)
        for alter in (apply_gain(gain, face_mask(SPEC)), None)
    )
    x, y = (round(place) for place in rest_place(SPEC))
    # the same noise, so the ratio is the gain alone
    face = (slice(None), slice(y, y + 20), slice(x - 30, x + 30))
    ratio = lit[face].mean(axis=(1, 2)) / plain[face].mean(axis=(1, 2))
    np.testing.assert_allclose(ratio, gain, atol=0.012)
    assert np.ptp(lit[:, :4, :4] - plain[:, :4, :4]) <= 1


def test_what_alters_sees_each_frame_once_before_the_noise() -> None:
    seen: list[int] = []

    def alter(k: int, levels: F32) -> F32:
        seen.append(k)
        assert levels.dtype == np.float32
        return np.zeros_like(levels)

    dark = np.concatenate([chunk.rgb for chunk in simulate(SPEC, chunk=7, alter=alter)])
    assert seen == list(range(SPEC.n_frames))
    assert 0 < dark.mean() < 1  # noise of half a level
