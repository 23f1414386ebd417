"""Breathing rate from the modulation of the pulse.

Inhaling raises the heart rate (respiratory sinus arrhythmia) and changes the height of the
beats. Both series, one value per beat, are searched for a common rhythm (Charlton et al.,
"Breathing rate estimation from the electrocardiogram and photoplethysmogram", IEEE Reviews in
Biomedical Engineering 11, 2018, Sec. III).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.signal import detrend, standardise
from sspd.signal.spectrum import power_spectrum, refine
from sspd.types import Respiration
from sspd.vitals.hrv import good_intervals

#: Band in which breathing is searched, Hz: 8 to 30 breaths per minute. Slower breathing cannot
#: be separated from the waves of blood pressure, which modulate the heart rate at 0.1 Hz.
BREATH_HZ = (0.13, 0.5)
#: Shortest span of beats, seconds.
LEAST_S = 30.0
#: A longer span is read in parts of about this length, seconds, and their median is taken.
PART_S = 60.0
#: The rhythm is clear if the power within this many resolution cells (1 / length) of the peak,
#: in the mean of both series, has at least this fraction of the band's power ...
CLEAR_CELLS = 1.5
#: ... given as ``a + b / length``: series without a rhythm reach it in about 1 of 25 spans of
#: any length (tests/vitals/test_respiration.py).
CLEAR_SHARE = (0.26, 11.0)

_FS = 4.0


def respiration(beats_s: ArrayLike, sizes: ArrayLike, *, span_s: float) -> Respiration:
    """Estimate the breathing rate from the times and heights of beats.

    Parameters
    ----------
    beats_s : array, shape (beats,)
        Times of the beats of one span without gaps, seconds.
    sizes : array, shape (beats,)
        Height of each beat, any unit (see `beat_sizes`).
    span_s : float
        Length of the span, seconds.

    Returns
    -------
    Respiration
        Breathing rate in Hz, or the reason why there is none.

    >>> at = np.cumsum(0.8 + 0.04 * np.sin(2 * np.pi * 0.25 * 0.8 * np.arange(75)))
    >>> round(respiration(at, np.ones(75), span_s=60.0).hz, 2)
    0.25
    """
    beats = np.asarray(beats_s, dtype=np.float64)
    heights = np.asarray(sizes, dtype=np.float64)
    n = int(beats.size)
    if span_s < LEAST_S - 0.05:
        return Respiration(None, n, span_s, f"needs {LEAST_S:g} s")
    nn, good = good_intervals(beats)
    if good.sum() < 15 or good.mean() < 0.8:
        return Respiration(None, n, span_s, "too few regular beats")
    # Beats sample the breathing: the upper edge must stay below half of their rate.
    high = min(BREATH_HZ[1], 0.5 / float(np.median(nn)))
    at = beats[1:][good]
    rows = (nn[good], heights[1:][good])
    count = max(1, round(float(np.ptp(at)) / PART_S))
    edges = np.linspace(at[0], at[-1] + 1e-9, count + 1)
    found = []
    for a, b in pairwise(edges):
        part = (at >= a) & (at < b)
        if part.sum() >= 12:
            found.append(_rhythm(at[part], [row[part] for row in rows], high))
    clear = [hz for hz in found if hz is not None]
    if 2 * len(clear) <= len(found):
        return Respiration(None, n, span_s, "no clear breathing rhythm")
    return Respiration(float(np.median(clear)), n, span_s)


def _rhythm(
    at: NDArray[np.float64], rows: list[NDArray[np.float64]], high_hz: float
) -> float | None:
    """Return the frequency of the rhythm that the series share, Hz; None if none is clear."""
    grid = np.arange(at[0], at[-1], 1 / _FS)
    if grid.size < 20 * _FS:
        return None
    total: NDArray[np.float64] | None = None
    for row in rows:
        if float(row.std()) < 1e-6 * max(1e-9, float(np.abs(row).mean())):
            continue
        even = standardise(
            detrend(scipy.interpolate.PchipInterpolator(at, row)(grid), _FS, 0.5 * BREATH_HZ[0])
        )
        freqs, power = power_spectrum(even, _FS, (BREATH_HZ[0], high_hz))
        share = power / power.sum()
        total = share if total is None else total + share
    if total is None:
        return None
    top = int(total.argmax())
    if top in (0, total.size - 1):
        return None
    span_s = grid.size / _FS
    near = np.abs(freqs - freqs[top]) <= CLEAR_CELLS / span_s
    if float(total[near].sum() / total.sum()) < CLEAR_SHARE[0] + CLEAR_SHARE[1] / span_s:
        return None
    return refine(freqs, total, top)


def beat_sizes(filtered: ArrayLike, fs: float, beats_s: ArrayLike) -> NDArray[np.float64]:
    """Return the height of each beat over the lowest point since the beat before.

    Parameters
    ----------
    filtered : array, shape (time,)
        Band-passed waveform.
    fs : float
        Sampling rate, Hz.
    beats_s : array, shape (beats,)
        Beat times, seconds from the first sample.

    Returns
    -------
    float64 array, shape (beats,)
        In units of the waveform; the first beat has the height of the second.

    >>> t = np.arange(300) / 30
    >>> np.round(beat_sizes(np.sin(2 * np.pi * t), 30.0, [0.25, 1.25, 2.25]), 1)
    array([2., 2., 2.])
    """
    values = np.asarray(filtered, dtype=np.float64)
    beats = np.asarray(beats_s, dtype=np.float64)
    index = np.clip(np.round(beats * fs).astype(np.int64), 0, values.size - 1)
    heights = np.full(index.size, np.nan)
    for i in range(1, index.size):
        rise = values[index[i - 1] : index[i] + 1]
        heights[i] = rise[-1] - rise.min()
    if heights.size > 1:
        # The first beat has no beat before it.
        heights[0] = heights[1]
    return heights
