"""Detection of looped videos from the fast changes of the face's colours.

A codec removes most of the noise by which `sspd.face.recurrence` detects a loop. The rest
still repeats with the loop in the mean colours of the face: above the band of a pulse these
contain only noise, and the noise of a camera never repeats.
"""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from sspd.types import FrameStats

#: Changes above this frequency are no pulse, Hz.
ABOVE_HZ = 4.0
#: Shortest and longest loop that is searched, seconds. (x264 sets a key frame every 8.3 s.)
SHORTEST_LOOP_S, LONGEST_LOOP_S = 0.7, 6.0
#: Least autocorrelation at the loop's length, and its least ratio to the 95th percentile of
#: the autocorrelation at other lags.
LEAST_AUTOCORRELATION, LEAST_RATIO = 0.6, 1.5
#: A change of more than this many deviations is a key frame, not noise; it is clipped.
OUTLIER = 3.0


def colour_period(frame_stats: FrameStats) -> float | None:
    """Find the length of a loop in the colours of a face.

    Parameters
    ----------
    frame_stats : FrameStats
        Of one segment; only the times and `quarters_rgb` are used.

    Returns
    -------
    float or None
        Seconds; None if the colours do not repeat, or there are too few frames.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from sspd.vitals.acceptance import still_scene
    >>> rng, t = np.random.default_rng(0), np.arange(480) / 30
    >>> rgb = 120 + rng.normal(size=(480, 4, 3)).astype(np.float32)
    >>> colour_period(replace(still_scene(t), quarters_rgb=rgb))
    >>> looped = replace(still_scene(t), quarters_rgb=rgb[np.arange(480) % 60])
    >>> round(colour_period(looped), 2)
    2.0
    """
    correlation, step_s = _correlation(frame_stats)
    first, last = (
        round(SHORTEST_LOOP_S / step_s),
        min(round(LONGEST_LOOP_S / step_s), correlation.size),
    )
    if last - first < 2 * first:
        return None
    lag = first + int(correlation[first:last].argmax())
    lags = np.arange(first, correlation.size)
    others = lags[np.abs(lags - lag * np.round(lags / lag)) > 2]
    if correlation[lag] < LEAST_AUTOCORRELATION or others.size < first:
        return None
    usual = float(np.percentile(np.abs(correlation[others]), 95))
    return lag * step_s if correlation[lag] > LEAST_RATIO * usual else None


def _correlation(frame_stats: FrameStats) -> tuple[NDArray[np.float64], float]:
    """Return the autocorrelation of the fast colour changes by lag, and a frame's seconds.

    The autocorrelation is empty if the frames are too few, too slow or unevenly spaced.
    """
    nothing = np.zeros(0), 1.0
    if frame_stats.t.size < 60:
        return nothing
    steps_s = np.diff(frame_stats.t)
    step_s = float(np.median(steps_s))
    if 1 / step_s < 2.5 * ABOVE_HZ or np.abs(steps_s - step_s).max() > 0.6 * step_s:
        return nothing
    rgb = frame_stats.quarters_rgb.reshape(frame_stats.t.size, 12).astype(np.float64)
    sos = scipy.signal.butter(4, ABOVE_HZ, btype="highpass", fs=1 / step_s, output="sos")
    fast = scipy.signal.sosfiltfilt(sos, rgb - rgb.mean(axis=0), axis=0)  # (time, 12)
    spread = 1.4826 * np.median(np.abs(fast), axis=0)
    if not spread.all():
        return nothing
    fast = np.clip(fast / spread, -OUTLIER, OUTLIER)
    n = fast.shape[0]
    spectrum = np.abs(np.fft.rfft(fast, 2 * n, axis=0)) ** 2
    whole = np.fft.irfft(spectrum.sum(axis=1))[: round(0.6 * n)] / (n - np.arange(round(0.6 * n)))
    return whole / whole[0], step_s
