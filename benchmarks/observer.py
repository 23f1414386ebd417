"""Bound for methods that add up colours: an observer who knows the true waveform.

The observer adds up the three mean colours of the face so that the sum comes as near as possible
to the true pulse, and reads the rate of that sum. No method that adds up colours can do better,
so videos that the observer misreads set a bound for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.signal import bandpass
from sspd.simulation import Truth
from sspd.types import FrameStats
from sspd.vitals import read_rate
from sspd.vitals.heart_rate import follow_rate

FS = 30.0
BAND_HZ = (0.5, 4.0)
#: Videos with less have no observer, seconds.
LEAST_S = 8.0


@dataclass(frozen=True, eq=False)
class Observed:
    """The best sum of a face's colours.

    Three weights are fitted to some 200 independent values, so that noise alone has a
    signal-to-noise ratio of about -18 dB.
    """

    hr_bpm: float | None
    snr_db: float
    waveform_r: float


def observe(stats: FrameStats, known: Truth) -> Observed | None:
    """Fit the colours of a face to the true pulse; None where there are too few frames."""
    if stats.t.size < 2 or stats.t[-1] - stats.t[0] < LEAST_S:
        return None
    n = int((stats.t[-1] - stats.t[0]) * FS)
    t = stats.t[0] + np.arange(n) / FS
    colours = stats.quarters_rgb.mean(axis=1, dtype=np.float64)
    changes = np.stack([_changes(stats.t, colour, t) for colour in colours.T], axis=1)
    pulse = bandpass(np.interp(t, known.t, known.bvp), FS, BAND_HZ)
    seen = changes @ np.linalg.lstsq(changes, pulse, rcond=None)[0]
    r = float(np.corrcoef(seen, pulse)[0, 1])
    hr_bpm = follow_rate(seen, FS, read_rate(seen, FS)).spectral_bpm
    return Observed(hr_bpm, float(10 * np.log10(r**2 / (1 - r**2))), r)


def _changes(
    t: NDArray[np.float64], colour: NDArray[np.float64], grid: NDArray[np.float64]
) -> NDArray[np.float64]:
    return bandpass(np.interp(grid, t, colour / colour.mean()), FS, BAND_HZ)
