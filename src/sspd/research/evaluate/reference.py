"""The reference heart rate of a window, by a path that no estimate takes.

A contact waveform is read by its upstrokes: where it rises fastest, once a beat. That is how
a pulse is timed at a finger, where the top is flat and the notch behind it may be higher;
nothing of it is shared with how rates are read from a face.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import find_peaks

from sspd.types import References, Series

#: Contact waveforms are put on this grid, Hz, by a cubic spline through their samples.
GRID_HZ = 250.0
#: The slope is smoothed over this long, seconds: less than the rise of any beat.
SMOOTH_S = 0.08
#: An upstroke is at least this share of the steep ones around (their 90th percentile).
LEAST_SLOPE = 0.35
#: Two upstrokes lie no closer, seconds: 230 beats a minute.
CLOSEST_S = 0.26
#: A gap of more than this between samples ends a stretch, seconds; no interval crosses it.
LONGEST_GAP_S = 0.5
#: Intervals further than this from their median, as a share, are missed or extra beats.
ODD_SHARE = 0.3
#: A pulse has this share of its intervals this near to their median. Of white noise at most
#: 0.6 are, of simulated hearts with much variability all.
REGULAR, REGULAR_SHARE = 0.2, 0.75
#: A reference covers at least this share of its window.
COVERED = 0.9
#: Fewer intervals make no rate.
LEAST_INTERVALS = 4


def upstrokes(bvp: Series) -> NDArray[np.float64]:
    """Times of the steepest rise of each beat, seconds, shape (beats,).

    Parameters
    ----------
    bvp : Series
        Contact waveform, rising at systole, without long gaps.

    >>> t = np.arange(0, 20, 1 / 60)
    >>> beats = upstrokes(Series(t, np.sin(2 * np.pi * 1.2 * t)))
    >>> round(60 / float(np.diff(beats).mean()), 1)
    72.0
    """
    if len(bvp) < 8:
        return np.zeros(0)
    t = np.arange(bvp.t[0], bvp.t[-1], 1 / GRID_HZ)
    width = max(3, round(SMOOTH_S * GRID_HZ))
    slope = np.convolve(CubicSpline(bvp.t, bvp.values)(t, 1), np.hanning(width + 2)[1:-1], "same")
    if not bool((slope > 0).any()):
        return np.zeros(0)
    distance = round(CLOSEST_S * GRID_HZ)
    tops = find_peaks(slope, height=0.0, distance=distance)[0]
    # at the ends the smoothing sees nothing beyond
    tops = tops[(tops >= width) & (tops < slope.size - width)]
    if tops.size == 0:
        return np.zeros(0)
    tops = tops[slope[tops] >= LEAST_SLOPE * np.quantile(slope[tops], 0.9)]
    return np.asarray(t[tops], np.float64)


def contact_rate_bpm(bvp: Series, start_s: float, end_s: float) -> float | None:
    """The mean heart rate of a window by the contact waveform, or None.

    Read stretch by stretch between gaps longer than `LONGEST_GAP_S`. None where these cover
    less than `COVERED` of the window, or have too few regular beats.

    Parameters
    ----------
    bvp : Series
    start_s, end_s : float
        The window, seconds of the video.

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
    if intervals.size < LEAST_INTERVALS:
        return None
    usual = float(np.median(intervals))
    apart = np.abs(intervals / usual - 1)
    if float(np.mean(apart <= REGULAR)) < REGULAR_SHARE:
        return None
    return 60 / float(intervals[apart <= ODD_SHARE].mean())


def device_rate_bpm(hr: Series, start_s: float, end_s: float) -> float | None:
    """The mean of what the device showed in a window, or None where it showed nothing.

    Parameters
    ----------
    hr : Series
        Beats a minute; what is not positive is the device's sign for "none".
    start_s, end_s : float
        The window, seconds of the video.

    >>> device_rate_bpm(Series(np.arange(4.0), np.array([0.0, 70.0, 72.0, 74.0])), 0.0, 3.5)
    72.0
    """
    shown = hr.values[(hr.t >= start_s) & (hr.t <= end_s) & (hr.values > 0)]
    return float(shown.mean()) if shown.size else None


def reference_rate_bpm(known: References, start_s: float, end_s: float) -> tuple[float | None, str]:
    """The reference rate of a window, and where it comes from.

    From the contact waveform; from the device only where a dataset has no waveform.

    Parameters
    ----------
    known : References
    start_s, end_s : float
        The window, seconds of the video.

    Returns
    -------
    bpm : float or None
    source : str
        ``"beats"``, ``"waveform"`` or ``"device"``.
    """
    if known.beats_s is not None:
        beats = known.beats_s[(known.beats_s >= start_s) & (known.beats_s <= end_s)]
        enough = beats.size > LEAST_INTERVALS
        return (60 / float(np.diff(beats).mean()) if enough else None), "beats"
    if known.bvp is not None:
        return contact_rate_bpm(known.bvp, start_s, end_s), "waveform"
    if known.hr_bpm is not None:
        return device_rate_bpm(known.hr_bpm, start_s, end_s), "device"
    return None, "none"
