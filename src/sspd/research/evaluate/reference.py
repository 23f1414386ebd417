"""The reference heart rate of a window, computed independently of all estimates.

A contact waveform is read by its upstrokes: the steepest rise of each beat. That is how a pulse
is timed at a finger, where the top is flat and the notch behind it may be higher. No code is
shared with the read-out of rates from a face.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import find_peaks

from sspd.types import References, Series

#: Contact waveforms are resampled to this rate, Hz, by a cubic spline through their samples.
CONTACT_GRID_HZ = 250.0
#: Length of the smoothing of the slope, seconds: shorter than the rise of any beat.
SLOPE_SMOOTH_S = 0.08
#: An upstroke has at least this fraction of the 90th percentile of all slopes at peaks.
LEAST_SLOPE = 0.35
#: Shortest time between two upstrokes, seconds: 230 beats per minute.
CLOSEST_S = 0.26
#: A longer gap between samples splits the waveform, seconds; no interval crosses it.
LONGEST_GAP_S = 0.5
#: Intervals that differ from their median by more than this fraction are missed or extra beats.
ODD_INTERVAL_SHARE = 0.3
#: A pulse has at least the second fraction of its intervals within the first fraction of their
#: median. White noise has at most 0.6 of them, simulated hearts with high variability all.
REGULAR, LEAST_REGULAR_SHARE = 0.2, 0.75
#: A reference covers at least this fraction of its window.
COVERED = 0.9
#: A rate needs at least this many intervals.
LEAST_CONTACT_INTERVALS = 4


def upstrokes(bvp: Series) -> NDArray[np.float64]:
    """Find the times of the steepest rise of each beat.

    Parameters
    ----------
    bvp : Series
        Contact waveform that rises at systole, without long gaps.

    Returns
    -------
    float64 array, shape (beats,)
        Seconds.

    >>> t = np.arange(0, 20, 1 / 60)
    >>> beats = upstrokes(Series(t, np.sin(2 * np.pi * 1.2 * t)))
    >>> round(60 / float(np.diff(beats).mean()), 1)
    72.0
    """
    if len(bvp) < 8:
        return np.zeros(0)
    t = np.arange(bvp.t[0], bvp.t[-1], 1 / CONTACT_GRID_HZ)
    width = max(3, round(SLOPE_SMOOTH_S * CONTACT_GRID_HZ))
    slope = np.convolve(CubicSpline(bvp.t, bvp.values)(t, 1), np.hanning(width + 2)[1:-1], "same")
    if not bool((slope > 0).any()):
        return np.zeros(0)
    distance = round(CLOSEST_S * CONTACT_GRID_HZ)
    tops = find_peaks(slope, height=0.0, distance=distance)[0]
    # at the ends the smoothing lacks samples
    tops = tops[(tops >= width) & (tops < slope.size - width)]
    if tops.size == 0:
        return np.zeros(0)
    tops = tops[slope[tops] >= LEAST_SLOPE * np.quantile(slope[tops], 0.9)]
    return np.asarray(t[tops], np.float64)


def contact_rate_bpm(bvp: Series, start_s: float, end_s: float) -> float | None:
    """Return the mean heart rate of a window from the contact waveform.

    The waveform is split at gaps longer than `LONGEST_GAP_S`.

    Parameters
    ----------
    bvp : Series
        Contact waveform that rises at systole.
    start_s, end_s : float
        The window, seconds of the video.

    Returns
    -------
    float or None
        Beats per minute; None if the samples cover less than `COVERED` of the window, or have too
        few regular beats.

    >>> t = np.arange(0, 30, 1 / 60)
    >>> round(contact_rate_bpm(Series(t, np.sin(2 * np.pi * 1.5 * t)), 0.0, 30.0), 1)
    90.0
    """
    keep = (bvp.t >= start_s) & (bvp.t <= end_s)
    if keep.sum() < 8:
        return None
    t, values = bvp.t[keep], bvp.values[keep]
    ends = np.flatnonzero(np.diff(t) > LONGEST_GAP_S) + 1
    parts = [Series(*one) for one in zip(np.split(t, ends), np.split(values, ends), strict=True)]
    if sum(float(np.ptp(part.t)) for part in parts) < COVERED * (end_s - start_s):
        return None
    intervals = np.concatenate([np.diff(upstrokes(part)) for part in parts])
    if intervals.size < LEAST_CONTACT_INTERVALS:
        return None
    usual = float(np.median(intervals))
    apart = np.abs(intervals / usual - 1)
    if float(np.mean(apart <= REGULAR)) < LEAST_REGULAR_SHARE:
        return None
    return 60 / float(intervals[apart <= ODD_INTERVAL_SHARE].mean())


def device_rate_bpm(hr: Series, start_s: float, end_s: float) -> float | None:
    """Return the mean rate that the contact device showed in a window.

    Parameters
    ----------
    hr : Series
        Beats per minute; values that are not positive mean "no rate".
    start_s, end_s : float
        The window, seconds of the video.

    Returns
    -------
    float or None
        Beats per minute; None if the device showed no rate.

    >>> device_rate_bpm(Series(np.arange(4.0), np.array([0.0, 70.0, 72.0, 74.0])), 0.0, 3.5)
    72.0
    """
    shown = hr.values[(hr.t >= start_s) & (hr.t <= end_s) & (hr.values > 0)]
    return float(shown.mean()) if shown.size else None


def reference_rate_bpm(known: References, start_s: float, end_s: float) -> tuple[float | None, str]:
    """Return the reference rate of a window, and its source.

    The device's own rate is used only if the dataset has no contact waveform.

    Parameters
    ----------
    known : References
    start_s, end_s : float
        The window, seconds of the video.

    Returns
    -------
    bpm : float or None
        Beats per minute.
    source : str
        ``"beats"``, ``"waveform"``, ``"device"`` or ``"none"``.
    """
    if known.beats_s is not None:
        beats = known.beats_s[(known.beats_s >= start_s) & (known.beats_s <= end_s)]
        enough = beats.size > LEAST_CONTACT_INTERVALS
        return (60 / float(np.diff(beats).mean()) if enough else None), "beats"
    if known.bvp is not None:
        return contact_rate_bpm(known.bvp, start_s, end_s), "waveform"
    if known.hr_bpm is not None:
        return device_rate_bpm(known.hr_bpm, start_s, end_s), "device"
    return None, "none"
