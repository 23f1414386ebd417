"""Variability and breathing of clips of 256 pictures: the read-out behind the paper's Table III.

H. Lu, Z. Yu, X. Niu, Y. Chen, "Neuron structure modeling for generalizable remote physiological
measurement", CVPR 2023 (NEST), and its published evaluation. A clip of 256 pictures at 30 Hz is
put on a fine grid, filtered, and read by its peaks; the periodogram of the intervals gives the
indices. Each index is averaged over the clips of a video, prediction and reference alike.

A clip lasts 8.5 s, and a period of 0.04 Hz 25 s: these numbers compare methods, they are no
physiology (`sspd.vitals.hrv` asks for two minutes). A peak at a mirrored end may be a tenth of
a beat off; of a steady heart the indices read nothing but that.

What is assumed, where the description leaves it open
------------------------------------------------------
- The grid, ``1:0.1169:256`` in pictures, runs at 256.6 Hz; everything after it counts at 256 Hz,
  the filter's edges as well as the intervals (rates come out 0.2 % low, on both sides).
- The filter's order is a tenth of the length, rounded down (218); Hamming window, gain 1 in the
  middle of the band, ends mirrored over three times the order: MATLAB's ``fir1``, ``filtfilt``.
- Of two peaks 110 samples apart or less the lower is dropped, the highest first, as MATLAB's
  ``findpeaks`` does: hearts above 138 bpm are read at about half their rate.
- The periodogram's frequencies are those of MATLAB's ``plomb``: for N intervals that end at t,
  a mean step ``ts = (t[-1] - t[0]) / (N - 1)``, multiples of ``1 / (4 N ts)`` up to
  ``1 / (2 ts)``: 2 N of them. The mean is removed. The sums are exact here; a fast
  approximation of them would change late digits.
- Bands are open: an index at an edge belongs to none. A local peak has both neighbours inside
  its band.
- Clips follow each other without overlap; what is left over at the end is not read.
- Three intervals are the fewest for an index; a clip without an index is left out of its mean.
- Waveforms at other rates are put on 30 Hz by a cubic spline, as that code does with videos.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import filtfilt, find_peaks, firwin, lombscargle

from sspd.research.evaluate.quantities import Readings
from sspd.vitals.hrv import HF_HZ, LF_HZ

#: What it reads, in the order of Table III.
NEST_QUANTITIES = ("lf_nu", "hf_nu", "lf_hf", "respiration_hz", "hr_bpm")
PICTURES_HZ = 30.0
CLIP = 256
NEST_CLIP_S = CLIP / PICTURES_HZ
#: Step of the fine grid, pictures.
STEP = 0.1169
#: What the fine grid is taken for, Hz.
GRID_HZ = 256.0
BAND_HZ = (0.8, 3.0)
#: Peaks lie further apart than this, samples of the fine grid (0.43 s).
CLOSEST = 110
LEAST_INTERVALS = 3


def nest_readings(values: ArrayLike, fs: float) -> Readings:
    """Every index of a video, averaged over its clips.

    Parameters
    ----------
    values : array, shape (time,)
        The waveform of the whole video.
    fs : float
        Hz.

    Returns
    -------
    mapping
        Of `NEST_QUANTITIES`, without those that no clip has; empty for less than a clip, or a
        rate under twice the band.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> found = nest_readings(np.sin(2 * np.pi * (1.2 * t + 0.02 * np.sin(1.6 * t))), 30.0)
    >>> abs(found["hr_bpm"] - 72) < 1, 0 < found["lf_nu"] < 1
    (True, True)
    """
    if fs <= 2 * BAND_HZ[1]:
        return {}
    wave = _pictures(np.asarray(values, np.float64), fs)
    clips = [wave[k : k + CLIP] for k in range(0, wave.size - CLIP + 1, CLIP)]
    found = [interval_indices(beat_intervals(clip)) for clip in clips]
    rows = {name: [one[name] for one in found if name in one] for name in NEST_QUANTITIES}
    return {name: float(np.mean(row)) for name, row in rows.items() if row}


def _pictures(wave: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """The waveform at `PICTURES_HZ`."""
    if fs == PICTURES_HZ or wave.size < 4:
        return wave
    last = int((wave.size - 1) / fs * PICTURES_HZ + 1e-6)
    spline = CubicSpline(np.arange(wave.size) / fs, wave)
    return np.asarray(spline(np.arange(last + 1) / PICTURES_HZ), np.float64)


def beat_intervals(clip: ArrayLike) -> NDArray[np.float64]:
    """Intervals between the peaks of a clip, samples of the fine grid.

    Parameters
    ----------
    clip : array, shape (256,)

    Returns
    -------
    float64 array, shape (peaks - 1,)

    >>> beat_intervals(np.sin(2 * np.pi * 1.2 * np.arange(256) / 30 + 2))
    array([214., 214., 214., 214., 214., 213., 214., 214., 214.])
    """
    pictures = np.asarray(clip, np.float64)
    if not np.ptp(pictures) > 0:
        return np.zeros(0)
    at = np.arange(0.0, CLIP - 1 + 1e-9, STEP)
    fine = CubicSpline(np.arange(CLIP), pictures)(at)
    order = fine.size // 10
    taps = firwin(order + 1, BAND_HZ, pass_zero=False, fs=GRID_HZ)
    kept = filtfilt(taps, [1.0], fine, padlen=3 * order)
    # z-scored in the source: no peak moves by that
    tops = find_peaks(kept, distance=CLOSEST + 1)[0]
    return np.diff(tops).astype(np.float64)


def interval_indices(intervals: ArrayLike) -> Readings:
    """The indices of one clip.

    Parameters
    ----------
    intervals : array, shape (intervals,)
        Samples of the fine grid.

    Returns
    -------
    mapping
        Of `NEST_QUANTITIES`, without those that cannot be had.

    >>> found = interval_indices([200, 230, 210, 190, 220, 240, 205, 195, 215])
    >>> round(found["lf_nu"] + found["hf_nu"], 6)
    1.0
    """
    nni = np.asarray(intervals, np.float64)
    found: dict[str, float] = {}
    if nni.size:
        found["hr_bpm"] = float(np.mean(60 * GRID_HZ / nni))
    if nni.size < LEAST_INTERVALS or not np.ptp(nni) > 0:
        return found
    freqs, power = plomb(nni, np.cumsum(nni) / GRID_HZ)
    slow = power[(freqs > LF_HZ[0]) & (freqs < LF_HZ[1])]
    inside = (freqs > HF_HZ[0]) & (freqs < HF_HZ[1])
    fast = power[inside]
    lf, hf = float(slow.sum()), float(fast.sum())
    if lf > 0 and hf > 0:
        found |= {"lf_nu": lf / (lf + hf), "hf_nu": hf / (lf + hf), "lf_hf": lf / hf}
    if hf > 0:
        tops = find_peaks(fast)[0]
        found["respiration_hz"] = float(freqs[inside][tops[0] if tops.size else fast.argmax()])
    return found


def plomb(values: ArrayLike, at_s: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lomb-Scargle periodogram at the frequencies of MATLAB's ``plomb``.

    J. D. Scargle, "Studies in astronomical time series analysis II", ApJ 263, 1982, Eq. 10.

    Parameters
    ----------
    values, at_s : arrays, shape (n,)
        At rising times, seconds; 2 or more.

    Returns
    -------
    freqs : float64 array, shape (2 n,)
        Hz.
    power : float64 array, shape (2 n,)
        Squared units of ``values``, up to one factor.

    >>> at = np.cumsum(np.full(40, 0.8))
    >>> freqs, power = plomb(np.sin(2 * np.pi * 0.25 * at), at)
    >>> freqs.size, round(float(freqs[power.argmax()]), 2)
    (80, 0.25)
    """
    row, at = np.asarray(values, np.float64), np.asarray(at_s, np.float64)
    step_s = float(at[-1] - at[0]) / (at.size - 1)
    freqs = np.arange(1, 2 * at.size + 1) / (4 * at.size * step_s)
    power = np.asarray(lombscargle(at, row - row.mean(), 2 * np.pi * freqs), np.float64)
    return freqs, power
