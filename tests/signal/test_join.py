from __future__ import annotations

import numpy as np
import pytest

from sspd.errors import UsageError
from sspd.signal import join_signals, unbroken_runs
from sspd.types import Signal


def _sine(start_s: float, n: int, fs: float = 30.0) -> Signal:
    t = start_s + np.arange(n) / fs
    return Signal(np.sin(2 * np.pi * 1.2 * t), fs, start_s)


def test_neighbours_on_one_clock_are_joined_untouched() -> None:
    joined = join_signals([_sine(0.0, 300), _sine(10.0, 200)])
    np.testing.assert_allclose(joined.values, _sine(0.0, 500).values, atol=1e-12)


@pytest.mark.parametrize("offset_s", [0.011, 0.02, 0.05])
def test_another_clock_is_interpolated_and_the_seam_bridged(offset_s: float) -> None:
    joined = join_signals([_sine(0.0, 300), _sine(10.0 + offset_s, 300)])
    truth = np.sin(2 * np.pi * 1.2 * joined.t)
    assert np.isfinite(joined.values).all()
    assert np.abs(joined.values - truth).max() < 0.03


def test_a_hole_stays_a_hole() -> None:
    joined = join_signals([_sine(2.0, 90), _sine(8.0, 90)])
    assert joined.start_s == 2.0
    assert np.isnan(joined.values[90:180]).all()
    parts = unbroken_runs(joined)
    assert [(p.start_s, len(p)) for p in parts] == [(2.0, 90), (pytest.approx(8.0), 90)]
    np.testing.assert_allclose(parts[1].values, _sine(8.0, 90).values, atol=1e-9)


def test_where_two_overlap_the_later_wins() -> None:
    early, late = Signal(np.zeros(30), 30.0, 0.0), Signal(np.ones(30), 30.0, 0.5)
    np.testing.assert_array_equal(join_signals([early, late]).values, [0.0] * 15 + [1.0] * 30)


def test_no_or_unlike_waveforms_are_refused() -> None:
    for parts in ([], [_sine(0.0, 9), _sine(1.0, 9, fs=25.0)]):
        with pytest.raises(UsageError, match="one rate"):
            join_signals(parts)
