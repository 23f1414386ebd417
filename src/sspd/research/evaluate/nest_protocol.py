"""HRV and breathing of clips of 256 frames: the read-out behind the paper's Table III.

H. Lu, Z. Yu, X. Niu, Y. Chen, "Neuron structure modeling for generalizable remote physiological
measurement", CVPR 2023 (NEST), and its published evaluation. A clip of 256 frames at 30 Hz is
resampled to a fine grid, filtered, and read by its peaks; the periodogram of the intervals gives
the indices. Each index is averaged over the clips of a video, for the reference and the estimate
in the same way.

A clip lasts 8.5 s, and a period of 0.04 Hz lasts 25 s: these numbers compare methods, but have no
physiological meaning (`sspd.vitals.hrv` asks for two minutes). A peak at a mirrored end may be a
tenth of a beat off; for a steady heart, the indices measure nothing else.

Assumptions where the description is open
-----------------------------------------
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import filtfilt, find_peaks, firwin, lombscargle

from sspd.research.evaluate.quantities import Readings
from sspd.vitals.hrv import HF_HZ, LF_HZ

#: Quantities in the order of Table III.
NEST_QUANTITIES = ("lf_nu", "hf_nu", "lf_hf", "respiration_hz", "hr_bpm")
NEST_FRAMES_HZ = 30.0
NEST_CLIP_FRAMES = 256
NEST_CLIP_S = NEST_CLIP_FRAMES / NEST_FRAMES_HZ
#: Step of the fine grid, frames.
FINE_STEP = 0.1169
#: Nominal sampling rate of the fine grid, Hz.
FINE_GRID_HZ = 256.0
NEST_BAND_HZ = (0.8, 3.0)
#: Peaks are more than this many samples of the fine grid apart (0.43 s).
LEAST_PEAK_DISTANCE = 110
NEST_LEAST_INTERVALS = 3


def nest_readings(values: ArrayLike, fs: float) -> Readings:
    """Compute every index of a video, averaged over its clips.

    Parameters
    ----------
    values : array-like, shape (time,)
        The waveform of the whole video.
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    mapping
        Quantity of `NEST_QUANTITIES` -> value; quantities that no clip has are missing. Empty for
        less than one clip, or if `fs` is below twice the band's upper edge.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> found = nest_readings(np.sin(2 * np.pi * (1.2 * t + 0.02 * np.sin(1.6 * t))), 30.0)
    >>> abs(found["hr_bpm"] - 72) < 1, 0 < found["lf_nu"] < 1
    (True, True)
    """
    if fs <= 2 * NEST_BAND_HZ[1]:
        return {}
    wave = _at_frame_rate(np.asarray(values, np.float64), fs)
    clips = [
        wave[k : k + NEST_CLIP_FRAMES]
        for k in range(0, wave.size - NEST_CLIP_FRAMES + 1, NEST_CLIP_FRAMES)
    ]
    found = [interval_indices(beat_intervals(clip)) for clip in clips]
    rows = {name: [one[name] for one in found if name in one] for name in NEST_QUANTITIES}
    return {name: float(np.mean(row)) for name, row in rows.items() if row}


def _at_frame_rate(wave: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """Resample the waveform to `NEST_FRAMES_HZ`."""
    if fs == NEST_FRAMES_HZ or wave.size < 4:
        return wave
    last = int((wave.size - 1) / fs * NEST_FRAMES_HZ + 1e-6)
    spline = CubicSpline(np.arange(wave.size) / fs, wave)
    return np.asarray(spline(np.arange(last + 1) / NEST_FRAMES_HZ), np.float64)


def beat_intervals(clip: ArrayLike) -> NDArray[np.float64]:
    """Return the intervals between the peaks of a clip.

    Parameters
    ----------
    clip : array-like, shape (256,)

    Returns
    -------
    float64 array, shape (peaks - 1,)
        Samples of the fine grid.

    >>> beat_intervals(np.sin(2 * np.pi * 1.2 * np.arange(256) / 30 + 2))
    array([214., 214., 214., 214., 214., 213., 214., 214., 214.])
    """
    samples = np.asarray(clip, np.float64)
    if not np.ptp(samples) > 0:
        return np.zeros(0)
    at = np.arange(0.0, NEST_CLIP_FRAMES - 1 + 1e-9, FINE_STEP)
    fine = CubicSpline(np.arange(NEST_CLIP_FRAMES), samples)(at)
    order = fine.size // 10
    taps = firwin(order + 1, NEST_BAND_HZ, pass_zero=False, fs=FINE_GRID_HZ)
    kept = filtfilt(taps, [1.0], fine, padlen=3 * order)
    # the source also computes z-scores, which moves no peak
    tops = find_peaks(kept, distance=LEAST_PEAK_DISTANCE + 1)[0]
    return np.diff(tops).astype(np.float64)


def interval_indices(intervals: ArrayLike) -> Readings:
    """Compute the indices of one clip.

    Parameters
    ----------
    intervals : array-like, shape (intervals,)
        Samples of the fine grid.

    Returns
    -------
    mapping
        Quantity of `NEST_QUANTITIES` -> value; quantities that cannot be computed are missing.

    >>> found = interval_indices([200, 230, 210, 190, 220, 240, 205, 195, 215])
    >>> round(found["lf_nu"] + found["hf_nu"], 6)
    1.0
    """
    nni = np.asarray(intervals, np.float64)
    found: dict[str, float] = {}
    if nni.size:
        found["hr_bpm"] = float(np.mean(60 * FINE_GRID_HZ / nni))
    if nni.size < NEST_LEAST_INTERVALS or not np.ptp(nni) > 0:
        return found
    freqs, power = plomb(nni, np.cumsum(nni) / FINE_GRID_HZ)
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
    """Compute the Lomb-Scargle periodogram at the frequencies of MATLAB's ``plomb``.

    J. D. Scargle, "Studies in astronomical time series analysis II", ApJ 263, 1982, Eq. 10.

    Parameters
    ----------
    values, at_s : array-like, shape (n,)
        Values at rising times, seconds; n is 2 or more.

    Returns
    -------
    freqs : float64 array, shape (2 n,)
        Hz.
    power : float64 array, shape (2 n,)
        Squared units of ``values``, up to a constant factor.

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
